"""From a case that is done to an article for colleagues, without the customer in it."""

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import LANGUAGES, Words
from staff.models import User
from tickets.articles import begin
from tickets.models import Article, ArticleVersion, Audience, Entry, State, Ticket
from tickets.models.article import BODY, TITLE
from tickets.redaction import Redactor

DONE = (State.RESOLVED, State.CLOSED)


@dataclass(frozen=True)
class Learned:
    """What a case says without its customer, before anybody has kept it."""

    locale: str
    title: str
    body: str


def learned(ticket: Ticket) -> Learned:
    """The case as an article would tell it. Raises TransitionRefused while it is not done, or its customer is gone."""
    _must_be_done(ticket)
    locale = ticket.customer.locale if ticket.customer.locale in LANGUAGES else LANGUAGES[0]
    entries = Entry.objects.filter(ticket=ticket, machine=False).order_by("at", "pk")[:200]
    with translation.override(locale):
        redactor = Redactor.of(ticket.customer)
        who = {"in": _("Customer"), "out": _("We")}
        parts = [
            f"**{who.get(entry.direction, _('Note'))}**\n{redactor.all(entry.body).strip()}"
            for entry in entries if entry.body.strip()
        ]  # fmt: skip
        return Learned(locale, redactor.all(ticket.subject)[:TITLE], "\n\n".join(parts)[:BODY])


@transaction.atomic
def keep(
    ticket: Ticket, code: str, title: Words, body: Words, *, by: User, review_by: date, **columns: Any
) -> ArticleVersion:
    """Keep what was learned as a draft for colleagues.

    Raises TransitionRefused while the case is not done, or when the customer's name, number or mail stands in it.
    """
    _must_be_done(ticket)
    redactor = Redactor.of(ticket.customer)
    for text in (*title.values(), *body.values()):
        if redactor.names(text):
            raise TransitionRefused(_("The customer's name, number or mail still stands in it: take it out."))
    version = begin(code, title, body, by=by, review_by=review_by, **columns | {"audience": Audience.STAFF})
    Article.objects.filter(pk=version.article_id).update(from_case=ticket)
    return version


def new_code(ticket: Ticket) -> str:
    """A code that does not tell which case it came from."""
    return f"{ticket.topic.code if ticket.topic else 'note'}-{secrets.token_hex(3)}"


def _must_be_done(ticket: Ticket) -> None:
    if ticket.state not in DONE:
        raise TransitionRefused(_("Write it down when the case is done."))
    if ticket.customer.erased_at:
        raise TransitionRefused(_("This customer's record is closed."))

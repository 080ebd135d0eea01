"""The rule bot: frequent asks are answered at once, three times a case at most, and a person is never far."""

import re
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from commerce.models import Order
from customers.models import Customer
from loyalty.models import LevelMembership, PointsAccount
from scrm.kernel.refusals import TransitionRefused
from tickets import hearing, markup
from tickets.help_desk import public
from tickets.models import BotRule, BotTurn, Entry, Ticket
from touchpoints.models import Message

HEARS = ("web", "sandbox")  # adapters of channels the bot answers on
MOST = 3  # automatic answers in one case
LONGEST = 600
Did, Because = BotTurn.Did, BotTurn.Because
PERSON_ASKED = (
    "人工", "真人", "没解决", "没有解决", "没用", "沒解決", "沒有解決", "沒用", "human", "real person", "not solved",
    "did not help", "didn't help", "talk to someone", "speak to someone",
)  # fmt: skip


@dataclass(frozen=True)
class Fit:
    rule: BotRule
    words: list[str]


@transaction.atomic
def heard(message: Message) -> BotTurn | None:
    """Decide once what becomes of a customer's message; None where the bot has no say, or nothing is set up."""
    if message.direction != "in" or message.machine or message.channel.adapter not in HEARS:
        return None
    if message.source_ref.endswith(":form"):
        return None  # who wrote by the form reads no chat
    rules = list(BotRule.objects.filter(used=True).select_related("article"))
    if not rules:
        return None
    hearing.heard(message)  # its case, whichever of the two comes first
    entry = Entry.objects.filter(message=message).first()
    if entry is None:
        return None
    # Two messages of one case are decided one after the other.
    ticket = Ticket.objects.select_for_update(no_key=True).get(pk=entry.ticket_id)
    if known := BotTurn.objects.filter(message=message).first():
        return known
    with translation.override(ticket.customer.locale):
        return _decided(message, ticket, rules)


def fitting(text: str, rules: list[BotRule], ticket: Ticket | None = None) -> list[Fit]:
    """Rules with a word in the text: the most words first, then the longest, then those of the case's topic."""
    found = [Fit(rule, [word for word in rule.words if _stands_in(word, text)]) for rule in rules]
    same = ticket.topic_id if ticket is not None and ticket.topic_id else 0
    return sorted(
        (fit for fit in found if fit.words),
        key=lambda fit: (-len(fit.words), -sum(map(len, fit.words)), fit.rule.topic_id != same, fit.rule.place,
                         fit.rule.code),
    )  # fmt: skip


def _decided(message: Message, ticket: Ticket, rules: list[BotRule]) -> BotTurn:
    turns = list(BotTurn.objects.filter(ticket=ticket))
    topic = hearing.topic_of(message.body)
    if any(turn.did == Did.HANDED_OVER for turn in turns):
        return _turn(message, ticket, Did.SILENT, Because.PASSED_ON)
    if ticket.entries.filter(direction="out", machine=False).exists():
        return _turn(message, ticket, Did.SILENT, Because.PERSON)
    if ticket.risk or (topic is not None and topic.risk):
        return _turn(message, ticket, Did.SILENT, Because.RISK)
    if asked := [word for word in PERSON_ASKED if _stands_in(word, message.body)]:
        return _hand_over(message, ticket, turns, Because.ASKED, asked)
    fits = fitting(message.body, rules, ticket)
    if not fits:
        return _turn(message, ticket, Did.SILENT, Because.NO_RULE)
    if sum(turn.did == Did.ANSWERED for turn in turns) >= MOST:
        return _hand_over(message, ticket, turns, Because.SPENT, [])
    said = {turn.rule_id for turn in turns if turn.did == Did.ANSWERED}
    for fit in fits:
        if fit.rule.pk not in said and (text := answer_of(fit.rule, ticket.customer)):
            return _say(message, ticket, fit, text)
    return _turn(message, ticket, Did.SILENT, Because.SAID if said else Because.NO_RULE, fits[0])


def answer_of(rule: BotRule, customer: Customer) -> str:
    """What a rule says to this customer in their language; nothing when its article is not public any more."""
    parts = [rule.answer.in_language(customer.locale)]
    if rule.article is not None and (version := public(rule.article.code)) is not None:
        locale = version.locale_for(customer.locale)
        text = markup.plain(version.body.get(locale, ""))
        address = settings.SCRM_URL + reverse("knowledge:help_article", args=[rule.article.code])
        parts += [text if len(text) <= LONGEST else f"{text[:LONGEST]}…", address]
    if rule.lookup:
        parts.append(_looked_up(rule.lookup, customer))
    return "\n\n".join(part for part in parts if part)


def _looked_up(what: str, customer: Customer) -> str:
    if customer.provisional:
        return _("Sign in on our site, or ask a colleague: then we can look it up for you.")
    if what == BotRule.Lookup.POINTS:
        account = PointsAccount.objects.shown_of(customer)
        return _("You have %(points)s points.") % {"points": f"{account.available:,}"}
    if what == BotRule.Lookup.ORDER:
        order = Order.objects.filter(customer=customer).order_by("-placed_at", "-pk").first()
        if order is None:
            return _("We find no order of yours.")
        day = f"{timezone.localtime(order.placed_at):%Y-%m-%d}"
        return _("Your last order, of %(day)s: %(state)s.") % {"day": day, "state": order.get_state_display()}
    held = LevelMembership.objects.filter(customer=customer, ended_on=None).select_related("level")
    level = held.order_by("-rank").first()
    return _("Your level: %(level)s.") % {"level": level.level.name} if level else _("You have no level yet.")


def _say(message: Message, ticket: Ticket, fit: Fit, text: str) -> BotTurn:
    answer = _sent(message, ticket, text)
    if answer is None:
        return _turn(message, ticket, Did.SILENT, Because.REFUSED, fit)
    return _turn(message, ticket, Did.ANSWERED, Because.RULE, fit, answer)


def _hand_over(
    message: Message, ticket: Ticket, turns: list[BotTurn], because: "BotTurn.Because", words: list[str]
) -> BotTurn:
    """To a person, with the memory of what was asked and answered; the customer is told once more if there is room."""
    with translation.override(settings.LANGUAGE_CODE):  # a note is for colleagues
        memo = [_("Handed over by the bot: %(why)s.") % {"why": because.label}]
        for turn in BotTurn.objects.filter(ticket=ticket).select_related("message", "answer").order_by("at", "pk"):
            memo.append(_("Asked: %(words)s") % {"words": turn.message.body[:300]})
            memo.append(_("Answered: %(words)s") % {"words": turn.answer.body[:300] if turn.answer else "—"})
        memo.append(_("Asked: %(words)s") % {"words": message.body[:300]})
    ticket.keep("\n".join(memo), key=f"bot:{message.pk}")
    answer = None
    if sum(turn.did == Did.ANSWERED for turn in turns) < MOST:
        answer = _sent(message, ticket, _("A person takes over. They see what you wrote: no need to repeat it."))
    made = _turn(message, ticket, Did.HANDED_OVER, because, None, answer)
    if words:
        made.matched = words
        made.save(update_fields=["matched"])
    return made


def _sent(message: Message, ticket: Ticket, text: str) -> Message | None:
    try:
        answer = message.conversation.say(text, by=None, token=f"bot:{message.pk}", automatic=True)
    except TransitionRefused:
        return None
    ticket.keep(text, direction="out", channel=message.channel.way, key=f"bot-said:{message.pk}", message=answer.pk)
    return answer


def _turn(
    message: Message, ticket: Ticket, did: "BotTurn.Did", because: "BotTurn.Because", fit: Fit | None = None,
    answer: Message | None = None,
) -> BotTurn:  # fmt: skip
    return BotTurn.objects.create(
        message=message, ticket=ticket, rule=fit.rule if fit else None, matched=fit.words if fit else [], did=did,
        because=because, answer=answer,
    )  # fmt: skip


def _stands_in(word: str, text: str) -> bool:
    """Latin words by themselves, Chinese ones anywhere."""
    word, text = word.strip().lower(), text.lower()
    if word.isascii():
        return bool(word) and re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None
    return word in text

"""What comes of a look board: an answer, what somebody saved in a shop, the step that follows, the link sent."""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from commerce.models import Product
from customers.models import Customer, Scene, Task
from scrm.kernel.nudges import nudge
from scrm.kernel.refusals import TransitionRefused
from staff.models import Membership, Role, User
from touchpoints.looks import for_the_customer
from touchpoints.models import Conversation, LookBoard, LookItem, Message
from touchpoints.models.look import MOST, TITLE, WORDS
from touchpoints.scripts import say_with


@transaction.atomic
def answer(board: LookBoard, marks: Mapping[int, str], words: str, *, wants: bool) -> bool:
    """What the customer says of the pieces, whether anything is new in it; the same again changes nothing.

    Who wants to try them on is a step of the advisor's day, once until it is done or the board was taken back. Raises
    TransitionRefused when it is over.
    """
    held = board.hold()
    if held.state not in (LookBoard.State.SHARED, LookBoard.State.ANSWERED):
        raise TransitionRefused(_("This board is not open any more."))
    now, words = timezone.now(), " ".join(words.split())[:WORDS]
    rows = [one for one, sold in for_the_customer(held)]
    changed = [one for one in rows if marks.get(one.pk) in LookItem.Said.values and marks[one.pk] != one.said]
    for one in changed:
        one.said, one.said_at = marks[one.pk], now
    LookItem.objects.bulk_update(changed, ["said", "said_at"])
    step = held.task
    first = wants and (held.wanted_at is None or (step is not None and step.state != Task.State.OPEN))
    if not (changed or first or words != held.words):
        return False
    said = {"words": words, "answered_at": now, "changed_at": now, "state": LookBoard.State.ANSWERED}
    LookBoard.objects.filter(pk=held.pk).update(**said)
    counts = {name: sum(one.said == name for one in rows) for name in LookItem.Said.values}
    if changed or words != held.words:
        held.customer.record("look.answered", board=held.pk, title=held.title, liked=counts["like"],
                             declined=counts["pass"])  # fmt: skip
    if first:
        # An open step is this one, from before the board was taken back; a saved one's first step is another.
        is_the_wish = step is not None and step.state == Task.State.OPEN and (held.made_by_id or _was_wanted(held))
        if not is_the_wish:
            step = _plan(held, lambda: _("Try on with the customer: %(title)s") % {"title": held.title})
        LookBoard.objects.filter(pk=held.pk).update(wanted_at=now, task=step)
        held.customer.record("look.wanted", board=held.pk, title=held.title)
    if held.owner_id:
        nudge(f"user.{held.owner_id}", "looks")
    return True


def _was_wanted(board: LookBoard) -> bool:
    return board.customer.events.filter(kind="look.wanted", details__board=board.pk).exists()


@transaction.atomic
def save_from(
    customer: Customer, title: str, products: list[Product], *, source: str, key: str, scene: Scene | None = None,
    words: str = "",
) -> LookBoard:  # fmt: skip
    """What a customer put together in a shop, once per key; the advisor finds it in the day.

    Raises TransitionRefused without a title or a piece, for more than twelve, or for a closed record.
    """
    title = " ".join(title.split())[:TITLE]
    pieces = list({one.pk: one for one in products}.values())
    if not title or not pieces:
        raise TransitionRefused(_("A board has a title and a piece."))
    if len(pieces) > MOST:
        raise TransitionRefused(_("A board has twelve pieces at most."))
    holder, _came_as = Customer.objects.holder_of(customer.pk)
    held = Customer.objects.select_for_update(no_key=True, of=("self",)).select_related("advisor").get(pk=holder)
    if held.erased_at:
        raise TransitionRefused(_("This customer's record is closed."))
    now, advisor = timezone.now(), held.advisor if held.advisor is not None and held.advisor.is_active else None
    made, new = LookBoard.objects.get_or_create(
        source=source, source_ref=key,
        defaults={"customer": held, "owner": advisor, "title": title, "scene": scene, "answered_at": now,
                  "words": " ".join(words.split())[:WORDS], "state": LookBoard.State.ANSWERED},
    )  # fmt: skip
    if not new:
        return made
    LookItem.objects.bulk_create(
        LookItem(board=made, product=one, place=place, said=LookItem.Said.LIKE, said_at=now)
        for place, one in enumerate(pieces, start=1)
    )
    held.record("look.saved", board=made.pk, title=title, pieces=len(pieces), source=source)
    step = _plan(made, lambda: _("Look at what the customer saved: %(title)s") % {"title": title})
    LookBoard.objects.filter(pk=made.pk).update(task=step)
    return made


def _plan(board: LookBoard, what: Any) -> Task | None:
    """A step of today for who looks after the board, else the advisor, else a lead or an associate of the home store.

    None where nobody may see the customer.
    """
    for person in chain((board.owner, board.customer.advisor), _of_the_store(board.customer)):
        if person is None or not person.is_active:
            continue
        with translation.override(person.language):
            words = what()
        try:
            return Task.plan(board.customer, words, by=None, owner=person, due_on=timezone.localdate())
        except TransitionRefused:
            continue  # moved to another store: the next one
    return None


def _of_the_store(customer: Customer) -> Iterator[User]:
    """Who of the home store may stand in, its leads first."""
    store = customer.home_store_id
    if store is None:
        return
    posts = Membership.objects.current().filter(
        Q(store=store) | Q(team__store=store), role__in=(Role.LEAD, Role.ASSOCIATE), user__is_active=True
    )
    found = sorted(posts.select_related("user").order_by("pk")[:40], key=lambda one: one.role != Role.LEAD)
    yield from (one.user for one in found if one.user.may("look.make"))


@transaction.atomic
def send_in(
    talk: Conversation | None, board: LookBoard, *, by: User, once: str, address: Callable[[str], str]
) -> Message:  # fmt: skip
    """A new link as an answer in a conversation, once per `once`; TransitionRefused where nothing may be said."""
    if talk is None:
        raise TransitionRefused(_("No conversation is open. Copy the link instead."))
    board = board.hold()  # two presses at once: the second finds the first one's message
    mark = f"{by.pk}:look:{once}"[:120] if once else ""
    if mark and (known := Message.objects.filter(source="staff", source_ref=mark, customer=board.customer).first()):
        return known
    with translation.override(board.customer.locale):
        words = _("Here is what we laid out for you, %(title)s: %(address)s") % {
            "title": board.title, "address": address(board.share(by=by))
        }  # fmt: skip
    return say_with(talk, words, by=by, token=mark)

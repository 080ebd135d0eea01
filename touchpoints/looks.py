"""Look boards: finding goods for one, what its pages show, and what comes of an answer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from commerce.models import Product, Stock
from customers.models import Customer, Fact, Scene, Task
from scrm.kernel.keyset import Page, page_of
from scrm.kernel.nudges import nudge
from scrm.kernel.refusals import TransitionRefused
from staff.models import Membership, Role, Store, User
from touchpoints.ingredients import avoided, holds
from touchpoints.models import Conversation, LookBoard, LookItem, LookLink, Message
from touchpoints.models.look import MOST, TITLE, WORDS
from touchpoints.scripts import say_with
from touchpoints.sizes import told_sizes

FOUND, SIZE, SHORTEST = 12, 20, 2


@dataclass(frozen=True)
class Piece:
    """One piece with what staff should know of it; `here` is None where no store is known."""

    item: LookItem
    here: int | None
    told: str  # the customer's size of where it is worn
    warned: bool
    sold: bool  # whether it can still be bought

    @property
    def other_size(self) -> bool:
        return bool(self.told and self.item.product.size and self.told != self.item.product.size)


@dataclass(frozen=True)
class Shown:
    """A board as its page needs it."""

    board: LookBoard
    pieces: list[Piece]
    removed: list[LookItem] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(one.item.product.price or 0 for one in self.pieces)

    @property
    def without_price(self) -> int:
        return sum(one.item.product.price is None for one in self.pieces)

    @property
    def warned(self) -> bool:
        return any(one.warned for one in self.pieces)

    @property
    def full(self) -> bool:
        return len(self.pieces) >= MOST


def shown(board: LookBoard, store: Store | None) -> Shown:
    """In two queries, whatever is on it."""
    facts = _facts_of(board)
    sizes, avoid = told_sizes(facts), avoided(facts)
    here = Stock.objects.filter(product=OuterRef("product"), store=store, quantity__gte=1).values("quantity")
    anywhere = Stock.objects.filter(product=OuterRef("product"), quantity__gte=1, store__closed_on=None)
    rows = board.items.select_related("product").annotate(here=Subquery(here[:1]), anywhere=Exists(anywhere))
    pieces: list[Piece] = []
    removed: list[LookItem] = []
    for row in rows.order_by("place", "pk"):
        if row.removed_at is not None:
            removed.append(row)
            continue
        product, found = row.product, row.here  # type: ignore[attr-defined]
        worn = str(product.attributes.get("worn", ""))
        pieces.append(Piece(
            row, None if store is None else int(found or Decimal()), sizes.get(worn, ""), holds(product, avoid),
            is_sold(product, anywhere=row.anywhere),  # type: ignore[attr-defined]
        ))  # fmt: skip
    removed.sort(key=lambda one: one.removed_at or timezone.now(), reverse=True)
    return Shown(board, pieces, removed[:1])


def is_sold(product: Product, *, anywhere: bool) -> bool:
    """A piece marked as off sale is not, and one of a past season only while some store has it."""
    marks = product.attributes
    return product.kind == Product.Kind.GOODS and not marks.get("off_sale") and (anywhere or not marks.get("past"))


def search(board: LookBoard, text: str, store: Store | None) -> list[Product]:
    """Goods by code or name, one of an article: in the customer's size and here before the others."""
    text = " ".join(text.replace("\0", "").split())[:60]
    if len(text) < SHORTEST:
        return []
    words = Q(code__istartswith=text) | Q(attributes__ean=text)
    for language in ("zh-hans", "zh-hant", "en"):
        words |= Q(**{f"name__{language}__icontains": text})
    fits = Q(size="")
    for worn, size in told_sizes(_facts_of(board)).items():
        fits |= Q(attributes__worn=worn, size=size)
    here = Stock.objects.filter(product=OuterRef("pk"), store=store, quantity__gte=1)
    goods = Product.objects.filter(words, kind=Product.Kind.GOODS).exclude(attributes__contains={"off_sale": True})
    goods = goods.annotate(
        article=Coalesce(NullIf("parent", Value("")), "code"), here=Exists(here), fits=_is(fits),
        past=_is(Q(attributes__has_key="past")),
    )  # fmt: skip
    rows = goods.order_by("article", "past", "-fits", "-here", "code").distinct("article")
    return list(rows[:FOUND])


def _is(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _facts_of(board: LookBoard) -> list[Fact]:
    return list(Fact.objects.live().filter(customer=board.customer_id).order_by("-told_at", "-pk"))


def for_the_customer(board: LookBoard) -> list[tuple[LookItem, bool]]:
    """What the customer's own page shows, each with whether it is still sold; never what must be kept away."""
    facts = Fact.objects.live().filter(customer=board.customer_id, concern=Fact.Concern.SAFETY)
    avoid = avoided(facts)
    anywhere = Stock.objects.filter(product=OuterRef("product"), quantity__gte=1, store__closed_on=None)
    rows = board.items.filter(removed_at=None).select_related("product").annotate(anywhere=Exists(anywhere))
    return [
        (row, is_sold(row.product, anywhere=row.anywhere))  # type: ignore[attr-defined]
        for row in rows.order_by("place", "pk") if not holds(row.product, avoid)
    ]  # fmt: skip


def pieces_of(customer: Customer, boards: list[LookBoard]) -> dict[int, list[LookItem]]:
    """The same of several boards of one customer, in two queries."""
    facts = Fact.objects.live().filter(customer=customer, concern=Fact.Concern.SAFETY)
    avoid, found = avoided(facts), {board.pk: list[LookItem]() for board in boards}
    rows = LookItem.objects.on().filter(board__in=boards).select_related("product")
    for row in rows.order_by("place", "pk"):
        if not holds(row.product, avoid):
            found[row.board_id].append(row)
    return found


def listed(user: User, *, whose: str, state: str, cursor: str | None) -> Page[Any]:
    """The boards one looks after, or all one may see, the last changed first."""
    rows = LookBoard.objects.visible_to(user)
    rows = rows.filter(_mine(user)) if whose == "mine" else rows
    rows = rows.filter(state=state) if state in LookBoard.State.values else rows
    return page_of(_counted(rows), order=["-changed_at", "-pk"], cursor=cursor, size=SIZE)


def _mine(user: User) -> Q:
    """One's own, and what nobody looks after of the customers of one's stores."""
    here = Q() if user.sees_whole_brand else Q(customer__home_store__in=user.store_ids)
    return Q(owner=user) | (Q(owner=None) & here)


def of_customer(customer: Customer, user: User, *, most: int = SIZE) -> list[LookBoard]:
    rows = LookBoard.objects.visible_to(user).filter(customer=customer)
    return list(_counted(rows).order_by("-changed_at", "-pk")[:most])


def _counted(rows: Any) -> Any:
    on = LookItem.objects.on().filter(board=OuterRef("pk")).order_by().values("board")
    counts = {
        "pieces": Coalesce(Subquery(on.annotate(n=Count("pk")).values("n")), 0),
        "liked": Coalesce(Subquery(on.filter(said=LookItem.Said.LIKE).annotate(n=Count("pk")).values("n")), 0),
    }
    return rows.annotate(**counts).select_related("customer", "owner", "scene")


def open_talk(customer: Customer) -> Conversation | None:
    """The conversation the link may be sent in: the latest that may still be answered."""
    talks = Conversation.objects.filter(customer=customer).select_related("channel").order_by("-last_at")[:3]
    return next((talk for talk in talks if talk.may_be_answered and not talk.why_closed()), None)


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
        # Of a board that staff made an open step is this one, from before it was taken back.
        if not held.made_by_id or step is None or step.state != Task.State.OPEN:
            step = _plan(held, lambda: _("Try on with the customer: %(title)s") % {"title": held.title})
        LookBoard.objects.filter(pk=held.pk).update(wanted_at=now, task=step)
        held.customer.record("look.wanted", board=held.pk, title=held.title)
    if held.owner_id:
        nudge(f"user.{held.owner_id}", "looks")
    return True


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


def living_links(board: LookBoard) -> int:
    return LookLink.objects.filter(board=board, ended_at=None, until__gt=timezone.now()).count()


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

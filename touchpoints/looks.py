"""Look boards as they are read: goods found for one, what its pages show, the lists."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone

from commerce.marks import is_sold
from commerce.models import Product, Stock
from customers.models import Customer, Fact
from scrm.kernel.keyset import Page, page_of
from staff.models import Store, User
from touchpoints.ingredients import avoided, holds
from touchpoints.models import Conversation, LookBoard, LookItem, LookLink
from touchpoints.models.look import MOST
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


def living_links(board: LookBoard) -> int:
    return LookLink.objects.filter(board=board, ended_at=None, until__gt=timezone.now()).count()

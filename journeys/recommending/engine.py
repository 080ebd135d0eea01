"""Finding what fits: what runs out, what goes with what was bought, what was looked at, what the scene asks for.

Rank: the points of a piece's reasons added up; what stands in the asked store goes before what does not.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, DecimalField, Exists, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import JSONObject
from django.utils import timezone

from commerce.articles import article_of
from commerce.marks import is_sold
from commerce.models import ArticleFigure, Product, ProductPair, Stock
from customers.models import Customer, Fact
from journeys.recommending.bought import Bought, bought_of
from journeys.recommending.known import Known, known_of
from journeys.recommending.picks import Pick, Reason
from staff.models import Store
from touchpoints.ingredients import avoided, holds
from touchpoints.sizes import KEYS, told_sizes

LATELY = 90  # what was bought within these days asks for its pair
A_CATEGORY, NEAR, CANDIDATES, AT_ONCE = 2, 2, 40, 10
# What a reason is worth, beside REFILL. A pair is worth its share, at most so much.
# A scene heard is worth less than one asked for now, a tag as much as it is sure.
PAIR, LOOK, LOOK_MOST, SCENE, SOLD, HEARD, TOLD = 30, 8, 24, 18, 5, 12, 10


@dataclass
class Found:
    """The picks, and what was left out: for safety, because she said no, because online looks may not be used."""

    picks: list[Pick] = field(default_factory=list)
    kept_away: int = 0
    avoids: list[str] = field(default_factory=list)
    said_no: int = 0
    looks_allowed: bool = True


def for_customer(
    customer: Customer, *, store: Store | None = None, scene: str = "", needs: Iterable[str] = (), count: int = 6,
    at: datetime | None = None,
) -> Found:  # fmt: skip
    """What fits this customer now, best first; `scene` and `needs` are codes the catalogue marks goods with.

    What she must not have is never among it, nor what she does not want, returned or bought lately.

    Eight queries; up to three more where little of what fits best is in a store.
    """
    now = at or timezone.now()
    today = timezone.localdate(now)
    # Whatever else was told: all that keeps something away is read here, the newest size first.
    facts = Fact.objects.live().filter(Q(concern=Fact.Concern.SAFETY) | Q(key__in=KEYS), customer=customer)
    known = list(facts.order_by("-told_at", "-pk"))
    bought, words = bought_of(customer.pk, today), known_of(customer.pk, now)
    reasons = _reasons(bought, words.looks, today)
    wanted = [code for code in (scene, *needs) if code]
    for article, more in _scenes(wanted, today, words).items() if wanted or words.heard or words.told else ():
        reasons[article] += more
    found = Found(avoids=avoided(known), looks_allowed=words.looks_allowed, said_no=len(words.refused & set(reasons)))
    for article, one in bought.items():
        if one.returned or (one.rests(today) and not any(r.kind == "refill" for r in reasons.get(article, []))):
            reasons.pop(article, None)
    for article in words.refused | words.disliked:
        reasons.pop(article, None)
    return _picked(found, reasons, store, told_sizes(known), count)


def for_nobody(
    *, store: Store | None = None, scene: str = "", needs: Iterable[str] = (), count: int = 6,
    at: datetime | None = None,
) -> Found:  # fmt: skip
    """What fits a visitor nobody knows: what the scene asks for, and what sells."""
    today = timezone.localdate(at)
    reasons = _scenes([code for code in (scene, *needs) if code], today)
    return _picked(Found(), reasons, store, {}, count)


def _reasons(
    bought: dict[str, Bought], looks: Counter[str], today: date
) -> dict[str, list[Reason]]:  # fmt: skip
    """By article; whoever has no reason is not there."""
    found: dict[str, list[Reason]] = defaultdict(list)
    for article, one in bought.items():
        if (refill := one.refill(today)) is not None:
            found[article].append(refill)
    lately = [article for article, one in bought.items() if (today - one.last).days <= LATELY and not one.returned]
    pairs = ProductPair.objects.filter(left__in=lately, inside_low__gt=1).order_by("-together", "pk")
    paired: dict[str, ProductPair] = {}
    for pair in pairs[: 2 * CANDIDATES] if lately else []:
        held = paired.get(pair.right)
        if held is None or pair.share > held.share:
            paired[pair.right] = pair
    for article, pair in paired.items():
        points = min(PAIR, round(100 * pair.share))
        values = {
            "with": pair.left, "name": dict(bought[pair.left].name), "share": pair.share, "lift": pair.lift,
        }  # fmt: skip
        found[article].append(Reason("together", points, values))
    for article, times in looks.items():
        found[article].append(Reason("browsed", min(LOOK_MOST, LOOK * times), {"times": times}))
    return found


def _scenes(wanted: list[str], today: date, words: Known | None = None) -> dict[str, list[Reason]]:
    """What the catalogue marks for what was asked or is known, and sells most; of nothing at all, what sells most."""
    words = words or Known()
    rows = Product.objects.filter(kind=Product.Kind.GOODS)
    out = "SS" if today.month in (9, 10, 11, 12, 1, 2) else "AW"
    rows = rows.exclude(attributes__contains={"season": out})
    codes = {*wanted, *words.heard, *words.told}
    asked = Q()
    for code in codes:
        asked |= Q(attributes__scenes__contains=[code])
    if not codes:
        top = list(ArticleFigure.objects.order_by("-sold", "article").values_list("article", flat=True)[:CANDIDATES])
        asked = Q(parent__in=top) | Q(parent="", code__in=top)
    if words.told:
        asked |= Q(category__code__in=list(words.told))
    marks: dict[str, set[str]] = defaultdict(set)
    for code, parent, scenes, category in rows.filter(asked).values_list(
        "code", "parent", "attributes__scenes", "category__code"
    ):
        marks[parent or code] |= {*(scenes or []), *({category} & set(words.told))}
    sold = ArticleFigure.objects.filter(article__in=marks).order_by("-sold", "article")
    most = dict(sold.values_list("article", "sold")[:CANDIDATES])
    best = max(most.values(), default=0)
    found: dict[str, list[Reason]] = {}
    for article in most if most else list(marks)[:CANDIDATES]:
        reasons = _fitting(marks[article], wanted, words)
        if best and most.get(article):
            reasons.append(Reason("sold", max(1, round(SOLD * most[article] / best)), {"n": most[article]}))
        if reasons:
            found[article] = reasons
    return found


def _fitting(marks: set[str], wanted: list[str], words: Known) -> list[Reason]:
    """Asked for now, heard of late, known by a tag: the strongest of each; what was asked is not said again."""
    asked = [code for code in wanted if code in marks]
    heard = sorted((words.heard[code][1], code) for code in words.heard if code in marks and code not in asked)
    told = sorted((-words.told[code][1], code) for code in words.told if code in marks and code not in asked)
    found = [Reason("scene", SCENE * len(asked), {"scenes": asked})] if asked else []
    for ago, code in heard[:1]:
        found.append(Reason("heard", HEARD, {"word": code, "name": words.heard[code][0], "ago": ago}))
    for sure, code in told[:1]:
        found.append(
            Reason("told", round(TOLD * -sure / 100), {"word": code, "name": words.told[code][0], "sure": -sure})
        )
    return found


def _picked(
    found: Found, reasons: dict[str, list[Reason]], store: Store | None, sizes: dict[str, str], count: int
) -> Found:  # fmt: skip
    """The best of each, one piece an article, at most two of a category."""
    best = sorted(reasons, key=lambda code: (-sum(one.points for one in reasons[code]), code))[:CANDIDATES]
    # What comes later has fewer points: enough that stand here, and nothing later goes before them. Whatever must be
    # kept away is counted among all.
    at_once = CANDIDATES if found.avoids else AT_ONCE
    safe: list[Pick] = []
    for begin in range(0, len(best), at_once):
        safe += _safe(found, best[begin : begin + at_once], reasons, store, sizes)
        found.picks = _first(safe, store, count)
        if len(found.picks) == count and all(one.place(store is not None) == 0 for one in found.picks):
            break
    _told_where(found.picks, store)
    return found


def _safe(
    found: Found, articles: list[str], reasons: dict[str, list[Reason]], store: Store | None, sizes: dict[str, str]
) -> Iterator[Pick]:  # fmt: skip
    """Of each article that is sold the piece she may have."""
    pieces: dict[str, list[Any]] = defaultdict(list)
    for product in _pieces(articles, store, named=bool(found.avoids)):
        if is_sold(product, anywhere=product.anywhere):
            pieces[article_of(product)].append(product)
    for article in articles:
        safe = [one for one in pieces[article] if not holds(one, found.avoids)]
        found.kept_away += bool(pieces[article] and not safe)
        if safe:
            yield _piece(safe, sorted(reasons[article], key=lambda one: -one.points), store, sizes)


def _first(picks: list[Pick], store: Store | None, count: int) -> list[Pick]:
    of_category: Counter[int | None] = Counter()
    found: list[Pick] = []
    for pick in sorted(picks, key=lambda one: (one.place(store is not None), -one.score, one.article)):
        of_category[pick.product.category_id] += 1
        if of_category[pick.product.category_id] <= A_CATEGORY and len(found) < count:
            found.append(pick)
    return found


def _pieces(articles: list[str], store: Store | None, *, named: bool) -> Any:
    """Every size and colour of these: whether some store has it, and how many the asked one has."""
    held = Stock.objects.filter(product=OuterRef("pk"), quantity__gte=1, store__closed_on=None)
    here = held.filter(store=store).values("quantity") if store is not None else Value(None, DecimalField())
    rows = Product.objects.filter(Q(parent__in=articles) | Q(parent="", code__in=articles), kind=Product.Kind.GOODS)
    read = ["pk", "code", "parent", "kind", "size", "category_id", "attributes", *(["name"] if named else [])]
    rows = rows.annotate(anywhere=Exists(held), here=here).order_by("code")
    return rows.values_list(*read, "anywhere", "here", named=True)  # hundreds, of which a few become products


def _piece(pieces: list[Any], reasons: list[Reason], store: Store | None, sizes: dict[str, str]) -> Pick:
    """Of the sizes and colours hers before others, then what stands here, then what stands anywhere."""

    def fits(one: Any) -> bool:
        return bool(one.size) and sizes.get(str(one.attributes.get("worn", ""))) == one.size

    best = min(pieces, key=lambda one: (not fits(one), -int(one.here or 0), not one.anywhere, one.code))
    here = int(best.here or 0) if store is not None else None
    return Pick(best, reasons, here, [], best.size if fits(best) else "", best.anywhere)


def _told_where(picks: list[Pick], store: Store | None) -> None:
    """Write down the piece in full, and the nearest stores that have it."""
    held = Stock.objects.filter(product=OuterRef("pk"), quantity__gte=1, store__closed_on=None)
    near: Any = Value(3)
    if store is not None:
        held = held.exclude(store=store)
        near = Case(
            When(store__city=store.city, then=Value(1)), When(store__region=store.region_id, then=Value(2)),
            default=Value(3), output_field=IntegerField(),
        )  # fmt: skip
    held = held.annotate(near=near).order_by("near", "-quantity", "store__code")
    stands = ArraySubquery(held.values(one=JSONObject(store="store_id", n="quantity"))[:NEAR])
    rows = Product.objects.select_related("category").annotate(stands=stands)
    found: dict[int, Any] = rows.in_bulk([pick.product.pk for pick in picks]) if picks else {}
    for pick in picks:
        pick.product = found[pick.product.pk]
        pick.near = [(row["store"], int(row["n"])) for row in found[pick.product.pk].stands]

"""Finding what fits: what runs out, what goes with what was bought, what was looked at, what the scene asks for.

Rank: the points of a piece's reasons added up; what stands in the asked store goes before what does not.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import JSONObject
from django.utils import timezone

from commerce.marks import is_sold
from commerce.models import ArticleFigure, Product, ProductPair, Stock
from customers.models import Customer, Fact
from journeys.recommending.bought import Bought, bought_of
from journeys.recommending.known import Known, known_of, looks_of
from journeys.recommending.picks import Pick, Reason
from staff.models import Store
from touchpoints.ingredients import avoided, holds
from touchpoints.sizes import KEYS, told_sizes

LATELY = 90  # what was bought within these days asks for its pair
A_CATEGORY, NEAR, CANDIDATES = 2, 2, 40
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

    What she must not have is never among it, nor what she does not want, returned or bought lately. Eight queries.
    """
    now = at or timezone.now()
    today = timezone.localdate(now)
    # Whatever else was told: all that keeps something away is read here, the newest size first.
    facts = Fact.objects.live().filter(Q(concern=Fact.Concern.SAFETY) | Q(key__in=KEYS), customer=customer)
    known = list(facts.order_by("-told_at", "-pk"))
    bought, words = bought_of(customer.pk, today), known_of(customer.pk, now)
    looks, allowed = looks_of(customer.pk, now)
    reasons = _reasons(bought, looks, today)
    wanted = [code for code in (scene, *needs) if code]
    for article, more in _scenes(wanted, today, words).items() if wanted or words.heard or words.told else ():
        reasons[article] += more
    found = Found(avoids=avoided(known), looks_allowed=allowed, said_no=len(words.refused & set(reasons)))
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
    pieces: dict[str, list[Any]] = defaultdict(list)
    for product in _with_stock(best, store):
        if is_sold(product, anywhere=bool(product.stands)):
            pieces[product.parent or product.code].append(product)
    picks = []
    for article in best:
        safe = [one for one in pieces[article] if not holds(one, found.avoids)]
        if pieces[article] and not safe:
            found.kept_away += 1
        if safe:
            picks.append(_piece(safe, sorted(reasons[article], key=lambda one: -one.points), store, sizes))
    of_category: Counter[int | None] = Counter()
    for pick in sorted(picks, key=lambda one: (one.place(store is not None), -one.score, one.article)):
        of_category[pick.product.category_id] += 1
        if of_category[pick.product.category_id] <= A_CATEGORY and len(found.picks) < count:
            found.picks.append(pick)
    return found


def _with_stock(articles: list[str], store: Store | None) -> Any:
    """Every size and colour of these, each with the nearest stores that have it."""
    held = Stock.objects.filter(product=OuterRef("pk"), quantity__gte=1, store__closed_on=None)
    near: Any = Value(3)
    if store is not None:
        near = Case(
            When(store=store, then=Value(0)), When(store__city=store.city, then=Value(1)),
            When(store__region=store.region_id, then=Value(2)), default=Value(3), output_field=IntegerField(),
        )  # fmt: skip
    held = held.annotate(near=near).order_by("near", "-quantity", "store__code")
    rows = Product.objects.filter(Q(parent__in=articles) | Q(parent="", code__in=articles), kind=Product.Kind.GOODS)
    stands = ArraySubquery(held.values(one=JSONObject(store="store_id", n="quantity"))[: NEAR + 1])
    return rows.select_related("category").annotate(stands=stands).order_by("code")


def _piece(pieces: list[Any], reasons: list[Reason], store: Store | None, sizes: dict[str, str]) -> Pick:
    """Of the sizes and colours hers before others, then what stands here, then what stands anywhere."""

    def here(one: Any) -> int:
        return next((int(row["n"]) for row in one.stands if store is not None and row["store"] == store.pk), 0)

    def fits(one: Any) -> bool:
        return bool(one.size) and sizes.get(str(one.attributes.get("worn", ""))) == one.size

    best = min(pieces, key=lambda one: (not fits(one), -here(one), not one.stands, one.code))
    near = [(row["store"], int(row["n"])) for row in best.stands if store is None or row["store"] != store.pk]
    return Pick(best, reasons, here(best) if store is not None else None, near[:NEAR], best.size if fits(best) else "")

"""What is bought together and after how long again, against figures reckoned by hand."""

from datetime import date, datetime, timedelta
from math import exp, log, sqrt

import pytest
from django.utils import timezone

from commerce import pairs
from commerce.models import ArticleFigure, Order, OrderLine, Product, ProductPair
from customers.models import Customer
from staff.models import Store

DAY = date(2026, 11, 20)


@pytest.fixture
def goods(db) -> dict[str, Product]:
    made = [
        Product(code=code, parent=parent, price=1000, attributes={"refill_days": 30} if parent == "K" else {})
        for code, parent in (("F-m", "F"), ("F-l", "F"), ("R", ""), ("L", ""), ("K-1", "K"), ("K-2", "K"), ("Z", ""))
    ]
    return {one.code: one for one in Product.objects.bulk_create(made)}


@pytest.fixture
def stores(cast) -> dict[str, Store]:
    return {
        kind: Store.objects.create(code=f"T-{kind}", name={"en": kind}, kind=kind, city="Hangzhou", region=cast.east)
        for kind in ("express", "full")
    }


def baskets(store: Store | None, count: int, *products: Product, day: date = DAY, customer: Customer | None = None,
            state: str = "paid") -> None:  # fmt: skip
    begun = Order.objects.count()
    at = timezone.make_aware(datetime(day.year, day.month, day.day, 12))
    orders = Order.objects.bulk_create(
        Order(source="t", source_ref=f"{begun + n}", store=store, placed_at=at, business_date=day, currency="CNY",
              total=1000, base_total=1000, customer=customer, state=state)
        for n in range(count)
    )  # fmt: skip
    OrderLine.objects.bulk_create(
        OrderLine(order=order, line_ref=str(place), product=product, quantity=1, total=1000)
        for order in orders
        for place, product in enumerate(products)
    )


def test_a_pair_has_its_share_its_lift_and_its_interval(goods, stores) -> None:
    f, other, r = goods["F-m"], goods["F-l"], goods["R"]
    baskets(stores["full"], 25, f, r)
    baskets(stores["full"], 5, other, r)  # another size of the same article
    baskets(stores["full"], 30, f)
    baskets(stores["full"], 10, r)
    baskets(stores["full"], 130, goods["Z"])
    baskets(stores["full"], 40, f, r, state="cancelled")
    baskets(stores["full"], 40, f, r, day=DAY - timedelta(days=400))

    assert pairs.compute(as_of=DAY) == 2
    pair = ProductPair.objects.get(left="F", right="R")

    assert (pair.baskets, pair.together, pair.share) == (60, 30, 0.5)
    assert pair.lift == pytest.approx(30 * 200 / (60 * 40))
    # One kind of store: the plain risk ratio, 30 of 60 against 10 of 140, and its interval.
    assert pair.inside == pytest.approx((30 / 60) / (10 / 140))
    spread = 1 / 30 - 1 / 60 + 1 / 10 - 1 / 140
    assert pair.inside_low == pytest.approx(exp(log(7) - 1.96 * sqrt(spread)))
    assert pair.holds


def test_what_only_shares_a_kind_of_store_is_no_pair(goods, stores) -> None:
    f, r, z = goods["F-m"], goods["R"], goods["Z"]
    # Where both sell well they sell apart: 80 of 100 and 50 of 100, together 40. Elsewhere both are rare.
    for count, things in ((40, (f, r)), (40, (f,)), (10, (r,)), (10, (z,))):
        baskets(stores["express"], count, *things)
    for count, things in ((1, (f, r)), (14, (f,)), (14, (r,)), (271, (z,))):
        baskets(stores["full"], count, *things)

    pairs.compute(as_of=DAY)
    pair = ProductPair.objects.get(left="F", right="R")

    assert pair.lift == pytest.approx(41 * 400 / (95 * 65))
    assert pair.lift > 2.5
    assert pair.inside == pytest.approx((40 * 20 / 100 + 1 * 285 / 300) / (10 * 80 / 100 + 14 * 15 / 300))
    assert not pair.holds


def test_too_few_together_say_nothing(goods, stores) -> None:
    baskets(stores["full"], pairs.FEWEST - 1, goods["F-m"], goods["R"])
    baskets(stores["full"], 200, goods["Z"])

    assert pairs.compute(as_of=DAY) == 0


def test_the_usual_gap_is_the_median_of_peoples_own(goods, stores) -> None:
    people = [Customer.objects.create(number=f"G-{n}") for n in range(pairs.GAP_PEOPLE)]
    for place, one in enumerate(people):
        for turn in range(3):
            gap = 20 if place < 10 else 30 if place < 20 else 50
            which = goods["K-1"] if turn % 2 else goods["K-2"]
            baskets(stores["full"], 1, which, day=DAY - timedelta(days=gap * turn), customer=one)
    for one in people[:3]:
        for turn in range(3):
            baskets(stores["full"], 1, goods["L"], day=DAY - timedelta(days=9 * turn), customer=one)

    pairs.compute(as_of=DAY)

    figure = ArticleFigure.objects.get(article="K")
    assert (figure.gap, figure.people, figure.buyers) == (30, 30, 30)
    assert figure.sold == 10 * 2 + 10 * 1 + 10 * 1
    assert ArticleFigure.objects.get(article="L").gap is None, "three people are too few"


def test_a_second_run_replaces_the_first(goods, stores) -> None:
    baskets(stores["full"], 30, goods["F-m"], goods["R"])
    baskets(stores["full"], 60, goods["Z"])
    pairs.compute(as_of=DAY)
    pairs.compute(as_of=DAY + timedelta(days=1))

    assert set(ProductPair.objects.values_list("as_of", flat=True)) == {DAY + timedelta(days=1)}
    assert ProductPair.objects.count() == 2

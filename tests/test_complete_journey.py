"""A published shop with its campaigns and coupons, loaded as docs/maps says: every figure computed elsewhere comes out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Count, Sum
from django.utils import timezone

from commerce.metrics import report
from commerce.models import Order, OrderLine, Product
from customers.models import Customer, Event, StoreTie, Wakeup
from loyalty.effects import effect
from loyalty.models import Campaign, CampaignGrant, Coupon, CouponTemplate, PointsEntry, Redemption
from staff.models import Store
from tests.published import assert_contains, cents, here, load, rolled_back, truth
from touchpoints.models import Message, Outreach

pytestmark = here
SOURCE = "complete_journey"
SHOP = (
    ("stores", "transactions", "stores"), ("customers", "transactions", "customers"),
    ("customers", "demographics", "demographics"), ("products", "products", "products"),
    ("orders", "transactions", "orders"), ("order_lines", "transactions", "order_lines"),
)  # fmt: skip
LOYALTY = (
    ("campaigns", "campaign_descriptions", "campaigns"), ("campaigns", "campaigns", "campaign_touches"),
    ("coupon_templates", "coupons", "coupon_templates"), ("coupons", "coupon_redemptions", "coupons"),
    ("redemptions", "coupon_redemptions", "redemptions"), ("outreach", "campaigns", "outreach"),
)  # fmt: skip


def read(kind: str, file: str, map_file: str) -> dict[str, int]:
    return load(kind, f"{SOURCE}/{file}.parquet", SOURCE, f"{SOURCE}/{map_file}.toml")


@pytest.fixture(scope="module")
def journey(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """The set is loaded once for all tests of this file, and rolled back."""
    with django_db_blocker.unblock(), rolled_back():
        counts = {name: read(kind, file, name) for kind, file, name in (*SHOP, *LOYALTY)}
        yield truth(SOURCE) | {"counts": counts}


@pytest.fixture(scope="module")
def found(journey: dict[str, Any]) -> dict[str, Any]:
    return effect(SOURCE)


def test_complete_journey_rows_and_sums(journey: dict[str, Any]) -> None:
    expected = journey["dev"]
    orders = Order.objects.filter(source=SOURCE)
    lines = OrderLine.objects.filter(order__in=orders)
    sums = lines.aggregate(Sum("total"), Sum("quantity"), Sum("discount"))

    assert orders.count() == expected["baskets"]
    assert lines.count() == expected["transaction_lines"]
    assert lines.values("sku").distinct().count() == expected["products_sold"]
    assert Store.objects.filter(code__startswith="CJ-").count() == expected["stores"]
    assert Product.objects.filter(code__startswith="CJ-").count() == journey["products"]
    assert sums["total__sum"] == cents(expected["sum_sales_value"])
    assert orders.aggregate(Sum("total"))["total__sum"] == cents(expected["sum_sales_value"])
    assert sums["quantity__sum"] == expected["sum_quantity"]
    assert sums["discount__sum"] == sum(
        cents(expected[name]) for name in ("sum_retail_disc", "sum_coupon_disc", "sum_coupon_match_disc")
    )
    assert lines.filter(quantity=0).count() == expected["lines_qty_zero"]
    # Eight more lines hold dust of floating point (4e-16), which is nothing once it is money.
    assert lines.filter(total=0).count() == expected["lines_sales_zero"] + 8


def test_complete_journey_people(journey: dict[str, Any]) -> None:
    expected = journey["dev"]
    households = Customer.objects.filter(number__startswith="cj-")

    assert households.count() == expected["households"]
    assert households.exclude(attributes={}).count() == expected["households_with_demographics"]
    assert households.filter(attributes={}).count() == expected["households_without_demographics"]
    pairs = Order.objects.filter(source=SOURCE).values("customer", "store").distinct().count()
    assert StoreTie.objects.filter(customer__in=households).count() == pairs


def test_complete_journey_moments_are_utc_and_days_new_york(journey: dict[str, Any]) -> None:
    first = Order.objects.filter(source=SOURCE).earliest("placed_at")

    assert f"{first.placed_at:%Y-%m-%d %H:%M:%S}" == "2017-01-01 11:53:26"
    assert not Order.objects.filter(source=SOURCE, business_date__year=2018).exists()


def test_complete_journey_classes_in_both_methods(journey: dict[str, Any]) -> None:
    assert_contains(report(source=SOURCE), journey["dev"]["rfm"])


def test_an_orders_line_names_its_first_thing(journey: dict[str, Any]) -> None:
    event = Event.objects.filter(kind="order.paid", source=SOURCE).earliest("at", "id")

    assert event.details["pieces"] >= 1
    assert event.details["first"]


@pytest.mark.parametrize("step", SHOP[2:], ids=lambda step: step[2])
def test_a_second_load_of_the_shop_changes_nothing(journey: dict[str, Any], step: tuple[str, str, str]) -> None:
    counts = read(*step)

    assert (counts["created"], counts["updated"], counts["failed"]) == (0, 0, 0)
    assert counts["read"] == counts["unchanged"] + counts["skipped"]


def test_every_row_went_in(journey: dict[str, Any]) -> None:
    dev = journey["dev"]

    assert all(counts["failed"] == 0 for counts in journey["counts"].values())
    assert Campaign.objects.filter(source=SOURCE).count() == len(dev["campaigns"])
    assert CampaignGrant.objects.filter(campaign__source=SOURCE).count() == dev["campaign_touches"]
    assert CampaignGrant.objects.values("customer").distinct().count() == dev["touched_households"]
    assert CouponTemplate.objects.filter(source=SOURCE).count() == journey["coupons"]["campaign_coupon_pairs"]
    products = sum(len(one) for one in CouponTemplate.objects.values_list("products", flat=True))
    assert products == journey["coupons"]["rows_distinct"]
    assert Redemption.objects.filter(source=SOURCE).count() == dev["redemptions"]
    assert Redemption.objects.values("record").distinct().count() == dev["redeeming_households"]
    used = Coupon.objects.filter(source=SOURCE, state=Coupon.State.REDEEMED)
    assert used.count() == dev["redemptions"]
    assert used.values("code").distinct().count() == dev["redemptions"]


def test_every_contact_of_every_campaign_stands_on_its_first_day(journey: dict[str, Any]) -> None:
    dev = journey["dev"]
    rows = Outreach.objects.filter(key__startswith="load:")
    codes = dict(Campaign.objects.filter(source=SOURCE).values_list("code", "source_ref"))
    made = {int(codes[one["campaign"]]): one["n"] for one in rows.values("campaign").annotate(n=Count("pk"))}
    days = {int(codes[code]): str(timezone.localdate(at)) for code, at in rows.values_list("campaign", "felt_at")}

    assert rows.count() == dev["campaign_touches"]
    assert rows.values("customer").distinct().count() == dev["touched_households"]
    assert made == {one["campaign_id"]: one["targeted"] for one in dev["campaigns"]}
    assert days == {one["campaign_id"]: one["start"] for one in dev["campaigns"]}
    assert Event.objects.filter(kind="outreach.sent", source=SOURCE).count() == dev["campaign_touches"]
    assert not Message.objects.exists()


def test_every_use_has_a_basket_that_day(journey: dict[str, Any]) -> None:
    days = set(Order.objects.filter(source=SOURCE).values_list("customer", "business_date"))

    assert set(Redemption.objects.filter(source=SOURCE).values_list("record", "business_date")) <= days


def test_whoever_used_a_coupon_twice_had_two(journey: dict[str, Any]) -> None:
    twice = Coupon.objects.values("template", "record").annotate(n=Count("pk")).filter(n=2)

    assert twice.count() == 4
    assert Coupon.objects.filter(nth=2).count() == 4


def test_history_wakes_nobody_and_earns_nothing(journey: dict[str, Any]) -> None:
    assert not Wakeup.objects.exists()
    assert not PointsEntry.objects.exists()
    assert Event.objects.filter(kind="coupon.redeemed", source=SOURCE).count() == journey["dev"]["redemptions"]


@pytest.mark.parametrize(
    "part", ["campaigns", "by_type", "repurchase_30d_after_redemption", "targeted_sales_on_couponed_products_in_window"]
)
def test_the_figures_are_those_computed_elsewhere(journey: dict[str, Any], found: dict[str, Any], part: str) -> None:
    assert found[part] == journey["dev"][part]


def test_the_command_writes_them(journey: dict[str, Any], found: dict[str, Any], tmp_path: Path, capsys: Any) -> None:
    call_command("campaign_effect", "--source", SOURCE, "--json", str(tmp_path / "effect.json"))

    assert json.loads((tmp_path / "effect.json").read_text()) == found
    assert json.loads(capsys.readouterr().out) == found


@pytest.mark.parametrize("step", LOYALTY, ids=lambda step: step[2])
def test_a_second_load_of_the_campaigns_changes_nothing(journey: dict[str, Any], step: tuple[str, str, str]) -> None:
    counts = read(*step)

    assert (counts["created"], counts["updated"], counts["failed"]) == (0, 0, 0)
    assert counts["read"] == counts["unchanged"]
    assert Redemption.objects.filter(source=SOURCE).count() == Coupon.objects.filter(state="redeemed").count()

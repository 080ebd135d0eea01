"""A published set of campaigns and coupons, loaded as docs/maps says: every figure computed elsewhere comes out."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from commerce.models import Order
from customers.loading.engine import Load, kind_called, run_for
from customers.loading.mapping import read_map
from customers.models import Event, Wakeup
from loyalty.effects import effect
from loyalty.models import Campaign, CampaignGrant, Coupon, CouponTemplate, PointsEntry, Redemption
from touchpoints.models import Message, Outreach

DATA = settings.ROOT.parent / "shared" / "data"
MAPS = settings.ROOT / "docs" / "maps" / "complete_journey"
pytestmark = [
    pytest.mark.skipif(
        not DATA.exists() and "CI" not in os.environ, reason="the published sets are not on this machine"
    ),
    pytest.mark.django_db,
]
SOURCE = "complete_journey"
BEFORE = (
    ("stores", "transactions", "stores"), ("customers", "transactions", "customers"),
    ("orders", "transactions", "orders"), ("order_lines", "transactions", "order_lines"),
)  # fmt: skip
LOYALTY = (
    ("campaigns", "campaign_descriptions", "campaigns"), ("campaigns", "campaigns", "campaign_touches"),
    ("coupon_templates", "coupons", "coupon_templates"), ("coupons", "coupon_redemptions", "coupons"),
    ("redemptions", "coupon_redemptions", "redemptions"), ("outreach", "campaigns", "outreach"),
)  # fmt: skip


def load(kind: str, file: str, map_file: str) -> dict[str, int]:
    path, mapping = DATA / SOURCE / f"{file}.parquet", read_map(MAPS / f"{map_file}.toml")
    return Load(run_for(kind_called(kind), path, source=SOURCE, mapping=mapping)).go().counts()


@pytest.fixture(scope="module")
def journey(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, Any]]:
    """The set is loaded once for all tests of this file, and rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        counts = {name: load(kind, file, name) for kind, file, name in (*BEFORE, *LOYALTY)}
        yield json.loads((DATA / "TRUTH.json").read_text())["complete_journey"] | {"counts": counts}
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def found(journey: dict[str, Any]) -> dict[str, Any]:
    return effect(SOURCE)


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
def test_a_second_load_changes_nothing(journey: dict[str, Any], step: tuple[str, str, str]) -> None:
    counts = load(*step)

    assert (counts["created"], counts["updated"], counts["failed"]) == (0, 0, 0)
    assert counts["read"] == counts["unchanged"]
    assert Redemption.objects.filter(source=SOURCE).count() == Coupon.objects.filter(state="redeemed").count()

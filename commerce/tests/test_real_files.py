"""Published sets, loaded as docs/maps says: every figure computed elsewhere comes out of our tables."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Count, Min, Sum
from django.db.models.functions import TruncMonth

from commerce.metrics import report
from commerce.models import Order, OrderLine
from customers.loading.engine import Load, kind_called, run_for
from customers.loading.mapping import read_map
from customers.models import BrowseSession, Customer, Event, MetricsDirty, SourceKey, Wakeup
from tests.published import DATA, MAPS, assert_contains, cents, here, load, rolled_back, truth

pytestmark = here
CDNOW = [
    ("customers", "cdnow/CDNOW_master.txt.gz", "cdnow", "cdnow/customers.toml"),
    ("orders", "cdnow/CDNOW_master.txt.gz", "cdnow", "cdnow/orders.toml"),
    ("order_lines", "cdnow/CDNOW_master.txt.gz", "cdnow", "cdnow/order_lines.toml"),
]
ECOM = [
    ("customers", "ecom_clickstream_synth/ecom.csv.gz", "ecom", "ecom_clickstream_synth/customers.toml"),
    ("browse", "ecom_clickstream_synth/ecom.csv.gz", "ecom", "ecom_clickstream_synth/browse.toml"),
]


@pytest.fixture(scope="module")
def _database(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The sets are loaded once for all tests of this file, and rolled back."""
    with django_db_blocker.unblock(), rolled_back():
        yield


@pytest.fixture(scope="module")
def cdnow(_database: None) -> dict[str, Any]:
    for step in CDNOW:
        load(*step)
    return truth("cdnow")


@pytest.fixture(scope="module")
def ecom(_database: None) -> dict[str, Any]:
    for step in ECOM:
        load(*step)
    return truth("ecom_clickstream_synth")


def test_cdnow_rows_sums_and_months(cdnow: dict[str, Any]) -> None:
    orders = Order.objects.filter(source="cdnow")
    months = orders.annotate(month=TruncMonth("business_date")).values("month").annotate(sales=Sum("total"))
    firsts = orders.values("customer").annotate(first=Min("business_date"))
    first_months: dict[str, int] = {}
    for one in firsts:
        first_months[f"{one['first']:%Y-%m}"] = first_months.get(f"{one['first']:%Y-%m}", 0) + 1

    assert orders.count() == cdnow["rows"]
    assert SourceKey.objects.filter(source="cdnow", kind="customers").count() == cdnow["customers"]
    assert orders.aggregate(Sum("total"))["total__sum"] == cents(cdnow["sum_sales"])
    assert orders.filter(total=0).count() == cdnow["zero_amount_rows"]
    assert orders.values("customer", "business_date").distinct().count() == cdnow["distinct_customer_days"]
    lines = OrderLine.objects.filter(order__source="cdnow")
    assert lines.aggregate(Sum("quantity"))["quantity__sum"] == cdnow["sum_qty"]
    assert {f"{one['month']:%Y-%m}": one["sales"] for one in months} == {
        month: cents(sales) for month, sales in cdnow["sales_by_month"].items()
    }
    assert first_months == cdnow["first_purchase_months"]
    days = orders.order_by("business_date").values_list("business_date", flat=True)
    assert (str(days.first()), str(days.last())) == (cdnow["date_min"], cdnow["date_max"])


def test_true_repeats_stay(cdnow: dict[str, Any]) -> None:
    same = (
        OrderLine.objects.filter(order__source="cdnow")
        .values("order__customer", "order__business_date", "quantity", "order__total")
        .annotate(times=Count("*"))
    )

    assert sum(one["times"] - 1 for one in same if one["times"] > 1) == cdnow["exact_duplicate_rows"]


def test_cdnow_classes_in_both_methods(cdnow: dict[str, Any]) -> None:
    assert_contains(report(source="cdnow"), cdnow["rfm"])


def test_a_load_of_history_wakes_nobody_but_marks_the_customers(cdnow: dict[str, Any]) -> None:
    assert not Wakeup.objects.exists()
    assert Event.objects.filter(kind="order.paid", source="cdnow").count() == cdnow["rows"]
    assert MetricsDirty.objects.count() >= cdnow["customers"]


def test_leading_zeros_are_kept(cdnow: dict[str, Any]) -> None:
    assert Customer.objects.filter(number="cdnow-00001").exists()


@pytest.mark.parametrize("step", CDNOW, ids=lambda step: step[0])
def test_a_second_load_of_cdnow_changes_nothing(cdnow: dict[str, Any], step: tuple[str, str, str, str]) -> None:
    counts = load(*step)

    assert (counts["created"], counts["updated"], counts["failed"]) == (0, 0, 0)
    assert counts["read"] == counts["unchanged"] + counts["skipped"] == cdnow["rows"]


def test_clicks_become_sessions(ecom: dict[str, Any]) -> None:
    sessions = BrowseSession.objects.filter(source="ecom")
    clicks: dict[str, int] = {}
    sessions_with: dict[str, int] = {}
    for counts in sessions.values_list("counts", flat=True):
        for kind, times in counts.items():
            clicks[kind] = clicks.get(kind, 0) + times
            sessions_with[kind] = sessions_with.get(kind, 0) + 1

    assert sessions.count() == ecom["sessions"]
    assert clicks == ecom["events"]
    assert sum(clicks.values()) == ecom["rows"]
    assert {kind: sessions_with[kind] for kind in ecom["sessions_with"]} == ecom["sessions_with"]
    buyers = sessions.filter(counts__has_key="purchase").values("customer").distinct()
    assert buyers.count() == ecom["users_with_purchase"]
    assert f"{sessions.earliest('started_at').started_at:%Y-%m-%d %H:%M:%S}" == ecom["ts_min"]
    assert f"{sessions.latest('ended_at').ended_at:%Y-%m-%d %H:%M:%S}" == ecom["ts_max"]


def test_users_keep_the_channel_they_came_by(ecom: dict[str, Any]) -> None:
    users = Customer.objects.filter(number__startswith="ecom-")
    channels = users.values_list("attributes__acquisition_channel").annotate(n=Count("*"))

    assert users.count() == ecom["users"]
    assert dict(channels) == ecom["channels"]


def test_each_session_is_one_line_of_the_timeline(ecom: dict[str, Any]) -> None:
    assert Event.objects.filter(kind="browse.session", source="ecom").count() == ecom["sessions"]


@pytest.mark.parametrize("step", ECOM, ids=lambda step: step[0])
def test_a_second_load_of_the_clicks_changes_nothing(ecom: dict[str, Any], step: tuple[str, str, str, str]) -> None:
    counts = load(*step)

    assert (counts["created"], counts["updated"], counts["failed"]) == (0, 0, 0)


@pytest.mark.django_db
def test_a_dry_run_counts_and_keeps_nothing() -> None:
    mapping = read_map(MAPS / "cdnow" / "customers.toml")
    run = run_for(
        kind_called("customers"), DATA / "cdnow/CDNOW_master.txt.gz", source="cdnow", mapping=mapping, dry=True
    )

    counts = Load(run).go().counts()

    assert (counts["read"], counts["created"]) == (69659, 23570)
    assert not Customer.objects.exists()


def test_the_commands_of_the_maps_name_files_that_exist() -> None:
    for readme in MAPS.glob("*/README.md"):
        for word in readme.read_text().replace("$MAPS", str(readme.parent)).split():
            if word.endswith(".toml"):
                assert (Path(settings.ROOT) / word).exists() or Path(word).exists(), word

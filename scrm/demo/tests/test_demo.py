"""The demo in small: the same twice, the right shares, the cast in its place, nothing broken behind it."""

from datetime import date, timedelta
from io import StringIO
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, F, Sum

from commerce import pairs
from commerce.models import Order, OrderLine, Payment, Product, ProductPair, Refund, Stock
from customers.models import Browse, Customer, Event, Fact, Identity
from customers.queries import find
from scrm.demo import cast, days, hooks, load, progress
from scrm.demo.models import DemoLoad
from staff.models import Membership, Store, User
from touchpoints.matching import matches
from touchpoints.models import Appointment, Trial, Visit

D = date(2026, 11, 22)
COMPARED = ["customers_customer", "commerce_order", "commerce_orderline", "commerce_payment", "commerce_refund",
            "customers_browsesession", "customers_browse", "touchpoints_visit", "touchpoints_trial",
            "customers_storetie"]  # fmt: skip


@pytest.fixture(autouse=True)
def _own_progress(tmp_path, monkeypatch):
    monkeypatch.setattr(progress, "data_folder", lambda: tmp_path)
    # The figures are another's and want transactions of their own.
    monkeypatch.setattr(load, "get_commands", dict)


def bring(customers: int, **more) -> None:
    load.Load(customers=customers, seed=1, end=D, moment=days.moment_of(D), **more).run()


def fingerprint(upto: int | None = None, names: list[str] = COMPARED) -> dict[str, str]:
    """A digest per table, of all rows or of those of the first customers."""
    found = {}
    with connection.cursor() as cursor:
        for table in names:
            where = ""
            if upto is not None:
                column = "id" if table == "customers_customer" else "customer_id"
                where = f"where t.{column} >= {load.FIRST_CUSTOMER} and t.{column} < {load.FIRST_CUSTOMER + upto}"
            cursor.execute(
                "select md5(coalesce(string_agg(x, '|' order by x), '')) from "
                f"(select (to_jsonb(t) - 'advisor_id' - 'counted_at')::text as x from {table} t {where}) rows"
            )
            found[table] = cursor.fetchone()[0]
    return found


def wipe() -> None:
    DemoLoad.objects.update(done_at=None)


@pytest.mark.django_db
def test_the_same_seed_and_day_give_the_same_rows_and_a_longer_load_the_same_people():
    bring(300)
    first = fingerprint()
    few = fingerprint_of_people(300)
    blind = list(Identity.objects.order_by("pk").values_list("pk", "kind", "hint", "active"))

    wipe()
    bring(300)
    assert fingerprint() == first
    assert list(Identity.objects.order_by("pk").values_list("pk", "kind", "hint", "active")) == blind

    wipe()
    bring(500)
    assert fingerprint_of_people(300) == few
    assert Customer.objects.filter(pk__gte=load.FIRST_CUSTOMER).count() == 500


def fingerprint_of_people(upto: int) -> dict[str, str]:
    """What the first people are and did, as one digest per table."""
    names = [
        "customers_customer",
        "commerce_order",
        "touchpoints_visit",
        "customers_browsesession",
        "customers_storetie",
    ]
    return fingerprint(upto, names)


@pytest.mark.django_db
def test_three_thousand_people_live_as_planned_and_nothing_is_broken():
    before = hooked()
    bring(3000)

    assert hooked() == before
    many = Customer.objects.filter(pk__gte=load.FIRST_CUSTOMER)
    assert many.count() == 3000
    share_of_locales = many.filter(locale="zh-hans").count() / 3000
    assert share_of_locales == pytest.approx(0.92, abs=0.02)
    orders = Order.objects.filter(customer__gte=load.FIRST_CUSTOMER)
    assert orders.count() / 3000 == pytest.approx(10.0, rel=0.12)
    buyers = orders.values("customer").distinct().count()
    assert buyers / 3000 == pytest.approx(0.87, abs=0.03)
    once = orders.values("customer").annotate(n=Count("pk")).filter(n=1).count()
    assert once / buyers == pytest.approx(0.27, abs=0.04)
    at_store = Order.objects.filter(source="pos")
    assert at_store.filter(customer=None).count() / at_store.count() == pytest.approx(0.17, abs=0.02)
    cancelled = Order.objects.filter(source="shop", state="cancelled").count()
    assert cancelled / Order.objects.filter(source="shop").count() == pytest.approx(0.045, abs=0.01)
    worn = OrderLine.objects.filter(sku__startswith="Y", order__source="shop")
    came_back = worn.filter(refund_lines__isnull=False).count()
    assert came_back / worn.count() == pytest.approx(0.13, abs=0.035)

    money_adds_up()
    assert not Order.objects.filter(total__lt=0).exists()
    assert not Order.objects.filter(placed_at__gt=days.moment_of(D)).exists()
    assert not Event.objects.filter(at__gt=days.moment_of(D)).exists()
    assert Event.objects.filter(kind="order.paid").count() == (
        Order.objects.filter(state="paid").exclude(customer=None).count()
    )
    assert Trial.objects.count() > 100
    pairs.compute(as_of=D)
    friends = ProductPair.objects.get(left="F04", right="R08")
    assert friends.lift > 1.1
    assert (friends.inside_low < 1, friends.holds) == (True, False)
    assert ProductPair.objects.get(left="F01", right="F07").holds
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from customers_browse_rest")
        assert cursor.fetchone()[0] == 0
    assert Browse.objects.filter(at__lt=days.moment_of(D) - timedelta(days=92)).count() == 0
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")


def hooked() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(hooks.FOUND, {"tables": [model._meta.db_table for model in hooks.TABLES]})
        return {(row[0], row[1]) for row in cursor.fetchall()}


def money_adds_up() -> None:
    wrong = Order.objects.annotate(sum=Sum("lines__total")).exclude(sum=F("total"))
    assert not wrong.exists()
    paid = Payment.objects.values("order").annotate(sum=Sum("amount")).exclude(sum=F("order__total"))
    assert not paid.exists()
    assert not Refund.objects.filter(amount__gt=F("order__total")).exists()


@pytest.mark.django_db
def test_the_cast_is_there_and_found_and_stays_as_it_is():
    call_command("demo", customers=20, as_of=D, stdout=StringIO())

    mei = Customer.objects.get(number="20418837")
    bought = mei.orders.aggregate(n=Count("pk"), sum=Sum("base_total"))
    assert bought == {"n": 11, "sum": 684_000}
    last = Order.objects.get(source_ref="A-77120")
    assert last.customer == mei
    assert last.business_date == D - timedelta(days=44)
    assert dict(last.payments.values_list("kind", "amount")) == {"wechat_pay": 49_900, "stored": 20_000}
    assert Fact.objects.get(customer=mei, concern="safety").value == "羊毛过敏"
    assert (mei.birth_month, mei.birth_day) == (12, 2)
    visit = Visit.objects.get(customer=mei, left_at=None)
    assert visit.received_by.username == "ke.chen"
    assert days.moment_of(D) - visit.arrived_at == timedelta(minutes=12)
    assert mei.browse_sessions.filter(started_at__gte=days.moment_of(D) - timedelta(days=7)).count() == 2
    assert Order.objects.get(source_ref="A-77816").customer.display_name == "吴航"
    assert Customer.objects.filter(display_name="张伟", pk__lt=load.FIRST_CUSTOMER).count() == 3
    west_lake = Store.objects.get(code="HZ01")
    held = dict(Stock.objects.filter(store=west_lake, product__code__in=["Y03-PN-M", "Y01-BK-S"]).values_list(
        "product__code", "quantity"))  # fmt: skip
    assert held == {"Y03-PN-M": 3, "Y01-BK-S": 1}
    assert Product.objects.filter(kind="goods", attributes__past__isnull=True).count() == 613
    assert Store.objects.count() == 60

    ke, zhao = (User.objects.get(username=name) for name in ("ke.chen", "qi.zhao"))

    assert {hit.customer.display_name for hit in find(ke, "1234").hits} == {"梅雨晴", "周一鸣", "歐陽慕容雪"}
    assert find(zhao, "1234").hits == []
    assert ke.check_password("songxu-demo-2026")
    assert Membership.objects.current().filter(user__username="yan.gu").get().is_for_whole_brand

    told = Fact.objects.live().filter(customer=mei).order_by("-told_at")
    with mock.patch("django.utils.timezone.now", return_value=days.moment_of(D)):
        shown = matches(mei, west_lake, told).pieces
    assert [(one.product.code, one.quantity, one.this_week) for one in shown[:1]] == [("Y03-PN-M", 3, 2)]
    assert all("wool" not in one.product.attributes.get("contains", []) for one in shown)
    expected = Appointment.objects.booked().get()
    assert (expected.customer.display_name, expected.store) == ("李婧", west_lake)
    assert timedelta(minutes=67) <= expected.starts_at - days.moment_of(D) <= timedelta(minutes=68)

    first = fingerprint()

    out = StringIO()
    call_command("demo", customers=400, stdout=out)
    assert "here already" in out.getvalue()
    assert fingerprint() == first

    orders = Order.objects.count()
    later = days.moment_of(D) + timedelta(days=1)
    cast.freshen(later)
    assert Visit.objects.get(customer=mei, left_at=None).arrived_at == later - timedelta(minutes=12)
    assert Order.objects.count() == orders
    assert Visit.objects.filter(customer=mei).count() == 4
    assert Appointment.objects.booked().get().starts_at > later
    assert mei.browse_sessions.count() == 3


@pytest.mark.django_db
def test_a_load_that_was_cut_off_is_cleared_with_its_indexes_back(monkeypatch):
    before = hooked()
    with monkeypatch.context() as broken:
        broken.setattr(load.hooks, "put_back", lambda *args, **more: 1 / 0)
        broken.setattr(load, "KEEP_HOOKS_BELOW", 0)
        with pytest.raises(ZeroDivisionError):
            bring(30)
    assert progress.read()["state"] == "failed"
    assert hooked() != before
    # As a process that was killed leaves it: the record still names what is missing.
    record = DemoLoad.objects.get()
    assert record.done_at is None
    assert record.hooks

    bring(30)
    assert hooked() == before
    assert progress.read()["state"] == "done"


@pytest.mark.django_db
def test_a_database_with_other_customers_is_left_alone(mei):
    with pytest.raises(CommandError, match="empty"):
        call_command("demo", customers=20, stdout=StringIO())
    assert Customer.objects.count() == 1

"""Coupons to many: who is meant, the stock to the unit, stop and go on, a worker killed between two statements."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from customers.merging import merge
from customers.models import Customer, Event, Metrics, Wakeup
from loyalty import bulk_issuing
from loyalty.bulk_issuing import advance, go_on, prepare, prepare_list, who_qualifies
from loyalty.codes import is_well_formed
from loyalty.coupon_tasks import go_on_with_bulk
from loyalty.models import BulkIssue, Coupon, CouponTemplate, Level, LevelMembership, Programme
from loyalty.tests.coupon_cast import template, use
from scrm.kernel.refusals import TransitionRefused
from staff.models import AuditEntry

EVERYBODY: dict = {}


@pytest.fixture
def crowd(db) -> list[Customer]:
    return Customer.objects.bulk_create(Customer(number=f"C{number:03}") for number in range(50))


def now(bulk: BulkIssue) -> BulkIssue:
    return BulkIssue.objects.select_related("template").get(pk=bulk.pk)


def started(bulk: BulkIssue, by) -> BulkIssue:
    bulk.start(by=by)
    return bulk


def bought(customer: Customer, days_ago: int, lifecycle: str = "mature") -> None:
    day = timezone.localdate() - timedelta(days=days_ago)
    Metrics.objects.create(customer=customer, first_on=day, last_on=day, orders=1, days=1, spent=100, r=1, f=1, m=1, r_cut=1,
                           f_cut=1, m_cut=1, lifecycle=lifecycle, as_of=timezone.localdate())  # fmt: skip


def test_everybody_gets_one_with_a_line_each_and_nobody_is_woken(crowd, gu) -> None:
    bulk = started(prepare(template(days_valid=30), EVERYBODY), gu)

    while advance(bulk.pk, chunk=7):
        pass

    done = now(bulk)
    assert (done.state, done.wanted, done.done, done.issued, done.left_out) == ("done", 50, 50, 50, {})
    assert CouponTemplate.objects.get().issued == Coupon.objects.values("customer").distinct().count() == 50
    assert all(is_well_formed(code) for code in Coupon.objects.values_list("code", flat=True))
    coupon = Coupon.objects.select_related("template").first()
    assert (coupon.record, coupon.nth, coupon.came_as, coupon.given_by) == (coupon.customer_id, 1, None, gu)
    assert coupon.valid_until == coupon.template.valid_until(coupon.issued_at)
    event = Event.objects.get(customer=coupon.customer_id)
    assert event.details == {"coupon": dict(coupon.template.name), "template": "MJ80", "bulk": bulk.pk, "id": coupon.pk,
                             "tail": coupon.code[-4:]}  # fmt: skip
    assert Event.objects.count() == 50
    assert not Wakeup.objects.exists()
    coupon.redeem(use())


def test_the_live_count_says_who_is_left_out_and_why_and_the_issue_finds_the_same(crowd, gu, west_lake) -> None:
    programme = Programme.objects.main()
    Level.objects.create(programme=programme, code="friend", rank=0)
    gold = Level.objects.create(programme=programme, code="gold", rank=2)
    for customer in crowd[:20]:
        LevelMembership.objects.create(
            customer=customer, programme=programme, level=gold, rank=2, origin="reached", since=timezone.localdate()
        )
    some = template(levels=["gold"], stock=12)
    for customer in crowd[:5]:
        some.issue_to(customer, by=None)
    some.refresh_from_db()

    who = who_qualifies(some, EVERYBODY)
    assert (who.meant, who.qualify, who.left_out) == (50, 7, {"level": 30, "limit": 5, "stock": 8})
    go_on_with(started(prepare(some, EVERYBODY), gu))

    assert BulkIssue.objects.get().counts() == {
        "wanted": 50,
        "done": 50,
        "issued": 7,
        "left_out": {"level": 30, "limit": 5, "stock": 8},
    }
    assert CouponTemplate.objects.get().issued == Coupon.objects.count() == 12


def go_on_with(bulk: BulkIssue) -> None:
    go_on()
    assert now(bulk).state == "done"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"levels": ["gold"]}, {0, 1}),
        ({"levels": ["friend"]}, {2, 3, 4, 5}),
        ({"lifecycle": ["dormant"]}, {1, 2}),
        ({"lifecycle": ["none"]}, {4, 5}),
        ({"stores": ["HZ01"]}, {0, 3}),
        ({"days_without": 180}, {1, 2}),
        ({"levels": ["gold"], "days_without": 180}, {1}),
    ],
)  # fmt: skip
def test_a_rule_means_those_whom_each_of_its_parts_names(crowd, gu, west_lake, rule, expected) -> None:
    programme = Programme.objects.main()
    Level.objects.create(programme=programme, code="friend", rank=0)
    gold = Level.objects.create(programme=programme, code="gold", rank=2)
    Customer.objects.exclude(pk__in=[each.pk for each in crowd[:6]]).update(erased_at=timezone.now())
    for number in (0, 1):
        LevelMembership.objects.create(
            customer=crowd[number],
            programme=programme,
            level=gold,
            rank=2,
            origin="reached",
            since=timezone.localdate(),
        )
    LevelMembership.objects.create(customer=crowd[2], programme=programme, level=gold, rank=2, origin="reached",
                                   since=timezone.localdate(), ended_on=timezone.localdate())  # fmt: skip
    for number, days, stage in ((0, 3, "mature"), (1, 180, "dormant"), (2, 400, "dormant"), (3, 179, "declining")):
        bought(crowd[number], days, stage)
    Customer.objects.filter(pk__in=[crowd[0].pk, crowd[3].pk]).update(home_store=west_lake)
    some = template()
    meant = {crowd[number].pk for number in expected}

    assert who_qualifies(some, rule).meant == len(meant)
    go_on_with(started(prepare(some, rule), gu))

    assert set(Coupon.objects.values_list("customer", flat=True)) == meant


def test_a_list_of_numbers_names_unknown_and_doubled_ones_and_joined_records_count_once(crowd, gu) -> None:
    merge(crowd[0], crowd[40], by=gu, reason="same")
    Customer.objects.filter(pk=crowd[3].pk).update(erased_at=timezone.now())
    numbers = ["C000", "C001", " C002 ", "C001", "C040", "C041", "", "nobody", "C003"]

    bulk = started(prepare_list(template(), numbers), gu)
    while advance(bulk.pk, chunk=2):
        pass

    done = now(bulk)
    assert (done.wanted, done.done, done.issued) == (8, 8, 4)
    # one number stood twice, and the joined record belongs to somebody who has one by now
    assert sum(done.left_out.values()) == 4
    assert done.left_out["unknown"] == 2
    assert set(Coupon.objects.values_list("customer", flat=True)) == {crowd[number].pk for number in (0, 1, 2, 41)}


def test_it_is_stopped_between_chunks_and_goes_on_where_it_was(crowd, gu) -> None:
    bulk = prepare(template(), EVERYBODY)
    with pytest.raises(TransitionRefused):
        bulk.stop(by=gu)
    bulk.start(by=gu)
    with pytest.raises(TransitionRefused):
        bulk.start(by=gu)
    assert advance(bulk.pk, chunk=20)
    bulk.stop(by=gu)

    assert not advance(bulk.pk, chunk=20)
    assert (now(bulk).done, now(bulk).percent, Coupon.objects.count()) == (20, 40, 20)
    now(bulk).start(by=gu)
    go_on_with_bulk()

    assert (now(bulk).issued, now(bulk).percent, Coupon.objects.count()) == (50, 100, 50)
    assert [entry.what for entry in AuditEntry.objects.order_by("pk")] == [
        "bulk.started",
        "bulk.stopped",
        "bulk.started",
    ]


def test_a_template_that_is_paused_meanwhile_stops_it_and_one_that_is_used_up_ends_it(crowd, gu) -> None:
    some = template(stock=30)
    bulk = started(prepare(some, EVERYBODY), gu)
    advance(bulk.pk, chunk=20)
    some.pause(by=gu)
    advance(bulk.pk, chunk=20)
    assert (now(bulk).state, now(bulk).trouble, now(bulk).issued) == ("stopped", "paused", 20)

    some.resume(by=gu)
    now(bulk).start(by=gu)
    while advance(bulk.pk, chunk=8):
        pass

    assert (now(bulk).state, now(bulk).issued, now(bulk).left_out) == ("done", 30, {"stock": 20})
    assert now(bulk).done == now(bulk).wanted


class Killed(BaseException):
    """The worker is gone: nothing of Python runs any more."""


@pytest.mark.django_db(transaction=True)
def test_killed_after_each_statement_in_turn_all_of_a_chunk_is_there_or_nothing_and_the_next_goes_on(gu) -> None:
    Customer.objects.bulk_create(Customer(number=f"C{number:03}") for number in range(12))
    bulk = started(prepare(template(stock=10), EVERYBODY), gu)
    survived, at = 0, 0
    while now(bulk).state == "running":
        at += 1
        seen = 0

        def cut(execute, sql, params, many, context, at=at):
            nonlocal seen
            seen += 1
            answer = execute(sql, params, many, context)
            if seen == at:
                raise Killed
            return answer

        try:
            with connection.execute_wrapper(cut):
                advance(bulk.pk, chunk=5)
        except Killed:
            survived += 1
            connection.close()
        row = now(bulk)
        assert row.issued == Coupon.objects.count() == CouponTemplate.objects.get().issued == Event.objects.count()
        assert Coupon.objects.values("customer").distinct().count() == Coupon.objects.count() <= 10
        if seen < at:
            at = 0  # a whole chunk went through; from the first statement on again

    assert survived > 20
    assert (now(bulk).issued, now(bulk).left_out) == (10, {"stock": 2})


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_connections")
@pytest.mark.parametrize("round_", range(3))
def test_two_workers_and_people_who_claim_meanwhile_share_the_stock_to_the_unit(round_: int, gu) -> None:
    crowd = Customer.objects.bulk_create(Customer(number=f"C{number:03}") for number in range(200))
    some = template(stock=120, claimable=True)
    bulk = started(prepare(some, EVERYBODY), gu)
    faults: list[Exception] = []

    def work() -> None:
        try:
            while now(bulk).state == "running":
                advance(bulk.pk, chunk=9)
        except Exception as error:  # noqa: BLE001
            faults.append(error)
        finally:
            connections.close_all()

    def claim(start: int) -> None:
        try:
            for who in crowd[start::4]:
                try:
                    CouponTemplate.objects.get(pk=some.pk).claim_for(who, channel="web")
                except TransitionRefused:
                    pass
        except Exception as error:  # noqa: BLE001
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _worker in range(3)]
    threads += [threading.Thread(target=claim, args=[start]) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)

    assert not faults, faults
    assert (
        Coupon.objects.count()
        == CouponTemplate.objects.get().issued
        == Event.objects.filter(kind="coupon.issued").count()
        == 120
    )
    assert Coupon.objects.values("customer").distinct().count() == 120
    assert now(bulk).issued == Coupon.objects.filter(source=f"bulk:{bulk.pk}").count()
    assert now(bulk).done == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_connections")
def test_records_joined_while_it_runs_get_one_together(gu) -> None:
    crowd = Customer.objects.bulk_create(Customer(number=f"C{number:03}") for number in range(60))
    bulk = started(prepare(template(), EVERYBODY), gu)
    faults: list[Exception] = []

    def join() -> None:
        try:
            for kept, joined in zip(crowd[:10], crowd[50:], strict=True):
                merge(kept, joined, by=gu, reason="same")
        except Exception as error:  # noqa: BLE001
            faults.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=join)
    thread.start()
    while advance(bulk.pk, chunk=3):
        pass
    thread.join(60)

    assert not faults, faults
    assert now(bulk).state == "done"
    assert set(Coupon.objects.values_list("customer", flat=True)) == {each.pk for each in crowd[:50]}
    # Two before they were joined at the most, never one given to a record that was joined already.
    assert Coupon.objects.values("record").distinct().count() == Coupon.objects.count()


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_the_database_is_shown_and_it_can_go_on(gu, monkeypatch) -> None:
    Customer.objects.bulk_create(Customer(number=f"C{number:03}") for number in range(5))
    bulk = started(prepare(template(), EVERYBODY), gu)
    monkeypatch.setattr(bulk_issuing, "WRITE", "select 1/0")
    with pytest.raises(DatabaseError):
        advance(bulk.pk)
    assert (now(bulk).state, now(bulk).trouble, Coupon.objects.count()) == ("failed", "DivisionByZero", 0)

    monkeypatch.undo()
    now(bulk).start(by=gu)
    go_on()

    assert (now(bulk).state, now(bulk).trouble, now(bulk).issued) == ("done", "", 5)

"""The life of a template and of a coupon: every move, its second click, and who may see it."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from customers.merging import merge, unmerge
from customers.models import Customer, Event
from loyalty.basket_of import Scanned, basket_of, best_for
from loyalty.codes import grouped, is_well_formed, new_code
from loyalty.coupon_actions import find_by_code, redeem_code, redeem_together, release_code, reserve_code, undo_together
from loyalty.coupon_tasks import end_coupons, free_coupons
from loyalty.guesses import MOST, Asker, TooManyGuesses
from loyalty.models import (
    BulkIssue,
    Coupon,
    CouponTemplate,
    Level,
    LevelMembership,
    OtherPayload,
    Programme,
    Redemption,
)
from loyalty.offline import take_offline
from loyalty.tests.coupon_cast import fresh, template, use
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import AuditEntry

SAME_ANSWER = "This code does not work. Ask to check it, or get a new one."


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def mj80(db) -> CouponTemplate:
    return template()


@pytest.fixture
def coupon(mj80, mei) -> Coupon:
    return mj80.issue_to(mei, by=None)


def kinds(customer: Customer) -> list[str]:
    return list(
        Event.objects.filter(customer=customer, kind__startswith="coupon.")
        .order_by("pk")
        .values_list("kind", flat=True)
    )


def later(**gap) -> None:
    """Everything about coupons happened earlier by so much."""
    for row in Coupon.objects.all():
        Coupon.objects.filter(pk=row.pk).update(
            valid_until=row.valid_until and row.valid_until - timedelta(**gap), issued_at=row.issued_at - timedelta(**gap),
            valid_from=row.valid_from - timedelta(**gap), held_until=row.held_until and row.held_until - timedelta(**gap),
        )  # fmt: skip
    for row in Redemption.objects.all():
        Redemption.objects.filter(pk=row.pk).update(at=row.at - timedelta(**gap))


# A template's life


def test_what_costs_little_is_published_at_once_and_what_costs_much_by_somebody_else(gu, he) -> None:
    small = template("S", state="draft", amount=100, stock=10, made_by=gu)
    large = template("L", state="draft", amount=8000, stock=10000, made_by=gu)

    small.submit(by=gu)
    with pytest.raises(TransitionRefused, match="second person first"):
        large.publish(by=he)
    large.submit(by=gu)
    with pytest.raises(TransitionRefused, match="Somebody else"):
        large.publish(by=gu)
    assert (small.state, large.state) == ("published", "waiting")
    large.publish(by=he)

    assert (large.state, large.approved_by) == ("published", he)
    with pytest.raises(TransitionRefused):
        CouponTemplate.objects.get(pk=large.pk).publish(by=he)
    assert list(AuditEntry.objects.order_by("pk").values_list("what", flat=True)) == [
        "coupon.published", "coupon.submitted", "coupon.published",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"stock": None},
        {"kind": "percent", "percent": 10, "amount": 0, "stock": 1},
        {"stock": 63},
        {"cost": 5001, "stock": 100},
    ],
)
def test_what_has_no_bound_or_a_high_one_needs_a_second_person(db, more) -> None:
    assert template(**more).needs_second_person


@pytest.mark.parametrize(
    "more",
    [
        {"amount": 0}, {"kind": "percent"}, {"kind": "step", "percent": 10, "amount": 0}, {"name": {}}, {"weekdays": [7]},
        {"kind": "step", "pieces": 3, "percent": 12, "amount": 100}, {"needs": ["snow"]}, {"not_with": ["x"]},
        {"ends_at": timezone.now() - timedelta(days=9)}, {"per_customer": 0},
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_not_published(gu, more) -> None:
    with pytest.raises(TransitionRefused):
        template(**({"state": "draft", "stock": 1} | more)).submit(by=gu)


def test_pause_resume_and_end_each_once_and_nothing_is_given_meanwhile(mj80, gu, mei) -> None:
    coupon = mj80.issue_to(mei, by=None)
    for verb, refusal in (("pause", "paused"), ("resume", ""), ("end", "any more")):
        getattr(mj80, verb)(by=gu)
        with pytest.raises(TransitionRefused):
            getattr(CouponTemplate.objects.get(pk=mj80.pk), verb)(by=gu)
        other = Customer.objects.create(number=f"X{verb}")
        if refusal:
            with pytest.raises(TransitionRefused, match=refusal):
                mj80.issue_to(other, by=None)
        else:
            mj80.issue_to(other, by=None)

    coupon.redeem(use())  # what was given stays good
    assert fresh(coupon).state == "redeemed"


def test_stock_and_end_may_change_but_not_below_what_is_given_nor_dearly_by_its_maker(gu, he, mei) -> None:
    some = template(stock=5, made_by=gu)
    some.issue_to(mei, by=None)

    some.change(by=gu, stock=6)
    with pytest.raises(TransitionRefused, match="1 are given"):
        some.change(by=gu, stock=0)
    with pytest.raises(TransitionRefused, match="Somebody else"):
        some.change(by=gu, stock=10000)
    some.change(by=he, stock=10000, ends_at=None)

    assert CouponTemplate.objects.get().stock == 10000


def test_the_rule_of_a_published_coupon_cannot_be_changed_even_by_hand(mj80) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CouponTemplate.objects.filter(pk=mj80.pk).update(amount=99900)
    mj80.amount = 99900
    with pytest.raises(IntegrityError), transaction.atomic():
        mj80.save()
    CouponTemplate.objects.filter(pk=mj80.pk).update(name=words("新名"), stock=3)


# Giving


def test_a_coupon_is_given_with_its_end_and_a_line_that_does_not_tell_its_code(mei, ke) -> None:
    some = template(days_valid=30, ends_at=timezone.now() + timedelta(days=10))
    coupon = some.issue_to(mei, by=ke, channel="store")

    assert is_well_formed(coupon.code)
    assert fresh(coupon).valid_until == some.ends_at
    assert CouponTemplate.objects.get().issued == 1
    event = Event.objects.get(kind="coupon.issued")
    assert event.details == {"coupon": dict(some.name), "template": "MJ80", "id": coupon.pk, "tail": coupon.code[-4:]}
    assert event.sentence == "Coupon given: Season ¥80 off"
    assert coupon.code not in str(event.details)


def test_so_many_days_are_whole_days(mei) -> None:
    coupon = template(days_valid=0).issue_to(mei, by=None)

    midnight = timezone.localtime(coupon.valid_until)
    assert (midnight.hour, midnight.minute) == (0, 0)
    assert midnight.date() == timezone.localdate() + timedelta(days=1)


def test_stock_limit_level_begin_and_end_are_kept(mei) -> None:
    other = Customer.objects.create(number="X")
    one = template("ONE", stock=1)
    one.issue_to(mei, by=None)
    with pytest.raises(TransitionRefused, match="All of these are given"):
        one.issue_to(other, by=None)

    twice = template("TWICE", per_customer=2)
    assert [twice.issue_to(mei, by=None).nth for _time in range(2)] == [1, 2]
    with pytest.raises(TransitionRefused, match="Each customer gets 2"):
        twice.issue_to(mei, by=None)
    assert CouponTemplate.objects.get(code="TWICE").issued == 2

    with pytest.raises(TransitionRefused, match="not given yet"):
        template("SOON", starts_at=timezone.now() + timedelta(days=1)).issue_to(mei, by=None)
    with pytest.raises(TransitionRefused, match="any more"):
        template("OVER", ends_at=timezone.now() - timedelta(hours=1)).issue_to(mei, by=None)


def test_a_coupon_for_some_levels_is_given_to_these_alone(mei) -> None:
    programme = Programme.objects.main()
    friend = Level.objects.create(programme=programme, code="friend", rank=0)
    gold = Level.objects.create(programme=programme, code="gold", rank=2)
    begin, high = template("BEGIN", levels=["friend"]), template("HIGH", levels=["gold"])

    begin.issue_to(mei, by=None)  # who stands in no level is where everybody begins
    with pytest.raises(TransitionRefused, match="other levels"):
        high.issue_to(mei, by=None)
    LevelMembership.objects.create(
        customer=mei, programme=programme, level=gold, rank=2, origin="reached", since=timezone.localdate()
    )
    high.issue_to(mei, by=None)

    assert friend.rank == 0


def test_the_same_key_gives_the_first_coupon_and_refuses_another_content(mj80, mei) -> None:
    first = mj80.issue_to(mei, by=None, source="campaign", key="a")

    assert mj80.issue_to(mei, by=None, source="campaign", key="a").pk == first.pk
    with pytest.raises(OtherPayload):
        mj80.issue_to(Customer.objects.create(number="X"), by=None, source="campaign", key="a")
    with pytest.raises(OtherPayload):
        template("B").issue_to(mei, by=None, source="campaign", key="a")

    assert CouponTemplate.objects.get(code="MJ80").issued == 1


def test_what_is_claimed_must_be_for_taking(mj80, mei) -> None:
    with pytest.raises(TransitionRefused, match="given, not taken"):
        mj80.claim_for(mei, channel="web")
    taken = template("SOCK0", claimable=True).claim_for(mei, channel="web")
    assert (taken.channel, taken.source) == ("web", "claim")
    assert [each.code for each in CouponTemplate.objects.claimable()] == ["SOCK0"]


def test_joined_records_share_one_limit_and_come_apart_with_their_own(mj80, mei, gu) -> None:
    other = Customer.objects.create(number="X")
    own = mj80.issue_to(other, by=None)
    operation = merge(mei, other, by=gu, reason="same")

    with pytest.raises(TransitionRefused, match="Each customer"):
        mj80.issue_to(mei, by=None)
    late = template("B", per_customer=2).issue_to(Customer.objects.get(pk=other.pk), by=None)
    assert (late.customer_id, late.came_as, late.record) == (mei.pk, other.pk, other.pk)
    fresh(own).redeem(use(currency="CNY"))
    assert kinds(mei)[-1] == "coupon.redeemed"
    unmerge(operation, by=gu, reason="not the same")

    assert {fresh(own).customer_id, fresh(late).customer_id} == {other.pk}
    mj80.issue_to(mei, by=None)
    assert CouponTemplate.objects.get(code="B").issue_to(other, by=None).nth == 2


# Holding, using, giving back


def test_a_coupon_is_held_for_one_basket_used_from_it_and_only_by_it(coupon) -> None:
    until = coupon.reserve(holder="till:a:1")
    assert coupon.reserve(holder="till:a:1", minutes=60) > until

    for other in (fresh(coupon), fresh(coupon)):
        with pytest.raises(TransitionRefused, match=SAME_ANSWER):
            other.reserve(holder="till:b:1")
        with pytest.raises(TransitionRefused, match=SAME_ANSWER):
            other.redeem(use(), holder="till:b:1")
        with pytest.raises(TransitionRefused, match=SAME_ANSWER):
            other.redeem(use())
        with pytest.raises(TransitionRefused):
            other.release(holder="till:b:1")
    fresh(coupon).redeem(use(), holder="till:a:1")

    assert (fresh(coupon).state, fresh(coupon).held_by) == ("redeemed", "")


def test_let_go_or_left_it_is_free_for_the_next_basket(coupon) -> None:
    coupon.reserve(holder="till:a:1")
    coupon.release(holder="till:a:1")
    with pytest.raises(TransitionRefused):
        fresh(coupon).release(holder="till:a:1")

    fresh(coupon).reserve(holder="till:b:1")
    later(minutes=31)
    fresh(coupon).reserve(holder="till:c:1")
    later(minutes=31)
    assert Coupon.objects.usable().exists()
    fresh(coupon).redeem(use())


def test_a_use_is_written_down_once_and_its_key_never_means_another(coupon, mei, west_lake, ke) -> None:
    first = coupon.redeem(use(store=west_lake, by=ke, order_ref="A-1", channel="store"))

    assert fresh(coupon).redeem(use(store=west_lake)).pk == first.pk
    with pytest.raises(TransitionRefused, match=SAME_ANSWER):
        fresh(coupon).redeem(use("k2"))
    with pytest.raises(OtherPayload):
        fresh(coupon).redeem(use(off=1))
    with pytest.raises(OtherPayload):
        template("B").issue_to(mei, by=None).redeem(use())
    assert (first.record, first.off, first.currency, first.store, first.by) == (mei.pk, 8000, "CNY", west_lake, ke)
    assert Redemption.objects.count() == 1
    details = Event.objects.get(kind="coupon.redeemed").details
    assert (details["off"], details["order"], details["tail"]) == (8000, "A-1", coupon.code[-4:])


def test_a_repeat_after_its_hours_gives_the_first_use(mei) -> None:
    coupon = template().issue_to(mei, by=None)
    first = coupon.redeem(use())
    with connection.cursor() as cursor:  # the rule of a published coupon does not change; the hour does
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("update loyalty_coupontemplate set channels = '[\"web\"]'")

    assert fresh(coupon).redeem(use()).pk == first.pk
    with pytest.raises(TransitionRefused, match="another channel"):
        fresh(coupon).redeem(use("k2"))


@pytest.mark.parametrize(
    ("rule", "said", "refusal"),
    [
        ({"threshold": 60000}, {"basket": 55800}, "Needs ¥600. ¥42 to go."),
        ({}, {"off": 8001}, "more than this coupon takes off"),
        ({}, {"basket": 5000}, "more than this coupon takes off"),
        ({"kind": "percent", "percent": 10, "amount": 0}, {"off": 8001}, "more than this coupon takes off"),
        ({}, {"off": -1}, "below zero"),
        ({"channels": ["web"]}, {"channel": "store"}, "another channel"),
        ({"stores": ["SH01"]}, {}, "Not in this store"),
        ({"store_scenes": ["office"]}, {}, "Not in this store"),
        ({"weekdays": [(timezone.localdate() + timedelta(days=1)).weekday()]}, {}, "Not today"),
        ({}, {"currency": "HKD"}, "rate of the day"),
    ],
)  # fmt: skip
def test_a_use_against_the_rule_says_what_is_wrong_and_uses_nothing(mei, west_lake, rule, said, refusal) -> None:
    coupon = template(**rule).issue_to(mei, by=None)

    with pytest.raises(TransitionRefused, match=refusal):
        coupon.redeem(use(**({"store": west_lake} | said)))

    assert fresh(coupon).state == "issued"


def test_before_its_begin_and_after_its_end_it_does_not_work_but_a_hold_lasts(mei) -> None:
    coupon = template(days_valid=0).issue_to(mei, by=None)
    Coupon.objects.update(valid_from=timezone.now() + timedelta(hours=1))
    with pytest.raises(TransitionRefused, match=SAME_ANSWER):
        coupon.redeem(use())

    Coupon.objects.update(valid_from=timezone.now(), valid_until=timezone.now() + timedelta(seconds=1))
    coupon.reserve(holder="till:a:1")
    Coupon.objects.update(valid_until=timezone.now())
    with pytest.raises(TransitionRefused, match=SAME_ANSWER):
        coupon.redeem(use())
    coupon.redeem(use(), holder="till:a:1")


def test_it_is_undone_for_five_minutes_and_once(coupon, ke) -> None:
    used = coupon.redeem(use())
    again = Redemption.objects.get(pk=used.pk)
    coupon.undo(by=ke)
    with pytest.raises(TransitionRefused):
        again.undo(by=ke)
    with pytest.raises(TransitionRefused):
        coupon.undo(by=ke)
    second = fresh(coupon).redeem(use("k2"))
    with pytest.raises(TransitionRefused):  # the old page's click does not undo the new use
        again.undo(by=ke)
    assert fresh(coupon).state == "redeemed"

    later(minutes=6)
    with pytest.raises(TransitionRefused, match="time to take this back is over"):
        Redemption.objects.get(pk=second.pk).undo(by=ke)

    assert list(Redemption.objects.order_by("pk").values_list("undone_why", flat=True)) == ["undone", ""]
    assert kinds(coupon.customer) == ["coupon.issued", "coupon.redeemed", "coupon.returned", "coupon.redeemed"]


def test_a_refund_gives_it_back_with_its_old_end_where_the_rule_says_so(coupon, mei) -> None:
    lapsing = template("LAPSE", on_refund="lapse").issue_to(mei, by=None)
    coupon.redeem(use())
    lapsing.redeem(use("k2"))

    assert [coupon.return_for_refund(), fresh(coupon).return_for_refund()] == [True, False]
    assert lapsing.return_for_refund() is False

    assert (fresh(coupon).state, fresh(lapsing).state) == ("issued", "redeemed")
    fresh(coupon).redeem(use("k3"))


def test_one_that_ended_meanwhile_comes_back_for_a_week_and_only_once(mei) -> None:
    coupon = template(days_valid=5).issue_to(mei, by=None)
    coupon.redeem(use())
    later(days=20)

    fresh(coupon).return_for_refund()
    week = fresh(coupon).valid_until - timezone.now()
    assert timedelta(days=6, hours=23) < week <= timedelta(days=7)
    fresh(coupon).redeem(use("k2"))
    later(days=10)
    assert fresh(coupon).return_for_refund()

    assert fresh(coupon).state == "expired"


def test_frozen_it_does_not_work_until_it_is_let_go_and_cancelled_never_again(coupon, gu, mei) -> None:
    coupon.freeze(by=gu, reason="theft")
    for twice in (
        lambda: fresh(coupon).freeze(by=gu),
        lambda: fresh(coupon).redeem(use()),
        lambda: fresh(coupon).reserve(holder="x"),
    ):
        with pytest.raises(TransitionRefused):
            twice()
    coupon.unfreeze(by=gu)
    with pytest.raises(TransitionRefused):
        fresh(coupon).unfreeze(by=gu)
    coupon.reserve(holder="till:a:1")
    coupon.cancel(by=gu, reason="mistake")
    with pytest.raises(TransitionRefused):
        fresh(coupon).cancel(by=gu, reason="again")
    with pytest.raises(TransitionRefused, match=SAME_ANSWER):
        fresh(coupon).redeem(use(), holder="till:a:1")

    assert kinds(mei) == ["coupon.issued", "coupon.cancelled"]
    assert [entry.what for entry in AuditEntry.objects.order_by("pk")] == [
        "coupon.frozen",
        "coupon.unfrozen",
        "coupon.cancelled",
    ]
    assert all(coupon.code not in str(entry.details) for entry in AuditEntry.objects.all())


def test_a_used_one_is_not_cancelled(coupon, gu) -> None:
    coupon.redeem(use())

    with pytest.raises(TransitionRefused):
        fresh(coupon).cancel(by=gu, reason="x")


# Without a line


@pytest.fixture
def socks(mei) -> Coupon:
    return template("SOCK0", kind="gift", amount=0, offline=True, days_valid=3).issue_to(mei, by=None)


def taken(coupon: Coupon, key: str, minutes: float, *, source: str = "till-a") -> Redemption:
    at = timezone.now() - timedelta(hours=1) + timedelta(minutes=minutes)
    return take_offline(coupon, use(key, source=source, off=0, checked=True), till_at=at, at=at)


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_of_tills_that_took_the_same_the_first_by_corrected_time_wins_in_any_order_of_news(socks, order) -> None:
    later(hours=2)
    at = timezone.now() - timedelta(hours=1)
    moments = [("till-a", 5), ("till-b", 3), ("till-c", 9)]

    def report(number: int) -> None:
        source, minutes = moments[number]
        when = at + timedelta(minutes=minutes)
        take_offline(fresh(socks), use("k", source=source, off=0), till_at=when, at=when)

    for number in (*order, *order):
        report(number)

    rows = {row.source: row.undone_why for row in Redemption.objects.all()}
    assert rows == {"till-a": "conflict", "till-b": "", "till-c": "conflict"}
    assert fresh(socks).state == "redeemed"


def test_in_time_by_the_tills_clock_and_a_day_late_by_ours_is_honoured_and_no_later(socks) -> None:
    end = timezone.now() - timedelta(hours=30)
    Coupon.objects.update(valid_from=end - timedelta(days=3), valid_until=end, state="expired")

    for till_at, at in (
        (end, end), (end - timedelta(minutes=1), end + timedelta(hours=24)), (end - timedelta(days=4), end - timedelta(days=4)),
    ):  # fmt: skip
        with pytest.raises(TransitionRefused, match=SAME_ANSWER):
            take_offline(fresh(socks), use("no", off=0), till_at=till_at, at=at)
    take_offline(fresh(socks), use("yes", off=0), till_at=end - timedelta(minutes=1), at=end + timedelta(hours=23))

    assert fresh(socks).state == "redeemed"


def test_only_what_may_be_taken_without_a_line_is(coupon) -> None:
    with pytest.raises(TransitionRefused, match=SAME_ANSWER):
        take_offline(coupon, use(), till_at=timezone.now(), at=timezone.now())


def test_a_hold_elsewhere_gives_way_to_what_already_happened_and_a_withdrawn_one_is_a_conflict(socks, mei, gu) -> None:
    later(hours=2)
    fresh(socks).reserve(holder="till:x:1")
    assert taken(fresh(socks), "k", 0).undone_why == ""
    withdrawn = template("S2", kind="gift", amount=0, offline=True).issue_to(mei, by=None)
    withdrawn.cancel(by=gu, reason="x")
    later(hours=2)

    assert taken(fresh(withdrawn), "k2", 0).undone_why == "conflict"
    assert fresh(withdrawn).state == "cancelled"


# By code


@pytest.fixture
def asker(ke, west_lake) -> Asker:
    cache.clear()
    return Asker(user=ke, store=west_lake)


def test_a_code_is_found_however_it_is_typed_and_used_once(coupon, asker) -> None:
    typed = grouped(coupon.code).lower().replace("0", "o")
    held, _until = reserve_code(typed, holder="till:a:1", asker=asker)
    assert held == coupon
    release_code(typed, holder="till:a:1", asker=asker)
    first = redeem_code(typed, use(), asker=asker)

    assert redeem_code(coupon.code, use(), asker=asker).pk == first.pk


def test_wrong_foreign_used_frozen_held_and_old_codes_get_one_answer_at_one_cost(
    mj80, mei, gu, asker, django_assert_num_queries
) -> None:
    others = [Customer.objects.create(number=f"X{number}") for number in range(4)]
    used, frozen, held, old = (mj80.issue_to(each, by=None) for each in others)
    used.redeem(use())
    frozen.freeze(by=gu)
    held.reserve(holder="till:b:1")
    Coupon.objects.filter(pk=old.pk).update(valid_until=timezone.now())
    foreign = template("F").issue_to(others[0], by=None)

    for wrong in (new_code(), "rubbish", used.code, frozen.code, held.code, old.code, foreign.code):
        with django_assert_num_queries(1), pytest.raises(TransitionRefused) as refusal:
            find_by_code(wrong, asker=asker, customer=mei)
        assert str(refusal.value) == SAME_ANSWER


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_connections")
@pytest.mark.parametrize("inside", [True, False])
def test_after_ten_wrong_codes_even_a_right_one_is_refused_for_a_while_and_an_alarm_stands_once(
    coupon, asker, zhao, inside: bool
) -> None:
    # As the API asks: inside a transaction that the refusal rolls back.
    around = transaction.atomic if inside else nullcontext
    for _time in range(MOST):
        with pytest.raises(TransitionRefused, match=SAME_ANSWER), around():
            find_by_code(new_code(), asker=asker)

    for _time in range(3):
        with pytest.raises(TooManyGuesses), around():
            redeem_code(coupon.code, use(), asker=asker)

    assert fresh(coupon).state == "issued"
    assert AuditEntry.objects.filter(what="alarm.codes", who=asker.user).count() == 1
    assert find_by_code(coupon.code, asker=Asker(user=zhao)) == coupon  # one guesser closes nobody else's till


@pytest.mark.django_db(transaction=True)
def test_strangers_are_counted_by_their_address(coupon) -> None:
    cache.clear()
    stranger = Asker(address="203.0.113.9")
    for _time in range(MOST):
        with pytest.raises(TransitionRefused):
            find_by_code("x", asker=stranger)

    with pytest.raises(TooManyGuesses):
        find_by_code(coupon.code, asker=stranger)
    find_by_code(coupon.code, asker=Asker(address="203.0.113.10"))


# For a basket


def test_the_best_of_what_somebody_holds_is_used_together_or_not_at_all(mei, west_lake, ke) -> None:
    amount = template(threshold=60000).issue_to(mei, by=None)
    gift = template("SOCK0", kind="gift", amount=0, group="gift", products=["R08"]).issue_to(mei, by=None)
    percent = template("BD10", kind="percent", percent=10, amount=0, group="percent", not_with=["amount"]).issue_to(
        mei, by=None
    )
    basket = basket_of([Scanned("A", 75800), Scanned("R08", 5900)], customer=mei, store=west_lake, channel="store")

    found = best_for(mei, basket)
    assert [(each.coupon.id, each.off) for each in found.chosen] == [(gift.pk, 5900), (amount.pk, 8000)]
    chosen = [Coupon.objects.get(pk=each.coupon.id) for each in found.chosen]
    with pytest.raises(TransitionRefused, match="Cannot be used with"):
        redeem_together([*chosen, percent], basket, use("b0", store=west_lake))
    assert not Redemption.objects.exists()
    rows = redeem_together(chosen, basket, use("b1", store=west_lake, by=ke))

    assert sum(row.off for row in rows) == found.off == 13900
    assert {row.pk for row in redeem_together(chosen, basket, use("b1", store=west_lake))} == {row.pk for row in rows}
    undo_together(rows, by=ke)
    assert Coupon.objects.usable().count() == 3


def test_a_used_one_among_them_leaves_the_others_untouched(mei, west_lake) -> None:
    amount = template().issue_to(mei, by=None)
    gift = template("SOCK0", kind="gift", amount=0, group="gift").issue_to(mei, by=None)
    basket = basket_of([Scanned("A", 75800)], customer=mei, store=west_lake)
    stale = [fresh(amount), fresh(gift)]
    fresh(gift).redeem(use("other", off=0, checked=True))

    with pytest.raises(TransitionRefused, match=SAME_ANSWER):
        redeem_together(stale, basket, use("b"))

    assert fresh(amount).state == "issued"


# Sweeps


def test_sweeps_free_what_is_held_too_long_and_end_what_is_over(mj80, mei) -> None:
    held = mj80.issue_to(mei, by=None)
    over = template("B").issue_to(mei, by=None)
    fine = template("C").issue_to(mei, by=None)
    held.reserve(holder="till:a:1")
    Coupon.objects.filter(pk=held.pk).update(held_until=timezone.now())
    Coupon.objects.filter(pk=over.pk).update(valid_until=timezone.now())

    free_coupons()
    end_coupons()
    end_coupons()

    assert [fresh(each).state for each in (held, over, fine)] == ["issued", "expired", "issued"]
    assert fresh(held).held_by == ""


# Who sees it


def test_an_outsider_sees_no_coupon_of_our_customers_and_no_use_in_our_stores(
    coupon, west_lake, ke, zhao, gu, lu
) -> None:
    used = coupon.redeem(use(store=west_lake))

    assert [list(Coupon.objects.visible_to(who)) for who in (zhao, ke, gu, lu)] == [[], [coupon], [coupon], [coupon]]
    assert [list(Redemption.objects.visible_to(who)) for who in (zhao, ke, gu)] == [[], [used], [used]]


def test_drafts_and_bulk_issues_are_for_who_sees_the_set_up(mj80, ke, gu) -> None:
    draft = template("D", state="draft")
    bulk = BulkIssue.objects.create(template=mj80)

    assert list(CouponTemplate.objects.visible_to(ke)) == [mj80]
    assert list(CouponTemplate.objects.visible_to(gu)) == [draft, mj80]
    assert [list(BulkIssue.objects.visible_to(who)) for who in (ke, gu)] == [[], [bulk]]

"""Twenty hands at once on real PostgreSQL: the last coupon, one each, one code at many tills, held, freed and used."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from customers.merging import merge
from customers.models import Customer, Event
from loyalty.models import Coupon, CouponTemplate, OtherPayload, Redemption
from loyalty.sweeps import free_held, mark_over
from loyalty.tests.coupon_cast import fresh, template, use
from scrm.kernel.refusals import TransitionRefused

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("own_connections")]
HANDS, ROUNDS = 20, 3


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """Each deed in a thread of its own, all let go at one moment: what each brought, or how it was refused."""
    gate = threading.Barrier(len(deeds))
    done: list[Any] = [None] * len(deeds)

    def run(place: int) -> None:
        try:
            gate.wait(30)
            done[place] = deeds[place]()
        except Exception as error:  # noqa: BLE001 — what is no refusal fails in `wins`
            done[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert not any(thread.is_alive() for thread in threads)
    return done


def wins(outcomes: list[Any]) -> list[Any]:
    """What was not refused; anything but a refusal is a fault."""
    faults = [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, TransitionRefused)]
    assert not faults, faults
    return [each for each in outcomes if not isinstance(each, Exception)]


def people(count: int, mark: str = "") -> list[Customer]:
    return Customer.objects.bulk_create(Customer(number=f"N{mark}{number}") for number in range(count))


def in_turns(deeds: list[Callable[[], Any]], hands: int = HANDS) -> list[Any]:
    """Many more deeds than hands: each hand does its share one after the other, without a pause."""

    def share(start: int) -> list[Any]:
        done: list[Any] = []
        for deed in deeds[start::hands]:
            try:
                done.append(deed())
            except TransitionRefused as refusal:
                done.append(refusal)
        return done

    return [
        each for some in wins(at_once([lambda start=start: share(start) for start in range(hands)])) for each in some
    ]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_of_twenty_who_want_the_last_coupon_one_gets_it(round_: int) -> None:
    last = template(stock=1)

    got = wins(
        at_once(
            [lambda who=who: CouponTemplate.objects.get(pk=last.pk).issue_to(who, by=None) for who in people(HANDS)]
        )
    )

    assert len(got) == Coupon.objects.count() == Event.objects.filter(kind="coupon.issued").count() == 1
    assert CouponTemplate.objects.get().issued == 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_of_three_hundred_who_ask_for_a_hundred_exactly_a_hundred_get_one(round_: int) -> None:
    hundred = template(stock=100)

    got = in_turns([lambda who=who: hundred.issue_to(who, by=None) for who in people(300)])

    assert len([each for each in got if isinstance(each, Coupon)]) == 100
    assert Coupon.objects.count() == CouponTemplate.objects.get().issued == 100
    assert len(set(Coupon.objects.values_list("code", flat=True))) == 100


@pytest.mark.parametrize("most", [1, 3])
@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_person_who_asks_twenty_times_gets_the_share_and_no_more(round_: int, most: int) -> None:
    some, [who] = template(per_customer=most), people(1)

    got = wins(at_once([lambda: CouponTemplate.objects.get(pk=some.pk).issue_to(who, by=None)] * HANDS))

    assert len(got) == Coupon.objects.count() == CouponTemplate.objects.get().issued == most
    assert sorted(Coupon.objects.values_list("nth", flat=True)) == list(range(1, most + 1))


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_key_from_twenty_connections_gives_one_coupon_to_all(round_: int) -> None:
    some, [who] = template(per_customer=5, stock=1), people(1)

    got = wins(at_once([lambda: some.issue_to(who, by=None, source="till", key="a")] * HANDS))

    assert len(got) == HANDS
    assert len({each.pk for each in got}) == Coupon.objects.count() == CouponTemplate.objects.get().issued == 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_two_records_that_are_joined_meanwhile_share_one_limit(round_: int, gu) -> None:
    some = template()
    kept, joined = people(2)

    outcomes = at_once(
        [lambda: merge(kept, joined, by=gu, reason="same")]
        + [lambda who=who: some.issue_to(Customer.objects.get(pk=who.pk), by=None) for who in [kept, joined] * 9]
    )
    got = wins(outcomes[1:])
    assert not isinstance(outcomes[0], Exception), outcomes[0]

    # Each record got one before the merge at the most; the holder gets none beyond the limit after it.
    assert 1 <= len(got) == Coupon.objects.count() <= 2
    assert Coupon.objects.values("record").distinct().count() == len(got)
    assert set(Coupon.objects.values_list("customer", flat=True)) == {kept.pk}


def one_coupon(**more: Any) -> Coupon:
    [who] = people(1)
    return template(**more).issue_to(who, by=None)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_code_at_twenty_tills_of_two_stores_and_two_channels_is_used_once(round_: int, west_lake, jingan) -> None:
    coupon = one_coupon()

    def redeem(number: int) -> Redemption:
        where = {"store": [west_lake, jingan][number % 2], "channel": ["store", "web"][number // 2 % 2]}
        return fresh(coupon).redeem(use(f"k{number}", source=f"till-{number % 4}", **where))

    got = wins(at_once([lambda number=number: redeem(number) for number in range(HANDS)]))

    assert len(got) == Redemption.objects.count() == Event.objects.filter(kind="coupon.redeemed").count() == 1
    assert fresh(coupon).state == "redeemed"


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_use_sent_from_twenty_connections_is_one_use(round_: int) -> None:
    coupon = one_coupon()

    got = wins(at_once([lambda: fresh(coupon).redeem(use("same"))] * HANDS))

    assert len(got) == HANDS
    assert len({each.pk for each in got}) == Redemption.objects.count() == 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_key_for_two_coupons_is_one_use_and_another_payload(round_: int) -> None:
    one, other = one_coupon(), template("B").issue_to(people(1, "b")[0], by=None)

    outcomes = at_once([lambda each=each: fresh(each).redeem(use("same")) for each in [one, other] * 10])

    assert len({each.coupon_id for each in wins(outcomes)}) == Redemption.objects.count() == 1
    assert any(isinstance(each, OtherPayload) for each in outcomes)
    assert sorted(fresh(each).state for each in (one, other)) == ["issued", "redeemed"]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_held_against_used_one_of_all_wins(round_: int) -> None:
    coupon = one_coupon()

    outcomes = at_once(
        [lambda number=number: fresh(coupon).reserve(holder=f"till:{number}") for number in range(10)]
        + [lambda number=number: fresh(coupon).redeem(use(f"k{number}")) for number in range(10)]
    )

    assert len(wins(outcomes)) == 1
    used = any(isinstance(each, Redemption) for each in outcomes)
    assert fresh(coupon).state == ("redeemed" if used else "reserved")
    assert Redemption.objects.count() == used


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_let_go_against_used_leaves_it_free_or_used_never_both(round_: int) -> None:
    coupon = one_coupon()
    coupon.reserve(holder="till:a")

    outcomes = at_once(
        [lambda: fresh(coupon).release(holder="till:a")] * 10
        + [lambda number=number: fresh(coupon).redeem(use(f"k{number}"), holder="till:a") for number in range(10)]
    )

    uses = [each for each in wins(outcomes[10:]) if isinstance(each, Redemption)]
    releases = [each for each in outcomes[:10] if each is None]
    # Used from the hold: nothing to let go. Let go first: then any one till may still use what is free again.
    assert len(uses) <= 1
    assert len(releases) <= 1
    assert len(uses) + len(releases) >= 1
    assert fresh(coupon).state == ("redeemed" if uses else "issued")
    assert Redemption.objects.count() == len(uses)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_undone_by_twenty_clicks_it_is_undone_once(round_: int, ke) -> None:
    coupon = one_coupon()
    used = coupon.redeem(use())

    got = at_once([lambda: Redemption.objects.get(pk=used.pk).undo(by=ke)] * HANDS)

    assert len(wins(got)) == 1
    assert Event.objects.filter(kind="coupon.returned").count() == 1
    assert fresh(coupon).state == "issued"


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_undone_against_returned_against_used_again(round_: int, ke) -> None:
    coupon = one_coupon()
    used = coupon.redeem(use())

    outcomes = at_once(
        [lambda: Redemption.objects.get(pk=used.pk).undo(by=ke)] * 7
        + [lambda: fresh(coupon).return_for_refund()] * 6
        + [lambda number=number: fresh(coupon).redeem(use(f"again{number}")) for number in range(7)]
    )

    wins(outcomes)
    standing = Redemption.objects.filter(undone_at=None).count()
    assert standing <= 1
    assert fresh(coupon).state == ("redeemed" if standing else "issued")
    returned = Event.objects.filter(kind="coupon.returned").count()
    assert returned == Redemption.objects.exclude(undone_at=None).count() >= 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_sweeps_in_the_middle_of_it_all_free_and_end_nothing_that_is_used(round_: int) -> None:
    coupons = [template(f"T{number}").issue_to(who, by=None) for number, who in enumerate(people(6))]
    for coupon in coupons:
        coupon.reserve(holder="till:a", minutes=0)

    outcomes = at_once(
        [lambda number=number: fresh(coupons[number % 6]).redeem(use(f"k{number}")) for number in range(12)]
        + [free_held] * 4 + [mark_over] * 4
    )  # fmt: skip

    assert len([each for each in wins(outcomes) if isinstance(each, Redemption)]) == 6
    assert set(Coupon.objects.values_list("state", flat=True)) == {"redeemed"}

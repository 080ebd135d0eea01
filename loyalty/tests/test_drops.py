"""A flash drop: exactly so many, one each, in any crowd; honest to who comes too late."""

import random
import threading
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, connections
from django.utils import timezone

from commerce.models import Order
from customers.merging import merge
from customers.models import Customer, CustomerLink, Event
from loyalty import drops
from loyalty.models import Coupon, CouponTemplate, Drop, DropTry
from loyalty.proofs import verify
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words


def template(code: str, **said) -> CouponTemplate:
    said = {"kind": "amount", "group": "amount", "amount": 800, "state": "published"} | said
    return CouponTemplate.objects.create(code=code, name=words(code), **said)


def prepared(slots: int, **said) -> Drop:
    template("CASH8")
    now = timezone.now()
    return Drop.objects.create(**{
        "code": "night", "name": words("红包夜", "紅包夜", "Packet night"), "opens_at": now - timedelta(minutes=1),
        "ends_at": now + timedelta(hours=1), "prizes": [{"template": "CASH8", "slots": slots}],
    } | said)  # fmt: skip


def people(count: int) -> list[Customer]:
    return Customer.objects.bulk_create(Customer(number=f"D{n}", display_name=f"D{n}") for n in range(count))


def test_each_gets_one_and_the_same_again(db, gu) -> None:
    drop = prepared(2)
    drops.arm(drop, by=gu)
    first, second, third = people(3)

    won = drops.claim("night", first.pk)
    assert (won.outcome, drops.claim("night", first.pk).code) == ("won", won.code)
    assert drops.claim("night", second.pk).outcome == "won"
    assert drops.claim("night", third.pk).outcome == "gone"

    assert Coupon.objects.filter(state="issued").count() == 2
    assert drops.answer_for(drop, third.pk).missed_by == 1
    assert drops.claim("unknown", first.pk) is None
    assert verify().findings == []


def test_nobody_wins_before_the_opening_or_after_the_end_or_the_stop(db, gu) -> None:
    now = timezone.now()
    drop = prepared(2, opens_at=now + timedelta(minutes=5))
    drops.arm(drop, by=gu)
    one, other = people(2)
    assert drops.claim("night", one.pk).outcome == "closed"

    Drop.objects.update(opens_at=now - timedelta(minutes=5))
    assert drops.claim("night", one.pk).outcome == "won"
    drops.stop(Drop.objects.get(), by=gu, why="The price was wrong")
    assert drops.claim("night", other.pk).outcome == "closed"
    assert drops.claim("night", one.pk).outcome == "won"
    with pytest.raises(TransitionRefused):
        drops.stop(Drop.objects.get(), by=gu, why="twice")

    assert drops.finish(Drop.objects.get()) == 1
    assert verify().findings == []


def test_only_the_levels_it_is_for(db, gu, mei) -> None:
    from loyalty.models import Level, LevelMembership, Programme

    drops.arm(prepared(2, levels=["gold"]), by=gu)
    assert drops.claim("night", mei.pk).outcome == "closed"

    gold = Level.objects.create(programme=Programme.objects.main(), code="gold", rank=2, name=words("金卡"))
    LevelMembership.objects.create(customer=mei, programme=gold.programme, level=gold, rank=2, origin="reached",
                                   since=timezone.localdate())  # fmt: skip
    assert drops.claim("night", mei.pk).outcome == "won"


def test_the_link_of_a_customer_claims_and_a_wrong_one_does_not(db, gu, mei) -> None:
    drops.arm(prepared(2), by=gu)
    link, token = CustomerLink.make(mei, purpose="drop", until=timezone.now() + timedelta(days=1))

    assert drops.claim_by_link("night", token + "x") is None
    assert drops.claim_by_link("night", token).outcome == "won"
    link.end()
    assert drops.claim_by_link("night", token) is None


def test_a_joined_record_claims_for_the_person_and_a_forgotten_one_does_not(db, gu, mei) -> None:
    drops.arm(prepared(5), by=gu)
    other, gone = people(2)
    merge(mei, other, by=gu, reason="same")
    gone.erased_at = timezone.now()
    gone.save()

    assert drops.claim("night", other.pk).outcome == "won"
    coupon = Coupon.objects.get(state="issued")
    assert (coupon.customer, coupon.record, coupon.came_as) == (mei, other.pk, other.pk)
    assert drops.claim("night", gone.pk).outcome == "closed"


def test_winners_are_told_once(db, gu) -> None:
    drop = prepared(3)
    drops.arm(drop, by=gu)
    for one in people(3):
        drops.claim("night", one.pk)

    assert (drops.tell_winners(drop), drops.tell_winners(drop)) == (3, 0)
    assert Event.objects.filter(kind="coupon.issued").count() == 3


def test_money_that_most_cannot_use_is_held_back_until_a_second_person_answers_for_it(db, gu, he, west_lake) -> None:
    template("OVER199", threshold=19900, amount=8800)
    for n, total in enumerate([5000] * 9 + [30000]):
        Order.objects.create(source="t", source_ref=f"{n}", placed_at=timezone.now(), business_date=timezone.localdate(),
                             currency="CNY", total=total, base_total=total)  # fmt: skip
    drop = prepared(10, made_by=gu, prizes=[{"template": "CASH8", "slots": 2}, {"template": "OVER199", "slots": 8}])

    felt = drops.felt_value(drop)
    assert (felt.cash_percent, felt.slots) == (20, 10)
    assert felt.percent == 100 * (2 * 800 + 8 * 880) // (2 * 800 + 8 * 8800)
    for by, although in ((gu, ""), (gu, "I like it"), (he, "")):
        with pytest.raises(TransitionRefused):
            drops.arm(drop, by=by, although=although)
    assert not Coupon.objects.exists()

    drops.arm(drop, by=he, although="It says so in large letters")
    assert Coupon.objects.filter(state="minted").count() == 10


def test_it_takes_no_more_than_the_stock(db, gu) -> None:
    drop = prepared(10)
    CouponTemplate.objects.update(stock=9)

    with pytest.raises(TransitionRefused):
        drops.arm(drop, by=gu)

    assert (Coupon.objects.count(), Drop.objects.get().state) == (0, "draft")


def crowd(record_ids: list[int], hands: int) -> list[tuple[int, str]]:
    answers: list[tuple[int, str]] = []
    todo = list(record_ids)

    def run() -> None:
        try:
            while True:
                try:
                    record = todo.pop()
                except IndexError:
                    return
                answers.append((record, drops.claim("night", record).outcome))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _n in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return answers


@pytest.mark.django_db(transaction=True)
def test_a_crowd_gets_exactly_what_there_is_and_one_each(gu) -> None:
    drop = prepared(200)
    drops.arm(drop, by=gu)
    ids = [one.pk for one in people(260)]
    asking = ids * 3
    random.Random(1).shuffle(asking)

    answers = crowd(asking, 16)

    assert len(answers) == len(asking)
    winners = {record for record, outcome in answers if outcome == "won"}
    assert len(winners) == Coupon.objects.filter(state="issued").count() == 200
    assert Coupon.objects.filter(state="minted").count() == 0
    assert DropTry.objects.count() == 260
    # Who won is told so each time after; nobody hears both.
    by_record: dict[int, set[str]] = {}
    for record, outcome in answers:
        by_record.setdefault(record, set()).add(outcome)
    assert all(outcomes in ({"won"}, {"gone"}) for outcomes in by_record.values())
    assert verify().findings == []


@pytest.mark.django_db(transaction=True)
def test_a_slot_held_by_somebody_who_lets_go_is_not_called_gone(gu) -> None:
    drop = prepared(1)
    drops.arm(drop, by=gu)
    first, second = people(2)
    held, answer = threading.Event(), []

    def holds() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("begin")
                cursor.execute("select id from loyalty_coupon where state = 'minted' for update")
                held.set()
                time.sleep(1)
                cursor.execute("rollback")
        finally:
            connections.close_all()

    other = threading.Thread(target=holds)
    other.start()
    held.wait(10)
    answer.append(drops.claim("night", second.pk).outcome)
    other.join(10)

    assert answer == ["won"]
    assert drops.claim("night", first.pk).outcome == "gone"
    assert cache.get("drop:night")["gone"] is True

"""Everybody and some: the same rows, one at a time, moves between cells, who is gone, merges."""

import random
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from customers.merging import merge, unmerge
from customers.models import Customer, Tag, TagDimension
from customers.privacy import erase
from journeys import outlook
from journeys.models import (
    HealthWord,
    NeedWord,
    Outlook,
    OutlookChange,
    OutlookDirty,
    OutlookRun,
    ValueBorders,
)
from journeys.models.health import week_of
from journeys.privacy import held
from journeys.tests.test_outlook import asks_for_help, buys, gives_back, looks_at, of, says, somebody
from tickets.models import Ticket, Topic


def with_a_life(chance: random.Random, number: int, user: Any) -> Customer:
    one = somebody(f"R-{number}")
    for _time in range(chance.randrange(5)):
        buys(one, chance.randrange(1, 9_000), days_ago=chance.randrange(500))
    if chance.random() < 0.3:
        gives_back(one, chance.randrange(1, 3_000), days_ago=chance.randrange(300))
    asks_for_help(one, chance.randrange(4))
    if chance.random() < 0.5:
        says(one, "profiling", given=chance.random() < 0.7, days_ago=3)
    if chance.random() < 0.3:
        says(one, "marketing", given=True, channel="sms", days_ago=9)
        says(one, "marketing", given=False, channel="sms", days_ago=2)
    for _time in range(chance.randrange(3)):
        looks_at(one, f"P{chance.randrange(6)}", chance.randrange(1, 6_000), days_ago=chance.randrange(100))
    if chance.random() < 0.3:
        Tag.objects.create(customer=one, dimension=TagDimension.objects.get(code="service"), value="feeling",
                           origin=chance.choice(["manual", "rule"]), confidence=chance.randrange(101),
                           at=timezone.now() - timedelta(days=chance.randrange(300)))  # fmt: skip
    if chance.random() < 0.3:
        HealthWord.objects.create(customer=one, week=week_of(timezone.localdate()), why="w", said_by=user,
                                  word=chance.choice(HealthWord.Word.values))  # fmt: skip
    if chance.random() < 0.3:
        case = Ticket.open(one, "x")[0]
        Ticket.objects.filter(pk=case.pk).update(topic=Topic.objects.get(code=chance.choice(["size", "manner"])))
    if chance.random() < 0.2:
        outlook.set_need(one, chance.choice(["personal", "standard"]), by=user, why="w")
    return one


def rows() -> list[dict[str, Any]]:
    return list(Outlook.objects.order_by("pk").values())


@pytest.mark.parametrize("seed", range(3))
def test_some_come_out_as_everybody_does(db, ruoan, seed: int) -> None:
    chance = random.Random(seed)
    people = [with_a_life(chance, number, ruoan) for number in range(40)]
    outlook.everybody()
    whole = rows()
    assert len(whole) > 25
    Outlook.objects.all().delete()

    chance.shuffle(people)
    for start in range(0, 40, 7):
        outlook.refresh([each.pk for each in people[start : start + 7]])

    assert rows() == whole
    assert outlook.refresh([each.pk for each in people]) == 0  # nothing differs: nothing is written


def test_what_is_heard_is_swept_and_nobody_else(db, ruoan) -> None:
    one, other = somebody("V-1"), somebody("V-2")
    outlook.everybody()
    buys(one, 100)
    buys(other, 100)
    one.record("order.paid", number="1", total=1, currency="CNY", pieces=1, first="x", order=1)
    other.record("care.done", by=ruoan, reason="overdue", said="")

    assert outlook.sweep_dirty() == 1
    assert outlook.sweep_dirty() == 0

    assert [row["customer_id"] for row in rows()] == [one.pk]


def test_moves_between_cells_are_kept_with_their_cause(db, gu) -> None:
    one = somebody()
    buys(one, 1_500)
    outlook.everybody()
    assert not OutlookChange.objects.exists()  # the first run looks at old purchases: nobody moved

    buys(one, 600)
    outlook.refresh([one.pk])
    asks_for_help(one, 3)
    outlook.refresh([one.pk])
    ValueBorders.objects.create(middle_from=500_000, high_from=900_000, set_by=gu)
    outlook.everybody()

    assert list(OutlookChange.objects.order_by("pk").values_list("before", "after", "why")) == [
        ("low.standard", "middle.standard", "bought"),
        ("middle.standard", "middle.personal", "asked"),
        ("middle.personal", "low.personal", "borders"),
    ]
    picture = OutlookRun.objects.first().picture
    assert (picture["cells"], picture["people"]) == ({"low.personal": 1}, Customer.objects.living().count())


def test_joined_and_erased_records_have_none(db, gu) -> None:
    one, other, third = somebody("V-1"), somebody("V-2"), somebody("V-3")
    for each in (one, other, third):
        buys(each, 1_000)
        outlook.set_need(each, "personal", by=gu, why="zqkanary")
    outlook.everybody()
    assert held([third.pk])["outlook"][0]["value"] == "low"

    merge(one, other, by=gu, reason="same")
    erase(third, by=gu)
    outlook.everybody()

    assert [(row["customer_id"], row["paid"]) for row in rows()] == [(one.pk, 200_000)]
    assert not NeedWord.objects.filter(customer=third).exists()
    assert not OutlookChange.objects.filter(customer=third).exists()


def test_a_merge_carries_the_latest_word_and_undoing_brings_both_back(db, gu, ruoan) -> None:
    one, other = somebody("V-1"), somebody("V-2")
    buys(one, 1_500)
    buys(other, 600)
    outlook.set_need(one, "standard", by=ruoan, why="a")
    outlook.set_need(other, "personal", by=ruoan, why="b")
    outlook.everybody()
    before = rows()

    operation = merge(one, other, by=gu, reason="same")
    joint = Outlook.objects.get()
    assert (joint.customer, joint.value, joint.need, joint.need_why) == (one, "middle", "personal", "b")
    unmerge(operation, by=gu, reason="two sisters")
    outlook.sweep_dirty()

    assert rows() == before


@pytest.mark.django_db(transaction=True)
def test_two_runs_and_a_sweep_at_once(cast) -> None:
    people = [somebody(f"T-{number}") for number in range(12)]
    for each in people:
        buys(each, 3_000)
        OutlookDirty.mark(each.pk)
    gate, wrong = Barrier(4), []

    def at_once(deed: Any) -> None:
        try:
            gate.wait(10)
            deed()
        except Exception as error:  # noqa: BLE001
            wrong.append(error)
        finally:
            connection.close()

    deeds = [outlook.everybody, outlook.everybody, outlook.sweep_dirty, lambda: outlook.refresh([p.pk for p in people])]
    threads = [Thread(target=at_once, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    assert [(row["customer_id"], row["value"]) for row in rows()] == [(each.pk, "middle") for each in people]
    assert OutlookRun.objects.count() == 2
    of(people[0])

"""Segments and their people: differences only, pins and blocks that stay, circles, versions, who may not be in one."""

import random
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from customers.merging import merge, unmerge
from customers.models import Metrics, Segment, SegmentDirty, SegmentMember, Tag, TagDimension, TagRule
from customers.models.segment import Rule
from customers.privacy import erase, held_about
from customers.segments.refreshing import check, refresh, refresh_some, sweep, turn_the_day
from customers.segments.rules import RuleRefused
from customers.segments.verbs import block, let_go, pin, publish, retire, save
from customers.tags import tag_who_changed
from customers.tests.segment_cast import ORDERS, figures, inside, live, meant, one, order
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import segment_listeners

pytestmark = pytest.mark.django_db
AWAY: Rule = {"field": "last_order", "op": "at_least", "n": 180}


def asks_for(segment: Segment) -> Rule:
    return {"all": [{"field": "in_segment", "op": "is", "segment": segment.code}]}


def test_a_refresh_writes_what_differs_and_tells_who_hears(monkeypatch) -> None:
    heard: list[tuple[str, int, int]] = []
    monkeypatch.setitem(
        segment_listeners._entries, "test", lambda s, came, left: heard.append((s.code, len(came), len(left)))
    )
    regular, new = figures(one("regular"), orders=5), figures(one("new"), orders=1)

    segment = live("regulars", {"all": [ORDERS]})
    first = segment.members.get()
    Metrics.objects.filter(customer=new).update(orders=4)
    found = refresh(segment)

    assert inside(segment) == {"regular", "new"}
    assert found.came == [new.pk]
    assert not found.left
    assert segment.members.get(customer=regular).entered_at == first.entered_at
    assert heard == [("regulars", 1, 0), ("regulars", 1, 0)]
    segment.refresh_from_db()
    assert segment.people == 2
    assert list(segment.changes.values_list("came", "left", "people")) == [(2, 0, 2)]
    assert not refresh(segment)


def test_what_happens_with_a_customer_is_looked_at_within_one_sweep(mei, ke) -> None:
    segment = live("speedy", {"all": [{"field": "tag", "op": "is", "one": ["service:speed"]}]})
    tag = Tag.put(mei, TagDimension.objects.get(code="service"), "speed", by=ke)
    assert tag is not None
    assert SegmentDirty.objects.filter(customer=mei).exists()

    assert sweep() == 1
    assert inside(segment) == {mei.display_name}
    tag.take_off(by=ke)
    sweep()

    assert inside(segment) == set()
    assert not SegmentDirty.objects.exists()


def test_nothing_is_marked_while_no_segment_is_live(mei, ke) -> None:
    Tag.put(mei, TagDimension.objects.get(code="service"), "speed", by=ke)

    assert not SegmentDirty.objects.exists()


def test_bit_by_bit_comes_to_the_same_as_all_at_once() -> None:
    draw = random.Random(7)
    people = [figures(one(f"p{place}"), orders=draw.randrange(6), last=draw.randrange(300)) for place in range(40)]
    rule: Rule = {
        "any": [{"all": [ORDERS, {"not": [AWAY]}]}, {"field": "spent_within", "days": 30, "op": "at_least", "n": 100}]
    }
    inner = live("inner", rule)
    outer = live("outer", {"all": [{"field": "in_segment", "op": "is_not", "segment": "inner"}, ORDERS]})

    for _round in range(12):
        for person in draw.sample(people, 7):
            if draw.random() < 0.5:
                Metrics.objects.filter(customer=person).update(orders=draw.randrange(6))
            else:
                order(person, days=draw.randrange(60), total=draw.randrange(20_000))
            person.record("fact.told", key="x")
        sweep(at_most=5)

        assert inside(inner) == meant(rule)
        assert inside(outer) == meant(outer.versions.get().rule)
    assert not any(check().values())


def test_a_segment_in_another_is_followed_at_once() -> None:
    regular = figures(one("regular"), orders=5)
    inner = live("inner", {"all": [ORDERS]})
    outer = live("outer", asks_for(inner))
    assert inside(outer) == {"regular"}

    Metrics.objects.filter(customer=regular).update(orders=1)
    refresh(inner)  # alone: the outer one is to look again
    sweep()

    assert inside(outer) == set()


def test_pins_and_blocks_outlive_every_refresh(gu) -> None:
    regular, new = figures(one("regular"), orders=5), figures(one("new"), orders=1)
    segment = live("regulars", {"all": [ORDERS]})
    blocked, pinned = (
        block(segment, regular, by=gu, why="asked us to"),
        pin(segment, new, by=gu, why="soon one of them"),
    )
    for again in (refresh, lambda s: refresh_some(s, [regular.pk, new.pk]), refresh):
        again(segment)
        assert inside(segment) == {"new"}
    segment.refresh_from_db()
    assert segment.people == 1

    let_go(blocked, by=gu)
    let_go(pinned, by=gu)

    assert inside(segment) == {"regular"}
    with pytest.raises(TransitionRefused):
        let_go(pinned, by=gu)
    with pytest.raises(TransitionRefused):
        pin(segment, new, by=gu, why=" ")
    with pytest.raises(IntegrityError), transaction.atomic():
        SegmentMember.objects.create(segment=segment, customer=new, via="pin")


def test_a_pin_for_a_time_ends(gu) -> None:
    new = figures(one("new"), orders=1)
    segment = live("regulars", {"all": [ORDERS]})
    pin(segment, new, by=gu, why="trial", until=timezone.now() + timedelta(days=1))
    SegmentMember.objects.update(until=timezone.now() - timedelta(seconds=1))

    assert refresh(segment).left == [new.pk]
    assert inside(segment) == set()


def test_a_circle_is_refused_and_printed() -> None:
    first = live("first", {"all": [ORDERS]})
    second = live("second", asks_for(first))

    with pytest.raises(RuleRefused, match="first → second → first"):
        save(first, asks_for(second), by=None)
    with pytest.raises(RuleRefused, match="first → first"):
        save(first, asks_for(first), by=None)
    with pytest.raises(TransitionRefused):
        retire(first, by=None)


def test_versions_never_change_and_of_two_publishers_one_wins() -> None:
    segment = live("regulars", {"all": [ORDERS]})
    second, third = (save(segment, {"all": [ORDERS | {"n": n}]}, by=None) for n in (4, 5))
    publish(segment, second.number, by=None, instead_of=1)

    with pytest.raises(TransitionRefused):
        publish(segment, third.number, by=None, instead_of=1)
    assert Segment.objects.get().version == 2
    assert save(segment, third.rule, by=None) == third  # the same rule again
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Segment.objects.update(version=0)


def test_out_of_use_nobody_is_in_it_and_it_can_come_back() -> None:
    figures(one("regular"), orders=5)
    segment = live("regulars", {"all": [ORDERS]})
    retire(segment, by=None)
    assert inside(segment) == set()
    assert meant({"all": [ORDERS]}) == {"regular"}

    publish(segment, 1, by=None, instead_of=1)
    sweep()

    assert inside(segment) == {"regular"}


def test_who_was_joined_or_erased_is_in_none(gu) -> None:
    kept, joined, gone = (figures(one(name), orders=5) for name in ("kept", "joined", "gone"))
    segment = live("regulars", {"all": [ORDERS]})
    pin(segment, joined, by=gu, why="ours")
    assert held_about(gone, by=gu)["customers"]["segments"][0]["segment__code"] == "regulars"
    erase(gone, by=gu)

    operation = merge(kept, joined, by=gu, reason="one person")
    sweep()
    refresh(segment)

    assert inside(segment) == {"kept"}
    assert segment.members.get().via == "pin"
    unmerge(operation, by=gu, reason="two after all")
    sweep()
    assert inside(segment) == {"kept", "joined"}
    assert segment.members.get(customer=joined).via == "pin"


def test_a_new_day_brings_people_in_and_is_no_drift() -> None:
    person = figures(one("nearly"), last=179)
    segment = live("away", {"all": [AWAY]})
    Metrics.objects.update(last_on=timezone.localdate() - timedelta(days=180))
    turn_the_day()

    assert inside(segment) == {"nearly"}
    assert not any(check().values())
    segment.members.all().delete()  # lost, whoever did it
    drift = check()
    assert drift["away"].came == [person.pk]
    segment.refresh_from_db()
    assert segment.drift == {"missing": 1, "extra": 0, "who": [person.pk]}
    assert inside(segment) == {"nearly"}


def test_a_rule_tags_who_comes_in() -> None:
    TagRule.objects.create(dimension=TagDimension.objects.get(code="liking"), value="vip", what="member", key="regulars",
                           times=1)  # fmt: skip
    figures(one("regular"), orders=5)
    live("regulars", {"all": [ORDERS]})
    tag_who_changed()

    assert Tag.objects.get().value == "vip"


@pytest.fixture
def many_threads(transactional_db) -> Callable[[list[Callable[[], object]]], list[object]]:
    def run(deeds: list[Callable[[], object]]) -> list[object]:
        found: list[object] = []
        gate = threading.Barrier(len(deeds))

        def work(deed: Callable[[], object]) -> None:
            gate.wait()
            try:
                found.append(deed() or "done")
            except TransitionRefused as refusal:
                found.append(refusal)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=work, args=[deed]) for deed in deeds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return found

    return run


@pytest.mark.django_db(transaction=True)
def test_two_publish_at_once_and_one_wins(many_threads) -> None:
    segment = live("regulars", {"all": [ORDERS]})
    for n in (4, 5):
        save(segment, {"all": [ORDERS | {"n": n}]}, by=None)

    found = many_threads([lambda: publish(Segment.objects.get(), 2, by=None, instead_of=1),
                          lambda: publish(Segment.objects.get(), 3, by=None, instead_of=1)])  # fmt: skip

    assert sorted(isinstance(one_, TransitionRefused) for one_ in found) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_refreshes_and_sweeps_at_once_come_to_the_same(many_threads) -> None:
    people = [figures(one(f"p{place}"), orders=place % 6) for place in range(30)]
    segment = live("regulars", {"all": [ORDERS]})
    Metrics.objects.update(orders=4)
    with transaction.atomic():
        for person in people:
            person.record("fact.told", key="x")

    many_threads([lambda: refresh(Segment.objects.get()), lambda: sweep(at_most=4), lambda: sweep(at_most=4),
                  lambda: refresh(Segment.objects.get())])  # fmt: skip
    sweep()

    assert len(inside(segment)) == 30
    segment.refresh_from_db()
    assert segment.people == 30

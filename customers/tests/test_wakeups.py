"""What events owe: done once, tried again, given up, never twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.utils import timezone

from customers import wakeups
from customers.models import Event, Wakeup
from scrm.kernel import registry


@pytest.fixture
def heard(monkeypatch) -> list[int]:
    """A reaction to orders that notes the events it was given."""
    events: list[int] = []
    known = registry.Registry()
    known.add("note", registry.Reaction("note", ("order.paid",), lambda event: events.append(event.pk)))
    monkeypatch.setattr(registry, "reactions", known)
    monkeypatch.setattr(wakeups, "reactions", known)
    return events


def order(mei, **details):
    return mei.record("order.paid", number="A-1", total=100, currency="CNY", **details)


def test_a_kind_with_a_listener_wakes_it_once(mei, heard) -> None:
    event = order(mei)

    assert wakeups.sweep() == 1
    assert wakeups.sweep() == 0
    assert heard == [event.pk]


def test_a_kind_nobody_hears_owes_nothing(mei, heard) -> None:
    mei.record("customer.joined")

    assert not Wakeup.objects.exists()


def test_history_wakes_nobody(mei, heard) -> None:
    Event.objects.record(customer=mei, kind="order.paid", details={"number": "A-1"}, wakes=False)

    assert wakeups.sweep() == 0


def test_a_poisoned_reaction_is_put_off_then_given_up_and_others_pass(mei, heard, monkeypatch) -> None:
    def act(event: Event) -> None:
        if event.details["number"] == "bad":
            raise ValueError("poison")
        heard.append(event.pk)

    known = registry.Registry()
    known.add("note", registry.Reaction("note", ("order.paid",), act))
    monkeypatch.setattr(registry, "reactions", known)
    monkeypatch.setattr(wakeups, "reactions", known)
    bad = mei.record("order.paid", number="bad")
    good = mei.record("order.paid", number="good")

    for _round in range(wakeups.TRIES):
        wakeups.sweep()
        Wakeup.objects.filter(state="waiting").update(due_at=timezone.now())

    assert heard == [good.pk]
    dead = Wakeup.objects.get(event=bad.pk)
    assert (dead.state, dead.tries) == ("dead", wakeups.TRIES)
    assert "poison" in dead.error
    dead.replay()
    assert Wakeup.objects.get(event=bad.pk).state == "waiting"


def test_an_effect_of_a_failed_reaction_is_not_kept(mei, monkeypatch) -> None:
    def act(event: Event) -> None:
        mei.record("customer.joined")
        raise ValueError("after the effect")

    known = registry.Registry()
    known.add("note", registry.Reaction("note", ("order.paid",), act))
    monkeypatch.setattr(registry, "reactions", known)
    monkeypatch.setattr(wakeups, "reactions", known)
    order(mei)

    wakeups.sweep()

    assert not Event.objects.filter(kind="customer.joined").exists()


@pytest.mark.django_db(transaction=True)
def test_many_sweepers_do_each_once(mei, heard) -> None:
    for _n in range(30):
        order(mei)

    def sweep(_n: int) -> int:
        try:
            return wakeups.sweep()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as crowd:
        taken = sum(crowd.map(sweep, range(6)))

    assert taken == len(heard) == len(set(heard)) == 30


def test_an_unregistered_kind_is_the_programmers_mistake(mei) -> None:
    with pytest.raises(LookupError):
        mei.record("nobody.knows")

"""Who gets a case by itself: the advisor first, then who can and has least; never over capacity, never over a hand."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.utils import timezone

from conftest import person
from customers.models import Customer
from staff.models import Absence, Role, Team
from tickets import assignment
from tickets.models import Capacity, Ticket, Topic


@pytest.fixture
def desk(lin, east) -> list:
    team = Team.objects.get(code="desk-east")
    second = person("mu.su", Role.AGENT, team=team)
    for user in (lin, second):
        Capacity.objects.create(user=user, most=3)
    return [lin, second]


def case(customer: Customer, topic: str = "") -> Ticket:
    return Ticket.open(customer, "Something", topic=Topic.objects.filter(code=topic).first())[0]


def test_without_capacities_nothing_is_given(mei, lin) -> None:
    assert assignment.give(case(mei)) is None
    assert assignment.drain() == 0


def test_who_has_least_gets_it(mei, west_lake, desk) -> None:
    other = Customer.objects.create(number="O", home_store=west_lake)
    given = [assignment.give(case(other)) for _each in range(4)]

    assert sorted(user.username for user in given) == ["mu.su", "mu.su", "shu.lin", "shu.lin"]


def test_the_clients_advisor_goes_first_unless_away(mei, ruoan, desk) -> None:
    Capacity.objects.create(user=ruoan, most=2)
    assert assignment.give(case(mei)) == ruoan
    today = timezone.localdate()
    Absence.objects.create(user=ruoan, starts_on=today, ends_on=today + timedelta(days=1))

    assert assignment.give(case(mei)) in desk


def test_only_who_can_it(mei, west_lake, desk) -> None:
    lin, second = desk
    second.capacity.topics.add(Topic.objects.get(code="invoice"))
    other = Customer.objects.create(number="O", home_store=west_lake)

    assert assignment.give(case(other, "fault")) == lin
    assert {assignment.give(case(other, "invoice")) for _each in range(2)} == {lin, second}


def test_a_choice_by_hand_is_never_changed(mei, desk, he) -> None:
    ticket = case(mei)
    ticket.assign(he, by=he)

    assert assignment.give(ticket) is None
    assert Ticket.objects.get(pk=ticket.pk).owner == he


def test_the_queue_goes_on_when_room_is_free_the_most_pressing_first(mei, west_lake, desk) -> None:
    Capacity.objects.update(most=1)
    other = Customer.objects.create(number="O", home_store=west_lake)
    held = [case(other), case(other)]
    for ticket in held:
        assignment.give(ticket)
    low, safe = case(other, "praise"), case(other, "safety")
    assert assignment.drain() == 0
    freed = Ticket.objects.get(pk=held[0].pk)

    freed.resolve(by=freed.owner)
    assert assignment.drain() == 1

    assert Ticket.objects.get(pk=safe.pk).owner is not None
    assert Ticket.objects.get(pk=low.pk).owner is None


@pytest.mark.django_db(transaction=True)
def test_a_crowd_never_takes_more_than_there_is_room_for(mei, west_lake, desk, own_connections) -> None:
    other = Customer.objects.create(number="O", home_store=west_lake)
    tickets = [case(other) for _each in range(12)]
    start = Barrier(6)

    troubles: list[Exception] = []

    def work(share) -> None:
        start.wait()
        try:
            for ticket in share:
                assignment.give(Ticket.objects.select_related("customer").get(pk=ticket.pk))
        except Exception as trouble:  # noqa: BLE001 — a deadlock above all
            troubles.append(trouble)
        finally:
            connections.close_all()

    threads = [Thread(target=work, args=(tickets[place::6],)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert troubles == []
    assert sorted(Ticket.objects.live().filter(owner=user).count() for user in desk) == [3, 3]

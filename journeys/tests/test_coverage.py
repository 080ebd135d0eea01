"""The lead's look at clients: who keeps how many, and passing them on with their history."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conftest import person
from customers.models import Customer, Event, Task
from journeys.care import day_of
from journeys.coverage import coverage_of, hand_over
from journeys.models import HealthWord, OpenInterest
from journeys.tests.test_day import bought
from scrm.kernel.refusals import TransitionRefused
from staff.models import Absence, Membership, Role
from touchpoints.models import Visit


@pytest.fixture
def su(west_lake):
    return person("he.su", Role.ADVISOR, store=west_lake)


@pytest.fixture
def gao(ruoan, west_lake) -> Customer:
    return Customer.objects.create(number="C-1", display_name="高博文", home_store=west_lake, advisor=ruoan)


def test_counts_of_each_advisor(he, ruoan, su, gao, west_lake) -> None:
    bought(gao, last=44)
    Visit.objects.create(customer=gao, store=west_lake)
    HealthWord.say(gao, "cooling", by=ruoan, why="Short answers")
    OpenInterest.begin(gao, "Shoes", by=ruoan)
    Absence.objects.create(user=ruoan, starts_on=timezone.localdate(), ends_on=timezone.localdate())

    found = {one.user.username: one for one in coverage_of(he)}

    hers = found[ruoan.username]
    assert (hers.clients, hers.seen, hers.overdue, hers.worries, hers.interests) == (1, 1, 1, 1, 1)
    assert hers.back_on == timezone.localdate() + timedelta(days=1)
    assert (found["he.su"].clients, found["he.su"].gone) == (0, False)


def test_clients_of_somebody_who_left_stand_first(he, ruoan, su, gao) -> None:
    Membership.objects.filter(user=ruoan).delete()

    [first, *_rest] = coverage_of(he)

    assert (first.user, first.gone, first.clients) == (ruoan, True, 1)


def test_clients_of_an_advisor_elsewhere_are_not_the_leads_to_give(client, he, ruoan, su, gao, jingan) -> None:
    elsewhere = person("bo.an", Role.ADVISOR, store=jingan)
    Customer.objects.filter(pk=gao.pk).update(advisor=elsewhere)

    assert "bo.an" not in {one.user.username for one in coverage_of(he)}
    client.force_login(he)
    path = reverse("journeys:hand_over", args=[elsewhere.pk])
    assert client.post(path, {"client": ["C-1"], "to": "he.su", "note": "x"}).status_code == 404


def test_passed_on_with_steps_interests_and_a_note(he, ruoan, su, gao) -> None:
    step = Task.plan(gao, "Send three looks", by=ruoan, owner=ruoan, due_on=timezone.localdate())
    shoes = OpenInterest.begin(gao, "Shoes", by=ruoan, next_on=timezone.localdate())

    assert hand_over([gao], since=ruoan, to=su, by=he, note="Calls after six only") == 1

    gao.refresh_from_db()
    step.refresh_from_db()
    shoes.refresh_from_db()
    assert (gao.advisor, step.owner, shoes.owner) == (su, su, su)
    event = Event.objects.get(kind="advisor.changed")
    assert (event.details["before"], event.details["after"]) == (ruoan.pk, su.pk)
    assert Task.objects.open().filter(owner=su, what__contains="Calls after six only").exists()
    assert {line.reason.value for line in day_of(su).lines} == {"promised"}
    assert day_of(ruoan).lines == []


def test_who_went_to_somebody_else_meanwhile_stays_there(he, ruoan, su, gao, west_lake) -> None:
    third = person("wen.fu", Role.ADVISOR, store=west_lake)
    Customer.objects.filter(pk=gao.pk).update(advisor=third)

    assert hand_over([gao], since=ruoan, to=su, by=he, note="x") == 0
    gao.refresh_from_db()
    assert gao.advisor == third


def test_without_a_note_to_elsewhere_or_nobody_it_is_refused(he, ruoan, su, gao, jingan) -> None:
    elsewhere = person("bo.an", Role.ADVISOR, store=jingan)
    for clients, to, note in (([gao], su, " "), ([gao], elsewhere, "x"), ([gao], ruoan, "x"), ([], su, "x")):
        with pytest.raises(TransitionRefused):
            hand_over(clients, since=ruoan, to=to, by=he, note=note)
    gao.refresh_from_db()
    assert gao.advisor == ruoan


def test_the_page_passes_on_those_chosen_and_refuses_with_a_sentence(client, he, ruoan, su, gao, jingan) -> None:
    other = Customer.objects.create(number="C-9", home_store=jingan, advisor=ruoan)
    client.force_login(he)
    path = reverse("journeys:hand_over", args=[ruoan.pk])

    refused = client.post(path, {"client": ["C-1"], "to": "he.su", "note": ""})
    assert refused.status_code == 422
    assert "alert" in refused.content.decode()
    assert client.post(path, {"client": ["C-1", "C-9", "' OR 1=1"], "to": "he.su", "note": "x"}).status_code == 302

    gao.refresh_from_db()
    other.refresh_from_db()
    assert gao.advisor == su
    assert other.advisor == ruoan, "another store's client is not the lead's to give"


def test_only_leads_and_operators(client, ruoan, ke, he, gao) -> None:
    for user, status in ((ruoan, 403), (ke, 403), (he, 200)):
        client.force_login(user)
        assert client.get("/clients/team/").status_code == status
        assert client.get(f"/clients/team/{ruoan.pk}/").status_code == status
    client.force_login(he)
    assert client.get(f"/clients/team/{ke.pk}/").status_code == 404
    assert client.get("/clients/team/999999/").status_code == 404


def test_it_costs_the_same_however_many(client, he, ruoan, su, gao, west_lake) -> None:
    def cost() -> int:
        client.get("/clients/team/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/clients/team/").status_code == 200
        return len(queries)

    client.force_login(he)
    one = cost()
    for place in range(20):
        bought(Customer.objects.create(number=f"M-{place}", home_store=west_lake, advisor=su), last=40)

    assert cost() == one <= 14

"""Cover while an advisor is away: seen, cared for, steps on the own list, one at a time, and over again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from conftest import person
from customers.models import Customer, Task
from journeys.care import day_of
from journeys.models import Cover
from journeys.playbooks.steps.reaching import who_does
from journeys.tests.test_packages import at_once
from scrm.kernel.refusals import TransitionRefused
from staff.models import Absence, Role

TODAY = timezone.localdate
WEEK = timedelta(days=7)


@pytest.fixture
def su(jingan):
    return person("he.su", Role.ADVISOR, store=jingan)


@pytest.fixture
def gao(ruoan, west_lake) -> Customer:
    day = TODAY()
    return Customer.objects.create(number="C-1", display_name="高博文", home_store=west_lake, advisor=ruoan,
                                   birth_month=day.month, birth_day=day.day)  # fmt: skip


def covers(ruoan, su, he, **more) -> Cover:
    days = {"starts_on": TODAY(), "ends_on": TODAY() + WEEK} | more
    return Cover.begin(ruoan, su, set_by=he, **days)


def test_who_covers_sees_cares_and_has_the_steps(ruoan, su, he, gao) -> None:
    Task.plan(gao, "Send three looks", by=ruoan, owner=ruoan, due_on=TODAY())
    assert not Customer.objects.visible_to(su).filter(pk=gao.pk).exists()

    row = covers(ruoan, su, he, note="Looks for a trip")
    day = day_of(su)

    assert Customer.objects.visible_to(su).filter(pk=gao.pk).exists()
    assert [(line.reason.value, line.covers) for line in day.lines] == [("promised", str(ruoan))]
    assert (day.clients, day.covers) == (1, [row])
    assert who_does(gao, "advisor") == su
    row.end(by=he)
    assert not Customer.objects.visible_to(su).filter(pk=gao.pk).exists()
    assert day_of(su).lines == []
    assert who_does(gao, "advisor") == ruoan
    with pytest.raises(TransitionRefused):
        row.end(by=he)


def test_days_before_and_after_are_not_covered(ruoan, su, he, gao) -> None:
    covers(ruoan, su, he, starts_on=TODAY() + timedelta(days=1))

    assert not Customer.objects.visible_to(su).filter(pk=gao.pk).exists()
    Cover.objects.update(starts_on=TODAY() - WEEK, ends_on=TODAY() - timedelta(days=1))
    assert not Customer.objects.visible_to(su).filter(pk=gao.pk).exists()


def test_what_cannot_be_is_refused(ruoan, su, he) -> None:
    for wrong in ({"ends_on": TODAY() - timedelta(days=1), "starts_on": TODAY() - WEEK},
                  {"ends_on": TODAY(), "starts_on": TODAY() + WEEK}, {"ends_on": TODAY() + timedelta(days=400)}):  # fmt: skip
        with pytest.raises(TransitionRefused):
            covers(ruoan, su, he, **wrong)
    with pytest.raises(TransitionRefused):
        covers(ruoan, ruoan, he)
    Absence.objects.create(user=su, starts_on=TODAY() + WEEK, ends_on=TODAY() + 2 * WEEK)
    with pytest.raises(TransitionRefused):
        covers(ruoan, su, he)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cover.objects.create(away=ruoan, by=ruoan, starts_on=TODAY(), ends_on=TODAY())
    assert not Cover.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_covers_of_the_same_days_one_wins(ruoan, su, he) -> None:
    refused = at_once(*[lambda: covers(ruoan, su, he)] * 3)

    assert len(refused) == 2
    assert Cover.objects.count() == 1
    covers(ruoan, su, he, starts_on=TODAY() + WEEK + timedelta(days=1), ends_on=TODAY() + 2 * WEEK)


def test_the_lead_sets_it_on_the_page_and_calls_it_off(client: Client, ruoan, he, west_lake, gao) -> None:
    bo = person("bo.an", Role.ADVISOR, store=west_lake)
    client.force_login(he)
    path = f"/clients/team/{ruoan.pk}/cover/"
    said = {"by": "bo.an", "starts_on": str(TODAY()), "ends_on": str(TODAY() + WEEK), "note": "Back soon"}

    for odd in ({"by": "nobody"}, {"by": "a\0b"}, {"starts_on": "x"}, {"ends_on": ""}, {"note": "x" * 300}):
        assert client.post(path, {**said, **odd}).status_code == 422
    assert client.post(path, said).status_code == 302
    assert client.post(path, said).status_code == 422
    assert "Back soon" in client.get(f"/clients/team/{ruoan.pk}/").content.decode()
    row = Cover.objects.get()
    assert (row.by, row.set_by) == (bo, he)
    end = f"{path}{row.pk}/end/"
    assert client.post(end).status_code == 302
    assert client.post(end).status_code == 422
    assert client.post(f"/clients/team/{bo.pk}/cover/{row.pk}/end/").status_code == 404


def test_an_associate_covers_nobody(ke, ruoan, he, gao) -> None:
    Cover.objects.create(away=ruoan, by=ke, starts_on=TODAY(), ends_on=TODAY())

    Customer.objects.filter(pk=gao.pk).update(home_store=None)
    assert not Customer.objects.visible_to(ke).filter(pk=gao.pk).exists()

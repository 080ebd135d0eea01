"""Handing over within a visit: one winner, the words go along, and who takes over sees them first."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from conftest import person
from scrm.kernel.refusals import TransitionRefused
from staff.models import Absence, Role, User
from touchpoints import actions
from touchpoints.models import Handover, Visit


@pytest.fixture
def yue(west_lake) -> User:
    return person("yue.wu", Role.ASSOCIATE, store=west_lake, hans="吴越", en="Wu Yue")


@pytest.fixture
def visit(mei, ke, west_lake) -> Visit:
    return actions.receive(mei, by=ke, store=west_lake)


def test_the_colleague_sees_the_customer_first_with_what_was_said(mei, ke, yue, visit, client: Client) -> None:
    client.force_login(ke)
    said = {"colleague": "yue.wu", "held_by": ke.pk, "note": "Wants the vest in pine, comes back from the fitting room"}

    answer = client.post(f"/counter/visits/{visit.pk}/hand-over/", said)

    assert answer.status_code == 302
    visit.refresh_from_db()
    assert visit.received_by == yue
    assert "note" not in mei.events.get(kind="visit.handed_over").details
    client.force_login(yue)
    page = client.get("/counter/serving/").content.decode()
    assert "Chen Ke hands over" in page
    assert "Wants the vest in pine" in page


def test_of_two_clicks_the_second_is_refused(mei, ke, yue, ruoan, visit, client: Client) -> None:
    client.force_login(ke)
    said = {"colleague": "yue.wu", "held_by": ke.pk, "note": "x"}
    client.post(f"/counter/visits/{visit.pk}/hand-over/", said)

    again = client.post(f"/counter/visits/{visit.pk}/hand-over/", said | {"colleague": "ruoan.shen"})

    assert again.status_code == 422
    assert "Somebody else is with this customer" in again.content.decode()
    assert Handover.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_a_crowd_one_hands_over(mei, ke, yue, ruoan, visit, own_connections) -> None:
    def hand(number: int) -> bool:
        try:
            Visit.objects.get().hand_over_to((yue, ruoan)[number % 2], by=ke, held_by=ke.pk, note="x")
            return True
        except TransitionRefused:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(hand, range(16))) == 1

    assert Handover.objects.count() == mei.events.filter(kind="visit.handed_over").count() == 1


def test_only_who_is_on_the_floor_today_with_a_note(ke, yue, zhao, lin, visit, client: Client) -> None:
    Absence.objects.create(user=yue, starts_on=timezone.localdate(), ends_on=timezone.localdate())
    client.force_login(ke)

    for colleague, note in (("yue.wu", "x"), ("qi.zhao", "x"), ("shu.lin", "x"), ("nobody", "x"), ("\x00", "x"),
                            ("ke.chen", "x")):  # fmt: skip
        said = {"colleague": colleague, "held_by": ke.pk, "note": note}
        assert client.post(f"/counter/visits/{visit.pk}/hand-over/", said).status_code == 422, colleague

    assert not Handover.objects.exists()
    visit.refresh_from_db()
    assert visit.received_by == ke


def test_an_outsider_hands_over_nobody(ke, zhao, visit, client: Client) -> None:
    client.force_login(zhao)

    assert client.get(f"/counter/visits/{visit.pk}/hand-over/").status_code == 404
    assert client.post(f"/counter/visits/{visit.pk}/hand-over/", {"colleague": "qi.zhao"}).status_code == 404
    visit.refresh_from_db()
    assert visit.received_by == ke


def test_nobody_is_handed_over_after_the_visit(ke, yue, visit) -> None:
    actions.see_off(visit, by=ke)

    with pytest.raises(TransitionRefused):
        visit.hand_over_to(yue, by=ke, held_by=ke.pk, note="x")

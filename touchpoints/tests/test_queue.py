"""The line: numbers without gap or double, each called once, and an honest place on the guest's page."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from scrm.kernel.refusals import TransitionRefused
from touchpoints.models import QueueTicket
from touchpoints.queries import pace_of


def take(store, by=None, **more) -> QueueTicket:
    return QueueTicket.take(store, by=by, key=more.pop("key", uuid.uuid4()), **more)[0]


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_get_twenty_numbers_in_a_row(west_lake, jingan, own_connections) -> None:
    def work(_n: int) -> int:
        try:
            return take(west_lake).number
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as crowd:
        assert sorted(crowd.map(work, range(20))) == list(range(1, 21))
    assert take(jingan).number == 1


def test_what_is_rolled_back_leaves_no_gap(west_lake) -> None:
    with transaction.atomic():
        take(west_lake)
        transaction.set_rollback(True)

    assert take(west_lake).number == 1


def test_pressed_twice_is_one_number(west_lake, jingan) -> None:
    key = uuid.uuid4()

    assert take(west_lake, key=key) == take(west_lake, key=key)
    with pytest.raises(TransitionRefused), transaction.atomic():
        take(jingan, key=key)
    assert take(west_lake).number == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_call_at_once_get_two(west_lake, ke, own_connections) -> None:
    for _n in range(6):
        take(west_lake)

    def call(_n: int) -> int | None:
        try:
            return QueueTicket.call_next(west_lake, by=ke).number
        except TransitionRefused:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as crowd:
        got = [number for number in crowd.map(call, range(10)) if number]
    # Who found every row held by another may call once more.
    while QueueTicket.objects.waiting().exists():
        got.append(QueueTicket.call_next(west_lake, by=ke).number)

    assert sorted(got) == [1, 2, 3, 4, 5, 6]


def test_called_then_served_once(west_lake, ke) -> None:
    ticket = take(west_lake)
    with pytest.raises(TransitionRefused):
        ticket.serve(by=ke)
    QueueTicket.call_next(west_lake, by=ke)

    ticket.serve(by=ke)

    with pytest.raises(TransitionRefused):
        ticket.serve(by=ke)
    with pytest.raises(TransitionRefused):
        ticket.leave(by=ke)
    with pytest.raises(TransitionRefused):
        QueueTicket.call_next(west_lake, by=ke)


def test_the_floor_gives_a_number_calls_and_serves(mei, ke, west_lake, client: Client) -> None:
    client.force_login(ke)

    taken = client.post("/queue/new/", {"key": str(uuid.uuid4()), "number": mei.number})
    assert "<svg" in taken.content.decode()
    page = client.get("/queue/").content.decode()
    assert "梅雨晴" in page
    client.post("/queue/next/", {})
    ticket = QueueTicket.objects.get()
    assert (ticket.customer, ticket.state, ticket.called_by) == (mei, "called", ke)
    client.post(f"/queue/{ticket.pk}/", {"state": "served"})
    ticket.refresh_from_db()
    assert ticket.state == "served"


def test_an_outsider_takes_no_customers_number_and_ends_none(mei, zhao, west_lake, client: Client) -> None:
    ticket = take(west_lake)
    client.force_login(zhao)

    assert client.post("/queue/new/", {"key": str(uuid.uuid4()), "number": mei.number}).status_code == 404
    assert client.post(f"/queue/{ticket.pk}/", {"state": "left"}).status_code == 404
    client.post("/queue/next/", {})
    ticket.refresh_from_db()
    assert ticket.state == "waiting"
    assert QueueTicket.objects.count() == 1


def test_the_guests_page_counts_who_is_before(west_lake, ke, client: Client) -> None:
    take(west_lake)
    take(west_lake)
    ticket, token = QueueTicket.take(west_lake, by=None, key=uuid.uuid4())
    path = f"/c/{token}/line/?language=en"

    page = client.get(path)
    assert "2 are before you" in page.content.decode()
    assert "We cannot say yet" in page.content.decode()
    assert page["X-Robots-Tag"] == "noindex"
    QueueTicket.call_next(west_lake, by=ke)
    assert "1 is before you" in client.get(path).content.decode()
    client.post(path)
    ticket.refresh_from_db()
    assert ticket.state == "left"
    assert client.get(f"/c/{'x' * 32}/line/").status_code == 404
    QueueTicket.objects.update(day=timezone.localdate() - timedelta(days=1))
    assert client.get(path).status_code == 404


def test_the_pace_is_said_only_when_it_is_known(west_lake, ke) -> None:
    assert pace_of(west_lake.pk) is None
    for number in range(4):
        ticket = take(west_lake)
        called = timezone.now() - timedelta(minutes=5 * number)
        QueueTicket.objects.filter(pk=ticket.pk).update(state="called", called_at=called)

    assert pace_of(west_lake.pk) == 5

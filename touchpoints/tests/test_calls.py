"""Calls: any order of their moments ends the same, a ringing shows who it is, a missed one is called back once."""

import itertools
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer, Event, Identity, Task
from staff.models import ApiClient, User
from touchpoints import calls
from touchpoints.channels.protocol import Call, Person
from touchpoints.models import Channel, Message, PhoneCall

MEI = Person("phone", "+8619900001234")


@pytest.fixture
def hotline(db: None) -> Channel:
    return Channel.objects.create(
        code="hotline", way="phone", adapter="phone", settings={"agents": {"8003": "shu.lin"}}
    )


def moment(name: str, at: datetime | None = None, person: Person | None = MEI, **more: Any) -> Call:
    details = more.pop("details", {})
    return Call(
        call=more.pop("call", "c-1"), leg="1", moment=name, at=at or timezone.now(), direction="in", person=person,
        line="400", agent=more.pop("agent", "8003"), details=details, **more,
    )  # fmt: skip


def ended(outcome: str = "answered", **more: Any) -> Call:
    return moment("ended", details={"outcome": outcome, "talk_seconds": 322}, **more)


def test_a_ringing_shows_the_customer_to_who_is_called_and_to_nobody_else(
    client: Client, hotline: Channel, mei: Customer, lin: User, ke: User
) -> None:
    calls.take_in(hotline, moment("ringing"))

    client.force_login(lin)
    assert "梅雨晴" in client.get("/calls/").content.decode()
    client.force_login(ke)
    assert "梅雨晴" not in client.get("/calls/").content.decode()


def test_an_outsider_who_is_called_sees_the_end_of_the_number_only(
    client: Client, hotline: Channel, mei: Customer, zhao: User
) -> None:
    Channel.objects.update(settings={"agents": {"8003": zhao.username}})
    hotline.refresh_from_db()
    calls.take_in(hotline, moment("ringing"))

    client.force_login(zhao)
    page = client.get("/calls/").content.decode()

    assert "1234" in page
    assert "梅" not in page


def test_a_hint_shows_no_name_and_makes_no_record(client: Client, hotline: Channel, mei: Customer, lin: User) -> None:
    calls.take_in(hotline, moment("ringing", hint=True))
    calls.take_in(hotline, moment("ended", hint=True, call="c-2", person=Person("phone", "+8619900009999")))

    client.force_login(lin)
    assert "梅雨晴" not in client.get("/calls/").content.decode()
    assert Customer.objects.count() == 1
    assert not Event.objects.filter(kind__startswith="call.").exists()


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_any_order_of_arrival_ends_the_same(hotline: Channel, mei: Customer, lin: User, order: tuple[int, ...]) -> None:
    begun = timezone.now() - timedelta(minutes=6)
    segments = [
        {"start": 1, "speaker": "customer", "text": "裤子起球了"},
        {"start": 2, "speaker": "agent", "text": "好"},
    ]
    moments = [
        moment("ringing", begun), moment("answered", begun + timedelta(seconds=9)), ended(at=begun + timedelta(minutes=5)),
        moment("transcribed", begun + timedelta(minutes=6), details={"segments": segments, "revision": 1}),
    ]  # fmt: skip

    for place in order:
        calls.take_in(hotline, moments[place])
        calls.take_in(hotline, moments[place])  # pushed twice

    row = PhoneCall.objects.get()
    assert (row.state, row.customer, row.agent, row.talk_seconds, row.began_at) == ("transcribed", mei, lin, 322, begun)
    assert Event.objects.filter(customer=mei, kind="call.made").count() == 1
    assert list(Message.objects.values_list("body", flat=True)) == ["裤子起球了"]


def test_a_missed_call_is_called_back_once(hotline: Channel, mei: Customer, ruoan: User) -> None:
    for n in range(3):
        calls.take_in(hotline, ended("missed", call=f"c-{n}"))

    task = Task.objects.get()
    assert (task.customer, task.owner) == (mei, ruoan)
    assert Event.objects.filter(kind="call.missed").count() == 3


def test_a_strangers_number_makes_one_provisional_customer_a_households_names_nobody(
    hotline: Channel, mei: Customer
) -> None:
    stranger = Person("phone", "+8619900007777")
    for n in range(2):
        calls.take_in(hotline, moment("ringing", person=stranger, call=f"s-{n}"))
    Identity.objects.filter(customer=mei, kind="phone").update(shared=True)
    calls.take_in(hotline, moment("ringing", call="h"))

    assert Customer.objects.filter(provisional=False).count() == 2
    assert Identity.objects.get(tail="7777").verified_at is None
    assert PhoneCall.objects.get(call="h").customer is None


def test_the_number_of_an_erased_customer_rings_as_a_strangers(
    client: Client, hotline: Channel, mei: Customer, lin: User, gu: User
) -> None:
    from customers.privacy import erase

    calls.take_in(hotline, ended())
    erase(mei, by=gu)

    calls.take_in(hotline, moment("ringing", call="again"))

    assert PhoneCall.objects.get(call="again").customer != mei
    assert PhoneCall.objects.get(call="c-1").told == {}


def test_a_call_told_as_a_signed_event_needs_its_own_channel(hotline: Channel, mei: Customer) -> None:
    from touchpoints import intake
    from touchpoints.models import Inbox

    data = {"call": "c-778", "direction": "in", "customer_number": "+8619900001234", "agent": "8003",
            "at": timezone.now().isoformat()}  # fmt: skip
    event = {"type": "call.ringing", "timestamp": timezone.now().isoformat(), "data": data}
    pbx = ApiClient.objects.create(code="pbx", name="PBX", scopes=["events"])

    intake.take_batch(pbx, "m1", json.dumps(event).encode())
    intake.work_off()
    assert Inbox.objects.get().state == "dead"
    Channel.objects.update(settings={"source": "pbx"})
    intake.take_batch(pbx, "m2", json.dumps(event | {"source_ref": "again"}).encode())
    intake.work_off()

    assert PhoneCall.objects.get().customer == mei

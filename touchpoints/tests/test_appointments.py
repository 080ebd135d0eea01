"""Appointments: no place is given twice, whoever waits is offered once, and the customer needs no reason."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.utils import timezone

from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from staff.models import AuditEntry
from touchpoints import actions, booking
from touchpoints.models import Appointment, AppointmentKind, Capacity, Slot, Visit, Waiting
from touchpoints.tasks import pass_on_held_places

BOOKED = Appointment.State.BOOKED


@pytest.fixture
def trial(west_lake) -> AppointmentKind:
    kind, _made = AppointmentKind.objects.get_or_create(code="trial", defaults={"name": {"en": "Trial"}})
    Capacity.objects.create(store=west_lake, kind=kind, at_once=1)
    return kind


@pytest.fixture
def at(trial) -> datetime:
    """The first time of the day after tomorrow."""
    return Capacity.objects.get().starts_on(timezone.localdate() + timedelta(days=2))[0]


def book(customer: Customer, at: datetime, **more: Any) -> Appointment:
    capacity = Capacity.objects.select_related("kind", "store").get()
    return Appointment.book(
        customer, capacity.kind, store=capacity.store, starts_at=at, by=more.pop("by", None),
        key=more.pop("key", uuid.uuid4()), **more,
    )  # fmt: skip


@pytest.fixture
def hua(west_lake) -> Customer:
    return Customer.objects.create(number="2", display_name="华", home_store=west_lake)


def test_a_time_is_kept_by_the_hours_of_the_store(mei, ke, at) -> None:
    made = book(mei, at, by=ke, prepare="two runners 39")

    assert (made.state, made.prepare, Slot.objects.get().taken) == ("booked", "two runners 39", 1)
    assert mei.events.get(kind="appointment.booked").details["appointment"] == made.pk
    for wrong in (at + timedelta(minutes=7), at - timedelta(hours=1), at - timedelta(days=9), at + timedelta(days=60)):
        with pytest.raises(TransitionRefused):
            book(mei, wrong)


def test_the_same_key_is_the_same_appointment_and_nobody_books_a_time_twice(mei, at) -> None:
    Capacity.objects.update(at_once=3)
    key = uuid.uuid4()
    first = book(mei, at, key=key)

    assert book(mei, at, key=key) == first
    with pytest.raises(TransitionRefused):
        book(mei, at)
    assert Slot.objects.get().taken == 1


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_want_three_places_three_get_one(west_lake, at, own_connections) -> None:
    Capacity.objects.update(at_once=3)
    people = [Customer.objects.create(number=f"C{n}", display_name=f"C{n}") for n in range(20)]

    def try_it(customer: Customer) -> bool:
        try:
            return book(customer, at).state == BOOKED
        except TransitionRefused:
            return False
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as crowd:
        got = sum(crowd.map(try_it, people))

    assert got == 3 == Appointment.objects.booked().count() == Slot.objects.get().taken


def test_the_table_itself_refuses_one_too_many(mei, at) -> None:
    book(mei, at)

    with pytest.raises(IntegrityError), transaction.atomic():
        Slot.objects.update(taken=2)


def test_cancelled_once_and_the_place_is_free(mei, hua, at) -> None:
    made = book(mei, at)
    made.cancel(by=None)

    with pytest.raises(TransitionRefused):
        Appointment.objects.get().cancel(by=None)
    assert Slot.objects.get().taken == 0
    assert book(hua, at).state == BOOKED


def test_a_move_changes_both_or_neither(mei, hua, west_lake, at) -> None:
    later = at + timedelta(minutes=30)
    book(hua, later)
    made = book(mei, at)

    with pytest.raises(TransitionRefused):
        made.move_to(later, store=west_lake, by=None, key=uuid.uuid4())
    made.refresh_from_db()
    assert made.state == BOOKED
    moved = made.move_to(later + timedelta(minutes=30), store=west_lake, by=None, key=uuid.uuid4())

    made.refresh_from_db()
    assert (made.state, moved.state, moved.moved_from) == ("moved", "booked", made)
    assert list(Slot.objects.order_by("starts_at").values_list("taken", flat=True)) == [0, 1, 1]
    with pytest.raises(TransitionRefused):
        made.move_to(at, store=west_lake, by=None, key=uuid.uuid4())


def test_a_freed_place_is_offered_to_the_first_who_waits_once(mei, hua, west_lake, trial, at) -> None:
    third = Customer.objects.create(number="3", display_name="三")
    made = book(mei, at)
    first, second = (Waiting.join(one, trial, store=west_lake, starts_at=at) for one in (hua, third))
    assert Waiting.join(hua, trial, store=west_lake, starts_at=at) == first

    made.cancel(by=None)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, Slot.objects.get().taken) == ("offered", "waiting", 1)
    assert hua.events.filter(kind="appointment.offered").count() == 1
    with pytest.raises(TransitionRefused):
        book(mei, at)  # it is held
    with pytest.raises(TransitionRefused):
        second.accept(key=uuid.uuid4())
    assert first.accept(key=uuid.uuid4()).customer == hua
    with pytest.raises(TransitionRefused):
        first.accept(key=uuid.uuid4())
    assert (Appointment.objects.booked().count(), Slot.objects.get().taken) == (1, 1)


def test_who_does_not_answer_lets_the_next_have_it_and_the_last_frees_it(mei, hua, west_lake, trial, at) -> None:
    third = Customer.objects.create(number="3", display_name="三")
    made = book(mei, at)
    first, second = (Waiting.join(one, trial, store=west_lake, starts_at=at) for one in (hua, third))
    made.cancel(by=None)
    Waiting.objects.filter(state="offered").update(offer_until=timezone.now() - timedelta(seconds=1))

    pass_on_held_places()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("lapsed", "offered")
    with pytest.raises(TransitionRefused):
        first.accept(key=uuid.uuid4())
    second.leave()
    with pytest.raises(TransitionRefused):
        second.leave()
    assert Slot.objects.get().taken == 0


@pytest.mark.django_db(transaction=True)
def test_places_given_back_and_waits_given_up_at_once_leave_the_count_right(
    mei, west_lake, trial, at, own_connections
) -> None:
    Capacity.objects.update(at_once=6)
    people = [Customer.objects.create(number=f"C{n}", display_name=f"C{n}") for n in range(18)]
    booked = [book(one, at) for one in people[:6]]
    waits = [Waiting.join(one, trial, store=west_lake, starts_at=at) for one in people[6:]]
    deeds = [lambda one=one: one.cancel(by=None) for one in booked] + [waiting.leave for waiting in waits[:8]]

    def do(deed: Any) -> None:
        try:
            deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(14) as crowd:
        list(crowd.map(do, deeds))

    # Six places, four who still wait: each of them is offered one, two are open.
    assert Waiting.objects.filter(state="offered").count() == 4 == Slot.objects.get().taken
    assert not Waiting.objects.filter(state="waiting").exists()


def test_a_free_time_is_booked_not_waited_for(mei, west_lake, trial, at) -> None:
    with pytest.raises(TransitionRefused):
        Waiting.join(mei, trial, store=west_lake, starts_at=at)


def test_arrival_opens_the_visit_and_only_once(mei, ke, at, client: Client) -> None:
    made = book(mei, at)
    client.force_login(ke)

    for _press in range(2):
        client.post(f"/appointments/{made.pk}/", {"state": "arrived"})

    made.refresh_from_db()
    assert made.state == "arrived"
    assert made.visit == Visit.objects.get()
    assert mei.events.filter(kind="appointment.kept").count() == 1
    with pytest.raises(TransitionRefused):
        actions.arrive(made, by=ke)


def test_who_did_not_come_is_noted_after_a_quarter_of_an_hour(mei, ke, at) -> None:
    made = book(mei, at)
    with pytest.raises(TransitionRefused):
        made.miss(by=ke)
    Appointment.objects.update(starts_at=timezone.now() - timedelta(minutes=16))
    made.refresh_from_db()

    made.miss(by=ke)

    with pytest.raises(TransitionRefused):
        made.miss(by=ke)
    assert Appointment.objects.get().state == "missed"


def form(at: datetime, **more: str) -> dict[str, str]:
    return {"key": str(uuid.uuid4()), "store": "HZ01", "kind": "trial", "starts_at": at.isoformat(), **more}


def test_staff_book_from_the_customers_page_and_a_refusal_says_why(mei, hua, ke, at, client: Client) -> None:
    client.force_login(ke)

    assert client.post(f"/customers/{mei.number}/appointments/new/", form(at, prepare="M")).status_code == 302
    again = client.post("/customers/2/appointments/new/", form(at))

    assert again.status_code == 422
    assert "This time has just been taken" in again.content.decode()
    day = timezone.localdate(at).isoformat()
    assert "梅雨晴" in client.get("/appointments/", {"day": day}).content.decode()


@pytest.mark.parametrize("wrong", [{"store": "SH01"}, {"store": "x'; --"}, {"starts_at": "9" * 30}, {"kind": "\x00"},
                                   {"starts_at": ""}, {"key": "1"}])  # fmt: skip
def test_a_store_out_of_reach_and_a_wrong_word_are_refused(wrong, mei, ke, jingan, trial, at, client: Client) -> None:
    Capacity.objects.create(store=jingan, kind=trial)
    client.force_login(ke)

    assert client.post(f"/customers/{mei.number}/appointments/new/", form(at) | wrong).status_code == 422
    assert not Appointment.objects.exists()


def test_an_outsider_sees_and_moves_nothing(mei, zhao, at, client: Client) -> None:
    made = book(mei, at)
    client.force_login(zhao)

    assert client.get(f"/customers/{mei.number}/appointments/").status_code == 404
    assert client.post(f"/customers/{mei.number}/appointments/new/", form(at)).status_code == 404
    for path in (f"/appointments/{made.pk}/", f"/appointments/{made.pk}/move/"):
        assert client.post(path, {"state": "cancelled"}).status_code == 404
    day = timezone.localdate(at).isoformat()
    assert "梅雨晴" not in client.get("/appointments/", {"day": day}).content.decode()
    made.refresh_from_db()
    assert made.state == BOOKED


def test_the_customer_books_moves_and_cancels_by_link_without_a_reason(mei, ke, at, client: Client) -> None:
    path = f"/c/{booking.make_link(mei, by=ke)}/book/"
    assert AuditEntry.objects.get(what="booking.link_made").object_id == str(mei.pk)

    looked = client.get(path, {"language": "en"})
    assert (looked.status_code, looked["Referrer-Policy"]) == (200, "no-referrer")
    assert not Appointment.objects.exists()
    assert client.post(path, form(at, do="book")).status_code == 302
    made = Appointment.objects.get()
    assert (made.customer, made.made_by) == (mei, None)
    moved = form(at + timedelta(minutes=30), do="move", appointment=str(made.pk))
    assert client.post(path, moved).status_code == 302
    new = Appointment.objects.booked().get()
    assert client.post(path, {"do": "cancel", "appointment": str(new.pk)}).status_code == 302
    assert client.post(path, {"do": "cancel", "appointment": str(new.pk)}).status_code == 422
    assert not Appointment.objects.booked().exists()


def test_a_link_acts_on_its_own_customer_only(mei, hua, ke, at, client: Client) -> None:
    made = book(hua, at)
    path = f"/c/{booking.make_link(mei, by=ke)}/book/"

    assert client.post(path, {"do": "cancel", "appointment": str(made.pk)}).status_code == 422
    assert "华" not in client.get(path).content.decode()
    made.refresh_from_db()
    assert made.state == BOOKED
    waits = client.post(path, form(at, do="wait"))
    assert waits.status_code == 302
    assert Waiting.objects.get().customer == mei


def test_not_mine_ends_the_link(mei, ke, at, client: Client) -> None:
    path = f"/c/{booking.make_link(mei, by=ke)}/book/"

    assert client.post(path, {"do": "not_mine"}).status_code == 404
    assert client.get(path).status_code == 404


def test_the_pages_ask_few_questions(mei, ke, west_lake, at, client: Client, django_assert_max_num_queries) -> None:
    Capacity.objects.update(at_once=20)
    for number in range(20):
        one = Customer.objects.create(number=f"C{number}", display_name=f"C{number}", home_store=west_lake)
        book(one, at + timedelta(minutes=30 * (number % 4)))
    client.force_login(ke)

    with django_assert_max_num_queries(12):
        client.get("/appointments/", {"day": timezone.localdate(at).isoformat()})
    with django_assert_max_num_queries(14):
        client.get(f"/customers/{mei.number}/appointments/")

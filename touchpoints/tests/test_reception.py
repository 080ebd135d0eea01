"""Receiving at the counter: one tap, one visit; another store's customer by full number only."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from customers.models import Customer, StoreTie, VisitGrant
from scrm.kernel.refusals import TransitionRefused
from staff.models import AuditEntry
from touchpoints import actions
from touchpoints.models import Visit


def test_one_tap_receives_and_opens_the_page(mei, ke, client: Client) -> None:
    client.force_login(ke)

    answer = client.post("/counter/visits/", {"number": mei.number, "q": "1234"}, follow=True)

    assert answer.redirect_chain[-1][0] == "/counter/customers/20418837/"
    visit = Visit.objects.get()
    assert (visit.customer, visit.received_by, visit.recognised_by) == (mei, ke, "tail")
    assert mei.events.get().kind == "visit.made"


def test_two_taps_are_one_visit(mei, ke, west_lake) -> None:
    first = actions.receive(mei, by=ke, store=west_lake)
    second = actions.receive(mei, by=ke, store=west_lake)

    assert first == second
    assert mei.events.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_crowd_of_taps_is_one_visit(mei, ke, west_lake) -> None:
    def tap(_n: int) -> int:
        try:
            return actions.receive(mei, by=ke, store=west_lake).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as crowd:
        visits = set(crowd.map(tap, range(16)))

    assert len(visits) == 1
    assert mei.events.count() == 1


def test_another_store_receives_by_the_full_number_and_it_is_logged(mei, zhao, client: Client) -> None:
    client.force_login(zhao)
    assert client.get(f"/customers/{mei.number}/").status_code == 404

    client.post("/counter/visits/", {"number": mei.number, "q": "19900001234"})

    assert client.get(f"/customers/{mei.number}/").status_code == 200
    entry = AuditEntry.objects.get(what="customer.received")
    assert (entry.who, entry.object_id) == (zhao, str(mei.pk))
    # A grant alone must not grow into two years of sight.
    assert not StoreTie.objects.filter(customer=mei, store=zhao.counter_store).exists()


def test_another_store_receives_nobody_by_a_guess(mei, zhao, client: Client) -> None:
    client.force_login(zhao)

    for text in ("1234", "梅雨晴", ""):
        client.post("/counter/visits/", {"number": "" if not text else mei.number, "q": text})

    # The member number itself is a complete identifier, so an empty question with it would be one: none was sent.
    assert not VisitGrant.objects.exists()


def test_seen_off_once(mei, ke, west_lake) -> None:
    visit = actions.receive(mei, by=ke, store=west_lake)
    actions.see_off(visit, by=ke)

    with pytest.raises(TransitionRefused):
        actions.see_off(visit, by=ke)


def test_the_wrong_person_is_taken_back(mei, zhao, jingan) -> None:
    visit = actions.receive(mei, by=zhao, store=jingan)

    actions.take_back(visit, by=zhao)

    assert Visit.objects.get().mistaken
    assert not Customer.objects.visible_to(zhao).filter(pk=mei.pk).exists()
    assert list(mei.events.order_by("pk").values_list("kind", flat=True)) == ["visit.made", "visit.mistaken"]


def test_after_five_minutes_it_is_no_mistake_any_more(mei, ke, west_lake) -> None:
    visit = actions.receive(mei, by=ke, store=west_lake)
    Visit.objects.update(arrived_at=timezone.now() - timedelta(minutes=6))

    with pytest.raises(TransitionRefused):
        actions.take_back(visit, by=ke)


def test_another_stores_visit_cannot_be_ended(mei, ke, zhao, west_lake, client: Client) -> None:
    visit = actions.receive(mei, by=ke, store=west_lake)
    client.force_login(zhao)

    assert client.post(f"/counter/visits/{visit.pk}/end/").status_code == 404
    assert client.post(f"/counter/visits/{visit.pk}/take-back/").status_code == 404
    visit.refresh_from_db()
    assert visit.left_at is None


def test_a_merged_customer_is_not_received(mei, ke, west_lake) -> None:
    other = Customer.objects.create(number="2", display_name="另一个")
    Customer.objects.filter(pk=mei.pk).update(merged_into=other)
    mei.refresh_from_db()

    with pytest.raises(TransitionRefused):
        actions.receive(mei, by=ke, store=west_lake)


def test_visits_left_open_end_by_themselves(mei, ke, west_lake) -> None:
    actions.receive(mei, by=ke, store=west_lake)
    Visit.objects.update(arrived_at=timezone.now() - timedelta(hours=13))

    assert actions.close_visits_left_open() == 1


def test_the_turned_page_holds_nothing_for_staff(mei, ke, client: Client) -> None:
    client.force_login(ke)

    page = client.get(f"/counter/customers/{mei.number}/turned/").content.decode()

    assert "s-staff" not in page
    assert "199****" not in page


def test_a_scanned_code_only_looks_until_the_button(mei, zhao, client: Client) -> None:
    from customers.actions import add_identity

    add_identity(mei, kind="qr", value="Q" * 22)
    client.force_login(zhao)

    page = client.get(f"/q/{'Q' * 22}/").content.decode()
    assert "梅雨晴" not in page
    assert not VisitGrant.objects.exists()

    client.post("/counter/visits/", {"q": "Q" * 22})
    assert VisitGrant.objects.count() == 1

"""A case goes to a store, is picked up by code, and comes back: the owner stays, nothing is told twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from tickets.models import Handover, PickupCode, Ticket


@pytest.fixture
def ticket(mei, lin, he) -> Ticket:
    made, _new = Ticket.open(mei, "Leggings pill", channel="app")
    made.assign(lin, by=he)
    return made


def test_a_store_is_asked_and_its_floor_sees_the_case(ticket, west_lake, jingan, lin, ke, zhao) -> None:
    Handover.to_store(ticket, jingan, by=lin, note="One in S is put aside")

    assert Ticket.objects.visible_to(zhao).filter(pk=ticket.pk).exists()
    assert not Ticket.objects.visible_to(ke).filter(pk=ticket.pk).exists()
    ticket.refresh_from_db()
    assert ticket.owner == lin


def test_of_two_clicks_the_second_is_refused(ticket, west_lake, lin) -> None:
    Handover.to_store(ticket, west_lake, by=lin, note="")

    with pytest.raises(TransitionRefused):
        Handover.to_store(ticket, west_lake, by=lin, note="")

    assert ticket.handovers.count() == 1


def test_picked_up_by_code_with_visit_and_sight_until_closing(ticket, mei, jingan, zhao, lin) -> None:
    assert not Customer.objects.visible_to(zhao).filter(pk=mei.pk).exists()
    _row, code = PickupCode.draw(ticket, by=lin)

    found = PickupCode.pick_up(code, by=zhao, store=jingan)

    assert found is not None
    assert (found.pk, found.handler, found.owner) == (ticket.pk, zhao, lin)
    assert Customer.objects.visible_to(zhao).filter(pk=mei.pk).exists()
    assert mei.visits.filter(store=jingan, left_at=None).exists()
    assert found.channels == ["app", "store"]
    assert found.clocks.filter(met_at=None).exists()


def test_a_code_is_used_once_and_dies_and_a_new_one_ends_the_old(ticket, west_lake, ke) -> None:
    _row, first = PickupCode.draw(ticket)
    row, second = PickupCode.draw(ticket)
    if first != second:
        assert PickupCode.pick_up(first, by=ke, store=west_lake) is None
    PickupCode.objects.filter(pk=row.pk).update(until=timezone.now() - timedelta(seconds=1))
    assert PickupCode.pick_up(second, by=ke, store=west_lake) is None
    _row, third = PickupCode.draw(ticket)

    assert PickupCode.pick_up(third, by=ke, store=west_lake) is not None
    assert PickupCode.pick_up(third, by=ke, store=west_lake) is None
    assert PickupCode.pick_up("", by=ke, store=west_lake) is None


def test_only_a_keyed_digest_is_kept(ticket) -> None:
    import hashlib

    row, code = PickupCode.draw(ticket)

    assert bytes(row.digest) != hashlib.sha256(code.encode()).digest()
    assert code.encode() not in bytes(row.digest)


def test_the_customer_came_to_another_store_than_asked(ticket, west_lake, jingan, lin, zhao) -> None:
    asked = Handover.to_store(ticket, west_lake, by=lin, note="")
    _row, code = PickupCode.draw(ticket)

    PickupCode.pick_up(code, by=zhao, store=jingan)

    asked.refresh_from_db()
    assert asked.returned_at is not None
    assert ticket.handovers.get(returned_at=None).store == jingan


def test_given_back_with_a_word_once(ticket, west_lake, lin, ke) -> None:
    handover = Handover.to_store(ticket, west_lake, by=lin, note="")
    with pytest.raises(TransitionRefused):
        handover.give_back(by=ke, result=" ")

    handover.give_back(by=ke, result="No S left, comes Monday")

    with pytest.raises(TransitionRefused):
        handover.give_back(by=ke, result="again")
    ticket.refresh_from_db()
    assert (ticket.handler, ticket.owner) == (None, lin)
    assert not Ticket.objects.visible_to(ke).filter(pk=ticket.pk).exists()


def test_a_done_case_is_neither_handed_over_nor_picked_up(ticket, west_lake, lin, ke) -> None:
    _row, code = PickupCode.draw(ticket)
    ticket.resolve(by=lin)

    with pytest.raises(TransitionRefused):
        Handover.to_store(ticket, west_lake, by=lin, note="")
    with pytest.raises(TransitionRefused):
        PickupCode.draw(ticket)
    assert PickupCode.pick_up(code, by=ke, store=west_lake) is None

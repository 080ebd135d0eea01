"""Cases that belong together: linked by number, shown on both, taken apart again; only what one may see."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import Customer
from staff.models import AuditEntry, User
from tickets.models import CaseJoin, CaseLink, Handover, Ticket

HTMX = {"HX-Request": "true"}


@pytest.fixture
def one(mei: Customer) -> Ticket:
    return Ticket.open(mei, "Leggings pill")[0]


@pytest.fixture
def other(mei: Customer) -> Ticket:
    return Ticket.open(mei, "The new pair is late")[0]


@pytest.fixture
def foreign(jingan) -> Ticket:
    far = Customer.objects.create(number="FAR", display_name="Far", home_store=jingan)
    return Ticket.open(far, "Not for West Lake", store=jingan)[0]


def shown(client: Client, ticket: Ticket) -> str:
    return client.get(reverse("tickets:show", args=[ticket.number])).content.decode()


def tie(client: Client, ticket: Ticket, number: object, kind: str = "cause", **headers: str):
    data = {"other": str(number), "kind": kind}
    return client.post(reverse("tickets:tie", args=[ticket.number]), data, headers=headers)


def test_a_link_is_shown_on_both_and_taken_away_from_either(client: Client, one, other, lin: User) -> None:
    client.force_login(lin)
    assert tie(client, one, other.number).status_code == 302

    assert "The new pair is late" in shown(client, one)
    assert "the same cause" in shown(client, other)
    link = CaseLink.objects.get()
    away = reverse("tickets:untie", args=[other.number, link.pk])
    assert client.post(away, headers=HTMX).status_code == 200
    assert client.post(away).status_code == 404

    assert not CaseLink.objects.exists()
    assert "The new pair is late" not in shown(client, one)
    assert list(AuditEntry.objects.filter(what__startswith="case.").order_by("pk").values_list("what", flat=True)) == [
        "case.linked", "case.unlinked",
    ]  # fmt: skip


def test_linked_twice_from_either_side_is_one_link_as_told_last(client: Client, one, other, lin: User) -> None:
    client.force_login(lin)
    tie(client, one, other.number, "cause")
    tie(client, one, other.number, "cause")
    tie(client, other, one.number, "follows")

    assert CaseLink.objects.get().kind == "follows"
    assert AuditEntry.objects.filter(what="case.linked").count() == 2


@pytest.mark.parametrize("number", ["", "x", "0", "-1", "9" * 12, "999999999", "1' --", "\x00", "null"])
def test_a_number_that_leads_nowhere_is_refused_with_a_sentence(client: Client, one, lin: User, number: str) -> None:
    client.force_login(lin)
    for headers in ({}, HTMX):
        answer = tie(client, one, number, **headers)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
    assert not CaseLink.objects.exists()


def test_itself_and_an_unknown_kind_are_refused(client: Client, one, other, lin: User) -> None:
    client.force_login(lin)
    assert tie(client, one, one.number).status_code == 422
    assert tie(client, one, other.number, "enemy").status_code == 422
    assert tie(client, one, other.number, "").status_code == 302


def test_a_case_one_may_not_see_is_like_none(client: Client, one, other, foreign, zhao: User, lin: User) -> None:
    client.force_login(zhao)
    assert tie(client, one, foreign.number).status_code in (403, 404)
    from conftest import person
    from staff.models import Region, Role, Team

    north = Region.objects.create(code="north", name={"en": "North"})
    agent = person("jia.ou", Role.AGENT, team=Team.objects.create(code="desk-n", name={"en": "N"}, region=north))
    own = Ticket.open(foreign.customer, "Mine", owner=agent)[0]
    Ticket.objects.filter(pk=one.pk).update(store=one.customer.home_store)
    client.force_login(agent)
    absent, hidden = tie(client, own, 999999), tie(client, own, one.number)

    assert absent.status_code == hidden.status_code == 422
    assert "no case of this number" in hidden.content.decode()
    assert not CaseLink.objects.exists()


def test_who_sees_one_of_two_does_not_see_the_other(client: Client, one, other, west_lake, lin, ke) -> None:
    CaseLink.tie(one, other, by=lin)
    Handover.to_store(one, west_lake, by=lin, note="")
    client.force_login(ke)

    page = shown(client, one)

    assert "Leggings pill" in page
    assert "The new pair is late" not in page
    link = CaseLink.objects.get()
    assert client.post(reverse("tickets:untie", args=[one.number, link.pk])).status_code == 403


def test_a_link_of_other_cases_is_not_taken_away_from_here(client: Client, one, other, mei, lin: User) -> None:
    third = Ticket.open(mei, "Third")[0]
    link = CaseLink.tie(one, other, by=lin)
    client.force_login(lin)

    assert client.post(reverse("tickets:untie", args=[third.number, link.pk])).status_code == 404
    assert CaseLink.objects.exists()


def test_a_joined_case_is_linked_as_the_one_it_went_into(client: Client, one, other, mei, lin: User) -> None:
    third = Ticket.open(mei, "Third")[0]
    CaseJoin.merge(other, third, by=lin)
    client.force_login(lin)

    tie(client, one, third.number)

    assert {CaseLink.objects.get().first_id, CaseLink.objects.get().second_id} == {one.pk, other.pk}


def test_there_is_an_end_to_links_and_more_cost_no_more(client: Client, one, other, mei, lin, monkeypatch) -> None:
    client.force_login(lin)
    CaseLink.tie(one, other, by=lin)
    shown(client, one)
    with CaptureQueriesContext(connection) as few:
        shown(client, one)
    for n in range(5):
        CaseLink.tie(one, Ticket.open(mei, f"Case {n}")[0], by=lin)
    with CaptureQueriesContext(connection) as many:
        shown(client, one)
    assert len(few) == len(many)

    monkeypatch.setattr("tickets.models.joining.MOST_LINKS", 6)
    assert tie(client, one, Ticket.open(mei, "Too many")[0].number).status_code == 422

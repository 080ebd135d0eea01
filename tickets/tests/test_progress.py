"""The customer's own page of a case: by link, through joins of records and of cases, without a word of ours."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from customers.merging import merge, unmerge
from customers.models import Customer, CustomerLink
from customers.privacy import erase
from tickets.models import CaseJoin, PickupCode, Ticket


@pytest.fixture
def ticket(mei) -> Ticket:
    made = Ticket.open(mei, "Leggings pill", channel="app")[0]
    made.hear("起球了", channel="app", at=timezone.now(), source="t", source_ref="1")
    return made


@pytest.fixture
def token(mei, lin) -> str:
    return CustomerLink.make(mei, purpose="case", until=timezone.now() + timedelta(days=30), by=lin)[1]


def look(client: Client, token: str, ticket: Ticket, method: str = "get"):
    return getattr(client, method)(f"/c/{token}/case/{ticket.number}/?language=en")


def test_it_shows_what_was_said_and_not_what_we_noted(client, ticket, token, lin) -> None:
    ticket.note("Careful, third time", by=lin)
    ticket.answer("We send another one", by=lin, channel="app")

    page = look(client, token, ticket).content.decode()

    assert "起球了" in page
    assert "We send another one" in page
    assert "Careful" not in page


def test_it_goes_on_when_the_record_was_joined_to_another_and_taken_apart(
    client, ticket, token, mei, west_lake
) -> None:
    other = Customer.objects.create(number="T2", home_store=west_lake)
    operation = merge(other, mei, by=None, reason="same person")

    assert "起球了" in look(client, token, ticket).content.decode()
    unmerge(operation, by=None, reason="two persons")
    assert "起球了" in look(client, token, ticket).content.decode()


def test_it_leads_to_the_case_that_stands(client, ticket, token, mei, lin) -> None:
    second, third = (Ticket.open(mei, f"Matter {n}")[0] for n in (2, 3))
    CaseJoin.merge(second, ticket, by=lin)
    CaseJoin.merge(third, second, by=lin)

    page = look(client, token, ticket)

    assert page.status_code == 200
    assert "Matter 3" in page.content.decode()


def test_it_opens_nobody_elses_case_and_none_that_is_not_there(client, ticket, token, west_lake) -> None:
    theirs = Ticket.open(Customer.objects.create(number="T2", home_store=west_lake), "Theirs")[0]

    for path in (
        f"/c/{token}/case/{theirs.number}/",
        f"/c/{token}/case/999999999999/",
        f"/c/{'x' * 32}/case/{ticket.number}/",
    ):
        page = client.get(path)
        assert page.status_code in (404, 410)
        assert "Theirs" not in page.content.decode()


def test_it_ends_with_its_day_and_with_the_person(client, ticket, token, mei) -> None:
    CustomerLink.objects.filter(customer=mei).update(until=timezone.now() - timedelta(minutes=1))
    assert look(client, token, ticket).status_code in (404, 410)
    CustomerLink.objects.filter(customer=mei).update(until=timezone.now() + timedelta(days=1))
    erase(mei, by=None)

    assert look(client, token, ticket).status_code in (404, 410)


def test_it_draws_a_code_that_works_ten_times_an_hour(client, ticket, token) -> None:
    answers = [look(client, token, ticket, "post").status_code for _each in range(11)]

    assert answers == [200] * 10 + [429]
    assert PickupCode.objects.filter(ticket=ticket).exists()

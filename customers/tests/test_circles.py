"""Households, companies and outside signals: who is what, joint value, and who may see it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from commerce.models import Order, Refund
from customers.circles import households_of, picture_of
from customers.models import Company, Customer, Household, HouseholdMember, KeyPerson, OutsideSignal
from scrm.kernel.refusals import TransitionRefused


@pytest.fixture
def mother(west_lake) -> Customer:
    return Customer.objects.create(number="P02", display_name="王淑兰", home_store=west_lake)


@pytest.fixture
def far(jingan) -> Customer:
    return Customer.objects.create(number="FAR", display_name="远客", home_store=jingan)


def bought(customer: Customer, ref: str, amount: int, days_ago: int = 10) -> Order:
    at = timezone.now() - timedelta(days=days_ago)
    return Order.objects.create(customer=customer, source="t", source_ref=ref, placed_at=at, business_date=at.date(),
                                currency="CNY", total=amount, base_total=amount)  # fmt: skip


def test_a_household_is_noted_from_the_customer_page(client: Client, mei, mother, ke) -> None:
    client.force_login(ke)
    client.post(reverse("customers:new_household", args=[mei.number]), {"name": "Mei home", "part": "payer"})
    household = Household.objects.get()

    answer = client.post(reverse("customers:new_member", args=[mei.number, household.pk]),
                         {"number": "P02", "part": "user", "relation": "mother"}, headers={"HX-Request": "true"})  # fmt: skip

    assert answer.status_code == 200
    page = answer.content.decode()
    assert "王淑兰" in page
    assert "mother" in page
    assert mother.events.filter(kind="circle.joined").count() == 1


def test_a_second_click_is_refused(mei, mother, ke) -> None:
    household = Household.objects.create(name="Mei home")
    member = household.take_in(mother, part="user", by=ke)
    with pytest.raises(TransitionRefused):
        household.take_in(mother, part="user", by=ke)
    member.leave(by=ke)
    with pytest.raises(TransitionRefused):
        HouseholdMember.objects.get(pk=member.pk).leave(by=ke)
    assert household.take_in(mother, part="user", by=ke).pk != member.pk


def test_members_of_other_stores_are_counted_not_named(client: Client, mei, far, ke) -> None:
    household = Household.objects.create(name="Mei home")
    household.take_in(mei, part="user")
    household.take_in(far, part="user")

    (circle,) = households_of(ke, mei)

    assert ([row.customer for row in circle.rows], circle.hidden) == ([mei], 1)
    client.force_login(ke)
    assert "远客" not in client.get(reverse("customers:circle", args=[mei.number])).content.decode()


def test_nobody_brings_in_a_customer_they_may_not_see(client: Client, mei, far, ke) -> None:
    household = Household.objects.create(name="Mei home")
    household.take_in(mei, part="user")
    company = Company.objects.create(name="Lanfeng")
    company.name_person(mei, part="buyer")
    client.force_login(ke)

    for name, pk in (("customers:new_member", household.pk),):
        answer = client.post(reverse(name, args=[mei.number, pk]), {"number": "FAR", "part": "user"})
        assert answer.status_code == 422
    answer = client.post(reverse("customers:new_person", args=[company.pk]), {"number": "FAR", "part": "user"})

    assert answer.status_code == 422
    assert not HouseholdMember.objects.filter(customer=far).exists()
    assert not KeyPerson.objects.filter(customer=far).exists()


def test_another_households_member_cannot_be_ended_through_ones_own_customer(client: Client, mei, far, ke) -> None:
    household = Household.objects.create(name="Far home")
    member = household.take_in(far, part="user")
    client.force_login(ke)

    assert client.post(reverse("customers:end_member", args=[mei.number, member.pk])).status_code == 404
    member.refresh_from_db()
    assert member.until is None


def test_a_companys_value_is_that_of_all_its_people_of_the_last_year(mei, mother, far, ke) -> None:
    company = Company.objects.create(name="Lanfeng", since=date(2020, 2, 29))
    company.name_person(mei, part="buyer")
    company.name_person(mei, part="decider")
    company.name_person(far, part="payer", title="Accounts")
    order = bought(mei, "1", 60_000_00)
    bought(far, "2", 45_000_00)
    bought(mei, "3", 90_000_00, days_ago=400)
    Refund.objects.create(order=order, customer=mei, source="t", source_ref="R", refunded_at=timezone.now(),
                          business_date=timezone.localdate(), currency="CNY", amount=4_999_99, base_amount=4_999_99)  # fmt: skip

    picture = picture_of(ke, company)

    assert picture.value == 100_000_01
    assert picture.is_key_account
    assert picture.hidden == 1
    assert [(row.part, spent) for row, spent in picture.rows] == [("buyer", 55_000_01), ("decider", 55_000_01)]
    assert company.anniversary(date(2026, 3, 1)) == (date(2027, 2, 28), 7)


def test_a_company_is_found_by_those_who_see_one_of_its_people(client: Client, mei, ke, zhao, gu) -> None:
    company = Company.objects.create(name="Lanfeng")
    company.name_person(mei, part="buyer")
    for user, status in ((ke, 200), (gu, 200), (zhao, 404)):
        client.force_login(user)
        assert client.get(reverse("customers:company", args=[company.pk])).status_code == status


def test_a_name_known_elsewhere_is_not_told(client: Client, mei, far, ke, zhao) -> None:
    Company.objects.create(name="Lanfeng").name_person(far, part="buyer")
    client.force_login(ke)
    assert client.post(reverse("customers:new_company"), {"name": "Lanfeng"}).status_code == 302
    assert client.post(reverse("customers:new_company"), {"name": " Lanfeng  "}).status_code == 422
    assert Company.objects.count() == 2


def test_a_finding_needs_source_licence_and_a_day(client: Client, gu) -> None:
    client.force_login(gu)
    said = {"kind": "trend", "title": "Yoga grows", "finding": "+12 %", "source": "Institute", "licence": "CC BY",
            "published_on": "2026-06-01", "expires_on": "2027-06-01"}  # fmt: skip
    for missing in ("source", "licence", "expires_on"):
        answer = client.post(reverse("customers:new_signal"), {**said, missing: ""})
        assert answer.status_code == 422
    backwards = client.post(reverse("customers:new_signal"), {**said, "expires_on": "2026-05-01"})
    assert backwards.status_code == 422
    assert not OutsideSignal.objects.exists()

    client.post(reverse("customers:new_signal"), said)

    assert OutsideSignal.objects.get().added_by == gu


def test_a_finding_past_its_day_is_shown_apart(client: Client, mei, gu) -> None:
    company = Company.objects.create(name="Lanfeng")
    company.name_person(mei, part="buyer")
    OutsideSignal.objects.create(kind="credit", title="Old report", finding="x", source="s", licence="l",
                                 published_on=date(2020, 1, 1), expires_on=date(2021, 1, 1), company=company)  # fmt: skip
    client.force_login(gu)

    assert "Old report" not in client.get(reverse("customers:signals")).content.decode()
    assert "Old report" not in client.get(reverse("customers:company", args=[company.pk])).content.decode()
    assert "not to be used since" in client.get(reverse("customers:signals"), {"show": "expired"}).content.decode()


def test_the_database_refuses_a_finding_that_ends_before_it_begins(db) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        OutsideSignal.objects.create(kind="credit", title="x", finding="x", source="s", licence="l",
                                     published_on=date(2021, 1, 1), expires_on=date(2020, 1, 1))  # fmt: skip


def test_the_pages_ask_few_questions(client: Client, mei, gu, django_assert_max_num_queries) -> None:
    company = Company.objects.create(name="Lanfeng")
    household = Household.objects.create(name="Mei home")
    for place in range(12):
        other = Customer.objects.create(number=f"Q{place}")
        company.name_person(other, part="buyer")
        household.take_in(other, part="user")
    company.name_person(mei, part="buyer")
    household.take_in(mei, part="payer")
    client.force_login(gu)
    for address in (reverse("customers:company", args=[company.pk]), reverse("customers:circle", args=[mei.number]),
                    reverse("customers:companies"), reverse("customers:signals")):  # fmt: skip
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200

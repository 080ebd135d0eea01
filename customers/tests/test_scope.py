"""Who sees which customer: by store, by book, by grant, and nobody else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from customers.actions import tie_to_store
from customers.models import Customer, StoreTie, VisitGrant
from scrm.kernel.refusals import TransitionRefused
from staff.models import Membership, Store, User


def sees(user: User, customer: Customer) -> bool:
    fresh = User.objects.get(pk=user.pk)
    return Customer.objects.visible_to(fresh).filter(pk=customer.pk).exists()


def test_the_home_store_sees_and_another_does_not(mei, ke, zhao, he, lin, gu, lu) -> None:
    assert [sees(user, mei) for user in (ke, he, lin, gu, lu, zhao)] == [True, True, True, True, True, False]


def test_a_purchase_opens_the_store_for_two_years(mei, zhao, jingan) -> None:
    tie_to_store(mei, jingan, on=timezone.localdate() - timedelta(days=700))
    assert sees(zhao, mei)

    StoreTie.objects.filter(store=jingan).update(last_on=timezone.localdate() - timedelta(days=740))
    assert not sees(zhao, mei)


def test_an_older_day_never_replaces_a_newer_one(mei, jingan) -> None:
    tie_to_store(mei, jingan, on=timezone.localdate())
    tie_to_store(mei, jingan, on=timezone.localdate() - timedelta(days=9))

    assert StoreTie.objects.get(customer=mei, store=jingan).last_on == timezone.localdate()


def test_an_advisor_keeps_a_client_of_another_store(mei, ruoan, jingan) -> None:
    StoreTie.objects.all().delete()
    Customer.objects.update(home_store=jingan)

    assert sees(ruoan, mei)


def test_a_membership_that_ended_sees_nothing(mei, ke) -> None:
    Membership.objects.filter(user=ke).update(ends_on=timezone.localdate() - timedelta(days=1))

    assert not sees(ke, mei)


def test_a_grant_ends_at_closing_time(mei, zhao, jingan) -> None:
    until = timezone.now() + timedelta(hours=2)
    mei.receive(by=zhao, store=jingan, until=until)
    assert sees(zhao, mei)

    VisitGrant.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert not sees(zhao, mei)


def test_only_the_own_counter_can_be_opened(mei, zhao, west_lake) -> None:
    with pytest.raises(TransitionRefused):
        mei.receive(by=zhao, store=west_lake, until=timezone.now() + timedelta(hours=1))

    assert not VisitGrant.objects.exists()


@pytest.mark.parametrize("page", ["", "timeline/", "panels/matters/", "panels/picture/"])
def test_another_stores_page_is_as_if_absent(mei, zhao, client: Client, page: str) -> None:
    client.force_login(zhao)

    hidden = client.get(f"/customers/{mei.number}/{page}")
    absent = client.get(f"/customers/00000000/{page}")

    assert hidden.status_code == absent.status_code == 404


def test_a_strangers_rows_stay_few_among_many(mei, zhao, jingan, west_lake: Store) -> None:
    Customer.objects.bulk_create(
        Customer(number=f"m{n}", display_name=f"客{n}", home_store=jingan if n < 20 else west_lake) for n in range(300)
    )

    assert Customer.objects.visible_to(zhao).count() == 20

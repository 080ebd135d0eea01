"""The auditor's page: found by person, deed, customer, day and address; the seal; the alarm."""

import threading

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.urls import reverse

from conftest import seal_all
from customers.models import Customer, Identity
from staff import audit_seal
from staff.models import AuditEntry, AuditProof, User, audit


@pytest.fixture
def deeds(mei: Customer, ke: User, gu: User) -> None:
    audit("customer.revealed", by=ke, of=mei, address="10.0.0.1")
    audit("customer.received", by=ke, of=mei, address="10.0.0.2")
    audit("import.uploaded", by=gu, address="10.0.0.1")


def shown(client: Client, **asked: str) -> list[str]:
    page = client.get(reverse("staff:audit"), asked)
    return sorted(entry.what for entry in page.context["page"].rows)


def test_the_audit_is_found_by_who_what_whom_when_and_whence(deeds: None, mei, lu: User, client: Client) -> None:
    client.force_login(lu)

    assert shown(client, who="ke.chen") == ["customer.received", "customer.revealed"]
    assert shown(client, who="Gu Yan") == ["import.uploaded"]
    assert shown(client, what="customer.received") == ["customer.received"]
    assert shown(client, number=mei.number) == ["customer.received", "customer.revealed"]
    assert shown(client, number="nobody") == []
    assert shown(client, address="10.0.0.1") == ["customer.revealed", "import.uploaded"]
    assert shown(client, day_to="2020-01-01") == []
    assert len(shown(client, day_from="2020-01-01", who="ke.chen", address="10.0.0.2")) == 1


@pytest.mark.parametrize(
    "asked", [{"address": "x"}, {"day_from": "2026-02-30"}, {"what": "nothing"}, {"who": "x" * 99},
              {"day_from": "2026-02-02", "day_to": "2026-02-01"}],
)  # fmt: skip
def test_what_cannot_be_searched_is_said(asked: dict[str, str], deeds: None, lu: User, client: Client) -> None:
    client.force_login(lu)

    answer = client.get(reverse("staff:audit"), asked)

    assert answer.status_code == 422
    assert not answer.context["page"].rows


def test_the_page_needs_few_queries(deeds: None, mei, lu: User, client: Client, django_assert_max_num_queries) -> None:
    client.force_login(lu)
    client.get(reverse("staff:me"))  # what every first page of a session writes

    with django_assert_max_num_queries(12):
        text = client.get(reverse("staff:audit"), {"who": "ke", "number": mei.number}).content.decode()

    assert f"customer {mei.number}" in text


def test_reading_leaves_no_trace_and_checking_does(deeds: None, lu: User, client: Client) -> None:
    client.force_login(lu)
    before = AuditEntry.objects.count()
    client.get(reverse("staff:audit"))
    assert AuditEntry.objects.count() == before

    answer = client.post(reverse("staff:audit_proof"), follow=True)

    assert AuditProof.objects.get().wrong == 0
    assert "All 0 sealed rows hold" in answer.content.decode()
    assert AuditEntry.objects.filter(what="audit.proved", who=lu).count() == 1


def test_too_many_full_numbers_raise_one_alarm_an_hour(mei, ke: User, lu: User, client: Client) -> None:
    phone = Identity.objects.get(customer=mei, kind="phone")
    for _count in range(settings.REVEALS_AN_HOUR):
        phone.reveal(by=ke)
    assert not AuditEntry.objects.filter(what="alarm.reveals").exists()

    phone.reveal(by=ke)
    phone.reveal(by=ke)

    assert AuditEntry.objects.get(what="alarm.reveals").who == ke
    client.force_login(lu)
    assert "Many full numbers seen within an hour" in client.get(reverse("staff:audit")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_ten_at_once_one_raises_the_alarm(mei, ke: User, settings, own_connections: None) -> None:
    settings.REVEALS_AN_HOUR = 0
    phone = Identity.objects.get(customer=mei, kind="phone")
    gate = threading.Barrier(10)

    def reveal() -> None:
        gate.wait()
        phone.reveal(by=ke)
        connections.close_all()

    threads = [threading.Thread(target=reveal) for _each in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert AuditEntry.objects.filter(what="customer.revealed").count() == 10
    assert AuditEntry.objects.filter(what="alarm.reveals").count() == 1
    seal_all()
    assert audit_seal.prove().green

"""The operator's page of machines: keys in turns, rights, requests; each change a deed."""

import threading

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from scrm.kernel.refusals import TransitionRefused
from staff.models import ApiCall, ApiClient, AuditEntry, User


@pytest.fixture
def till(gu: User) -> ApiClient:
    return ApiClient.add(code="till", name="Till", scopes=["orders"], by=gu)


def key_of(page: str) -> str:
    return page.partition('<code class="s-code2" tabindex="0">')[2].partition("</code>")[0]


def deeds() -> list[str]:
    return list(AuditEntry.objects.filter(what__startswith="client.").order_by("pk").values_list("what", flat=True))


def test_a_client_is_added_and_its_key_shown_once(gu: User, client: Client) -> None:
    client.force_login(gu)
    made = client.post(
        reverse("staff:api_clients"), {"code": "till", "name": "Till", "scopes": ["orders"]}, follow=True
    )
    assert made.status_code == 200
    again = client.post(reverse("staff:api_clients"), {"code": "till", "name": "Other"})
    assert again.status_code == 422

    page = client.post(reverse("staff:api_client_key", args=["till"]), {"instead_of": ""}).content.decode()

    secret = key_of(page)
    till = ApiClient.objects.get()
    assert till.opens_with(secret)
    assert secret not in client.get(reverse("staff:api_client", args=["till"])).content.decode()
    assert deeds() == ["client.added", "client.key_made"]
    assert secret not in str(AuditEntry.objects.values())


def test_two_keys_live_and_the_former_can_be_ended(till: ApiClient, gu: User) -> None:
    first = till.rotate(by=gu, former_lives=True, instead_of="")
    second = till.rotate(by=gu, former_lives=True, instead_of=first[-4:])

    till.refresh_from_db()
    assert till.opens_with(first)
    assert till.opens_with(second)
    with pytest.raises(TransitionRefused):  # a third would cut one that is in use
        till.rotate(by=gu, former_lives=True, instead_of=second[-4:])

    till.end_secret(first[-4:], by=gu)
    till.refresh_from_db()
    assert not till.opens_with(first)
    with pytest.raises(TransitionRefused):
        till.end_secret(first[-4:], by=gu)
    till.end_secret(second[-4:], by=gu)
    till.refresh_from_db()
    assert not till.opens_with(second)
    assert not till.opens_with("")


def test_the_present_key_may_end_at_once(till: ApiClient, gu: User) -> None:
    first = till.rotate(by=gu, former_lives=True, instead_of="")
    till.rotate(by=gu, former_lives=False, instead_of=first[-4:])

    till.refresh_from_db()
    assert not till.opens_with(first)


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_one_makes_a_key(till: ApiClient, gu: User, own_connections: None) -> None:
    made: list[str] = []
    gate = threading.Barrier(2)

    def click() -> None:
        gate.wait()
        try:
            made.append(ApiClient.objects.get(pk=till.pk).rotate(by=gu, former_lives=True, instead_of=""))
        except TransitionRefused:
            pass
        connections.close_all()

    threads = [threading.Thread(target=click) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 1


def test_off_means_off_and_a_second_click_is_refused(till: ApiClient, gu: User, client: Client) -> None:
    secret = till.rotate(by=gu, former_lives=True, instead_of="")
    client.force_login(gu)
    path = reverse("staff:api_client_switch", args=["till"])

    assert client.post(path, {"on": "0"}).status_code == 302
    assert client.post(path, {"on": "0"}).status_code == 422

    assert Client().get("/api/v1/orders/x/", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert deeds()[-1] == "client.switched_off"


def test_rights_are_kept_to_what_exists(till: ApiClient, gu: User, client: Client) -> None:
    client.force_login(gu)
    path = reverse("staff:api_client_scopes", args=["till"])

    assert client.post(path, {"scopes": ["customers", "orders"]}).status_code == 302
    assert client.post(path, {"scopes": ["everything"]}).status_code == 422

    till.refresh_from_db()
    assert till.scopes == ["customers", "orders"]


def test_the_page_lists_requests_within_few_queries(
    till: ApiClient, gu: User, client: Client, django_assert_max_num_queries
) -> None:
    secret = till.rotate(by=gu, former_lives=True, instead_of="")
    for _each in range(3):
        Client().get("/api/v1/orders/19900001234/", headers={"Authorization": f"Bearer {secret}"})
    client.force_login(gu)
    client.get(reverse("staff:me"))

    with django_assert_max_num_queries(12):
        page = client.get(reverse("staff:api_client", args=["till"]), {"only": "wrong"}).content.decode()

    assert page.count("404 not-found") == 3
    assert "19900001234" not in page
    assert ApiCall.objects.count() == 3


@pytest.mark.parametrize("code", ["", "a b", "Ä", "-x", "x" * 61, "<b>"])
def test_a_strange_code_is_refused(gu: User, client: Client, code: str) -> None:
    client.force_login(gu)

    assert client.post(reverse("staff:api_clients"), {"code": code, "name": "x"}).status_code == 422
    assert not ApiClient.objects.exists()

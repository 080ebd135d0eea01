"""The door for people: brought once, found by a complete identity, nobody else's."""

import json
import threading
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client

from customers.models import Customer, Event, Identity, SourceKey
from staff.models import ApiClient, AuditEntry

PATH = "/api/v1/customers/"
LI: dict[str, Any] = {
    "source_ref": "shop-17", "family_name": "李", "given_name": "可心", "birthday": "1990-02-28", "home_store": "HZ01",
    "identities": [{"kind": "phone", "value": "199 0000 5678"}, {"kind": "mail", "value": "Li@Example.com"}],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    cache.clear()


@pytest.fixture
def shop(db: None) -> str:
    return ApiClient.objects.create(code="shop", name="Shop", scopes=["customers"]).new_secret()


@pytest.fixture
def other(db: None) -> str:
    return ApiClient.objects.create(code="other", name="Other", scopes=["customers"]).new_secret()


def post(secret: str, body: Any, *, key: str = "k1", path: str = PATH) -> Any:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
    return Client().post(path, json.dumps(body), content_type="application/json", headers=headers)


def get(secret: str, path: str) -> Any:
    return Client().get(path, headers={"Authorization": f"Bearer {secret}"})


def test_a_person_is_brought_once_and_read_masked(shop: str, west_lake) -> None:
    answer = post(shop, LI)
    again = post(shop, LI, key="k2")

    assert (answer.status_code, answer.json()["state"]) == (201, "created")
    assert (again.status_code, again.json()) == (200, {"number": answer.json()["number"], "state": "unchanged"})
    told = get(shop, f"{PATH}{answer.json()['number']}/")
    assert told.json() | {"joined_at": ""} == {
        "number": answer.json()["number"], "display_name": "李可心", "family_name": "李", "given_name": "可心",
        "birthday": "02-28", "locale": "zh-hans", "home_store": "HZ01", "provisional": False, "joined_at": "",
        "identities": [{"kind": "phone", "masked": "199****5678", "verified": False},
                       {"kind": "mail", "masked": "l***@example.com", "verified": False}],
    }  # fmt: skip
    assert "5678" not in told.content.decode().replace("199****5678", "")
    assert Event.objects.filter(kind="customer.joined").count() == 1


def test_another_client_finds_nothing_of_it(shop: str, other: str, west_lake, mei) -> None:
    number = post(shop, LI).json()["number"]

    absent, foreign, floor = (
        get(other, f"{PATH}C999/"),
        get(other, f"{PATH}{number}/"),
        get(other, f"{PATH}{mei.number}/"),
    )

    assert absent.status_code == foreign.status_code == floor.status_code == 404
    assert absent.json() | {"instance": ""} == foreign.json() | {"instance": ""}
    assert get(other, PATH).json() == {"results": [], "next": None}
    assert [one["source_ref"] for one in get(shop, PATH).json()["results"]] == ["shop-17"]


def test_a_strong_identity_that_somebody_holds_joins_the_two(shop: str, mei, west_lake) -> None:
    person = {"source_ref": "s1", "family_name": "梅", "given_name": "雨晴",
              "identities": [{"kind": "phone", "value": "19900001234"}]}  # fmt: skip

    answer = post(shop, person)

    assert answer.json() == {"number": mei.number, "state": "joined"}
    record = SourceKey.objects.get(source="shop").object_id
    was = Customer.objects.get(pk=record).number
    told = get(shop, f"{PATH}{was}/")
    assert (told.status_code, told.json()["number"], told.json()["merged_from"]) == (200, mei.number, was)
    assert "merged_from" not in get(shop, f"{PATH}{mei.number}/").json()


def test_what_is_blank_is_filled_and_what_is_said_stays(shop: str, west_lake) -> None:
    number = post(shop, {"source_ref": "s1"}).json()["number"]
    assert Customer.objects.get(number=number).provisional

    filled = post(shop, LI | {"source_ref": "s1"}, key="k2")
    kept = post(shop, {"source_ref": "s1", "family_name": "王"}, key="k3")

    assert (filled.json()["state"], kept.json()["state"]) == ("updated", "unchanged")
    customer = Customer.objects.get(number=number)
    assert (customer.family_name, customer.display_name, customer.provisional) == ("李", "李可心", False)


def test_a_complete_strong_identity_finds_and_that_is_written_down(shop: str, mei) -> None:
    found = post(shop, {"kind": "phone", "value": "+86 199-0000-1234"}, path=f"{PATH}find/")

    assert (found.status_code, found.json()["number"]) == (200, mei.number)
    entry = AuditEntry.objects.get(what="customer.found")
    assert (entry.client, entry.object_id, "1234" in str(entry.details)) == ("shop", str(mei.pk), False)
    for body in ({"kind": "phone", "value": "1234"}, {"kind": "phone", "value": "19900009999"}):
        assert post(shop, body, path=f"{PATH}find/").status_code in (400, 404)
    assert post(shop, {"kind": "web", "value": "x"}, path=f"{PATH}find/").status_code == 400


def test_a_household_phone_finds_nobody(shop: str, mei) -> None:
    Identity.objects.filter(customer=mei).update(shared=True)

    assert post(shop, {"kind": "phone", "value": "19900001234"}, path=f"{PATH}find/").status_code == 404


def test_looking_for_many_is_slowed_down(shop: str, mei, settings) -> None:
    settings.API_FINDS_A_MINUTE = 2
    body = {"kind": "phone", "value": "19900009999"}

    assert [post(shop, body, path=f"{PATH}find/").status_code for _each in range(3)] == [404, 404, 429]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"source_ref": None}, "/source_ref"), ({"birthday": "02-30"}, "/birthday"), ({"birthday": "3000-01-01"}, "/birthday"),
     ({"home_store": "nowhere"}, "/home_store"), ({"locale": "fr"}, "/locale"), ({"display_name": {"a": 1}}, "/display_name"),
     ({"identities": [{"kind": "gold", "value": "1"}]}, "/identities/0/kind"),
     ({"identities": [{"kind": "phone", "value": "000"}]}, "/identities/0/value"),
     ({"identities": {"kind": "phone"}}, "/identities"), ({"family_name": ["x"]}, "/family_name")],
)  # fmt: skip
def test_mistakes_are_pointed_at_and_hold_nothing_personal(shop: str, west_lake, change: Any, pointer: str) -> None:
    answer = post(shop, LI | change)

    assert answer.status_code == 400
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]
    assert "5678" not in answer.content.decode()
    assert not Customer.objects.exists()


def test_the_list_goes_on_where_it_stopped(shop: str, west_lake, django_assert_max_num_queries) -> None:
    for place in range(60):
        post(shop, {"source_ref": f"s{place:02}", "family_name": "李"}, key=f"k{place}")

    with django_assert_max_num_queries(8):
        first = get(shop, PATH).json()
    second = get(shop, f"{PATH}?after={first['next']}").json()

    refs = [one["source_ref"] for one in first["results"] + second["results"]]
    assert (refs, second["next"]) == ([f"s{place:02}" for place in range(60)], None)
    assert get(shop, f"{PATH}?after=nonsense").json()["results"][0]["source_ref"] == "s00"


@pytest.mark.django_db(transaction=True)
def test_the_same_person_brought_at_once_is_one(shop: str, west_lake, own_connections: None) -> None:
    answers: list[Any] = []
    gate = threading.Barrier(6)

    def run(place: int) -> None:
        gate.wait()
        answers.append(post(shop, LI, key=f"k{place}"))
        connections.close_all()

    threads = [threading.Thread(target=run, args=[place]) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(one.json()["state"] for one in answers) == ["created"] + ["unchanged"] * 5
    assert Customer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_phone_brought_under_two_keys_at_once_is_one_person(shop: str, west_lake, own_connections: None) -> None:
    answers: list[Any] = []
    gate = threading.Barrier(2)

    def run(ref: str) -> None:
        gate.wait()
        answers.append(post(shop, LI | {"source_ref": ref}, key=f"k{ref}"))
        connections.close_all()

    threads = [threading.Thread(target=run, args=[ref]) for ref in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {one.status_code for one in answers} <= {200, 201}
    assert Customer.objects.living().count() == 1

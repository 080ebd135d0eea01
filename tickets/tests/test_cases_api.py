"""The door of machines for cases: opened once, added to once, read by who brought it, nobody else's."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from staff.models import ApiClient
from tickets.models import CaseJoin, Ticket

PATH = "/api/v1/cases/"
PARCEL: dict[str, Any] = {
    "source_ref": "app-1", "customer": {"kind": "phone", "value": "19900001234"}, "subject": "快递没收到",
    "body": "显示签收了", "channel": "app",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    cache.clear()


@pytest.fixture
def app(mei) -> str:
    return ApiClient.objects.create(code="app", name="App", scopes=["cases"]).new_secret()


def post(secret: str, body: Any, *, key: str, path: str = PATH) -> Any:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
    return Client().post(path, json.dumps(body), content_type="application/json", headers=headers)


def get(secret: str, path: str) -> Any:
    return Client().get(path, headers={"Authorization": f"Bearer {secret}"})


def test_a_case_is_opened_once_sorted_by_its_words_and_promised(app, mei) -> None:
    first, again = post(app, PARCEL, key="k1"), post(app, PARCEL, key="k2")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["number"] == again.json()["number"]
    ticket = Ticket.objects.get(customer=mei)
    assert (ticket.topic.code, ticket.entries_count) == ("delivery", 1)
    assert first.json()["promised_by"] is not None
    assert set(first.json()) == {
        "number", "source_ref", "state", "opened_at", "answered_at", "resolved_at", "promised_by", "joined_to",
    }  # fmt: skip


def test_a_word_is_added_once_and_opens_again(app, lin) -> None:
    number = post(app, PARCEL, key="k1").json()["number"]
    ticket = Ticket.objects.get(number=number)
    ticket.resolve(by=lin)
    word = {"source_ref": "w1", "body": "还是没到", "channel": "app"}

    answers = [post(app, word, key=key, path=f"{PATH}{number}/entries/") for key in ("a", "b")]

    assert [(one.status_code, one.json()["state"]) for one in answers] == [(201, "created"), (200, "unchanged")]
    assert get(app, f"{PATH}{number}/").json()["state"] == "open"


def test_a_joined_case_names_the_one_that_stands(app, mei, lin) -> None:
    number = post(app, PARCEL, key="k1").json()["number"]
    other, _new = Ticket.open(mei, "Other")
    CaseJoin.merge(other, Ticket.objects.get(number=number), by=lin)

    told = get(app, f"{PATH}{number}/").json()

    assert (told["joined_to"], told["state"]) == (other.number, "new")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [({"customer": {"kind": "phone", "value": "19911112222"}}, "/customer"), ({"topic": "nonsense"}, "/topic"),
     ({"channel": "pigeon"}, "/channel"), ({"subject": ""}, "/subject"), ({"subject": ["x"]}, "/subject")],
)  # fmt: skip
def test_what_cannot_be_a_case_is_named_and_changes_nothing(app, change, pointer) -> None:
    answer = post(app, PARCEL | change, key="k1")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert not Ticket.objects.exists()


def test_a_case_of_another_client_is_not_there(app, mei) -> None:
    number = post(app, PARCEL, key="k1").json()["number"]
    other = ApiClient.objects.create(code="other", name="Other", scopes=["cases"]).new_secret()
    floor, _new = Ticket.open(mei, "Of the floor")

    for secret, which in ((other, number), (app, floor.number), (app, 10**12)):
        assert get(secret, f"{PATH}{which}/").status_code == 404
        word = {"source_ref": "w1", "body": "x", "channel": "app"}
        assert post(secret, word, key="e", path=f"{PATH}{which}/entries/").status_code == 404
    orders = ApiClient.objects.create(code="till", name="Till", scopes=["orders"]).new_secret()
    assert get(orders, f"{PATH}{number}/").status_code == 403

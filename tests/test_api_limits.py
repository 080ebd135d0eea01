"""The limits of the API, and that each type of problem can be produced and has a page."""

import json
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import timezone

from commerce.models import Order
from commerce.tests.test_orders_api import SALE
from scrm.kernel import idempotency
from scrm.kernel.models import IdempotencyRecord
from scrm.kernel.problem import KINDS
from staff.models import ApiCall, ApiClient
from staff.tasks import clear_api_records

ORDERS = "/api/v1/orders/"


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    cache.clear()


@pytest.fixture
def till(db: None) -> str:
    return ApiClient.objects.create(code="till-hz", name="Till", scopes=["orders"]).new_secret()


def send(secret: str, body: Any, *, key: str | None = "key-1", **more: Any) -> Any:
    client = Client(raise_request_exception=False)
    headers = {"Authorization": f"Bearer {secret}"} | ({"Idempotency-Key": key} if key is not None else {})
    body = body if isinstance(body, bytes | str) else json.dumps(body)
    path, kind = more.pop("path", ORDERS), more.pop("content_type", "application/json")
    return client.post(path, body, content_type=kind, headers=headers | more.pop("headers", {}))


def slug(answer: Any) -> str:
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == answer.status_code
    assert told["instance"].startswith("urn:error:")
    return told["type"].rstrip("/").rpartition("/")[2]


def deep(levels: int) -> str:
    return '{"a":' * levels + "1" + "}" * levels


@pytest.mark.parametrize(
    "body",
    [
        "", "x", "{", b"\xff\xfe", '{"a": 1.5}', '{"a": NaN}', '{"a": 1e5}', '{"a": "\\u0000"}', '{"a": "\\ud800"}',
        '{"a": 1, "a": 2}', '{"a": ' + "9" * 30 + "}", '{"a": ' + "9" * 6000 + "}", deep(33), "[" * 100_000,
    ],
    ids=lambda body: str(body)[:20],
)  # fmt: skip
def test_what_is_no_plain_json_is_unreadable(till: str, body: Any) -> None:
    answer = send(till, body)

    assert (answer.status_code, slug(answer)) in [(400, "unreadable-body"), (400, "validation")]
    assert not Order.objects.exists()


def test_a_string_without_an_end_is_passed_over_once(till: str) -> None:
    began = time.monotonic()

    assert slug(send(till, '"' + '\\"' * 500_000)) == "unreadable-body"
    assert time.monotonic() - began < 2


def test_thirty_two_levels_are_read(till: str) -> None:
    assert slug(send(till, deep(32))) == "validation"
    assert slug(send(till, '{"a": "' + "[" * 99 + '\\"[[["}')) == "validation"


@pytest.mark.parametrize("name", ["source_ref", "store", "till", "placed_at", "business_date", "total", "currency",
                                  "customer", "lines", "payments", "discount", "revision", "rate"])  # fmt: skip
@pytest.mark.parametrize("value", [{"x": {}}, [[]], [{}], True, "𝕏" * 300])
def test_an_object_where_a_scalar_belongs_is_pointed_at(till: str, name: str, value: Any) -> None:
    answer = send(till, SALE | {name: value})

    assert slug(answer) == "validation"
    assert any(error["pointer"].startswith(f"/{name}") for error in answer.json()["errors"])


def test_no_key_a_wrong_key_and_a_key_without_the_scope(till: str) -> None:
    assert slug(Client().post(ORDERS, {}, content_type="application/json")) == "unauthorized"
    wrong = send(till[:-4] + "xxxx", SALE)
    assert (slug(wrong), wrong["WWW-Authenticate"], set(wrong.json())) == (
        "unauthorized", "Bearer", {"type", "title", "status", "instance"})  # fmt: skip
    assert slug(send(till, {}, path="/api/v1/customers/")) == "scope-missing"


def test_addresses_methods_and_types_of_content(till: str) -> None:
    headers = {"Authorization": f"Bearer {till}"}
    missing = Client().get(ORDERS + "nothing/", headers=headers)
    assert (slug(missing), set(missing.json())) == ("not-found", {"type", "title", "status", "instance"})
    method = Client().delete(ORDERS, headers=headers)
    assert (slug(method), method["Allow"]) == ("method-not-allowed", "POST, OPTIONS")
    assert slug(Client().get(ORDERS + "x/", headers=headers | {"Accept": "text/html"})) == "not-acceptable"
    assert slug(send(till, "a=1", content_type="application/x-www-form-urlencoded")) == "unsupported-media-type"
    assert slug(send(till, "{}", content_type="text/plain")) == "unsupported-media-type"


def test_more_than_a_megabyte_is_too_large(till: str) -> None:
    assert slug(send(till, '{"a": "' + "x" * 1024 * 1024 + '"}')) == "body-too-large"


def test_a_body_in_chunks_is_told_so(till: str) -> None:
    answer = Client().generic(
        "POST", ORDERS, b"", headers={"Authorization": f"Bearer {till}", "Transfer-Encoding": "chunked"}
    )

    assert (slug(answer), "Content-Length" in answer.json()["detail"]) == ("unreadable-body", True)


@pytest.mark.parametrize("key", [None, "", '""', "a b", "ä", "x" * 129, "a, b", '"a', "a/b"])
def test_a_key_that_is_none(till: str, key: str | None) -> None:
    assert slug(send(till, SALE, key=key)) == "idempotency-key-missing"


def test_a_key_in_quotes_is_the_same_key(till: str, west_lake) -> None:
    first, again = send(till, SALE, key='"k.1:a_b-c"'), send(till, SALE, key="k.1:a_b-c")

    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert "Idempotency-Replayed" not in first


def test_the_same_in_another_order_of_names_is_the_same_and_other_content_is_refused(till: str, west_lake) -> None:
    send(till, SALE)

    turned = send(till, json.dumps(dict(reversed(SALE.items())), indent=3))
    other = send(till, SALE | {"till": "T08"})

    assert turned["Idempotency-Replayed"] == "true"
    assert (slug(other), "first_seen" in other.json()) == ("idempotency-key-reused", True)


def test_a_mistake_is_not_kept_and_its_key_may_be_used_again(till: str, west_lake) -> None:
    assert slug(send(till, SALE | {"total": -1})) == "validation"
    assert slug(send(till, SALE | {"store": "nowhere"})) == "refused"
    assert not IdempotencyRecord.objects.exists()

    assert send(till, SALE).status_code == 201


def test_another_clients_key_and_another_place_are_other_keys(till: str, west_lake) -> None:
    other = ApiClient.objects.create(code="till-sh", name="Till", scopes=["orders", "customers"]).new_secret()
    send(till, SALE)

    assert send(other, SALE).status_code == 201
    person = send(other, {"source_ref": "1", "display_name": "A"}, path="/api/v1/customers/")
    assert (person.status_code, person.has_header("Idempotency-Replayed")) == (201, False)


@pytest.mark.django_db(transaction=True)
def test_the_same_command_from_two_connections_in_the_same_millisecond(till: str, west_lake, own_connections) -> None:
    answers: list[Any] = []
    gate = threading.Barrier(8)

    def run() -> None:
        gate.wait()
        answers.append(send(till, SALE))
        connections.close_all()

    threads = [threading.Thread(target=run) for _each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    fresh = [one for one in answers if one.status_code == 201 and not one.has_header("Idempotency-Replayed")]
    rest = [one for one in answers if one not in fresh]
    assert len(fresh) == 1
    assert all(one.has_header("Idempotency-Replayed") or slug(one) == "idempotency-in-progress" for one in rest)
    assert Order.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_while_the_first_runs_the_second_is_told_so(till: str, west_lake, own_connections) -> None:
    running, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        def command() -> tuple[int, dict[str, Any]]:
            running.set()
            may_end.wait(10)
            return 201, {"order": "x"}

        idempotency.once(client="till-hz", place=f"POST {ORDERS}", key="key-1", digest="x", command=command)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    running.wait(10)
    answer = send(till, SALE)
    may_end.set()
    thread.join()

    assert (slug(answer), answer["Retry-After"]) == ("idempotency-in-progress", "1")
    assert slug(send(till, SALE)) == "idempotency-key-reused"


def test_who_asks_too_often_is_told_when_to_come_back(till: str, settings) -> None:
    settings.API_CALLS_A_MINUTE = 3
    headers = {"Authorization": f"Bearer {till}"}

    answers = [Client().get(ORDERS + "x/", headers=headers) for _each in range(5)]

    assert [answer.status_code for answer in answers][-1] == 429
    assert slug(answers[-1]) == "too-many-requests"
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert ApiCall.objects.count() < 5  # throttled ones are not written down


def test_who_guesses_keys_is_slowed_down_and_the_right_key_still_opens(till: str, settings) -> None:
    settings.API_WRONG_KEYS = 3

    answers = [send(till[:-3] + f"{count:03}", SALE) for count in range(5)]

    assert [slug(one) for one in answers] == ["unauthorized"] * 3 + ["too-many-requests"] * 2
    assert slug(send(till, {})) == "validation"


def test_without_the_counters_nothing_is_taken(till: str, settings, west_lake) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }

    answer = send(till, SALE)

    assert (answer.status_code, slug(answer)) == (503, "unavailable")
    assert not Order.objects.exists()


def test_without_the_database_we_say_so(till: str, monkeypatch) -> None:
    from django.db import OperationalError

    def away(*args: Any, **kwargs: Any) -> None:
        raise OperationalError

    monkeypatch.setattr("staff.api_key.ApiClient.objects.filter", away)

    assert slug(send(till, SALE)) == "unavailable"


def test_what_breaks_is_told_as_a_problem_without_its_inside(till: str, monkeypatch) -> None:
    def breaks(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("19900001234")

    monkeypatch.setattr("commerce.api.read_receipt", breaks)
    answer = send(till, SALE)

    assert slug(answer) == "internal"
    assert "19900001234" not in answer.content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_has_a_page(kind: str, client: Client, db: None) -> None:
    assert kind in client.get(f"/problems/{kind}/").content.decode()
    assert client.get("/problems/nothing/").status_code == 404


@pytest.mark.parametrize(("language", "title"), [("en", "Not here"), ("zh-CN", "没有这一页")])
def test_the_title_follows_the_reader(till: str, language: str, title: str) -> None:
    answer = Client().get(
        ORDERS + "x/", headers={"Authorization": f"Bearer {till}", "Accept-Language": language}
    )  # fmt: skip

    assert answer.json()["title"] == title


def test_calls_are_written_down_by_their_route(till: str, west_lake) -> None:
    send(till, SALE)
    send(till, SALE)
    Client().get(ORDERS + "19900001234/", headers={"Authorization": f"Bearer {till}"})

    assert list(ApiCall.objects.order_by("pk").values_list("method", "route", "status", "replayed", "problem")) == [
        ("POST", "orders/", 201, False, ""),
        ("POST", "orders/", 201, True, ""),
        ("GET", "orders/<path:source_ref>/", 404, False, "not-found"),
    ]
    assert ApiCall.objects.values_list("tail", flat=True)[0] == till[-4:]


def test_records_go_after_thirty_days(till: str, west_lake) -> None:
    send(till, SALE)
    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(days=29))
    clear_api_records()
    assert IdempotencyRecord.objects.count() == ApiCall.objects.count() == 1

    IdempotencyRecord.objects.update(created_at=timezone.now() - timedelta(days=31))
    ApiCall.objects.update(at=timezone.now() - timedelta(days=31))
    clear_api_records()

    assert IdempotencyRecord.objects.count() == ApiCall.objects.count() == 0

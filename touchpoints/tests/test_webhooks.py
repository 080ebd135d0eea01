"""News going out: written with the deed, signed, delivered at least once under one id."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook

from customers.models import Customer, Event
from scrm.kernel.refusals import TransitionRefused
from staff.models import ApiClient, AuditEntry, User
from touchpoints import webhooks
from touchpoints.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint


class Receiver:
    """A server that remembers what it got and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answer: Callable[[int], tuple[int, dict[str, str], bytes]] = lambda count: (200, {}, b"")
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status, headers, text = receiver.answer(len(receiver.got))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                try:
                    self.wfile.write(text)
                except OSError:
                    pass

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/in"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.OUTGOING_LOOPBACK = True
    one = Receiver()
    yield one
    one.server.shutdown()


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    webhooks.forget_endpoints()
    cache.clear()
    yield
    webhooks.forget_endpoints()


@pytest.fixture
def shop(db: None) -> ApiClient:
    return ApiClient.objects.create(code="shop", name="Shop", scopes=["webhooks"])


@pytest.fixture
def endpoint(shop: ApiClient, receiver: Receiver, gu: User) -> WebhookEndpoint:
    made, _secret = WebhookEndpoint.add(client=shop, url=receiver.url, kinds=["customer.joined"], by=gu)
    webhooks.forget_endpoints()
    return made


def due_now() -> None:
    WebhookDelivery.objects.filter(state="waiting").update(due_at=timezone.now() - timedelta(seconds=1))


def test_both_known_signatures_are_ours() -> None:
    first = webhooks.signatures(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
        b'{"test": 2432232314}',
    )  # fmt: skip
    body = '{"type":"order.paid","timestamp":"2026-01-02T03:04:05Z","data":{"source_ref":"T01-1","note":"林小姐"}}'
    both = webhooks.signatures(
        ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="],
        "evt_0001", "1767323045", body.encode(),
    )  # fmt: skip

    assert first == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert both == ("v1,vErR0Of+9kFnQDnTMVDAVc9WUCADRyiDtSJudqnG5Dg= v1,xZQnj5XH4w7/mqOvkbHcGBeLxfel8DXn3WZfOKl04YM=")


def test_an_event_is_delivered_signed_and_thin(endpoint: WebhookEndpoint, receiver: Receiver, mei: Customer) -> None:
    event = mei.record("customer.joined", source="shop", source_ref="7", number="A-7", phone="19900001234")

    assert webhooks.relay() == 1

    headers, body = receiver.got[0]
    told = Webhook(endpoint.live_secrets()[0]).verify(body, headers)
    assert headers["webhook-id"] == f"evt_{event.pk}"
    assert told["type"] == "customer.joined"
    assert told["data"] == {
        "event": event.pk, "sequence": event.pk, "customer": mei.number, "source": "shop", "source_ref": "7",
        "changed": ["number", "phone"],
    }  # fmt: skip
    assert b"1990000" not in body
    assert WebhookDelivery.objects.get().state == "sent"
    assert webhooks.relay() == 0


def test_a_full_message_has_no_contact_values(endpoint: WebhookEndpoint, receiver: Receiver, mei: Customer) -> None:
    WebhookEndpoint.objects.update(full=True)
    mei.record("customer.joined", note="call 199 0000 1234 or mei@example.com", pieces=[{"n": "+86-19900001234"}])

    webhooks.relay()

    assert json.loads(receiver.got[0][1])["data"]["details"] == {"note": "call *** or ***", "pieces": [{"n": "***"}]}


def test_only_asked_kinds_live_events_and_committed_ones_are_owed(endpoint: WebhookEndpoint, mei: Customer) -> None:
    mei.record("fact.told", key="x")
    Event.objects.record(customer=mei, kind="customer.joined", wakes=False)
    with transaction.atomic():
        mei.record("customer.joined")
        transaction.set_rollback(True)

    assert not WebhookDelivery.objects.exists()


def test_without_an_endpoint_an_event_costs_no_query(mei: Customer, django_assert_num_queries) -> None:
    mei.record("circle.left")

    with django_assert_num_queries(2):  # the line itself, and its mark for segments
        mei.record("circle.left")


def test_what_fails_is_tried_eight_times_then_paused_for_an_operator(
    endpoint: WebhookEndpoint, receiver: Receiver, mei: Customer, gu: User
) -> None:
    receiver.answer = lambda count: (500, {}, b"")
    event = mei.record("customer.joined")

    for _try in range(9):
        webhooks.relay()
        due_now()

    assert len(receiver.got) == 8
    assert {headers["webhook-id"] for headers, _body in receiver.got} == {f"evt_{event.pk}"}
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.reason, WebhookDelivery.objects.get().state) == ("paused", "failed", "dead")
    assert AuditEntry.objects.filter(what="webhook.paused").count() == 1

    mei.record("customer.joined")  # waits while it is paused
    assert webhooks.relay() == 0
    receiver.answer = lambda count: (200, {}, b"")
    endpoint.resume(by=gu)
    assert webhooks.relay() == 1
    assert endpoint.replay(WebhookDelivery.objects.filter(state="dead"), by=gu) == 1
    webhooks.relay()
    assert receiver.got[-1][0]["webhook-id"] == f"evt_{event.pk}"
    assert not WebhookDelivery.objects.exclude(state="sent").exists()


def test_the_waits_grow_and_retry_after_is_honoured(endpoint, receiver: Receiver, mei: Customer) -> None:
    receiver.answer = lambda count: (429, {"Retry-After": "900"}, b"") if count == 2 else (503, {}, b"")
    mei.record("customer.joined")
    waits = []
    for _try in range(4):
        webhooks.relay()
        waits.append((WebhookDelivery.objects.get().due_at - timezone.now()).total_seconds())
        due_now()

    assert 3 < waits[0] < 7
    assert 899 < waits[1] < 1100
    assert 1400 < waits[2] < 2200
    assert 5700 < waits[3] < 8700


def test_410_ends_it_and_a_redirect_is_a_failure(endpoint, receiver: Receiver, mei: Customer) -> None:
    receiver.answer = lambda count: (302, {"Location": receiver.url}, b"")
    mei.record("customer.joined")
    webhooks.relay()
    assert (len(receiver.got), WebhookDelivery.objects.get().state) == (1, "waiting")

    receiver.answer = lambda count: (410, {}, b"")
    due_now()
    webhooks.relay()

    endpoint.refresh_from_db()
    assert (endpoint.state, WebhookDelivery.objects.get().state) == ("disabled", "dead")
    webhooks.forget_endpoints()
    mei.record("customer.joined")
    assert WebhookDelivery.objects.count() == 1


def test_a_long_answer_is_not_read_and_a_closed_port_is_a_failure(endpoint, receiver: Receiver, mei: Customer) -> None:
    receiver.answer = lambda count: (200, {}, b"x" * 10_000_000)
    mei.record("customer.joined")
    webhooks.relay()
    assert WebhookDelivery.objects.get().state == "sent"

    WebhookEndpoint.objects.update(url="http://127.0.0.1:9/")
    mei.record("customer.joined")
    webhooks.relay()

    attempt = WebhookAttempt.objects.order_by("pk").last()
    assert (attempt.status, bool(attempt.error)) == (0, True)


def test_after_a_rotation_both_secrets_sign_for_a_day(endpoint, receiver: Receiver, mei: Customer, gu: User) -> None:
    former = endpoint.live_secrets()[0]
    new = endpoint.rotate(by=gu)
    with pytest.raises(TransitionRefused):
        endpoint.rotate(by=gu)
    mei.record("customer.joined")
    webhooks.relay()

    headers, body = receiver.got[0]
    assert Webhook(former).verify(body, headers) == Webhook(new).verify(body, headers)
    assert bytes(WebhookEndpoint.objects.get().secret) != new.encode()

    WebhookEndpoint.objects.update(former_until=timezone.now())
    assert WebhookEndpoint.objects.get().live_secrets() == [new]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_leaves_its_messages_to_the_next(
    endpoint, receiver: Receiver, mei: Customer, monkeypatch, own_connections: None
) -> None:
    events = [mei.record("customer.joined") for _each in range(5)]
    with monkeypatch.context() as patched:
        patched.setattr(webhooks, "_note", lambda *args: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            webhooks.relay()  # sent, and killed before it could write that down
    assert webhooks.relay() == 0  # leased: nobody sends them twice meanwhile

    due_now()
    threads = [threading.Thread(target=lambda: (webhooks.relay(), connections.close_all())) for _each in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ids = [headers["webhook-id"] for headers, _body in receiver.got]
    assert set(ids) == {f"evt_{event.pk}" for event in events}
    # Each at least once; those that had gone out before the kill twice, under the same number.
    assert 5 < len(ids) <= 10
    assert WebhookDelivery.objects.filter(state="sent").count() == WebhookDelivery.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_three_relays_at_once_send_each_once(
    endpoint, receiver: Receiver, mei: Customer, own_connections: None
) -> None:
    for _each in range(60):
        mei.record("customer.joined")
    threads = [threading.Thread(target=lambda: (webhooks.relay(), connections.close_all())) for _each in range(3)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert time.monotonic() - began < 60
    # A try that failed on a busy machine is made again; none that arrived is.
    for _again in range(3):
        due_now()
        webhooks.relay()
    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 60
    with connection.cursor() as cursor:
        cursor.execute("select count(*) filter (where status = 0), count(*) from touchpoints_webhookattempt")
        failed, tries = cursor.fetchone()
    assert tries - failed == 60
    assert len(receiver.got) <= tries


# The page and the API


def test_an_operator_adds_tests_and_replays(receiver: Receiver, shop, mei: Customer, gu: User, client: Client) -> None:
    client.force_login(gu)
    page = client.post(reverse("webhooks:index"), {"client": shop.pk, "url": receiver.url, "kinds": ["order.paid"]})
    endpoint = WebhookEndpoint.objects.get()
    assert endpoint.live_secrets()[0] in page.content.decode()
    assert endpoint.live_secrets()[0] not in client.get(reverse("webhooks:show", args=[endpoint.code])).content.decode()

    assert client.post(reverse("webhooks:test", args=[endpoint.code])).status_code == 302
    webhooks.relay()
    assert json.loads(receiver.got[0][1])["type"] == "webhook.test"
    span = {"since": "2020-01-01T00:00", "until": f"{timezone.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"}
    assert client.post(reverse("webhooks:replay", args=[endpoint.code]), span).status_code == 302
    assert webhooks.relay() == 1
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]
    one = {"delivery": WebhookDelivery.objects.get().pk}
    assert client.post(reverse("webhooks:replay", args=[endpoint.code]), one).status_code == 302
    assert WebhookDelivery.objects.get().state == "waiting"
    for bad in ({}, {"since": "x", "until": "y"}, {"since": span["until"], "until": span["since"]}):
        assert client.post(reverse("webhooks:replay", args=[endpoint.code]), bad).status_code == 422


def test_a_second_click_on_each_move_is_refused(endpoint: WebhookEndpoint, gu: User, client: Client) -> None:
    client.force_login(gu)

    for verb in ("pause", "resume", "end"):
        path = reverse(f"webhooks:{verb}", args=[endpoint.code])
        assert client.post(path).status_code == 302
        assert client.post(path).status_code == (404 if verb == "end" else 422)


def test_the_pages_need_few_queries(
    endpoint: WebhookEndpoint, mei: Customer, gu: User, client: Client, django_assert_max_num_queries
) -> None:
    for _each in range(5):
        mei.record("customer.joined")
    webhooks.relay()
    client.force_login(gu)
    client.get(reverse("staff:me"))

    with django_assert_max_num_queries(12):
        client.get(reverse("webhooks:index"))
    with django_assert_max_num_queries(12):
        page = client.get(reverse("webhooks:show", args=[endpoint.code]))
    assert page.content.decode().count("evt_") == 5


@pytest.mark.parametrize("url", ["http://example.com/", "https://127.0.0.1/", "https://u:p@example.com/", "x", ""])
def test_an_inner_address_is_no_target(shop: ApiClient, gu: User, client: Client, url: str) -> None:
    client.force_login(gu)

    assert client.post(reverse("webhooks:index"), {"client": shop.pk, "url": url}).status_code == 422
    assert not WebhookEndpoint.objects.exists()


def test_a_client_manages_its_own_by_api_and_finds_no_others(receiver: Receiver, shop: ApiClient) -> None:
    secret = shop.new_secret()
    other = ApiClient.objects.create(code="other", name="Other", scopes=["webhooks"]).new_secret()
    body = {"url": receiver.url, "kinds": ["order.paid"]}

    def ask(method: str, path: str, key: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "k1"}
        return getattr(Client(), method)(path, body, content_type="application/json", headers=headers)

    made = ask("post", "/api/v1/webhooks/", secret, body)
    again = ask("post", "/api/v1/webhooks/", secret, body)
    path = f"/api/v1/webhooks/{made.json()['code']}/"

    assert made.status_code == again.status_code == 201
    assert made.json()["secret"] == WebhookEndpoint.objects.get().live_secrets()[0]
    assert "secret" not in again.json()
    assert [one["code"] for one in ask("get", "/api/v1/webhooks/", secret).json()["results"]] == [made.json()["code"]]
    assert ask("get", "/api/v1/webhooks/", other).json() == {"results": []}
    assert ask("delete", path, other).status_code == 404
    assert ask("delete", path, secret).status_code == 204
    assert ask("delete", path, secret).status_code == 404
    for bad in ({"url": "https://10.0.0.1/"}, {"url": receiver.url, "kinds": ["nothing"]}, {"url": {}}, {}):
        assert Client().post(
            "/api/v1/webhooks/", bad, content_type="application/json",
            headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "k2"},
        ).status_code == 400  # fmt: skip


def test_a_client_may_have_ten(shop: ApiClient, receiver: Receiver) -> None:
    for _each in range(10):
        WebhookEndpoint.add(client=shop, url=receiver.url, kinds=[])

    with pytest.raises(TransitionRefused):
        WebhookEndpoint.add(client=shop, url=receiver.url, kinds=[])

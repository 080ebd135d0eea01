"""What reaches a log: never what somebody typed, always the number that stands on the page."""

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import shared_task
from django.conf import settings
from django.db import IntegrityError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

import scrm.urls
from customers.models import Event, Wakeup
from customers.wakeups import sweep
from scrm import celery
from scrm.kernel import logs, registry
from scrm.kernel.middleware import continuing, request_number
from staff.doors import open_door

PRIVATE = {"phone": "19900001234", "spaced": "199 0000 1234", "abroad": "+85291234567", "mail": "mei.zhang@example.com",
           "name": "梅雨晴", "code": "20418837"}  # fmt: skip
ALL = " ".join(PRIVATE.values())


class Broken(Exception):
    """An error whose text quotes what it was given."""


@open_door
def breaks(request: HttpRequest, given: str = "") -> HttpResponse:
    how = request.POST.get("how") or request.GET.get("how")
    if how == "database":
        with connection.cursor() as cursor:
            cursor.execute("insert into customers_customer (number, display_name) values (%s, null)", [ALL])
    if how == "logged":
        logging.getLogger("scrm.some").warning("Could not reach %s of %s.", PRIVATE["phone"], PRIVATE["mail"])
        logging.getLogger("other.library").error("tried %s", PRIVATE["spaced"] + " " + PRIVATE["code"])
        return HttpResponse()
    raise Broken(ALL)


urlpatterns = [*scrm.urls.urlpatterns, path("breaks/<str:given>/", breaks, name="breaks")]
handler404, handler500 = scrm.urls.handler404, scrm.urls.handler500


@pytest.fixture(params=["json", "line"])
def lines(request) -> Iterator[io.StringIO]:
    """What all loggers write, formed as in production."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.Json() if request.param == "json" else logs.Line())
    handler.addFilter(logs.Tidy())
    handler.form = request.param
    root = logging.getLogger()
    root.addHandler(handler)
    yield out
    root.removeHandler(handler)


def told(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def nothing_private(out: io.StringIO) -> None:
    for word in [*PRIVATE.values(), "19900001234", "91234567"]:
        assert word not in out.getvalue(), out.getvalue()


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("how", ["raise", "database", "logged"])
def test_nothing_typed_reaches_a_line(db, lines, how: str) -> None:
    client = Client(raise_request_exception=False)
    for value in PRIVATE.values():
        client.post(f"/breaks/{value}/?q={value}", {"how": how, "phone": value, "name": value})
        client.get(f"/breaks/{value}/?how={how}&q={value}")
        client.get(f"/nowhere/{value}/", {"q": value})
        client.post(reverse("staff:sign_in"), {"username": value, "password": value})

    assert lines.getvalue()
    nothing_private(lines)
    assert "breaks" in lines.getvalue()


@pytest.mark.urls(__name__)
def test_the_number_of_a_500_stands_in_page_header_and_log(db) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.Json())
    handler.addFilter(logs.Tidy())
    logging.getLogger().addHandler(handler)
    try:
        answer = Client(raise_request_exception=False).get("/breaks/x/")
    finally:
        logging.getLogger().removeHandler(handler)

    number = answer["X-Request-Number"]
    assert answer.status_code == 500
    assert number in answer.content.decode()
    error = next(line for line in told(out) if line.get("error"))
    assert error["request"] == number
    assert error["error"].endswith("Broken")
    assert any("breaks" in place for place in error["where"])
    access = next(line for line in told(out) if line["logger"] == "scrm.access")
    assert (access["route"], access["status"], access["request"]) == ("breaks", 500, number)


def test_a_line_names_the_colleague_by_number_alone(ke, mei, client) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.Json())
    logging.getLogger().addHandler(handler)
    client.force_login(ke)
    try:
        client.get(reverse("customers:show", args=[mei.number]))
    finally:
        logging.getLogger().removeHandler(handler)

    line = next(line for line in told(out) if line["logger"] == "scrm.access")
    assert (line["user"], line["route"]) == (ke.pk, "customers:show")
    assert line["ms"] >= 0
    assert mei.number not in out.getvalue()
    assert ke.username not in out.getvalue()


def test_what_the_database_broke_is_named_without_values(mei) -> None:
    with pytest.raises(IntegrityError) as caught:
        type(mei).objects.create(number=mei.number)

    words = logs.error_of(caught.value)
    assert "customers_customer_number" in words
    assert mei.number not in words


@shared_task
def told_task() -> None:
    seen.append(request_number())
    raise Broken(ALL)


seen: list[str] = []


def test_a_task_goes_on_under_the_number_of_its_request(lines) -> None:
    headers: dict[str, Any] = {}
    with continuing("ABCD1234"):
        celery.carry_request_number(headers=headers)
    assert headers[celery.HEADER] == "ABCD1234"

    told_task.push_request(**{celery.HEADER: headers[celery.HEADER]})
    try:
        celery.begin(task=told_task, task_id="t-1")
        with pytest.raises(Broken):
            told_task.run()
        logging.getLogger("scrm.some").warning("inside")
        celery.end(task=told_task, state="FAILURE")
    finally:
        told_task.pop_request()

    assert seen[-1] == "ABCD1234"
    assert request_number() == "-"
    assert "told_task" in lines.getvalue()
    assert "ABCD1234" in lines.getvalue()
    nothing_private(lines)


def test_a_reaction_is_named(mei, lines, monkeypatch) -> None:
    def act(event: Event) -> None:
        logging.getLogger("scrm.some").warning("reacting")
        raise Broken(ALL)

    monkeypatch.setitem(registry.reactions._entries, "tells", registry.Reaction("tells", (), act))
    event = Event.objects.first() or mei.record("customer.joined") or Event.objects.first()
    Wakeup.objects.create(event=event.pk, reaction="tells", tries=7)

    sweep()

    assert "tells" in lines.getvalue()
    nothing_private(lines)


def test_an_error_report_holds_nobody() -> None:
    event = {
        "event_id": "1", "level": "error", "request": {"data": ALL, "url": ALL}, "user": {"id": 1, "email": ALL},
        "breadcrumbs": [ALL], "extra": {"x": ALL}, "logentry": {"message": ALL}, "message": ALL,
        "exception": {"values": [{"type": "Broken", "value": ALL, "stacktrace": {
            "frames": [{"function": "f", "lineno": 3, "vars": {"x": ALL}, "context_line": ALL}]}}]},
    }  # fmt: skip

    report = json.dumps(logs.scrubbed(event, {}), ensure_ascii=False)

    assert not [word for word in PRIVATE.values() if word in report]
    assert '"type": "Broken"' in report


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call 19900001234 now", "call [digits] now"),
        ("+86 199 0000 1234", "[digits]"),
        ("199-0000-1234", "[digits]"),
        ("a@b.cn wrote", "[mail] wrote"),
        ("ref19900001234x", "ref[digits]x"),
        ("root " + "1234567890abcdef" * 4, "root " + "1234567890abcdef" * 4),
        ("port 5432, 3 rows in 120 ms", "port 5432, 3 rows in 120 ms"),
        ("two\nlines", "two ⏎ lines"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert logs.mask(text) == masked


def test_figures_are_for_this_machine_or_the_token(db, settings, client) -> None:
    settings.METRICS_TOKEN = ""
    text = client.get("/metrics").content.decode()
    for name in ("scrm_database_connections", "scrm_wakeup_oldest_due_seconds", "scrm_sign_in_locks",
                 'scrm_dead_letters{kind="reaction"}', "scrm_reveals_last_hour", "scrm_broker_up"):  # fmt: skip
        assert f"\n{name} " in text, text

    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 404
    assert client.get("/metrics", HTTP_X_FORWARDED_FOR="192.0.2.7").status_code == 404
    settings.SECURE = True
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a-token"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer another").status_code == 404
    assert client.get("/metrics", HTTP_AUTHORIZATION="Bearer a-token").status_code == 200


def test_answers_are_counted_by_route(ke, mei, client, settings) -> None:
    client.force_login(ke)
    client.get(reverse("customers:show", args=[mei.number]))
    client.get("/nowhere/19900001234/")

    text = client.get("/metrics").content.decode()

    assert 'scrm_requests_total{route="customers:show",status="2xx"}' in text
    assert 'scrm_request_seconds_bucket{route="customers:show",le="+Inf"}' in text
    assert "19900001234" not in text
    assert mei.number not in text


def test_what_waits_and_what_was_given_up_is_counted(mei, client, settings, tmp_path: Path) -> None:
    settings.LAST_BACKUP_FILE = tmp_path / "last-backup.json"
    settings.LAST_BACKUP_FILE.write_text('{"at": 1}')
    Wakeup.objects.create(event=1, reaction="x", state="dead")

    text = client.get("/metrics").content.decode()

    assert 'scrm_dead_letters{kind="reaction"} 1' in text
    assert "\nscrm_backup_age_seconds " in text


def test_the_settings_of_logs_form_every_line(db) -> None:
    assert settings.LOGGING["handlers"]["console"]["filters"] == ["tidy"]
    for name in ("django", "uvicorn", "uvicorn.error", "django.server"):
        assert settings.LOGGING["loggers"][name]["handlers"] == []

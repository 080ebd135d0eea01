"""The pages of pilots: planned, started, decided at the gate, gone on with; what is shown, refused, and to whom."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from journeys import pilots
from journeys.models import Pilot, PilotGate, PilotMember
from journeys.pilots.figures import compute
from journeys.pilots.running import fill_open
from journeys.tests.test_packages import a_package
from journeys.tests.test_pilot_figures import bought
from journeys.tests.test_pilots import a_pilot, people

SAID = {
    "code": "sport", "name_en": "Sport guide", "hypothesis": "It brings them back", "package": "care", "segment": "",
    "metric": "repurchase", "days": "30", "size": "40", "control": "50", "baseline": "28", "effect": "9",
}  # fmt: skip


def let_pass(client: Client, code: str, step: str, first, second) -> None:
    """Before its time: one asks, the other agrees."""
    for user, deed, said in ((first, "ask", {"why": "Fine"}), (second, "answer", {"do": "agree"})):
        client.force_login(user)
        assert client.post(f"/pilots/{code}/{deed}/", said | {"step": step}).status_code == 302
    client.force_login(first)


def test_an_operator_walks_a_pilot_from_the_plan_to_everybody(cast, gu, he, west_lake, client: Client) -> None:
    a_package()
    people(100, store=west_lake)
    client.force_login(gu)

    assert client.post("/pilots/new/", SAID).url == "/pilots/sport/"
    assert "Not begun" in client.get("/pilots/").content.decode()
    assert client.post("/pilots/sport/start/").status_code == 302
    assert client.post("/pilots/sport/start/").status_code == 422
    assert client.post("/pilots/sport/note/", {"said": "Wool\0 was added"}).status_code == 302
    assert client.post("/pilots/sport/note/", {"said": " "}).status_code == 422
    gate = {"decision": "go", "why": "Fine", "step": "1"}
    for wrong in ({"decision": "odd"}, {"why": ""}, {"step": "9" * 30}, {"step": "٢"}, {"step": "2"}):
        assert client.post("/pilots/sport/gate/", gate | wrong).status_code == 422
    assert client.post("/pilots/sport/gate/", gate | {"decision": "change"}).status_code == 422
    assert client.post("/pilots/sport/gate/", gate).status_code == 422, "not before its time by one person"
    let_pass(client, "sport", "1", gu, he)
    assert client.post("/pilots/sport/gate/", gate).status_code == 422
    for wrong in ({}, {"stores": "nowhere"}):
        assert client.post("/pilots/sport/next/", wrong).status_code == 422
    assert client.post("/pilots/sport/next/", {"stores": "HZ01"}).status_code == 302
    page = client.get("/pilots/sport/").content.decode()
    assert "Wool was added" in page
    assert "1 store" in page
    assert client.post("/pilots/sport/gate/", gate | {"step": "2"}).status_code == 422
    fill_open()
    let_pass(client, "sport", "2", gu, he)
    assert client.post("/pilots/sport/next/", {"everybody": "on"}).status_code == 302
    assert Pilot.objects.get().state == "rolled_out"
    assert client.post("/pilots/sport/stop/", {"why": "x"}).status_code == 422
    for query in ("step=1", "step=x", "step=٢", "after=x", "who=%00", "who=" + "x" * 5000):
        assert client.get(f"/pilots/sport/?{query}").status_code == 200


@pytest.mark.parametrize("wrong", [
    {"code": "new"}, {"code": "a b"}, {"name_en": ""}, {"hypothesis": ""}, {"hypothesis": "\0"}, {"package": "none"},
    {"segment": "none"}, {"metric": "before"}, {"days": "0"}, {"size": "9" * 30}, {"control": "95"}, {"effect": "90"},
])  # fmt: skip
def test_odd_plans_are_refused(cast, gu, client: Client, wrong: dict[str, str]) -> None:
    a_package()
    client.force_login(gu)

    assert client.post("/pilots/new/", SAID | wrong).status_code == 422
    assert not Pilot.objects.exists()


def test_the_finding_is_words_until_it_is_clear(cast, gu, he, client: Client) -> None:
    people(140)
    pilot = a_pilot(size=40)
    pilots.start(pilot, by=None, at=timezone.now() - timedelta(days=40))
    client.force_login(gu)
    step, now = pilot.steps.get(), timezone.now()

    def page() -> str:
        compute(step, at=timezone.now())
        return client.get("/pilots/guide/").content.decode()

    compute(step, at=timezone.now() - timedelta(days=39))
    assert "Cannot say yet" in client.get("/pilots/guide/").content.decode()
    bought(pilot, "pilot", 12, now - timedelta(days=20))
    bought(pilot, "control", 8, now - timedelta(days=20))
    assert "Bought again: not clear yet" in page()
    bought(pilot, "pilot", 24, now - timedelta(days=19))
    said = page()
    assert "Bought again: 40.0 percentage points more" in said
    assert "not what it brought" in said
    assert "Bought again: 40.0 percentage points more" in client.get("/pilots/").content.decode()

    let_pass(client, "guide", "1", gu, he)
    bought(pilot, "control", 40, now - timedelta(days=18))
    assert "40.0 percentage points more" in client.get("/pilots/guide/").content.decode()
    assert PilotGate.objects.get().figures["repurchase"]["value"] == 0.6


def test_each_member_one_may_see_says_why(cast, he, gu, west_lake, mei, client: Client) -> None:
    people(60)
    pilot = a_pilot(size=60)
    pilots.start(pilot, by=gu)
    row = PilotMember.objects.get(customer=mei)
    client.force_login(he)

    page = client.get("/pilots/guide/").content.decode()

    assert f"the hash {row.draw}" in page
    assert page.count("the hash") == 1
    assert "Not in it" in client.get("/pilots/guide/?who=p1").content.decode()


def test_the_pages_ask_little(cast, gu, client: Client, django_assert_max_num_queries, west_lake) -> None:
    people(140, store=west_lake)
    pilot = a_pilot(size=40)
    pilots.start(pilot, by=gu)
    compute(pilot.steps.get(), at=timezone.now())
    pilots.decide(pilot, "go", by=gu, why="Fine", step=1, agreed_by=cast.he)
    pilots.go_on(pilot, by=gu, stores=[west_lake])
    fill_open()
    compute(pilot.steps.last(), at=timezone.now())
    client.force_login(gu)

    for path, most in (("/pilots/", 12), ("/pilots/guide/", 14), ("/pilots/guide/?step=1", 14)):
        client.get(path)
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200


def test_a_lead_decides_and_others_find_a_closed_door(cast, he, lu, ke, ruoan, client: Client) -> None:
    people(60)
    pilot = a_pilot()
    pilots.start(pilot, by=None)
    gate = {"decision": "stop", "why": "No use", "step": "1"}
    deeds = {"start": {}, "note": {"said": "x"}, "next": {"everybody": "on"}, "stop": {"why": "x"}}

    for user in (ke, ruoan):
        client.force_login(user)
        assert client.get("/pilots/").status_code == 403
        assert client.get("/pilots/guide/").status_code == 403
        assert client.post("/pilots/guide/gate/", gate).status_code == 403
    client.force_login(lu)
    assert client.get("/pilots/guide/").status_code == 200
    assert client.post("/pilots/guide/gate/", gate).status_code == 403
    client.force_login(he)
    for name, said in deeds.items():
        assert client.post(f"/pilots/guide/{name}/", said).status_code == 403
    assert client.get("/pilots/new/").status_code == 403
    assert client.get("/pilots/none/").status_code == 404
    assert client.post("/pilots/guide/gate/", gate).status_code == 302
    assert Pilot.objects.get().state == "stopped"

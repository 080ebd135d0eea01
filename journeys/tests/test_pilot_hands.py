"""The gate of a pilot: by one person when all is true that should be, before that by two."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from journeys import pilots
from journeys.models import Pilot, PilotAsk, PilotChange, PilotGate
from journeys.tests.test_packages import at_once
from journeys.tests.test_pilot_figures import bought
from journeys.tests.test_pilots import _english, a_pilot, people  # noqa: F401
from scrm.kernel.refusals import TransitionRefused
from staff.models import AuditEntry


def running(**said: Any) -> Pilot:
    people(140)
    pilot = a_pilot(size=40, **said)
    pilots.start(pilot, by=None, at=timezone.now() - timedelta(days=40))
    return pilot


def test_before_its_time_nobody_lets_it_pass_alone(cast, gu, he) -> None:
    pilot = running()

    for agreed in ({}, {"agreed_by": gu}):
        with pytest.raises(TransitionRefused, match="second person"):
            pilots.decide(pilot, "go", by=gu, why="Fine", step=1, **agreed)
    pilots.ask(pilot, by=gu, why="The stores can take it", step=1)
    with pytest.raises(TransitionRefused, match="asked already"):
        pilots.ask(pilot, by=he, why="Me too", step=1)
    with pytest.raises(TransitionRefused, match="Who asked"):
        pilots.agree(pilot, by=gu, step=1)
    gate = pilots.agree(pilot, by=he, step=1)

    assert (gate.decision, gate.early, gate.by, gate.agreed_by) == ("go", True, gu, he)
    assert gate.why == "The stores can take it"
    assert PilotAsk.objects.get().state == "agreed"
    assert list(PilotChange.objects.order_by("-pk").values_list("kind", flat=True)[:2]) == ["go", "asked"]
    with pytest.raises(TransitionRefused):
        pilots.agree(pilot, by=he, step=1)


def test_a_request_is_declined_with_a_reason_and_may_be_made_again(cast, gu, he) -> None:
    pilot = running()
    pilots.ask(pilot, by=gu, why="Early", step=1)

    with pytest.raises(TransitionRefused, match="few words why"):
        pilots.decline(pilot, by=he, why=" ", step=1)
    pilots.decline(pilot, by=he, why="Too few people yet", step=1)
    with pytest.raises(TransitionRefused, match="answered this already"):
        pilots.agree(pilot, by=he, step=1)
    pilots.ask(pilot, by=gu, why="Again", step=1)
    pilots.decline(pilot, by=gu, why="A slip", step=1)
    pilots.ask(pilot, by=gu, why="Once more", step=1)
    pilots.decide(pilot, "stop", by=he, why="No use", step=1)

    assert sorted(PilotAsk.objects.values_list("state", flat=True)) == ["declined", "declined", "over"]
    assert not PilotGate.objects.filter(decision="go").exists()
    assert AuditEntry.objects.filter(what="pilot.declined").count() == 2


def test_once_all_is_true_one_person_is_enough(cast, gu, he) -> None:
    pilot = running(effect=40)
    bought(pilot, "pilot", 38, timezone.now() - timedelta(days=20))

    with pytest.raises(TransitionRefused, match="you can decide"):
        pilots.ask(pilot, by=gu, why="Early", step=1)
    gate = pilots.decide(pilot, "go", by=gu, why="Clear", step=1)

    assert (gate.early, gate.agreed_by) == (False, None)


def test_the_database_knows_that_it_takes_two(cast, gu, he) -> None:
    pilot = running()
    step = pilot.steps.get()
    gate = {"step": step, "decision": "go", "figures": {}, "why": "x", "by": gu, "early": True}

    for wrong, name in (({}, "early_is_agreed"), ({"agreed_by": gu}, "two_people")):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            PilotGate.objects.create(**gate | wrong)
    asked = {"step": step, "why": "x", "by": gu}
    with pytest.raises(IntegrityError, match="agreed_by_another"), transaction.atomic():
        PilotAsk.objects.create(**asked, state="agreed", answered_by=gu, answered_at=timezone.now())
    PilotAsk.objects.create(**asked)
    with pytest.raises(IntegrityError, match="one_open"), transaction.atomic():
        PilotAsk.objects.create(**asked)


def test_who_may_not_decide_any_more_has_asked_in_vain(cast, gu, he) -> None:
    pilot = running()
    pilots.ask(pilot, by=gu, why="Early", step=1)
    gu.is_active = False
    gu.save()

    with pytest.raises(TransitionRefused, match="may not decide any more"):
        pilots.agree(pilot, by=he, step=1)
    pilots.decline(pilot, by=he, why="Nobody to ask", step=1)
    assert not AuditEntry.objects.filter(what="pilot.agreed").exists()


def test_a_refusal_shows_the_figures_it_goes_by(cast, gu, client: Client) -> None:
    pilot = running(effect=40)
    client.force_login(gu)
    assert "Ask to let it pass early" in client.get("/pilots/guide/").content.decode()
    bought(pilot, "pilot", 38, timezone.now() - timedelta(days=20))

    refused = client.post("/pilots/guide/ask/", {"why": "Early", "step": "1"})

    assert refused.status_code == 422
    assert 'value="go"' in refused.content.decode()  # last night's figures would still have asked for a second person


@pytest.mark.django_db(transaction=True)
def test_of_two_who_agree_and_one_who_declines_one_is_heard(cast, gu, he, lu) -> None:
    running()
    pilots.ask(Pilot.objects.get(), by=gu, why="Early", step=1)

    refused = at_once(
        *[lambda: pilots.agree(Pilot.objects.get(), by=he, step=1)] * 2,
        lambda: pilots.decline(Pilot.objects.get(), by=lu, why="No", step=1),
    )

    assert len(refused) == 2
    assert PilotAsk.objects.get().state in ("agreed", "declined")


def test_the_page_asks_and_the_second_person_answers(cast, gu, he, ke, lu, client: Client) -> None:
    running()
    ask, answer = "/pilots/guide/ask/", "/pilots/guide/answer/"
    client.force_login(gu)

    page = client.get("/pilots/guide/").content.decode()
    assert "1 / 4" in page
    assert "Ask to let it pass early" in page
    assert 'value="go"' not in page
    for wrong in ({}, {"why": "x"}, {"why": "x", "step": "2"}, {"why": "x", "step": "٢"}, {"why": "\0", "step": "1"}):
        assert client.post(ask, wrong).status_code == 422
    assert client.post(ask, {"why": "The stores can take it", "step": "1"}).status_code == 302
    assert client.post(ask, {"why": "x", "step": "1"}).status_code == 422
    page = client.get("/pilots/guide/").content.decode()
    assert "You asked" in page
    assert 'value="agree"' not in page
    assert client.post(answer, {"do": "agree", "step": "1"}).status_code == 422
    for outsider in (ke, lu):
        client.force_login(outsider)
        for path in (ask, answer):
            assert client.post(path, {"do": "agree", "why": "x", "step": "1"}).status_code == 403
    client.force_login(he)
    assert "Waits for a second person" in client.get("/pilots/").content.decode()
    page = client.get("/pilots/guide/").content.decode()
    assert "Gu Yan: The stores can take it" in page
    for wrong in ({"do": "odd"}, {"do": "decline"}, {"do": "agree", "step": "9" * 30}):
        assert client.post(answer, {"step": "1"} | wrong).status_code == 422
    assert client.post(answer, {"do": "agree", "step": "1"}).status_code == 302
    assert AuditEntry.objects.get(what="pilot.agreed").who == he
    page = client.get("/pilots/guide/").content.decode()
    assert "He Qing agreed" in page
    assert "before its time" in page

"""Macros: made by whom, what a step may be, run by the verbs in one transaction, and taken back."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conftest import person
from customers.models import Event, Task
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import AuditEntry, Role, Team, User
from tickets import macros
from tickets.models import Macro, MacroRun, Notice, Scope, State, Ticket, Topic, Urgency
from tickets.models.macro import trouble_with_steps
from touchpoints.models import Channel, Conversation, Script, ScriptTopic, ScriptUse, ScriptVariant

HTMX = {"HX-Request": "true"}
CLOSE = [{"do": "note", "words": "Sent by courier"}, {"do": "move", "to": "resolved"}]


def as_(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def ticket(mei, lin, he) -> Ticket:
    made, _new = Ticket.open(mei, "Leggings pill", topic=Topic.objects.get(code="fault"), channel="app")
    made.hear("瑜伽裤起球，要换一条", channel="app", at=timezone.now(), source="t", source_ref="1")
    return made


@pytest.fixture
def desk(lin) -> Team:
    return Team.objects.get(code="desk-east")


def macro(by: User, steps, name: str = "M", **more) -> Macro:
    return Macro.keep_new(name, by=by, steps=steps, **more)


def run(macro: Macro, ticket: Ticket, by: User, batch: str = "b") -> macros.Outcome:
    return macros.run(macro, Ticket.objects.get(pk=ticket.pk), by=by, batch=batch)


def at(ticket: Ticket, macro: Macro) -> str:
    return reverse("tickets:run", args=[ticket.number, macro.pk])


# What a step may be


@pytest.mark.parametrize("steps", [
    None, {}, [], "x", [1], [{"do": "delete"}], [{"do": "topic"}], [{"do": "topic", "to": 1}],
    [{"do": "topic", "to": "fault", "sql": "x"}], [{"do": "urgency", "to": 9}], [{"do": "urgency", "to": "2"}],
    [{"do": "urgency", "to": True}],
    [{"do": "assign", "to": "qing.he"}], [{"do": "note", "words": "  "}], [{"do": "note", "words": "x" * 2001}],
    [{"do": "note", "words": "a\0"}], [{"do": "task", "words": "x", "days": 400}],
    [{"do": "task", "words": "x", "days": True}], [{"do": "task", "words": "x"}], [{"do": "snooze", "to": "never"}],
    [{"do": "move", "to": "merged"}], [{"do": "move", "to": "held"}], [{"do": "reply"}],
    [{"do": "reply", "script": "a", "words": "b"}], [{"do": "reply", "words": "{password}"}],
    [{"do": "reply", "words": "{points}"}], [{"do": "move", "to": "resolved"}, {"do": "note", "words": "x"}],
    [{"do": "note", "words": "x"}, {"do": "note", "words": "y"}], [{"do": ["note"]}],
])  # fmt: skip
def test_a_list_that_is_none_of_steps(lin, steps) -> None:
    assert trouble_with_steps(steps)
    with pytest.raises(TransitionRefused):
        macro(lin, steps)
    with pytest.raises(ValidationError):
        Macro(name="x", owner=lin, steps=steps).clean()


def test_an_empty_list_is_kept_by_no_way(lin) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        Macro.objects.create(name="x", owner=lin, steps=[])


# Made


def test_made_on_its_page_step_by_step_in_order(client, lin, desk) -> None:
    data = {"name": "Courier ", "topic": "delivery", "urgency": "3", "assign": "team:desk-east", "note": "Called",
            "task": "Ask if it came", "days": "3", "snooze": "morning", "move": "held", "waits_for": "the courier",
            "reply": "{name}您好"}  # fmt: skip
    answer = as_(client, lin).post(reverse("tickets:new_macro"), data)

    assert answer.status_code == 302
    made = Macro.objects.get()
    assert [step["do"] for step in made.steps] == [
        "topic", "urgency", "assign", "note", "task", "snooze", "move", "reply"]  # fmt: skip
    page = client.get(reverse("tickets:macros")).content.decode()
    assert "Ask if it came (in 3 days)" in page
    shown = client.get(reverse("tickets:macro", args=[made.pk])).content.decode()
    assert "the courier" in shown
    client.post(reverse("tickets:macro", args=[made.pk]), {"name": "Courier", "urgency": "1"})
    made.refresh_from_db()
    assert made.steps == [{"do": "urgency", "to": 1}]


@pytest.mark.parametrize("data", [
    {}, {"name": "x"}, {"name": "", "note": "y"}, {"name": "x", "move": "held"}, {"name": "x", "reply": "{points}"},
    {"name": "x", "topic": "' OR 1=1"}, {"name": "x", "assign": "user:qing.he"}, {"name": "x", "days": "-1", "task": "y"},
    {"name": "x\0", "note": "y"}, {"name": "x", "note": "y", "for_whom": "all"}, {"name": "x", "note": "y" * 3000},
    {"name": "x", "note": "y", "for_whom": "team-far"},
])  # fmt: skip
def test_what_is_no_macro_is_refused(client, lin, data) -> None:
    Team.objects.create(code="far", name=words("远"))

    assert as_(client, lin).post(reverse("tickets:new_macro"), data).status_code == 422
    assert not Macro.objects.exists()


def test_agents_make_their_own_leads_and_head_office_for_all(client, lin, he, gu, ke, lu) -> None:
    for user, status in ((lin, 200), (he, 200), (gu, 200), (ke, 403), (lu, 403)):
        assert as_(client, user).get(reverse("tickets:new_macro")).status_code == status
    with pytest.raises(TransitionRefused):
        macro(lin, CLOSE, scope=Scope.ALL)
    shared = macro(he, CLOSE, "For all", scope=Scope.ALL)
    assert AuditEntry.objects.filter(what="macro.made", who=he).count() == 1

    assert "For all" in as_(client, lin).get(reverse("tickets:macros")).content.decode()
    for verb in ("remove", "up"):
        assert client.post(reverse("tickets:turn_macro", args=[shared.pk, verb])).status_code == 404
    assert client.get(reverse("tickets:macro", args=[shared.pk])).status_code == 404
    page = as_(client, gu).post(reverse("tickets:turn_macro", args=[shared.pk, "remove"]), follow=True)
    assert "Removed: For all" in page.content.decode()
    client.post(reverse("tickets:turn_macro", args=[shared.pk, "restore"]))
    assert Macro.objects.get().removed_at is None
    assert client.post(reverse("tickets:turn_macro", args=[shared.pk, "destroy"])).status_code == 404


# Run


def test_one_click_does_all_of_it_by_the_verbs(client, ticket, lin, desk) -> None:
    made = macro(lin, [
        {"do": "topic", "to": "delivery"}, {"do": "urgency", "to": 4}, {"do": "assign", "to": "me"},
        {"do": "note", "words": "Sent by courier"}, {"do": "task", "words": "Ask if it came", "days": 2},
        {"do": "snooze", "to": "monday"}, {"do": "move", "to": "held", "words": "the courier"},
        {"do": "reply", "words": "{name}您好，已寄出。"},
    ])  # fmt: skip

    page = as_(client, lin).post(at(ticket, made), {"token": "t1", "text": "先说一句"}, headers=HTMX)

    text = page.content.decode()
    ticket.refresh_from_db()
    assert (ticket.topic.code, ticket.urgency, ticket.owner, ticket.state) == ("delivery", 4, lin, State.HELD)
    assert ticket.snoozed_until > timezone.now()
    assert ticket.entries.filter(body="Sent by courier", author=lin).exists()
    assert Task.objects.get(customer=ticket.customer).owner == lin
    assert "先说一句\n雨晴您好，已寄出。" in text or "先说一句\n梅雨晴您好，已寄出。" in text
    assert not ticket.entries.filter(direction="out").exists(), "nothing is sent by itself"
    assert Event.objects.filter(kind="case.moved", actor_id=lin.pk).exists()
    made.refresh_from_db()
    assert made.uses == 1
    assert "Undo" in text


def test_a_step_that_is_refused_is_named_and_stops_no_other(client, ticket, lin) -> None:
    made = macro(
        lin, [{"do": "topic", "to": "gone"}, {"do": "note", "words": "@nobody Kept"}, {"do": "move", "to": "open"}]
    )

    page = as_(client, lin).post(at(ticket, made), {"token": "t"}, headers=HTMX).content.decode()

    assert "This is not here any more" in page
    assert "not waiting for anything" in page
    assert ticket.entries.filter(body="@nobody Kept").exists()


def test_two_clicks_are_one_run(client, ticket, lin) -> None:
    made = macro(lin, [{"do": "note", "words": "Once"}])
    for _click in range(2):
        page = as_(client, lin).post(at(ticket, made), {"token": "same"}, headers=HTMX)
        assert page.status_code == 200

    assert ticket.entries.filter(body="Once").count() == 1
    assert Macro.objects.get().uses == 1


@pytest.mark.django_db(transaction=True)
def test_two_threads_are_one_run(ticket, lin, own_connections) -> None:
    made, start = macro(lin, [{"do": "note", "words": "Once"}]), Barrier(2)

    def click() -> None:
        start.wait()
        run(Macro.objects.get(pk=made.pk), ticket, User.objects.get(pk=lin.pk), "same")
        connections.close_all()

    threads = [Thread(target=click) for _tab in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ticket.entries.filter(body="Once").count() == 1
    assert MacroRun.objects.count() == 1


def test_no_token_no_run_and_nothing_typed_is_lost(client, ticket, lin) -> None:
    made = macro(lin, CLOSE)

    page = as_(client, lin).post(at(ticket, made), {"text": "Half a sentence"}, headers=HTMX)

    assert page.status_code == 422
    assert "Half a sentence" in page.content.decode()


def test_what_is_not_ones_own_is_not_there(client, ticket, lin, he, ke, zhao, jingan) -> None:
    secret = macro(he, CLOSE, "His own")
    own = macro(lin, CLOSE, "Hers")
    stranger = person("wei.su", Role.LEAD, store=jingan)

    assert as_(client, lin).post(at(ticket, secret), {"token": "t"}).status_code == 404
    assert as_(client, stranger).post(at(ticket, macro(stranger, CLOSE)), {"token": "t"}).status_code == 404
    assert as_(client, ke).post(at(ticket, own), {"token": "t"}).status_code == 403
    own.remove(by=lin)
    assert as_(client, lin).post(at(ticket, own), {"token": "t"}).status_code == 404
    assert not MacroRun.objects.exists()


def test_who_sends_a_case_away_is_led_home(client, ticket, lin, west_lake) -> None:
    far = Team.objects.create(code="far", name=words("远"))
    Ticket.objects.filter(pk=ticket.pk).update(store=None)
    made = macro(lin, [{"do": "assign", "to": "team:far"}])

    answer = as_(client, lin).post(at(ticket, made), {"token": "t"}, headers=HTMX)

    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/inbox/")
    assert Ticket.objects.get(pk=ticket.pk).team == far
    assert "not on your desk any more" in client.get("/inbox/").content.decode()


def test_a_script_is_laid_ready_and_counted_when_it_is_sent(client, ticket, mei, lin, ke) -> None:
    channel = Channel.objects.create(code="box", adapter="sandbox", way="app", state=Channel.State.ON)
    talk = Conversation.objects.create(customer=mei, channel=channel, thread="mei")
    talk.hear("It pills", at=timezone.now(), source="box", source_ref="m0")
    script = Script.objects.create(code="swap", topic=ScriptTopic.objects.first(), owner=ke, changed_by=ke, state="approved",
                                   approved_by=lin, approved_at=timezone.now(),
                                   review_by=timezone.localdate() + timedelta(days=9))  # fmt: skip
    ScriptVariant.objects.create(script=script, way="", locale="zh-hans", body="{name}，给您换一条。")
    made = macro(lin, [{"do": "reply", "script": "swap"}])

    page = as_(client, lin).post(at(ticket, made), {"token": "t"}, headers=HTMX).content.decode()

    assert "给您换一条。" in page
    assert 'name="script" value="swap"' in page
    assert not talk.messages.filter(direction="out").exists()
    client.post(reverse("tickets:say", args=[ticket.number]),
                {"how": f"talk-{talk.pk}", "text": "给您换一条。", "script": "swap", "token": "k"})  # fmt: skip
    assert ScriptUse.objects.filter(script=script).count() == 1


def test_the_list_on_the_case_shows_what_each_does(client, ticket, lin) -> None:
    macro(lin, CLOSE, "Close with a word")
    as_(client, lin)

    page = client.get(reverse("tickets:form", args=[ticket.number, "macros"]), headers=HTMX).content.decode()
    assert "Close with a word" in page
    assert "Status → All done" in page
    client.get(reverse("tickets:form", args=[ticket.number, "macros"]), headers=HTMX)
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("tickets:macros"))
    assert len(asked) <= 14


# Taken back


def test_everything_is_as_it_was_but_what_was_written(client, ticket, lin, he, desk) -> None:
    ticket.assign(he, by=he)
    before = Ticket.objects.get(pk=ticket.pk)
    made = macro(lin, [
        {"do": "topic", "to": "delivery"}, {"do": "urgency", "to": 4}, {"do": "assign", "to": "team:desk-east"},
        {"do": "note", "words": "Stays"}, {"do": "task", "words": "Ask", "days": 1}, {"do": "snooze", "to": "monday"},
        {"do": "move", "to": "waiting"},
    ])  # fmt: skip
    as_(client, lin).post(at(ticket, made), {"token": "t"}, headers=HTMX)

    back = client.post(reverse("tickets:undo_run", args=[ticket.number]), {"batch": "t"}, headers=HTMX)

    after = Ticket.objects.get(pk=ticket.pk)
    for name in ("topic_id", "urgency", "risk", "owner_id", "team_id", "snoozed_until", "state", "priority"):
        assert getattr(after, name) == getattr(before, name), name
    assert Task.objects.get().state == "dropped"
    assert "What was written down stays." in back.content.decode()
    assert client.post(reverse("tickets:undo_run", args=[ticket.number]), {"batch": "t"}).status_code == 422


def test_done_is_opened_again(ticket, lin) -> None:
    outcome = run(macro(lin, [{"do": "move", "to": "resolved"}]), ticket, lin)
    assert macros.undo(outcome.run, by=lin) == []
    assert Ticket.objects.get(pk=ticket.pk).state == State.OPEN


def test_what_somebody_changed_since_stays_theirs(ticket, lin, he) -> None:
    made = macro(lin, [{"do": "urgency", "to": 4}, {"do": "assign", "to": "me"}])
    outcome = run(made, ticket, lin)
    fresh = Ticket.objects.get(pk=ticket.pk)
    fresh.assign(he, by=he)
    fresh.refresh_from_db()
    fresh.describe(by=he, version=fresh.version, urgency=Urgency.LOW)

    left = macros.undo(outcome.run, by=lin)

    assert [one["do"] for one in left] == ["assign", "urgency"]
    fresh.refresh_from_db()
    assert (fresh.owner, fresh.urgency) == (he, 1)


def test_nobody_else_and_not_later(client, ticket, lin, he) -> None:
    made = macro(lin, [{"do": "urgency", "to": 4}])
    outcome = run(made, ticket, lin, "t")

    assert as_(client, he).post(reverse("tickets:undo_run", args=[ticket.number]), {"batch": "t"}).status_code == 404
    with pytest.raises(TransitionRefused):
        macros.undo(outcome.run, by=he)
    MacroRun.objects.update(at=timezone.now() - timedelta(minutes=11))
    assert as_(client, lin).post(reverse("tickets:undo_run", args=[ticket.number]), {"batch": "t"}).status_code == 422


# Many


def test_on_several_cases_each_with_what_was_refused_and_taken_back(client, ticket, mei, lin, he) -> None:
    done, _new = Ticket.open(mei, "Done before")
    done.resolve(by=he)
    made = macro(lin, [{"do": "urgency", "to": 4}, {"do": "snooze", "to": "hour"}, {"do": "reply", "words": "Hi"}])
    data = {"case": [ticket.number, done.number, 10**8], "deed": "macro", "to": f"macro-{made.pk}", "token": "many"}

    page = as_(client, lin).post(reverse("tickets:bulk"), data).content.decode()

    assert "nothing to put off" in page
    assert "one case at a time" in page
    assert Ticket.objects.get(pk=ticket.pk).snoozed_until is not None
    client.post(reverse("tickets:bulk"), data)
    assert Macro.objects.get().uses == 2, "the same form twice does nothing more"
    back = client.post(reverse("tickets:undo_bulk"), {"batch": "many"})
    assert back.status_code == 200
    assert Ticket.objects.get(pk=ticket.pk).snoozed_until is None
    assert client.post(reverse("tickets:undo_bulk"), {"batch": "many"}).status_code == 422


def test_which_macro_is_asked_on_a_page(client, ticket, lin) -> None:
    macro(lin, CLOSE, "Close with a word")

    page = as_(client, lin).post(reverse("tickets:bulk"), {"case": ticket.number, "deed": "macro"}).content.decode()

    assert "Close with a word" in page
    assert f'name="case" value="{ticket.number}"' in page
    assert client.post(reverse("tickets:bulk"), {"deed": "macro"}).status_code == 422


@pytest.mark.parametrize("to", ["macro-", "macro-0", "macro-' OR 1=1", "macro-" + "9" * 30, "macro-１"])
def test_a_macro_nobody_knows_is_refused(client, ticket, lin, to: str) -> None:
    answer = as_(client, lin).post(reverse("tickets:bulk"), {"case": ticket.number, "deed": "macro", "to": to})
    assert answer.status_code == 422
    assert not Notice.objects.exists()

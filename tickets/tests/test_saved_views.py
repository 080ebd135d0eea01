"""Views of the inbox kept under a name: whose they are, what they may hold, and that they cost nothing."""

from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conftest import person
from scrm.kernel import retention
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import Role, Team, User
from tickets.models import InboxHome, SavedView, Scope, Ticket, Topic
from tickets.models.tool import MOST

INBOX = "/inbox/"
VIEWS = "/inbox/views/"


def as_(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def turn(view: SavedView, verb: str) -> str:
    return reverse("tickets:view", args=[view.pk, verb])


@pytest.fixture
def faults(lin) -> SavedView:
    return SavedView.keep_new("Faults by app", by=lin, view="all", filters={"topic": "fault", "channel": "app"})


@pytest.fixture
def desk(lin) -> Team:
    return Team.objects.get(code="desk-east")


# Kept


def test_what_i_look_at_is_kept_under_a_name_and_found_beside_the_inbox(client, lin, mei) -> None:
    Ticket.open(mei, "Leggings pill", topic=Topic.objects.get(code="fault"), channel="app")
    Ticket.open(mei, "Where is it", topic=Topic.objects.get(code="delivery"), channel="app")
    as_(client, lin)

    asked = client.get(f"{VIEWS}?view=all&topic=fault").content.decode()
    assert 'value="fault"' in asked
    answer = client.post(VIEWS, {"name": " Faults  😀 ", "view": "all", "topic": "fault"}, follow=True)

    page = answer.content.decode()
    assert SavedView.objects.get().name == "Faults 😀"
    assert "Leggings pill" in page
    assert "Where is it" not in page
    assert page.index("Faults 😀") < page.index("Due soon"), "own ones stand first"


@pytest.mark.parametrize("data", [
    {"name": ""}, {"name": "   "}, {"name": "x" * 61}, {"name": "a\0b"}, {"name": "a\u202eb"}, {"name": "a\x07b"},
    {"name": "x", "view": "' OR 1=1"}, {"name": "x", "view": ""}, {"name": "x", "topic": "a b"},
    {"name": "x", "state": "'; drop table"}, {"name": "x", "for_whom": "all"}, {"name": "x", "for_whom": "team-none"},
    {"name": "x", "channel": "a\0"},
])  # fmt: skip
def test_what_cannot_be_kept_is_refused_with_a_sentence(client, lin, data) -> None:
    answer = as_(client, lin).post(VIEWS, {"view": "all"} | data)

    assert answer.status_code == 422
    assert "s-err" in answer.content.decode()
    assert not SavedView.objects.exists()


def test_a_name_of_ten_megabytes_is_turned_away(client, lin) -> None:
    assert 400 <= as_(client, lin).post(VIEWS, {"name": "x" * 10_000_000, "view": "all"}).status_code < 500


@pytest.mark.parametrize("name", ["👩‍💻 夜班", "' OR 1=1 --", "<script>alert(1)</script>", "{{ 7 }}", "%s %(n)s"])
def test_odd_names_are_names(client, lin, name: str) -> None:
    as_(client, lin).post(VIEWS, {"name": name, "view": "all"})

    page = client.get(INBOX).content.decode()
    assert SavedView.objects.get().name == name
    assert "<script>alert" not in page


def test_a_name_is_there_once_however_it_is_written(client, lin, faults, he) -> None:
    answer = as_(client, lin).post(VIEWS, {"name": "faults BY app", "view": "all"})

    assert answer.status_code == 422
    assert "There is one of this name already" in answer.content.decode()
    assert SavedView.keep_new("Faults by app", by=he, view="all").owner == he, "another person's names are theirs"
    with pytest.raises(IntegrityError), transaction.atomic():
        SavedView.objects.create(name="FAULTS BY APP", owner=lin, view="all")


def test_thirty_and_no_more(lin) -> None:
    for n in range(MOST):
        SavedView.keep_new(f"v{n}", by=lin, view="all")

    with pytest.raises(TransitionRefused, match="30"):
        SavedView.keep_new("one more", by=lin, view="all")


@pytest.mark.parametrize("what", [
    {"view": "nothing"}, {"view": "all", "filters": {"owner": "x"}}, {"view": "all", "filters": {"topic": 1}},
    {"view": "all", "filters": {"topic": "x" * 41}},
])  # fmt: skip
def test_the_model_keeps_to_its_list(lin, what) -> None:
    with pytest.raises(TransitionRefused):
        SavedView.keep_new("x", by=lin, **what)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_one_name_one_view(lin, own_connections) -> None:
    start, said = Barrier(2), []

    def keep() -> None:
        start.wait()
        try:
            SavedView.keep_new("The same", by=User.objects.get(pk=lin.pk), view="all")
            said.append("kept")
        except TransitionRefused:
            said.append("refused")
        connections.close_all()

    threads = [Thread(target=keep) for _tab in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(said) == ["kept", "refused"]
    assert SavedView.objects.count() == 1


# Whose


def test_a_teams_view_is_seen_in_the_team_and_nowhere_else(client, lin, desk, he, zhao) -> None:
    colleague = person("mo.yu", Role.AGENT, team=desk)
    shared = SavedView.keep_new("Ours", by=lin, scope=Scope.TEAM, team=desk, view="due")

    assert "Ours" in as_(client, colleague).get(f"{INBOX}?saved={shared.pk}").content.decode()
    for stranger in (he, zhao):
        as_(client, stranger)
        assert "Ours" not in client.get(INBOX).content.decode()
        theirs, absent = client.get(f"{INBOX}?saved={shared.pk}"), client.get(f"{INBOX}?saved=99999999")
        assert theirs.status_code == absent.status_code == 404
    for verb in ("rename", "remove", "up"):
        assert as_(client, colleague).post(turn(shared, verb), {"name": "Mine now"}).status_code == 404
    shared.refresh_from_db()
    assert shared.removed_at is None


@pytest.mark.parametrize("asked", ["' OR 1=1", "0", "-1", "1e9", "９", "9" * 40, "", "\0"])
def test_no_such_view_is_not_found(client, lin, asked: str) -> None:
    assert as_(client, lin).get(INBOX, {"saved": asked}).status_code == 404


def test_nobody_lays_one_ready_for_a_team_that_is_not_theirs(client, lin, he, desk) -> None:
    other = Team.objects.create(code="desk-far", name=words("远"))

    for team in (other, None):
        with pytest.raises(TransitionRefused):
            SavedView.keep_new("x", by=lin, scope=Scope.TEAM, team=team, view="all")
    answer = as_(client, lin).post(VIEWS, {"name": "x", "view": "all", "for_whom": "team-desk-far"})
    assert answer.status_code == 422


def test_a_lead_of_the_store_keeps_its_teams_views_in_order(client, he, west_lake, lin) -> None:
    floor = Team.objects.create(code="floor", name=words("店里"), store=west_lake)
    agent = person("mo.yu", Role.AGENT, team=floor)
    made = SavedView.keep_new("Floor", by=agent, scope=Scope.TEAM, team=floor, view="all")

    assert as_(client, he).post(turn(made, "rename"), {"name": "The floor"}).status_code == 302
    made.refresh_from_db()
    assert made.name == "The floor"


def test_leads_and_head_office_lay_ready_for_everybody(client, lin, he, gu, ke) -> None:
    with pytest.raises(TransitionRefused):
        SavedView.keep_new("All", by=lin, scope=Scope.ALL, view="all")
    made = SavedView.keep_new("Everybody", by=he, scope=Scope.ALL, view="all")

    assert "Everybody" in as_(client, ke).get(INBOX).content.decode()
    assert as_(client, lin).post(turn(made, "remove")).status_code == 404
    assert as_(client, gu).post(turn(made, "remove")).status_code == 302


# Changed


def test_removed_brought_back_and_not_twice(client, lin, faults) -> None:
    page = as_(client, lin).post(turn(faults, "remove"), follow=True).content.decode()
    assert "Removed: Faults by app" in page
    assert client.post(turn(faults, "remove")).status_code == 422
    assert client.get(f"{INBOX}?saved={faults.pk}").status_code == 404

    client.post(turn(faults, "restore"))
    assert client.get(f"{INBOX}?saved={faults.pk}").status_code == 200
    assert client.post(turn(faults, "restore")).status_code == 422


def test_a_name_given_away_meanwhile_is_said_when_it_comes_back(client, lin, faults) -> None:
    faults.remove(by=lin)
    SavedView.keep_new("Faults by app", by=lin, view="mine")

    answer = as_(client, lin).post(turn(faults, "restore"))
    assert answer.status_code == 422
    assert "There is one of this name already" in answer.content.decode()


def test_the_order_is_mine(client, lin, faults) -> None:
    second = SavedView.keep_new("Second", by=lin, view="mine")
    as_(client, lin).post(turn(second, "up"))
    assert [one.name for one in SavedView.objects.visible_to(lin).own_first()] == ["Second", "Faults by app"]
    client.post(turn(second, "up"))  # it is the first already
    client.post(turn(second, "down"))
    assert [one.name for one in SavedView.objects.visible_to(lin).own_first()] == ["Faults by app", "Second"]


def test_the_inbox_begins_where_i_want(client, lin, faults, mei) -> None:
    Ticket.open(mei, "Leggings pill", topic=Topic.objects.get(code="fault"), channel="app")
    as_(client, lin).post(turn(faults, "first"))

    assert "Leggings pill" in client.get(INBOX).content.decode()
    assert "Leggings pill" not in client.get(f"{INBOX}?view=mine").content.decode()
    client.post(turn(faults, "remove"))
    assert client.get(INBOX).status_code == 200, "a first view that was removed is none"
    client.post(turn(faults, "restore"))
    client.post(turn(faults, "not_first"))
    assert not InboxHome.objects.exists()


def test_an_unknown_verb_is_not_there(client, lin, faults) -> None:
    assert as_(client, lin).post(turn(faults, "destroy")).status_code == 404
    assert client.get(turn(faults, "remove")).status_code == 405


# Read


def test_a_topic_that_is_gone_is_said_and_the_rest_is_shown(client, lin, mei) -> None:
    Ticket.open(mei, "Leggings pill", channel="app")
    topic = Topic.objects.create(code="short-lived", name=words("短"))
    made = SavedView.keep_new("Old", by=lin, view="all", filters={"topic": "short-lived", "channel": "app"})
    topic.delete()

    page = as_(client, lin).get(f"{INBOX}?saved={made.pk}")

    assert page.status_code == 200
    assert "not there any more (short-lived)" in page.content.decode()
    assert "Leggings pill" in page.content.decode()


@pytest.mark.parametrize("filters", [[], {"topic": {"a": 1}}, {"state": "closed"}, {"x": "y"}, {"channel": ["app"]}])
def test_what_stands_in_the_row_is_never_trusted(client, lin, faults, filters) -> None:
    SavedView.objects.filter(pk=faults.pk).update(filters=filters)

    assert as_(client, lin).get(f"{INBOX}?saved={faults.pk}").status_code == 200


def test_active_filters_come_first_and_each_can_be_taken_away(client, lin, faults) -> None:
    page = as_(client, lin).get(f"{INBOX}?saved={faults.pk}").content.decode()

    chips = page[page.index("s-chips") : page.index("s-cfilter")]
    assert "view=all&amp;topic=fault" in chips
    assert "view=all&amp;channel=app" in chips


def test_the_inbox_keeps_to_its_queries(client, lin, faults, desk, he) -> None:
    for n in range(9):
        SavedView.keep_new(f"v{n}", by=lin, scope=Scope.TEAM, team=desk, view="due")
    as_(client, lin).get(INBOX)

    for path in (INBOX, f"{INBOX}?saved={faults.pk}", f"{INBOX}?view=all&topic=fault"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        assert len(asked) <= 12, [one["sql"][:90] for one in asked]
    with CaptureQueriesContext(connection) as asked:
        client.get(VIEWS)
    assert len(asked) <= 12


def test_what_was_removed_long_ago_goes(lin, faults) -> None:
    from datetime import timedelta

    from django.utils import timezone

    kept = SavedView.keep_new("Kept", by=lin, view="all")
    SavedView.objects.filter(pk=faults.pk).update(removed_at=timezone.now() - timedelta(days=31))

    assert retention.retain()["removed_tools"] == 1
    assert list(SavedView.objects.all()) == [kept]

"""Colleagues named in notes: who is offered, told once, refused; and that the two ways of asking who sees agree."""

import itertools

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conftest import person
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import Membership, Region, Role, Team, User
from tickets.models import EntryMention, Handover, Notice, Ticket, Topic
from tickets.models.mention import named_in
from tickets.naming import readers_of, with_chips

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(mei, lin, he, west_lake) -> Ticket:
    made, _new = Ticket.open(mei, "Leggings pill", topic=Topic.objects.get(code="fault"), channel="app")
    made.assign(lin, by=he)
    return Ticket.objects.get(pk=made.pk)


def as_(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def say(client: Client, ticket: Ticket, text: str, how: str = "note", key: str = "t", **more):
    return client.post(reverse("tickets:say", args=[ticket.number]), {"how": how, "text": text, "token": key}, **more)


# Named


def test_who_is_named_is_told_once_and_shown_as_a_chip(client, ticket, lin, he) -> None:
    for _click in range(2):
        say(as_(client, lin), ticket, "请@qing.he看一下，谢谢 @qing.he")

    assert Notice.objects.filter(kind="mention", to=he).count() == 1
    assert EntryMention.objects.count() == 1
    page = client.get(reverse("tickets:show", args=[ticket.number])).content.decode()
    assert page.count('title="qing.he">@He Qing</span>') == 2
    assert "看一下" in page


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@qing.he", ["qing.he"]), ("(@qing.he)", ["qing.he"]), ("@qing.he.", ["qing.he"]), ("@qing.he看", ["qing.he"]),
        ("看@qing.he", ["qing.he"]), ("@qing.he，@qing.he-", ["qing.he"]), ("me@qing.he", []), ("@qing.he2", []),
        ("@qing.he_x", []), ("@qing", []), ("@@qing.he", ["qing.he"]), ("@", []), ("@nobody", []),
        ("@QING.HE", []), ("@ qing.he", []), ("@qing.he.com", []), ("＠qing.he", []), ("@" + "x" * 5000, []),
    ],
)  # fmt: skip
def test_what_is_a_name_and_what_is_not(ticket, he, text: str, names: list[str]) -> None:
    assert [user.username for user in named_in(text, ticket)] == names


def test_a_chinese_sign_in_name_ends_where_it_ends(ticket, west_lake) -> None:
    person("陈可", Role.LEAD, store=west_lake)

    assert [user.username for user in named_in("请@陈可看一下", ticket)] == ["陈可"]


def test_a_name_who_may_not_see_the_case_is_refused_and_nothing_is_kept(client, ticket, lin, he, zhao) -> None:
    answer = say(as_(client, lin), ticket, "Look, @qing.he and @qi.zhao")

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Zhao Qi may not see this case" in text
    assert "Look, @qing.he and @qi.zhao" in text, "what was typed stays"
    assert not ticket.entries.exists()
    assert not Notice.objects.filter(kind="mention").exists()
    assert not Ticket.objects.visible_to(zhao).filter(pk=ticket.pk).exists()


def test_who_left_is_nobody(ticket, he) -> None:
    User.objects.filter(pk=he.pk).update(is_active=False)
    assert named_in("@qing.he", ticket) == []


def test_twenty_and_no_more(ticket, west_lake) -> None:
    for n in range(21):
        person(f"agent{n:02}", Role.LEAD, store=west_lake)
    with pytest.raises(TransitionRefused, match=r"twenty|二十"):
        named_in(" ".join(f"@agent{n:02}" for n in range(21)), ticket)


def test_only_notes_name(client, ticket, lin, he) -> None:
    say(as_(client, lin), ticket, "Told @qing.he on the phone", how="phone")

    assert not EntryMention.objects.exists()


def test_nobody_is_told_of_their_own_words(client, ticket, lin) -> None:
    say(as_(client, lin), ticket, "Note to self, @shu.lin")
    assert not Notice.objects.filter(kind="mention").exists()


def test_the_floor_reads_the_note_that_names_it_and_no_other(client, ticket, lin, ke, west_lake) -> None:
    Handover.to_store(ticket, west_lake, by=lin, note="")
    ticket.note("Looks like our fault", by=lin)
    ticket.note("@ke.chen please weigh the parcel", by=lin)

    page = as_(client, ke).get(reverse("tickets:show", args=[ticket.number])).content.decode()

    assert "please weigh the parcel" in page
    assert "Looks like our fault" not in page


def test_words_stay_words_beside_a_chip(ticket, lin, he) -> None:
    entry = ticket.note("<script>@qing.he</script> & <b>", by=lin)
    html = with_chips(entry.body, entry.mentions.select_related("user"))

    assert "<script>" not in html
    assert "&lt;script&gt;<span" in html
    assert html.endswith("&lt;/script&gt; &amp; &lt;b&gt;")


def test_a_note_by_a_machine_or_rule_names_as_well_and_a_long_one_is_cheap(ticket, lin) -> None:
    with CaptureQueriesContext(connection) as asked:
        ticket.note(" ".join(f"@nobody{n}" for n in range(600)), by=lin)
    assert len(asked) < 25


# Offered


@pytest.mark.parametrize(("asked", "found"), [
    ("", True), ("qing", True), ("QING", True), ("何", True), ("He Q", True), ("zzz", False), ("' OR 1=1", False),
    ("%", False), ("\0", True), ("x" * 5000, False), ("zh-hans", False),
])  # fmt: skip
def test_who_may_see_it_is_offered_by_the_beginning_of_a_name(client, ticket, lin, he, zhao, asked, found) -> None:
    page = as_(client, lin).get(reverse("tickets:names", args=[ticket.number]), {"q": asked}, headers=HTMX)

    text = page.content.decode()
    assert page.status_code == 200
    assert ('data-name="qing.he"' in text) == found
    assert "qi.zhao" not in text


def test_without_script_it_is_a_page(client, ticket, lin, he) -> None:
    page = as_(client, lin).get(reverse("tickets:names", args=[ticket.number])).content.decode()
    assert "@qing.he" in page
    assert "<h1" in page


def test_the_names_cost_few_queries_however_many(client, ticket, lin, west_lake) -> None:
    for n in range(30):
        person(f"agent{n:02}", Role.LEAD, store=west_lake)
    as_(client, lin).get(reverse("tickets:names", args=[ticket.number]), headers=HTMX)
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("tickets:names", args=[ticket.number]), {"q": "ag"}, headers=HTMX)
    assert len(asked) <= 10


def test_an_outsider_asks_in_vain(client, ticket, zhao) -> None:
    assert as_(client, zhao).get(reverse("tickets:names", args=[ticket.number])).status_code == 404


# Both ends of the same rule


def test_the_two_ways_of_asking_who_sees_a_case_agree(
    ticket, mei, ke, zhao, ruoan, lin, he, gu, lu, west_lake, jingan, east
) -> None:
    floor = Team.objects.create(code="floor", name=words("店"), store=west_lake)
    loose = Team.objects.create(code="loose", name=words("组"))
    north = Region.objects.create(code="north", name=words("北"))
    people = [
        ke, zhao, ruoan, lin, he, gu, lu, person("no.role", None), person("a.floor", Role.AGENT, team=floor),
        person("a.loose", Role.AGENT, team=loose), person("s.loose", Role.ASSOCIATE, team=loose),
        person("l.east", Role.LEAD, region=east), person("l.north", Role.LEAD, region=north),
        person("gone", Role.OPERATOR), person("past", Role.LEAD, store=west_lake), person("two", Role.ASSOCIATE, store=jingan),
    ]  # fmt: skip
    User.objects.filter(username="gone").update(is_active=False)
    Membership.objects.filter(user__username="past").update(ends_on=timezone.localdate() - timezone.timedelta(days=1))
    Membership.objects.create(user=User.objects.get(username="two"), role=Role.AGENT, team=floor)
    mei.advisor = ruoan
    mei.save()
    Handover.to_store(ticket, jingan, by=lin, note="")
    tried = 0
    for team, store, owner, handler in itertools.product(
        (None, floor, loose), (None, west_lake, jingan), (None, lin, zhao), (None, ke)
    ):
        Ticket.objects.filter(pk=ticket.pk).update(team=team, store=store, owner=owner, handler=handler)
        case = Ticket.objects.select_related("customer").get(pk=ticket.pk)
        asked = {user.username for user in readers_of(case)}
        seen = {
            user.username for user in User.objects.filter(pk__in=[one.pk for one in people])
            if Ticket.objects.visible_to(user).filter(pk=case.pk).exists()
        }  # fmt: skip
        assert asked == seen, (team, store, owner, handler)
        tried += 1
    assert tried == 54

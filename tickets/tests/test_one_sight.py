"""For every role the same cases everywhere: list, page, search, counts, socket, targets, panels, board, several at once."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from conftest import Cast, built_once, person
from customers.models import Customer
from staff.models import Region, Role, Team, User
from tickets import live
from tickets.board import board_of
from tickets.board import cases_of as carried_by
from tickets.bulk import act_on
from tickets.case_page import others_of
from tickets.models import Handover, State, Ticket
from tickets.panels import cases_of
from tickets.queries import VIEWS, counts_of, inbox_of

pytestmark = pytest.mark.django_db
PEOPLE = ("ke", "zhao", "ruoan", "lin", "he", "gu", "lu", "north", "lead_there", "nobody")
SEEN_BY_ALL_OF_IT = {"gu", "lu"}


@pytest.fixture(scope="module")
def cast(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Cast]:
    """One house for all who look: what each of them does is undone before the next comes."""
    with built_once(django_db_blocker, tmp_path_factory.mktemp("seen")):
        yield Cast().whole()


@pytest.fixture(scope="module")
def people(cast) -> dict[str, User]:
    region = Region.objects.create(code="north", name={"en": "North"})
    team = Team.objects.create(code="desk-north", name={"en": "North desk"}, region=region)
    return {
        **{name: getattr(cast, name) for name in ("ke", "zhao", "ruoan", "lin", "he", "gu", "lu")},
        "north": person("jia.ou", Role.AGENT, team=team),
        "lead_there": person("wei.su", Role.LEAD, store=cast.jingan),
        "nobody": person("no.post", None),
    }


@pytest.fixture(scope="module")
def cases(cast, people) -> list[Ticket]:
    """One of each way a case can be somebody's, live and done, at two stores, of desks, of nobody, handed over."""
    mei, west_lake, jingan = cast.mei, cast.west_lake, cast.jingan
    elsewhere = Customer.objects.create(number="J1", display_name="Elsewhere", home_store=jingan)
    homeless = Customer.objects.create(number="H1", display_name="Homeless")
    desk, north = Team.objects.get(code="desk-east"), Team.objects.get(code="desk-north")
    made: list[Ticket] = []

    def case(customer: Customer, **sets) -> Ticket:
        ticket = Ticket.open(customer, f"Matter {len(made):02d} zebra")[0]
        if sets:
            Ticket.objects.filter(pk=ticket.pk).update(**sets)
        made.append(ticket)
        return ticket

    for customer in (mei, elsewhere, homeless):
        case(customer)
        case(customer, team=desk, store=None)
        case(customer, team=north, store=None)
        case(customer, owner=people["lin"], state=State.OPEN)
        case(customer, owner=people["north"], state=State.OPEN, team=north)
        case(customer, handler=people["ke"], team=north, store=None)
        case(customer, state=State.RESOLVED, resolved_at=timezone.now(), owner=people["ruoan"])
        case(customer, snoozed_until=timezone.now() + timedelta(days=1))
    Handover.to_store(case(mei, team=north, store=None), jingan, by=people["lin"], note="")
    Handover.to_store(case(elsewhere, team=north, store=None), west_lake, by=people["lin"], note="")
    gone = case(mei, team=north, store=None)
    Handover.to_store(gone, jingan, by=people["lin"], note="").give_back(by=people["zhao"], result="done")
    return [Ticket.objects.get(pk=one.pk) for one in made]


@pytest.fixture(params=PEOPLE)
def who(request, people) -> User:
    """As the database knows them, with nothing that an earlier test has asked of them."""
    return User.objects.get(pk=people[request.param].pk)


@pytest.fixture
def seen(who: User, cases: list[Ticket]) -> set[int]:
    found = set(Ticket.objects.visible_to(who).values_list("number", flat=True))
    # A sight of everything or of nothing is only right for some; the rest must see a part, or this proves little.
    name = who.username
    if name in ("yan.gu", "zhixing.lu"):
        assert len(found) == len(cases)
    elif name == "no.post":
        assert not found
    else:
        assert 0 < len(found) < len(cases), name
    return found


def everywhere(user: User, view: str, **asked: str) -> set[int]:
    """Every page of a view, and of each pressing group that has more than it shows."""
    numbers: set[int] = set()
    cursor, more = None, []
    while True:
        found = inbox_of(user, view=view, asked={}, cursor=cursor, **asked)
        numbers |= {one.number for one in found.rows}
        more += [group.code for group in found.groups if group.has_more]
        cursor = found.page.next_cursor
        if cursor is None:
            return numbers.union(*(everywhere(user, view, only=code) for code in more))


def test_the_lists_hold_what_is_seen_and_nothing_else(who, cases, seen) -> None:
    by_number = {one.number: one for one in cases}
    shown = everywhere(who, "all") | everywhere(who, "later") | everywhere(who, "done")

    assert shown == seen
    for view in VIEWS:
        assert everywhere(who, view) <= seen
    assert everywhere(who, "free") == {
        number for number in seen if by_number[number].owner_id is None and by_number[number].is_live
        and by_number[number].snoozed_until is None
    }  # fmt: skip


def test_search_and_counts_are_of_what_is_seen(who, cases, seen) -> None:
    assert everywhere(who, "all", search="zebra") == seen
    for case in cases:
        assert everywhere(who, "all", search=str(case.number)) == ({case.number} & seen)
    counts = counts_of(Ticket.objects.visible_to(who), who, timezone.now())
    for view in ("mine", "free", "store", "later", "waiting"):
        assert counts.get(view, 0) == len(everywhere(who, view)), view


def test_the_page_and_every_verb_know_the_same(who, cases, seen) -> None:
    client = Client()
    client.force_login(who)
    absent = client.get("/cases/99999999/")
    for case in cases:
        page = client.get(f"/cases/{case.number}/")
        assert (page.status_code == 200) == (case.number in seen), case.subject
        if case.number not in seen:
            assert page.status_code == absent.status_code
            assert "zebra" not in page.content.decode()
            for verb in ("say/", "assign/", "describe/", "promise/", "goodwill/", "join/", "split/", "store/", "topic/",
                         "move/take/", "move/resolve/", "code/", "link/"):  # fmt: skip
                assert client.post(f"/cases/{case.number}/{verb}").status_code in (403, 404), verb
    assert set(Ticket.objects.values_list("version", "number")) == {(one.version, one.number) for one in cases}


def test_the_socket_watches_only_what_is_seen(who, cases, seen) -> None:
    watched = {case.number for case in cases if live.case_group(who, str(case.number))}

    assert watched == seen


def test_targets_panels_and_boards_offer_only_what_is_seen(who, cases, seen) -> None:
    for case in cases:
        assert {one.number for one in others_of(case, who)} <= seen
    for customer in Customer.objects.all():
        item = cases_of(who, customer)
        assert {one.number for one in [*item["live"], *item["done"]]} <= seen
    if who.may("team.read"):
        board = board_of(who)
        assert {one.number for one in board.look} <= seen
        assert sum(load.live for load in board.loads) <= len(seen)
        for load in board.loads:
            assert {one.number for one in carried_by(load.user, who, cursor=None).rows} <= seen


def test_several_at_once_touch_only_what_is_seen(who, cases, seen) -> None:
    if not who.may("cases.work"):
        client = Client()
        client.force_login(who)
        numbers = [case.number for case in cases]
        assert client.post("/inbox/bulk/", {"case": numbers, "deed": "resolve"}).status_code == 403
        assert set(Ticket.objects.values_list("number", "version")) == {(one.number, one.version) for one in cases}
        return
    result = act_on(who, [case.number for case in cases], deed="snooze", to="morning")

    touched = {one.number for one in result.done} | {one.number for one, _why in result.refused}
    assert touched == seen
    assert result.missing == len(cases) - len(seen)
    unseen = Ticket.objects.exclude(number__in=seen)
    assert {(one.number, one.version) for one in unseen} == {
        (one.number, one.version) for one in cases if one.number not in seen
    }


def test_a_case_that_is_not_seen_is_no_target_and_is_told_like_an_absent_one(people, cases) -> None:
    lin = people["lin"]
    seen = set(Ticket.objects.visible_to(lin).values_list("number", flat=True))
    into = next(one for one in cases if one.number in seen and one.is_live)
    hidden = next(one for one in cases if one.number not in seen)
    client = Client()
    client.force_login(lin)
    said = [
        re.sub(r'value="\w{60,}"|nonce="\w+"|\d\d:\d\d(:\d\d)?|[0-9a-f]{32}', "", client.post(
            f"/cases/{into.number}/join/", {"other": number}, headers={"HX-Request": "true"}
        ).content.decode())
        for number in (hidden.number, 99999999)
    ]  # fmt: skip

    assert "zebra" in said[0]
    assert hidden.subject not in said[0]
    assert len(said[0]) == pytest.approx(len(said[1]), abs=80)

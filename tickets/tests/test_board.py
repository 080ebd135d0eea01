"""The lead's board: only what the lead may see counts, hard ones and late ones apart, who has room, promises by day."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from conftest import PASSWORD, person
from customers.models import Customer
from staff.models import Absence, Role
from tickets.board import board_of
from tickets.models import Capacity, Metric, PromiseClock, Reason, Ticket
from tickets.tests.goodwill_cast import give, limits


@pytest.fixture
def second(west_lake):
    return person("yue.wu", Role.ADVISOR, store=west_lake, en="Wu Yue")


def case(customer: Customer, owner=None, **more) -> Ticket:
    made = Ticket.open(customer, more.pop("subject", "Something"), owner=owner)[0]
    if more:
        Ticket.objects.filter(pk=made.pk).update(**more)
        made.refresh_from_db()
    return made


def clock(ticket: Ticket, *, due: timedelta, met: timedelta | None = None) -> PromiseClock:
    at = timezone.now() + due
    return PromiseClock.objects.create(
        ticket=ticket, metric=Metric.OWN, target=0, started_at=at - timedelta(hours=1), due_at=at,
        met_at=None if met is None else at + met,
    )  # fmt: skip


def load_of(board, user):
    return next(load for load in board.loads if load.user == user)


def test_what_each_has_in_hand_and_how_much_of_it_is_hard(mei, he, ruoan) -> None:
    now = timezone.now()
    case(mei, ruoan, next_due_at=now + timedelta(days=3))
    case(mei, ruoan, next_due_at=now - timedelta(minutes=5))
    case(mei, ruoan, ordinary=False, risk="safety")
    case(mei, ruoan, reopened=2)
    case(mei, ruoan).resolve(by=ruoan)

    load = load_of(board_of(he), ruoan)

    assert (load.live, load.hard, load.late) == (4, 3, 1)


def test_what_is_too_much_could_go_to_whoever_has_most_room(mei, he, ruoan, second) -> None:
    Capacity.objects.create(user=ruoan, most=1)
    Capacity.objects.create(user=second, most=4)
    for _each in range(3):
        case(mei, ruoan)

    board = board_of(he)

    assert (load_of(board, ruoan).over, load_of(board, ruoan).give_to) == (2, second)
    assert load_of(board, second).give_to is None


def test_nobody_away_is_offered_and_what_they_hold_could_go_on(mei, he, ruoan, second) -> None:
    today = timezone.localdate()
    for user in (ruoan, second):
        Capacity.objects.create(user=user, most=4)
    Absence.objects.create(user=ruoan, starts_on=today, ends_on=today + timedelta(days=2))
    case(mei, ruoan)
    case(mei, second)

    board = board_of(he)

    assert load_of(board, ruoan).back_on == today + timedelta(days=3)
    assert load_of(board, ruoan).give_to == second
    assert load_of(board, second).give_to is None


def test_promises_by_the_day_they_were_due(mei, he, ruoan) -> None:
    ticket = case(mei, ruoan)
    PromiseClock.objects.filter(ticket=ticket).delete()
    clock(ticket, due=timedelta(days=-1), met=timedelta(minutes=-5))
    clock(ticket, due=timedelta(days=-1), met=timedelta(minutes=5))
    clock(ticket, due=timedelta(days=-1))  # open, and late
    clock(ticket, due=timedelta(hours=5))  # not due yet
    dropped = clock(ticket, due=timedelta(days=-1))
    PromiseClock.objects.filter(pk=dropped.pk).update(dropped_at=timezone.now())

    days = {one.day: one for one in board_of(he).days}
    yesterday = days[timezone.localdate() - timedelta(days=1)]

    assert (yesterday.kept, yesterday.due, yesterday.share) == (1, 3, 33)
    assert len(days) == 14
    assert days[timezone.localdate() - timedelta(days=3)].share is None


def test_done_at_the_first_go_now_and_before(mei, he, ruoan) -> None:
    now = timezone.now()
    for reopened, ago in ((0, 1), (0, 2), (1, 3), (1, 40)):
        case(mei, ruoan, state="resolved", reopened=reopened, resolved_at=now - timedelta(days=ago))

    board = board_of(he)

    assert (board.first_go, board.before) == ((2, 3), (0, 1))


def test_another_stores_cases_count_for_nothing(mei, jingan, he, ruoan) -> None:
    elsewhere = Customer.objects.create(number="J1", home_store=jingan)
    theirs = case(elsewhere, ordinary=False, risk="safety", next_due_at=timezone.now() - timedelta(hours=1))
    clock(theirs, due=timedelta(days=-1))

    board = board_of(he)

    assert (board.late, board.look, board.kept.due) == (0, [], 0)
    assert all(load.live == 0 for load in board.loads)


@pytest.fixture
def inside(he, client: Client) -> Client:
    client.login(username=he.username, password=PASSWORD)
    return client


def test_the_page_says_it_in_words_and_stays_within_its_queries(
    mei, ruoan, second, lin, inside, django_assert_max_num_queries
) -> None:
    empty = inside.get("/board/").content.decode()
    assert "Nothing waits for you." in empty
    assert "No promise was due" in empty
    for _each in range(12):
        late = case(mei, ruoan, subject="The zip again", next_due_at=timezone.now() - timedelta(minutes=90), reopened=2)
        clock(late, due=timedelta(days=-1), met=timedelta(minutes=-1))
    asked = case(mei)
    limits("lead", per_act=90_000, per_case=None, per_day=None, per_customer=None)
    give(asked, 60_000, Reason.objects.get(code="late"), by=lin, key="a", words="Twice")
    inside.get("/board/")
    with django_assert_max_num_queries(14):
        page = inside.get("/board/").content.decode()

    assert "waits for your word." in page
    assert "12 promises are late." in page
    assert "The zip again" in page
    assert "opened again 2 times" in page
    assert "12 in hand, 12 of them hard" in page


def test_a_colleagues_cases_pass_to_another(mei, ruoan, second, inside, django_assert_max_num_queries) -> None:
    mine = case(mei, ruoan, subject="The sleeve")
    inside.get(f"/board/{ruoan.pk}/")
    with django_assert_max_num_queries(12):
        page = inside.get(f"/board/{ruoan.pk}/").content.decode()
    assert "The sleeve" in page
    assert "yue.wu" in page

    inside.post("/inbox/bulk/", {"case": mine.number, "deed": "assign", "to": "yue.wu"})

    mine.refresh_from_db()
    assert (mine.owner, mine.by_hand) == (second, True)
    assert "has no open case" in inside.get(f"/board/{ruoan.pk}/").content.decode()


@pytest.mark.parametrize("name", ["zhao", "nobody", "' OR 1=1", "9" * 30, "%00"])
def test_nobody_elses_colleague_has_a_page(name, zhao, inside) -> None:
    assert inside.get(f"/board/{zhao.pk if name == 'zhao' else name}/").status_code == 404


def test_an_associate_has_no_board(ke, client: Client) -> None:
    client.login(username=ke.username, password=PASSWORD)

    assert client.get("/board/").status_code == 403

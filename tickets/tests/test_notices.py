"""Notices: who is told of what, once; the bell; read, unread; and what the list gives away."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scrm.kernel import retention
from staff.models import User
from tickets import assignment, goodwill
from tickets.models import Approval, Capacity, Notice, Reason, Ticket, Topic

HTMX = {"HX-Request": "true"}
LIST, BELL, SEEN, UNSEEN = "/notices/", "/notices/bell/", "/notices/seen/", "/notices/unseen/"


@pytest.fixture
def ticket(mei, lin, he) -> Ticket:
    made, _new = Ticket.open(mei, "Leggings pill", topic=Topic.objects.get(code="fault"), channel="app")
    made.assign(lin, by=he)
    return Ticket.objects.get(pk=made.pk)


def as_(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def tell(ticket: Ticket, to: User, n: int, **more) -> None:
    Notice.tell(to.pk, Notice.Kind.MENTION, ticket, key=f"entry:{n}", **more)


# Told


def test_who_is_given_a_case_is_told_and_who_takes_one_is_not(ticket, lin, he) -> None:
    assert [(one.to, one.by, one.kind) for one in Notice.objects.all()] == [(lin, he, "given")]
    ticket.assign(he, by=he)
    assert Notice.objects.count() == 1
    ticket.assign(lin, by=he)
    assert Notice.objects.filter(to=lin, kind="given").count() == 2, "given once more is told once more"


def test_a_rule_that_gives_a_case_tells_as_well(mei, lin) -> None:
    Capacity.objects.create(user=lin, most=5)
    made, _new = Ticket.open(mei, "Leggings pill")

    assignment.give(made)

    assert Notice.objects.get(kind="given").by is None


def test_a_question_about_goodwill_and_its_answer(ticket, lin, he) -> None:
    late = Reason.objects.get(code="late")
    gift = goodwill.grant(ticket, "points", 900, late, by=lin, key="a", words="long", ask=True)
    asked = Notice.objects.get(kind="asked")
    assert (asked.to, asked.by, asked.seen_at) == (he, lin, None)

    goodwill.decline(Approval.objects.get(compensation=gift), by=he, words="Too much")

    asked.refresh_from_db()
    assert asked.seen_at is not None, "it waits for nobody any more"
    assert Notice.objects.get(kind="decided").to == lin
    assert Notice.objects.get(kind="decided").details == {"decision": "declined"}


def test_a_question_withdrawn_waits_for_nobody(ticket, lin, he) -> None:
    gift = goodwill.grant(ticket, "points", 900, Reason.objects.get(code="late"), by=lin, key="a", words="l", ask=True)
    goodwill.withdraw(gift, by=lin)

    assert not Notice.objects.unseen().filter(kind="asked").exists()


def test_once_by_key_and_never_of_nothing(ticket, lin, he) -> None:
    for _time in range(2):
        tell(ticket, lin, 1, by=he)
    assert Notice.objects.filter(kind="mention").count() == 1
    for broken in ({"kind": "mention"}, {"kind": "promise"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Notice.objects.create(ticket=ticket, to=lin, **broken)


# Shown


def test_the_list_says_what_and_leads_there(client, ticket, lin, he) -> None:
    ticket.note("@shu.lin look", by=he)

    page = as_(client, lin).get(LIST).content.decode()

    assert f"He Qing named you in a note: {ticket.number} Leggings pill" in page
    assert f"He Qing gave you a case: {ticket.number} Leggings pill" in page
    assert f"/cases/{ticket.number}/" in page


def test_a_case_one_may_not_see_any_more_is_only_its_number(client, ticket, zhao, he) -> None:
    tell(ticket, zhao, 1, by=he)

    page = as_(client, zhao).get(LIST).content.decode()

    assert str(ticket.number) in page
    assert "Leggings" not in page
    assert f"/cases/{ticket.number}/" not in page


def test_everybody_has_a_list_and_an_empty_one_says_so(client, ke, ruoan, he, gu, lu, db) -> None:
    for user in (ke, ruoan, he, gu, lu):
        page = as_(client, user).get(LIST)
        assert page.status_code == 200
        assert "No notices yet" in page.content.decode()
        assert "s-bell" in client.get("/me/" if user != ke else "/counter/").content.decode()
    assert "Nothing new" in client.get(f"{LIST}?new=1").content.decode()


@pytest.mark.parametrize(("n", "said"), [(0, 'aria-label="Notices"'), (1, "Notices: 1 new"), (9, "Notices: 9 new"),
                                         (12, "more than 9 new")])  # fmt: skip
def test_the_bell_counts_to_nine(client, ticket, ke, he, n: int, said: str) -> None:
    for place in range(n):
        tell(ticket, ke, place, by=he)

    assert said in as_(client, ke).get(BELL).content.decode()


def test_the_badge_is_one_look_and_the_list_costs_the_same_however_long(client, ticket, lin, he) -> None:
    as_(client, lin).get(LIST)
    client.get(BELL)
    with CaptureQueriesContext(connection) as asked:
        client.get(BELL)
    about = [one["sql"] for one in asked if "tickets_notice" in one["sql"]]
    assert len(about) == 1
    assert len(asked) <= 4
    for place in range(60):
        tell(ticket, lin, place, by=he)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(LIST).content.decode()
    assert len(asked) <= 10
    following = page[page.index("after=") + 6 :].split('"')[0]
    second = client.get(f"{LIST}?after={following}").content.decode()
    assert second.count('class="s-line s-notice') == 25


def test_the_badge_is_answered_from_an_index(ticket, lin) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
    plan = Notice.objects.visible_to(lin).unseen().values_list("pk", flat=True)[:10].explain()
    assert "notice_" in plan
    assert "Seq Scan on tickets_notice" not in plan


@pytest.mark.parametrize("after", ["x", "' OR 1=1", "\0", "W10", "x" * 9999])
def test_a_cursor_somebody_wrote_is_the_first_page(client, lin, ticket, after: str) -> None:
    assert as_(client, lin).get(LIST, {"after": after}).status_code == 200


# Read


def test_one_is_read_and_unread(client, ticket, lin) -> None:
    one = Notice.objects.get()
    as_(client, lin).post(SEEN, {"notice": one.pk})
    assert Notice.objects.get().seen_at is not None
    client.post(UNSEEN, {"notice": one.pk})
    assert Notice.objects.get().seen_at is None


def test_all_are_read_and_exactly_those_come_back(client, ticket, lin, he) -> None:
    tell(ticket, lin, 1, by=he)
    Notice.objects.filter(kind="mention").update(seen_at=timezone.now() - timedelta(days=1))
    tell(ticket, lin, 2, by=he)

    page = as_(client, lin).post(SEEN, {}, headers=HTMX).content.decode()
    assert "2 notices read" in page
    assert not Notice.objects.unseen().filter(to=lin).exists()
    moment = page[page.index('name="at" value="') + 17 :].split('"')[0]
    client.post(UNSEEN, {"at": moment})

    assert Notice.objects.unseen().filter(to=lin).count() == 2
    assert client.post(UNSEEN, {"at": moment}).status_code == 404, "a second undo finds nothing"


def test_looking_at_the_case_reads_what_was_told_of_it(client, ticket, mei, lin, he) -> None:
    other, _new = Ticket.open(mei, "Another")
    tell(other, lin, 5, by=he)

    page = as_(client, lin).get(f"/cases/{ticket.number}/").content.decode()
    assert f'hx-vals=\'{{"case": "{ticket.number}"}}\'' in page
    bell = client.post(SEEN, {"case": ticket.number}, headers=HTMX).content.decode()

    assert "Notices: 1 new" in bell


@pytest.mark.parametrize("data", [{"notice": "0"}, {"notice": "' OR 1=1"}, {"notice": "9" * 40}, {"notice": "１"}])
def test_no_such_notice(client, lin, ticket, data) -> None:
    assert as_(client, lin).post(SEEN, data).status_code == 404
    assert client.post(UNSEEN, data).status_code == 404
    assert not Notice.objects.exclude(seen_at=None).exists()


@pytest.mark.parametrize("at", ["", "x", "2026-11-27", "2026-11-27T10:00", "2026-99-99T10:00:00Z", "\0"])
def test_no_such_moment(client, lin, at: str) -> None:
    assert as_(client, lin).post(UNSEEN, {"at": at}).status_code == 404


def test_nobody_reads_anothers(client, ticket, lin, zhao) -> None:
    one = Notice.objects.get(to=lin)
    for path in (SEEN, UNSEEN):
        assert as_(client, zhao).post(path, {"notice": one.pk}).status_code == 404
    client.post(SEEN, {})
    client.post(SEEN, {"case": ticket.number})
    one.refresh_from_db()
    assert one.seen_at is None


def test_read_ones_go_after_a_quarter_and_unread_ones_stay(ticket, lin, he) -> None:
    tell(ticket, lin, 1, by=he)
    Notice.objects.filter(kind="mention").update(seen_at=timezone.now() - timedelta(days=91))
    Notice.objects.filter(kind="given").update(at=timezone.now() - timedelta(days=400))

    assert retention.retain()["seen_notices"] == 1
    assert Notice.objects.get().kind == "given"

"""The pages of goodwill: few touches, every number says why, and nobody decides what is not theirs."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from commerce.models import Order
from conftest import person
from customers.models import Customer, StoreTie
from loyalty.models import Coupon, PointsAccount
from loyalty.tests.coupon_cast import template
from staff.models import Role
from tickets import goodwill, tasks
from tickets.goodwill_report import month_of, report
from tickets.models import Approval, Authority, Compensation, Handover, Reason, StoreBudget, Ticket

HTMX = {"HX-Request": "true"}
State = Compensation.State


@pytest.fixture
def ticket(mei, lin, he) -> Ticket:
    made = Ticket.open(mei, "Leggings pill", channel="app")[0]
    made.assign(lin, by=he)
    return made


@pytest.fixture
def late(db) -> Reason:
    return Reason.objects.get(code="late")


def at(name: str, *more) -> str:
    return reverse(f"tickets:{name}", args=more)


def as_(client: Client, user) -> Client:
    client.force_login(user)
    return client


def key() -> str:
    return str(uuid.uuid4())


def points_of(customer: Customer) -> int:
    return PointsAccount.objects.shown_of(customer).available


# Giving


def test_the_block_says_what_is_left_and_why_before_anything_is_typed(client, ticket, lin, late) -> None:
    goodwill.grant(ticket, "points", 400, late, by=lin, key="k")

    page = as_(client, lin).get(at("goodwill", ticket.number), headers=HTMX).content.decode()

    assert "you may still give <b>400 points</b>" in page
    assert "400 points / 800 points" in page
    assert "He Qing" in page
    assert 'id="s-form"' in page
    assert "<html" not in page
    assert "<html" in client.get(at("goodwill", ticket.number)).content.decode()


def test_the_button_stands_at_the_desk_and_with_who_has_it_in_hand(client, ticket, lin, ke, west_lake) -> None:
    assert 'data-key="B"' in as_(client, lin).get(at("show", ticket.number)).content.decode()

    Handover.to_store(ticket, west_lake, by=lin, note="")

    assert 'data-key="B"' in as_(client, ke).get(at("show", ticket.number)).content.decode()


def test_a_free_dessert_is_three_touches_from_the_case(client, ticket, mei, ke, lin, west_lake, late) -> None:
    template("DESSERT", kind="gift", group="gift", amount=0, cost=2800, name={"en": "Free dessert"})
    Reason.objects.filter(pk=late.pk).update(coupons=["DESSERT"])
    Handover.to_store(ticket, west_lake, by=lin, note="")
    as_(client, ke).get(at("show", ticket.number))  # 1: the case

    block = client.get(at("goodwill", ticket.number), headers=HTMX).content.decode()  # 2: goodwill
    form = {"key": re.search(r'name="key" value="([^"]+)"', block)[1], "preset": "late:coupon:DESSERT"}
    assert 'value="late:coupon:DESSERT"' in block
    for _click in range(2):
        answer = client.post(at("goodwill", ticket.number), form, headers=HTMX)  # 3: the dessert

    assert answer.status_code == 200
    assert "Free dessert: given." in answer.content.decode()
    assert Coupon.objects.filter(customer=mei).count() == 1


def test_a_preset_pays_once_however_often_it_is_pressed(client, ticket, mei, lin) -> None:
    form = {"preset": "late:points:300", "key": key()}
    for _click in range(3):
        assert as_(client, lin).post(at("goodwill", ticket.number), form).status_code == 302

    assert points_of(mei) == 300
    refused = client.post(at("goodwill", ticket.number), form | {"preset": "late:points:100"})
    assert refused.status_code == 422


def test_above_the_limit_says_who_and_by_when_before_anything_is_sent(client, ticket, mei, lin) -> None:
    form = {"kind": "points", "amount": "800", "reason": "late", "key": key(), "words": "Two days"}

    answer = as_(client, lin).post(at("goodwill", ticket.number), form, headers=HTMX)
    said = answer.content.decode()

    assert answer.status_code == 422
    assert "Above your 500 points at once. Ask He Qing?" in said
    assert form["key"] in said
    assert "Two days" in said
    assert not Compensation.objects.exists()
    assert client.post(at("goodwill", ticket.number), form | {"send": "ask"}, headers=HTMX).status_code == 200
    assert Compensation.objects.get().state == State.PENDING
    assert points_of(mei) == 0


def test_an_exception_needs_words_and_then_is_given(client, ticket, mei, lin) -> None:
    form = {"preset": "late:points:300", "kind": "", "key": key(), "send": "exception"}
    Authority.objects.filter(role="agent", kind="points").update(per_act=100)

    assert as_(client, lin).post(at("goodwill", ticket.number), form).status_code == 422
    assert client.post(at("goodwill", ticket.number), form | {"words": "Crying child"}).status_code == 302
    assert (Compensation.objects.get().is_exception, points_of(mei)) == (True, 300)


def test_money_is_typed_as_money(client, ticket, lin) -> None:
    form = {"kind": "money", "amount": "12.5", "reason": "fault", "key": key()}
    as_(client, lin).post(at("goodwill", ticket.number), form)

    made = Compensation.objects.get()
    assert (made.amount, made.value_minor, made.what) == (1250, 1250, "¥12.50")


@pytest.mark.parametrize("wrong", [
    {"amount": ""}, {"amount": "0"}, {"amount": "-5"}, {"amount": "1.5"}, {"amount": "NaN"}, {"amount": "1e99"},
    {"amount": "9" * 30}, {"reason": ""}, {"reason": "no-such"}, {"kind": "coupon"}, {"kind": ""}, {"key": ""},
    {"key": "x"}, {"preset": "late"}, {"preset": "late:points:-1"}, {"preset": "late:points:x"},
    {"preset": "late:coupon:MJ80"}, {"preset": ":::"}, {"preset": "late:money:²"}, {"send": "now"},
])  # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_sentence(client, ticket, lin, wrong) -> None:
    form = {"kind": "points", "amount": "100", "reason": "late", "key": key()} | wrong

    answer = as_(client, lin).post(at("goodwill", ticket.number), form, headers=HTMX)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Compensation.objects.exists()


def test_a_used_up_budget_is_said(client, ticket, lin, west_lake) -> None:
    StoreBudget.objects.create(store=west_lake, limit=10)

    answer = as_(client, lin).post(at("goodwill", ticket.number), {"preset": "late:points:300", "key": key()})

    assert answer.status_code == 422
    assert "budget" in answer.content.decode()


def test_who_does_not_have_it_in_hand_finds_nothing(client, ticket, zhao, gu, ke, late, lin) -> None:
    made = goodwill.grant(ticket, "points", 100, late, by=lin, key="k")
    form = {"preset": "late:points:100", "key": key()}
    for user in (zhao, ke):
        as_(client, user)
        assert client.get(at("goodwill", ticket.number)).status_code == 404
        assert client.post(at("goodwill", ticket.number), form).status_code == 404
        assert client.post(at("goodwill_back", ticket.number, made.pk)).status_code == 404
    assert as_(client, gu).get(at("goodwill", ticket.number)).status_code == 403
    assert Compensation.objects.count() == 1


def test_a_gift_of_another_case_is_not_taken_back_here(client, ticket, lin, mei, late) -> None:
    other = Ticket.open(mei, "Another matter", owner=lin)[0]
    made = goodwill.grant(other, "points", 100, late, by=lin, key="k")

    assert as_(client, lin).post(at("goodwill_back", ticket.number, made.pk)).status_code == 404
    assert client.post(at("goodwill_back", other.number, made.pk)).status_code == 302
    assert points_of(mei) == 0
    assert client.post(at("goodwill_back", other.number, made.pk)).status_code == 422


def test_what_was_asked_for_can_be_withdrawn(client, ticket, lin, late, he) -> None:
    made = goodwill.grant(ticket, "points", 800, late, by=lin, key="k")

    assert as_(client, lin).post(at("goodwill_back", ticket.number, made.pk)).status_code == 302
    made.refresh_from_db()
    assert made.state == State.WITHDRAWN


# Deciding


@pytest.fixture
def question(ticket, late, lin, he) -> Approval:
    goodwill.grant(ticket, "points", 300, late, by=lin, key="before")
    return goodwill.grant(ticket, "points", 800, late, by=lin, key="k", words="Two days late").approvals.get()


def test_the_lead_sees_the_numbers_and_approves(client, question, mei, he) -> None:
    page = as_(client, he).get(at("approvals")).content.decode()
    assert "Lin Shu asks: 800 points for" in page
    assert page.count("<dd>300 points</dd>") == 3
    assert "¥2,997" in page

    answer = client.post(at("approval", question.pk), {"decision": "approve", "words": "Right"})
    again = client.post(at("approval", question.pk), {"decision": "approve"})

    assert (answer.status_code, again.status_code) == (302, 422)
    assert points_of(mei) == 1100


def test_declining_needs_words_and_keeps_what_was_typed(client, question, mei, he) -> None:
    assert as_(client, he).post(at("approval", question.pk), {"decision": "decline"}, headers=HTMX).status_code == 422
    client.post(at("approval", question.pk), {"decision": "decline", "words": "A coupon is enough"})

    question.refresh_from_db()
    assert (question.decision, question.words, points_of(mei)) == ("declined", "A coupon is enough", 300)


def test_a_stranger_neither_sees_nor_decides(client, question, zhao, jingan, lin, mei) -> None:
    stranger = person("wei.su", Role.LEAD, store=jingan)
    for method, name in ((client.get, "approvals"), (client.post, "approval")):
        more = () if name == "approvals" else (question.pk,)
        for user in (zhao, lin):
            client.force_login(user)
            assert method(at(name, *more)).status_code == 403
    as_(client, stranger)
    assert mei.display_name not in client.get(at("approvals")).content.decode()
    assert client.post(at("approval", question.pk), {"decision": "approve"}).status_code == 404
    question.refresh_from_db()
    assert question.decision == ""


def test_the_task_passes_it_on_and_the_substitute_decides(client, ticket, late, lin, he, west_lake, mei) -> None:
    wang = person("siqi.wang", Role.LEAD, store=west_lake)
    question = goodwill.grant(ticket, "points", 800, late, by=lin, key="k").approvals.get()
    assert as_(client, wang).post(at("approval", question.pk), {"decision": "approve"}).status_code == 422
    assert 'name="decision"' not in client.get(at("approvals")).content.decode()

    Approval.objects.update(deadline=timezone.now() - timedelta(minutes=1))
    assert tasks.pass_on_approvals() == 1

    assert 'name="decision"' in client.get(at("approvals")).content.decode()
    assert client.post(at("approval", question.pk), {"decision": "approve"}).status_code == 302
    assert points_of(mei) == 800


def test_exceptions_are_looked_at_and_stay_given(client, ticket, late, lin, he, mei) -> None:
    made = goodwill.grant(ticket, "points", 800, late, by=lin, key="k", exception=True, words="Crying child")
    assert "Crying child" in as_(client, he).get(at("approvals")).content.decode()

    assert client.post(at("goodwill_review", made.pk), {"verdict": "not_again"}).status_code == 422
    assert client.post(at("goodwill_review", made.pk), {"verdict": "no"}).status_code == 422
    assert client.post(at("goodwill_review", made.pk), {"verdict": "fine"}).status_code == 302

    assert "Crying child" not in client.get(at("approvals")).content.decode()
    assert points_of(mei) == 800


# What came of it


def bought(customer: Customer, after: timedelta, ref: str) -> None:
    at_ = timezone.now() - timedelta(days=40) + after
    Order.objects.create(
        customer=customer, source="till", source_ref=ref, state="paid", placed_at=at_, business_date=at_.date(),
        currency="CNY", total=100, base_total=100,
    )  # fmt: skip


def test_the_report_counts_who_bought_again_beside_who_got_none(client, late, lin, he, lu, west_lake) -> None:
    then = timezone.now() - timedelta(days=40)
    people = [Customer.objects.create(number=f"R{n}", home_store=west_lake) for n in range(5)]
    cases = [Ticket.open(one, "x")[0] for one in people]
    Ticket.objects.update(opened_at=then)
    for n in range(3):
        goodwill.grant(cases[n], "points", 100, late, by=lin, key=f"k{n}")
    Compensation.objects.update(given_at=then)
    bought(people[0], timedelta(days=3), "in time")
    bought(people[1], timedelta(days=31), "too late")
    bought(people[2], timedelta(days=-1), "before")
    bought(people[3], timedelta(days=3), "without any")
    month = timezone.localdate(then).replace(day=1)

    found = report(month, reader=lu)

    assert [(row.store, row.reason, row.times, row.cost) for row in found.rows] == [(west_lake, late, 3, 300)]
    assert (found.with_goodwill, found.with_none) == ((3, 1), (2, 1))
    page = as_(client, lu).get(at("goodwill_report"), {"month": f"{month:%Y-%m}"}).content.decode()
    assert "1 of 3" in page
    assert "1 of 2" in page


def test_a_lead_reads_the_report_of_the_own_stores_only(client, ticket, late, lin, he, jingan, lu) -> None:
    goodwill.grant(ticket, "points", 100, late, by=lin, key="k")
    this = month_of("")

    assert report(this, reader=person("wei.su", Role.LEAD, store=jingan)).rows == []
    assert report(this, reader=he).times == report(this, reader=lu).times == 1
    assert as_(client, lin).get(at("goodwill_report")).status_code == 403


@pytest.mark.parametrize("month", ["", "x", "2026-13", "9999-01", "0001-01", "2026-1", "\x00"])
def test_any_month_in_the_address_shows_a_page(client, lu, month) -> None:
    assert as_(client, lu).get(at("goodwill_report"), {"month": month}).status_code == 200


# What pages cost


def test_the_lists_cost_the_same_for_one_row_and_for_many(client, late, lin, he, west_lake) -> None:
    def ask(n: int) -> None:
        customer = Customer.objects.create(number=f"Q{n}", home_store=west_lake, display_name=f"Q{n}")
        StoreTie.objects.create(customer=customer, store=west_lake, last_on=timezone.localdate())
        case = Ticket.open(customer, "x")[0]
        goodwill.grant(case, "points", 700, late, by=lin, key=f"a{n}")
        goodwill.grant(case, "points", 600, late, by=lin, key=f"e{n}", exception=True, words="x")

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(at("approvals")).status_code == 200
        return len(queries)

    Authority.objects.filter(role="agent").update(exception_max=100_000)
    ask(0)
    as_(client, he).get(at("approvals"))
    one = cost()
    for n in range(1, 12):
        ask(n)

    assert cost() == one <= 20


def test_the_block_opens_within_a_few_queries(client, ticket, lin, late, he) -> None:
    for n in range(4):
        goodwill.grant(ticket, "points", 10, late, by=lin, key=f"k{n}")
    as_(client, lin).get(at("goodwill", ticket.number), headers=HTMX)

    with CaptureQueriesContext(connection) as queries:
        client.get(at("goodwill", ticket.number), headers=HTMX)

    assert len(queries) <= 40


def test_the_admin_takes_no_nonsense_for_what_is_offered(client, gu, late) -> None:
    page = reverse("admin:tickets_reason_change", args=[late.pk])
    form = {"code": "late", "name": '{"en": "Late"}', "points": "[100]", "coupons": "[]", "place": "10", "used": "on"}
    assert as_(client, gu).post(page, form).status_code == 302

    for wrong in ({"points": '{"a": 1}'}, {"points": "[-1]"}, {"points": '["x"]'}, {"coupons": "[[1]]"}):
        assert client.post(page, form | wrong).status_code == 200
    late.refresh_from_db()
    assert late.points == [100]

"""A done case becomes a draft for colleagues, and nobody could tell whose case it was."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.actions import add_identity
from customers.models import Address, Customer
from customers.privacy import erase, held_about
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import User
from tickets.case_library import keep, learned
from tickets.models import Article, ArticleVersion, Audience, Ticket, Topic
from tickets.redaction import Redactor

SAID = [
    "我是梅雨晴，会员 20418837，电话 19900001234，+86 199-0000-1234，１９９００００１２３４",
    "叫我雨晴就行，邮箱 Yuqing.Mei@Example.com，住在湖滨路 18 号 3 栋",
    "订单 DD-2026 1126 000981，见 https://example.com/c/abcDEF123?x=1，也可找 my-friend@else.org 或 0571-88881234",
    "梅女士的裤子，2026-11-20 买的，洗了 3 次就起球，Mei Yuqing",
]
HERS = [
    "梅雨晴",
    "雨晴",
    "梅女士",
    "20418837",
    "1234",
    "１２３４",
    "xample.com",
    "湖滨路",
    "000981",
    "abcDEF",
    "else.org",
    "8888",
    "Yuqing",
]


@pytest.fixture
def ticket(mei: Customer, lin: User) -> Ticket:
    Customer.objects.filter(pk=mei.pk).update(latin_name="Mei Yuqing")
    mei.refresh_from_db()
    add_identity(mei, kind="mail", value="yuqing.mei@example.com", source="test")
    Address.objects.create(customer=mei, street="湖滨路 18 号 3 栋")
    ticket = Ticket.open(mei, "梅雨晴的裤子起球", topic=Topic.objects.get(code="fault"))[0]
    for number, text in enumerate(SAID):
        ticket.hear(text, channel="wecom", at=timezone.now(), source="t", source_ref=str(number))
    ticket.answer("雨晴您好，给您换新。", by=lin, channel="wecom")
    ticket.note("面料批次问题，直接换", by=lin)
    ticket.resolve(by=lin)
    return ticket


def test_what_was_learned_holds_nothing_of_the_customer(ticket: Ticket) -> None:
    found = learned(ticket)

    for piece in HERS:
        assert piece.lower() not in (found.title + found.body).lower(), piece
    for kept in ("裤子", "2026-11-20", "洗了 3 次就起球", "给您换新", "面料批次问题"):
        assert kept in found.body, kept
    assert found.locale == "zh-hans"
    assert found.title == "［客户］的裤子起球"


def test_a_long_text_is_read_in_no_time(mei: Customer) -> None:
    redactor = Redactor.of(mei)

    for text in ("a" * 8000, "1 " * 4000, "@" * 8000, "梅" * 8000, "www." * 2000, "1" * 8000):
        redactor.all(text)


def test_names_of_joined_records_are_taken_out_too(mei: Customer, ticket: Ticket) -> None:
    Customer.objects.create(
        number="OLD-77", display_name="May Lake", family_name="Lake", given_name="May", merged_into=mei
    )
    redactor = Redactor.of(mei)

    told = redactor.all("May Lake wrote, old-77, may I? Lake.")
    assert told == "［客户］ wrote, ［号码］, may I? ［客户］."
    assert not redactor.names("Dismay at the parcel")
    assert redactor.names("mrs LAKE")


def test_it_is_shown_first_and_kept_for_colleagues(client: Client, ticket: Ticket, lin: User) -> None:
    client.force_login(lin)

    page = client.get(f"/knowledge/case/?ticket={ticket.number}")
    assert not Article.objects.exists()
    begun = page.context["form"].initial
    assert str(ticket.number) not in begun["code"]
    given = {name: value for name, value in begun.items() if value} | {"ticket": ticket.number, "audience": "public"}
    assert client.post("/knowledge/case/", given).status_code == 302

    version = ArticleVersion.objects.get()
    assert (version.audience, version.state, version.topic) == (Audience.STAFF, "draft", ticket.topic)
    assert version.article.from_case == ticket


def test_a_name_typed_back_in_is_refused(client: Client, ticket: Ticket, lin: User) -> None:
    client.force_login(lin)
    given = {"ticket": ticket.number, "code": "x", "review_by": "2099-01-01", "title_zh_hans": "起球"}

    for text in ("梅雨晴说的", "打 199 0000 1234", "１９９００００１２３４", "YUQING.MEI@example.com"):
        answer = client.post("/knowledge/case/", given | {"body_zh_hans": text})
        assert answer.status_code == 422, text
        assert "still stands in it" in answer.content.decode()
    assert not Article.objects.exists()


def test_a_case_in_work_or_of_another_is_not_written_down(
    client: Client, mei: Customer, lin: User, zhao: User, gu: User
) -> None:
    ticket = Ticket.open(mei, "起球")[0]
    client.force_login(lin)
    assert client.get(f"/knowledge/case/?ticket={ticket.number}").status_code == 422
    with pytest.raises(TransitionRefused):
        keep(ticket, "x", words("a"), words("b"), by=lin, review_by=timezone.localdate())
    client.force_login(zhao)
    assert client.get(f"/knowledge/case/?ticket={ticket.number}").status_code == 403
    for strange in ("", "0", "x", "9" * 20):
        client.force_login(gu)
        assert client.get(f"/knowledge/case/?ticket={strange}").status_code == 404


def test_an_erasure_cuts_the_trace_and_empties_what_nobody_read(
    ticket: Ticket, mei: Customer, lin: User, he: User, gu: User
) -> None:
    day = timezone.localdate()
    kept: Any = {"by": lin, "review_by": day}
    read = keep(ticket, "read", words("起球"), words("换新。"), **kept)
    read.submit(by=lin)
    read.approve(by=he)
    unread = keep(ticket, "unread", words("起球"), words("换新。"), **kept)
    assert held_about(mei, by=gu)["tickets"]["articles_from_cases"] == ["read", "unread"]

    erase(mei, by=gu)

    read.refresh_from_db()
    unread.refresh_from_db()
    assert (read.state, read.body) == ("live", words("换新。"))
    assert (unread.state, unread.title, unread.body) == ("replaced", {}, {})
    assert not Article.objects.exclude(from_case=None).exists()

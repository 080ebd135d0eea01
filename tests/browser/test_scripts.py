"""An approved script answers a customer in three touches from the open conversation."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from scrm.kernel.words import words
from tickets.models import Ticket
from touchpoints.models import Channel, Message, Script, ScriptTopic
from touchpoints.outreach import conversation_with
from touchpoints.scripts import begin


@pytest.fixture
def asked(transactional_db, mei, lin, he) -> None:
    """Mei asks by WeCom whether she may bring it back, and there is an approved answer."""
    wecom = Channel.objects.create(code="wecom", name=words("企微", "企微", "WeCom"), way="wecom", adapter="sandbox")
    conversation_with(mei, wecom, None).hear("能换吗", at=timezone.now(), source="wecom", source_ref="1")
    topic, _made = ScriptTopic.objects.get_or_create(code="return", defaults={"name": words("退换", "退換", "Returns")})
    for code, name, body in (
        ("return-7", words("七天可换", "七天可換", "Seven days"), "{name}您好，七天内都能换。"),
        ("parcel", words("晚到", "晚到", "Late parcel"), "{name}您好，包裹晚了。"),
    ):
        script = begin({("", "zh-hans"): body}, by=lin, code=code, name=name, topic=topic, owner=lin,
                       review_by=timezone.localdate() + timedelta(days=90))  # fmt: skip
        script.submit(by=lin)
        script.approve(by=he, version=script.version)


@pytest.mark.parametrize("width", [390, 1366])
def test_three_touches_from_the_open_conversation_to_the_answer(visitor, mei, ke, asked, width: int) -> None:
    screen = visitor(width=width)
    page = screen.signs_in(ke)
    screen.goes_to("/counter/customers/20418837/")
    talk = page.locator("#s-talk")
    talk.get_by_role("link", name="Scripts").wait_for()
    touches = 0

    for name in ("Scripts", "Seven days", "Send"):
        control = talk.get_by_role("link", name=name).or_(talk.get_by_role("button", name=name, exact=True))
        control.first.click()
        touches += 1
        if name == "Seven days":
            expect(page.get_by_label("Answer by WeCom")).to_have_value("雨晴您好，七天内都能换。")

    talk.locator(".s-msg.out").get_by_text("雨晴您好，七天内都能换。").wait_for()
    assert touches == 3
    assert Message.objects.get(direction="out").body == "雨晴您好，七天内都能换。"
    assert Script.objects.get(code="return-7").uses == 1
    assert screen.troubles == []


def test_three_touches_from_an_open_case_to_the_answer(visitor, mei, lin, asked) -> None:
    heard = Message.objects.get(direction="in")
    case, _new = Ticket.open(mei, "May she bring it back?", channel="wecom")
    case.hear(heard.body, channel="wecom", at=heard.at, source="message", source_ref=str(heard.pk), message=heard.pk)
    screen = visitor()
    page = screen.signs_in(lin)
    screen.goes_to(f"/cases/{case.number}/")

    page.locator("#s-say").get_by_role("link", name="Scripts").click()
    page.locator("#s-scriptlist").get_by_role("link", name="Seven days").click()
    expect(page.get_by_label("What you say")).to_have_value("雨晴您好，七天内都能换。")
    expect(page.locator("#s-scriptlist")).to_have_count(0)
    page.get_by_role("button", name="Send", exact=True).click()

    page.locator(".s-caselines").get_by_text("雨晴您好，七天内都能换。").wait_for()
    assert Script.objects.get(code="return-7").uses == 1
    assert screen.troubles == []


def test_a_word_finds_the_script(visitor, mei, ke, asked) -> None:
    screen = visitor(width=390)
    page = screen.signs_in(ke)
    screen.goes_to("/counter/customers/20418837/")
    page.locator("#s-talk").get_by_role("link", name="Scripts").click()
    page.locator("#s-scriptlist").get_by_text("Seven days").wait_for()

    page.get_by_label("Words in the script").fill("包裹")

    page.locator("#s-scriptlist").get_by_text("Seven days").wait_for(state="detached")
    assert page.locator("#s-scriptlist").get_by_text("Late parcel").count() == 1
    assert screen.troubles == []

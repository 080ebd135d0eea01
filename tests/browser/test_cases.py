"""A fault written on the site, picked up at the store by code, done by the desk: live in three windows, told once."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from customers import wakeups
from customers.merging import merge
from customers.models import Fact
from scrm.kernel.words import words
from tickets.models import Ticket, Topic
from touchpoints.models import Channel, Message


@pytest.fixture
def site(transactional_db) -> Channel:
    return Channel.objects.create(
        code="web",
        name=words("官网", "官網", "Site"),
        way="web",
        adapter="web",
        state="on",
        settings={"source": "SHOP"},
    )


def test_told_on_the_site_picked_up_at_the_counter_done_at_the_desk(visitor, site, mei, lin, ke, west_lake) -> None:
    customer, desk, counter = visitor(width=390), visitor(width=1366), visitor(width=390)
    at_desk, at_counter = desk.signs_in(lin), counter.signs_in(ke)

    # She writes on the site; the shop vouches who she is, so that the words are hers.
    form = customer.goes_to("/c/write/web/?language=en")
    form.locator("[name=name]").fill("Mei")
    form.locator("[name=words]").fill("瑜伽裤起球，要换一条，别换羊毛混纺")
    form.locator("[name=contact]").fill("19900001234")
    form.locator("form button[type=submit], form button:not([type])").last.click()
    form.wait_for_load_state()
    message = Message.objects.get(direction="in")
    merge(mei, message.customer, by=None, reason="chat.identified")
    wakeups.sweep()
    case = Ticket.objects.get(customer=mei)
    assert case.topic == Topic.objects.get(code="fault")

    # The desk: opened from the list, taken, handed to the store.
    desk.goes_to("/inbox/?view=free")
    at_desk.keyboard.press("j")
    at_desk.keyboard.press("Enter")
    at_desk.get_by_role("heading", name="Case").wait_for()
    at_desk.keyboard.press("a")
    at_desk.get_by_text("You are the owner").wait_for()
    touches = 0
    at_desk.get_by_role("link", name="Hand to a store").click()
    touches += 1
    at_desk.get_by_role("button", name="Hand over").click()
    touches += 1
    at_desk.get_by_text("with West Lake").first.wait_for()
    assert touches <= 3
    at_desk.get_by_role("button", name="Code for the counter").click()
    code = at_desk.locator(".s-info .num").inner_text().replace(" ", "")

    # The counter: code in, everything there, nothing asked again.
    counter.goes_to("/counter/")
    at_counter.get_by_role("link", name="Pick up by code").click()
    at_counter.get_by_label("The six digits on the customer's phone").press_sequentially(code)
    at_counter.get_by_role("button", name="Pick up").click()
    at_counter.get_by_text("瑜伽裤起球，要换一条，别换羊毛混纺").first.wait_for()
    assert 1 + len(code) + 1 <= 8
    at_desk.get_by_text("has it in hand").wait_for(timeout=10_000)

    # What is done at the counter is at the desk at once; the desk finishes.
    at_counter.get_by_label("At the counter").check()
    at_counter.get_by_label("What you say").fill("试穿合身，旧的收回")
    at_counter.get_by_role("button", name="Send", exact=True).click()
    at_desk.get_by_text("试穿合身，旧的收回").wait_for(timeout=10_000)
    at_desk.get_by_role("button", name="All done").click()
    at_desk.get_by_role("button", name="Open again").wait_for()
    at_counter.get_by_text("not with you any more").wait_for(timeout=10_000)

    case.refresh_from_db()
    assert (case.owner, case.state, case.channels) == (lin, "resolved", ["web", "store"])
    assert customer.troubles == desk.troubles == counter.troubles == []


def test_the_inbox_and_a_case_by_keyboard_alone_and_for_everybody(visitor, mei, lin) -> None:
    Fact.objects.create(customer=mei, key="allergy", value="羊毛过敏", concern="safety", pinned=True)
    for number, topic in enumerate(("delivery", "safety", "fault")):
        made, _new = Ticket.open(mei, f"Matter {number}", topic=Topic.objects.get(code=topic), channel="app")
        made.hear("等了很久", channel="app", at=timezone.now(), source="t", source_ref=str(number))
    screen = visitor(width=1366)
    page = screen.signs_in(lin)
    screen.goes_to("/inbox/?view=all")

    assert not Axe().run(page).response["violations"]
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "Matter 1"  # safety first
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("x")
    page.get_by_text("1 chosen").wait_for()
    page.keyboard.press("x")
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keyboard").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Matter 1").wait_for()
    assert not Axe().run(page).response["violations"]
    page.keyboard.press("a")
    page.get_by_text("You are the owner").wait_for()
    page.keyboard.press("m")
    page.keyboard.type("Called the maker")
    page.keyboard.press("Control+Enter")
    page.locator(".s-caselines").get_by_text("Called the maker").wait_for()
    page.keyboard.press("p")
    page.keyboard.type("A word by noon")
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.locator("#s-form").get_by_text("Hand to a store").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/inbox/")
    assert Ticket.objects.get(subject="Matter 1").owner == lin
    assert screen.troubles == []


def test_what_is_typed_stays_when_news_come_and_when_one_comes_back(visitor, mei, lin) -> None:
    made, _new = Ticket.open(mei, "Leggings", channel="app")
    screen = visitor(width=390)
    page = screen.signs_in(lin)
    screen.goes_to(f"/cases/{made.number}/")
    page.get_by_label("What you say").fill("Half a sentence")

    made.hear("在吗", channel="app", at=timezone.now(), source="t", source_ref="1")
    page.wait_for_timeout(2500)
    assert page.get_by_label("What you say").input_value() == "Half a sentence"
    screen.goes_to("/inbox/")
    screen.goes_to(f"/cases/{made.number}/")

    assert page.get_by_label("What you say").input_value() == "Half a sentence"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert screen.troubles == []

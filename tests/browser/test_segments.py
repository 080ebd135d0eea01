"""A segment built by keyboard alone, undone, and saved by two at once, on a wide screen and on a phone."""

from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from customers.models import Segment
from customers.segments.verbs import save
from customers.tests.segment_cast import ORDERS, figures, live, one
from staff.models import User
from tests.browser.test_look import RULES, SMALL

WIDE = "document.documentElement.scrollWidth > innerWidth + 1"


def test_a_segment_is_built_by_keyboard(visitor: Callable, gu: User) -> None:
    figures(one("regular"), orders=5)
    figures(one("new"), orders=1)
    yan = visitor()
    page = yan.signs_in(gu)
    yan.goes_to("/segments/new/")
    page.focus("#id_code")
    page.keyboard.type("regulars")
    page.focus("#id_name_en")
    page.keyboard.type("Regulars")

    page.get_by_role("button", name="Add a condition").press("Enter")
    field = page.locator("#b-field")
    expect(field).to_be_focused()
    for name, words in (("first_order", "First purchase"), ("orders", "Purchases")):
        page.keyboard.press("ArrowDown")
        expect(field).to_have_value(name)
        expect(page.locator(".b-cond.cur .b-slot.f")).to_have_text(words)
        expect(field).to_be_focused()
    expect(page.locator('input[name="s-n"]')).to_have_value("3")
    page.locator('input[name="s-n"]').press("Enter")

    expect(page.locator(".b-one")).to_have_text("1")
    expect(page.locator(".b-slot.f")).to_be_focused()
    expect(page.locator("#id_code")).to_have_value("regulars")
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator(".b-group.any")).to_be_visible()
    page.get_by_role("button", name="Save as a version").press("Enter")

    expect(page.get_by_role("button", name="Publish version 1")).to_be_visible()
    assert Segment.objects.get().versions.get().rule == {
        "all": [{"any": [{"field": "orders", "op": "at_least", "n": 3}]}]
    }
    assert yan.troubles == []


def test_what_del_takes_away_comes_back_by_enter(visitor: Callable, gu: User) -> None:
    live("regulars", {"all": [ORDERS, {"any": [ORDERS | {"n": 4}]}]})
    yan = visitor()
    page = yan.signs_in(gu)
    yan.goes_to("/segments/regulars/rule/")
    lines = page.locator(".b-cond")

    lines.nth(1).locator(".b-slot.f").press("Alt+ArrowLeft")
    expect(page.locator(".b-group.any")).to_have_count(0)
    page.locator(".b-cond .b-slot.f").nth(1).press("Alt+ArrowUp")
    expect(lines.first).to_contain_text("4 times")
    lines.first.locator(".b-slot.f").press("Enter")
    expect(page.locator("#b-field")).to_be_focused()
    page.keyboard.press("Escape")
    expect(lines.first.locator(".b-slot.f")).to_be_focused()
    page.keyboard.press("Delete")
    expect(lines).to_have_count(1)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")

    expect(lines).to_have_count(2)
    expect(lines.first.locator(".b-slot.f")).to_be_focused()
    assert yan.troubles == []


def test_who_saves_second_sees_both_rules_and_keeps_theirs(visitor: Callable, gu: User, he: User) -> None:
    figures(one("regular"), orders=5)
    segment = live("regulars", {"all": [ORDERS]})
    yan = visitor(width=390)
    page = yan.signs_in(gu)
    yan.goes_to("/segments/regulars/rule/")
    page.get_by_role("button", name="3 times").click()
    page.locator("#slot-n").fill("9")
    save(segment, {"all": [ORDERS | {"n": 4}]}, by=he, after=1)
    page.get_by_role("button", name="Save as a version").click()

    card = page.locator(".b-faster")
    expect(card).to_contain_text("saved version 2")
    expect(card).to_contain_text("at least 4 times")
    expect(card).to_contain_text("at least 9 times")
    expect(card.get_by_role("alert")).to_be_focused()
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(rule["id"], [node["html"][:160] for node in rule["nodes"]]) for rule in found] == []
    assert [small for small in page.evaluate(SMALL) if "visually-hidden" not in small] == []
    assert not page.evaluate(WIDE)

    card.get_by_role("button", name="Take theirs").click()
    expect(page.locator(".b-said")).to_contain_text("at least 4 times")
    page.get_by_role("button", name="Back to mine").click()
    expect(page.locator(".b-said")).to_contain_text("at least 9 times")
    page.get_by_role("button", name="Save as a version").click()

    expect(page.get_by_role("button", name="Publish version 3")).to_be_visible()
    assert segment.newest is not None
    assert segment.newest.rule == {"all": [ORDERS | {"n": 9}]}
    assert [trouble for trouble in yan.troubles if "409" not in trouble] == []

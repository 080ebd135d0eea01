"""A segment built by keyboard alone."""

from collections.abc import Callable

from playwright.sync_api import expect

from customers.models import Segment
from customers.tests.segment_cast import figures, one
from staff.models import User


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

"""Two records of one person: joined in four touches, taken apart in one; open pages follow."""

import pytest
from playwright.sync_api import expect

from customers.merging import merge
from customers.models import Customer, MergeOperation, MergeSuggestion
from tests.browser.test_counter import in_a_thread


@pytest.fixture
def second(mei, west_lake) -> Customer:
    other = Customer.objects.create(number="30077120", display_name="梅小姐", home_store=west_lake)
    further = Customer.objects.create(number="30077121", display_name="马小姐", home_store=west_lake)
    for one, score in ((other, 0.94), (further, 0.6)):
        MergeSuggestion.objects.create(
            first=mei, second=one, score=score, reasons=[{"code": "phone.same", "weight": 9}]
        )
    return other


def test_joining_takes_four_touches_and_undoing_one(visitor, second, gu) -> None:
    desk = visitor()
    page = desk.signs_in(gu)
    desk.goes_to("/admin/")

    touches = 0
    page.goto(page.url.split("/admin/")[0] + "/customers/")  # the rail stands on every page of the house
    page.get_by_role("link", name="Merge", exact=True).click()
    touches += 1
    page.get_by_role("link", name="梅小姐").click()
    touches += 1
    page.locator("#reason").fill("The customer said so")
    touches += 1
    page.get_by_role("button", name="Join as one person").click()
    touches += 1
    expect(page.get_by_text("30077120 was joined to 20418837.")).to_be_visible()
    assert touches <= 4

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Taken apart. Everything is back where it was.")).to_be_visible()
    assert in_a_thread(lambda: MergeOperation.objects.get().undone_at) is not None
    assert desk.troubles == []


def test_a_forgotten_reason_is_said_and_the_focus_goes_there(visitor, second, gu) -> None:
    desk = visitor(width=390)
    page = desk.signs_in(gu)
    pair = in_a_thread(lambda: MergeSuggestion.objects.order_by("-score").first().pk)
    desk.goes_to(f"/merges/pairs/{pair}/")

    page.get_by_role("button", name="Join as one person").click()

    expect(page.locator(".s-err")).to_be_focused()
    expect(page.locator("#reason")).to_have_attribute("aria-invalid", "true")


def test_an_open_page_of_the_joined_record_goes_to_the_one_that_stands(visitor, second, mei, gu, he) -> None:
    desk = visitor()
    page = desk.signs_in(he)
    desk.goes_to("/customers/30077120/")
    expect(page.locator(".s-live")).to_have_text("Live")

    in_a_thread(lambda: merge(mei, second, by=gu, reason="same"))

    page.wait_for_url("**/customers/20418837/", timeout=10_000)


def test_many_pairs_are_joined_with_the_bar_that_comes_up(visitor, second, gu) -> None:
    desk = visitor(width=390)
    page = desk.signs_in(gu)
    desk.goes_to("/merges/")
    expect(page.get_by_role("button", name="Join the ticked")).to_be_hidden()

    for box in page.get_by_role("checkbox").all():
        box.check()
    page.locator("#reason").fill("The same phone")
    page.get_by_role("button", name="Join the ticked").click()

    expect(page.get_by_text("2 pairs joined.")).to_be_visible()
    expect(page.get_by_text("No pair waits to be looked at")).to_be_visible()

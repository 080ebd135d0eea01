"""A look board from nothing to the customer's answer on a phone, and back on the advisor's page."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from commerce.models import Product, Stock
from customers.models import Fact, Task
from scrm.kernel.words import words
from tests.browser.test_counter import in_a_thread
from tests.browser.test_reception import clean
from touchpoints.models import LookBoard


@pytest.fixture
def goods(mei, west_lake) -> None:
    for code, name, contains in (("R09-BK-M", "Light down jacket", ["down"]), ("H16-BK", "Leather tote", [])):
        piece = Product.objects.create(
            code=code, parent=code[:3], name=words(name, name, name), price=79900,
            attributes={"worn": "top", "contains": contains},
        )  # fmt: skip
        Stock.objects.create(store=west_lake, product=piece, quantity=2, counted_at=timezone.now())
    Fact.objects.hear(mei, "allergy", "羽绒过敏", by=None, channel="store", concern="safety", pinned=True)


def test_from_nothing_to_the_answer(visitor, mei, ruoan, goods) -> None:
    page = visitor(width=390).signs_in(ruoan)
    page.goto(page.url.split("/clients")[0].rstrip("/") + "/customers/20418837/looks/")
    page.get_by_label("Title, as the customer reads it").fill("3 looks for a Chengdu trip")
    page.get_by_role("button", name="Choose pieces").click()
    expect(page.get_by_text("Nothing on it yet")).to_be_visible()

    for text, piece in (("tote", "Leather tote"), ("R0", "Light down jacket")):
        page.get_by_label("Code or name of the piece").fill(text)
        page.get_by_role("button", name="Search").click()
        page.get_by_role("button", name=piece).click()
    expect(page.get_by_text("Holds something this customer must not have")).to_be_visible()
    clean(page)
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("alert")).to_contain_text("Light down jacket")
    page.get_by_role("button", name="Take off Light down jacket").click()
    expect(page.get_by_text("Taken off: Light down jacket")).to_be_visible()
    page.get_by_role("button", name="Copy the link").click()
    link = page.get_by_label("The link, shown only this once").input_value()
    clean(page)

    phone = visitor(width=390)
    letter = phone.page
    letter.goto(link + "?language=en")
    expect(letter.get_by_role("heading", name="3 looks for a Chengdu trip")).to_be_visible()
    clean(letter)
    letter.get_by_label("I like it").check()
    letter.get_by_label("A line to us").fill("The black one, please")
    letter.get_by_role("button", name="Try these on").click()
    expect(letter.get_by_role("status").first).to_contain_text("We get the pieces ready")

    board, step = in_a_thread(lambda: (LookBoard.objects.get(), Task.objects.get()))
    assert (board.state, step.owner_id) == ("answered", ruoan.pk)
    page.goto(page.url.replace("share/", ""))
    expect(page.get_by_text("The black one, please")).to_be_visible()
    expect(page.get_by_text("Would like to try these on")).to_be_visible()
    clean(page)

"""A package from its first line to a benefit used at the customer and undone, on a wide screen and on a phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from journeys import packages
from journeys.models import EntitlementUse, ServicePackage
from journeys.packages.drafting import put_line
from scrm.kernel.words import words
from tests.browser.test_look import RULES, SMALL

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_operator_fills_a_draft_and_publishes_it(visitor, gu) -> None:
    packages.make("calm", words("安心", "安心", "Calm"), by=None)
    screen = visitor()
    page = screen.signs_in(gu)
    screen.goes_to("/packages/calm/edit/")

    page.get_by_label("Benefit, English").fill("Visit at home")
    page.get_by_label("Times a year, empty for without limit").fill("2")
    page.get_by_role("button", name="Add a line").click()
    page.get_by_role("link", name="Look and publish").click()
    page.get_by_role("button", name="Publish version 1").click()

    expect(page.get_by_role("heading", name="Calm Version 1")).to_be_visible()
    assert ServicePackage.objects.get().state == "live"
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [one["id"] for one in found] == []
    assert screen.troubles == []


def test_a_benefit_is_used_and_the_slip_undone(visitor, ruoan, mei) -> None:
    package = packages.make("calm", words("安心", "安心", "Calm"), by=None)
    put_line(package, "", {"scene": "after", "kind": "service", "words": words("上门", "上門", "Visit at home"),
                           "quota": 2, "minutes": 30})  # fmt: skip
    packages.publish(package, 1, by=None, instead_of=0)
    packages.give(mei, package, by=ruoan, why="Best client")
    screen = visitor(width=390)
    page = screen.signs_in(ruoan)
    screen.goes_to(f"/customers/{mei.number}/")
    block = page.locator("#s-packages")

    block.get_by_role("button", name="Used now").click()
    expect(block.get_by_text("1 of 2 used this year")).to_be_visible()
    block.get_by_role("button", name="Undo").click()
    expect(block.get_by_text("0 of 2 used this year")).to_be_visible()

    assert EntitlementUse.objects.standing().count() == 0
    assert page.evaluate(SMALL) == []
    assert screen.troubles == []

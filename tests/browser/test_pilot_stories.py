"""Stories on the screen: new goods first for who spends most (S7), and a pilot from the plan to everybody (S12)."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from journeys.models import EarlyWord, HeldPackage, Pilot
from journeys.pilots.running import fill_open
from journeys.tests.test_packages import a_package
from journeys.tests.test_pilots import people, publish_next
from journeys.tests.test_releases import release  # noqa: F401
from tests.browser.test_look import RULES, SMALL
from tests.browser.test_pilots import let_pass_early

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def nothing_wrong(page: Page) -> None:
    assert [one["id"] for one in Axe().run(page, options={"runOnly": RULES}).response["violations"]] == []


def test_the_advisor_tells_a_client_of_new_goods_before_everybody_else(visitor, ruoan, mei, release) -> None:  # noqa: F811
    screen = visitor(width=390)
    page = screen.signs_in(ruoan)
    screen.goes_to("/clients/early/")
    expect(page.get_by_text("0 of 1 client told")).to_be_visible()
    nothing_wrong(page)

    page.get_by_placeholder("What they said").or_(page.locator("[name=said]")).first.fill("周五来试")
    page.get_by_role("button", name="Told").click()

    expect(page.get_by_text("1 of 1 client told")).to_be_visible()
    assert EarlyWord.objects.get().customer == mei
    screen.goes_to(f"/customers/{mei.number}/")
    expect(page.get_by_text("周五来试").first).to_be_visible()
    screen.goes_to("/clients/early/")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("0 of 1 client told")).to_be_visible()
    assert page.evaluate(SMALL) == []
    assert screen.troubles == []


def test_a_pilot_goes_from_the_plan_to_everybody_by_its_gates(visitor, gu, he, west_lake) -> None:
    package = a_package()
    people(60, store=west_lake)
    screen = visitor()
    page = screen.signs_in(gu)
    screen.goes_to("/pilots/new/")

    page.get_by_label("Code").fill("fit-guard")
    page.get_by_label("Name, English").fill("Care guide")
    page.get_by_label("We think that").fill("A care guide brings them back")
    page.get_by_label("People of each arm in the first step").fill("10")
    page.get_by_role("button", name="Plan it").click()
    page.get_by_role("button", name="Draw the people and start").click()
    expect(page.get_by_text("Cannot say yet").first).to_be_visible()
    page.get_by_label("Note a change").fill("Old goods are asked for")
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("Old goods are asked for")).to_be_visible()
    publish_next(package)
    page.get_by_label("Why", exact=True).fill("Trade-in first")
    page.get_by_role("button", name="Change", exact=True).click()
    nothing_wrong(page)
    other = visitor(width=390)
    other.signs_in(he)
    let_pass_early(screen, other, "Used by many")
    page.get_by_role("checkbox", name="West Lake").check()
    page.get_by_role("button", name="Go on with these stores").click()
    fill_open()
    screen.goes_to("/pilots/fit-guard/")
    let_pass_early(screen, other, "All stores can carry it")
    page.get_by_role("button", name="Give it to everybody, the control too").click()
    fill_open()

    pilot = Pilot.objects.get()
    assert pilot.state == "rolled_out"
    assert list(pilot.steps.values_list("kind", flat=True)) == ["people", "people", "stores", "all"]
    assert HeldPackage.objects.standing().filter(source="pilot").count() >= 60
    screen.goes_to("/pilots/fit-guard/")
    expect(page.get_by_text("Trade-in first").first).to_be_visible()
    nothing_wrong(page)
    assert screen.troubles == []

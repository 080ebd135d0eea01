"""A pilot from the plan to its second step, and a place reserved and released, on a wide screen and on a phone."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from journeys import resources
from journeys.models import Pilot, PilotGate, Reservation
from journeys.pilots.running import fill_open
from journeys.tests.test_packages import a_package
from journeys.tests.test_pilots import people
from scrm.kernel.words import words
from tests.browser.test_look import RULES, SMALL

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def let_pass_early(screen, other, why: str) -> None:
    """One asks on their screen, the second person agrees on another."""
    screen.page.get_by_label("Why", exact=True).fill(why)
    screen.page.get_by_role("button", name="Ask to let it pass early").click()
    expect(screen.page.get_by_text("You asked; somebody else")).to_be_visible()
    other.page.goto(screen.page.url)
    other.page.get_by_role("button", name="Agree: let it pass").click()
    expect(other.page.get_by_text("He Qing agreed")).to_be_visible()
    screen.page.reload()


@pytest.mark.parametrize("width", [1366, 390])
def test_an_operator_plans_starts_and_decides(visitor, gu, he, west_lake, width: int) -> None:
    a_package()
    people(60, store=west_lake)
    screen = visitor(width=width)
    page = screen.signs_in(gu)
    screen.goes_to("/pilots/new/")

    page.get_by_label("Code").fill("guide")
    page.get_by_label("Name, English").fill("Care guide")
    page.get_by_label("We think that").fill("A guide brings them back")
    page.get_by_label("People of each arm in the first step").fill("10")
    page.get_by_role("button", name="Plan it").click()
    page.get_by_role("button", name="Draw the people and start").click()
    expect(page.get_by_role("heading", name="Cannot say yet")).to_be_visible()
    page.get_by_label("Note a change").fill("Wool was added")
    page.get_by_role("button", name="Note it").click()
    why = page.get_by_label("Why", exact=True)
    why.fill("They like it")
    why.press("Enter")  # decides nothing
    page.get_by_role("button", name="Ask to let it pass early").click()
    other = visitor(width=width)
    theirs = other.signs_in(he)
    other.goes_to("/pilots/guide/")
    theirs.get_by_label("Why not, when you do not agree").fill("Too few")
    theirs.get_by_label("Why not, when you do not agree").press("Enter")
    expect(theirs.get_by_role("button", name="Ask to let it pass early")).to_be_visible()
    assert not PilotGate.objects.exists()
    screen.goes_to("/pilots/guide/")
    let_pass_early(screen, other, "They like it")
    page.get_by_label("West Lake").check()
    page.get_by_role("button", name="Go on with these stores").click()

    expect(page.locator(".b-steps [aria-current]")).to_contain_text("1 store")
    fill_open()
    assert Pilot.objects.get().members.count() == 60
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [one["id"] for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert width > 390 or page.evaluate(SMALL) == []
    assert screen.troubles + other.troubles == []


def test_an_advisor_reserves_a_place_and_lets_it_go(visitor, ruoan, mei) -> None:
    resources.make("room", by=None, name=words("房间", "房間", "Room"), kind="room", store=mei.home_store)
    screen = visitor(width=390)
    page = screen.signs_in(ruoan)
    screen.goes_to(f"/resources/room/?for={mei.number}")

    page.get_by_label("Day").fill((timezone.localdate() + timedelta(days=1)).isoformat())
    page.get_by_label("From").fill("12:00")
    page.get_by_label("To", exact=True).fill("13:00")
    page.get_by_role("button", name="Reserve").click()
    expect(page.get_by_text("12:00–13:00").first).to_be_visible()
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [one["id"] for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(SMALL) == []
    page.get_by_role("button", name="Release").click()

    expect(page.get_by_text("12:00–13:00")).to_have_count(0)
    assert not Reservation.objects.standing().exists()
    assert screen.troubles == []

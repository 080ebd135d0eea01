"""A map drawn on by keys alone and undone, read on a phone; a question answered in two taps and the slip undone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from journeys.models import MapPoint, Told
from journeys.tests.test_maps import a_map, a_point, a_question
from tests.browser.test_look import RULES, SMALL

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_operator_draws_by_keys(visitor, gu) -> None:
    point = a_point(a_map())
    point.note("pain", "Waited four days", by=gu, verbatim=True, version=1)
    first = MapPoint.objects.get(stage__map__code="shoes", stage__place=0)
    screen = visitor()
    page = screen.signs_in(gu)
    screen.goes_to("/journeys/shoes/")

    page.locator(f"#p-{first.pk}").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="Asks about size and style")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Tries on")).to_be_focused()
    page.keyboard.press("-")
    here = page.locator(".b-place", has=page.get_by_role("link", name="Tries on"))
    expect(here.get_by_text("−0.1")).to_be_visible()
    expect(page.get_by_text("Stuck at “Chooses”: Tries on feels −0.1")).to_be_visible()
    page.keyboard.press("-")
    expect(here.get_by_text("−0.2")).to_be_visible()
    page.keyboard.press("z")
    expect(here.get_by_text("−0.1")).to_be_visible()

    assert MapPoint.objects.get(name__en="Tries on").feeling == -1
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [one["id"] for one in found] == []
    assert screen.troubles == []


def test_a_map_is_read_on_a_phone(visitor, gu) -> None:
    point = a_point(a_map())
    point.feel(-8, by=gu, version=1)
    screen = visitor(width=390)
    page = screen.signs_in(gu)

    for path in ("/journeys/", "/journeys/shoes/", f"/journeys/shoes/{point.pk}/", "/questions/"):
        screen.goes_to(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate(SMALL) == []
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        assert [one["id"] for one in found] == [], path
    assert screen.troubles == []


def test_an_answer_and_its_slip(visitor, ruoan, mei) -> None:
    a_question()
    screen = visitor(width=390)
    page = screen.signs_in(ruoan)
    screen.goes_to(f"/customers/{mei.number}/")
    block = page.locator("#s-questions")

    block.get_by_role("button", name="Parents").click()
    expect(block.get_by_text("Known: Parents")).to_be_visible()
    assert Told.objects.standing().count() == 1
    block.get_by_role("button", name="Undo").click()
    expect(block.get_by_role("button", name="Parents")).to_be_visible()

    assert Told.objects.standing().count() == 0
    assert screen.troubles == []

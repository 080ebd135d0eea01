"""The advisor's day on a phone and on a wide screen: the first call with its memory, done, put off, taken back."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from customers.models import Consent, Customer, Event, Fact, Task
from journeys.models import CareMark, HealthWord, OpenInterest
from tests.browser.test_look import RULES, SMALL

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def gao(ruoan, west_lake) -> Customer:
    day = timezone.localdate() + timedelta(days=3)
    made = Customer.objects.create(number="20410001", display_name="高博文", home_store=west_lake, advisor=ruoan,
                                   birth_month=day.month, birth_day=day.day)  # fmt: skip
    Consent.objects.create(customer=made, purpose="marketing", channel="wecom", given=True, origin="staff")
    Fact.objects.create(customer=made, key="allergy", value="坚果过敏", concern="safety", pinned=True)
    return made


def test_the_first_call_of_the_day_is_one_touch_and_is_done(visitor, ruoan, gao) -> None:
    screen = visitor(width=390)
    page = screen.signs_in(ruoan)
    screen.goes_to("/clients/")

    page.get_by_role("link", name="高博文").click()  # the one touch
    expect(page.get_by_text("坚果过敏")).to_be_visible()
    page.get_by_label("What came of it").fill("Tea box, Saturday")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("status").filter(has_text="Tea box, Saturday")).to_be_visible()
    assert Event.objects.filter(customer=gao, kind="care.done").exists()
    page.get_by_role("button", name="Undo").click()
    page.get_by_label("What came of it").wait_for()
    assert not CareMark.objects.exists()
    assert screen.troubles == []


def test_on_a_wide_screen_the_sheet_stands_beside_the_list(visitor, ruoan, gao) -> None:
    Task.plan(gao, "Send three looks", by=ruoan, owner=ruoan, due_on=timezone.localdate())
    screen = visitor()
    page = screen.signs_in(ruoan)
    screen.goes_to("/clients/")

    sheet = page.locator("#s-sheet")
    expect(sheet.get_by_text("坚果过敏")).to_be_visible()
    sheet.get_by_label("What came of it").fill("She chose the second")
    sheet.get_by_role("button", name="Done").click()
    expect(page.locator("#s-care").get_by_text("Send three looks")).to_have_count(0)
    expect(page.locator("#s-care").get_by_role("link", name="高博文")).to_have_count(1)
    sheet.get_by_placeholder("What the client considers").fill("Massage chair")
    sheet.get_by_role("button", name="Note").click()
    sheet.get_by_text("Massage chair", exact=True).wait_for()
    sheet.get_by_role("button", name="Cooling off").click()
    expect(sheet.get_by_role("alert")).to_contain_text("what makes you think so")
    sheet.get_by_placeholder("What makes you think so; a worry needs it").fill("Short answers")
    sheet.get_by_role("button", name="Cooling off").click()
    expect(sheet.get_by_role("button", name="Cooling off")).to_have_attribute("aria-pressed", "true")
    assert OpenInterest.objects.get().what == "Massage chair"
    assert HealthWord.objects.get().word == "cooling"
    assert [said for said in screen.troubles if "422" not in said] == []


@pytest.mark.parametrize(("width", "language"), [(390, "zh-hans"), (1366, "en"), (320, "zh-hant")])
def test_the_pages_are_for_everybody(visitor, ruoan, gao, width: int, language: str) -> None:
    OpenInterest.begin(gao, "Massage chair " * 8, by=ruoan, worth=580_000, next_step="Let him sit in it")
    HealthWord.say(gao, "leaving", by=ruoan, why="Said goodbye " * 10)
    ruoan.language = language
    ruoan.save()
    screen = visitor(width=width)
    page = screen.signs_in(ruoan)

    for path in ("/clients/", f"/clients/{gao.number}/?reason=birthday", "/clients/interests/"):
        screen.goes_to(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert not Axe().run(page, options={"runOnly": RULES}).response["violations"], path
        assert page.evaluate(SMALL) == [], path
    assert screen.troubles == []

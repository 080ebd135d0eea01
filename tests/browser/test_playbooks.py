"""A playbook from nothing, and the advisor's call that it asks for: on the list, done, on the timeline."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from customers.models import Customer, Task
from journeys import playbooks
from journeys.models import Enrolment, Playbook
from journeys.playbooks import news
from journeys.tests.test_playbooks import CALL, a_playbook
from scrm.kernel import segment_field
from tests.browser.test_look import RULES, SMALL

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_operator_makes_a_playbook_from_nothing(visitor, gu) -> None:
    segment_field.forget()
    screen = visitor()
    page = screen.signs_in(gu)
    screen.goes_to("/playbooks/new/")

    page.get_by_label("Code").fill("calm")
    page.get_by_label("Name, English").fill("Calm")
    page.get_by_role("button", name="Begin the draft").click()
    page.get_by_role("link", name="Nothing brings people in yet").click()
    page.get_by_role("link", name="something happens").click()
    page.get_by_label("The customer", exact=True).select_option("visit.made")
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("link", name="Add a step").first.click()
    page.get_by_role("link", name="Ask a colleague").click()
    page.get_by_label("What is to be done, 简体").fill("打电话问候")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("link", name="打电话问候", exact=True)).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("i")
    expect(page.get_by_text("What is put in here")).to_be_visible()
    assert [one["id"] for one in Axe().run(page, options={"runOnly": RULES}).response["violations"]] == []
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Look and publish").click()
    page.get_by_role("button", name="Publish version 1").click()

    expect(page.get_by_text("Version 1 runs")).to_be_visible()
    assert Playbook.objects.get().hears == "event:visit.made"
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [one["id"] for one in found] == []
    assert screen.troubles == []


def test_the_advisors_call_appears_is_done_and_stands_on_the_timeline(visitor, ruoan, mei) -> None:
    Customer.objects.filter(pk=mei.pk).update(advisor=ruoan)
    playbook = a_playbook(CALL, {"kind": "points", "points": 50})
    mei.record("visit.made", visit=1)
    news.sweep()
    playbooks.advance()
    screen = visitor(width=390)
    page = screen.signs_in(ruoan)

    screen.goes_to("/tasks/")
    expect(page.get_by_text("Call").first).to_be_visible()
    Task.objects.get(customer=mei).finish(by=ruoan, outcome="Comes on Friday")
    news.sweep()
    playbooks.advance()
    screen.goes_to(f"/customers/{mei.number}/")
    block = page.locator("#s-playbooks")
    expect(block.get_by_text("50 points")).to_be_visible()
    expect(page.get_by_text("Comes on Friday").first).to_be_visible()

    assert Enrolment.objects.get(playbook=playbook).end == "walked"
    assert page.evaluate(SMALL) == []
    assert screen.troubles == []


def test_a_playbook_reads_on_a_phone(visitor, gu, mei) -> None:
    fork = {
        "kind": "fork",
        "by": "heard",
        "yes": [{"key": "y", "kind": "points", "points": 5}],
        "no": [{"key": "n", **CALL}],
    }
    a_playbook({"kind": "wait", "days": 7, "events": ["order.paid"]}, fork)
    screen = visitor(width=390)
    page = screen.signs_in(gu)

    for path in ("/playbooks/", "/playbooks/nurture/", "/playbooks/nurture/edit/?step=k0", "/playbooks/parked/",
                 "/playbooks/nurture/people/"):  # fmt: skip
        screen.goes_to(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == [], path
    assert screen.troubles == []

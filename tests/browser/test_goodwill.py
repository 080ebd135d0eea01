"""A free dessert in three touches; a lead's word; the pages of goodwill on narrow and wide screens."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from loyalty.models import Coupon
from loyalty.tests.coupon_cast import template
from scrm.kernel.words import words
from tests.browser.test_look import RULES, SMALL
from tickets import goodwill
from tickets.models import Compensation, Handover, Reason, Ticket


@pytest.fixture
def case(transactional_db, mei, lin, he, west_lake) -> Ticket:
    template("DESSERT", kind="gift", group="gift", amount=0, cost=2800, per_customer=9,
             name=words("免费甜点", "免費甜點", "Free dessert"))  # fmt: skip
    late = Reason.objects.get(code="late")
    Reason.objects.filter(pk=late.pk).update(coupons=["DESSERT"])
    made = Ticket.open(mei, "Leggings pill", channel="app")[0]
    made.hear("瑜伽裤起球，要换一条", channel="app", at=timezone.now(), source="t", source_ref="1")
    made.assign(lin, by=he)
    Handover.to_store(made, west_lake, by=lin, note="")
    goodwill.grant(made, "points", 300, late, by=lin, key="a")
    goodwill.grant(made, "points", 800, late, by=lin, key="b", words="答复晚了两天" * 9)
    goodwill.grant(made, "points", 600, late, by=lin, key="c", exception=True, words="孩子哭闹" * 9)
    return made


@pytest.mark.parametrize("width", [390, 1366])
def test_a_free_dessert_in_three_touches(visitor, case, ke, mei, width: int) -> None:
    screen = visitor(width=width)
    page = screen.signs_in(ke)
    screen.goes_to("/inbox/?view=all")

    page.get_by_role("link", name="Leggings pill").first.click()  # 1
    page.get_by_role("link", name="Goodwill").click()  # 2
    page.get_by_role("button", name="Free dessert").click()  # 3

    expect(page.locator("#s-form [role=status]")).to_contain_text("Free dessert: given.")
    assert Coupon.objects.filter(customer=mei).count() == 1
    assert screen.troubles == []


def test_above_the_limit_is_asked_and_approved_by_keyboard_and_hand(visitor, case, lin, he) -> None:
    desk = visitor()
    page = desk.signs_in(lin)
    desk.goes_to(f"/cases/{case.number}/")
    page.keyboard.press("b")
    page.get_by_label("How much").fill("900")
    page.get_by_role("button", name="Give", exact=True).click()
    expect(page.locator("#s-form [role=alert]")).to_contain_text("Ask He Qing?")
    page.get_by_label("What happened, for who decides or reads it later").fill("Long story")
    page.get_by_role("button", name="Send to He Qing").click()
    expect(page.locator("#s-form [role=status]")).to_contain_text("waits for approval")

    lead = visitor(width=390)
    page = lead.signs_in(he)
    lead.goes_to("/approvals/")
    row = page.locator("li", has_text="Long story")
    row.get_by_role("button", name="Approve").click()
    expect(row).to_have_count(0)

    assert Compensation.objects.get(words="Long story").state == "granted"
    assert [said for said in desk.troubles if "422" not in said] + lead.troubles == []


@pytest.mark.parametrize(("width", "language"), [(390, "zh-hans"), (1366, "zh-hant"), (320, "en")])
def test_the_pages_of_goodwill(visitor, case, ke, lin, he, lu, width: int, language: str) -> None:
    flaws: list[str] = []
    for user, paths in ((lin, [f"/cases/{case.number}/goodwill/"]), (he, ["/approvals/"]), (lu, ["/goodwill/"]),
                        (ke, [f"/cases/{case.number}/"])):  # fmt: skip
        type(user).objects.filter(pk=user.pk).update(language=language)
        screen = visitor(width=width)
        page = screen.signs_in(user)
        for path in paths:
            screen.goes_to(path)
            for rule in Axe().run(page, options={"runOnly": RULES}).response["violations"]:
                flaws += [f"{path} {rule['id']}: {node['html'][:160]}" for node in rule["nodes"]]
            flaws += [f"{path} small: {it}" for it in page.evaluate(SMALL)]
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                flaws.append(f"{path} is {wide} px wide")
        flaws += screen.troubles

    assert flaws == []

"""A coupon at the counter: few taps to use it, one to take it back, a refusal that says what to do."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from commerce.models import Order, OrderLine
from loyalty.models import Coupon, CouponTemplate, PointsAccount
from scrm.kernel.words import words
from tests.browser.test_counter import in_a_thread


@pytest.fixture
def basket(mei, west_lake) -> None:
    """What the till has rung up, two coupons that go together and one that does not."""
    order = Order.objects.create(
        customer=mei, source="till", source_ref="A-1", store=west_lake, state="placed", placed_at=timezone.now(),
        business_date=timezone.localdate(), currency="CNY", total=81700, base_total=81700,
    )  # fmt: skip
    for n, (sku, amount) in enumerate([("Y03", 29900), ("R04", 45900), ("R08", 5900)]):
        OrderLine.objects.create(order=order, line_ref=str(n), sku=sku, name=sku, quantity=1, total=amount)
    rules = [
        {"code": "MJ80", "kind": "amount", "group": "amount", "amount": 8000, "threshold": 60000, "not_with": ["percent"],
         "name": words("换季满减", "換季滿減", "Season ¥80 off")},
        {"code": "SOCK0", "kind": "gift", "group": "gift", "products": ["R08"],
         "name": words("袜子免单券", "襪子免單券", "Socks on us")},
        {"code": "BD10", "kind": "percent", "group": "percent", "percent": 10,
         "name": words("生日季九折", "生日季九折", "Birthday 10 %")},
    ]  # fmt: skip
    for rule in rules:
        CouponTemplate.objects.create(state="published", days_valid=8, **rule).issue_to(mei, by=None, key=rule["code"])
    PointsAccount.objects.of(mei).earn(8460, reason="campaign", source="t", key="e",
                                       at=timezone.now() - timedelta(minutes=2))  # fmt: skip


def states() -> dict[str, str]:
    return dict(Coupon.objects.values_list("template__code", "state"))


def coupon(page, name: str):
    return page.locator(".s-coupon", has=page.locator(".what b", has_text=name))


def test_the_best_coupons_in_two_taps_and_back_in_one(visitor, mei, ke, basket) -> None:
    phone = visitor(width=390)
    phone.signs_in(ke)
    page = phone.goes_to(f"/counter/customers/{mei.number}/")

    touches = 0
    page.get_by_role("link", name="Use coupons").tap()
    touches += 1
    expect(page.locator(".s-coupon.on")).to_have_count(2)
    expect(page.locator("#checkout")).to_contain_text("¥678.00")
    page.get_by_role("button", name="Redeem 2 coupons").tap()
    touches += 1

    expect(page.locator("h1")).to_have_text("Redeemed")
    assert touches <= 4
    assert in_a_thread(states) == {"MJ80": "redeemed", "SOCK0": "redeemed", "BD10": "issued"}
    page.get_by_role("button", name="Undo").tap()
    expect(page.locator("h1")).to_contain_text("coupons")
    assert in_a_thread(states) == {"MJ80": "issued", "SOCK0": "issued", "BD10": "issued"}
    assert phone.troubles == []


def test_another_choice_is_reckoned_at_once_and_a_wrong_one_says_why(visitor, mei, ke, basket) -> None:
    phone = visitor(width=390)
    phone.signs_in(ke)
    page = phone.goes_to(f"/counter/customers/{mei.number}/redeem/")

    expect(page.locator(".s-coupon.off")).to_contain_text("saves")
    coupon(page, "Birthday").tap()
    expect(page.locator("[role=alert]")).to_be_visible()
    coupon(page, "Season").tap()
    expect(page.locator("[role=alert]")).to_have_count(0)
    page.locator("[name=points]").tap()
    expect(page.locator("#checkout")).to_contain_text("points pay")

    assert in_a_thread(states) == {"MJ80": "issued", "SOCK0": "issued", "BD10": "issued"}
    assert phone.troubles == []


def test_a_double_tap_redeems_once(visitor, mei, ke, basket) -> None:
    page = visitor(width=390).signs_in(ke)
    page.goto(page.url.split("/counter")[0] + f"/counter/customers/{mei.number}/redeem/")
    page.get_by_role("button", name="Redeem 2 coupons").dblclick()

    expect(page.locator("h1")).to_have_text("Redeemed")
    assert in_a_thread(states)["MJ80"] == "redeemed"


def test_no_page_of_the_wallet_scrolls_sideways(visitor, mei, he, basket) -> None:
    for width in (390, 1366):
        person = visitor(width=width)
        person.signs_in(he)
        for path in (f"/counter/customers/{mei.number}/", f"/counter/customers/{mei.number}/redeem/",
                     f"/customers/{mei.number}/wallet/", f"/customers/{mei.number}/wallet/deeds/"):  # fmt: skip
            page = person.goes_to(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert person.troubles == []

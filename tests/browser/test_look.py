"""Every page for everybody: contrast, names, targets, focus, narrow screens, three languages, no errors."""

from datetime import date

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from customers import preferences
from customers.merging import merge
from customers.models import (
    Company,
    Consent,
    Customer,
    Fact,
    FactKey,
    Household,
    MergeSuggestion,
    NeedKind,
    NeedLog,
    OutsideSignal,
    Scene,
    Task,
)
from scrm.kernel.words import words

PAGES = {
    "ke": ["/counter/", "/counter/scan/", "/counter/customers/20418837/", "/counter/customers/20418837/turned/",
           "/customers/20418837/", "/customers/20418837/steps/", "/customers/20418837/consents/", "/tasks/", "/me/",
           "/counter/customers/20418837/trials/", "/customers/20418837/appointments/", "/appointments/", "/queue/"],
    "ruoan": ["/clients/"],
    "lin": ["/inbox/", "/customers/"],
    "he": ["/board/", "/team/", "/knowledge/compare/", "/commerce/reconciliation/", "/customers/20418837/merge/", "/customers/20418837/circle/"],
    "gu": ["/loyalty/drops/", "/loyalty/drops/new/", "/loyalty/coupons/", "/loyalty/campaigns/", "/loyalty/rules/",
           "/loyalty/ledger/", "/customers/picture/", "/imports/", "/permissions/", "/admin/", "/merges/", "/merges/pairs/PAIR/",
           "/merges/MERGE/", "/companies/", "/companies/COMPANY/", "/signals/", "/customers/20418837/privacy/",
           "/api-clients/", "/webhooks/"],
    "lu": ["/audit/"],
}  # fmt: skip

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]

SMALL = """() => [...document.querySelectorAll("a, button, input, select, summary")].filter(it => {
  const box = it.getBoundingClientRect();
  if (!box.width || !box.height || it.closest("[hidden]") || it.matches(".skip, p a, li a:only-child")) return false;
  if (getComputedStyle(it).display === "inline") return false;  // in a sentence
  return box.width < 24 || box.height < 24;
}).map(it => it.outerHTML.slice(0, 120))"""


@pytest.fixture
def told(mei, ke) -> None:
    Fact.objects.create(customer=mei, key="过敏", value="羊毛过敏", concern="safety", pinned=True)
    Fact.objects.create(customer=mei, key="原话", value="先让我自己看看" * 12, concern="words", pinned=True)
    FactKey.objects.get_or_create(code="sizes", defaults={"name": words("尺码", "尺碼", "Sizes")})
    Scene.objects.get_or_create(code="gift", defaults={"name": words("送礼", "送禮", "A gift")})
    kind, _new = NeedKind.objects.get_or_create(code="fit", defaults={"name": words("尺码", "尺碼", "Fit")})
    NeedLog.hear(mei, by=None, kind=kind, words="裤长减三厘米" * 12)
    Task.plan(mei, "新款到了打电话给她" * 9, by=ke, owner=ke, due_on=timezone.localdate())
    mei.record("order.paid", channel="pos", number="A-77120", total=69900, currency="CNY")


@pytest.fixture
def places(mei, west_lake, gu) -> dict[str, str]:
    """One of each thing the operator looks at, by the word that stands for its number in an address."""
    second, third = (
        Customer.objects.create(number=f"3007712{place}", display_name="梅小姐" * 9, home_store=west_lake)
        for place in "01"
    )
    reasons = [{"code": "phone.same", "weight": 18, "verified": True}, {"code": "birth.different", "weight": -4}]
    pair = MergeSuggestion.objects.create(first=mei, second=second, score=0.94, reasons=reasons)
    company = Company.objects.create(name="澜峰设计", since=date(2022, 12, 4), note="年度采购" * 20)
    company.name_person(mei, part="buyer", title="行政")
    Household.objects.create(name="梅家").take_in(mei, part="payer", relation="女儿")
    for about in (None, company):
        OutsideSignal.objects.create(
            kind="credit", title="付款正常" * 8, finding="近四个季度无逾期。" * 20, source="企信通", licence="一年", company=about,
            published_on=date(2026, 6, 1), expires_on=date(2036, 6, 1), url="https://example.com/",
        )  # fmt: skip
    return {
        "PAIR": str(pair.pk), "COMPANY": str(company.pk),
        "MERGE": str(merge(mei, third, by=gu, reason="客户本人确认").pk),
    }  # fmt: skip


@pytest.mark.parametrize(("width", "language"), [(390, "zh-hans"), (390, "en"), (1366, "zh-hant")])
@pytest.mark.parametrize("person", sorted(PAGES))
def test_the_pages_of_each_role(person: str, width: int, language: str, visitor, told, places, request) -> None:
    user = request.getfixturevalue(person)
    type(user).objects.filter(pk=user.pk).update(language=language)
    screen = visitor(width=width)
    page = screen.signs_in(user)

    flaws: list[str] = []
    for path in PAGES[person]:
        for word, number in places.items():
            path = path.replace(word, number)
        screen.goes_to(path)
        if not path.startswith("/admin/"):  # Django's own pages: their few known flaws are Django's
            for rule in Axe().run(page, options={"runOnly": RULES}).response["violations"]:
                flaws += [f"{path} {rule['id']}: {node['html'][:160]}" for node in rule["nodes"]]
            flaws += [f"{path} small: {it}" for it in page.evaluate(SMALL)]
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            flaws.append(f"{path} is {wide} px wide")

    assert flaws + screen.troubles == []


@pytest.mark.parametrize("width", [390, 1366])
def test_the_customers_own_page_of_consents(width: int, visitor, told, mei) -> None:
    Consent.objects.say(mei, "marketing", "sms", given=True, origin="staff")
    screen = visitor(width=width)
    page = screen.goes_to(f"/c/{preferences.make_link(mei, by=None)}/preferences/")

    flaws = [rule["id"] for rule in Axe().run(page, options={"runOnly": RULES}).response["violations"]]
    flaws += page.evaluate(SMALL)
    assert flaws + screen.troubles == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    forget = page.get_by_role("button", name="忘掉它")
    before = forget.count()
    forget.first.click()
    page.locator(".s-info.kept").wait_for()
    assert forget.count() == before - 1


@pytest.mark.parametrize("path", ["/counter/", "/counter/customers/20418837/", "/customers/20418837/", "/me/"])
def test_nothing_scrolls_sideways_at_320(path: str, visitor, told, ke) -> None:
    screen = visitor(width=320)
    page = screen.signs_in(ke)
    screen.goes_to(path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_focus_is_seen_on_every_stop(visitor, told, ke) -> None:
    screen = visitor()
    page = screen.signs_in(ke)
    screen.goes_to("/customers/20418837/")

    for _stop in range(25):
        page.keyboard.press("Tab")
        ring = page.evaluate(
            "() => { const it = document.activeElement; const style = getComputedStyle(it);"
            " return it === document.body || style.outlineStyle !== 'none' || style.boxShadow !== 'none'; }"
        )
        assert ring, page.evaluate("document.activeElement.outerHTML.slice(0, 200)")


def test_the_page_is_light(visitor, told, ke) -> None:
    screen = visitor(width=390)
    page = screen.signs_in(ke)
    weights: list[int] = []
    page.on("response", lambda answer: weights.append(len(answer.body())))
    screen.goes_to("/customers/20418837/")
    page.wait_for_load_state("networkidle")

    # Unzipped here; the server sends it zipped, at less than a sixth.
    assert sum(weights) < 1_400_000

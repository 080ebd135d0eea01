"""Every page for everybody: contrast, names, targets, focus, narrow screens, three languages, no errors."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from customers.models import Fact

PAGES = {
    "ke": ["/counter/", "/counter/scan/", "/counter/customers/20418837/", "/counter/customers/20418837/turned/",
           "/customers/20418837/", "/me/"],
    "ruoan": ["/clients/"],
    "lin": ["/inbox/", "/customers/"],
    "he": ["/team/", "/commerce/reconciliation/"],
    "gu": ["/customers/picture/", "/imports/", "/permissions/", "/admin/"],
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
def told(mei) -> None:
    Fact.objects.create(customer=mei, key="过敏", value="羊毛过敏", concern="safety", pinned=True)
    Fact.objects.create(customer=mei, key="原话", value="先让我自己看看" * 12, concern="words", pinned=True)
    mei.record("order.paid", channel="pos", number="A-77120", total=69900, currency="CNY")


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant", "en"])
@pytest.mark.parametrize("width", [1366, 390])
@pytest.mark.parametrize("person", sorted(PAGES))
def test_the_pages_of_each_role(person: str, width: int, language: str, visitor, told, request) -> None:
    user = request.getfixturevalue(person)
    type(user).objects.filter(pk=user.pk).update(language=language)
    screen = visitor(width=width)
    page = screen.signs_in(user)

    flaws: list[str] = []
    for path in PAGES[person]:
        screen.goes_to(path)
        if not path.startswith("/admin/"):  # Django's own pages: their few known flaws are Django's
            for rule in Axe().run(page, options={"runOnly": RULES}).response["violations"]:
                flaws += [f"{path} {rule['id']}: {node['html'][:160]}" for node in rule["nodes"]]
            flaws += [f"{path} small: {it}" for it in page.evaluate(SMALL)]
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            flaws.append(f"{path} is {wide} px wide")

    assert flaws + screen.troubles == []


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

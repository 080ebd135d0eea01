"""Articles and help in a browser: readable on a phone, in each language, and solved with a script or without."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache

from scrm.kernel.words import words
from tests.browser.test_look import RULES, SMALL
from tickets.models import ArticleVersion, Ticket, Topic
from tickets.tests.test_articles import draft, live

BODY = words(
    "内侧起球多半是洗法，外侧起球多半是面料。\n\n## 先看起在哪\n- **大腿内侧**：走路摩擦\n- **膝盖、小腿**：找我们换\n\n"
    "## 在家处理\n1. 翻到里面，冷水\n2. 别用柔顺剂\n\n裤子就行，见[怎么换](https://example.com/)。",
    "",
    "Inside it is the wash, outside the cloth.\n\n## Where\n- **Thigh**: friction\n- **Knee**: we change it\n\n1. Cold water",
)


@pytest.fixture
def shelf(lin: Any, he: Any) -> ArticleVersion:
    cache.clear()  # answers of one address are counted over tests
    fault = Topic.objects.get(code="fault")
    live(lin, he, "wash", title=words("瑜伽裤怎么洗", "", "How to wash leggings"), topic=fault)
    draft(lin, "draft", title=words("还没定"))
    return live(lin, he, body=BODY, topic=fault, video="https://video.example/v")


@pytest.mark.parametrize(("width", "language"), [(320, "en"), (390, "zh-hans"), (1366, "zh-hant")])
def test_the_pages_are_for_everybody(width: int, language: str, visitor, shelf, lin, mei) -> None:
    ticket, _new = Ticket.open(mei, "瑜伽裤起球", topic=shelf.topic)
    type(lin).objects.update(language=language)
    screen = visitor(width=width)
    page = screen.signs_in(lin)
    staff = ["/knowledge/", "/knowledge/?shelf=draft", "/knowledge/pilling/", "/knowledge/pilling/write/",
             "/knowledge/new/", f"/knowledge/suggest/?ticket={ticket.number}"]  # fmt: skip
    ticket.resolve(by=lin)
    help_pages = [f"/help/?language={language}", f"/help/pilling/?language={language}",
                  f"/help/pilling/?language={language}&said=no", f"/help/?language={language}&words=起球"]  # fmt: skip

    flaws = []
    for path in [*staff, f"/knowledge/case/?ticket={ticket.number}", *help_pages]:
        screen.goes_to(path)
        for rule in Axe().run(page, options={"runOnly": RULES}).response["violations"]:
            flaws += [f"{path} {rule['id']}: {node['html'][:160]}" for node in rule["nodes"]]
        flaws += [f"{path} small: {it}" for it in page.evaluate(SMALL)]
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            flaws.append(f"{path} is {wide} px wide")

    assert flaws + screen.troubles == []


def test_solved_in_two_presses(visitor, shelf) -> None:
    screen = visitor(width=390, language="zh-CN")
    page = screen.goes_to("/help/")
    page.get_by_role("link", name="瑜伽裤起球怎么办").click()
    page.get_by_role("button", name="解决了").click()
    page.get_by_text("太好了").wait_for()

    shelf.refresh_from_db()
    assert shelf.helped == 1
    assert screen.troubles == []


def test_helped_in_the_case_without_leaving_the_page(visitor, shelf, lin, mei) -> None:
    ticket, _new = Ticket.open(mei, "瑜伽裤起球", topic=shelf.topic)
    screen = visitor()
    page = screen.signs_in(lin)
    screen.goes_to(f"/knowledge/suggest/?ticket={ticket.number}")
    line = page.get_by_role("listitem").filter(has_text="When leggings pill")
    line.get_by_role("button", name="Helped").click()
    line.get_by_text("helped 1, did not 0").wait_for()

    assert screen.troubles == []

"""Saved views, macros, names in notes and the bell, by keyboard and hand, on narrow and wide screens."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.test_look import RULES, SMALL
from tickets.models import Macro, Notice, SavedView, Ticket, Topic


@pytest.fixture
def case(transactional_db, mei, lin, he) -> Ticket:
    made = Ticket.open(mei, "Leggings pill", topic=Topic.objects.get(code="fault"), channel="app")[0]
    made.hear("瑜伽裤起球，要换一条", channel="app", at=timezone.now(), source="t", source_ref="1")
    made.assign(lin, by=he)
    Ticket.open(mei, "Where is it", topic=Topic.objects.get(code="delivery"), channel="app")
    return made


@pytest.mark.parametrize("width", [1366, 390])
def test_what_i_look_at_is_saved_renamed_removed_and_brought_back(visitor, case, lin, width: int) -> None:
    screen = visitor(width=width)
    page = screen.signs_in(lin)
    screen.goes_to("/inbox/?view=all")

    page.get_by_label("Topic").select_option("fault")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".s-chips")).to_contain_text("take away")
    page.get_by_role("link", name="Save as a view").click()
    page.get_by_label("Name of it").first.fill("Faults 👩‍💻")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_role("link", name="Faults 👩‍💻")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="Where is it")).to_have_count(0)

    page.get_by_role("link", name="Saved views").click()
    page.get_by_text("Rename").click()
    page.get_by_label("Name of it").fill("Only faults")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("link", name="Only faults")).to_be_visible()
    page.get_by_role("button", name="Begin here").click()
    expect(page.get_by_text("the inbox begins here")).to_be_visible()
    page.get_by_role("button", name="Remove: Only faults").click()
    expect(page.get_by_text("Removed: Only faults")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Only faults")).to_be_visible()
    screen.goes_to("/inbox/")
    expect(page.get_by_role("link", name="Only faults")).to_have_attribute("aria-current", "page")
    page.locator(".s-chips a").first.click()
    expect(page.get_by_role("link", name="Where is it")).to_be_visible()

    assert SavedView.objects.get().name == "Only faults"
    assert screen.troubles == []


def test_a_macro_by_keyboard_does_all_lays_the_text_ready_and_is_taken_back(visitor, case, lin) -> None:
    Macro.keep_new("Courier", by=lin, steps=[
        {"do": "urgency", "to": 4}, {"do": "note", "words": "Sent by courier"}, {"do": "snooze", "to": "monday"},
        {"do": "reply", "words": "{name}您好，已寄出。"},
    ])  # fmt: skip
    screen = visitor()
    page = screen.signs_in(lin)
    screen.goes_to(f"/cases/{case.number}/")
    page.get_by_label("What you say").fill("先说一句 q")
    assert page.locator("#s-form form").count() == 0, "keys are dead while typing"
    page.keyboard.press("Escape")

    page.keyboard.press("q")
    expect(page.locator(".s-macro").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Macro: Courier")).to_be_focused()
    page.wait_for_timeout(1800)  # the news of it come, and take nothing away
    assert page.get_by_label("What you say").input_value().startswith("先说一句 q\n")
    expect(page.get_by_role("heading", name="Macro: Courier")).to_be_visible()
    expect(page.locator(".s-caselines")).to_contain_text("Sent by courier")
    assert case.entries.filter(direction="out").count() == 0
    page.keyboard.press("z")
    expect(page.get_by_role("heading", name="Taken back")).to_be_focused()

    case.refresh_from_db()
    assert (case.urgency, case.snoozed_until) == (3, None)
    assert screen.troubles == []


def test_at_offers_who_may_see_the_case_and_the_bell_rings(visitor, case, lin, he, zhao) -> None:
    lead = visitor(width=390)
    there = lead.signs_in(he)
    lead.goes_to("/notices/")
    expect(there.get_by_text("No notices yet")).to_be_visible()
    there.locator("[data-watching]").wait_for(state="attached")
    screen = visitor()
    page = screen.signs_in(lin)
    screen.goes_to(f"/cases/{case.number}/")

    page.get_by_label("What you say").press_sequentially("@qi")
    page.wait_for_timeout(400)
    assert page.locator("#s-names").count() == 0, "only notes name"
    page.get_by_label("What you say").fill("")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.keyboard.type("请@qi")
    page.locator("#s-names").wait_for()
    assert page.locator("#s-names").get_by_role("option").count() == 1
    page.keyboard.press("ArrowDown")
    assert not Axe().run(page, options={"runOnly": RULES}).response["violations"]
    page.keyboard.press("Enter")
    assert page.get_by_label("What you say").input_value() == "请@qing.he "
    page.keyboard.type("看一下")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".s-caselines .s-at")).to_have_text("@He Qing")

    there.get_by_role("link", name="named you in a note").wait_for(timeout=10_000)
    expect(there.locator("#s-bell")).to_have_attribute("aria-label", "Notices: 1 new")
    there.get_by_role("link", name="named you in a note").click()
    there.get_by_role("heading", name="Case").wait_for()
    # The bell is drawn first and filled when the page says that its case is looked at.
    deadline = time.monotonic() + 10
    while Notice.objects.unseen().filter(to=he).exists() and time.monotonic() < deadline:
        there.wait_for_timeout(50)
    assert not Notice.objects.unseen().filter(to=he).exists()
    expect(there.locator("#s-bell")).to_have_attribute("aria-label", "Notices")

    # A name who may not see it is refused, and nothing typed is lost.
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.get_by_label("What you say").fill("Ask @qi.zhao")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("may not see this case")
    assert page.get_by_label("What you say").input_value() == "Ask @qi.zhao"
    assert [said for said in screen.troubles if "422" not in said] + lead.troubles == []


def test_notices_read_and_brought_back(visitor, case, lin) -> None:
    screen = visitor(width=390)
    page = screen.signs_in(lin)
    screen.goes_to("/notices/")

    expect(page.locator("#s-bell .dot")).to_have_text("1")
    page.get_by_role("button", name="All read").click()
    expect(page.locator("#s-bell .dot")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#s-bell .dot")).to_have_text("1")
    page.get_by_role("button", name="Mark as read").click()
    expect(page.get_by_role("button", name="Unread")).to_be_focused()
    assert screen.troubles == []


@pytest.mark.parametrize(("width", "language"), [(390, "zh-hans"), (1366, "en"), (320, "en"), (1366, "zh-hant")])
def test_the_pages_are_for_everybody(visitor, case, lin, he, gu, width: int, language: str) -> None:
    steps = [{"do": "note", "words": "很长的备注" * 40}, {"do": "move", "to": "held", "words": "courier" * 20}]
    Macro.keep_new("M" * 60, by=lin, steps=steps)
    Macro.keep_new("名" * 60, by=he, steps=steps, scope="all")
    made = SavedView.keep_new("V" * 60, by=lin, view="all", filters={"topic": "fault", "channel": "app"})
    SavedView.keep_new("视" * 60, by=he, view="all", scope="all")
    case.note("@shu.lin " + "看" * 300, by=he)
    flaws: list[str] = []
    paths = ["/notices/", "/notices/?new=1", "/inbox/views/", "/inbox/views/?view=all&topic=fault", "/inbox/macros/",
             "/inbox/macros/new/", f"/inbox/?saved={made.pk}", f"/cases/{case.number}/names/",
             f"/cases/{case.number}/form/macros/", f"/cases/{case.number}/"]  # fmt: skip
    for user, seen in ((lin, paths), (gu, ["/notices/", "/inbox/macros/", "/inbox/macros/new/"])):
        type(user).objects.filter(pk=user.pk).update(language=language)
        screen = visitor(width=width)
        page = screen.signs_in(user)
        for path in seen:
            screen.goes_to(path)
            page.wait_for_timeout(300)
            for rule in Axe().run(page, options={"runOnly": RULES}).response["violations"]:
                flaws += [f"{path} {rule['id']}: {node['html'][:160]}" for node in rule["nodes"]]
            flaws += [f"{path} small: {it}" for it in page.evaluate(SMALL) if 'class="tick"' not in it]
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                flaws.append(f"{path} is {wide} px wide")
        flaws += screen.troubles

    assert not flaws, "\n".join(flaws)

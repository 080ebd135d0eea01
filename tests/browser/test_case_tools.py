"""Two colleagues on one case: they see each other, files go in and come out, an answer is looked at before it leaves."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from scrm.kernel.words import words
from tickets.models import Entry, Ticket
from tickets.tests.file_cast import pdf, png
from touchpoints.models import Channel, Conversation, Message

SEEN = "(() => { const one = [...document.querySelectorAll('.s-filepic')].at(-1); one?.scrollIntoView(); return one?.naturalWidth; })()"


@pytest.fixture
def case(transactional_db, mei) -> Ticket:
    box = Channel.objects.create(code="box", name=words("应用", "應用", "App"), adapter="sandbox", way="app")
    talk = Conversation.objects.create(customer=mei, channel=box, thread="mei")
    heard = talk.hear("It pills", at=timezone.now(), source="box", source_ref="m0")
    made, _new = Ticket.open(mei, "Leggings pill", channel="app")
    made.hear(
        "It pills", channel="app", at=timezone.now(), source="message", source_ref=str(heard.pk), message=heard.pk
    )
    Ticket.open(mei, "The new pair is late")
    return made


def test_files_are_chosen_dropped_pasted_left_out_and_saved(visitor, case, lin, tmp_path) -> None:
    (tmp_path / "label.pdf").write_bytes(pdf())
    (tmp_path / "bad.html").write_text("<script>alert(1)</script>")
    for width in (1366, 390):
        screen = visitor(width=width)
        page = screen.signs_in(lin)
        screen.goes_to(f"/cases/{case.number}/")
        page.get_by_text("Note", exact=True).click()
        page.get_by_label("What you say").fill("Her label")
        page.locator("#files").set_input_files([tmp_path / "label.pdf", tmp_path / "bad.html"])
        page.evaluate(
            """bytes => { const bag = new DataTransfer(); bag.items.add(new File([new Uint8Array(bytes)], "photo.png"));
               document.getElementById("say").dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer: bag })); }""",
            list(png()),
        )
        assert page.locator(".s-chosen li").count() == 3
        assert not Axe().run(page).response["violations"]
        page.get_by_role("button", name="Send", exact=True).click()
        page.get_by_text("“bad.html” was not kept").wait_for()

        # Refused: the words and the files are still here, the bad one is taken out.
        assert page.get_by_label("What you say").input_value() == "Her label"
        page.get_by_role("button", name="Leave this file out: bad.html").click()
        page.get_by_text("Note", exact=True).click()
        page.get_by_role("button", name="Send", exact=True).click()
        page.locator(".s-chosen li").first.wait_for(state="detached")
        link = page.locator(".s-file a", has_text="label.pdf").last
        link.wait_for()
        assert page.locator(".s-chosen li").count() == 0
        assert page.get_by_label("What you say").input_value() == ""
        with page.expect_download() as saved:
            link.click()
        assert Path(saved.value.path()).read_bytes() == pdf()
        assert saved.value.suggested_filename == "label.pdf"
        # News of the own note may draw the lines anew at any moment, so each look takes the picture that is there.
        for _try in range(100):
            if page.evaluate(SEEN) == 1:
                break
            page.wait_for_timeout(50)
        assert page.evaluate(SEEN) == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not Axe().run(page).response["violations"]
        assert [trouble for trouble in screen.troubles if "422" not in trouble] == []
    assert Entry.objects.filter(ticket=case, direction="").count() == 2


def test_two_colleagues_see_each_other_and_what_came_meanwhile(visitor, case, lin, he) -> None:
    first, second = visitor(width=1366), visitor(width=390)
    mine, hers = first.signs_in(lin), second.signs_in(he)
    first.goes_to(f"/cases/{case.number}/")
    second.goes_to(f"/cases/{case.number}/")

    mine.get_by_text("He Qing is looking").wait_for(timeout=10_000)
    hers.get_by_label("What you say").press_sequentially("On its way")
    mine.get_by_text("He Qing is writing an answer").wait_for(timeout=10_000)
    assert not Axe().run(mine).response["violations"]

    # A preview follows the chosen channel; nothing of it leaves.
    hers.get_by_role("button", name="Preview").click()
    hers.locator("#s-preview").get_by_text("On its way").wait_for()
    hers.get_by_text("Note", exact=True).click()
    hers.locator("#s-preview").get_by_text("This stays with us").wait_for()
    assert not Axe().run(hers).response["violations"]
    hers.locator(".s-ways label").first.click()
    assert not Message.objects.filter(direction="out").exists()

    # Lin answers while hers stands there on the page as it was loaded.
    hers.evaluate(
        "document.body.addEventListener('htmx:beforeRequest', (event) => { if (event.detail.requestConfig.verb === 'get') event.preventDefault(); })"
    )
    mine.get_by_label("What you say").fill("A new pair is sent")
    mine.get_by_role("button", name="Send", exact=True).click()
    mine.locator(".s-caselines").get_by_text("A new pair is sent").wait_for()
    hers.get_by_role("button", name="Send", exact=True).click()
    hers.get_by_text("Yours is not sent yet, and still here").wait_for()
    assert hers.get_by_label("What you say").input_value() == "On its way"
    hers.get_by_role("button", name="Send all the same").click()
    hers.locator(".s-caselines").get_by_text("On its way").wait_for()
    assert Message.objects.filter(direction="out").count() == 2
    second.goes_to("/inbox/")
    mine.locator("#s-here").get_by_text("He Qing").wait_for(state="detached", timeout=40_000)
    assert [trouble for trouble in first.troubles + second.troubles if "409" not in trouble] == []


def test_cases_are_linked_by_number_and_taken_apart(visitor, case, lin) -> None:
    other = Ticket.objects.get(subject="The new pair is late")
    screen = visitor(width=390)
    page = screen.signs_in(lin)
    screen.goes_to(f"/cases/{case.number}/")
    page.locator("summary", has_text="Link a case").click()
    page.get_by_label("Number of the other case").press_sequentially(str(other.number))
    page.get_by_label("How they belong together").select_option("cause")
    page.get_by_role("button", name="Link", exact=True).click()
    page.get_by_role("link", name="The new pair is late").click()
    page.get_by_role("heading", name="The new pair is late").wait_for()

    page.locator(".s-list").get_by_text("the same cause").wait_for()
    assert not Axe().run(page).response["violations"]
    page.get_by_role("button", name=f"Take the link to {case.number} away").click()
    page.locator(".s-list").get_by_text("the same cause").wait_for(state="detached")
    assert screen.troubles == []

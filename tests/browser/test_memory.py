"""Told once: what one hand hears is offered by the next; a need in two taps; one press too many taken back."""

import pytest

from customers import fact_names
from customers.models import Fact, FactHearing, FactKey, NeedKind, NeedLog, Scene
from scrm.kernel.words import words

PAGE = "/counter/customers/20418837/"


@pytest.fixture(autouse=True)
def kinds(transactional_db) -> None:
    FactKey.objects.get_or_create(code="sizes", defaults={"name": words("尺码", "尺碼", "Sizes"), "concern": "sizes"})
    Scene.objects.get_or_create(code="gift", defaults={"name": words("送礼", "送禮", "A gift")})
    NeedKind.objects.get_or_create(code="fit", defaults={"name": words("尺码", "尺碼", "Fit")})
    fact_names.forget()


def test_a_need_is_two_taps_from_the_customer_and_one_to_undo(visitor, mei, ke) -> None:
    screen = visitor(width=390)
    page = screen.signs_in(ke)
    screen.goes_to(PAGE)

    page.get_by_text("A gift", exact=True).click()
    page.get_by_role("button", name="Fit").click()
    page.get_by_role("button", name="Undo").wait_for()

    need = NeedLog.objects.get(customer=mei)
    assert (need.scene.code, need.kind.code) == ("gift", "fit")
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Nothing open").wait_for()
    need.refresh_from_db()
    assert need.taken_back_at is not None
    assert screen.troubles == []


def test_what_the_agent_heard_is_offered_at_the_counter_not_asked(visitor, mei, ke, lin) -> None:
    Fact.objects.hear(mei, "sizes", "上衣 M", by=lin, channel="wecom", concern="sizes")
    screen = visitor(width=390)
    page = screen.signs_in(ke)
    screen.goes_to(PAGE)
    memory = page.locator("#s-memory")

    assert "上衣 M" in memory.inner_text()
    memory.get_by_text("Write down what was said").click()
    assert memory.get_by_text("Sizes", exact=True).count() == 1  # the fact itself: it is no open question any more
    memory.get_by_text("Offer it").first.click()
    memory.get_by_role("button", name="Still so").click()
    memory.get_by_text("confirmed once").wait_for()

    assert list(FactHearing.objects.values_list("how", flat=True)) == ["told", "confirmed"]
    memory.get_by_text("Offer it").first.click()
    memory.get_by_label("It changed, now it is").fill("上衣 L")
    memory.get_by_role("button", name="Changed").click()
    memory.get_by_text("Written down.").wait_for()
    assert memory.locator("s").inner_text() == "上衣 M"
    memory.get_by_role("button", name="Undo").click()
    memory.locator("s").wait_for(state="detached")
    assert Fact.objects.live().get(customer=mei).value == "上衣 M"
    assert screen.troubles == []


def test_what_cannot_be_written_is_said_on_the_spot(visitor, mei, ke) -> None:
    screen = visitor(width=390)
    page = screen.signs_in(ke)
    screen.goes_to(PAGE)
    memory = page.locator("#s-memory")

    memory.get_by_text("Write down what was said").click()
    memory.get_by_text("Something else").click()
    memory.get_by_label("What was said", exact=True).fill("不要打包袋")
    memory.get_by_role("button", name="Write down", exact=True).click()
    memory.get_by_role("alert").wait_for()

    assert "Say in a word what it is about" in memory.inner_text()
    assert not Fact.objects.exists()

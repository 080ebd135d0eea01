"""One hand, one thumb, a customer waiting."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from playwright.sync_api import expect

from customers.models import Customer, Fact
from touchpoints.models import Visit


def in_a_thread(work):
    """The ORM, away from the browser's own loop."""

    def run():
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


@pytest.fixture
def mei_with_words(mei) -> Customer:
    Fact.objects.create(customer=mei, key="过敏", value="羊毛过敏", concern="safety", pinned=True)
    return mei


def test_four_digits_and_one_tap_open_the_page(visitor, mei_with_words, ke) -> None:
    phone = visitor(width=390)
    page = phone.signs_in(ke)

    touches = 0
    for digit in "1234":
        page.locator("#find").press_sequentially(digit)
        touches += 1
    expect(page.locator("#results [data-first]")).to_contain_text("羊毛过敏")
    page.locator("#results [data-first]").tap()
    touches += 1

    expect(page.locator("h1")).to_have_text("梅雨晴")
    expect(page.locator("#s-matters")).to_contain_text("羊毛过敏")
    assert touches == 5
    assert phone.troubles == []


def test_a_double_tap_is_one_visit(visitor, mei, ke) -> None:
    page = visitor(width=390).signs_in(ke)
    page.fill("#find", "1234")
    page.locator("#results [data-first]").dblclick()

    expect(page.locator("h1")).to_have_text("梅雨晴")
    assert in_a_thread(Visit.objects.count) == 1


def test_enter_opens_the_first_result(visitor, mei, ke) -> None:
    page = visitor().signs_in(ke)
    page.keyboard.press("/")
    page.keyboard.type("梅雨")
    expect(page.locator("#results [data-first]")).to_be_visible()
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("梅雨晴")


def test_another_store_finds_nothing_by_address_and_everything_by_the_full_number(visitor, mei, zhao) -> None:
    phone = visitor(width=390)
    page = phone.signs_in(zhao)
    assert page.goto(f"{phone.house}/customers/{mei.number}/").status == 404

    phone.goes_to("/counter/")
    page.fill("#find", "1234")
    expect(page.locator("#results")).to_contain_text("Nobody here")
    page.fill("#find", "19900001234")
    expect(page.locator("#results")).to_contain_text("Of another store")
    page.locator("#results [data-first]").tap()

    expect(page.locator("h1")).to_have_text("梅雨晴")


def test_a_refusal_is_seen(visitor, ke) -> None:
    desk = visitor()
    desk.goes_to("/sign-in/")
    desk.page.fill("#id_username", "ke.chen")
    desk.page.fill("#id_password", "wrong-password")
    with desk.page.expect_response(lambda answer: answer.status == 422):
        desk.page.press("#id_password", "Enter")

    expect(desk.page.get_by_role("alert")).to_contain_text("Name or password is wrong")
    expect(desk.page.get_by_role("alert")).to_be_focused()


def test_a_new_event_appears_without_reload(visitor, mei, ke, west_lake) -> None:
    desk = visitor()
    page = desk.signs_in(ke)
    desk.goes_to(f"/customers/{mei.number}/")
    page.wait_for_selector("[data-watching]", state="attached")

    in_a_thread(lambda: mei.record("order.paid", channel="pos", number="A-99999", total=69900, currency="CNY"))

    expect(page.locator("#s-line")).to_contain_text("A-99999", timeout=10_000)
    assert desk.troubles == []


def test_the_socket_of_somebody_disabled_dies_within_seconds(visitor, mei, ke) -> None:
    desk = visitor()
    page = desk.signs_in(ke)
    # Home watches too: its own socket is announced before the one in question.
    page.wait_for_selector("[data-watching]", state="attached")
    with page.expect_event("websocket") as opened:
        desk.goes_to(f"/customers/{mei.number}/")
    socket = opened.value
    page.wait_for_selector("[data-watching]", state="attached")
    # What the page asks for while it loads would send somebody disabled to the door before.
    page.wait_for_load_state("networkidle")

    in_a_thread(lambda: type(ke).objects.filter(pk=ke.pk).update(is_active=False))

    # Within five on a machine at rest; here two browsers and two databases share it.
    if not socket.is_closed():
        socket.wait_for_event("close", timeout=9000)


def test_another_stores_customer_cannot_be_watched(visitor, mei, zhao) -> None:
    desk = visitor()
    page = desk.signs_in(zhao)

    code = page.evaluate(
        """number => new Promise(done => {
            const socket = new WebSocket(`ws://${location.host}/ws/live/`);
            socket.onopen = () => socket.send(JSON.stringify({watch: number}));
            socket.onclose = event => done(event.code);
            socket.onmessage = () => done("told");
        })""",
        mei.number,
    )

    assert code == 4404


def test_a_number_is_revealed_in_place(visitor, mei, ke) -> None:
    desk = visitor()
    page = desk.signs_in(ke)
    desk.goes_to(f"/customers/{mei.number}/")

    page.get_by_role("button", name="Show in full, which is logged").click()

    expect(page.locator("#s-ids")).to_contain_text("+8619900001234")

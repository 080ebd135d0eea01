"""S1 at the counter: she looked at yoga twice this week; the associate sees it, shows it, and logs what came of it."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from commerce.models import Category, Product, Stock
from conftest import person
from customers.models import Browse, Consent, Customer, Fact
from scrm.kernel.words import words
from staff.models import Role, User
from tests.browser.test_counter import in_a_thread
from tests.browser.test_look import RULES, SMALL
from touchpoints import actions, booking
from touchpoints.models import Appointment, AppointmentKind, Capacity, MatchAnswer, Trial, Visit

PAGE = "/counter/customers/20418837/"


@pytest.fixture
def looker(mei, ke, west_lake) -> Customer:
    """Mei in the store: M above, looked at yoga twice this week, three pine tops on the shelf."""
    yoga = Category.objects.create(code="yoga", name=words("瑜伽", "瑜伽", "Yoga"))
    vest = Product.objects.create(
        code="Y03-PN-M", parent="Y03", name=words("云感运动背心 松绿", "雲感運動背心 松綠", "Cloud sports top, pine"),
        category=yoga, price=29900, size="M", attributes={"worn": "top"},
    )  # fmt: skip
    Stock.objects.create(store=west_lake, product=vest, quantity=3, counted_at=timezone.now())
    for number, ago in enumerate((2, 5)):
        at = timezone.now() - timedelta(days=ago)
        with connection.cursor() as cursor:
            cursor.execute("select customers_browse_month(%s)", [at.date()])
        Browse.objects.create(id=number + 1, at=at, customer_id=mei.pk, source="shop", session=f"s{number}", kind="view",
                              category="yoga", product=vest.code)  # fmt: skip
    Fact.objects.hear(mei, "sizes", "上衣 M · 裤装 S", by=None, channel="store", concern="sizes", pinned=True)
    Consent.objects.say(mei, "profiling", given=True, origin="centre")
    actions.receive(mei, by=ke, store=west_lake)
    return mei


@pytest.fixture
def yue(west_lake) -> User:
    return person("yue.wu", Role.ASSOCIATE, store=west_lake, hans="吴越", en="Wu Yue")


@pytest.fixture
def trial_kind(transactional_db, west_lake) -> AppointmentKind:
    kind, _made = AppointmentKind.objects.get_or_create(code="trial", defaults={"name": words("试穿", "試穿", "Trial")})
    Capacity.objects.create(store=west_lake, kind=kind, at_once=1)
    return kind


def clean(page: Page) -> None:
    flaws = [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in Axe().run(page, options={"runOnly": RULES}).response["violations"]
        for node in rule["nodes"]
    ]
    flaws += page.evaluate(SMALL)
    assert flaws == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_match_says_why_in_one_touch_and_one_tap_answers_it(visitor, looker, ke) -> None:
    phone = visitor(width=390)
    page = phone.signs_in(ke)
    phone.goes_to(PAGE)
    match = page.locator("#s-matches")

    expect(match).to_contain_text("Cloud sports top, pine")
    expect(match).to_contain_text("Size M, 3 here")
    match.get_by_role("button", name="Looked at Yoga 2 times this week").tap()
    expect(match.get_by_text("Why this piece")).to_be_visible()
    expect(match.locator(".s-pop")).to_contain_text("Told size M, in this store")
    page.keyboard.press("Escape")
    clean(page)
    match.get_by_role("button", name="liked it").tap()
    expect(match).to_contain_text("Nothing to propose")
    assert in_a_thread(lambda: MatchAnswer.objects.get().said) == "liked"
    assert phone.troubles == []


def test_a_refused_piece_is_four_touches_with_its_reason_and_one_to_undo(visitor, looker, ke) -> None:
    phone = visitor(width=390)
    page = phone.signs_in(ke)
    phone.goes_to(PAGE)

    touches = 0
    for what in (
        page.get_by_role("link", name="Log try-on"), page.get_by_text("Cloud sports top, pine"),
        page.get_by_text("Refused …"), page.get_by_role("button", name="Too tight"),
    ):  # fmt: skip
        what.tap()
        touches += 1
    expect(page.locator("#main")).to_contain_text("Refused · Too tight")

    assert touches <= 4
    trial = in_a_thread(Trial.objects.get)
    assert (trial.sku, trial.result, trial.why) == ("Y03-PN-M", "refused", "tight")
    clean(page)
    page.get_by_role("button", name="Undo: Cloud sports top, pine").tap()
    expect(page.locator("#main")).not_to_contain_text("Refused · Too tight")
    assert phone.troubles == []


def test_a_bought_piece_is_three_touches(visitor, looker, ke) -> None:
    phone = visitor(width=390)
    page = phone.signs_in(ke)
    phone.goes_to(PAGE)

    page.get_by_role("link", name="Log try-on").tap()
    page.get_by_text("Cloud sports top, pine").tap()
    page.get_by_role("button", name="Bought").tap()
    page.get_by_text("Tried in this visit").wait_for()

    assert in_a_thread(lambda: Trial.objects.get().result) == "bought"


def test_who_takes_over_sees_it_without_reload(visitor, looker, ke, yue) -> None:
    other = visitor(width=390)
    theirs = other.signs_in(yue)
    heard: list[str] = []
    theirs.on("websocket", lambda socket: socket.on("framereceived", lambda said: heard.append(said)))
    other.goes_to("/counter/")
    while not heard:
        theirs.wait_for_timeout(50)
    phone = visitor(width=390)
    page = phone.signs_in(ke)
    phone.goes_to(PAGE)

    page.get_by_role("link", name="Hand over").tap()
    page.get_by_text("Wu Yue").tap()
    page.get_by_label("What the customer said").fill("试衣间里，想要松绿")
    page.get_by_role("button", name="Hand over").tap()

    expect(theirs.locator("#serving")).to_contain_text("试衣间里，想要松绿", timeout=10_000)
    assert in_a_thread(lambda: Visit.objects.select_related("received_by").get().received_by.username) == "yue.wu"
    assert phone.troubles == other.troubles == []


def test_a_customer_books_and_cancels_by_link_on_a_phone(visitor, mei, ke, trial_kind) -> None:
    token = in_a_thread(lambda: booking.make_link(mei, by=ke))
    phone = visitor(width=390)
    page = phone.goes_to(f"/c/{token}/book/?language=en")

    page.locator(".s-weekdays a").nth(3).tap()
    page.locator(".s-slots label").nth(1).tap()
    clean(page)
    page.get_by_role("button", name="Book", exact=True).tap()
    expect(page.get_by_text("Kept for you")).to_be_visible()
    page.get_by_role("button", name="Cancel it").tap()
    expect(page.get_by_text("Kept for you")).not_to_be_visible()

    assert in_a_thread(lambda: Appointment.objects.get().state) == "cancelled"
    assert phone.troubles == []

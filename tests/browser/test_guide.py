"""An online guide on a phone: two taps, goods with a reason, a coupon, a person who has the answers."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from commerce.models import Product, Stock
from customers.merging import merge
from customers.models import Scene, TagDimension
from journeys import bank, guides
from journeys.models import Guide, GuideSession
from loyalty.models import Coupon, CouponTemplate
from scrm.kernel.words import words
from tests.browser.test_counter import in_a_thread
from tests.browser.test_reception import clean
from touchpoints.models import Channel, Message


@pytest.fixture
def guide(transactional_db, west_lake) -> None:
    for code, name in (("R10-BK", "Daypack"), ("H11-BK", "Travel kettle")):
        piece = Product.objects.create(
            code=code, parent=code[:3], name=words(name, name, name), price=33900, attributes={"scenes": ["trip"]}
        )
        Stock.objects.create(store=west_lake, product=piece, quantity=4, counted_at=timezone.now())
    asked = []
    for code, said, dimension in (("days", "How long?", "liking"), ("who", "Who comes along?", "cycle")):
        question = bank.make(code, words(said, said, said), by=None, scene=Scene.objects.get(code="trip"),
                             dimension=TagDimension.objects.get(code=dimension))  # fmt: skip
        for value in ("Weekend", "Family"):
            bank.put_answer(question, value, words(value, value, value), need=None, by=None)
        asked.append(question)
    web = Channel.objects.create(code="web", way="web", adapter="web", name=words("Chat"), settings={"origins": []})
    guides.make("trip", by=None, questions=asked, name=words("出行", "出行", "A trip"), channel=web)


def test_two_taps_goods_and_a_person_with_the_answers(visitor, guide) -> None:
    phone = visitor(width=390)
    page = phone.goes_to("/guide/trip/?language=en")
    expect(page.get_by_role("heading", name="How long?")).to_be_visible()
    clean(page)
    page.get_by_role("button", name="Weekend").click()
    expect(page.get_by_role("heading", name="Who comes along?")).to_be_focused()
    page.get_by_role("button", name="Family").click()
    expect(page.get_by_role("heading", name="This fits")).to_be_focused()
    expect(page.get_by_text("A trip", exact=True).first).to_be_visible()
    page.get_by_role("button", name="Daypack").click()
    clean(page)
    page.get_by_role("button", name="Talk to a person").click()
    expect(page.get_by_text("How long? Weekend")).to_be_visible()

    session, heard = in_a_thread(lambda: (GuideSession.objects.get(), Message.objects.get()))
    assert (session.opened, session.talked_at is not None) == ("R10-BK", True)
    assert "Who comes along? Family" in heard.body
    assert phone.troubles == []


SHOP = """<!doctype html><html lang="zh-TW"><meta name="viewport" content="width=device-width"><title>店</title>
<h1>出行</h1><script src="{house}/static/scrm/guide.js" data-guide="trip" defer></script>"""


@pytest.fixture
def shop(house) -> Iterator[Callable[[str], str]]:
    """The brand's own shop: a page of another origin with the one line on it, under the strictest rules it can have."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-security-policy", f"default-src 'none'; script-src {house}; connect-src {house} "
                             f"{house.replace('http', 'ws', 1)}; img-src 'self'")  # fmt: skip
            self.end_headers()
            self.wfile.write(SHOP.format(house=house).encode() if self.path == "/" else b"")

        def log_message(self, *_said: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_in_the_shop_the_coupon_is_taken_once_one_is_known(visitor, guide, shop, mei) -> None:
    coupon = CouponTemplate.objects.create(
        code="trip-20", name=words("出行券", "出行券", "Trip coupon"), kind="amount", amount=2000, group="amount",
        state="published", claimable=True,
    )  # fmt: skip
    Guide.objects.update(coupon=coupon, hello=words("您好", "您好，出門嗎？", "Hello"))
    phone = visitor(width=390, language="zh-TW")
    page = phone.page
    page.goto(shop)
    expect(page.get_by_text("出行", exact=True)).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)  # not a page of the site's list: nothing is served
    assert "Access-Control-Allow-Origin" in phone.troubles[0]
    phone.troubles.clear()

    Channel.objects.update(settings={"origins": [shop]})
    page.goto(shop)
    expect(page.get_by_text("您好，出門嗎？")).to_be_visible()
    page.get_by_role("button", name="Weekend").click()
    expect(page.get_by_role("heading", name="Who comes along?")).to_be_focused()
    page.get_by_role("button", name="Family").click()
    expect(page.get_by_text("出行券")).to_be_visible()
    page.get_by_role("button", name="領取這張券").click()
    expect(page.get_by_role("alert")).to_contain_text("對話")
    page.get_by_role("button", name="和同事聊聊").click()
    expect(page.get_by_text("How long? Weekend")).to_be_visible()
    expect(page.get_by_role("button", name="傳送", exact=True)).to_be_visible()

    # The shop's server says whose chat it is; the same page's coupon is hers now, with its code, and once.
    in_a_thread(lambda: merge(mei, GuideSession.objects.get().customer, by=None, reason="chat.identified"))
    take = page.get_by_role("button", name="領取這張券")
    take.evaluate("one => { one.click(); one.click(); }")
    expect(page.get_by_text("結賬時出示這個碼")).to_be_visible()
    codes = in_a_thread(lambda: list(Coupon.objects.values_list("customer__number", flat=True)))
    assert codes == [mei.number]
    assert [said for said in phone.troubles if "422" not in said] == []

"""An online guide on a phone: two taps, goods with a reason, a person who has the answers."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from commerce.models import Product, Stock
from customers.models import Scene, TagDimension
from journeys import bank, guides
from journeys.models import GuideSession
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

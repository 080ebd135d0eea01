"""Online guides: what is asked, shown, given and handed over, once each, and to nobody a second time."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from commerce.models import Category, Product, Stock
from customers.merging import merge
from customers.models import Customer, Scene, Tag, TagDimension
from customers.privacy import erase
from journeys import bank, guides
from journeys.models import Guide, GuideAnswer, GuideSession, Told
from journeys.retention import old_guide_sessions
from loyalty.models import Coupon, CouponTemplate
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from touchpoints.models import Channel, Message, Visitor

pytestmark = pytest.mark.django_db
SHOP = "https://shop.example.com"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@pytest.fixture
def web(db) -> Channel:
    return Channel.objects.create(
        code="web", name=words("网页"), way="web", adapter="web", settings={"origins": [SHOP], "source": "shop"}
    )


@pytest.fixture
def coupon(db) -> CouponTemplate:
    return CouponTemplate.objects.create(
        code="trip-20", name=words("出行券", "出行券", "Trip coupon"), kind="amount", amount=2000, group="amount",
        state="published", claimable=True, stock=5, per_customer=1, categories=["bags"],
    )  # fmt: skip


@pytest.fixture
def bag(west_lake) -> Product:
    line = Category.objects.create(code="bags", name=words("包"))
    bag = Product.objects.create(code="R10-BK", parent="R10", name=words("徒步背包", "", "Daypack"), price=33900,
                                 category=line, attributes={"scenes": ["trip"]})  # fmt: skip
    Stock.objects.create(store=west_lake, product=bag, quantity=4, counted_at=timezone.now())
    return bag


@pytest.fixture
def guide(web, coupon, bag) -> Guide:
    scene, asked = Scene.objects.get(code="trip"), []
    for code, dimension, values in (("days", "liking", ("short", "long")), ("who", "cycle", ("alone", "family"))):
        question = bank.make(code, words(code, code, code), by=None, scene=scene,
                             dimension=TagDimension.objects.get(code=dimension))  # fmt: skip
        for value in values:
            bank.put_answer(question, value, words(value, value, value), need=None, by=None)
        asked.append(question)
    return guides.make("trip", by=None, questions=asked, name=words("出行", "出行", "Trip"), channel=web, coupon=coupon,
                       goods_link="https://shop.example.com/p/{code}")  # fmt: skip


def post(step: str, body: Any, *, chat: str = "", origin: str = SHOP) -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"Origin": origin} | ({"X-Chat-Token": chat} if chat else {})
    return Client().post(f"/c/guide/{step}/", text, content_type="application/json", headers=headers)


def begun(chat: str = "") -> dict[str, Any]:
    answer = post("start", {"guide": "trip", "language": "en"}, chat=chat)
    assert answer.status_code == 200
    return answer.json()


def walked(chat: str = "") -> tuple[str, dict[str, Any]]:
    """To the goods: the token and what is shown."""
    state = begun(chat)
    token = state["token"]
    while state["step"] == "question":
        value = state["answers"][0]["value"]
        state = post("answer", {"token": token, "question": state["code"], "value": value}).json()
    return token, state


def chat_of(web: Channel, customer: Customer | None = None) -> tuple[Visitor, str]:
    from touchpoints.outreach import conversation_with

    visitor, token = Visitor.begin(web)
    if customer is not None:
        Visitor.objects.filter(pk=visitor.pk).update(
            conversation=conversation_with(customer, web, None, thread=visitor.key)
        )
    return visitor, token


def test_two_taps_lead_to_goods_with_a_link_and_a_coupon_that_fits(guide, bag, coupon) -> None:
    first = begun()
    assert (first["step"], first["number"], first["of"]) == ("question", 1, 2)

    _token, state = walked()

    assert [one["code"] for one in state["goods"]] == [bag.code]
    assert state["goods"][0]["link"] == "https://shop.example.com/p/R10-BK"
    assert state["goods"][0]["reasons"]
    assert (state["coupon"]["name"], state["coupon"]["code"], state["coupon"]["mine"]) == ("Trip coupon", "", False)


def test_a_coupon_for_other_goods_or_not_given_any_more_is_not_shown(guide, coupon, gu) -> None:
    coupon.pause(by=gu)
    assert walked()[1]["coupon"] is None
    Guide.objects.update(coupon=CouponTemplate.objects.create(
        code="shoes-20", name=words("鞋券"), kind="amount", amount=2000, group="amount", state="published",
        claimable=True, categories=["shoes"],
    ))  # fmt: skip
    assert walked()[1]["coupon"] is None


def test_a_second_tap_is_the_same_and_another_a_change_of_mind(guide) -> None:
    token = begun()["token"]
    for value in ("short", "short", "long"):
        post("answer", {"token": token, "question": "days", "value": value})

    assert GuideAnswer.objects.get().answer.value == "long"


@pytest.mark.parametrize("body", [
    {"question": "days", "value": "never"}, {"question": "none", "value": "short"}, {"question": "days"},
    {"question": ["days"], "value": {"a": 1}}, {"question": "days\0", "value": "short"}, {"value": "x" * 9999},
])  # fmt: skip
def test_what_is_not_offered_is_refused_in_words(guide, body) -> None:
    answer = post("answer", {"token": begun()["token"]} | body)

    assert answer.status_code in (400, 422)
    assert not GuideAnswer.objects.exists()


def test_strangers_pages_broken_bodies_and_wrong_tokens_find_nothing(guide) -> None:
    assert post("start", {"guide": "trip"}, origin="https://evil.example").status_code == 404
    for body in ("", "[]", "{", '{"guide": 5}', {"guide": "no"}, {"guide": "tr\0ip"}, "x" * 70000):
        assert post("start", body).status_code in (400, 404)
    for step in ("answer", "open", "coupon"):
        for token in ("", "x" * 32, 7, None):
            assert post(step, {"token": token}).status_code == 404
    token = begun()["token"]
    GuideSession.objects.update(until=timezone.now())
    assert post("answer", {"token": token, "question": "days", "value": "short"}).status_code == 404
    guides.retire(guide, by=None)
    assert post("start", {"guide": "trip"}).status_code == 404
    assert Client().get("/guide/trip/").status_code == 404


def test_the_page_opens_without_sign_in_and_is_not_remembered(guide) -> None:
    answer = Client().get("/guide/trip/?language=en")

    assert (answer.status_code, answer["X-Robots-Tag"], answer["Cache-Control"]) == (200, "noindex", "no-store")
    assert 'data-guide="trip"' in answer.content.decode()


def test_only_what_was_shown_can_be_opened_and_the_first_counts(guide, bag) -> None:
    token, _state = walked()

    assert post("open", {"token": token, "piece": "OTHER"}).status_code == 422
    for _twice in range(2):
        assert post("open", {"token": token, "piece": bag.code}).status_code == 200
    assert GuideSession.objects.get().opened == bag.code


def test_a_person_gets_the_answers_as_the_first_words_and_at_the_customer(guide, web, bag) -> None:
    token, _state = walked()
    _visitor, chat = chat_of(web)

    for _twice in range(2):
        assert post("talk", {"token": token}, chat=chat).status_code == 200

    heard = Message.objects.get()
    assert "days short" in heard.body
    assert "Daypack" in heard.body
    customer = heard.customer
    assert customer.provisional
    assert set(Tag.objects.live().filter(customer=customer).values_list("value", flat=True)) == {"short", "alone"}
    assert customer.events.filter(kind="guide.talked").count() == 1
    assert GuideSession.objects.get().customer == customer
    assert post("talk", {"token": token}).status_code == 404


def test_of_another_channel_nobody_is_handed_over(guide) -> None:
    other = Channel.objects.create(code="b2b", way="wecom", adapter="web", settings={"origins": [SHOP]})
    token, _state = walked()

    assert post("talk", {"token": token}, chat=chat_of(other)[1]).status_code == 422
    assert not Message.objects.exists()


def test_who_is_known_is_not_asked_again_and_takes_the_coupon_once(guide, web, mei, coupon) -> None:
    answer = guide.questions[0].answers.get(value="long")
    Told.tell(mei, answer, by=None)
    chat = chat_of(web, mei)[1]

    token, state = walked(chat)
    codes = {post("coupon", {"token": token}).json()["code"] for _twice in range(2)}
    again = walked(chat)[0]

    assert GuideAnswer.objects.filter(session__customer=mei).values_list("answer__value", flat=True)[0] == "alone"
    assert state["coupon"]["mine"]
    assert len(codes) == 1
    assert post("coupon", {"token": again}).json()["code"] in codes
    assert Coupon.objects.get().customer == mei
    coupon.refresh_from_db()
    assert coupon.issued == 1
    assert Tag.objects.live().filter(customer=mei, value="alone").exists()


def test_a_visitor_nobody_knows_gets_it_after_saying_who(guide, web, mei) -> None:
    token, _state = walked()
    assert post("coupon", {"token": token}).status_code == 422
    post("talk", {"token": token}, chat=chat_of(web)[1])
    assert post("coupon", {"token": token}).status_code == 422

    merge(mei, GuideSession.objects.get().customer, by=None, reason="chat.identified")

    assert post("coupon", {"token": token}).status_code == 200
    assert Coupon.objects.get().customer == mei
    assert set(Tag.objects.live().filter(customer=mei).values_list("value", flat=True)) == {"short", "alone"}


def test_too_many_beginnings_are_refused(guide) -> None:
    told = [post("start", {"guide": "trip"}).status_code for _number in range(31)]

    assert told[-1] == 429


def test_steps_are_counted(guide, web, bag, gu, client) -> None:
    begun()
    token, _state = walked()
    post("open", {"token": token, "piece": bag.code})
    post("talk", {"token": token}, chat=chat_of(web)[1])

    found = guides.funnel_of(guide)

    assert [step.people for step in found.steps] == [2, 1, 1, 1, 1, 1, 0]
    client.force_login(gu)
    page = client.get("/guides/trip/")
    assert page.status_code == 200
    assert "guide.js" in page.content.decode()


def test_forgotten_with_the_person_and_after_ninety_days(guide, web, mei) -> None:
    walked(chat_of(web, mei)[1])
    walked()

    erase(Customer.objects.get(pk=mei.pk), by=None)
    assert GuideSession.objects.filter(customer=None).count() == GuideSession.objects.count() == 1
    old_guide_sessions(timezone.now() + timedelta(days=1))
    assert not GuideSession.objects.exists()


@pytest.mark.parametrize("change", [
    {"third": "days"}, {"second": "days"}, {"first": ""}, {"first": "no"}, {"channel": "sms"}, {"coupon": "none"},
    {"goods_link": "javascript:{code}"}, {"goods_link": "https://x/"}, {"name_hans": "", "name_en": ""}, {"code": "new"},
    {"code": "trip"}, {"name_hans": "a\0"},
])  # fmt: skip
def test_a_guide_is_set_up_only_whole(client, gu, guide, change) -> None:
    client.force_login(gu)
    said = {"code": "second", "name_hans": "第二", "first": "days", "second": "who", "channel": "web"}

    assert client.post("/guides/new/", said | change).status_code == 422
    assert Guide.objects.count() == 1
    assert client.post("/guides/new/", said).status_code == 302


def test_changed_retired_and_back(client, gu, guide, lu) -> None:
    client.force_login(gu)
    said = {"name_en": "Trips", "first": "who", "second": "days", "channel": "web"}

    assert client.post("/guides/trip/edit/", said).status_code == 302
    assert [one.code for one in Guide.objects.get().questions] == ["who", "days"]
    assert client.post("/guides/trip/edit/", {"do": "retire"}).status_code == 302
    assert client.post("/guides/trip/edit/", {"do": "retire"}).status_code == 422
    assert client.post("/guides/trip/edit/", {"do": "restore"}).status_code == 302
    with pytest.raises(TransitionRefused):
        guides.make("x", by=gu, questions=guide.questions[:1], channel=guide.channel)
    client.force_login(lu)
    assert client.get("/guides/").status_code == 200
    assert client.get("/guides/new/").status_code == 403

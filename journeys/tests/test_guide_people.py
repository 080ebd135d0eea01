"""Who walks a guide: known later, joined to another, of another mind, and what such a person may have and read."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from customers.merging import merge
from customers.models import Customer, Scene, Tag, TagDimension
from journeys import bank, guides
from journeys.guides.goods import _reasons
from journeys.models import Guide, GuideSession
from journeys.recommending import Pick, Reason
from journeys.tests import test_guides
from journeys.tests.test_guides import begun, chat_of, post, walked
from loyalty.models import Coupon, CouponTemplate
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from touchpoints.models import Channel, Visitor
from touchpoints.outreach import conversation_with

pytestmark = pytest.mark.django_db
web, coupon, bag, guide, _fresh = (
    test_guides.web, test_guides.coupon, test_guides.bag, test_guides.guide, test_guides._fresh,
)  # fmt: skip


@pytest.fixture
def other(coupon) -> CouponTemplate:
    return CouponTemplate.objects.create(
        code="trip-30", name=words("出行券二", "", "Another trip coupon"), kind="amount", amount=3000, group="amount",
        state="published", claimable=True, per_customer=1, categories=["bags"],
    )  # fmt: skip


def test_after_a_change_of_the_coupon_who_used_the_old_one_gets_the_new(guide, web, mei, other) -> None:
    chat = chat_of(web, mei)[1]
    post("coupon", {"token": walked(chat)[0]})
    Coupon.objects.update(state="redeemed")
    assert walked(chat)[1]["coupon"] is None
    assert post("coupon", {"token": walked(chat)[0]}).status_code == 422

    Guide.objects.update(coupon=other)
    token, state = walked(chat)

    assert (state["coupon"]["name"], state["coupon"]["code"]) == ("Another trip coupon", "")
    assert post("coupon", {"token": token}).status_code == 200
    assert set(Coupon.objects.values_list("template__code", flat=True)) == {"trip-20", "trip-30"}


def test_after_a_merge_there_is_no_second_one(guide, web, mei, coupon, west_lake) -> None:
    CouponTemplate.objects.update(per_customer=2)
    first = post("coupon", {"token": walked(chat_of(web, mei)[1])[0]}).json()["code"]
    into = Customer.objects.create(number="9", display_name="雨晴", home_store=west_lake)
    merge(into, mei, by=None, reason="same")

    token, state = walked(chat_of(web, into)[1])

    assert state["coupon"]["code"] == first
    assert post("coupon", {"token": token}).json()["code"] == first
    assert Coupon.objects.count() == 1


def test_who_says_in_the_chat_who_they_are_takes_it_on_the_same_page(guide, web, mei) -> None:
    visitor, chat = chat_of(web)
    with_chat, without = walked(chat)[0], walked()[0]
    assert post("coupon", {"token": with_chat}).status_code == 422

    talk = conversation_with(mei, web, None, thread=visitor.key)
    Visitor.objects.filter(pk=visitor.pk).update(conversation=talk)

    assert post("coupon", {"token": with_chat}).status_code == 200
    assert post("coupon", {"token": without}).status_code == 422
    assert post("coupon", {"token": without}, chat=chat).status_code == 200
    assert Coupon.objects.get().customer == mei
    assert GuideSession.objects.filter(customer=mei).count() == 2
    assert set(Tag.objects.live().filter(customer=mei).values_list("value", flat=True)) == {"short", "alone"}


def test_what_this_person_may_not_have_is_not_offered(guide, web, mei, coupon) -> None:
    chat = chat_of(web, mei)[1]
    coupon.issue_to(mei, by=None)
    token, state = walked(chat)
    assert state["coupon"] is None
    assert post("coupon", {"token": token}).status_code == 422

    Coupon.objects.all().delete()
    Guide.objects.update(coupon=CouponTemplate.objects.create(
        code="gold-20", name=words("金卡券"), kind="amount", amount=2000, group="amount", state="published",
        claimable=True, categories=["bags"], levels=["gold"],
    ))  # fmt: skip
    assert walked(chat)[1]["coupon"] is None


def test_a_code_that_is_over_is_not_shown(guide, web, mei) -> None:
    chat = chat_of(web, mei)[1]
    post("coupon", {"token": walked(chat)[0]})
    assert walked(chat)[1]["coupon"]["code"]

    Coupon.objects.update(valid_until=timezone.now() - timedelta(seconds=1))

    assert walked(chat)[1]["coupon"] is None


def test_a_question_without_answers_is_passed_over_and_not_set_up(guide, gu) -> None:
    first, second = guide.questions
    first.answers.update(retired_at=timezone.now())

    state = begun()
    assert (state["code"], state["of"]) == (second.code, 1)
    with pytest.raises(TransitionRefused):
        guides.change(guide, by=gu, questions=[first, second])


def test_another_mind_shows_other_goods_and_is_told(guide, web, mei, bag, monkeypatch) -> None:
    token, _state = walked(chat_of(web, mei)[1])
    since = GuideSession.objects.get().shown_at
    monkeypatch.setattr("journeys.guides.walking.goods_of", lambda session: [])

    post("answer", {"token": token, "question": "days", "value": "long"})

    session = GuideSession.objects.get()
    assert (session.shown, session.shown_at) == ([], since)
    assert set(Tag.objects.live().filter(customer=mei).values_list("value", flat=True)) == {"long", "alone"}


def test_the_shop_counts_and_dates_nothing(bag) -> None:
    reasons = [
        Reason("refill", 9, {"of": "own", "times": 4, "gap": 30, "ago": 32}), Reason("browsed", 5, {"times": 3}),
        Reason("together", 4, {"share": 0.4, "lift": 2.0, "name": {}, "with": "R1"}),
        Reason("told", 3, {"word": "tea", "name": {"en": "Tea"}, "sure": 80}),
        Reason("heard", 3, {"word": "tea", "name": {"en": "Tea"}, "ago": 5}),
        Reason("sold", 1, {"n": 7}), Reason("scene", 8, {"scenes": ["trip"]}), Reason("else", 1, {"n": 3}),
    ]  # fmt: skip
    with translation.override("en"):
        assert _reasons(Pick(bag, reasons), {"trip": "Trip"}) == [
            "You may be running low", "You looked at it", "Goes with what you have", "Fits you",
            "In 7 baskets of the last four weeks", "Fits: Trip",
        ]  # fmt: skip


def test_a_code_with_signs_of_its_own_makes_one_address(guide, bag) -> None:
    bag.code = "R10/A&B?"
    bag.save()

    assert walked()[1]["goods"][0]["link"] == "https://shop.example.com/p/R10%2FA%26B%3F"


def test_an_edit_keeps_a_paused_coupon_and_a_stopped_chat(client, gu, guide, coupon, web) -> None:
    coupon.pause(by=gu)
    Channel.objects.filter(pk=web.pk).update(state="off")
    client.force_login(gu)

    page = client.get("/guides/trip/edit/").content.decode()
    assert '<option value="trip-20" selected>' in page
    assert '<option value="web" selected>' in page
    said = {"name_en": "Trips", "first": "days", "second": "who", "coupon": "trip-20"}
    assert client.post("/guides/trip/edit/", said | {"channel": ""}).status_code == 422
    assert client.post("/guides/trip/edit/", said | {"channel": "web"}).status_code == 302

    now = Guide.objects.get()
    assert (now.coupon, now.channel, str(now.name)) == (coupon, web, "Trips")
    assert '<option value="" selected>' in client.get("/guides/new/").content.decode()


def test_a_mute_question_is_named(guide, web, gu) -> None:
    mute = bank.make("mute", words("哑"), by=None, scene=Scene.objects.get(code="trip"),
                     dimension=TagDimension.objects.get(code="liking"))  # fmt: skip
    with pytest.raises(TransitionRefused, match="哑"):
        guides.make("x", by=gu, questions=[*guide.questions, mute], name=words("x"), channel=web)

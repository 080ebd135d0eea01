"""The customer's side and the counter's, live in both directions; a fact told in chat is offered, not asked."""

import pytest
from django.utils import timezone

from customers import fact_names
from customers.models import Consent, Fact, FactKey, FactRule
from scrm.kernel.words import words
from touchpoints import sending
from touchpoints.models import Channel, ChannelChoice, Message, Outreach, OutreachScene, Restraint, Template, Variant

COUNTER = "/counter/customers/20418837/"
SANDBOX = "/sandbox/20418837/"


@pytest.fixture(autouse=True)
def channels(transactional_db) -> None:
    Channel.objects.create(code="wecom", name=words("企微", "企微", "WeCom"), way="wecom", adapter="sandbox")
    Channel.objects.create(code="sms", name=words("短信", "簡訊", "SMS"), way="sms", adapter="sandbox")
    kind, _made = FactKey.objects.get_or_create(
        code="allergy", defaults={"name": words("过敏", "過敏", "Allergy"), "concern": "safety", "pinned": True}
    )
    FactRule.objects.create(kind=kind, phrase="对…过敏", value="…过敏")
    fact_names.forget()


def test_a_word_from_chat_is_at_the_counter_at_once_and_the_answer_on_the_telephone(visitor, mei, ke, gu) -> None:
    counter, telephone = visitor(width=390), visitor(width=1366)
    at_counter, on_phone = counter.signs_in(ke), telephone.signs_in(gu)
    counter.goes_to(COUNTER)
    at_counter.locator("#s-talk .s-empty").wait_for()
    telephone.goes_to(SANDBOX)

    on_phone.get_by_label("WeCom", exact=True).check()
    on_phone.get_by_label("What the customer writes").fill("我对羊毛过敏，别推荐羊毛的")
    on_phone.get_by_role("button", name="Send as the customer").click()

    talk = at_counter.locator("#s-talk")
    talk.get_by_text("我对羊毛过敏，别推荐羊毛的").wait_for(timeout=10_000)
    talk.get_by_role("button", name="Remember Allergy: 羊毛过敏").click()
    at_counter.locator("#s-matters").get_by_text("羊毛过敏").first.wait_for(timeout=10_000)
    fact = Fact.objects.get(customer=mei)
    assert (fact.key, fact.value, fact.channel, fact.pinned) == ("allergy", "羊毛过敏", "wecom", True)
    assert talk.get_by_role("button", name="Remember Allergy").count() == 0  # known now: offered, not asked

    talk.get_by_label("Answer by WeCom").fill("记下了，不再推荐羊毛。")
    talk.get_by_role("button", name="Send").click()
    on_phone.locator("#s-phone").get_by_text("记下了，不再推荐羊毛。").wait_for(timeout=10_000)
    on_phone.get_by_role("button", name="It was read").click()
    on_phone.locator("#s-phone").get_by_text("Read", exact=True).wait_for()
    assert Message.objects.get(direction="out").state == "read"
    assert counter.troubles == telephone.troubles == []


def test_what_is_being_typed_stays_when_news_come(visitor, mei, ke) -> None:
    from touchpoints.outreach import conversation_with

    talk = conversation_with(mei, Channel.objects.get(code="wecom"), None)
    talk.hear("在吗", at=timezone.now(), source="wecom", source_ref="1")
    screen = visitor(width=390)
    page = screen.signs_in(ke)
    screen.goes_to(COUNTER)
    page.get_by_label("Answer by WeCom").fill("您好，我在")

    talk.hear("想换一条裤子", at=timezone.now(), source="wecom", source_ref="2")

    page.locator("#s-talk").get_by_text("想换一条裤子").wait_for(timeout=10_000)
    assert page.get_by_label("Answer by WeCom").input_value() == "您好，我在"
    assert screen.troubles == []


def test_the_best_get_a_call_the_others_a_text_and_refusals_are_seen(visitor, mei, ruoan, gu) -> None:
    """Story S6: the occasion's matrix decides, and the page says what would happen before anything does."""
    Restraint.objects.update_or_create(name="brand", defaults={"quiet_from": None, "quiet_to": None})
    scene = OutreachScene.objects.create(code="birthday", name=words("生日", "生日", "Birthday"))
    ChannelChoice.objects.create(scene=scene, ways=["sms"])
    template = Template.objects.create(
        code="birthday", name=words("生日祝福", "生日祝福", "Birthday wish"), scene=scene
    )
    Variant.objects.create(template=template, way="sms", locale="zh-hans", body="{name}您好，生日快乐。")
    screen = visitor(width=390)
    page = screen.signs_in(ruoan)

    screen.goes_to("/customers/20418837/contacts/new/")
    page.get_by_role("link", name="Birthday wish").click()
    page.get_by_text("No consent").wait_for()
    page.get_by_role("button", name="Note that it was not sent").click()
    page.locator("#s-contacts").get_by_text("No consent").wait_for()
    Consent.objects.say(mei, "marketing", "sms", given=True, origin="staff")
    screen.goes_to("/customers/20418837/contacts/new/?scene=birthday&template=birthday")
    page.get_by_text("雨晴您好，生日快乐。").wait_for()
    page.get_by_role("button", name="Send").click()
    page.locator("#s-contacts").get_by_text("On its way").wait_for()
    sending.relay()

    assert [row.state for row in Outreach.objects.order_by("pk")] == ["refused", "sent"]
    ChannelChoice.objects.update(ways=["call"])
    Consent.objects.say(mei, "marketing", "phone", given=True, origin="staff")
    screen.goes_to("/customers/20418837/contacts/new/?scene=birthday&template=birthday")
    page.get_by_text("A step for Shen Ruoan").wait_for()
    page.get_by_text("Reached").wait_for()
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/contacts/")
    assert Outreach.objects.latest("pk").task.owner == ruoan
    assert screen.troubles == []

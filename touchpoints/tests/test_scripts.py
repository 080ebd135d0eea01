"""Scripts: two people see each before a customer does; what is offered, in which words; each use counted once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import User
from touchpoints.models import Channel, Conversation, Message, Script, ScriptTopic, ScriptUse
from touchpoints.models.script import script_trouble
from touchpoints.outreach import conversation_with
from touchpoints.scripts import begin, wordings_for

BODIES = {("", "zh-hans"): "{name}您好，七天内都能换。", ("", "en"): "Within seven days, {name}.",
          ("sms", "zh-hans"): "七天内可换。{brand}"}  # fmt: skip


@pytest.fixture
def talk(mei: Customer, db: None) -> Conversation:
    wecom = Channel.objects.create(code="wecom", name=words("企微", "企微", "WeCom"), way="wecom", adapter="sandbox")
    found = conversation_with(mei, wecom, None)
    found.hear("能换吗", at=timezone.now(), source="wecom", source_ref="1")
    return found


def draft(by: User, code: str = "return-7", bodies: dict[tuple[str, str], str] | None = None, **more: Any) -> Script:
    given = {"name": words("七天可换", "七天可換", "Seven days"), "owner": by,
             "topic": ScriptTopic.objects.get(code="return"),
             "review_by": timezone.localdate() + timedelta(days=90)} | more  # fmt: skip
    return begin(bodies or BODIES, by=by, code=code, **given)


def approved(by: User, second: User, code: str = "return-7", **more: Any) -> Script:
    script = draft(by, code, **more)
    script.submit(by=by)
    script.approve(by=second, version=script.version)
    return script


def test_who_wrote_it_does_not_approve_it(lin: User, he: User) -> None:
    script = draft(lin)
    script.submit(by=lin)

    with pytest.raises(TransitionRefused):
        script.approve(by=lin, version=script.version)
    script.approve(by=he, version=script.version)

    assert script.state == "approved"
    with pytest.raises(IntegrityError):  # nor behind the verb
        Script.objects.filter(pk=script.pk).update(approved_by=lin)


def test_approved_is_what_was_read(lin: User, he: User) -> None:
    script = draft(lin)
    script.submit(by=lin)
    read = script.version
    script.send_back(by=lin)
    script.write({("", "zh-hans"): "不能换。"}, by=lin)
    script.submit(by=lin)

    with pytest.raises(TransitionRefused):
        script.approve(by=he, version=read)

    assert Script.objects.get().state == "submitted"


def test_of_two_clicks_the_second_is_refused(lin: User, he: User, gu: User) -> None:
    script = draft(lin)
    script.submit(by=lin)
    in_another_tab = Script.objects.get(pk=script.pk)
    script.approve(by=he, version=script.version)

    with pytest.raises(TransitionRefused):
        in_another_tab.approve(by=gu, version=in_another_tab.version)

    assert Script.objects.get().approved_by == he


def test_a_new_version_replaces_the_former_only_when_it_is_approved(lin: User, he: User) -> None:
    script = approved(lin, he)
    newer = script.new_version(by=lin)
    assert script.new_version(by=lin) == newer  # a second click
    newer.write({("", "zh-hans"): "十四天内都能换。"}, by=lin)
    newer.submit(by=lin)
    assert list(Script.objects.offered()) == [script]

    newer.approve(by=he, version=newer.version)

    assert list(Script.objects.offered()) == [newer]
    script.refresh_from_db()
    assert script.state == "retired"


def test_what_is_offered_is_valid_today_and_in_the_customers_words(lin: User, he: User, talk: Conversation) -> None:
    today = timezone.localdate()
    approved(lin, he)
    approved(lin, he, "soon", valid_from=today + timedelta(days=1))
    approved(lin, he, "over", valid_until=today - timedelta(days=1))
    approved(lin, he, "only-sms", bodies={("sms", "zh-hans"): "短信用。"})
    approved(lin, he, "english", bodies={("wecom", "en"): "Hello {advisor}."})
    draft(lin, "draft")

    found = {one.script.code: one for one in wordings_for(talk)}

    assert set(found) == {"return-7", "english"}
    assert found["return-7"].text == "雨晴您好，七天内都能换。"
    assert not found["return-7"].is_fallback
    assert found["english"].is_fallback
    assert [one.script.code for one in wordings_for(talk, "七天 能换")] == ["return-7"]
    assert wordings_for(talk, "七天 鞋") == []


def test_a_blank_with_nothing_to_put_in_is_named(lin: User, he: User, talk: Conversation) -> None:
    Customer.objects.update(advisor=None)
    talk.customer.refresh_from_db()
    approved(lin, he, bodies={("", "zh-hans"): "您的顾问{advisor}"})

    assert wordings_for(talk)[0].missing == ["advisor"]


def test_hostile_words_stay_words(lin: User, he: User, talk: Conversation) -> None:
    Customer.objects.update(given_name="{number}<b>", display_name="梅{number}<b>")
    talk.customer.refresh_from_db()
    approved(lin, he)

    assert wordings_for(talk)[0].text.startswith("{number}<b>您好")
    assert script_trouble("{points}")
    assert script_trouble("{name.__class__}")
    assert script_trouble("{nobody}")
    assert not script_trouble("{name} {brand}")


def test_a_use_is_counted_once_however_often_it_is_pressed(
    client: Client, lin: User, he: User, ke: User, talk: Conversation
) -> None:
    script = approved(lin, he)
    client.force_login(ke)
    said = {"talk": talk.pk, "text": "雨晴您好，七天内都能换。", "token": "t1", "script": "return-7"}

    for _press in range(2):
        client.post(f"/customers/{talk.customer.number}/talk/new/", said)

    script.refresh_from_db()
    use = ScriptUse.objects.get()
    assert (script.uses, use.message, use.by, use.altered) == (1, Message.objects.get(direction="out"), ke, False)
    client.post(f"/customers/{talk.customer.number}/talk/new/", said | {"token": "t2", "text": "换。"})
    assert ScriptUse.objects.latest("pk").altered


def test_the_picker_is_closed_to_another_store(client: Client, lin: User, he: User, zhao: User, talk: Any) -> None:
    approved(lin, he)
    client.force_login(zhao)

    assert client.get(f"/customers/{talk.customer.number}/talk/{talk.pk}/scripts/").status_code == 404
    own = Customer.objects.create(number="OWN", home_store=zhao.counter_store)
    assert client.get(f"/customers/{own.number}/talk/{talk.pk}/scripts/").status_code == 404


def test_who_may_approve_sees_first_what_waits_and_what_is_stale(client: Client, lin: User, he: User, gu: User) -> None:
    approved(lin, gu, "old")
    Script.objects.filter(code="old").update(review_by=timezone.localdate() - timedelta(days=1))
    draft(lin, "waits").submit(by=lin)

    client.force_login(he)
    page = client.get("/scripts/").content.decode()
    client.force_login(lin)
    seen_by_agent = client.get("/scripts/").content.decode()

    assert page.index("Waits for a second person") < page.index("To be looked at again") < page.index("Returns and")
    assert "To be looked at again</h2>" not in seen_by_agent
    assert Script.objects.stale().get().code == "old"


def test_looked_at_again_it_is_fresh(client: Client, lin: User, he: User) -> None:
    script = approved(lin, he)
    Script.objects.update(review_by=timezone.localdate() - timedelta(days=1))
    client.force_login(he)

    assert client.post(f"/scripts/{script.pk}/still-holds/", {"review_by": "2001-01-01"}).status_code == 422
    until = timezone.localdate() + timedelta(days=30)
    assert client.post(f"/scripts/{script.pk}/still-holds/", {"review_by": str(until)}).status_code == 302

    assert not Script.objects.stale().exists()


def test_a_writer_cannot_approve_by_address(client: Client, lin: User, ke: User) -> None:
    script = draft(lin)
    script.submit(by=lin)
    client.force_login(lin)
    assert client.post(f"/scripts/{script.pk}/approve/", {"version": script.version}).status_code == 404
    client.force_login(ke)
    assert client.get("/scripts/").status_code == 403


def test_a_script_is_written_on_the_page(client: Client, lin: User) -> None:
    client.force_login(lin)
    given = {"code": "late", "name_hans": "晚到", "topic": "parcel", "owner": "shu.lin",
             "review_by": str(timezone.localdate() + timedelta(days=90)), "body_all_zh_hans": "{points}"}  # fmt: skip

    assert client.post("/scripts/new/", given).status_code == 422
    assert client.post("/scripts/new/", given | {"body_all_zh_hans": "{name}您好"}).status_code == 302
    again = client.post("/scripts/new/", given | {"body_all_zh_hans": "{name}您好"})

    assert again.status_code == 422  # the code is taken
    script = Script.objects.get()
    assert (script.state, script.variants.get().body) == ("draft", "{name}您好")
    changed = given | {"body_all_zh_hans": "", "body_sms_en": "Late."}
    assert client.post(f"/scripts/{script.pk}/", changed).status_code == 302
    assert [(one.way, one.locale) for one in script.variants.all()] == [("sms", "en")]


def test_the_library_asks_as_often_for_many_as_for_few(client: Client, lin: User, he: User) -> None:
    client.force_login(he)
    approved(lin, he, "first")
    client.get("/scripts/")
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get("/scripts/")
    for number in range(12):
        approved(lin, he, f"more-{number}")

    with CaptureQueriesContext(connection) as many:
        client.get("/scripts/")

    assert len(many) == len(few)

"""The one door out: what leaves, what is held back and why, and that nothing leaves twice."""

import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction
from django.utils import timezone

from customers.models import Consent, Customer, Event, Identity, Preference, Segment, SegmentMember, Task
from customers.models.preference import quiet_until
from customers.wakeups import sweep
from scrm.kernel import segment_field
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import User
from touchpoints import sending
from touchpoints.channels.protocol import Outcome, Receipt, Sent
from touchpoints.models import (
    Channel,
    ChannelChoice,
    Conversation,
    HoldoutDraw,
    Message,
    Outreach,
    OutreachScene,
    Restraint,
    Template,
    Variant,
)
from touchpoints.models.template import filled
from touchpoints.outreach import plan_outreach
from touchpoints.restraint import decide
from touchpoints.segment_uses import of_segment as uses

State = Outreach.State


@pytest.fixture(autouse=True)
def _open_hours(db: None) -> None:
    """No hours of quiet, unless a test sets them: tests run at night too."""
    Restraint.objects.update_or_create(name="brand", defaults={"quiet_from": None, "quiet_to": None})


@pytest.fixture
def sms(db: None) -> Channel:
    return Channel.objects.create(code="sms", name=words("短信", "簡訊", "SMS"), way="sms", adapter="sandbox")


@pytest.fixture
def wecom(db: None) -> Channel:
    return Channel.objects.create(code="wecom", name=words("企微", "企微", "WeCom"), way="wecom", adapter="sandbox")


@pytest.fixture
def birthday(db: None) -> OutreachScene:
    scene = OutreachScene.objects.create(code="birthday", name=words("生日", "生日", "Birthday"))
    ChannelChoice.objects.create(scene=scene, ways=["sms"])
    return scene


@pytest.fixture
def greeting(birthday: OutreachScene) -> Template:
    template = Template.objects.create(code="birthday", name=words("生日"), scene=birthday)
    for way in ("sms", "wecom"):
        Variant.objects.create(template=template, way=way, locale="zh-hans", body="{name}您好，生日快乐，积分 {points}")
    return template


def allow(customer: Customer, *channels: str) -> None:
    for channel in channels or ("sms",):
        Consent.objects.say(customer, "marketing", channel, given=True, origin="staff")


def plan(customer: Customer, scene: OutreachScene, template: Template | None, key: str = "k1", **more: Any) -> Outreach:
    return plan_outreach(customer, scene, key=key, template=template, values={"points": "200"}, **more)


# What leaves


def test_a_contact_with_consent_is_sent_once_and_stands_on_the_timeline(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    allow(mei)

    first, again = plan(mei, birthday, greeting), plan(mei, birthday, greeting)
    sending.relay()
    sending.relay()

    assert first.pk == again.pk
    message = Message.objects.get()
    assert (message.state, message.body, message.tries) == ("sent", "雨晴您好，生日快乐，积分 200", 1)
    assert Outreach.objects.get().state == State.SENT
    assert Event.objects.filter(kind="outreach.sent").count() == 1


def test_a_report_moves_it_forward_only_and_an_answer_ends_it(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    allow(mei)
    outreach = plan(mei, birthday, greeting)
    sending.relay()
    message = Message.objects.get()
    now = timezone.now()

    for outcome in (Outcome.DELIVERED, Outcome.SENT, Outcome.DELIVERED):
        sending.receipt(sms, Receipt(outcome, now, message=message.public_id))
    stranger = sending.receipt(sms, Receipt(Outcome.FAILED, now, message=message.public_id, tail="9999"))

    message.refresh_from_db()
    outreach.refresh_from_db()
    assert (message.state, outreach.state, stranger) == ("delivered", State.DELIVERED, None)


def test_an_address_that_bounces_is_suspended_and_the_next_way_is_tried(
    mei: Customer, sms: Channel, wecom: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    allow(mei, "sms", "wecom")
    Identity.objects.filter(customer=mei, kind="member_no").update(kind="wecom")
    ChannelChoice.objects.update(ways=["sms", "wecom"])
    outreach = plan(mei, birthday, greeting)
    sending.relay()

    sending.receipt(
        sms, Receipt(Outcome.FAILED, timezone.now(), message=Message.objects.get().public_id, unreachable=True)
    )
    sending.relay()

    outreach.refresh_from_db()
    assert (outreach.way, outreach.state, outreach.tried) == ("wecom", State.SENT, ["sms"])
    assert Identity.objects.get(customer=mei, kind="phone").suspended_at is not None
    assert plan(mei, birthday, greeting, key="k2").way == "wecom"


# What does not: every way a message can start × every rule that stops it


def no_consent(customer: Customer) -> str:
    return "no_consent"


def withdrawn(customer: Customer) -> str:
    allow(customer)
    Consent.objects.say(customer, "marketing", "sms", given=False, origin="centre")
    return "no_consent"


def other_channel_only(customer: Customer) -> str:
    allow(customer, "mail")
    return "no_consent"


def quiet(customer: Customer) -> str:
    allow(customer)
    now = timezone.localtime(timezone.now(), ZoneInfo("Asia/Shanghai"))
    Restraint.objects.update(quiet_from=(now - timedelta(minutes=5)).time(), quiet_to=(now + timedelta(hours=3)).time())
    return "quiet"


def own_quiet(customer: Customer) -> str:
    allow(customer)
    now = timezone.localtime(timezone.now(), ZoneInfo("Asia/Shanghai"))
    Preference.say(customer, quiet_from=(now - timedelta(minutes=5)).time(), quiet_to=(now + timedelta(hours=3)).time())
    return "quiet"


def paused(customer: Customer) -> str:
    allow(customer)
    Preference.say(customer, paused_until=timezone.now() + timedelta(days=30))
    return "paused"


def capped(customer: Customer) -> str:
    allow(customer)
    Restraint.objects.update(most=0)
    return "cap"


def kept_out(customer: Customer) -> str:
    allow(customer)
    scene = OutreachScene.objects.get(code="birthday")
    HoldoutDraw.objects.create(scene=scene, customer=customer, kept_out=True)
    OutreachScene.objects.update(holdout=50)
    return "holdout"


def switched_off(customer: Customer) -> str:
    allow(customer)
    Channel.objects.get(code="sms").stop("test")
    return "no_way"


def no_text(customer: Customer) -> str:
    allow(customer)
    Variant.objects.all().delete()
    return "no_text"


STOPS = [no_consent, withdrawn, other_channel_only, quiet, own_quiet, paused, capped, kept_out, switched_off, no_text]


def by_machine(customer: Customer, scene: OutreachScene, template: Template, by: User) -> None:
    plan(customer, scene, template)


def by_hand(customer: Customer, scene: OutreachScene, template: Template, by: User) -> None:
    plan(customer, scene, template, by=by)


def held_before(customer: Customer, scene: OutreachScene, template: Template, by: User) -> None:
    """One that was held back for another reason and whose time comes now."""
    plan(customer, scene, template)
    Outreach.objects.filter(state="held").update(until=timezone.now())
    sending.resume_held()


def by_conversation(customer: Customer, scene: OutreachScene, template: Template, by: User) -> None:
    """Writing to somebody who did not write is no reply."""
    channel = Channel.objects.get(code="sms")
    talk = Conversation.objects.create(customer=customer, channel=channel, thread="x")
    with pytest.raises(TransitionRefused):
        talk.say("hello", by=by)


@pytest.mark.parametrize("stop", STOPS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("start", [by_machine, by_hand, held_before, by_conversation], ids=lambda one: one.__name__)
def test_no_path_lets_a_message_out_against_a_rule(
    start: Callable[..., None], stop: Callable[[Customer], str], mei: Customer, sms: Channel, birthday: OutreachScene,
    greeting: Template, ke: User,
) -> None:  # fmt: skip
    reason = stop(mei)
    birthday.refresh_from_db()

    start(mei, birthday, greeting, ke)
    sending.relay()

    assert not Message.objects.filter(direction="out").exists()
    if start is not by_conversation:
        row = Outreach.objects.get()
        assert row.reason == reason
        assert row.state in (State.HELD, State.REFUSED)
        assert Event.objects.filter(customer=mei, kind__in=["outreach.held", "outreach.refused"]).exists()


@pytest.mark.parametrize("stop", [no_consent, capped, kept_out, paused], ids=lambda one: one.__name__)
def test_service_is_exempt_by_its_type(
    stop: Callable[[Customer], str], mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    stop(mei)
    OutreachScene.objects.update(kind="notice")
    birthday.refresh_from_db()

    plan(mei, birthday, greeting)
    sending.relay()

    assert Message.objects.get().state == "sent"


def test_a_code_goes_out_in_quiet_hours_and_a_notice_only_when_urgent(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    quiet(mei)
    seen = {}
    for kind, urgent in (("code", False), ("notice", False), ("notice", True)):
        OutreachScene.objects.update(kind=kind, urgent=urgent)
        birthday.refresh_from_db()
        seen[kind, urgent] = plan(mei, birthday, greeting, key=f"{kind}{urgent}").state

    assert seen == {("code", False): State.QUEUED, ("notice", False): State.HELD, ("notice", True): State.QUEUED}


def test_not_set_is_not_zero(mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template) -> None:
    allow(mei)
    Restraint.objects.update(most=None)
    states = [plan(mei, birthday, greeting, key=f"k{n}").state for n in range(8)]
    Restraint.objects.update(most=0)

    assert set(states) == {State.QUEUED}
    last = plan(mei, birthday, greeting, key="last")
    assert (last.state, last.reason, last.until) == (State.REFUSED, "cap", None)


def test_the_cap_counts_people_and_machines_and_says_until_when(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template, ke: User
) -> None:
    allow(mei)
    Restraint.objects.update(most=2, days=3)
    OutreachScene.objects.update(hours=24 * 14)
    birthday.refresh_from_db()
    first = plan(mei, birthday, greeting, key="machine")
    plan(mei, birthday, greeting, key="person", by=ke)
    Outreach.objects.filter(pk=first.pk).update(felt_at=timezone.now() - timedelta(days=2))

    held = plan(mei, birthday, greeting, key="third")

    assert (held.state, held.reason) == (State.HELD, "cap")
    assert held.until is not None
    assert timedelta(hours=23) < held.until - timezone.now() < timedelta(hours=25)
    assert held.explanation["counted"] == 2
    Outreach.objects.filter(pk=first.pk).update(felt_at=timezone.now() - timedelta(days=4))
    Outreach.objects.filter(pk=held.pk).update(until=timezone.now())
    sending.resume_held()
    held.refresh_from_db()
    assert held.state == State.QUEUED


def test_a_contact_whose_moment_has_passed_is_not_made(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    allow(mei)
    outreach = plan(mei, birthday, greeting)
    Outreach.objects.update(valid_until=timezone.now() - timedelta(minutes=1))

    sending.relay()

    outreach.refresh_from_db()
    assert (outreach.state, outreach.reason) == (State.REFUSED, "too_late")
    assert Message.objects.get().state == "stopped"


def test_a_message_that_waited_into_quiet_hours_waits_until_they_end(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    allow(mei)
    plan(mei, birthday, greeting)
    quiet(mei)

    sending.relay()

    message = Message.objects.get()
    assert message.state == "queued"
    assert message.due_at > timezone.now() + timedelta(hours=2)


def test_a_no_stops_what_was_queued_and_what_is_being_handed_out(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    allow(mei)
    by_reaction, by_hand_out = plan(mei, birthday, greeting, key="a"), plan(mei, birthday, greeting, key="b")
    Message.objects.filter(outreach=by_hand_out).update(due_at=timezone.now() - timedelta(hours=1))
    Consent.objects.say(mei, "marketing", "sms", given=False, origin="centre")

    sending.relay(at_most=1)
    by_hand_out.refresh_from_db()
    assert (by_hand_out.state, by_hand_out.reason) == (State.REFUSED, "withdrawn")
    sweep()

    by_reaction.refresh_from_db()
    assert (by_reaction.state, by_reaction.reason) == (State.REFUSED, "withdrawn")
    assert set(Message.objects.values_list("state", flat=True)) == {"stopped"}


# By grade and occasion: story S6


def test_the_best_customers_get_a_call_and_the_others_a_text(
    mei: Customer, west_lake: Any, sms: Channel, birthday: OutreachScene, greeting: Template, ruoan: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from scrm.kernel.registry import Registry

    grades: Registry[Any] = Registry()
    grades.add("test", lambda pk: "black" if pk == mei.pk else "")
    monkeypatch.setattr("touchpoints.restraint.grades", grades)
    ChannelChoice.objects.create(scene=birthday, grade="black", ways=["call", "sms"])
    other = Customer.objects.create(number="2", display_name="二", home_store=west_lake)
    Identity.objects.filter(customer=mei, kind="member_no").update(customer=other, kind="phone")
    allow(mei, "sms", "phone")
    allow(other, "sms")

    call, text = plan(mei, birthday, greeting, key="a"), plan(other, birthday, greeting, key="b")

    assert (call.way, call.message, text.way) == ("call", None, "sms")
    assert call.task is not None
    assert (call.task.owner, call.explanation["grade"]) == (ruoan, "black")
    call.task.finish(by=ruoan)
    sweep()
    call.refresh_from_db()
    assert call.state == State.SENT
    assert list(Task.objects.values_list("customer", flat=True)) == [mei.pk]


def test_who_is_in_a_segment_is_reached_as_the_segment_says(
    mei: Customer, west_lake: Any, sms: Channel, birthday: OutreachScene, greeting: Template, ruoan: User
) -> None:
    big = Segment.objects.create(code="over-10000", name=words("一年一万"), state="live", version=1)
    SegmentMember.objects.create(segment=big, customer=mei, via="rule")
    ChannelChoice.objects.create(scene=birthday, segment=big, ways=["call", "sms"])
    allow(mei, "sms", "phone")

    first = plan(mei, birthday, greeting, key="a")
    assert (first.way, first.explanation["grade"]) == ("call", "segment:over-10000")
    segment_field.forget()
    [use] = uses("over-10000")
    assert str(birthday) in use.words
    SegmentMember.objects.update(via="block", why="Asked", by=ruoan)
    assert plan(mei, birthday, greeting, key="b").way == "sms"
    SegmentMember.objects.update(via="pin")
    Segment.objects.update(state="retired")
    assert plan(mei, birthday, greeting, key="c").way == "sms"
    for wrong in ({"segment": big}, {"segment": big, "grade": "black"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ChannelChoice.objects.create(scene=birthday, ways=["sms"], **wrong)


def test_calls_have_a_cap_of_their_own(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    allow(mei, "sms", "phone")
    ChannelChoice.objects.update(ways=["call", "sms"])
    Restraint.objects.update(most=None, most_calls=1)

    ways = [plan(mei, birthday, greeting, key=f"k{n}").way for n in range(3)]

    assert ways == ["call", "sms", "sms"]


def test_who_is_kept_out_is_drawn_once(sms: Channel, birthday: OutreachScene, greeting: Template) -> None:
    people = [Customer.objects.create(number=f"n{n}", display_name="n") for n in range(200)]
    OutreachScene.objects.update(holdout=20, salt="a")
    birthday.refresh_from_db()
    drawn = [birthday.keeps_out(one) for one in people]
    OutreachScene.objects.update(holdout=50, salt="b")
    birthday.refresh_from_db()

    assert [birthday.keeps_out(one) for one in people] == drawn
    assert 0.1 < sum(drawn) / len(drawn) < 0.32


# Texts


@pytest.mark.parametrize(
    "text",
    ["{name.pk}", "{name!r}", "{0}", "{{name}}", "{% load x %}", "{name|safe}", "{settings}", "{name:>99999999}",
     "{__class__}", "{ name }", "{", "}"],
)  # fmt: skip
def test_a_text_with_code_in_it_is_refused(birthday: OutreachScene, greeting: Template, text: str) -> None:
    with pytest.raises(ValidationError):
        Variant(template=greeting, way="sms", locale="en", body=text).full_clean()


def test_a_value_is_plain_words_whatever_it_holds() -> None:
    evil = "{full_name}\r\nBcc: all@example.com <script>{% include 'x' %}"

    assert filled("Hello {name}", {"name": evil, "full_name": "SECRET"}, one_line=True) == (
        "Hello {full_name} Bcc: all@example.com <script>{% include 'x' %}"
    )
    assert "\n" not in filled("Hello {name}", {"name": "a\nb"})


@pytest.mark.parametrize("reader", ["en", "zh-hans", "zh-hant"])
def test_a_text_names_store_and_advisor_in_its_own_language(mei: Customer, west_lake: Any, reader: str) -> None:
    from django.utils import translation

    from touchpoints.models.template import blanks_of

    with translation.override(reader):
        said = {locale: blanks_of(mei, locale) for locale in ("zh-hans", "en")}

    assert (said["zh-hans"]["store"], said["en"]["store"]) == ("西湖店", "West Lake")
    assert (said["zh-hans"]["advisor"], said["en"]["advisor"]) == ("沈若安", "Shen Ruoan")


# Hours


@pytest.mark.parametrize(
    ("at", "start", "end", "until"),
    [
        ("2026-11-20 22:00", "21:00", "09:00", "2026-11-21 09:00"), ("2026-11-20 03:00", "21:00", "09:00", "2026-11-20 09:00"),
        ("2026-11-20 12:00", "21:00", "09:00", None), ("2026-11-20 09:00", "21:00", "09:00", None),
        ("2026-11-20 21:00", "21:00", "09:00", "2026-11-21 09:00"), ("2026-11-20 13:00", "12:00", "14:00", "2026-11-20 14:00"),
        ("2026-11-20 13:00", "09:00", "09:00", None),
    ],
)  # fmt: skip
def test_hours_of_quiet_over_midnight(at: str, start: str, end: str, until: str | None) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    moment = datetime.fromisoformat(at).replace(tzinfo=zone)

    found = quiet_until(moment, time.fromisoformat(start), time.fromisoformat(end), "Asia/Shanghai")

    assert found == (datetime.fromisoformat(until).replace(tzinfo=zone) if until else None)


def test_it_is_cheap_to_decide(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template, django_assert_max_num_queries: Any
) -> None:
    allow(mei)
    with django_assert_max_num_queries(12):
        decide(
            mei, birthday, template=greeting, values={}, until=timezone.now() + timedelta(days=1), now=timezone.now()
        )


# Under a crowd


@pytest.mark.django_db(transaction=True)
def test_the_cap_holds_when_twenty_plan_at_once(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template, own_connections: None
) -> None:
    allow(mei)
    Restraint.objects.update(most=3)
    gate = threading.Barrier(20)

    def run(place: int) -> None:
        gate.wait(30)
        plan(mei, birthday, greeting, key=f"k{place % 15}")
        connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert Outreach.objects.counted().count() == 3
    assert Outreach.objects.count() == 15
    assert Message.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_twenty_workers_send_each_message_once(
    sms: Channel, birthday: OutreachScene, greeting: Template, mei: Customer, monkeypatch: pytest.MonkeyPatch,
    own_connections: None,
) -> None:  # fmt: skip
    allow(mei)
    Restraint.objects.update(most=None)
    for n in range(60):
        plan(mei, birthday, greeting, key=f"k{n}")
    sent: list[str] = []
    monkeypatch.setattr(
        "touchpoints.channels.sandbox.Adapter.send", lambda self, one: (sent.append(one.id), Sent("x"))[1]
    )
    threads = [threading.Thread(target=lambda: (sending.relay(), connections.close_all())) for _one in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert len(sent) == len(set(sent)) == 60
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize(("idempotent", "state"), [(True, "sent"), (False, "unknown")])
def test_a_worker_lost_after_the_hand_over(
    idempotent: bool, state: str, mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Where the other side folds equal ids it is sent again; where it does not, nobody pretends to know."""
    allow(mei)
    plan(mei, birthday, greeting)
    monkeypatch.setattr("touchpoints.channels.sandbox.Adapter.idempotent", idempotent)
    sent: list[str] = []

    def dies(self: Any, one: Any) -> Any:
        sent.append(one.id)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("touchpoints.channels.sandbox.Adapter.send", dies)
        with pytest.raises(KeyboardInterrupt):
            sending.relay()
    Message.objects.update(claimed_at=timezone.now() - timedelta(minutes=10))
    monkeypatch.setattr("touchpoints.channels.sandbox.Adapter.ask", lambda *args: None)
    sending.settle()
    Message.objects.filter(state="queued").update(due_at=timezone.now())
    sending.relay()

    assert Message.objects.get().state == state
    assert len(sent) == 1


def test_nobody_knows_for_three_days_then_a_person_decides(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(mei)
    outreach = plan(mei, birthday, greeting)
    long_ago = timezone.now() - timedelta(hours=73)
    Message.objects.update(state="unknown", claimed_at=long_ago, sent_at=long_ago)
    monkeypatch.setattr("touchpoints.channels.sandbox.Adapter.ask", lambda *args: None)

    sending.settle()

    outreach.refresh_from_db()
    assert (Message.objects.get().state, outreach.state, outreach.reason) == ("failed", State.FAILED, "unknown")


@pytest.mark.parametrize(
    ("answers", "state", "channel"),
    [("retry_later", "queued", "on"), ("fix_setup", "queued", "stopped"), ("not_reachable", "failed", "on"),
     ("never", "failed", "on"), ("unknown", "queued", "on")],
)  # fmt: skip
def test_each_class_of_refusal_has_its_end(
    answers: str, state: str, channel: str, mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    allow(mei)
    Channel.objects.update(settings={"answers": answers})
    plan(mei, birthday, greeting)

    sending.relay()

    sms.refresh_from_db()
    assert (Message.objects.get().state, sms.state) == (state, channel)
    assert sending.relay() == 0


def test_an_erased_customer_hears_nothing_more(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template, gu: User
) -> None:
    from customers.privacy import erase

    allow(mei)
    plan(mei, birthday, greeting)
    erase(mei, by=gu)

    sending.relay()

    message = Message.objects.get()
    assert (message.state, message.body) == ("stopped", "")


# What happens elsewhere and lets somebody hear of it


def test_a_birthday_is_told_by_the_level_that_stands(
    mei: Customer, sms: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    from loyalty import campaigns
    from loyalty.models import Campaign, CampaignGrant, PointsAccount

    PointsAccount.objects.of(mei)
    allow(mei)
    day = timezone.localdate()
    Customer.objects.filter(pk=mei.pk).update(birth_month=day.month, birth_day=min(day.day, 28))
    Campaign.objects.create(
        code="birthday", name=words("生日"), kind="birthday", state="running", starts_on=day,
        recipe={"points": 200, "tell": "birthday"},
    )  # fmt: skip

    for _night in range(2):
        campaigns.birthdays(on=day.replace(day=min(day.day, 28)))

    assert CampaignGrant.objects.count() == 1
    assert Message.objects.get().body == "雨晴您好，生日快乐，积分 200"


def test_who_waited_for_a_place_hears_of_it_while_it_is_held(
    mei: Customer, west_lake: Any, sms: Channel, birthday: OutreachScene, greeting: Template
) -> None:
    from touchpoints.models import AppointmentKind, Slot, Waiting

    OutreachScene.objects.filter(pk=birthday.pk).update(code="place_free", kind="notice", urgent=True)
    kind, _made = AppointmentKind.objects.get_or_create(code="trial", defaults={"name": words("试衣")})
    starts = timezone.now() + timedelta(days=1)
    slot = Slot.objects.create(store=west_lake, kind=kind, starts_at=starts, capacity=1, taken=1)
    waiting = Waiting.objects.create(
        customer=mei, slot=slot, state="offered", offered_at=timezone.now(),
        offer_until=timezone.now() + timedelta(hours=1),
    )  # fmt: skip
    waiting._tell("appointment.offered")

    sweep()
    sweep()

    assert Outreach.objects.get().state == State.QUEUED


def test_outgoing_messages_are_made_at_two_places_only() -> None:
    """Whoever wants to reach a customer goes through the door: nothing else writes a message that leaves."""
    import re
    from pathlib import Path

    made = set()
    house = Path(__file__).parents[2]
    for path in (path for room in house.iterdir() if (room / "__init__.py").exists() for path in room.rglob("*.py")):
        text = path.relative_to(house).as_posix()
        if "/tests/" in text or text.startswith(("tests/", "scrm/demo/")):
            continue
        if re.search(r"\bMessage(\.objects\.(bulk_)?create)?\(\s*(\n\s*)?conversation=", path.read_text()):
            made.add(text)

    assert made == {"touchpoints/models/talk.py", "touchpoints/outreach.py"}

"""How often clients are to be seen: by level, by word of the advisor, and who is due; what may be said then."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone, translation

from customers.merging import merge, unmerge
from customers.models import Customer, Task
from customers.privacy import Person
from journeys import privacy
from journeys.care import day_of
from journeys.models import CareMark, CareScript, ClientRhythm, LevelRhythm
from journeys.tests.test_day import agrees
from loyalty.models import Level, LevelMembership, Programme
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from touchpoints.models import Channel, Script, ScriptTopic, ScriptVariant, Visit
from touchpoints.outreach import conversation_with


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def gold(db) -> Level:
    programme = Programme.objects.main()
    level, _made = Level.objects.get_or_create(
        programme=programme, code="gold", defaults={"rank": 2, "name": words("金卡", "金卡", "Gold")}
    )
    LevelRhythm.objects.create(level=level, days=30)
    return level


def of_level(level: Level, number: str, *, advisor, store, days: int = 100, agreed: bool = True) -> Customer:
    joined = timezone.now() - timedelta(days=days)
    made = Customer.objects.create(number=number, display_name=number, home_store=store, advisor=advisor,
                                   joined_at=joined)  # fmt: skip
    if agreed:
        agrees(made)
    LevelMembership.objects.create(programme=level.programme, customer=made, level=level, rank=level.rank, origin="earned",
                                   since=timezone.localdate(joined))  # fmt: skip
    return made


def reasons(user) -> dict[str, str]:
    return {line.customer.number: line.why for line in day_of(user).lines if line.reason == "rhythm"}


def was_here(customer: Customer, store, *, days: int) -> None:
    at = timezone.now() - timedelta(days=days)
    Visit.objects.create(customer=customer, store=store, arrived_at=at, left_at=at + timedelta(minutes=20))


def test_who_was_not_seen_for_longer_than_the_level_says_is_due(ruoan, west_lake, gold) -> None:
    late, seen, fresh = (of_level(gold, number, advisor=ruoan, store=west_lake, days=days)
                         for number, days in (("late", 100), ("seen", 100), ("fresh", 10)))  # fmt: skip
    was_here(late, west_lake, days=45)
    was_here(seen, west_lake, days=12)
    agrees(Customer.objects.create(number="plain", home_store=west_lake, advisor=ruoan,
                                   joined_at=timezone.now() - timedelta(days=400)))  # fmt: skip

    assert reasons(ruoan) == {"late": "last in touch 45 days ago · every 30 days by the level"}
    assert fresh.pk


def test_the_advisors_own_word_goes_before_the_level(ruoan, west_lake, gold) -> None:
    one = of_level(gold, "one", advisor=ruoan, store=west_lake)
    was_here(one, west_lake, days=20)
    assert reasons(ruoan) == {}

    ClientRhythm.say(one, 14, by=ruoan)
    assert reasons(ruoan) == {"one": "last in touch 20 days ago · every 14 days as agreed"}
    ClientRhythm.say(one, 60, by=ruoan)
    assert reasons(ruoan) == {}
    ClientRhythm.say(one, None, by=ruoan)
    assert not ClientRhythm.objects.exists()
    for days in (0, 6, 366, 10**6):
        with pytest.raises(TransitionRefused):
            ClientRhythm.say(one, days, by=ruoan)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClientRhythm.objects.create(customer=one, days=3, set_by=ruoan)


def test_care_and_steps_that_were_done_count_as_seen(ruoan, west_lake, gold) -> None:
    one, two = (of_level(gold, number, advisor=ruoan, store=west_lake) for number in ("one", "two"))
    assert reasons(ruoan)["one"] == "not in touch in the 100 days since joining · every 30 days by the level"

    CareMark.finish(one, "rhythm", by=ruoan, outcome="Called")
    Task.objects.create(customer=two, what="Call", due_on=timezone.localdate(), owner=ruoan, state="done",
                        ended_by=ruoan, ended_at=timezone.now())  # fmt: skip

    assert reasons(ruoan) == {}
    CareMark.objects.update(day=timezone.localdate() - timedelta(days=3), until=timezone.localdate())
    assert reasons(ruoan) == {}


def test_an_answer_in_the_chat_counts_and_an_automatic_one_does_not(ruoan, west_lake, gold) -> None:
    one = of_level(gold, "one", advisor=ruoan, store=west_lake)
    talk = conversation_with(one, Channel.objects.create(code="wc", way="wecom", adapter="sandbox"), None)
    talk.hear("在吗", at=timezone.now(), source="wc", source_ref="1")

    talk.say("您好", by=None)
    assert "one" in reasons(ruoan)
    talk.say("在的", by=ruoan)

    assert reasons(ruoan) == {}


def test_who_did_not_agree_is_left_in_peace(ruoan, west_lake, gold) -> None:
    one = of_level(gold, "one", advisor=ruoan, store=west_lake, agreed=False)

    assert reasons(ruoan) == {}
    assert [row.customer for row in day_of(ruoan).quiet] == [one]


def test_it_is_said_on_the_sheet(ruoan, ke, west_lake, gold, client: Client) -> None:
    one = of_level(gold, "one", advisor=ruoan, store=west_lake)
    client.force_login(ruoan)
    page = client.get("/clients/one/?reason=rhythm").content.decode()
    assert "not in touch in the 100 days since joining · every 30 days by the level" in page.lower()

    assert client.post("/clients/one/rhythm/", {"days": "45"}).status_code == 302
    assert client.post("/clients/one/rhythm/", {"days": "45"}).status_code == 302
    assert "every 45 days as agreed" in client.get("/clients/one/").content.decode()
    for wrong in ("5", "x", "9" * 40, "٢", "\0"):
        assert client.post("/clients/one/rhythm/", {"days": wrong}).status_code == 422
    assert ClientRhythm.objects.get(customer=one).days == 45
    assert client.post("/clients/one/rhythm/", {"days": ""}).status_code == 302
    assert not ClientRhythm.objects.exists()
    client.force_login(ke)
    assert client.post("/clients/one/rhythm/", {"days": "45"}).status_code in (403, 404)


def test_what_may_be_said_stands_on_the_sheet_of_its_reason(ruoan, gu, he, west_lake, gold, client: Client) -> None:
    of_level(gold, "one", advisor=ruoan, store=west_lake)
    topic = ScriptTopic.objects.create(code="care-of", name=words("关怀", "關懷", "Care"))
    script = Script.objects.create(code="see-you", name=words("见面", "見面", "See you"), topic=topic, owner=gu,
                                   review_by=timezone.localdate(), changed_by=gu)  # fmt: skip
    ScriptVariant.objects.create(script=script, way="", locale="zh-hans", body="新茶到了，想请您来坐坐。")
    row = CareScript(reason="rhythm", script="see-you")
    with pytest.raises(ValidationError):
        row.full_clean()
    script.submit(by=gu)
    script.approve(by=he, version=script.version)
    row.full_clean()
    row.save()
    client.force_login(ruoan)

    assert "新茶到了，想请您来坐坐。" in client.get("/clients/one/?reason=rhythm").content.decode()
    assert "新茶到了" not in client.get("/clients/one/?reason=overdue").content.decode()


def test_joined_records_keep_the_rhythm_of_the_one_that_stays(ruoan, gu, west_lake, gold) -> None:
    one, two = (of_level(gold, number, advisor=ruoan, store=west_lake) for number in ("one", "two"))
    ClientRhythm.say(one, 14, by=ruoan)
    ClientRhythm.say(two, 90, by=ruoan)

    done = merge(one, two, by=gu, reason="Same person")
    assert list(ClientRhythm.objects.filter(customer=one, came_as=None).values_list("days", flat=True)) == [14]
    unmerge(done, by=gu, reason="Not the same")

    assert ClientRhythm.objects.get(customer=two, came_as=None).days == 90
    assert privacy.held([one.pk])["rhythm"][0]["days"] == 14
    privacy.forget(Person([one.pk], frozenset(), frozenset()))
    assert not ClientRhythm.objects.filter(customer=one).exists()

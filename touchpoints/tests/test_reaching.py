"""How many of a segment may be reached: the same answer as one contact at a time, and it adds up."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone, translation

from customers.actions import add_identity
from customers.models import Consent, Customer, Identity, Preference
from customers.segments import reaching
from customers.segments.reaching import of_segment, said
from customers.tests.segment_cast import ORDERS, figures, live, one
from scrm.kernel.registry import Reach, reaches
from scrm.kernel.words import words
from touchpoints.models import Channel, ChannelChoice, OutreachScene, Template, Variant
from touchpoints.restraint import decide

pytestmark = pytest.mark.django_db


@pytest.fixture
def birthday() -> OutreachScene:
    Channel.objects.create(code="sms", name=words("短信"), way="sms", adapter="sandbox")
    Channel.objects.create(code="mail", name=words("邮件"), way="mail", adapter="sandbox", state="stopped")
    scene = OutreachScene.objects.create(code="birthday", name=words("生日"), urgent=True)
    ChannelChoice.objects.create(scene=scene, ways=["sms", "mail", "call"])
    return scene


@pytest.fixture
def people(birthday, ruoan) -> dict[str, Customer]:
    """One for each way it can stand."""
    found = {name: figures(one(name), orders=5) for name in (
        "agreed", "silent", "took-back", "no-number", "shared", "bounces", "mail-only", "called", "no-advisor", "paused",
    )}  # fmt: skip
    for place, (name, customer) in enumerate(found.items()):
        if name not in ("no-number", "mail-only", "called", "no-advisor"):
            add_identity(customer, kind="phone", value=f"1380013{place:04d}", source="test")
        if name not in ("silent", "mail-only", "called", "no-advisor"):
            Consent.objects.say(customer, "marketing", "sms", given=True, origin="staff")
    Consent.objects.say(found["took-back"], "marketing", "sms", given=False, origin="staff")
    Identity.objects.filter(customer=found["shared"]).update(shared=True)
    Identity.objects.filter(customer=found["bounces"]).update(suspended_at=timezone.now())
    add_identity(found["mail-only"], kind="mail", value="a@example.com", source="test")
    Consent.objects.say(found["mail-only"], "marketing", "mail", given=True, origin="staff")
    for name in ("called", "no-advisor"):
        Consent.objects.say(found[name], "marketing", "phone", given=True, origin="staff")
    Customer.objects.filter(pk=found["called"].pk).update(advisor=ruoan)
    Preference.say(found["paused"], paused_until=timezone.now() + timedelta(days=3))
    return found


def test_it_is_what_one_contact_would_come_to(people, birthday) -> None:
    template = Template.objects.create(code="birthday", name=words("生日"), scene=birthday)
    Variant.objects.create(template=template, way="sms", locale="zh-hans", body="生日快乐")
    segment = live("regulars", {"all": [ORDERS]})
    now = timezone.now()
    came = Counter(
        decide(Customer.objects.get(pk=customer.pk), birthday, template=template, values={},
               until=now + timedelta(hours=1), now=now).reason
        for customer in people.values()
    )  # fmt: skip

    reach = of_segment(segment)

    assert reach == Reach(10, 2, 2, 5, 1)
    assert reach == Reach(10, came[""], came["no_consent"], came["no_way"] + came["no_text"], came["paused"])
    with translation.override("en"):
        assert said(reach) == "2 have not agreed, 5 have no channel, 1 asked for a pause"


def test_without_an_occasion_nothing_goes_out(people) -> None:
    ChannelChoice.objects.all().delete()

    assert of_segment(live("regulars", {"all": [ORDERS]})) == Reach(10, 0, 0, 9, 1)


def test_a_way_somebody_wrote_is_only_a_word(people) -> None:
    ChannelChoice.objects.update(ways=["sms' = any(a.channels)) or true --", "sms"])

    assert of_segment(live("regulars", {"all": [ORDERS]})) == Reach(10, 1, 5, 3, 1)


def test_of_many_a_sample_is_asked(people, monkeypatch) -> None:
    segment = live("regulars", {"all": [ORDERS]})
    segment.refresh_from_db()
    monkeypatch.setattr(reaching, "MANY", 3)
    monkeypatch.setattr(reaching, "PART", 1)

    assert of_segment(segment) == Reach(10, 2, 2, 5, 1, estimate=True)


def test_page_and_builder_say_it_and_do_without_when_it_is_slow(people, client: Client, gu, monkeypatch) -> None:
    live("regulars", {"all": [ORDERS]})
    client.force_login(gu)
    for address in ("/segments/regulars/", "/segments/regulars/rule/"):
        assert "2 have not agreed, 5 have no channel" in client.get(address).content.decode()

    def slow(*given: object) -> Reach:
        with connection.cursor() as cursor:
            cursor.execute("set local statement_timeout = 20; select pg_sleep(5)")
        raise OperationalError

    monkeypatch.setitem(reaches._entries, "contacts", slow)

    assert "Can be reached" not in client.get("/segments/regulars/").content.decode()
    builder = client.get("/segments/regulars/rule/")
    assert builder.context["counts"].people == 10
    assert "was not counted now" in builder.content.decode()

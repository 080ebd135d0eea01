"""The demo's channels, texts and contacts: the planted shares come out as they were meant."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.db.models import Count

from conftest import built_once
from customers.fact_rules import proposals
from scrm.demo.load import Load
from touchpoints.models import Channel, Message, Outreach, Template, Variant
from touchpoints.models.template import trouble_with

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The demo of a fixed day, loaded once for the tests of this file, and rolled back."""
    with built_once(django_db_blocker, tmp_path_factory.mktemp("demo")):
        end = date(2026, 11, 22)
        moment = datetime(2026, 11, 22, 14, 22, tzinfo=ZoneInfo("Asia/Shanghai"))
        Load(customers=300, seed=1, end=end, moment=moment).run()
        connection.check_constraints()  # here once, or each test would check all rows at its end
        yield


def test_contacts_follow_consents_and_refusals_have_reasons(demo: None) -> None:
    states = dict(Outreach.objects.values_list("state").annotate(Count("pk")))
    reasons = dict(Outreach.objects.filter(state="refused").values_list("reason").annotate(Count("pk")))

    assert states["delivered"] + states["answered"] > states["refused"] / 3
    assert {"no_consent", "cap", "quiet", "holdout"} <= set(reasons)
    assert Outreach.objects.filter(customer__number="20419024", reason="no_consent").count() >= 14
    assert not Outreach.objects.filter(customer__number="20419024", kind="marketing").exclude(state="refused").exists()


def test_every_text_can_be_sent_and_each_way_has_three_languages(demo: None) -> None:
    for variant in Variant.objects.all():
        assert trouble_with(variant.body) == ""
        assert len(variant.body) < 200
    assert set(Variant.objects.values_list("locale").annotate(n=Count("pk")).values_list("n", flat=True)) == {
        4 * Template.objects.count()
    }
    assert {channel.adapter for channel in Channel.objects.all()} == {"sandbox", "web"}


def test_what_mei_wrote_is_there_and_proposes_what_it_tells(demo: None) -> None:
    said = Message.objects.filter(customer__number="20418837", direction="in").order_by("place")

    assert [row.body[:4] for row in said] == ["瑜伽裤才", "说好两天", "别打电话", "那我明天"]
    assert {one.value for one in proposals(said[2].body)} >= {"羊毛过敏"}

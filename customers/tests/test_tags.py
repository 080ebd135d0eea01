"""Tags: one live answer, a person's word above a rule's, evidence with each, and what fades."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from customers.merging import merge, unmerge
from customers.models import Customer, Event, Fact, NeedKind, NeedLog, Tag, TagDimension, TagDirty, TagRule
from customers.models.tag import faded
from customers.tags import tag_who_changed
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import User


@pytest.fixture
def service(db: None) -> TagDimension:
    return TagDimension.objects.get(code="service")


@pytest.fixture
def liking(db: None) -> TagDimension:
    return TagDimension.objects.get(code="liking")


def test_what_a_person_said_stays_the_rest_fades_to_nothing() -> None:
    year = timedelta(days=360)

    assert faded(100, "manual", year, 180) == 100
    assert [faded(80, "rule", timedelta(days=days), 180) for days in (0, 180, 360, 361)] == [80, 40, 20, 20]
    assert faded(80, "computed", timedelta(days=400), 180) == 0
    assert faded(80, "rule", timedelta(days=-5), 180) == 80


def test_of_an_exclusive_dimension_one_value_stands(mei: Customer, ke: User, service: TagDimension) -> None:
    Tag.put(mei, service, "speed", by=ke)
    Tag.put(mei, service, "speed", by=ke)  # a second click
    Tag.put(mei, service, "feeling", by=ke)

    assert list(Tag.objects.live().values_list("value", flat=True)) == ["feeling"]
    assert Tag.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():  # nor behind the verb
        Tag.objects.create(customer=mei, dimension=service, value="speed", alone=True, origin="rule")


def test_a_rule_never_touches_a_persons_word(mei: Customer, ke: User, service: TagDimension) -> None:
    said = Tag.put(mei, service, "speed", by=ke)

    assert Tag.put(mei, service, "feeling", origin="rule", confidence=90) is None
    assert Tag.put(mei, service, "speed", origin="rule", confidence=90) is None
    assert list(Tag.objects.live()) == [said]


def test_what_a_person_took_off_no_rule_brings_back(mei: Customer, ke: User, liking: TagDimension) -> None:
    tag = Tag.put(mei, liking, "yoga", origin="rule", confidence=70)
    assert tag is not None
    tag.take_off(by=ke)

    assert Tag.put(mei, liking, "yoga", origin="rule", confidence=70) is None
    assert Tag.put(mei, liking, "yoga", by=ke) is not None


def test_taken_off_it_can_be_put_back_for_ten_minutes(mei: Customer, ke: User, he: User, service: TagDimension) -> None:
    tag = Tag.put(mei, service, "speed", by=ke)
    assert tag is not None
    tag.take_off(by=ke)
    with pytest.raises(TransitionRefused):
        tag.take_off(by=ke)
    with pytest.raises(TransitionRefused):
        tag.put_back(by=he)
    tag.put_back(by=ke)
    assert Tag.objects.live().get() == tag

    tag.take_off(by=ke)
    Tag.put(mei, service, "feeling", by=ke)
    with pytest.raises(TransitionRefused):  # another stands there by now
        tag.put_back(by=ke)
    Tag.objects.update(ended_at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(TransitionRefused):
        tag.put_back(by=ke)


def test_rules_look_at_who_was_heard_of_and_say_why(mei: Customer, ke: User, service: TagDimension) -> None:
    kind, _new = NeedKind.objects.get_or_create(code="sooner", defaults={"name": words("快")})
    TagRule.objects.create(dimension=service, value="speed", what="need", key="sooner", times=2, days=30)
    for ago in (1, 5, 40):
        NeedLog.objects.create(customer=mei, kind=kind, at=timezone.now() - timedelta(days=ago))
    tag_who_changed()
    assert not Tag.objects.exists()  # nobody was heard of

    NeedLog.hear(mei, by=ke, kind=kind)
    assert TagDirty.objects.filter(customer=mei).exists()
    for _again in range(2):
        assert tag_who_changed() == 1
        mei.record("need.heard", by=ke)

    tag = Tag.objects.get()
    assert (tag.value, tag.origin, tag.confidence) == ("speed", "rule", 70)
    assert tag.evidence == [{"what": "need", "of": "sooner", "count": 3, "days": 30}]
    assert Event.objects.filter(kind="tag.put").count() == 1


def test_a_fact_makes_a_tag(mei: Customer, ke: User, liking: TagDimension) -> None:
    TagRule.objects.create(dimension=liking, value="yoga", what="fact", key="sport", holds="瑜伽", times=1)
    TagRule.objects.create(dimension=liking, value="run", what="fact", key="sport", holds="跑步", times=1)
    TagRule.objects.create(dimension=liking, value="bags", what="bought", key="bags", times=1)
    TagRule.objects.create(dimension=liking, value="mats", what="looked", key="mats", times=1)

    Fact.objects.hear(mei, "sport", "瑜伽", by=ke, channel="store")
    tag_who_changed()

    assert list(Tag.objects.values_list("value", flat=True)) == ["yoga"]


def test_on_the_page_two_taps_add_one_takes_off_one_undoes(client: Client, mei: Customer, ke: User) -> None:
    client.force_login(ke)
    path, htmx = f"/customers/{mei.number}/tags/", {"HX-Request": "true"}
    assert "No tag yet" in client.get(path).content.decode()

    client.post(f"{path}new/", {"tag": "service:speed"}, headers=htmx)
    tag = Tag.objects.get()
    assert "Speed" in client.get(path).content.decode()
    off = client.post(f"{path}{tag.pk}/", {"state": "off"}, headers=htmx).content.decode()
    assert "Undo" in off
    assert client.post(f"{path}{tag.pk}/", {"state": "off"}, headers=htmx).status_code == 422
    client.post(f"{path}{tag.pk}/", {"state": "on"}, headers=htmx)

    assert Tag.objects.live().exists()
    assert client.post(f"{path}new/", {"tag": "service:nothing"}).status_code == 404


def test_an_outsider_finds_no_tags(client: Client, mei: Customer, ke: User, zhao: User, service: TagDimension) -> None:
    tag = Tag.put(mei, service, "speed", by=ke)
    assert tag is not None
    client.force_login(zhao)

    assert client.get(f"/customers/{mei.number}/tags/").status_code == 404
    assert client.post(f"/customers/{mei.number}/tags/{tag.pk}/", {"state": "off"}).status_code == 404
    assert Tag.objects.live().exists()


def test_a_merge_keeps_the_persons_word_and_comes_apart(mei: Customer, ke: User, service: Any) -> None:
    other = Customer.objects.create(number="B", home_store=mei.home_store)
    Tag.put(mei, service, "speed", by=ke)
    Tag.put(other, service, "feeling", origin="rule", confidence=60)

    operation = merge(mei, other, by=None, reason="same")
    assert [(tag.customer_id, tag.value) for tag in Tag.objects.live()] == [(mei.pk, "speed")]
    unmerge(operation, by=ke, reason="not the same")

    live = {(tag.customer_id, tag.value) for tag in Tag.objects.live()}
    assert live == {(mei.pk, "speed"), (other.pk, "feeling")}

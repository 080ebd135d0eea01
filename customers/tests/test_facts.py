"""Told once: written down, offered, confirmed, changed, doubted, taken back; what is told twice is counted."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from customers import fact_names
from customers.facts import asked_twice
from customers.models import Customer, Event, Fact, FactHearing, FactKey
from scrm.kernel.refusals import TransitionRefused

How = FactHearing.How


@pytest.fixture(autouse=True)
def _names_afresh(db):
    """The kinds come with a migration, and go with the first test that empties the tables."""
    FactKey.objects.get_or_create(code="sizes", defaults={"concern": "sizes", "pinned": True, "shelf_days": 365})
    fact_names.forget()
    yield
    fact_names.forget()


def hear(mei: Customer, value: str, *, by=None, key: str = "sizes", concern: str = "sizes", **more) -> Fact:
    return Fact.objects.hear(mei, key, value, by=by, channel="store", concern=concern, **more)


def hows(mei: Customer) -> list[str]:
    return list(FactHearing.objects.filter(fact__customer=mei).order_by("pk").values_list("how", flat=True))


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_what_is_told_stands_with_who_heard_it_and_on_the_timeline(mei, ke) -> None:
    fact = hear(mei, " 上衣  M ", by=ke, pinned=True)

    assert (fact.value, fact.told_by, fact.heard_by, fact.pinned) == ("上衣 M", "梅雨晴", ke, True)
    line = Event.objects.get(customer=mei, kind="fact.told")
    assert (line.actor_id, line.details["key"]) == (ke.pk, "sizes")
    assert "上衣" not in str(line.details)
    assert hows(mei) == [How.TOLD]


def test_another_value_takes_the_place_of_the_old_and_the_same_counts_as_told_again(mei, ke, ruoan) -> None:
    old = hear(mei, "M", by=ke)
    new = hear(mei, "L", by=ruoan)
    same = hear(mei, "L", by=ke)

    old.refresh_from_db()
    assert (old.superseded_by, same, list(Fact.objects.live().filter(customer=mei))) == (new, new, [new])
    assert hows(mei) == [How.TOLD, How.CHANGED, How.AGAIN]


def test_in_ones_own_words_one_may_say_many_things(mei, ke) -> None:
    for words in ("先让我自己看看", "短一点说"):
        hear(mei, words, by=ke, key="words", concern="words")

    assert Fact.objects.live().filter(customer=mei).count() == 2


def test_an_offer_is_confirmed_changed_or_doubted(mei, ke) -> None:
    fact = hear(mei, "M", by=ke)

    fact.confirm(by=ke, channel="store")
    assert fact.confirmed_count == 1
    assert not fact.is_stale
    fact.doubt(by=ke, channel="store")
    assert fact.is_stale
    new = fact.change("L", by=ke, channel="store")

    assert (new.value, new.concern) == ("L", "sizes")
    assert hows(mei) == [How.TOLD, How.CONFIRMED, How.UNSURE, How.CHANGED]
    with pytest.raises(TransitionRefused):
        fact.confirm(by=ke, channel="store")


def test_it_keeps_as_long_as_its_kind_says(mei, ke) -> None:
    fact = hear(mei, "M", by=ke)
    Fact.objects.filter(pk=fact.pk).update(told_at=timezone.now() - timedelta(days=400))
    fact.refresh_from_db()

    assert not fact.is_stale
    fact.shelf_days = 365
    assert fact.is_stale


def test_a_slip_is_taken_back_by_who_wrote_it_within_minutes(mei, ke, ruoan) -> None:
    old = hear(mei, "M", by=ke)
    slip = hear(mei, "XXL", by=ke)

    with pytest.raises(TransitionRefused):
        slip.take_back(by=ruoan)
    slip.take_back(by=ke)
    old.refresh_from_db()
    assert list(Fact.objects.live().filter(customer=mei)) == [old]
    with pytest.raises(TransitionRefused):
        slip.take_back(by=ke)
    Fact.objects.filter(pk=old.pk).update(told_at=timezone.now() - timedelta(minutes=11))
    old.refresh_from_db()
    with pytest.raises(TransitionRefused):
        old.take_back(by=ke)


def test_nothing_is_written_for_an_empty_word_or_a_closed_record(mei, ke) -> None:
    with pytest.raises(TransitionRefused):
        hear(mei, "  ", by=ke)
    Customer.objects.filter(pk=mei.pk).update(erased_at=timezone.now())
    with pytest.raises(TransitionRefused):
        hear(mei, "M", by=ke)

    assert not Fact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_write_at_once_one_word_stands(mei, ke) -> None:
    gate = threading.Barrier(20)

    def write(n: int) -> None:
        gate.wait(30)
        hear(mei, f"size {n % 4}", by=ke)
        connections.close_all()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert Fact.objects.live().filter(customer=mei, key="sizes").count() == 1
    assert FactHearing.objects.count() >= 4


def test_what_is_forgotten_takes_every_older_value_along(mei, ke) -> None:
    for value in ("S", "M", "L"):
        last = hear(mei, value, by=ke)

    last.forget()
    assert not Fact.objects.live().filter(customer=mei).exists()
    Fact.objects.exclude(forgotten_at=None).update(forgotten_at=timezone.now() - timedelta(minutes=2))
    Fact.objects.wipe_forgotten()

    assert set(Fact.objects.filter(customer=mei).values_list("value", flat=True)) == {""}
    assert not Fact.objects.live().filter(customer=mei).exists()


def test_a_second_press_is_no_second_telling(mei, ke) -> None:
    hear(mei, "M", by=ke)
    hear(mei, "M", by=ke)

    assert hows(mei) == [How.TOLD]


def test_the_asked_twice_rate_counts_what_was_told_again(mei, ke, ruoan, west_lake) -> None:
    fact = hear(mei, "M", by=ke)
    hear(mei, "M", by=ruoan)
    fact.confirm(by=ke, channel="store")
    slip = hear(mei, "猫过敏", by=ke, key="allergy", concern="safety")
    slip.take_back(by=ke)

    found = asked_twice(stores=[west_lake.pk], days=7)

    assert (found.again, found.offered, found.told, found.rate) == (1, 1, 1, 0.5)
    assert asked_twice(stores=[], days=7).rate is None


def test_the_page_writes_offers_and_undoes(mei, ke) -> None:
    client = client_of(ke)
    path = f"/customers/{mei.number}/facts/"

    made = client.post(path, {"key": "sizes", "value": "上衣 M"}, headers={"HX-Request": "true"})
    assert made.status_code == 200
    fact = Fact.objects.get(customer=mei)
    assert (fact.key, fact.concern, fact.pinned, fact.channel) == ("sizes", "sizes", True, "store")
    assert "上衣 M" in made.content.decode()

    for answer, more in (("same", {}), ("unsure", {}), ("changed", {"value": "上衣 L"})):
        assert client.post(f"{path}{fact.pk}/answer/", {"answer": answer, **more}).status_code == 302
    now = Fact.objects.live().get(customer=mei)
    assert (now.value, hows(mei)) == ("上衣 L", [How.TOLD, How.CONFIRMED, How.UNSURE, How.CHANGED])
    assert client.post(f"{path}{now.pk}/pin/", {"pinned": "0"}).status_code == 302
    assert client.post(f"{path}{now.pk}/take-back/", {"at": "counter"}).url == f"/counter/customers/{mei.number}/"
    assert Fact.objects.live().get(customer=mei) == fact


@pytest.mark.parametrize("body", [
    {}, {"key": "sizes"}, {"key": "-", "value": "x"}, {"key": "sizes", "value": "x" * 501},
    {"key": "-", "word": "w" * 61, "value": "x"}, {"key": "sizes", "value": "   "},
])  # fmt: skip
def test_what_cannot_be_written_is_said_and_changes_nothing(mei, ke, body) -> None:
    answer = client_of(ke).post(f"/customers/{mei.number}/facts/", body, headers={"HX-Request": "true"})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Fact.objects.exists()


def test_an_offer_without_an_answer_is_refused_and_another_customers_fact_is_not_there(mei, ke, jingan) -> None:
    fact = hear(mei, "M", by=ke)
    other = hear(Customer.objects.create(number="OTHER", display_name="Other", home_store=jingan), "S")
    client = client_of(ke)

    for said in ({}, {"answer": "maybe"}, {"answer": "changed", "value": " "}):
        assert client.post(f"/customers/{mei.number}/facts/{fact.pk}/answer/", said).status_code == 422
    assert client.post(f"/customers/{mei.number}/facts/{other.pk}/answer/", {"answer": "same"}).status_code == 404
    assert client.post(f"/customers/OTHER/facts/{other.pk}/answer/", {"answer": "same"}).status_code == 404
    assert hows(mei) == [How.TOLD]


def test_what_was_said_is_shown_as_text_only(mei, ke) -> None:
    hear(mei, "<script>alert(1)</script>", by=ke, key="<b>k</b>")

    page = client_of(ke).get(f"/customers/{mei.number}/").content.decode()

    assert "<script>alert(1)" not in page
    assert "<b>k</b>" not in page
    assert "&lt;script&gt;alert(1)" in page

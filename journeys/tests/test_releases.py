"""New goods first (S7): who holds the package is told before everybody else, once, and a slip is undone."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from commerce.models import Product
from customers.merging import merge
from customers.models import Customer, Event
from journeys import packages
from journeys.models import EarlyWord, Release
from journeys.tests.test_packages import a_package
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words


@pytest.fixture
def release(cast, mei, ruoan) -> Release:
    Customer.objects.filter(pk=mei.pk).update(advisor=ruoan)
    package = a_package("ten-thousand")
    packages.give(mei, package, by=ruoan, why="Over ten thousand")
    now = timezone.now()
    return Release.objects.create(name=words("新货", "新貨", "New shoes"), products=["R02"], package=package,
                                  early_at=now - timedelta(hours=1), opens_at=now + timedelta(hours=70))  # fmt: skip


def test_only_holders_only_ahead_and_once(release, mei, ruoan) -> None:
    other = Customer.objects.create(number="C-2", advisor=ruoan)

    word = EarlyWord.tell(release, mei, by=ruoan, said="Comes on Friday")
    assert EarlyWord.tell(release, mei, by=ruoan) == word
    with pytest.raises(TransitionRefused):
        EarlyWord.tell(release, other, by=ruoan)
    word.take_back(by=ruoan)
    with pytest.raises(TransitionRefused):
        word.take_back(by=ruoan)
    Release.objects.update(opens_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(TransitionRefused):
        EarlyWord.tell(release, mei, by=ruoan)
    assert [event.kind for event in Event.objects.filter(kind__startswith="release.").order_by("pk")] == [
        "release.told", "release.taken_back",
    ]  # fmt: skip


def test_the_advisors_list(release, mei, ruoan, client: Client, django_assert_max_num_queries) -> None:
    client.force_login(ruoan)

    assert (
        "New goods first" in client.get("/clients/").content.decode()
        or "新货先知" in client.get("/clients/").content.decode()
    )
    Product.objects.create(code="R02-40", parent="R02", name=words("跑鞋", "跑鞋", "Running shoes"))
    client.get("/clients/early/")
    with django_assert_max_num_queries(12):
        page = client.get("/clients/early/").content.decode()
    assert "0 of 1 client told" in page
    assert "Running shoes" in page, "the article by one of its sizes"
    tell = f"/clients/{mei.number}/early/{release.pk}/"
    assert client.post(tell, {"said": "Wants\0 to try"}).status_code == 302
    assert "Wants to try" in client.get("/clients/early/").content.decode()
    assert client.post(f"{tell}take-back/").status_code == 302
    assert client.post(f"{tell}take-back/").status_code == 404
    stranger = Customer.objects.create(number="C-9")
    assert client.post(f"/clients/{stranger.number}/early/{release.pk}/").status_code == 404


def test_operators_announce_and_call_off(release, gu, client: Client) -> None:
    Product.objects.create(code="H09", name=words("按摩椅"))
    client.force_login(gu)
    soon = timezone.localtime() + timedelta(days=4)
    said = {"name_en": "Chairs", "products": "H09，H09", "package": "ten-thousand", "hours": "72",
            "opens_at": f"{soon:%Y-%m-%dT%H:%M}"}  # fmt: skip

    for odd in ({"products": "NO-SUCH"}, {"products": " , "}, {"package": "odd"}, {"hours": "0"}, {"name_en": ""},
                {"opens_at": "2020-01-01T10:00"}, {"opens_at": "9999-12-31T10:00"}):  # fmt: skip
        assert client.post("/releases/", {**said, **odd}).status_code == 422, odd
    made = client.post("/releases/", said)
    assert made.status_code == 302, made.context["form"].errors
    made = Release.objects.get(products=["H09"])
    assert made.opens_at - made.early_at == timedelta(hours=72)
    assert client.post(f"/releases/{made.pk}/call-off/").status_code == 302
    assert client.post(f"/releases/{made.pk}/call-off/").status_code == 422
    assert "called off" in client.get("/releases/").content.decode()


def test_a_word_goes_along_when_records_are_joined(release, mei, ruoan, gu) -> None:
    other = Customer.objects.create(number="C-2", home_store=mei.home_store)
    EarlyWord.tell(release, mei, by=ruoan)

    merge(other, mei, by=gu, reason="One person")

    assert EarlyWord.objects.get().customer == other

"""What is known of a customer speaks for goods and against them: scenes heard, tags, pieces tried on and refused."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from commerce.models import ArticleFigure, Product, Stock
from customers.models import Customer, NeedLog, Scene, Tag, TagDimension, TagValue
from journeys.recommending import engine, for_customer, for_nobody
from journeys.tests import test_recommending
from journeys.tests.test_recommending import bought, codes, looked, pair, said
from scrm.kernel.words import words
from staff.models import Store, User
from touchpoints.models import MatchAnswer, Trial, Visit

goods = test_recommending.goods


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def visit(mei: Customer, west_lake: Store, ke: User) -> Visit:
    return Visit.objects.create(customer=mei, store=west_lake, received_by=ke)


def test_a_scene_heard_of_late_speaks_for_its_goods_until_it_is_met(mei: Customer, goods) -> None:
    need = NeedLog.objects.create(customer=mei, words="for the mountains", scene=Scene.objects.get(code="trip"),
                                  at=timezone.now() - timedelta(days=12))  # fmt: skip

    assert said(for_customer(mei), "T1") == ["Fits: A trip, heard 12 days ago"]
    assert said(for_customer(mei, scene="trip"), "T1") == ["Fits: A trip"]
    NeedLog.objects.filter(pk=need.pk).update(met="met")
    assert codes(for_customer(mei)) == []
    NeedLog.objects.filter(pk=need.pk).update(met="open", at=timezone.now() - timedelta(days=181))
    assert codes(for_customer(mei)) == []


def test_a_tag_speaks_for_its_scene_or_category_as_far_as_it_is_sure(mei: Customer, goods) -> None:
    liking = TagDimension.objects.get(code="liking")
    TagValue.objects.create(dimension=liking, code="skin", name=words("护肤", "護膚", "Skin care"))
    Tag.put(mei, liking, "skin")
    Tag.put(mei, liking, "home", origin="computed", confidence=80)

    found = for_customer(mei)
    assert said(found, "K1") == ["Fits what we know: Skin care"]
    assert [(pick.product.code, pick.score) for pick in found.picks] == [("K1", 10), ("Y9", 8)]

    Tag.objects.filter(value="home").update(at=timezone.now() - timedelta(days=3 * liking.half_days))
    assert codes(for_customer(mei)) == ["K1"]


@pytest.mark.parametrize(("result", "why", "shown"), [
    ("refused", "colour", False), ("refused", "", False), ("refused", "tight", True), ("kept", "", True),
])  # fmt: skip
def test_what_was_tried_on_and_refused_rests_but_not_for_its_size(
    mei: Customer, goods: dict[str, Product], visit: Visit, result: str, why: str, shown: bool
) -> None:
    bought(mei, goods["T1"], 5)
    pair("T1", "Y1")
    trial = Trial.objects.create(visit=visit, product=goods["Y1-S"], sku="Y1-S", result=result, why=why)

    assert bool(codes(for_customer(mei))) is shown
    Trial.objects.filter(pk=trial.pk).update(taken_back_at=timezone.now())
    assert codes(for_customer(mei)) == ["Y1-M"]


def test_what_was_shown_and_not_wanted_now_rests_thirty_days(mei: Customer, goods, visit: Visit, ke: User) -> None:
    bought(mei, goods["T1"], 5)
    pair("T1", "Y3")
    MatchAnswer.objects.create(visit=visit, product=goods["Y3"], said="not_now", by=ke)

    assert codes(for_customer(mei)) == []
    MatchAnswer.objects.update(at=timezone.now() - timedelta(days=31))
    assert codes(for_customer(mei)) == ["Y3"]


def test_it_takes_eight_questions_to_the_database_at_most(
    mei: Customer, goods, west_lake: Store, django_assert_max_num_queries
) -> None:
    bought(mei, goods["K1"], 5)
    pair("K1", "Y3")
    looked(mei, goods["T1"], 3)

    with django_assert_max_num_queries(8):
        for_customer(mei, store=west_lake, scene="trip")


def test_a_pair_is_called_by_its_article_not_by_the_size_that_was_bought(mei: Customer, goods) -> None:
    for code in ("S", "M"):
        Product.objects.filter(code=f"Y1-{code}").update(name=words("瑜伽裤", "", f"Legging {code}"))
    bought(mei, goods["Y1-M"], 5)
    pair("Y1", "Y3", 0.18)

    assert said(for_customer(mei), "Y3") == ["18 % who buy Legging take it too, 3.0 times what chance would give"]


def test_looking_at_a_few_at_a_time_finds_what_looking_at_all_finds(mei, goods, west_lake, jingan, monkeypatch) -> None:
    for place, code in enumerate(("K1", "Y1-S", "Y3", "Y9", "T1")):
        ArticleFigure.objects.create(article=goods[code].parent or code, sold=40 - place, as_of=timezone.localdate())
    for store, code in ((west_lake, "Y9"), (west_lake, "T1"), (jingan, "K1"), (jingan, "T1")):
        Stock.objects.create(store=store, product=goods[code], quantity=3, counted_at=timezone.now())
    for count in (1, 2, 4):
        found = []
        for at_once in (1, 2, 40):
            monkeypatch.setattr(engine, "AT_ONCE", at_once)
            of_all = [for_nobody(store=west_lake, count=count), for_nobody(count=count), for_nobody(scene="yoga")]
            found.append([[(pick.product.code, pick.here, pick.near) for pick in one.picks] for one in of_all])
        assert found[0] == found[1] == found[2]
        assert found[0][0][0] == ("Y9", 3, [])

"""What fits: refill, pairs, looks, scenes; never what she must not have, does not want, or has just bought."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone, translation

from commerce.models import (
    ArticleFigure,
    Category,
    Order,
    OrderLine,
    Product,
    ProductPair,
    Refund,
    RefundLine,
    Stock,
)
from customers.merging import merge, unmerge
from customers.models import Consent, Customer, Fact
from customers.privacy import Person
from journeys import privacy
from journeys.models import SuggestionWord
from journeys.recommending import for_customer, for_nobody
from scrm.kernel import segment_field
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import event_kinds
from scrm.kernel.words import words
from staff.models import Store

TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    segment_field.forget()
    with translation.override("en"):
        yield


@pytest.fixture
def goods(db) -> dict[str, Product]:
    found = {}
    for code, parent, category, attributes in (
        ("K1", "", "skin", {"refill_days": 60}), ("Y1-S", "Y1", "yoga", {"worn": "bottom", "scenes": ["yoga"]}),
        ("Y1-M", "Y1", "yoga", {"worn": "bottom", "scenes": ["yoga"]}), ("Y3", "", "yoga", {"scenes": ["yoga"]}),
        ("Y9", "", "yoga", {"scenes": ["yoga", "home"]}), ("W1", "", "warm", {"contains": ["wool"], "scenes": ["yoga"]}),
        ("T1", "", "trip", {"scenes": ["trip"]}),
    ):  # fmt: skip
        kind, _made = Category.objects.get_or_create(code=category, defaults={"name": words(category)})
        found[code] = Product.objects.create(code=code, parent=parent, category=kind, name=words(code, code, code),
                                             price=10_000, attributes=attributes, size=parent and code[-1])  # fmt: skip
    return found


def bought(customer: Customer, product: Product, *days: int) -> None:
    for ago in days:
        day = TODAY() - timedelta(days=ago)
        at = timezone.now() - timedelta(days=ago)
        order = Order.objects.create(customer=customer, source="t", source_ref=f"{customer.pk}{product.code}{ago}",
                                     placed_at=at, business_date=day, currency="CNY", total=1, base_total=1)  # fmt: skip
        OrderLine.objects.create(order=order, line_ref="1", product=product, quantity=1, total=1)


def looked(customer: Customer, product: Product, times: int) -> None:
    with connection.cursor() as cursor:
        for n in range(times):
            cursor.execute(
                "insert into customers_browse (at, customer_id, source, visitor, session, kind, category, product, "
                "channel) values (now() - interval '1 day', %s, 'web', '', %s, 'view', '', %s, 'web')",
                [customer.pk, f"s{n}", product.code],
            )


def pair(left: str, right: str, share: float = 0.2, low: float = 2.0) -> None:
    ProductPair.objects.create(left=left, right=right, baskets=100, together=round(100 * share), lift=3.0, inside=3.0,
                               inside_low=low, as_of=TODAY())  # fmt: skip


def codes(found) -> list[str]:
    return [pick.product.code for pick in found.picks]


def said(found, code: str) -> list[str]:
    return [one.sentence for one in next(pick for pick in found.picks if pick.product.code == code).reasons]


def test_what_runs_out_about_now_is_first_with_the_numbers(mei, goods) -> None:
    bought(mei, goods["K1"], 200, 140, 82, 25)
    assert codes(for_customer(mei)) == []

    Order.objects.filter(business_date__gte=TODAY() - timedelta(days=30)).delete()
    found = for_customer(mei)
    assert said(found, "K1") == ["Bought 3 times, every 59 days · last bought 82 days ago"]

    Order.objects.exclude(source_ref=f"{mei.pk}K182").delete()
    assert said(for_customer(mei), "K1") == ["Lasts about 60 days · last bought 82 days ago"]
    ArticleFigure.objects.create(article="K1", gap=75, people=40, buyers=60, as_of=TODAY())
    assert said(for_customer(mei), "K1") == [
        "People buy it again after 75 days (40 people) · last bought 82 days ago"
    ]  # fmt: skip


def test_a_pair_is_offered_while_it_holds_in_each_kind_of_store(mei, goods) -> None:
    bought(mei, goods["Y1-M"], 5)
    pair("Y1", "Y3", 0.19)
    pair("Y1", "T1", 0.3, low=0.9)

    found = for_customer(mei)

    assert codes(found) == ["Y3"]
    assert said(found, "Y3") == ["19 % who buy Y1-M take it too, 3.0 times what chance would give"]


def test_what_was_looked_at_counts_only_where_it_is_allowed(mei, goods) -> None:
    looked(mei, goods["T1"], 3)
    assert codes(for_customer(mei)) == []
    assert not for_customer(mei).looks_allowed

    Consent.objects.create(customer=mei, purpose="profiling", channel="", given=True, origin="staff")
    assert said(for_customer(mei), "T1") == ["Looked at 3 times in two weeks, not bought"]
    bought(mei, goods["T1"], 1)
    assert codes(for_customer(mei)) == [], "it was bought since"


def test_what_she_must_not_have_is_never_there_and_is_counted(mei, goods) -> None:
    bought(mei, goods["Y1-M"], 5)
    pair("Y1", "W1", 0.5)
    pair("Y1", "Y3")
    assert codes(for_customer(mei)) == ["W1", "Y3"]

    Fact.objects.hear(mei, "allergy", "羊毛过敏", by=None, channel="app", concern="safety")
    found = for_customer(mei)

    assert codes(found) == ["Y3"]
    assert found.kept_away == 1


def test_her_size_and_what_stands_here_go_before(mei, goods, west_lake, jingan) -> None:
    bought(mei, goods["T1"], 5)
    pair("T1", "Y1", 0.1)
    pair("T1", "Y3", 0.3)
    Stock.objects.create(store=west_lake, product=goods["Y1-S"], quantity=9, counted_at=timezone.now())
    Stock.objects.create(store=west_lake, product=goods["Y1-M"], quantity=2, counted_at=timezone.now())
    Stock.objects.create(store=jingan, product=goods["Y3"], quantity=4, counted_at=timezone.now())

    assert codes(for_customer(mei)) == ["Y3", "Y1-M"]
    assert codes(for_customer(mei, store=west_lake)) == ["Y1-S", "Y3"]
    Fact.objects.hear(mei, "sizes", "裤装 M", by=None, channel="store", concern="sizes")
    first, second = for_customer(mei, store=west_lake).picks
    assert (first.product.code, first.here, first.size) == ("Y1-M", 2, "M")
    assert (second.here, second.near[0]) == (0, (jingan.pk, 4))
    assert second.stock_words.startswith("4 at ")


def test_a_scene_asks_for_its_goods_at_most_two_of_a_kind(mei, goods) -> None:
    for code, sold in (("Y1", 50), ("Y3", 30), ("Y9", 20), ("T1", 90)):
        ArticleFigure.objects.create(article=code, sold=sold, as_of=TODAY())

    assert codes(for_nobody(scene="yoga")) == ["Y1-M", "Y3"]
    assert codes(for_nobody(scene="yoga", needs=["home"]))[0] == "Y9"
    assert codes(for_nobody()) == ["T1", "Y1-M", "Y3"]
    assert codes(for_nobody(scene="'; drop table")) == []
    assert said(for_nobody(scene="trip"), "T1") == ["Fits: A trip", "In 90 baskets of the last four weeks"]


def test_not_for_her_keeps_it_away_for_half_a_year_and_is_taken_back(mei, ke, lin, goods) -> None:
    bought(mei, goods["Y1-M"], 5)
    pair("Y1", "Y3")
    word = SuggestionWord.say(mei, "Y3", "not", by=ke, reasons=["together"])
    again = SuggestionWord.say(mei, "Y3", "not", by=ke, reasons=["together"])
    assert word.pk == again.pk
    found = for_customer(mei)
    assert (codes(found), found.said_no) == ([], 1)
    assert codes(for_customer(mei, at=timezone.now() + timedelta(days=1))) == []

    SuggestionWord.objects.update(at=timezone.now() - timedelta(days=181))
    assert codes(for_customer(mei)) == ["Y3"]
    SuggestionWord.objects.update(at=timezone.now())
    with pytest.raises(TransitionRefused):
        word.take_back(by=lin)
    word.take_back(by=ke)
    assert codes(for_customer(mei)) == ["Y3"]
    with pytest.raises(TransitionRefused):
        SuggestionWord.say(mei, "Y3", "odd", by=ke, reasons=[])


def test_each_word_is_told_once_in_the_timeline(mei, ke, goods) -> None:
    for said in ("shown", "shown", "not", "not"):
        word = SuggestionWord.say(mei, "Y3", said, by=ke, reasons=["together"])
    word.take_back(by=ke)
    with pytest.raises(TransitionRefused):
        word.take_back(by=ke)

    told = list(mei.events.filter(kind__startswith="piece.").order_by("pk"))

    assert [one.kind for one in told] == ["piece.suggested", "piece.declined", "piece.taken_back"]
    assert {one.actor_id for one in told} == {ke.pk}
    sentences = [event_kinds.get(one.kind).sentence(one) for one in told]
    name = str(goods["Y3"].name)
    assert sentences == [f"Suggested: {name}", f"Not for them: {name}", f"A word on {name} taken back, a slip"]


def test_on_the_page_two_words_and_why(mei, ke, zhao, goods, client: Client) -> None:
    bought(mei, goods["Y1-M"], 5)
    pair("Y1", "Y3")
    client.force_login(ke)
    where = f"/clients/{mei.number}/fits/"
    page = client.get(where).content.decode()
    assert "take it too" in page
    assert "not allowed it" in page

    assert client.post(f"{where}say/", {"article": "Y3", "said": "shown"}).status_code == 302
    assert "Suggested" in client.get(where).content.decode()
    for wrong in ({"article": "Y3", "said": "odd"}, {"article": "T1", "said": "not"}, {"article": "\0" * 3}, {}):
        assert client.post(f"{where}say/", wrong).status_code == 422
    assert client.post(f"{where}say/", {"article": "Y3", "said": "not"}).status_code == 302
    page = client.get(where).content.decode()
    assert "1 left out as not wanted" in page
    word = SuggestionWord.objects.get()
    assert client.post(f"{where}{word.pk}/take-back/").status_code == 302
    assert client.post(f"{where}{word.pk}/take-back/").status_code == 404
    client.force_login(zhao)
    assert client.get(where).status_code == 404
    assert client.post(f"{where}say/", {"article": "Y3", "said": "not"}).status_code in (403, 404)


def test_the_block_asks_few_queries(mei, ke, goods, client: Client, django_assert_max_num_queries) -> None:
    for code in ("Y1-M", "Y3", "T1"):
        bought(mei, goods[code], 5, 100, 200)
    pair("Y1", "Y9")
    Consent.objects.create(customer=mei, purpose="profiling", channel="", given=True, origin="staff")
    looked(mei, goods["W1"], 2)
    client.force_login(ke)
    client.get(f"/clients/{mei.number}/fits/")

    with django_assert_max_num_queries(14):
        client.get(f"/clients/{mei.number}/fits/")


def test_joined_records_bring_their_words_and_take_them_back(mei, gu, ke, goods) -> None:
    other = Customer.objects.create(number="O-1")
    SuggestionWord.say(other, "Y3", "not", by=ke, reasons=[])
    SuggestionWord.say(mei, "Y3", "shown", by=ke, reasons=[])

    done = merge(mei, other, by=gu, reason="Same person")
    assert SuggestionWord.objects.keep_away(mei, timezone.now()).count() == 1
    unmerge(done, by=gu, reason="Not the same")

    assert not SuggestionWord.objects.keep_away(mei, timezone.now()).exists()
    assert privacy.held([mei.pk])["suggestions"][0]["article"] == "Y3"
    privacy.forget(Person([mei.pk], frozenset(), frozenset()))
    assert not SuggestionWord.objects.filter(customer=mei).exists()


def test_stock_elsewhere_is_said_and_that_of_a_closed_store_is_not(mei, goods, west_lake: Store, jingan: Store) -> None:
    pair("T1", "Y3")
    bought(mei, goods["T1"], 5)
    for store, quantity in ((jingan, 4), (west_lake, 0)):
        Stock.objects.create(store=store, product=goods["Y3"], quantity=quantity, counted_at=timezone.now())

    [pick] = for_customer(mei, store=west_lake).picks
    assert (pick.here, pick.near) == (0, [(jingan.pk, 4)])
    Store.objects.filter(pk=jingan.pk).update(closed_on=TODAY())
    [pick] = for_customer(mei, store=west_lake).picks

    assert (pick.here, pick.near, pick.stock_words) == (0, [], "Not in a store now")


def test_an_allergy_counts_however_much_was_told_since(mei, ke, goods, client: Client) -> None:
    bought(mei, goods["Y1-M"], 5)
    pair("Y1", "W1")
    Fact.objects.hear(mei, "allergy", "羊毛过敏", by=None, channel="app", concern="safety")
    for n in range(61):
        Fact.objects.hear(mei, "words", f"话 {n}", by=None, channel="app", concern="words")
    client.force_login(ke)

    assert "W1" not in client.get(f"/clients/{mei.number}/fits/").content.decode()
    assert for_customer(mei).kept_away == 1


def test_marks_as_files_bring_them_and_odd_ones_break_nothing(mei, goods) -> None:
    bought(mei, goods["K1"], 60)
    bought(mei, goods["Y1-M"], 5)
    pair("Y1", "W1")
    pair("Y1", "Y3")
    Product.objects.filter(code="K1").update(attributes={"refill_days": "60 天"})
    Product.objects.filter(code="W1").update(attributes={"contains": "wool, nuts"}, name=words("暖裤", "暖褲", "Tight"))
    Fact.objects.hear(mei, "allergy", "羊毛过敏", by=None, channel="app", concern="safety")

    assert codes(for_customer(mei)) == ["Y3"]
    Product.objects.filter(code="Y3").update(attributes={"off_sale": True})
    assert codes(for_customer(mei)) == []
    Product.objects.filter(code="Y3").update(attributes={"past": True})
    assert codes(for_customer(mei)) == []


def test_a_return_long_ago_does_not_end_a_habit(mei, goods) -> None:
    bought(mei, goods["K1"], 240, 180, 120, 62)
    line = OrderLine.objects.order_by("order__business_date").first()
    refund = Refund.objects.create(customer=mei, source="t", source_ref="r", refunded_at=timezone.now(),
                                   business_date=TODAY(), currency="CNY", amount=1, base_amount=1)  # fmt: skip
    back = RefundLine.objects.create(refund=refund, order_line=line, line_ref="1", quantity=1, amount=1)
    assert codes(for_customer(mei)) == ["K1"]

    RefundLine.objects.filter(pk=back.pk).update(order_line=OrderLine.objects.order_by("-order__business_date").first())
    assert codes(for_customer(mei)) == []


def test_a_second_tap_in_another_tab_is_no_trouble(mei, ke, goods, client: Client) -> None:
    bought(mei, goods["Y1-M"], 5)
    pair("Y1", "Y3")
    client.force_login(ke)

    for _tab in range(2):
        said = client.post(f"/clients/{mei.number}/fits/say/", {"article": "Y3", "said": "not"})
        assert said.status_code == 302
    assert SuggestionWord.objects.count() == 1

"""Proposals: only with consent, only what is here in the told size, never what is unsafe, bought or answered."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from commerce.models import Category, Order, OrderLine, Product, Stock
from customers.models import Browse, Consent, Customer, Fact
from scrm.kernel.words import words
from staff.models import Store
from touchpoints import actions
from touchpoints.matching import Matches, matches
from touchpoints.models import MatchAnswer


def piece(code: str, category: Category, store: Store | None, *, size: str = "M", worn: str = "top", quantity: int = 2,
          **more: object) -> Product:  # fmt: skip
    name = more.pop("name", words(code, code, code))
    made = Product.objects.create(
        code=code, parent=code[:3], name=name, category=category, price=29900, size=size,
        attributes={"worn": worn, **more},
    )  # fmt: skip
    if store:
        Stock.objects.create(store=store, product=made, quantity=quantity, counted_at=timezone.now())
    return made


def look(customer: Customer, product: Product, session: str, *, ago: int = 2) -> None:
    at = timezone.now() - timedelta(days=ago)
    with connection.cursor() as cursor:
        cursor.execute("select customers_browse_month(%s)", [at.date()])
    Browse.objects.create(
        id=Browse.objects.count() + 1, at=at, customer_id=customer.pk, source="shop", session=session, kind="view",
        category=product.category.code, product=product.code,
    )  # fmt: skip


@pytest.fixture
def yoga(db) -> Category:
    return Category.objects.create(code="yoga", name=words("瑜伽", "瑜伽", "Yoga"))


@pytest.fixture
def vest(yoga, west_lake) -> Product:
    return piece("Y03-PN-M", yoga, west_lake, quantity=3)


@pytest.fixture
def looker(mei, vest) -> Customer:
    """Mei looked at yoga wear twice this week, wears M above and S below, and allowed advice from it."""
    look(mei, vest, "one", ago=2)
    look(mei, vest, "two", ago=5)
    Fact.objects.hear(mei, "sizes", "上衣 M · 裤装 S · 鞋 37.5", by=None, channel="store", concern="sizes")
    Consent.objects.say(mei, "profiling", given=True, origin="centre")
    return mei


def proposed(customer: Customer, store: Store) -> Matches:
    return matches(customer, store, Fact.objects.live().filter(customer=customer).order_by("-told_at"))


def codes(customer: Customer, store: Store) -> list[str]:
    return [one.product.code for one in proposed(customer, store).pieces]


def test_looked_twice_this_week_is_proposed_in_her_size_with_the_reason(looker, west_lake) -> None:
    found = proposed(looker, west_lake)

    one = found.pieces[0]
    assert (one.product.code, one.quantity, one.this_week, one.seen) == ("Y03-PN-M", 3, 2, True)
    with translation.override("en"):
        assert one.reason.startswith("Looked at")
        assert one.reason.endswith("2 times this week")


def test_nothing_said_and_no_show_nothing_and_say_why(looker, ke, west_lake, client: Client) -> None:
    client.force_login(ke)
    other = Customer.objects.create(number="2", display_name="另一个", home_store=west_lake)
    Browse.objects.update(customer_id=other.pk)
    assert proposed(other, west_lake) == Matches(allowed=None)
    page = client.get("/counter/customers/2/").content.decode()
    assert "Nobody has asked yet" in page
    assert "Y03-PN-M" not in page

    Browse.objects.update(customer_id=looker.pk)
    Consent.objects.say(looker, "profiling", given=False, origin="centre")
    assert proposed(looker, west_lake) == Matches(allowed=False)
    page = client.get(f"/counter/customers/{looker.number}/trials/").content.decode()
    assert "Y03-PN-M" not in page  # what was looked at is not offered for a try-on either


def test_what_is_unsafe_never_appears_by_mark_or_by_name(looker, yoga, west_lake) -> None:
    Fact.objects.hear(looker, "allergy", "羊毛过敏", by=None, channel="app", concern="safety")
    piece("Y06-BK-M", yoga, west_lake, quantity=9, contains=["wool"])
    piece("Y11-BK-M", yoga, west_lake, quantity=9, name=words("羊毛开衫", "羊毛開衫", "Cardigan"))

    assert codes(looker, west_lake) == ["Y03-PN-M"]
    assert proposed(looker, west_lake).pieces[0].avoids


def test_another_size_another_line_and_an_empty_shelf_are_not_proposed(looker, yoga, west_lake) -> None:
    run = Category.objects.create(code="run", name=words("跑步", "跑步", "Run"))
    piece("Y04-PN-L", yoga, west_lake, size="L")
    piece("Y01-PN-M", yoga, west_lake, worn="bottom")
    piece("R05-PN-M", run, west_lake)
    piece("Y05-PN-M", yoga, west_lake, quantity=0)
    piece("Y02-PN-S", yoga, west_lake, size="S", worn="bottom")

    assert codes(looker, west_lake) == ["Y03-PN-M", "Y02-PN-S"]


def test_what_is_bought_tried_or_answered_rests(looker, ke, yoga, vest, west_lake) -> None:
    worn, shown = piece("Y04-PN-M", yoga, west_lake), piece("Y05-PN-M", yoga, west_lake)
    order = Order.objects.create(
        customer=looker, currency="CNY", store=west_lake, placed_at=timezone.now(), source="pos", source_ref="A-1",
        business_date=timezone.localdate(), total=1, base_total=1,
    )  # fmt: skip
    OrderLine.objects.create(order=order, line_ref="1", product=worn, sku=worn.code, quantity=1, total=1)
    visit = actions.receive(looker, by=ke, store=west_lake)
    MatchAnswer.note(visit, shown, "not_now", by=ke)

    assert codes(looker, west_lake) == ["Y03-PN-M"]
    assert proposed(looker, west_lake).pieces[0].bought_line
    MatchAnswer.objects.update(at=timezone.now() - timedelta(days=31))
    assert codes(looker, west_lake) == ["Y03-PN-M", "Y05-PN-M"]


def test_at_most_three_one_of_each_article(looker, yoga, west_lake) -> None:
    for number in range(4, 10):
        piece(f"Y0{number}-PN-M", yoga, west_lake)
        piece(f"Y0{number}-BK-M", yoga, west_lake)

    found = codes(looker, west_lake)
    assert len(found) == 3 == len({code[:3] for code in found})


def test_what_is_not_here_names_the_nearest_stores(looker, vest, west_lake, jingan, east) -> None:
    near = Store.objects.create(code="HZ02", name=words("武林店"), region=east, kind="full", city=words("杭州"))
    Store.objects.filter(pk=west_lake.pk).update(city=words("杭州"))
    west_lake.refresh_from_db()
    Stock.objects.filter(store=west_lake).update(quantity=0)
    for store, quantity in ((jingan, 9), (near, 1)):
        Stock.objects.create(store=store, product=vest, quantity=quantity, counted_at=timezone.now())

    found = proposed(looker, west_lake)

    assert found.pieces == []
    assert found.away[0].stores == [("武林店", 1), ("静安店", 9)]


def test_no_size_told_says_so(looker, west_lake) -> None:
    Fact.objects.filter(customer=looker).update(superseded_by=None, taken_back_at=timezone.now())

    found = proposed(looker, west_lake)

    assert found.pieces == []
    with translation.override("en"):
        assert "No size is told yet" in found.empty


def test_one_tap_keeps_the_answer_and_a_second_is_refused(looker, ke, zhao, west_lake, client: Client) -> None:
    actions.receive(looker, by=ke, store=west_lake)
    client.force_login(ke)
    address, htmx = f"/counter/customers/{looker.number}/matches/Y03-PN-M/", {"HX-Request": "true"}

    first = client.post(address, {"said": "liked"}, headers=htmx)
    second = client.post(address, {"said": "not_now"}, headers=htmx)

    assert (first.status_code, second.status_code) == (200, 422)
    assert "answered already" in second.content.decode()
    assert MatchAnswer.objects.get().said == "liked"
    with translation.override("en"):
        assert looker.events.filter(kind__startswith="match.").get().sentence == "Liked what was proposed: Y03-PN-M"
    client.force_login(zhao)
    assert client.post(address, {"said": "liked"}).status_code == 404
    assert client.get(f"/counter/customers/{looker.number}/matches/").status_code == 404


def test_the_counters_page_asks_the_same_few_questions_however_much_was_looked_at(
    looker, ke, yoga, west_lake, jingan, client: Client
) -> None:
    client.force_login(ke)
    actions.receive(looker, by=ke, store=west_lake)
    client.get(f"/counter/customers/{looker.number}/")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/counter/customers/{looker.number}/")
    for number in range(40):
        made = piece(f"Z{number:02}-PN-M", yoga, west_lake if number % 2 else jingan)
        for session in range(3):
            look(looker, made, f"s{number}-{session}", ago=1 + session)

    with CaptureQueriesContext(connection) as many:
        client.get(f"/counter/customers/{looker.number}/")

    assert len(many) == len(few)
    assert len(many) <= 14, "\n".join(query["sql"][:150] for query in many)


def test_no_question_walks_through_a_big_table(looker, west_lake) -> None:
    with CaptureQueriesContext(connection) as asked:
        proposed(looker, west_lake)

    big = r"Seq Scan on (customers_browse|commerce_stock|commerce_product|commerce_order|touchpoints_trial)"
    for query in asked:
        with connection.cursor() as cursor:
            cursor.execute("set local enable_seqscan = off")
            cursor.execute(f"explain {query['sql']}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
        assert not re.search(big, plan), plan

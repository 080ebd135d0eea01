"""One customer's page: whole, flat in queries, and open to nobody else."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from commerce.models import Order
from customers.models import Event, Fact, Identity
from staff import names
from staff.models import AuditEntry


def buy(mei, west_lake, n: int) -> None:
    for step in range(n):
        at = timezone.now() - timedelta(days=step * 20)
        order = Order.objects.create(
            customer=mei, source="pos", source_ref=f"A-{step:05}", store=west_lake, placed_at=at,
            business_date=timezone.localdate(at), currency="CNY", total=10000 + step, base_total=10000 + step,
        )  # fmt: skip
        mei.record("order.paid", at=at, channel="pos", store=west_lake.pk, order=order.pk, number=order.source_ref,
                   total=order.total, currency="CNY", pieces=1, first={"zh-hans": "裤子", "en": "Trousers"})  # fmt: skip


@pytest.mark.parametrize("orders", [0, 3, 60])
def test_the_page_takes_few_queries_whatever_the_data(
    mei, ke, west_lake, client: Client, orders: int, django_assert_max_num_queries
) -> None:
    buy(mei, west_lake, orders)
    names.forget()
    client.force_login(ke)

    with django_assert_max_num_queries(16):  # two of them fill the names' cache, once a minute
        client.get(f"/customers/{mei.number}/")
    with django_assert_max_num_queries(14):
        page = client.get(f"/customers/{mei.number}/")

    assert page.status_code == 200


@pytest.mark.parametrize("person", ["ke", "ruoan", "lin", "he", "gu", "lu"])
def test_no_role_needs_more_queries(
    mei, west_lake, client: Client, person: str, request, django_assert_max_num_queries
) -> None:
    buy(mei, west_lake, 5)
    client.force_login(request.getfixturevalue(person))
    client.get(f"/customers/{mei.number}/")

    with django_assert_max_num_queries(14):
        client.get(f"/customers/{mei.number}/")


def test_what_matters_stands_first_and_safety_first_in_it(mei, ke, client: Client) -> None:
    Fact.objects.create(customer=mei, key="尺码", value="上衣 M", concern="sizes", pinned=True)
    Fact.objects.create(customer=mei, key="过敏", value="羊毛过敏", concern="safety", pinned=True)
    client.force_login(ke)

    page = client.get(f"/customers/{mei.number}/").content.decode()

    assert page.index("羊毛过敏") < page.index("上衣 M") < page.index('id="s-line"')


def test_the_phone_is_masked_until_revealed_and_that_is_written_down(mei, ke, client: Client) -> None:
    client.force_login(ke)
    assert "19900001234" not in client.get(f"/customers/{mei.number}/").content.decode()

    phone = Identity.objects.get(customer=mei, kind="phone")
    shown = client.post(reverse("customers:reveal", args=[mei.number, phone.pk]), headers={"HX-Request": "true"})

    assert "+8619900001234" in shown.content.decode()
    entry = AuditEntry.objects.get(what="customer.revealed")
    assert (entry.who, entry.object_id, entry.details) == (ke, str(mei.pk), {"identity": phone.pk})


def test_an_identity_of_somebody_else_is_not_revealed(mei, ke, west_lake, client: Client) -> None:
    from customers.actions import add_identity
    from customers.models import Customer

    other = Customer.objects.create(number="777", display_name="某")
    hidden = add_identity(other, kind="phone", value="19911112222")
    client.force_login(ke)

    answer = client.post(reverse("customers:reveal", args=[mei.number, hidden.pk]))

    assert answer.status_code == 404
    assert not AuditEntry.objects.filter(what="customer.revealed").exists()


def test_the_timeline_filters_and_pages_without_losing_or_doubling(mei, ke, west_lake, client: Client) -> None:
    buy(mei, west_lake, 45)
    same_moment = timezone.now() - timedelta(days=400)
    for _n in range(7):
        mei.record("customer.joined", at=same_moment)
    client.force_login(ke)

    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/customers/{mei.number}/timeline/?after={cursor}").context["item"]["page"]
        seen += [event.pk for event in page.rows]
        cursor = page.next_cursor

    assert len(seen) == len(set(seen)) == Event.objects.count() == 52
    only_orders = client.get(f"/customers/{mei.number}/timeline/?group=order").context["item"]["page"]
    assert {event.kind for event in only_orders.rows} == {"order.paid"}
    before = client.get(f"/customers/{mei.number}/timeline/?phase=before").context["item"]["page"]
    assert {event.phase for event in before.rows} == {"before"}


@pytest.mark.parametrize("nonsense", ["group='; drop table", "phase=x", "after=!!!", "after=W10", "after=" + "A" * 900])
def test_a_nonsense_filter_shows_the_whole(mei, ke, client: Client, nonsense: str) -> None:
    mei.record("customer.joined")
    client.force_login(ke)

    answer = client.get(f"/customers/{mei.number}/timeline/?{nonsense}")

    assert answer.status_code == 200
    assert len(answer.context["item"]["page"].rows) == 1


def test_words_of_outside_are_text_and_nothing_else(mei, ke, client: Client) -> None:
    evil = "<script>alert(1)</script>"
    mei.display_name = evil
    mei.save()
    Fact.objects.create(customer=mei, key=evil[:60], value=evil, concern="words", pinned=True)
    mei.record("refund.made", order=evil, number="R", amount=100, currency="CNY", reason=evil)
    client.force_login(ke)

    page = client.get(f"/customers/{mei.number}/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_an_event_of_a_kind_nobody_knows_any_more_is_still_shown(mei, ke, client: Client) -> None:
    Event.objects.create(customer=mei, kind="old.kind", at=timezone.now(), business_date=timezone.localdate())
    client.force_login(ke)

    assert client.get(f"/customers/{mei.number}/").status_code == 200


def test_a_merged_customers_page_leads_to_the_survivor(mei, ke, west_lake, client: Client) -> None:
    from customers.models import Customer

    other = Customer.objects.create(number="777", display_name="梅小姐", home_store=west_lake, merged_into=mei)
    client.force_login(ke)

    assert client.get(f"/customers/{other.number}/").url == f"/customers/{mei.number}/"


def test_every_answer_carries_the_safe_headers(mei, ke, client: Client) -> None:
    client.force_login(ke)

    for address in ("/sign-in/", f"/customers/{mei.number}/", "/nowhere/", "/admin/", "/healthz"):
        answer = client.get(address)
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Request-Number"]
        assert "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"]


def test_the_failure_page_needs_no_database(client: Client, monkeypatch) -> None:
    from django.db import OperationalError

    def away(*_arguments, **_more):
        raise OperationalError("the server is away")

    client.raise_request_exception = False
    monkeypatch.setattr("staff.views.doorway.tries_left", away)
    monkeypatch.setattr("staff.views.doorway.authenticate", away)

    answer = client.post("/sign-in/", {"username": "x", "password": "y"})

    assert answer.status_code == 503

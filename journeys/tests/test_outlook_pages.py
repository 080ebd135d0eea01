"""The pages of value and need: the block on a customer, the grid, a cell, the borders, and who may not see them."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from journeys import outlook
from journeys.models import NeedWord, Outlook, OutlookChange, OutlookRun, ValueBorders
from journeys.tests.test_outlook import buys, of, somebody
from staff.models import AuditEntry, Store

HTMX = {"HX-Request": "true"}


def test_the_block_says_each_figure_and_why(mei, ruoan, client: Client, django_assert_max_num_queries) -> None:
    buys(mei, 3_000, days_ago=10)
    buys(mei, 1_000, days_ago=40)
    of(mei)
    client.force_login(ruoan)
    path = reverse("journeys:outlook", args=[mei.number])
    client.get(path)

    with django_assert_max_num_queries(7):
        page = client.get(path, headers=HTMX).content.decode()

    assert "Middle value" in page
    assert "Standard need" in page
    assert "¥4,000" in page
    assert "s-staff" in page
    assert "unknown" not in page


def test_what_is_unknown_says_so_and_nothing_has_its_own_words(mei, ruoan, client: Client) -> None:
    client.force_login(ruoan)
    path = reverse("journeys:outlook", args=[mei.number])
    assert "Nothing known yet" in client.get(path).content.decode()

    buys(mei, 100)
    of(mei)

    assert client.get(path).content.decode().count(">unknown<") == 2  # expected revenue and leaving


def test_the_block_stands_on_the_customer_page_and_not_on_the_turned_one(mei, ke, client: Client) -> None:
    buys(mei, 100)
    of(mei)
    client.force_login(ke)

    assert 'id="s-value"' in client.get(f"/customers/{mei.number}/").content.decode()
    for address in (f"/counter/customers/{mei.number}/", f"/counter/customers/{mei.number}/turned/"):
        page = client.get(address).content.decode()
        assert "s-value" not in page
        assert "Value and need" not in page


def test_the_need_is_set_and_the_slip_undone(mei, ruoan, client: Client) -> None:
    buys(mei, 100)
    of(mei)
    client.force_login(ruoan)
    path = reverse("journeys:set_need", args=[mei.number])

    assert client.post(path, {"need": "personal", "why": ""}, headers=HTMX).status_code == 422
    assert client.post(path, {"need": "odd", "why": "x"}, headers=HTMX).status_code == 422
    answer = client.post(path, {"need": "personal", "why": "Call first"}, headers=HTMX)

    assert "Personal need" in answer.content.decode()
    assert "Undo" in answer.content.decode()
    word = NeedWord.objects.get()
    assert client.post(reverse("journeys:take_back_need", args=[mei.number, word.pk]), headers=HTMX).status_code == 200
    assert client.post(reverse("journeys:take_back_need", args=[mei.number, word.pk]), headers=HTMX).status_code == 422
    assert Outlook.objects.get(customer=mei).need == "standard"


@pytest.mark.parametrize("who", ["gu", "lu"])
def test_operators_and_auditors_read_and_do_not_overrule(mei, who: str, request, client: Client) -> None:
    client.force_login(request.getfixturevalue(who))

    assert client.get(reverse("journeys:outlook", args=[mei.number])).status_code == 200
    answer = client.post(reverse("journeys:set_need", args=[mei.number]), {"need": "personal", "why": "x"})

    assert answer.status_code in (403, 404)
    assert not NeedWord.objects.exists()


def test_another_store_finds_nobody(zhao, jingan, client: Client) -> None:
    hidden = somebody("V-9", home_store=Store.objects.exclude(pk__in=zhao.store_ids).first())
    client.force_login(zhao)

    assert client.get(reverse("journeys:outlook", args=["V-9"])).status_code == 404
    answer = client.post(reverse("journeys:set_need", args=["V-9"]), {"need": "personal", "why": "x"})
    assert answer.status_code == 404
    assert not Outlook.objects.visible_to(zhao).filter(customer=hidden).exists()


@pytest.mark.parametrize("who", ["ke", "ruoan", "lin", "he"])
def test_the_grid_is_for_operators_and_auditors(who: str, request, client: Client) -> None:
    client.force_login(request.getfixturevalue(who))

    for address in ("/value/", "/value/low/standard/", "/value/borders/"):
        assert client.get(address).status_code in (403, 404)


def test_the_grid_before_the_first_run(gu, client: Client) -> None:
    client.force_login(gu)

    assert "the first time tonight" in client.get("/value/").content.decode()


def test_the_grid_counts_people_moves_and_causes(lu, ruoan, client: Client, django_assert_max_num_queries) -> None:
    outlook.everybody()
    for number in range(4):
        buys(somebody(f"V-{number}"), 3_000)
    outlook.set_need(somebody("V-8"), "personal", by=ruoan, why="x")
    outlook.everybody()
    client.force_login(lu)
    client.get("/value/")

    with django_assert_max_num_queries(14):
        page = client.get("/value/").content.decode()

    assert 'data-p="100" href="/value/middle/standard/"' in page
    assert "80 %" in page
    assert "grows most" in page
    assert "First time known" in page
    assert "1 customer's need was set" in page
    assert "/value/borders/" not in page  # an auditor changes nothing


def test_a_cell_lists_its_people_page_by_page(gu, client: Client, django_assert_max_num_queries) -> None:
    for number in range(30):
        buys(somebody(f"V-{number}"), 3_000)
    outlook.everybody()
    client.force_login(gu)
    client.get("/value/middle/standard/")

    with django_assert_max_num_queries(12):
        first = client.get("/value/middle/standard/")
    page = first.context["page"]
    second = client.get(f"/value/middle/standard/?after={page.next_cursor}").context["page"]

    assert (len(page.rows), len(second.rows)) == (25, 5)
    assert client.get("/value/middle/odd/").status_code == 404
    assert "Nobody stands here" in client.get("/value/high/personal/").content.decode()


def test_borders_are_tried_before_they_are_kept(gu, client: Client) -> None:
    one = somebody()
    buys(one, 3_000)
    outlook.everybody()
    client.force_login(gu)
    given = {"middle_from": "4000", "high_from": "9000", "premium_from": "500"}

    assert "2,000" in client.get("/value/borders/").content.decode().replace("2000", "2,000")
    tried = client.post("/value/borders/", {**given, "do": "try"}).content.decode()
    assert "1 customer would move" in tried
    assert not ValueBorders.objects.exists()
    assert client.post("/value/borders/", {**given, "high_from": "4000", "do": "keep"}).status_code == 422
    assert client.post("/value/borders/", {**given, "do": "keep"}).status_code == 302

    assert ValueBorders.current().middle_from == 400_000
    assert AuditEntry.objects.filter(what="value.borders_set").exists()
    assert "The borders were changed" in client.get("/value/").content.decode()
    outlook.everybody()
    assert OutlookChange.objects.get().why == "borders"
    assert OutlookRun.objects.first().as_of == timezone.localdate()
    assert Customer.objects.get(outlook__value="low") == one

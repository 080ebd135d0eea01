"""The one search box."""

import pytest
from django.test import Client
from django.utils import timezone, translation

from commerce.models import Order
from customers.actions import add_identity
from customers.models import Customer
from customers.queries import find


def names(user, text: str) -> list[str]:
    return [hit.customer.display_name for hit in find(user, text).hits]


@pytest.mark.parametrize(
    "text",
    ["1234", "１２３４", "19900001234", "199 0000 1234", "+86 19900001234", "20418837", "梅", "梅雨", "雨晴", "梅雨晴"],
)
def test_by_any_way_a_customer_is_known(mei, ke, text: str) -> None:
    assert names(ke, text) == ["梅雨晴"]


def test_by_order_number(mei, ke, west_lake) -> None:
    Order.objects.create(
        customer=mei, source="pos", source_ref="A-77120", store=west_lake, placed_at=timezone.now(),
        business_date=timezone.localdate(), currency="CNY", total=69900, base_total=69900,
    )  # fmt: skip

    assert names(ke, "a-77120") == ["梅雨晴"]


def test_latin_names_in_any_case(ke, west_lake) -> None:
    Customer.objects.create(number="9", display_name="欧阳 Alexandra Fitzgerald-Montgomery", home_store=west_lake)

    assert names(ke, "alexandra") == names(ke, "FITZ") == ["欧阳 Alexandra Fitzgerald-Montgomery"]


def test_parts_search_the_own_scope_only(mei, zhao) -> None:
    assert names(zhao, "1234") == names(zhao, "梅雨") == []


def test_a_complete_number_finds_anybody_at_the_counter(mei, zhao) -> None:
    found = find(zhao, "19900001234")

    assert [(hit.customer, hit.needs_grant, hit.how) for hit in found.hits] == [(mei, True, "phone")]


def test_an_agent_of_elsewhere_gets_nobody_by_a_complete_number(mei, lin, east) -> None:
    from staff.models import Membership, Region, Team

    south = Region.objects.create(code="south")
    desk = Team.objects.create(code="desk-south", region=south)
    Membership.objects.filter(user=lin).update(team=desk)

    assert find(lin, "19900001234").hits == []


@pytest.mark.parametrize(
    "text", ["' OR 1=1 --", "%", "_", "%%%%", "\\", "&|!", "a:*", "'''", "<b>x</b>", "🌲🌲", "\x00\x00"]
)
def test_signs_of_other_languages_find_nobody_and_break_nothing(mei, ke, client: Client, text: str) -> None:
    client.force_login(ke)

    answer = client.post("/counter/search/", {"q": text}, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert "梅雨晴" not in answer.content.decode()


def test_an_emoji_name_is_found(ke, west_lake) -> None:
    Customer.objects.create(number="9", display_name="🌲小树🌲", home_store=west_lake)

    assert names(ke, "小树") == ["🌲小树🌲"]


@pytest.mark.parametrize(("text", "word"), [("123", "last four digits"), ("长" * 90, "too long")])
def test_too_little_or_too_much_gets_advice(mei, ke, text: str, word: str) -> None:
    with translation.override("en"):
        found = find(ke, text)

    assert not found.hits
    assert word in found.advice


def test_a_shared_tablet_finds_nobody(ke, west_lake) -> None:
    customer = Customer.objects.create(number="9", display_name="某", home_store=west_lake)
    add_identity(customer, kind="phone", value="19912340000", shared=True)

    assert names(ke, "0000") == []


def test_merged_and_erased_customers_are_not_found(mei, ke) -> None:
    Customer.objects.filter(pk=mei.pk).update(erased_at=timezone.now())

    assert names(ke, "1234") == []


def test_a_search_takes_few_queries_whatever_it_finds(
    mei, ke, client: Client, west_lake, django_assert_max_num_queries
) -> None:
    for n in range(15):
        other = Customer.objects.create(number=f"c{n}", display_name=f"梅{n}号", home_store=west_lake)
        add_identity(other, kind="phone", value=f"1980000{n:02}34"[:7] + f"{n:02}" + "34")
    client.force_login(ke)

    with django_assert_max_num_queries(12):
        client.post("/counter/search/", {"q": "梅"}, headers={"HX-Request": "true"})


def test_a_phone_never_stands_in_an_address(mei, ke, client: Client) -> None:
    client.force_login(ke)

    assert client.get("/counter/search/?q=1234").status_code == 405
    assert client.get("/customers/search/?q=1234").status_code == 405

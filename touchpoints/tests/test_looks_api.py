"""Looks saved in a shop or an app: once a key, only for people the client brought, in the advisor's day."""

import pytest
from django.test import Client

from commerce.models import Product
from customers.models import Customer, Fact, SourceKey, Task
from scrm.kernel.words import words
from staff.models import ApiClient
from touchpoints.models import LookBoard, LookItem

pytestmark = pytest.mark.django_db
PATH = "/api/v1/customers/20418837/look-boards/"


@pytest.fixture
def shop(mei, gu) -> dict[str, str]:
    client = ApiClient.add(code="shop", name="Shop", scopes=["looks"], by=gu)
    SourceKey.objects.create(source="shop", kind="customers", source_ref="c-1", object_id=mei.pk)
    return {"HTTP_AUTHORIZATION": f"Bearer {client.rotate(by=gu, former_lives=False, instead_of='')}"}


@pytest.fixture
def goods(db) -> list[Product]:
    return [Product.objects.create(code=code, name=words(code)) for code in ("Y03", "Y04")]


def save(client: Client, shop: dict[str, str], key: str = "k1", **body):
    data = {"title": "Weekend", "pieces": ["Y03", "Y04"], **body}
    return client.post(PATH, data, content_type="application/json", HTTP_IDEMPOTENCY_KEY=key, **shop)


def test_saved_once_it_stands_with_the_advisor(client, shop, goods, mei, ruoan) -> None:
    first, again = save(client, shop, words="Feel the fabric"), save(client, shop, words="Feel the fabric")

    assert (first.status_code, again.json()) == (201, first.json())
    board = LookBoard.objects.get()
    assert (board.owner, board.state, board.words) == (ruoan, "answered", "Feel the fabric")
    assert [item.said for item in board.items.all()] == ["like", "like"]
    assert Task.objects.get().owner == ruoan
    assert mei.events.filter(kind="look.saved").count() == 1


@pytest.mark.parametrize("body", [
    {"pieces": []}, {"pieces": ["NO"]}, {"pieces": ["Y03\0"]}, {"pieces": ["Y03"] * 13}, {"pieces": [["Y03"]]},
    {"title": ""}, {"title": "x" * 81}, {"title": {"a": 1}}, {"scene": "no"}, {"words": "x" * 301},
])  # fmt: skip
def test_what_cannot_be_kept_is_named(client, shop, goods, body) -> None:
    assert save(client, shop, **body).status_code == 400
    assert not LookBoard.objects.exists()


def test_only_for_people_the_client_brought_and_with_the_right(client, shop, goods, west_lake) -> None:
    Customer.objects.create(number="77", display_name="x", home_store=west_lake)
    assert client.get(PATH.replace("20418837", "77"), **shop).status_code == 404
    assert client.get(PATH.replace("20418837", "no-such"), **shop).status_code == 404

    ApiClient.objects.update(scopes=["orders"])
    assert client.get(PATH, **shop).status_code == 403
    assert client.get(PATH).status_code == 401


def test_a_draft_and_what_must_be_kept_away_are_not_told(client, shop, goods, mei, ruoan) -> None:
    draft = LookBoard.begin(mei, "Draft", by=ruoan, key="d")
    LookItem.add(draft, goods[0])
    save(client, shop)
    Product.objects.filter(code="Y03").update(attributes={"contains": ["wool"]})
    Fact.objects.hear(mei, "allergy", "羊毛过敏", by=None, channel="store", concern="safety", pinned=True)

    found = client.get(PATH, **shop).json()

    assert [one["title"] for one in found["results"]] == ["Weekend"]
    assert [piece["code"] for piece in found["results"][0]["pieces"]] == ["Y04"]


def test_many_boards_cost_no_more_questions(client, shop, goods, mei, django_assert_max_num_queries) -> None:
    for number in range(20):
        save(client, shop, key=f"k{number}")

    with django_assert_max_num_queries(12):
        assert len(client.get(PATH, **shop).json()["results"]) == 20

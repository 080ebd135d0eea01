"""What fits somebody, asked by a shop: whom it brought and nobody else, in the asked language, strange asks refused."""

import pytest
from django.test import Client
from django.utils import timezone

from commerce.models import ArticleFigure, Product, Stock
from customers.models import Customer, SourceKey
from journeys.tests import test_recommending
from journeys.tests.test_recommending import bought, pair
from staff.models import ApiClient, Store

pytestmark = pytest.mark.django_db
goods = test_recommending.goods
VISITOR = "/api/v1/recommendations/"


@pytest.fixture
def shop() -> dict[str, str]:
    secret = ApiClient.objects.create(code="shop", name="Shop", scopes=["recommendations"]).new_secret()
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def brought(mei: Customer) -> str:
    SourceKey.objects.create(source="shop", kind="customers", source_ref="m-1", object_id=mei.pk)
    return f"/api/v1/customers/{mei.number}/recommendations/"


def test_a_person_the_client_brought_with_reasons_in_the_asked_language_and_where_it_stands(
    client: Client, shop, brought: str, mei: Customer, goods: dict[str, Product], west_lake: Store, jingan: Store
) -> None:
    bought(mei, goods["Y1-M"], 5)
    pair("Y1", "Y3", 0.18)
    Stock.objects.create(store=jingan, product=goods["Y3"], quantity=4, counted_at=timezone.now())

    answer = client.get(brought, {"store": "HZ01"}, headers=shop | {"Accept-Language": "en"})

    assert answer.status_code == 200
    (pick,) = answer.json()["results"]
    assert (pick["code"], pick["price"], pick["here"]) == ("Y3", 10_000, 0)
    assert pick["near"] == [{"store": "SH01", "quantity": 4}]
    assert pick["reasons"][0]["kind"] == "together"
    assert pick["reasons"][0]["values"]["share"] == 0.18
    assert pick["reasons"][0]["sentence"].startswith("18 % who buy")
    chinese = client.get(brought, headers=shop | {"Accept-Language": "zh-Hans"}).json()
    assert "18%" in chinese["results"][0]["reasons"][0]["sentence"]
    assert "who buy" not in chinese["results"][0]["reasons"][0]["sentence"]


def test_whom_another_brought_and_who_is_not_here_look_the_same(client: Client, shop, mei: Customer) -> None:
    for number in (mei.number, "99999999", "9" * 5000, "%00"):
        answer = client.get(f"/api/v1/customers/{number}/recommendations/", headers=shop)

        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_without_the_scope_it_is_closed(client: Client, brought: str) -> None:
    other = ApiClient.objects.create(code="till", name="Till", scopes=["customers"]).new_secret()

    for path in (brought, VISITOR):
        assert client.get(path).status_code == 401
        assert client.get(path, headers={"Authorization": f"Bearer {other}"}).status_code == 403


def test_a_visitor_nobody_knows(client: Client, shop, goods) -> None:
    ArticleFigure.objects.create(article="Y3", sold=9, as_of=timezone.localdate())

    codes = [
        one["code"] for one in client.get(VISITOR, {"scene": "yoga", "count": "1"}, headers=shop).json()["results"]
    ]

    assert codes == ["Y3"]


@pytest.mark.parametrize("asked", [
    {"store": "nowhere"}, {"store": "\0"}, {"scene": "x" * 41}, {"scene": "\0"}, {"count": "0"}, {"count": "25"},
    {"count": "٢"}, {"count": "-1"}, {"count": "9" * 40}, {"count": ""},
])  # fmt: skip
def test_strange_asks_are_refused_in_words(client: Client, shop, brought: str, asked: dict[str, str]) -> None:
    for path in (brought, VISITOR):
        answer = client.get(path, asked, headers=shop)

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == f"?{next(iter(asked))}"

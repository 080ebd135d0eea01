"""The page of pairs: names, figures, what only seems to be a pair, and strange things looked for."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.test import Client
from django.utils import translation

from commerce.articles import common_name, names_of
from commerce.models import Product, ProductPair
from scrm.kernel.words import words
from staff.models import User

pytestmark = pytest.mark.django_db
WHERE = "/commerce/pairs/"


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def pair(left: str, right: str, *, low: float = 2.0, together: int = 40) -> ProductPair:
    return ProductPair.objects.create(left=left, right=right, baskets=200, together=together, lift=3.1, inside=2.8,
                                      inside_low=low, as_of=date(2026, 11, 22))  # fmt: skip


@pytest.fixture
def latte() -> None:
    for size in "ML":
        Product.objects.create(code=f"F01-{size}", parent="F01", name=words(f"拿铁 {size}", "", f"Latte {size}"))
    Product.objects.create(code="F07", parent="F07", name=words("三明治", "", "Sandwich"))
    Product.objects.create(code="R08", name=words("袜子", "", "Socks"))


@pytest.mark.usefixtures("latte")
def test_a_pair_is_called_by_its_articles_and_a_false_friend_is_marked(he: User, client: Client) -> None:
    pair("F01", "F07", together=46)
    pair("F01", "R08", low=0.9)
    client.force_login(he)

    page = client.get(WHERE).content.decode()

    assert "Latte → Sandwich" in page
    assert "23 %" in page
    assert "46 of 200" in page
    assert page.count("Does not hold within kinds of stores") == 1
    assert "Sandwich" not in client.get(WHERE, {"kind": "vanishes"}).content.decode()
    assert "Socks" not in client.get(WHERE, {"kind": "holds"}).content.decode()


@pytest.mark.usefixtures("latte")
@pytest.mark.parametrize(("text", "found"), [("sandw", True), ("三明", True), ("f07", True), ("Socks", False),
                                             ("%", False), ("\0", True), ("x" * 5000, False)])  # fmt: skip
def test_it_is_found_by_code_or_name_of_either_side(he: User, client: Client, text: str, found: bool) -> None:
    pair("F01", "F07")
    client.force_login(he)

    answer = client.get(WHERE, {"q": text, "kind": "odd", "after": "nonsense"})

    assert answer.status_code == 200
    assert ("Latte → Sandwich" in answer.content.decode()) is found


def test_without_pairs_it_says_when_there_will_be(he: User, client: Client) -> None:
    client.force_login(he)

    assert "No pair yet" in client.get(WHERE).content.decode()
    assert "No such pair" in client.get(WHERE, {"q": "latte"}).content.decode()


def test_page_by_page_in_few_queries(gu: User, client: Client, django_assert_max_num_queries) -> None:
    for number in range(30):
        pair("A", f"B{number}", together=20 + number // 3)
    client.force_login(gu)
    client.get(WHERE)

    with django_assert_max_num_queries(12):
        first = client.get(WHERE)
    second = client.get(WHERE, {"after": first.context["page"].next_cursor})

    shown = [line.row.right for answer in (first, second) for line in answer.context["page"].rows]
    assert sorted(shown) == sorted(f"B{number}" for number in range(30))


def test_the_floor_does_not_see_it(ke: User, client: Client) -> None:
    client.force_login(ke)

    assert client.get(WHERE).status_code == 403


def test_an_article_is_called_by_what_its_sizes_share(latte: None) -> None:
    assert str(names_of(["F01"])["F01"]) == "Latte"
    assert common_name([words("", "", "Top black"), words("", "", "Top blue")])["en"] == "Top"
    assert common_name([words("", "", "Latte"), words("", "", "Latte L")])["en"] == "Latte"
    assert common_name([words("", "", "Black"), words("", "", "Blue")])["en"] == "Black"

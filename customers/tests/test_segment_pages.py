"""Pages of segments: building without scripts, publishing, reasons, and who sees whom."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Segment
from customers.segments.refreshing import sweep
from customers.segments.sentences import sentence
from customers.tests.segment_cast import ORDERS, figures, inside, live, one
from loyalty.bulk_issuing import who_qualifies
from loyalty.models import CouponTemplate

pytestmark = pytest.mark.django_db
NEW = "/segments/new/"


@pytest.fixture
def yan(client: Client, gu) -> Client:
    client.force_login(gu)
    return client


def rule_of(answer: Any) -> Any:
    return json.loads(answer.context["rule"])


def test_a_rule_is_built_by_buttons_alone(yan: Client) -> None:
    figures(one("regular"), orders=5)
    figures(one("new"), orders=1)
    start = yan.get(NEW)
    added = yan.post(NEW, {"rule": start.context["rule"], "open": "", "do": "add:"})
    assert added.context["work"].open == "0"

    turned = yan.post(NEW, {"rule": added.context["rule"], "open": "0", "field": "orders", "do": "apply"})
    assert rule_of(turned)["all"][0]["field"] == "orders"
    filled = yan.post(NEW, {"rule": turned.context["rule"], "open": "0", "field": "orders", "s-op": "at_least",
                            "s-n": "3", "do": "apply"})  # fmt: skip

    assert rule_of(filled) == {"all": [ORDERS]}
    assert filled.context["counts"].people == 1
    assert [person.display_name for person in filled.context["sample"]] == ["regular"]
    assert "5 times" in filled.content.decode()
    names = {"code": "regulars", "name_en": "Regulars", "name_hans": "", "name_hant": "", "purpose": ""}
    kept = yan.post(NEW, {"rule": filled.context["rule"], "open": "", "do": "save", **names})
    assert kept.url == "/segments/regulars/"

    yan.post("/segments/regulars/publish/", {"number": "1", "instead_of": "0"})
    sweep()

    assert inside(Segment.objects.get()) == {"regular"}
    again = yan.post("/segments/regulars/publish/", {"number": "1", "instead_of": "0"})
    assert again.status_code == 422


def test_what_is_typed_wrong_stays_open_with_its_sentence(yan: Client) -> None:
    rule = json.dumps({"all": [ORDERS]})

    wrong = yan.post(
        NEW, {"rule": rule, "open": "0", "field": "orders", "s-op": "at_least", "s-n": "many", "do": "save"}
    )

    assert wrong.status_code == 422
    assert 'value="many"' in wrong.content.decode()
    assert rule_of(wrong) == {"all": [ORDERS]}
    assert not Segment.objects.exists()
    for broken in ("{", "[" * 20_000, '{"all": [{"field": "x"}]}', "null"):
        assert yan.post(NEW, {"rule": broken, "do": "apply"}).status_code == 422
    assert yan.post(NEW, {"rule": rule, "do": "up:9.9.x"}).status_code == 422


def test_conditions_move_and_groups_open_and_close(yan: Client) -> None:
    second = {"field": "locale", "op": "is", "one": ["en"]}
    rule: Any = {"all": [ORDERS, second]}

    def press(deed: str) -> Any:
        nonlocal rule
        rule = rule_of(yan.post(NEW, {"rule": json.dumps(rule), "open": "", "do": deed}))
        return rule

    assert press("down:0") == {"all": [second, ORDERS]}
    assert press("in:1") == {"all": [second, {"any": [ORDERS]}]}
    assert press("not:1") == {"all": [second, {"not": [ORDERS]}]}
    assert press("out:1.0") == {"all": [second, ORDERS]}
    assert press("remove:0") == {"all": [ORDERS]}
    assert press("any:") == {"any": [ORDERS]}


def test_each_line_says_what_it_brings(yan: Client) -> None:
    figures(one("a"), orders=5, last=200)
    figures(one("b"), orders=5)
    figures(one("c"), orders=1, last=200)
    away = {"field": "last_order", "op": "at_least", "n": 180}
    rule = {"any": [ORDERS, away, {"all": [{"field": "orders", "op": "at_least", "n": 9}]}]}

    answer = yan.post(NEW, {"rule": json.dumps(rule), "do": "apply"})

    counts = answer.context["counts"]
    assert (counts.people, counts.everybody) == (3, 3)
    assert counts.lines == {"0": ("only", 1), "1": ("only", 1), "2.0": ("alone", 0)}
    assert counts.alone == {"0": 2, "1": 2, "2.0": 0}


def test_why_in_and_why_not_line_by_line(yan: Client, mei) -> None:
    figures(mei, orders=1)
    live("regulars", {"all": [ORDERS, {"not": [{"field": "locale", "op": "is", "one": ["en"]}]}]})

    answer = yan.post("/segments/regulars/check/", {"number": mei.number}, headers={"HX-Request": "true"})

    text = answer.content.decode()
    assert "is not in" in text
    assert text.count("b-check miss") == 1
    assert text.count("b-check ok") == 1


def test_readers_see_their_own_customers_only(client: Client, mei, he, zhao, jingan) -> None:
    figures(mei, orders=5)
    figures(one("elsewhere", home_store=jingan), orders=5)
    segment = live("regulars", {"all": [ORDERS]})
    client.force_login(he)

    page = client.get("/segments/regulars/")
    text = page.content.decode()

    assert mei.display_name in text
    assert "elsewhere" not in text
    assert "b-kpi" not in text  # counts are for readers of the whole brand
    found = client.post("/segments/regulars/check/", {"number": "S-elsewhere"})
    assert found.status_code == 422
    assert client.get("/segments/regulars/rule/").status_code == 403
    assert client.post("/segments/regulars/hands/", {}).status_code == 403
    client.force_login(zhao)
    assert client.get("/segments/regulars/").status_code == 403
    assert segment.people == 0 or inside(segment)


def test_pinned_and_taken_back_on_the_page(yan: Client, mei) -> None:
    segment = live("regulars", {"all": [ORDERS]})
    said = {"number": mei.number, "via": "pin", "why": "soon one of them", "until": ""}

    assert yan.post("/segments/regulars/hands/", said).status_code == 302
    assert "soon one of them" in yan.get("/segments/regulars/?via=pin").content.decode()
    assert yan.post("/segments/regulars/hands/", said | {"why": ""}).status_code == 422
    row = segment.members.get()
    assert yan.post(f"/segments/regulars/hands/{row.pk}/").status_code == 302

    assert inside(segment) == set()


def test_pages_ask_few_queries(yan: Client, mei, django_assert_max_num_queries) -> None:
    for place in range(25):
        figures(one(f"p{place}"), orders=5)
    for code in ("a", "b", "c"):
        live(code, {"all": [ORDERS, {"not": [{"field": "home_store", "op": "is", "one": ["HZ01"]}]}]})
    for address, most in (("/segments/", 12), ("/segments/a/", 14), ("/segments/a/rule/", 14),
                          (f"/customers/{mei.number}/segments/", 12)):  # fmt: skip
        yan.get(address)
        with django_assert_max_num_queries(most):
            assert yan.get(address).status_code == 200


def test_a_coupon_may_be_given_to_a_segment(yan: Client) -> None:
    figures(one("regular"), orders=5)
    figures(one("new"), orders=1)
    live("regulars", {"all": [ORDERS]})
    template = CouponTemplate.objects.create(code="OLD50", kind="amount", per_customer=1)

    assert who_qualifies(template, {"segment": "regulars"}).meant == 1


@pytest.mark.parametrize(("language", "words_"), [("zh-hans", "购买 至少 3 次"), ("zh-hant", "購買 至少 3 次"),
                                                  ("en", "Purchases at least 3 times")])  # fmt: skip
def test_a_rule_is_a_sentence_in_three_languages(language: str, words_: str) -> None:
    from django.utils import translation

    with translation.override(language):
        assert words_ in sentence({"all": [ORDERS]})
    assert reverse("segments:index")

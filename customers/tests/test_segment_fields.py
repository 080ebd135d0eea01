"""Rules over registered fields: each finds the customer made for it by hand, and nobody else."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from commerce.models import Category, Product, Refund
from customers.models import Consent, Fact, Household, Tag, TagDimension
from customers.models.segment import Rule
from customers.segments.fields import birthdays
from customers.segments.reasons import explain
from customers.segments.rules import MOST, RuleRefused, checked
from customers.segments.sentences import pieces, sentence
from customers.tests.segment_cast import click, figures, meant, one, order
from scrm.kernel.registry import segment_fields
from scrm.kernel.words import words

pytestmark = pytest.mark.django_db


def all_of(*parts: Rule) -> Rule:
    return {"all": list(parts)}


def test_numbers_are_at_least_at_most_and_exactly() -> None:
    figures(one("none"), orders=0)
    figures(one("two"), orders=2)
    one("never")

    def orders(op: str, n: int) -> set[str]:
        return meant(all_of({"field": "orders", "op": op, "n": n}))

    assert orders("at_least", 1) == {"two"}
    assert orders("at_most", 1) == {"none", "never"}
    assert orders("exactly", 2) == {"two"}
    assert orders("exactly", 0) == {"none", "never"}
    assert orders("at_least", 0) == {"none", "two", "never"}


def test_days_ago_is_nobody_who_never_bought_and_not_turns_that_round() -> None:
    figures(one("long"), last=180)
    figures(one("lately"), last=179)
    one("never")
    away = {"field": "last_order", "op": "at_least", "n": 180}

    assert meant(all_of(away)) == {"long"}
    assert meant({"not": [away]}) == {"lately", "never"}


def test_money_is_written_in_whole_units() -> None:
    figures(one("just"), spent=1_000_000)
    figures(one("below"), spent=999_999)

    assert meant(all_of({"field": "spent", "op": "at_least", "n": 10_000})) == {"just"}


def test_who_it_is(west_lake, jingan, ruoan) -> None:
    one("lake", home_store=west_lake, advisor=ruoan, locale="en")
    one("elsewhere", home_store=jingan)
    one("nowhere")

    assert meant(all_of({"field": "home_store", "op": "is", "one": ["HZ01"]})) == {"lake"}
    assert meant(all_of({"field": "home_store", "op": "is_not", "one": ["HZ01"]})) == {"elsewhere", "nowhere"}
    assert meant(all_of({"field": "advisor", "op": "is", "one": ["ruoan.shen"]})) == {"lake"}
    assert meant(all_of({"field": "locale", "op": "is", "one": ["en"]})) == {"lake"}


def test_a_birthday_comes_over_the_turn_of_the_year_and_in_short_februaries() -> None:
    one("new year", birth_month=1, birth_day=2)
    one("leap", birth_month=2, birth_day=29)
    asked = all_of({"field": "birthday", "days": 7})

    assert meant(asked, today=date(2026, 12, 29)) == {"new year"}
    assert meant(asked, today=date(2027, 2, 25)) == {"leap"}
    assert 229 in birthdays(date(2028, 2, 25), 7)


def test_what_was_told_tagged_and_allowed(mei, ke) -> None:
    Fact.objects.hear(mei, "allergy", "nuts", by=ke, channel="store")
    Tag.put(mei, TagDimension.objects.get(code="service"), "speed", by=ke)
    Consent.objects.say(mei, "marketing", "sms", given=False, origin="staff", at=timezone.now() - timedelta(days=9))
    Consent.objects.say(mei, "marketing", "sms", given=True, origin="staff")
    home = Household.objects.create(name="Mei")
    other = one("other")
    for member in (mei, other):
        home.take_in(member, part="user")
    name = mei.display_name

    assert meant(all_of({"field": "fact_known", "op": "is", "key": "allergy", "known": "yes"})) == {name}
    assert meant(all_of({"field": "fact", "op": "is", "key": "allergy", "word": "nuts"})) == {name}
    assert meant(all_of({"field": "fact", "op": "is", "key": "allergy", "word": "milk"})) == set()
    assert meant(all_of({"field": "tag", "op": "is", "one": ["service:speed"]})) == {name}
    assert meant(all_of({"field": "consent", "op": "is", "one": "marketing:sms"})) == {name}
    assert meant(all_of({"field": "household", "op": "at_least", "n": 2})) == {name, "other"}
    assert meant(all_of({"field": "event", "kind": "fact.told", "days": 2, "op": "at_least", "n": 1})) == {name}


def test_purchases_and_money_within_a_time_are_net_of_returns() -> None:
    rich, back = one("rich"), one("back")
    for person in (rich, back):
        order(person, days=20, total=1_000_000)
    order(rich, days=400, total=5_000_000)
    Refund.objects.create(customer=back, source="test", source_ref="r", currency="CNY", amount=1, base_amount=1,
                          refunded_at=timezone.now(), business_date=timezone.localdate())  # fmt: skip
    paid = {"field": "spent_within", "days": 365, "op": "at_least", "n": 10_000}

    assert meant(all_of(paid)) == {"rich"}
    assert meant(all_of({"field": "orders_within", "days": 30, "op": "exactly", "n": 1})) == {"rich", "back"}
    assert meant(all_of({"field": "orders_within", "days": 5, "op": "at_most", "n": 0})) >= {"rich", "back"}


def test_three_months_running_are_three_months_on_end() -> None:
    Product.objects.create(code="H08", name=words("椅"), price=899_900)
    Product.objects.create(code="T01", name=words("巾"), price=9_900)
    today = date(2026, 11, 20)
    running, gap, cheap, last = one("running"), one("gap"), one("cheap"), one("last")
    for month in (9, 10, 11):
        click(running, on=date(2026, month, 3), product="H08")
        click(cheap, on=date(2026, month, 3), product="T01")
    for month in (8, 10, 11):
        click(gap, on=date(2026, month, 3), product="H08")
    for month in (8, 9, 10):
        click(last, on=date(2026, month, 28), product="H08")
    asked = {"field": "looked_months", "category": "any", "price": 2000, "months": 3, "times": 1}

    assert meant(all_of(asked), today=today) == {"running", "last"}
    assert meant(all_of(asked | {"times": 2}), today=today) == set()
    found = explain(checked(all_of(asked)), [running.pk, gap.pk], today=today)
    assert [found[running.pk].fits, found[gap.pk].fits] == [True, False]
    assert found[running.pk].lines[0].value == "2026-09, 2026-10, 2026-11"


def test_a_category_holds_those_right_below_it() -> None:
    above = Category.objects.create(code="home", name=words("家"))
    Category.objects.create(code="chairs", name=words("椅"), parent=above)
    sitter = one("sitter")
    click(sitter, on=timezone.localdate(), category="chairs")
    asked = {"field": "looked", "category": "home", "price": 0, "days": 30, "op": "at_least", "n": 1}

    assert meant(all_of(asked)) == {"sitter"}


def test_groups_go_into_each_other() -> None:
    figures(one("old regular"), last=200, orders=9)
    figures(one("old new"), last=200, orders=1)
    figures(one("fresh"), last=2, orders=9)
    away, often = {"field": "last_order", "op": "at_least", "n": 180}, {"field": "orders", "op": "at_least", "n": 5}

    assert meant({"any": [away, often]}) == {"old regular", "old new", "fresh"}
    assert meant({"all": [often, {"not": [away]}]}) == {"fresh"}
    assert meant({"all": [{"any": [away, {"not": [often]}]}, {"not": [often]}]}) == {"old new"}
    assert meant({"not": [away, often]}) == set()


def everything() -> list[dict[str, Any]]:
    """One condition on every field there is, as the builder would begin it."""
    made = []
    for field in segment_fields.all():
        part = {"field": field.name} | {slot.name: slot.first() for slot in field.slots}
        if all(part[slot.name] not in ("", [""]) for slot in field.slots):
            made.append(part)
    return made


def test_every_field_asks_all_and_some_alike_and_says_itself(mei, west_lake) -> None:
    figures(one("other"))
    for part in everything():
        rule = checked(all_of(part))
        ids = list(mei.__class__.objects.values_list("pk", flat=True))
        assert meant(rule) == meant(rule, only=ids), part
        assert set(explain(rule, ids)) == set(ids)
        assert sentence(rule)
        assert "%(" not in sentence(rule)
        assert any(what == "field" or what for _text, what in pieces(part))


@pytest.mark.parametrize(
    "evil", ["'; drop table customers_customer; --", "%(only)s", "%s", "1 or 1=1", "{c.id}", "\\'"]
)
def test_nothing_given_becomes_text_of_a_statement(evil: str, mei) -> None:
    for part in everything():
        for slot in part:
            try:
                rule = checked(all_of(part | {slot: evil}))
            except RuleRefused:
                continue
            assert slot == "word"  # the one slot of free words: a parameter as well
            assert meant(rule) == set()
    with pytest.raises(RuleRefused):
        checked(all_of({"field": "orders", "op": "at_least", "n": 1, evil: 1}))
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from customers_customer")
        assert cursor.fetchone()[0] == 1


BROKEN: list[tuple[Any, str]] = [
    ({"field": "orders"}, "begins with a group"),
    ({"all": []}, "empty"),
    ({"all": [{"field": "nothing"}]}, "no field"),
    ({"all": [{"field": "orders", "op": "like", "n": 1}]}, "on offer"),
    ({"all": [{"field": "orders", "op": "at_least", "n": -1}]}, "whole number"),
    ({"all": [{"field": "orders", "op": "at_least", "n": True}]}, "whole number"),
    ({"all": [{"field": "orders", "op": "at_least", "n": [1]}]}, "whole number"),
    ({"all": [{"any": [{"all": [{"any": [{"field": "orders", "op": "at_least", "n": 1}]}]}]}]}, "deep"),
    ({"all": [{"field": "orders", "op": "at_least", "n": 1}] * (MOST + 1)}, "broken"),
    ({"all": [{"any": [{"field": "orders", "op": "at_least", "n": 1}] * 25}] * 2}, "At most"),
    ({"all": "x"}, "broken"),
    ([], "begins"),
]


@pytest.mark.parametrize(("rule", "sentence_"), BROKEN)
def test_what_cannot_be_is_refused_with_a_sentence(rule: Any, sentence_: str) -> None:
    from django.utils import translation

    with translation.override("en"), pytest.raises(RuleRefused, match=sentence_):
        checked(rule)

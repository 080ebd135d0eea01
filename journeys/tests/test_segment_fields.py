"""Value, need and the advisor's word as fields of a rule: each finds the customer made for it by hand."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import SegmentDirty
from customers.models.segment import Segment
from customers.segments.reasons import explain
from customers.segments.verbs import publish, save
from customers.tests.segment_cast import meant, one
from journeys import outlook
from journeys.models import HealthWord, Outlook
from scrm.kernel.words import words

pytestmark = pytest.mark.django_db


def known(number: str, **figures) -> None:
    Outlook.objects.create(customer=one(number), as_of=timezone.localdate(), **figures)


def test_value_and_need_are_what_was_worked_out() -> None:
    known("high", value="high", paid=1_000_000, need="personal")
    known("low", value="low", paid=100, need="standard")
    one("unknown")

    def found(field: str, op: str, *codes: str) -> set[str]:
        return meant({"all": [{"field": field, "op": op, "one": list(codes)}]})

    assert found("value_now", "is", "high", "middle") == {"high"}
    assert found("value_now", "is_not", "high") == {"low", "unknown"}
    assert found("need_type", "is", "personal") == {"high"}


def test_figures_of_a_hundred_and_money() -> None:
    known("leaving", churn=70, upsell=10, potential=20, clv=600_000)
    known("staying", churn=10, upsell=80, potential=90, clv=499_900)
    one("unknown")

    def at_least(field: str, n: int) -> set[str]:
        return meant({"all": [{"field": field, "op": "at_least", "n": n}]})

    assert at_least("may_leave", 50) == {"leaving"}
    assert at_least("room_for_more", 50) == {"staying"}
    assert at_least("potential", 60) == {"staying"}
    assert at_least("expected", 5_000) == {"leaving"}


def test_the_last_word_of_this_week_or_the_last_counts(ruoan) -> None:
    worried, better, long_ago = one("worried"), one("better"), one("long ago")
    for customer in (worried, better, long_ago):
        HealthWord.say(customer, "cooling", by=ruoan, why="Short answers")
    HealthWord.objects.update(week=timezone.localdate() - timedelta(days=timezone.localdate().weekday() + 7))
    HealthWord.objects.filter(customer=long_ago).update(week=timezone.localdate() - timedelta(days=40))
    HealthWord.say(better, "close", by=ruoan)

    rule = {"all": [{"field": "health", "op": "is", "one": ["cooling", "leaving"]}]}

    assert meant(rule) == {"worried"}
    assert explain(rule, [worried.pk])[worried.pk]


def test_what_is_worked_out_anew_is_looked_at_by_segments(gu) -> None:
    segment = Segment.objects.create(code="worth", name=words("高", "高", "High"), owner=gu)
    version = save(segment, {"all": [{"field": "value_now", "op": "is", "one": ["high"]}]}, by=gu)
    publish(segment, version.number, by=gu, instead_of=0)
    customer = one("new")
    Outlook.objects.create(customer=customer, as_of=timezone.localdate(), value="high", paid=1_000_000)
    SegmentDirty.objects.all().delete()

    outlook.refresh([customer.pk])

    assert SegmentDirty.objects.filter(customer=customer).exists()

"""Who left a segment: each with the line that says no, by hand or by rule, seen by those who may see the person."""

import pytest
from django.test import Client
from django.utils import timezone, translation

from customers.merging import merge
from customers.models import Metrics, SegmentLeaving, SegmentMember
from customers.models.segment import Rule, Segment
from customers.privacy import erase, held_about
from customers.retention import segment_leavings
from customers.segments.leaving import leavers
from customers.segments.refreshing import refresh, refresh_some
from customers.segments.verbs import block, let_go, pin, publish, retire, save
from customers.tests.segment_cast import ORDERS, figures, live, one

pytestmark = pytest.mark.django_db
AWAY: Rule = {"field": "last_order", "op": "at_least", "n": 180}
ENGLISH: Rule = {"field": "locale", "op": "is", "one": ["en"]}


def told(segment: Segment, reader) -> dict[str, str]:
    with translation.override("en"):
        return {row.customer.display_name: row.reason for row in leavers(segment, reader, cursor=None).rows}


def test_the_lines_that_say_no_are_named_and_no_others(gu) -> None:
    rule: Rule = {"all": [ORDERS, {"any": [AWAY, ENGLISH]}, {"not": [{"field": "spent", "op": "at_least", "n": 5000}]}]}
    fewer, nearer, richer, stays = (figures(one(name), orders=5, last=200) for name in ("few", "near", "rich", "stays"))
    segment = live("old", rule)
    Metrics.objects.filter(customer=fewer).update(orders=1)
    Metrics.objects.filter(customer=nearer).update(last_on=timezone.localdate())
    Metrics.objects.filter(customer=richer).update(spent=900_000)

    refresh(segment)

    rows = {row.customer_id: row.lines for row in SegmentLeaving.objects.all()}
    assert rows == {fewer.pk: ["0"], nearer.pk: ["1.0", "1.1"], richer.pk: ["2.0"]}
    said = told(segment, gu)
    assert "no longer: Purchases at least 3 times" in said["few"]
    assert said["near"].count(",") == 1
    assert said["rich"].startswith("now: ")
    assert not SegmentLeaving.objects.filter(customer=stays).exists()


def test_a_sweep_names_the_same_as_a_whole_refresh(gu) -> None:
    person = figures(one("p"), orders=5)
    segment = live("regulars", {"all": [ORDERS]})
    for again in (refresh, lambda s: refresh_some(s, [person.pk])):
        Metrics.objects.update(orders=1)
        again(segment)
        Metrics.objects.update(orders=5)
        again(segment)

    assert [(row.cause, row.lines, row.version) for row in SegmentLeaving.objects.all()] == [("rule", ["0"], 1)] * 2
    assert all(row.again for row in leavers(segment, gu, cursor=None).rows)


def test_many_at_once_are_told_the_version(gu, monkeypatch) -> None:
    monkeypatch.setattr("customers.segments.leaving.NAMED", 1)
    for name in ("a", "b"):
        figures(one(name), orders=5)
    segment = live("regulars", {"all": [ORDERS]})
    publish(segment, save(segment, {"all": [ORDERS | {"n": 9}]}, by=None).number, by=None, instead_of=1)

    refresh(segment)

    assert set(told(segment, gu).values()) == {"Version 2 does not mean this one"}


def test_by_hand_has_the_name_and_the_reason(gu) -> None:
    regular, new, timed = figures(one("regular"), orders=5), figures(one("new"), orders=1), figures(one("t"), orders=1)
    segment = live("regulars", {"all": [ORDERS]})
    block(segment, regular, by=gu, why="asked us to")
    let_go(pin(segment, new, by=gu, why="soon"), by=gu)
    pin(segment, timed, by=gu, why="a trial")
    SegmentMember.objects.filter(customer=timed).update(until=timezone.now())
    refresh(segment)

    rows = {row.customer_id: (row.cause, row.by, row.why) for row in SegmentLeaving.objects.select_related("by")}

    assert rows == {
        regular.pk: ("block", gu, "asked us to"),
        new.pk: ("unpinned", gu, ""),
        timed.pk: ("unpinned", None, ""),
    }
    assert "The pin ended; the rule does not mean this one: Purchases" in told(segment, gu)["new"]


def test_out_of_use_everybody_left_and_a_block_leaves_nobody_twice(gu) -> None:
    regular, new = figures(one("regular"), orders=5), figures(one("new"), orders=1)
    segment = live("regulars", {"all": [ORDERS]})
    block(segment, new, by=gu, why="never in")
    retire(segment, by=gu)

    assert list(SegmentLeaving.objects.values_list("customer", "cause", "by")) == [(regular.pk, "retired", gu.pk)]


def test_rows_go_along_in_a_merge_are_given_out_and_forgotten(gu) -> None:
    kept, joined = figures(one("kept"), orders=5), figures(one("joined"), orders=5)
    segment = live("regulars", {"all": [ORDERS]})
    Metrics.objects.filter(customer=joined).update(orders=1)
    refresh(segment)
    merge(kept, joined, by=gu, reason="one person")

    assert SegmentLeaving.objects.get().customer == kept
    assert held_about(kept, by=gu)["customers"]["segments_left"][0]["cause"] == "rule"
    erase(kept, by=gu)
    assert not SegmentLeaving.objects.exists()


def test_old_rows_go(gu) -> None:
    figures(one("regular"), orders=5)
    segment = live("regulars", {"all": [ORDERS]})
    retire(segment, by=None)

    assert segment_leavings(timezone.now()) == 1


def test_the_page_names_them_newest_first_to_whom_it_may(client: Client, mei, he, gu, jingan) -> None:
    figures(mei, orders=5)
    figures(one("elsewhere", home_store=jingan), orders=5)
    for place in range(26):
        figures(one(f"p{place}"), orders=5)
    segment = live("regulars", {"all": [ORDERS]})
    client.force_login(gu)
    assert "Nobody has left lately" in client.get("/segments/regulars/?via=left").content.decode()
    Metrics.objects.update(orders=1)
    refresh(segment)

    first = client.get("/segments/regulars/?via=left")
    rest = client.get("/segments/regulars/", {"via": "left", "after": first.context["page"].next_cursor})
    client.force_login(he)
    own = client.get("/segments/regulars/?via=left").content.decode()

    assert len(first.context["page"].rows) == 25
    assert len(rest.context["page"].rows) == 3
    assert "no longer: Purchases at least 3 times" in first.content.decode()
    assert mei.display_name in own
    assert "elsewhere" not in own


def test_the_view_asks_few_queries(client: Client, gu, django_assert_max_num_queries) -> None:
    for place in range(26):
        figures(one(f"p{place}"), orders=5)
    segment = live("regulars", {"all": [ORDERS]})
    Metrics.objects.update(orders=1)
    refresh(segment)
    client.force_login(gu)
    client.get("/segments/regulars/?via=left")

    with django_assert_max_num_queries(14):
        client.get("/segments/regulars/?via=left")

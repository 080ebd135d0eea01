"""The builder in every state: somebody faster, nobody fits, wrong with links, undone, slow; who may be reached."""

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from customers.models import Segment, SegmentVersion
from customers.segments import counting
from customers.segments.verbs import SomebodyFaster, block, pin, publish, save
from customers.tests.segment_cast import ORDERS, figures, live, one
from customers.tests.test_segments import many_threads as many_threads
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words

pytestmark = pytest.mark.django_db
NEW, RULE = "/segments/new/", "/segments/regulars/rule/"
MORE = {"all": [ORDERS | {"n": 4}]}
MOST = {"all": [ORDERS | {"n": 9}]}
ENGLISH = {"field": "locale", "op": "is", "one": ["en"]}


@pytest.fixture
def yan(client: Client, gu) -> Client:
    client.force_login(gu)
    return client


def rule_of(answer: Any) -> Any:
    return json.loads(answer.context["rule"])


def sent(rule: Any, do: str, **more: Any) -> dict[str, Any]:
    return {"rule": json.dumps(rule), "open": "", "do": do} | more


def test_who_began_on_an_older_version_sees_both_and_loses_nothing(yan: Client, he) -> None:
    segment = live("regulars", {"all": [ORDERS]})
    assert yan.get(RULE).context["work"].base == 1
    save(segment, MORE, by=he, after=1)

    late = yan.post(RULE, sent(MOST, "save", base="1"))

    assert late.status_code == 409
    text = late.content.decode()
    assert "saved version 2" in text
    assert "at least 4 times" in text
    assert rule_of(late) == MOST
    assert segment.versions.count() == 2
    assert late.context["work"].base == 1  # pressing “save” once more says the same
    assert yan.post(RULE, sent(MOST, "save", base="1")).status_code == 409

    theirs = yan.post(RULE, sent(MOST, "theirs", base="1"))
    assert rule_of(theirs) == MORE
    assert theirs.context["work"].base == 2
    # Mine stays at hand through whatever is done to theirs meanwhile.
    mine = {"base": "2", "mine": theirs.context["work"].mine_text}
    on = yan.post(RULE, sent(MORE, "open:0", **mine))
    assert "Yours is kept until you save" in on.content.decode()
    back = yan.post(RULE, sent(MORE, "mine", **mine))
    assert rule_of(back) == MOST
    assert "Yours is kept until you save" not in back.content.decode()
    for odd in ("{", "[]", "null", '{"all": "x"}', "\0"):
        assert yan.post(RULE, sent(MORE, "mine", base="2", mine=odd)).status_code in (200, 422)

    assert yan.post(RULE, sent(MOST, "over:2", base="1")).status_code == 302
    assert [row.rule for row in segment.versions.order_by("number")] == [{"all": [ORDERS]}, MORE, MOST]


def test_a_third_one_meanwhile_is_told_again(yan: Client, he) -> None:
    segment = live("regulars", {"all": [ORDERS]})
    save(segment, MORE, by=he)
    save(segment, {"all": [ORDERS | {"n": 6}]}, by=he)

    assert yan.post(RULE, sent(MOST, "over:2", base="1")).status_code == 409
    for base in ("", "-1", "٢", "9" * 30, "x\0"):
        assert yan.post(RULE, sent(MOST, "save", base=base)).status_code == 409
    assert yan.post(RULE, sent({"all": [ORDERS | {"n": 6}]}, "save", base="1")).status_code == 302  # the very same rule
    assert segment.versions.count() == 3


def test_publishing_on_top_of_another_shows_both(yan: Client, he) -> None:
    segment = live("regulars", {"all": [ORDERS]})
    save(segment, MORE, by=he)
    save(segment, MOST, by=he)
    publish(segment, 2, by=he, instead_of=1)

    late = yan.post("/segments/regulars/publish/", {"number": "3", "instead_of": "1"})

    assert late.status_code == 409
    text = late.content.decode()
    assert "at least 4 times" in text
    assert "at least 9 times" in text
    assert Segment.objects.get().version == 2
    assert yan.post("/segments/regulars/publish/", {"number": "3", "instead_of": "2"}).status_code == 302
    twice = yan.post("/segments/regulars/publish/", {"number": "3", "instead_of": "2"})
    assert twice.status_code == 422


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told(many_threads) -> None:
    segment = live("regulars", {"all": [ORDERS]})

    found = many_threads([lambda: save(Segment.objects.get(), MORE, by=None, after=1),
                          lambda: save(Segment.objects.get(), MOST, by=None, after=1)])  # fmt: skip

    assert sorted(type(each).__name__ for each in found) == ["SegmentVersion", "SomebodyFaster"]
    (told,) = [each for each in found if isinstance(each, SomebodyFaster)]
    assert told.version == segment.newest
    assert SegmentVersion.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_new_ones_with_one_code_one_is_told(many_threads, gu) -> None:
    from customers.segments.verbs import save_as

    def made() -> object:
        return save_as(Segment(code="same", name=words("same")), {"all": [ORDERS]}, by=gu)

    found = many_threads([made, made])

    assert sorted(isinstance(each, TransitionRefused) for each in found) == [False, True]
    assert Segment.objects.count() == 1


def test_nobody_names_the_condition_that_empties_it(yan: Client) -> None:
    figures(one("a"), orders=5)
    figures(one("b"), orders=6)
    figures(one("c"), orders=1)
    rule = {"all": [ORDERS, ENGLISH]}

    answer = yan.post(NEW, sent(rule, "apply"))

    assert answer.context["counts"].emptied[:2] == ("1", 2)
    assert "it would be 2." in answer.content.decode()
    taken = yan.post(NEW, sent(rule, "remove:1"))
    assert taken.context["counts"].people == 2
    out = yan.post(NEW, sent({"all": [ORDERS, {"not": [ORDERS]}, {"any": [ENGLISH, ENGLISH]}]}, "apply"))
    assert out.context["counts"].emptied is None
    assert "whichever single condition" in out.content.decode()


def test_what_was_taken_away_comes_back(yan: Client) -> None:
    rule = {"all": [ORDERS, ENGLISH]}

    taken = yan.post(NEW, sent(rule, "remove:0"))

    assert rule_of(taken) == {"all": [ENGLISH]}
    work = taken.context["work"]
    back = yan.post(NEW, sent({"all": [ENGLISH]}, "undo:0", before=work.before_text))
    assert rule_of(back) == rule
    assert back.context["work"].focus == "0"
    for broken in ("{", "null", "[" * 20_000, '{"all": [{"field": "x"}]}'):
        lost = yan.post(NEW, sent({"all": [ENGLISH]}, "undo:0", before=broken))
        assert lost.status_code == 422
        assert rule_of(lost) == {"all": [ENGLISH]}


def test_what_is_wrong_is_linked_to_its_place(yan: Client) -> None:
    first = live("first", {"all": [ORDERS]})
    live("second", {"all": [{"field": "in_segment", "op": "is", "segment": "first"}]})
    asks = {"all": [ORDERS, {"field": "in_segment", "op": "is", "segment": "second"}]}

    circle = yan.post(f"/segments/{first.code}/rule/", sent(asks, "save", base="1"))
    empty = yan.post(NEW, sent({"all": [ORDERS, {"any": []}]}, "save", code="x", name_en="X"))
    typed = yan.post(NEW, sent({"all": [ORDERS]}, "save", open="0", field="orders") | {"s-op": "at_least", "s-n": "x"})

    assert "first → second → first" in circle.content.decode()
    for answer, anchor in ((circle, "part-1"), (empty, "part-1"), (typed, "slot-n"), (typed, "id_code")):
        assert answer.status_code == 422
        assert f'href="#{anchor}"' in answer.content.decode()
        assert f'id="{anchor}"' in answer.content.decode()
    assert 'aria-invalid="true"' in typed.content.decode()


def test_a_count_that_takes_long_is_estimated_and_goes_on_exactly(yan: Client, monkeypatch) -> None:
    for place in range(30):
        figures(one(f"p{place}"), orders=5)
    figured = counting._figured

    def slow(cursor: Any, made: Any, counts: Any, share: int | None, *more: Any, **few: Any) -> Any:
        if share is None:
            raise OperationalError
        return figured(cursor, made, counts, share, *more, **few)

    monkeypatch.setattr(counting, "_figured", slow)
    rule, htmx = {"all": [ORDERS]}, {"HX-Request": "true"}
    begun = yan.post(NEW, sent(rule, "apply"), headers=htmx)
    assert begun.context["counts"].estimate
    assert "<progress" in begun.content.decode()

    counted, answer = "0-0-0-0", begun
    for _slice in range(counting.SLICES):
        assert "<progress" in answer.content.decode()
        answer = yan.post(NEW, sent(rule, "exact", counted=counted), headers=htmx)
        counted = str(answer.context["slice"])

    assert "Exactly 30 of 30." in answer.content.decode()
    assert "hx-trigger" not in answer.content.decode()
    # What is typed meanwhile, right or wrong, is not what is counted; another rule's parts are not added to it.
    typing = {"open": "0", "field": "orders", "s-n": ""}
    on = yan.post(NEW, sent(rule, "exact", counted="4-12-12-" + counted.rpartition("-")[2], **typing), headers=htmx)
    assert (on.status_code, on.context["slice"].done) == (200, 5)
    other = yan.post(NEW, sent({"all": [ORDERS | {"n": 2}]}, "exact", counted=counted), headers=htmx)
    assert other.context["slice"].done == 1
    for odd in ("", "x", "1-2", "99999-1-1-0", "٣-1-1-1", "1-" + "9" * 100 + "-1-1"):
        assert yan.post(NEW, sent(rule, "exact", counted=odd), headers=htmx).status_code == 200
    monkeypatch.setattr(counting, "_figured", lambda *given: slow(None, None, None, None))
    failed = yan.post(NEW, sent(rule, "exact", counted="3-1-1-0"), headers=htmx)
    assert "takes too long" in failed.content.decode()


def test_pins_and_blocks_are_named_in_the_builder_and_paged(yan: Client, gu) -> None:
    segment = live("regulars", {"all": [ORDERS]})
    for place in range(27):
        pin(segment, one(f"p{place}"), by=gu, why="ours")
    block(segment, one("b"), by=gu, why="asked us to")

    text = yan.get(RULE).content.decode()
    first = yan.get("/segments/regulars/?via=pin")
    rest = yan.get("/segments/regulars/", {"via": "pin", "after": first.context["page"].next_cursor})

    assert "27 pinned" in text
    assert "1 blocked" in text
    assert (len(first.context["page"].rows), len(rest.context["page"].rows)) == (25, 2)
    assert "?via=pin&amp;after=" in first.content.decode()

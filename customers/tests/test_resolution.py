"""The rules of the comparison, on a handful of records beside some hundred strangers."""

import hashlib
import random
from typing import Any

import pytest
from django.utils import translation

from customers.resolution.names import name_of
from customers.resolution.outcome import ASKS, JOINS, Outcome, compare
from customers.resolution.people import Held, Person, gathered
from customers.resolution.reasons import SENTENCES, sentences, strength_of

FAMILIES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹"
SIGNS = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红玲芬燕彬鹏浩宇雪梅琳晨"


def held(kind: str, value: str, **more: Any) -> Held:
    mark = int.from_bytes(hashlib.sha256(f"{kind}{value}".encode()).digest()[:8], "big", signed=True)
    return Held(kind, value, mark, **more)


def phone(value: str, **more: Any) -> Held:
    return held("phone", f"+86{value}", **more)


def strangers(count: int = 400) -> list[Person]:
    chance = random.Random(5)
    return [
        Person(
            number, chance.choice(FAMILIES), "".join(chance.sample(SIGNS, 2)), "", chance.randint(1955, 2008),
            chance.randint(1, 12), chance.randint(1, 28), city=chance.choice(["杭州", "上海", "成都", "北京", "广州"]),
            held=[phone(str(13_100_000_000 + chance.randrange(800_000_000)))],
        )
        for number in range(1000, 1000 + count)
    ]  # fmt: skip


def met(*people: Person, among: int = 400, **more: Any) -> Outcome:
    return compare(gathered([*people, *strangers(among)]), **more)


def joined(outcome: Outcome) -> set[tuple[int, int]]:
    return {(pair.first, pair.second) for pair in outcome.same}


def asked(outcome: Outcome) -> set[tuple[int, int]]:
    return {(pair.first, pair.second) for pair in outcome.to_ask}


def codes(outcome: Outcome) -> set[str]:
    return {reason["code"] for pair in [*outcome.same, *outcome.to_ask] for reason in pair.reasons}


MEI = {"family": "梅", "given": "雨晴", "year": 1993, "month": 12, "day": 2}
NUMBER = "19900001234"


@pytest.mark.parametrize("among", [0, 400])
def test_the_same_name_birth_date_and_phone_are_one_person(among: int) -> None:
    outcome = met(Person(1, **MEI, held=[phone(NUMBER)]), Person(2, **MEI, held=[phone(NUMBER)]), among=among)

    assert joined(outcome) == {(1, 2)}
    assert outcome.same[0].score >= JOINS
    assert {"phone.same", "birth.same"} <= codes(outcome)


def test_strangers_stay_strangers() -> None:
    outcome = met()

    assert not outcome.same
    assert len(outcome.to_ask) <= 1


def test_an_equal_strong_identity_joins_where_nothing_is_known_against_it() -> None:
    outcome = met(Person(1, **MEI, held=[phone(NUMBER)]), Person(2, display="梅小姐", held=[phone(NUMBER)]))

    assert joined(outcome) == {(1, 2)}


def test_a_number_given_out_again_does_not_join() -> None:
    other = Person(2, "周", "建军", "", 1961, 4, 17, held=[phone(NUMBER)])

    outcome = met(Person(1, **MEI, held=[phone(NUMBER)]), other)

    assert not outcome.same


@pytest.mark.parametrize(("kind", "joins"), [("phone", False), ("id_number", True), ("unionid", True)])
def test_under_a_wholly_different_name_only_what_is_never_given_out_again_joins(kind: str, joins: bool) -> None:
    outcome = met(Person(1, **MEI, held=[held(kind, NUMBER)]), Person(2, "周", "建军", held=[held(kind, NUMBER)]))

    assert bool(outcome.same) is joins


def test_a_name_that_differs_joins_while_the_birth_date_agrees() -> None:
    married = Person(2, "周", "雨晴", "", 1993, 12, 2, held=[phone(NUMBER)])

    assert joined(met(Person(1, **MEI, held=[phone(NUMBER)]), married)) == {(1, 2)}


def test_two_verified_numbers_that_differ_block_and_are_asked() -> None:
    outcome = met(
        Person(1, **MEI, city="杭州", held=[phone(NUMBER, verified=True)]),
        Person(2, **MEI, city="杭州", held=[phone("19955556666", verified=True)]),
    )

    assert not outcome.same
    assert asked(outcome) == {(1, 2)}
    assert "rule.proven_apart" in codes(outcome)


def test_an_unverified_other_number_counts_against_and_a_slip_less() -> None:
    def score(number: str) -> float:
        mine, other = Person(1, **MEI, held=[phone(NUMBER, verified=True)]), Person(2, **MEI, held=[phone(number)])
        outcome = met(mine, other, threshold=0.999999999, asks=0.001)
        return next(pair.score for pair in [*outcome.same, *outcome.to_ask] if (pair.first, pair.second) == (1, 2))

    assert score("19955556666") < score("19900001243") < score(NUMBER) + 1e-12
    assert joined(met(Person(1, **MEI, held=[phone(NUMBER)]), Person(2, **MEI, held=[phone("19955556666")]))) == {
        (1, 2)
    }


def test_a_household_phone_only_suggests() -> None:
    home = phone("057188881234", shared=True)

    outcome = met(Person(1, "梅", "雨晴", held=[home]), Person(2, "梅", "雨晴", held=[phone("057188881234")]))

    assert not outcome.same
    assert asked(outcome) == {(1, 2)}
    assert "rule.household" in codes(outcome)


def test_the_family_behind_a_household_phone_is_not_even_asked() -> None:
    home = phone("057188881234", shared=True)

    outcome = met(Person(1, "梅", "雨晴", held=[home]), Person(2, "梅", "建国", held=[home]))

    assert not outcome.same
    assert not outcome.to_ask


def test_a_shared_device_says_nothing() -> None:
    tablet = held("device", "tablet-7", shared=True)

    outcome = met(Person(1, "梅", "雨晴", held=[tablet]), Person(2, "周", "建军", held=[tablet]))

    assert not outcome.same
    assert not outcome.to_ask


def test_a_number_of_a_crowd_says_nothing() -> None:
    people = [Person(number, FAMILIES[number], SIGNS[number] * 2, held=[phone(NUMBER)]) for number in range(20)]

    outcome = met(*people)

    assert not outcome.same
    assert not outcome.to_ask


def test_a_nameless_record_does_not_tie_a_family_together() -> None:
    mother = Person(1, "梅", "玉兰", "", 1962, 3, 4, held=[phone(NUMBER)])
    daughter = Person(2, **MEI, held=[phone(NUMBER)])
    nameless = Person(3, display="梅小姐", held=[phone(NUMBER)])

    outcome = met(mother, daughter, nameless)

    assert (1, 2) not in joined(outcome)
    assert len(outcome.groups) <= 1


def test_a_name_and_a_town_alone_never_join() -> None:
    people = [Person(number, "欧阳", "芷若", city="杭州") for number in (1, 2)]

    outcome = met(*people, threshold=0.02, asks=0.01)

    assert (1, 2) not in joined(outcome)
    assert (1, 2) in asked(outcome)


def test_what_a_person_called_different_is_neither_joined_nor_asked() -> None:
    people = [Person(number, **MEI, held=[phone(NUMBER)]) for number in (1, 2)]

    outcome = met(*people, apart=[(1, 2)])

    assert not outcome.same
    assert not outcome.to_ask


def test_a_third_record_does_not_bring_together_what_a_person_called_different() -> None:
    people = [Person(number, **MEI, held=[phone(NUMBER)]) for number in (1, 2, 3)]

    outcome = met(*people, apart=[(1, 2)])

    assert (1, 2) not in joined(outcome)
    assert len(outcome.same) == 1


def test_the_record_that_says_more_stays() -> None:
    poor, rich = Person(1, display="梅小姐", held=[phone(NUMBER)]), Person(2, **MEI, city="杭州", held=[phone(NUMBER)])

    assert met(poor, rich).groups == [[2, 1]]


@pytest.mark.parametrize(
    ("said", "family", "given"),
    [
        (("梅", "雨晴", ""), "梅", "雨晴"),
        (("", "", "梅雨晴🌲"), "梅", "雨晴"),
        (("梅", "建國", ""), "梅", "建国"),
        (("", "", "梅小姐"), "梅", ""),
        (("", "", "梅**"), "梅", ""),
        (("", "", "欧阳 静"), "欧阳", "静"),
        (("", "", "Mei Yuqing"), "mei", "yuqing"),
        (("", "", "不吃香菜"), "", ""),
        (("", "", "C00000017"), "", ""),
    ],
)
def test_names_come_to_one_form(said: tuple[str, str, str], family: str, given: str) -> None:
    assert name_of(*said)[:2] == (family, given)


@pytest.mark.parametrize("written", ["Mei Yuqing", "Yuqing Mei", "梅雨晴☕", "梅 雨晴"])
def test_pinyin_and_order_do_not_hide_a_name(written: str) -> None:
    mine = Person(1, **MEI, held=[phone(NUMBER)])
    same = Person(2, display=written, year=1993, month=12, day=2, held=[phone("19911112222")])

    assert joined(met(mine, same)) == {(1, 2)}


def test_reasons_are_sentences_with_a_strength_and_hold_no_value() -> None:
    outcome = met(
        Person(1, **MEI, held=[phone(NUMBER, verified=True)]), Person(2, **MEI, held=[phone(NUMBER, verified=True)])
    )

    with translation.override("en"):
        said = sentences(outcome.same[0].reasons)

    assert ("Same phone, verified on both sides", "strong", False) in said
    assert codes(outcome) <= set(SENTENCES)
    assert NUMBER[3:] not in str(outcome.same)
    assert strength_of({"code": "phone.different", "weight": -1.3}) == "doubtful"
    with translation.override("en"):
        assert sentences([{"code": "unheard.of", "weight": 1.0}]) == [("unheard.of", "weak", False)]


def test_thresholds_part_joining_from_asking() -> None:
    people = [Person(1, **MEI, held=[phone(NUMBER)]), Person(2, **MEI, held=[phone(NUMBER)])]

    outcome = met(*people, threshold=1 - 1e-15)

    assert not outcome.same
    assert asked(outcome) == {(1, 2)}
    assert ASKS < JOINS

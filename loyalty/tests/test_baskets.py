"""What a coupon takes off a basket, and the best combination, against a search that tries everything."""

import time as clock
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import chain, combinations
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.baskets import Basket, Held, Line, Rule
from loyalty.best import Best, best, together, verdict
from loyalty.taking_off import HANDED_OVER, ORDER, take_off, untouched

SHANGHAI = ZoneInfo("Asia/Shanghai")
SUNDAY = datetime(2026, 11, 22, 14, 22, tzinfo=SHANGHAI)
LINES = (
    Line("YG-BRA-M", 29900, parent="YG-BRA", categories=frozenset({"yoga", "sport"})),
    Line("RUN-JKT-M", 45900, parent="RUN-JKT", categories=frozenset({"run", "sport"})),
    Line("R08-3", 5900, parent="R08", categories=frozenset({"socks", "sport"})),
)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def basket(*lines: Line, **more) -> Basket:
    return Basket(lines or LINES, **({"at": SUNDAY} | more))


def held(
    kind: str, group: str = "", *, pk: int = 1, ends: datetime | None = None, begins: datetime | None = None, **more
) -> Held:
    sets = {name: frozenset(value) if isinstance(value, list | tuple) else value for name, value in more.items()}
    code = sets.pop("code", f"{kind}{pk}")
    return Held(pk, Rule(code, kind, group or kind, **sets), begins=begins, ends=ends, name=code)


def said(one) -> str:
    return str(one.why)


MJ80 = held("amount", pk=1, code="MJ80", amount=8000, threshold=60000, not_categories=["skin"], not_with=["percent"],
            ends=SUNDAY + timedelta(days=8))  # fmt: skip
SOCK0 = held("gift", pk=2, code="SOCK0", products=["R08"], ends=SUNDAY + timedelta(days=23))
BD10 = held(
    "percent", pk=3, code="BD10", percent=10, not_with=["amount"], levels=["gold"], ends=SUNDAY + timedelta(days=39)
)


def test_the_counter_sees_the_best_two_and_what_the_third_would_lose() -> None:
    found = best([MJ80, SOCK0, BD10], basket(level="gold"))

    assert [(each.coupon.rule.code, each.off) for each in found.chosen] == [("SOCK0", 5900), ("MJ80", 8000)]
    assert found.off == 13900
    [other] = found.others
    assert (other.coupon.rule.code, other.usable, other.loss) == ("BD10", False, 420)
    assert said(other) == "Cannot be used with “MJ80”. Using it instead saves ¥4.20 less."


def test_a_threshold_says_how_much_is_to_go() -> None:
    refused = verdict(MJ80, basket(Line("A", 55800)))

    assert not refused.usable
    assert refused.why.missing == 4200
    assert said(refused) == "Needs ¥600. ¥42 to go."
    assert verdict(MJ80, basket(Line("A", 60000))).off == 8000


def test_what_is_excepted_counts_neither_for_the_threshold_nor_for_what_is_taken_off() -> None:
    cream = Line("K01", 40000, categories=frozenset({"skin"}))

    assert verdict(MJ80, basket(cream, Line("A", 55800))).why.missing == 4200
    assert verdict(MJ80, basket(cream, Line("A", 60000))).lines == (0, 8000)


def test_an_amount_is_shared_by_largest_remainder_and_never_exceeds_its_lines() -> None:
    off = held("amount", amount=2000)

    assert verdict(off, basket(Line("A", 35820), Line("B", 573))).lines == (1969, 31)
    assert verdict(off, basket(Line("A", 700), Line("B", 573))).lines == (700, 573)


def test_percent_is_rounded_once_half_up_and_capped() -> None:
    assert verdict(held("percent", percent=10), basket(Line("A", 105), Line("B", 100))).off == 21
    assert verdict(held("percent", percent=10, most_off=20000), basket(Line("A", 900000))).off == 20000


def test_step_takes_off_each_piece_from_so_many_on() -> None:
    refills = Line("H07-R", 9000, quantity=Decimal(3), categories=frozenset({"refill"}))
    step3 = held("step", percent=12, pieces=3, categories=["refill"])

    assert verdict(step3, basket(refills)).off == 1080
    two = verdict(step3, basket(Line("H07-R", 6000, quantity=Decimal(2), categories=frozenset({"refill"}))))
    assert said(two) == "Needs 3 pieces. 1 to go."
    assert (
        verdict(held("step", amount=500, pieces=2), basket(Line("A", 1600, quantity=Decimal(2)), Line("B", 300))).off
        == 1300
    )


def test_the_second_cup_at_half_the_price_while_it_rains() -> None:
    rain = held("percent", percent=50, pieces=2, categories=["drink"], needs=["rain"])
    cups = (Line("LATTE", 2800, categories=frozenset({"drink"})), Line("TEA", 1800, categories=frozenset({"drink"})))

    assert verdict(rain, basket(*cups, holds=frozenset({"rain"}))).lines == (0, 900)
    assert said(verdict(rain, basket(*cups))) == "Only while it rains here. Keep it for then."


NIGHT = held("gift", code="NIGHT", categories=["hot-drink"], with_categories=["meal"], weekdays=[0, 1, 2, 3, 4],
             from_time=time(19), until_time=time(22, 30), store_scenes=["office"])  # fmt: skip
SUPPER = (Line("BOWL", 3800, categories=frozenset({"meal"})), Line("TEA", 1800, categories=frozenset({"hot-drink"})))
MONDAY_EVENING = SUNDAY.replace(day=23, hour=21, minute=0)


@pytest.mark.parametrize(
    ("lines", "more", "expected"),
    [
        (SUPPER, {}, 1800),
        (SUPPER[1:], {}, "Add something it goes with: see its terms."),
        (SUPPER[:1], {}, "Nothing here fits it. Add something it is made for."),
        (SUPPER, {"scene": "mall"}, "Not in this store: see its terms for where."),
        (SUPPER, {"at": SUNDAY.replace(hour=21)}, "Not today: see its terms for the days."),
        (SUPPER, {"at": MONDAY_EVENING.replace(hour=18, minute=59)}, "Only from 19:00 to 22:30. Come back then."),
        (SUPPER, {"at": MONDAY_EVENING.replace(hour=22, minute=30)}, "Only from 19:00 to 22:30. Come back then."),
    ],
)  # fmt: skip
def test_an_overtime_drink_needs_its_evening_its_store_and_its_meal(lines, more, expected) -> None:
    found = verdict(NIGHT, basket(*lines, **({"at": MONDAY_EVENING, "scene": "office"} | more)))

    assert (found.off if found.usable else said(found)) == expected


@pytest.mark.parametrize(("hour", "day", "usable"), [(23, 20, True), (1, 21, True), (1, 20, False), (12, 20, False)])
def test_hours_over_midnight_belong_to_the_evening_they_began(hour: int, day: int, usable: bool) -> None:
    friday_night = held("amount", amount=100, weekdays=[4], from_time=time(22), until_time=time(2))

    assert verdict(friday_night, basket(at=SUNDAY.replace(day=day, hour=hour))).usable is usable


@pytest.mark.parametrize(
    ("coupon", "lines", "more", "expected"),
    [
        (held("delivery"), LINES, {"delivery_fee": 1200}, 1200),
        (held("delivery"), LINES, {}, "There is no delivery to pay. Keep it for the next one."),
        (held("delivery", needs=["first_order"], channels=["web"]), LINES, {"delivery_fee": 1200, "channel": "web", "has_bought": True},
         "Only for a first order. Choose another coupon."),
        (held("delivery", channels=["web"]), LINES, {"delivery_fee": 1200, "channel": "store"}, "Not here: use it in another channel."),
        (held("percent", percent=20, categories=["travel"], needs=["away"], free_delivery=True),
         (Line("T1", 5000, categories=frozenset({"travel"})),), {"holds": frozenset({"away"}), "delivery_fee": 900}, 1900),
        (held("percent", percent=20, needs=["away"]), LINES, {}, "Only in another city than the home store's. Keep it for the next trip."),
        (held("exchange", amount=10000, most_off=60000, categories=["sport"]), LINES, {"assessed": 25000}, 25000),
        (held("exchange", amount=10000, most_off=60000, categories=["sport"]), LINES, {"assessed": 2000}, 10000),
        (held("exchange", amount=10000, most_off=60000, categories=["sport"]), LINES, {"assessed": 99999}, 60000),
        (held("exchange", amount=10000, categories=["sport"]), LINES, {}, "Have the old one valued first."),
        (held("exchange", most_off=60000), LINES, {"assessed": 2000}, 2000),
        (held("exchange"), LINES, {}, 0),
        (held("sample", products=["K09"]), LINES, {}, 0),
        (held("gift"), LINES, {}, 0),
        (held("upgrade", amount=300, products=["R08"], levels=["gold", "black"]), LINES, {"level": "gold"}, 300),
        (held("upgrade", amount=300, levels=["gold", "black"]), LINES, {"level": "friend"}, "Only for other levels: see its terms."),
        (held("amount", amount=500, ends=SUNDAY), LINES, {}, "Its time was over on 2026-11-22."),
        (held("amount", amount=500, begins=SUNDAY + timedelta(days=1)), LINES, {}, "Not yet: it begins on 2026-11-23."),
        (held("amount", amount=500), (Line("A", 0),), {}, "Nothing is left for it to take off. Keep it."),
    ],
)  # fmt: skip
def test_every_kind_on_a_basket(coupon, lines, more, expected) -> None:
    found = verdict(coupon, basket(*lines, **more))

    assert (found.off if found.usable else said(found)) == expected


def test_another_currency_counts_by_the_rate_of_the_day_or_not_at_all() -> None:
    till = {"currency": "HKD", "lines": (Line("A", 65000),)}

    assert said(verdict(MJ80, Basket(at=SUNDAY, **till))) == "It counts in CNY. Enter the rate of the day."
    found = verdict(MJ80, Basket(at=SUNDAY, rate=Decimal("0.92"), **till))
    assert said(found) == "Needs HK$652.17. HK$2.17 to go."
    assert verdict(MJ80, Basket(at=SUNDAY, rate=Decimal("0.92"), currency="HKD", lines=(Line("A", 65217),))).off == 8696


def test_of_two_that_take_off_the_same_the_one_that_ends_sooner_is_used() -> None:
    late, soon, never = (
        held("amount", pk=pk, amount=500, ends=ends, code=f"C{pk}")
        for pk, ends in ((1, SUNDAY + timedelta(days=9)), (2, SUNDAY + timedelta(days=3)), (3, None))
    )

    found = best([late, soon, never], basket())

    assert [each.coupon.id for each in found.chosen] == [2]
    assert [said(each) for each in found.others] == ["Cannot be used with “C2”. Using it instead saves the same."] * 2


def test_a_coupon_with_nothing_left_to_take_off_is_kept() -> None:
    whole, small = held("gift", pk=1, products=["R08"]), held("amount", pk=2, amount=100, products=["R08"])

    found = best([whole, small], basket())

    assert [each.coupon.id for each in found.chosen] == [1]
    assert said(found.others[0]) == "The others leave nothing for it to take off. Keep it."
    assert [each.usable for each in together([whole, small], basket())] == [True, False]


def test_two_of_one_group_are_never_laid_together() -> None:
    one, two = held("amount", pk=1, amount=100, code="A"), held("amount", pk=2, amount=100, code="B")

    assert [each.usable for each in together([one, two], basket())] == [True, False]


# Against a search that tries every set


def everything(coupons: list[Held], of: Basket) -> tuple[tuple[int, int, int], set[int]]:
    usable = [each for each in coupons if verdict(each, of).usable]
    by_end = sorted(usable, key=lambda each: (each.ends or datetime.max.replace(tzinfo=SHANGHAI), each.id))
    weight = {each.id: 1 << (len(by_end) - at) for at, each in enumerate(by_end)}
    top: tuple[tuple[int, int, int], set[int]] = ((-1, -1, -1), set())
    for some in chain.from_iterable(combinations(usable, size) for size in range(len(usable) + 1)):
        if any(not a.rule.goes_with(b.rule) for a, b in combinations(some, 2)):
            continue
        left, worth, fine = untouched(of), [0, 0, 0], True
        for each in sorted(some, key=lambda each: (ORDER.index(each.rule.kind), each.rule.code, each.id)):
            taken = take_off(each.rule, of, left)
            left = left.less(taken)
            fine = fine and (taken.off > 0 or each.rule.kind in HANDED_OVER)
            worth[0] += taken.off
            worth[1] += each.rule.kind in HANDED_OVER
            worth[2] += weight[each.id]
        if fine and tuple(worth) > top[0]:
            top = (tuple(worth), {each.id for each in some})
    return top


CATEGORIES = ["sport", "skin", "drink"]
some_categories = st.frozensets(st.sampled_from(CATEGORIES), max_size=2)
lines = st.lists(
    st.builds(Line, sku=st.sampled_from("ABCD"), amount=st.integers(0, 3000),
              quantity=st.sampled_from([Decimal(1), Decimal(2), Decimal(3), Decimal("0.125")]), categories=some_categories),
    min_size=1, max_size=4,
)  # fmt: skip
baskets = st.builds(lambda lines, fee, assessed: Basket(tuple(lines), SUNDAY, delivery_fee=fee, assessed=assessed),
                    lines, st.integers(0, 500), st.integers(0, 900))  # fmt: skip


@st.composite
def rules(draw, code: str) -> Rule:
    return Rule(
        code, draw(st.sampled_from(ORDER)), draw(st.sampled_from(["amount", "percent", "gift", "delivery", "service"])),
        amount=draw(st.integers(1, 1500)), percent=draw(st.integers(1, 100)), threshold=draw(st.sampled_from([0, 0, 500, 2500])),
        most_off=draw(st.none() | st.integers(0, 900)), pieces=draw(st.integers(1, 3)), categories=draw(some_categories),
        not_categories=draw(st.just(frozenset()) | some_categories), products=draw(st.frozensets(st.sampled_from("ABCD"), max_size=1)),
        not_with=draw(st.frozensets(st.sampled_from(["amount", "percent", "gift", "delivery"]), max_size=2)),
        free_delivery=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def hands(draw, most: int = 7) -> list[Held]:
    distinct = [draw(rules(f"R{number}")) for number in range(draw(st.integers(0, most)))]
    ends = st.none() | st.integers(1, 4).map(lambda days: SUNDAY + timedelta(days=days))
    return [Held(pk, rule, ends=draw(ends)) for pk, rule in enumerate(distinct + distinct[:1])]


@given(hands(), baskets)
@settings(max_examples=400, deadline=None)
def test_the_best_is_what_trying_everything_finds(coupons: list[Held], of: Basket) -> None:
    worth, ids = everything(coupons, of)

    found = best(coupons, of)

    assert found.off == worth[0]
    assert {each.coupon.id for each in found.chosen} == ids


@given(hands(), baskets)
@settings(max_examples=200, deadline=None)
def test_what_a_combination_takes_off_is_never_more_than_there_is(coupons: list[Held], of: Basket) -> None:
    found: Best = best(coupons, of)

    taken = [sum(each.lines[at] for each in found.chosen) for at in range(len(of.lines))]
    assert all(0 <= off <= line.amount for off, line in zip(taken, of.lines, strict=True))
    assert 0 <= sum(each.fee for each in found.chosen) <= of.delivery_fee
    assert sum(taken) + sum(each.fee for each in found.chosen) == found.off
    for each in found.chosen:
        covered = [each.coupon.rule.covers(line) for line in of.lines]
        assert all(off == 0 or fits for off, fits in zip(each.lines, covered, strict=True))
        assert each.coupon.rule.most_off is None or each.off <= each.coupon.rule.most_off
    assert {each.coupon.id for each in (*found.chosen, *found.others)} == {each.id for each in coupons}
    assert all(str(each.why) and each.loss >= 0 for each in found.others)


@given(rules("A"), baskets, st.data())
@settings(max_examples=300, deadline=None)
def test_when_less_is_left_no_coupon_takes_more(rule: Rule, of: Basket, data) -> None:
    full = untouched(of)
    left = type(full)(
        tuple(data.draw(st.integers(0, amount)) for amount in full.lines), data.draw(st.integers(0, full.fee))
    )

    assert take_off(rule, of, left).off <= take_off(rule, of, full).off


@given(hands(5), baskets)
@settings(max_examples=150, deadline=None)
def test_the_loss_of_a_swap_is_what_trying_everything_with_it_finds(coupons: list[Held], of: Basket) -> None:
    found = best(coupons, of)

    for other in (each for each in found.others if each.why.code.startswith("stacking")):
        fitting = [each for each in coupons if each is other.coupon or other.coupon.rule.goes_with(each.rule)]
        tops = []
        for some in chain.from_iterable(combinations(fitting, size) for size in range(1, len(fitting) + 1)):
            if other.coupon in some:
                laid = together(some, of)
                if all(each.usable for each in laid):
                    tops.append(sum(each.off for each in laid))
        assert other.loss == found.off - max(tops, default=0)


def test_forty_different_coupons_are_fast() -> None:
    groups = ["amount", "percent", "gift", "delivery", "service"]
    many = [
        held(ORDER[number % len(ORDER)], groups[number % 5], pk=number, code=f"N{number}", amount=700 + 7 * number,
             percent=5 + number % 20, categories=[["sport"], ["run"], ["yoga", "socks"], []][number % 4],
             most_off=[None, 3000, 5100][number % 3])
        for number in range(40)
    ]  # fmt: skip
    start = clock.perf_counter()

    found = best(many, basket(delivery_fee=1200))

    assert clock.perf_counter() - start < 1.5
    assert len(found.chosen) == 5

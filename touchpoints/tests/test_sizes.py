"""Sizes as people tell them."""

import pytest

from customers.models import Fact
from touchpoints.ingredients import avoided
from touchpoints.sizes import told_sizes


@pytest.mark.parametrize(("said", "sizes"), [
    ("上衣 M · 裤装 S · 鞋 37.5", {"top": "M", "bottom": "S", "shoe": "37.5"}),
    ("上身 S（US 4）、鞋 38（US 7.5）", {"top": "S", "shoe": "38"}),
    ("鞋 39，足弓外翻", {"shoe": "39"}),
    ("top XL, bottoms L", {"top": "XL", "bottom": "L"}),
    ("腰要松", {}),
    ("M", {}),  # of what? nobody knows
])  # fmt: skip
def test_sizes_are_read_out_of_words(said, sizes) -> None:
    assert told_sizes([Fact(key="sizes", value=said)]) == sizes


def test_the_newest_word_counts_and_what_to_alter_is_no_size() -> None:
    facts = [Fact(key="top_size", value="L"), Fact(key="sizes", value="上衣 M"), Fact(key="hem", value="裤长 −3 cm")]

    assert told_sizes(facts) == {"top": "L"}


def test_only_what_is_told_as_safety_keeps_a_piece_away() -> None:
    assert avoided([Fact(key="a", value="羊毛过敏", concern="safety"), Fact(key="b", value="爱吃坚果")]) == ["wool"]
    assert avoided([Fact(key="a", value="花生过敏", concern="safety")]) == ["peanuts"]

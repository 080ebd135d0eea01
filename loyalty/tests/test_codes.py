"""Codes: enough chance, every slip of the hand found, nothing that looks like something else."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.codes import LENGTH, RANDOM, SIGNS, grouped, is_well_formed, new_code, new_codes, tidy
from scrm.kernel.qr import picture_of

codes = st.builds(new_code)


def test_a_code_has_at_least_fifty_random_bits_in_signs_that_cannot_be_confused() -> None:
    assert len(set(SIGNS)) == 32
    assert not set(SIGNS) & set("ILOU")
    assert 5 * RANDOM >= 50


def test_many_codes_are_all_different_and_every_place_takes_every_sign() -> None:
    made = new_codes(4000)

    assert len(set(made)) == 4000
    assert all(is_well_formed(code) for code in made)
    for place in range(LENGTH):
        assert {code[place] for code in made} == set(SIGNS)


@given(codes)
def test_every_single_wrong_sign_is_found(code: str) -> None:
    for place in range(LENGTH):
        for sign in set(SIGNS) - {code[place]}:
            assert not is_well_formed(code[:place] + sign + code[place + 1 :])


@given(codes)
def test_every_swap_of_two_signs_is_found_not_only_of_neighbours(code: str) -> None:
    for one in range(LENGTH):
        for other in range(one + 1, LENGTH):
            if code[one] != code[other]:
                signs = list(code)
                signs[one], signs[other] = signs[other], signs[one]
                assert not is_well_formed("".join(signs))


@given(codes)
def test_a_code_is_found_however_it_is_written(code: str) -> None:
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)

    for written in (
        code.lower(), grouped(code), grouped(code).lower().replace("-", " – "), f"  {code}\n", wide, "\u3000".join(wide),
        code.replace("0", "O").replace("1", "l"), code.replace("0", "o").replace("1", "I"),
    ):  # fmt: skip
        assert tidy(written) == code


def test_codes_that_are_too_short_long_or_strange_are_not_well_formed() -> None:
    code = new_code()

    for wrong in ("", code[:-1], code + "0", code[:-1] + "U", code.lower() + "x", "٣" * LENGTH):
        assert not is_well_formed(wrong)


@given(st.text(max_size=200))
def test_tidying_takes_any_text(text: str) -> None:
    assert not re.search(r"\s", tidy(text))


def test_a_code_is_read_in_three_groups_and_one_of_elsewhere_is_left_alone() -> None:
    assert re.fullmatch(r"(\w{4}-){2}\w{4}", grouped(new_code()))
    assert grouped("CP-8F3K") == "CP-8F3K"


@pytest.mark.parametrize("code", ["XCECMTTJ6388", '"><script>'])
def test_the_picture_is_inline_svg_without_style_or_foreign_text(code: str) -> None:
    svg = picture_of(code)

    assert svg.startswith("<svg")
    assert "style=" not in svg
    assert "<script" not in svg
    assert code not in svg

"""Names as people write them, brought to one form: full-width and traditional signs, titles, masks, pinyin."""

import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

# Families of two characters; any other name of Han characters has a family of one.
DOUBLE = {
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "司徒",
    "令狐",
    "端木",
    "夏侯",
    "南宫",
    "轩辕",
    "长孙",
    "宇文",
    "独孤",
}
TITLES = re.compile(r"(小姐|先生|女士|太太|老师|师傅|阿姨|经理|总)$")
LATIN_TITLES = {"mr", "mrs", "ms", "miss", "dr", "sir", "madam"}
HAN = re.compile(r"[\u3400-\u9fff]")
MASK = re.compile(r"[*＊×]+")


class Name(NamedTuple):
    """Folded parts; "" is unknown. A sound is pinyin for Han characters, otherwise the part itself."""

    family: str = ""
    given: str = ""
    family_sound: str = ""
    given_sound: str = ""


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Small letters without accents, simplified characters, nothing but letters and single spaces."""
    if not text:
        return ""
    if text.isascii():
        plain = text.casefold()
    else:
        parts = unicodedata.normalize("NFKD", text.casefold())
        plain = "".join(sign for sign in parts if not unicodedata.combining(sign))
        if HAN.search(plain):
            plain = "".join(map(_simplified, unicodedata.normalize("NFKC", plain)))
    kept = "".join(sign if sign.isalnum() else "" if sign in "'’`.·" else " " for sign in plain)
    return " ".join(kept.split())


@lru_cache(maxsize=8192)
def _simplified(sign: str) -> str:
    # Sign by sign: phrases are for sentences, and cost twenty times as much.
    converted: str = _converter().convert(sign)
    return converted


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


@lru_cache(maxsize=65_536)
def sound(text: str) -> str:
    """Pinyin without tones and spaces of a folded text; Latin text without its spaces."""
    if not text or text.isascii():
        return text.replace(" ", "")
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(text)).replace(" ", "") if HAN.search(text) else text.replace(" ", "")


def is_han(text: str) -> bool:
    return bool(HAN.search(text))


@lru_cache(maxsize=65_536)
def name_of(family: str, given: str, display: str) -> Name:
    """The parts of a name; from the name shown where the record holds no parts."""
    family, given = fold(family), fold(given)
    if not family and not given:
        family, given = _split(display)
    if is_han(family + given):
        family, given = family.replace(" ", ""), given.replace(" ", "")
    return Name(family, given, sound(family), sound(given))


def _split(display: str) -> tuple[str, str]:
    """梅小姐 → 梅, unknown; 梅** → 梅, unknown; 梅 雨晴 → 梅, 雨晴; “Mei Yuqing” → its first and its last words."""
    shown = fold(MASK.sub("", display))
    if not shown or shown.isdigit():
        return "", ""
    if is_han(shown):
        return _split_han(shown.replace(" ", ""), masked=bool(MASK.search(display)))
    words = [word for word in shown.split() if word not in LATIN_TITLES]
    if len(words) < 2 or any(word.isdigit() for word in words):
        return "", ""
    # Which of the two is the family nobody says: comparing tries both ways round.
    return words[0], "".join(words[1:])


def _split_han(shown: str, *, masked: bool) -> tuple[str, str]:
    bare = TITLES.sub("", shown)
    cut = 2 if bare[:2] in DOUBLE else 1
    if masked or bare != shown:
        return bare[:cut], ""
    # Longer ones, and the lone sign, are nicknames: they say nothing about the family.
    if not cut < len(bare) <= cut + 2 or not all(map(is_han, bare)):
        return "", ""
    return bare[:cut], bare[cut:]

"""What a transcript must not keep: card numbers, ID numbers, codes that were read out."""

import re

HIDDEN = "****"
_GAP = r"[ \t\-–·,，、]?"
_RUN = re.compile(rf"(?<!\d)\d(?:{_GAP}\d){{12,18}}(?!\d)")
_ID = re.compile(rf"(?<!\d)\d(?:{_GAP}\d){{16}}{_GAP}[\dXxＸｘ](?![\dA-Za-z])")
_CODE = re.compile(
    r"((?:验证码|驗證碼|校验码|校驗碼|动态码|動態碼|密码|密碼|\bpass ?word\b|\bcode\b|\bpin\b)\D{0,20}?)"
    rf"(\d(?:{_GAP}\d){{3,7}})(?!\d)",
    re.IGNORECASE,
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def masked(text: str) -> str:
    """The text with each of them replaced; digits of any script count."""
    text = _ID.sub(lambda found: HIDDEN if is_id_number(found[0]) else found[0], text)
    text = _RUN.sub(lambda found: HIDDEN if is_card_number(found[0]) else found[0], text)
    return _CODE.sub(lambda found: found[1] + HIDDEN, text)


def is_card_number(text: str) -> bool:
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return 13 <= len(digits) <= 19 and any(digits) and sum(doubled) % 10 == 0


def is_id_number(text: str) -> bool:
    signs = [sign for sign in text if sign.isdigit() or sign in "XxＸｘ"]
    if len(signs) != 18 or not all(sign.isdigit() for sign in signs[:17]):
        return False
    rest = sum(int(sign) * weight for sign, weight in zip(signs, _WEIGHTS, strict=False)) % 11
    last = "10X98765432"[rest]
    return (last == "X") if signs[17] in "XxＸｘ" else last == str(int(signs[17]))

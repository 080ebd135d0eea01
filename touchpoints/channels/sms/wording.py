"""What a short message of each kind may say, and which words end all offers."""

import re
import unicodedata

from touchpoints.channels.protocol import Kind

LEAVE = "拒收请回复R"
# The whole answer, after NFKC, without blanks around and in capitals; what merely contains one goes to a person.
STOP = {
    "R", "T", "TD", "N", "0", "退订", "退訂", "拒收", "取消",
    "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT",
}  # fmt: skip
OFFER = re.compile(
    r"优惠|折扣|\d\s*折|促销|特价|满减|秒杀|大促|抢购|领券|红包|生日快乐|节日快乐|優惠|促銷|特價|滿減|秒殺|搶購|領券|紅包|生日快樂|節日快樂"
    r"|\b(?:flash|on|clearance) sale\b|%\s*off\b|\bdiscounts?\b|\bcoupons?\b|\bpromo(?:tion)?s?\b",
    re.IGNORECASE,
)
LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|cn|net)\b", re.IGNORECASE)


def is_stop(text: str) -> bool:
    return unicodedata.normalize("NFKC", text).strip().upper() in STOP


def why_not(kind: Kind, text: str, *, must_end: bool) -> str:
    """A code when this text is not of its kind; empty when it is. `must_end`: whether marketing needs the words."""
    plain = unicodedata.normalize("NFKC", text)
    leave = unicodedata.normalize("NFKC", LEAVE)
    leaves = leave in re.sub(r"\s", "", plain)
    if kind is Kind.MARKETING:
        ends = re.sub(r"[\s。.!]+$", "", plain).endswith(leave)
        return "marketing_without_way_out" if must_end and not ends else ""
    if leaves or OFFER.search(plain):
        return f"{kind.value}_with_marketing"
    return "code_with_link" if kind is Kind.CODE and LINK.search(plain) else ""


def parts_of(text: str) -> int:
    """How many messages it is charged as: seventy characters in one, else sixty-seven in each."""
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= 70 else -(-units // 67)


# GSM 03.38: one of seven bits each; those of the extension take two.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")


def coding_of(text: str) -> str:
    """`GSM-7`, or `UCS-2` when one sign of it needs that."""
    return "GSM-7" if all(sign in GSM or sign in GSM_EXTENSION for sign in text) else "UCS-2"


def units_of(text: str) -> int:
    """How long it is as the network counts: septets, or pairs of bytes."""
    if coding_of(text) == "GSM-7":
        return sum(2 if sign in GSM_EXTENSION else 1 for sign in text)
    return len(text.encode("utf-16-le")) // 2


def parts_in(text: str) -> int:
    """How many messages it leaves as; no sign of two units is cut in two."""
    gsm = coding_of(text) == "GSM-7"
    one, each = (160, 153) if gsm else (70, 67)
    if units_of(text) <= one:
        return 1
    parts, used = 1, 0
    for sign in text:
        size = units_of(sign) if gsm else len(sign.encode("utf-16-le")) // 2
        if used + size > each:
            parts, used = parts + 1, 0
        used += size
    return parts

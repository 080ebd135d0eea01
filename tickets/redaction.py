"""What names a customer taken out of a text, so that what was learned may be told on."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

from customers.models import Address, Customer, Identity

TITLES = "女士|先生|小姐|太太|老师|老師|经理|經理|总|總|阿姨|叔叔|哥|姐"
LINK = re.compile(r"(?:https?://|www\.)[^\s，。；）]+", re.IGNORECASE)
MAIL = re.compile(r"[^\s@<>\"'(),;:=，。：；（）]{1,64}@[^\s@<>\"'(),;，。；（）]{1,120}\.[a-z]{2,20}", re.IGNORECASE)
NUMBER = re.compile(r"\+?\d(?:[ \t().-]{0,2}\d){5,}")  # six digits or more, however they are parted
PLAIN = [sign for sign in map(chr, range(0x21, 0x7F)) if sign.isalnum() or sign in "@+-."]
FULL_WIDTH = {ord(sign) + 0xFEE0: sign for sign in PLAIN}
SHORTEST = 4  # a shorter identifier would be found in every text
KEPT = re.compile(r"\d{4}-\d{2}-\d{2}")  # a day is nobody's number


@dataclass(frozen=True)
class Redactor:
    """The patterns of one person: what they are called, and what they are reached by."""

    patterns: list[tuple[re.Pattern[str], str]]

    @classmethod
    def of(cls, customer: Customer) -> "Redactor":
        """Names, identities and addresses of the customer and of every record joined to theirs."""
        records = [customer, *Customer.objects.filter(merged_into=customer.pk)]
        ids = [record.pk for record in records]
        person, number, mail = _("[customer]"), _("[number]"), _("[mail]")
        found: list[tuple[str, str, str]] = []  # what is looked for, as a pattern, and what stands there then
        for identity in Identity.objects.filter(customer__in=ids, key__destroyed_at=None).select_related("key"):
            value = identity.in_clear()
            found.append((value, _spelled(value), mail if "@" in value else number))
        for record in records:
            found.append((record.number, re.escape(record.number), number))
            found += [(name, pattern, person) for name, pattern in _names(record)]
        for address in Address.objects.filter(customer__in=ids):
            found.append((address.street, re.escape(address.street), _("[address]")))
        found = [one for one in found if one[2] == person or len(one[0]) >= SHORTEST]
        # The longest first: a full name before the given name in it.
        found.sort(key=lambda one: len(one[0]), reverse=True)
        return cls([(re.compile(pattern, re.IGNORECASE), word) for _what, pattern, word in found])

    def names(self, text: str) -> bool:
        """Whether this person could be known by the text."""
        return any(pattern.search(_narrow(text)) for pattern, _word in self.patterns)

    def all(self, text: str) -> str:
        """The text without what belongs to this person, and without any link, mail or long number."""
        text = _narrow(text)
        for pattern, word in self.patterns:
            text = pattern.sub(word, text)
        text = MAIL.sub(_("[mail]"), LINK.sub(_("[link]"), text))
        return NUMBER.sub(lambda found: found[0] if KEPT.fullmatch(found[0].strip()) else _("[number]"), text)


def _names(record: Customer) -> list[tuple[str, str]]:
    """What the person is called, each with its pattern."""
    family, given, latin = record.family_name.strip(), record.given_name.strip(), record.latin_name.strip()
    names = [record.display_name, record.company_name, f"{family}{given}", f"{family} {given}", f"{given} {family}",
             given, latin]  # fmt: skip
    found = [(name.strip(), _word(name)) for name in names if len(name.strip()) > 1]
    found += [(part, _word(part)) for part in latin.split() if len(part) > 2]
    if family and not family.isascii():
        found.append((f"{family}··", f"{re.escape(family)}(?:{TITLES})"))
    elif len(family) > 2:
        found.append((family, _word(family)))
    return found


def _word(name: str) -> str:
    """Latin names stand between other signs, Chinese ones among them; May is a name, and may is not."""
    name = name.strip()
    if not name.isascii():
        return re.escape(name)
    escaped = re.escape(name) if " " in name else f"(?-i:{re.escape(name)}|{re.escape(name.upper())})"
    return rf"(?<![a-z]){escaped}(?![a-z])"


def _spelled(value: str) -> str:
    """A number in whatever way it is parted, with its country or without."""
    digits = re.sub(r"\D", "", value)
    if "@" in value or len(digits) < 5 or re.search(r"[A-Za-z]", value):
        return re.escape(value)
    local = digits.removeprefix("86") if value.startswith("+86") else digits
    return r"(?:\+?\s*86[\s-]*)?" + r"[\s().-]{0,2}".join(local)


def _narrow(text: str) -> str:
    """Letters and digits of full width as the plain ones, sign for sign."""
    return text.translate(FULL_WIDTH)

"""One cell → one value: text, numbers, money, days and moments, or a sentence why not."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from customers.loading.trouble import RowTrouble
from customers.models.identity import FULL_WIDTH
from scrm.kernel import money
from scrm.kernel.loading import Field

Reader = Callable[[Any], Any]
PLAIN_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,12})?")
PLAIN_AMOUNT = re.compile(r"(-?\d{1,12})(?:\.(\d{1,2}))?")
SIGNS = re.compile(r"(?i)CN¥|HK\$|NT\$|US\$|[¥￥$€£₩₽元円]|\b(?:CNY|RMB|USD|EUR|GBP|HKD|TWD|JPY)\b|[\s\u00a0\u202f'’]")
YES = {"1", "y", "yes", "true", "t", "是", "真", "on"}
MADE_INERT = {"=", "+", "-", "@"}
NO = {"0", "n", "no", "false", "f", "否", "假", "off"}


@dataclass(frozen=True)
class Manner:
    """How values of a file are written; the map's [read] table, and what a single field says otherwise."""

    zone: str = "Asia/Shanghai"
    business_zone: str = ""
    dates: tuple[str, ...] = ()
    decimal: str = "."
    currency: str = "CNY"
    minor: bool = False

    def but(self, **given: Any) -> "Manner":
        return replace(self, **given)


def reader(field: Field, manner: Manner) -> Reader:
    """The function that reads a filled cell of this field."""
    makers: dict[str, Callable[[Field, Manner], Reader]] = {
        "text": _text, "customer": _text, "words": _words, "choice": _choice, "flag": _flag, "integer": _integer,
        "decimal": _decimal, "money": _money, "date": _date, "moment": _moment, "dated": _dated,
        "birthday": _birthday,
    }  # fmt: skip
    return makers[field.type](field, manner)


# Text


def as_text(value: Any) -> str:
    if type(value) is str:
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _text(field: Field, manner: Manner) -> Reader:
    longest = field.length or 1_000_000

    def read(value: Any) -> str:
        text = value.strip() if type(value) is str else as_text(value)
        if text[:1] == "'" and text[1:2] in MADE_INERT:
            text = text[1:]  # our own mark in a file of failed rows
        if len(text) > longest:
            raise RowTrouble(_("%(field)s is longer than %(longest)s characters.") % {
                "field": field.label, "longest": longest})  # fmt: skip
        if not text.isalnum() or not text.isascii():
            check_text(field, text)
        return text

    return read


def check_text(field: Field, text: str) -> None:
    """Refuse what PostgreSQL cannot hold: the NUL character, and bytes that were not of the file's encoding."""
    if "\0" in text:
        raise RowTrouble(_("%(field)s holds a NUL character.") % {"field": field.label})
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RowTrouble(_("%(field)s is not written in the file's encoding.") % {"field": field.label}) from None


def _words(field: Field, manner: Manner) -> Reader:
    read = _text(field, manner)
    return lambda value: {"zh-hans": read(value)}


def _choice(field: Field, manner: Manner) -> Reader:
    choices = {choice.casefold(): choice for choice in field.choices}

    def read(value: Any) -> str:
        text = as_text(value).strip()
        if (choice := choices.get(text.casefold())) is None:
            raise RowTrouble(_("%(field)s “%(value)s” is none of: %(choices)s. Translate it in the map.") % {
                "field": field.label, "value": text[:60], "choices": ", ".join(field.choices)})  # fmt: skip
        return choice

    return read


def _flag(field: Field, manner: Manner) -> Reader:
    def read(value: Any) -> bool:
        text = as_text(value).strip().casefold()
        if text in YES or text in NO:
            return text in YES
        raise RowTrouble(_("%(field)s “%(value)s” is neither yes nor no.") % {
            "field": field.label, "value": text[:60]})  # fmt: skip

    return read


# Numbers


@lru_cache(maxsize=8)
def _grouped(decimal: str) -> re.Pattern[str]:
    other = r"\." if decimal == "," else ","
    return re.compile(rf"(\d+|\d{{1,3}}(?:{other}\d{{2,3}})*{other}\d{{3}})?(?:{re.escape(decimal)}(\d+))?")


def number(value: Any, *, decimal: str, what: object = "") -> Decimal:
    """A number as people write it: ¥1,299.00 · 1.299,00 € · (12.50) · 12.50- · １２."""
    written = type(value)
    if written is str:
        if decimal == "." and PLAIN_NUMBER.fullmatch(value):
            return Decimal(value)
        if (found := _written_number(value, decimal)) is not None:
            return found
    elif written is int or written is Decimal:
        return Decimal(value)
    elif written is float and abs(value) < 1e15:
        return Decimal(repr(value))
    raise RowTrouble(_("%(field)s “%(value)s” is not a number.") % {"field": what, "value": as_text(value)[:60]})


def _written_number(value: str, decimal: str) -> Decimal | None:
    text = SIGNS.sub("", value.translate(FULL_WIDTH).replace("−", "-"))
    minus = text.startswith("-") or text.endswith("-") or (text.startswith("(") and text.endswith(")"))
    text = text.strip("-+()")
    match = _grouped(decimal).fullmatch(text)
    if match is None or not text:
        return None
    try:
        found = Decimal(re.sub(r"\D", "", match[1] or "0") + "." + (match[2] or "0"))
    except InvalidOperation:
        return None
    return -found if minus else found


def _bounded(field: Field, value: Any) -> Any:
    if field.least is not None and value < field.least:
        raise RowTrouble(
            _("%(field)s must not be negative.") % {"field": field.label} if field.least == 0 else
            _("%(field)s must be at least %(least)s.") % {"field": field.label, "least": field.least}
        )  # fmt: skip
    if not -(10**18) < value < 10**18:
        raise RowTrouble(_("%(field)s is too large.") % {"field": field.label})
    return value


def _integer(field: Field, manner: Manner) -> Reader:
    def read(value: Any) -> int:
        found = number(value, decimal=manner.decimal, what=field.label)
        if found != found.to_integral_value():
            raise RowTrouble(_("%(field)s is not a whole number.") % {"field": field.label})
        bounded: int = _bounded(field, int(found))
        return bounded

    return read


def _decimal(field: Field, manner: Manner) -> Reader:
    def read(value: Any) -> Decimal:
        found = _bounded(field, number(value, decimal=manner.decimal, what=field.label))
        if abs(found) >= 10**12:
            raise RowTrouble(_("%(field)s is too large.") % {"field": field.label})
        return round(found, 6)

    return read


def _money(field: Field, manner: Manner) -> Reader:
    currency, minor = manner.currency, manner.minor
    hundreds = money.digits(currency) == 2 and not minor

    def read(value: Any) -> int:
        text = repr(value) if type(value) is float else value
        # Most amounts are plain, with two digits or fewer: no need for decimal arithmetic.
        if hundreds and manner.decimal == "." and type(text) is str and (plain := PLAIN_AMOUNT.fullmatch(text)):
            amount = int(plain[1] + (plain[2] or "").ljust(2, "0"))
        else:
            amount = money_of(number(value, decimal=manner.decimal, what=field.label), currency, minor=minor)
        bounded: int = _bounded(field, amount)
        return bounded

    return read


def money_of(amount: Decimal, currency: str, *, minor: bool) -> int:
    """Minor units, rounded once, half up."""
    if minor:
        currency = "JPY"  # no digits to shift
    return money.to_minor(amount, currency)


# Days and moments

_PARTS = {
    "%Y": r"(?P<Y>\d{4})", "%y": r"(?P<y>\d{2})", "%m": r"(?P<m>\d{1,2})", "%d": r"(?P<d>\d{1,2})",
    "%H": r"(?P<H>\d{1,2})", "%M": r"(?P<M>\d{2})", "%S": r"(?P<S>\d{2})", "%f": r"(?P<f>\d{1,6})",
}  # fmt: skip
_COMMON = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]+(\d{1,2})[:时](\d{2})(?:[:分](\d{2})秒?(?:\.\d+)?)?分?)?"
)


@dataclass(frozen=True)
class Reading:
    """A moment as read: naive or not, and whether only a day was given."""

    at: datetime
    day_only: bool = False


def moment_reader(field: Field, manner: Manner) -> Callable[[Any], Reading]:
    """A function that reads a cell as the map's formats say, or else as ISO 8601 and its common spellings."""
    formats = [_compiled(one) for one in manner.dates]

    def read(value: Any) -> Reading:
        if isinstance(value, datetime):
            return Reading(value)
        if isinstance(value, date):
            return Reading(datetime(value.year, value.month, value.day), day_only=True)
        text = as_text(value).strip()
        try:
            for one in formats:
                if (found := one(text)) is not None:
                    return found
            if not formats and (found := _usual(text)) is not None:
                return found
        except (ValueError, OverflowError):
            raise RowTrouble(_("%(field)s “%(value)s” is a day or time that does not exist.") % {
                "field": field.label, "value": text[:60]}) from None  # fmt: skip
        raise RowTrouble(_("%(field)s “%(value)s” is not a date in a form the map knows.") % {
            "field": field.label, "value": text[:60]})  # fmt: skip

    return read


def _usual(text: str) -> Reading | None:
    if len(text) >= 8 and text[:4].isdigit():
        try:
            return Reading(datetime.fromisoformat(text), day_only=len(text) <= 10)
        except ValueError:
            pass
    if (match := _COMMON.fullmatch(text)) is None:
        if re.fullmatch(r"\d{4}-?\d\d-?\d\d.*", text):
            raise ValueError(text)
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    return Reading(datetime(year, month, day, hour, minute, second), day_only=match[4] is None)


def _compiled(form: str) -> Callable[[str], Reading | None]:
    if form in ("epoch", "epoch ms"):
        return lambda text: _epoch(text, 1000 if form == "epoch ms" else 1)
    if form == "excel":
        return lambda text: _excel(text)
    if form == "iso":
        return _usual
    if re.sub("|".join(_PARTS), "", form).find("%") >= 0:
        return lambda text: _strptime(text, form)
    pattern = re.compile(re.sub("%[YymdHMSf]", lambda m: _PARTS[m[0]], re.escape(form).replace("\\%", "%")))
    day_only = "%H" not in form

    def read(text: str) -> Reading | None:
        if (match := pattern.fullmatch(text)) is None:
            return None
        part = match.groupdict()
        year = int(part["Y"]) if "Y" in part else _century(int(part["y"]))
        at = datetime(
            year, int(part["m"]), int(part["d"]), int(part.get("H") or 0), int(part.get("M") or 0),
            int(part.get("S") or 0), int((part.get("f") or "0").ljust(6, "0")),
        )  # fmt: skip
        return Reading(at, day_only)

    return read


def _century(year: int) -> int:
    return year + (2000 if year < 69 else 1900)


def _epoch(text: str, unit: int) -> Reading | None:
    return Reading(datetime.fromtimestamp(float(text) / unit, UTC)) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def _excel(text: str) -> Reading | None:
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        return None
    return Reading(datetime(1899, 12, 30) + timedelta(days=float(text)), day_only="." not in text)


def _strptime(text: str, form: str) -> Reading | None:
    try:
        return Reading(datetime.strptime(text, form), day_only="%H" not in form and "%I" not in form)
    except ValueError as error:
        if "does not match" in str(error):
            return None
        raise


def _date(field: Field, manner: Manner) -> Reader:
    read_moment = moment_reader(field, manner)
    return lambda value: read_moment(value).at.date()


def _moment(field: Field, manner: Manner) -> Reader:
    read_moment, zone = moment_reader(field, manner), ZoneInfo(manner.zone)

    def read(value: Any) -> datetime:
        at = read_moment(value).at
        return at if at.tzinfo else at.replace(tzinfo=zone)

    return read


def _dated(field: Field, manner: Manner) -> Reader:
    """A moment with the business day it belongs to: the day itself when no time was given."""
    read_moment, zone = moment_reader(field, manner), ZoneInfo(manner.zone)
    business = ZoneInfo(manner.business_zone or manner.zone)
    same = (manner.business_zone or manner.zone) == manner.zone

    def read(value: Any) -> tuple[datetime, date]:
        reading = read_moment(value)
        at = reading.at
        if not at.tzinfo:
            if reading.day_only or same:
                return at.replace(tzinfo=zone), at.date()
            at = at.replace(tzinfo=zone)
        try:
            return at, at.astimezone(business).date()
        except OverflowError:
            raise RowTrouble(_("%(field)s is out of range.") % {"field": field.label}) from None

    return read


def _birthday(field: Field, manner: Manner) -> Reader:
    read_day = _date(field, manner)

    def read(value: Any) -> tuple[int | None, int, int]:
        """(year or None, month, day); “12-02” and “--12-02” have no year."""
        text = as_text(value).strip()
        if match := re.fullmatch(r"(?:--)?(\d{1,2})[-/.月](\d{1,2})日?", text):
            month, day = int(match[1]), int(match[2])
            try:
                date(2000, month, day)
            except ValueError:
                raise RowTrouble(_("%(field)s “%(value)s” is a day or time that does not exist.") % {
                    "field": field.label, "value": text[:60]}) from None  # fmt: skip
            return None, month, day
        found: date = read_day(value)
        return (found.year if found.year > 1904 else None), found.month, found.day

    return read

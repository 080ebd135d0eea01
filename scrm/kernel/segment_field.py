"""What a segment's rule may ask of a customer: words, what is to be filled in, and SQL that a room wrote.

Nothing a user gives becomes text of a statement: `Asked.put` turns every value into a parameter.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from scrm.kernel import money

Given = dict[str, Any]
LONGEST = 100  # signs of a word
MANY = 60  # values in one slot


STALE = 20  # seconds
_known: dict[Any, tuple[float, list[tuple[str, Any]]]] = {}


def remembered(choices: Callable[[], list[tuple[str, Any]]]) -> Callable[[], list[tuple[str, Any]]]:
    """Choices that stand in the database, asked for at most every few seconds in this process."""

    def known() -> list[tuple[str, Any]]:
        at, found = _known.get(choices, (0.0, []))
        if not at or time.monotonic() - at > STALE:
            found = choices()
            _known[choices] = (time.monotonic(), found)
        return found

    return known


def forget() -> None:
    """Choices have changed, here at least."""
    _known.clear()


class Wrong(ValueError):
    """What was filled in is not possible; the text is a sentence in the reader's language."""


@dataclass
class Asked:
    """One rule being written as SQL as of a day, about everybody or about the customers %(only)s.

    Table `c` is the customer; `m`, the metrics, is joined for fields that say `metrics`.
    """

    today: date
    some: bool = False
    values: Given = field(default_factory=dict)

    def put(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"

    def among(self, column: str) -> str:
        """Keeps a list of rows to the customers in question, where not everybody is."""
        return f" and {column} = any(%(only)s)" if self.some else ""

    def day_before(self, days: int) -> date:
        return self.today - timedelta(days=days)


@dataclass(frozen=True)
class Slot:
    """A word: free text, compared whole."""

    name: str
    words: Any
    default: Any = ""
    kind = "text"

    def read(self, given: Any) -> Any:
        """The value as it is kept. Raises Wrong."""
        if not isinstance(given, str) or "\0" in given or len(given) > LONGEST or not given.strip():
            raise Wrong(_("%(slot)s: write a word of at most %(n)s signs.") % {"slot": self.words, "n": LONGEST})
        return " ".join(given.split())

    def say(self, value: Any) -> str:
        return str(value)

    def options(self) -> list[tuple[str, str]]:
        return []

    def first(self) -> Any:
        """What stands there before anybody filled it in."""
        return self.default


@dataclass(frozen=True)
class Number(Slot):
    """A whole number; `unit` is "", "days", "months", "times" or "money" (major units of the base currency)."""

    default: Any = 1
    least: int = 0
    most: int = 1_000_000
    unit: str = ""
    kind = "number"

    def read(self, given: Any) -> int:
        if isinstance(given, str) and len(given) < 13:
            given = given.replace(",", "").replace("，", "").replace("¥", "").strip()
            given = int(given) if given.isascii() and given.isdigit() else None
        if not isinstance(given, int) or isinstance(given, bool) or not self.least <= given <= self.most:
            said = {"slot": self.words, "least": f"{self.least:,}", "most": f"{self.most:,}"}
            raise Wrong(_("%(slot)s: a whole number from %(least)s to %(most)s.") % said)
        return given

    def say(self, value: Any) -> str:
        return measured(value, self.unit)


@dataclass(frozen=True)
class OneOf(Slot):
    """One of the codes on offer."""

    choices: Callable[[], list[tuple[str, Any]]] = list
    kind = "one"

    def options(self) -> list[tuple[str, str]]:
        return [(code, str(words)) for code, words in self.choices()]

    def offers(self, given: list[str]) -> bool:
        """Whether all are on offer; what is not known here yet is asked for anew."""
        if set(given) <= {code for code, _words in self.options()}:
            return True
        forget()
        return set(given) <= {code for code, _words in self.options()}

    def first(self) -> Any:
        options = self.options()
        return self.default or (options[0][0] if options else "")

    def read(self, given: Any) -> Any:
        if not isinstance(given, str) or not self.offers([given]):
            raise Wrong(_("%(slot)s: choose one of those on offer.") % {"slot": self.words})
        return given

    def say(self, value: Any) -> str:
        return dict(self.options()).get(value, str(value))


@dataclass(frozen=True)
class Several(OneOf):
    """One or more of the codes on offer."""

    kind = "several"

    def first(self) -> Any:
        return [super().first()]

    def read(self, given: Any) -> list[str]:
        given = [given] if isinstance(given, str) else given
        fits = isinstance(given, list) and 0 < len(given) <= MANY and all(isinstance(one, str) for one in given)
        if not fits or not self.offers(given):
            raise Wrong(_("%(slot)s: choose at least one of those on offer.") % {"slot": self.words})
        return [code for code, _words in self.options() if code in given]

    def say(self, value: Any) -> str:
        names = dict(self.options())
        return listing([names.get(one, str(one)) for one in value])


HOW_MUCH = OneOf(
    "op", gettext_lazy("How much"), "at_least",
    lambda: [("at_least", gettext_lazy("at least")), ("at_most", gettext_lazy("at most")),
             ("exactly", gettext_lazy("exactly"))],
)  # fmt: skip
SIGNS = {"at_least": ">=", "at_most": "<=", "exactly": "="}
HOW = OneOf("op", gettext_lazy("How"), "is",
            lambda: [("is", gettext_lazy("is")), ("is_not", gettext_lazy("is not"))])  # fmt: skip


@dataclass(frozen=True)
class SegmentField:
    """One thing a rule may ask.

    `sentence` holds %(field)s and every slot's name. `condition(asked, given)` gives SQL that is true or false and
    never null; `value(asked, given)` gives SQL of what stands there of customer `c`, which `say(value)` puts in words.
    `metrics` asks for table `m`; `clock` says that the answer changes with the day alone.
    """

    name: str
    group: Any
    words: Any
    slots: tuple[Slot, ...]
    sentence: Any
    condition: Callable[[Asked, Given], str]
    value: Callable[[Asked, Given], str]
    say: Callable[[Any], str] = str
    metrics: bool = False
    clock: bool = False

    @property
    def operators(self) -> list[str]:
        return [code for slot in self.slots if slot.name == "op" for code, _words in slot.options()]


def listing(parts: list[str], *, apart: bool = False) -> str:
    """One after another as the reader's language does it; `apart` for whole phrases."""
    chinese = (get_language() or "").startswith("zh")
    return (("；" if chinese else "; ") if apart else ("、" if chinese else ", ")).join(parts)


def measured(value: Any, unit: str) -> str:
    """A number with its unit in the reader's language."""
    if value is None:
        return "–"
    n = int(value)
    if unit == "days":
        return ngettext("%(n)s day", "%(n)s days", n) % {"n": f"{n:,}"}
    if unit == "months":
        return ngettext("%(n)s month", "%(n)s months", n) % {"n": f"{n:,}"}
    if unit == "times":
        return ngettext("%(n)s time", "%(n)s times", n) % {"n": f"{n:,}"}
    if unit == "money":
        return money.written(n * 10 ** money.digits(settings.BASE_CURRENCY), settings.BASE_CURRENCY)
    return f"{n:,}"


def minor(major: int) -> int:
    """Major units of the base currency as minor ones."""
    return major * 10 ** money.digits(settings.BASE_CURRENCY)


def amount(value: Any) -> str:
    """Minor units of the base currency in words."""
    return "–" if value is None else money.written(int(value), settings.BASE_CURRENCY)


def day(value: Any) -> str:
    return "–" if value is None else f"{value:%Y-%m-%d}"


PLAIN = "%(field)s %(op)s %(n)s"
LISTED = "%(field)s %(op)s %(one)s"


def number(
    name: str, group: Any, words: Any, sql: str, *, unit: str = "", most: int = 1_000_000, default: int = 1,
    metrics: bool = False,
) -> SegmentField:  # fmt: skip
    """A number that stands on the customer's own row or on the metrics; `sql` is never null."""
    scale = minor if unit == "money" else int

    def condition(asked: Asked, given: Given) -> str:
        return f"({sql} {SIGNS[given['op']]} {asked.put(scale(given['n']))})"

    slots = (HOW_MUCH, Number("n", words, default, 0, most, unit))
    return SegmentField(name, group, words, slots, PLAIN, condition, lambda asked, given: sql, said_in(unit), metrics)


def said_in(unit: str) -> Callable[[Any], str]:
    return amount if unit == "money" else lambda found: measured(found or 0, unit)


def listed(
    name: str, group: Any, words: Any, sql: str, choices: Callable[[], list[tuple[str, Any]]], *, metrics: bool = False,
) -> SegmentField:  # fmt: skip
    """A code that stands on the customer's own row or on the metrics; `sql` is text and never null."""

    def condition(asked: Asked, given: Given) -> str:
        return f"({'not ' if given['op'] == 'is_not' else ''}{sql} = any({asked.put(list(given['one']))}))"

    one = Several("one", words, choices=choices)
    return SegmentField(name, group, words, (HOW, one), LISTED, condition, lambda asked, given: sql,
                        lambda found: one.say([found]) if found else "–", metrics)  # fmt: skip

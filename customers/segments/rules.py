"""A rule as a checked tree: {"all" | "any" | "not": [parts]}, where a part is a group or a condition on a field.

A condition is {"field": name, slot: value, …} with exactly the slots of its field.
"""

from collections.abc import Iterator
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from customers.models import Segment, SegmentVersion
from customers.models.segment import Rule
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import segment_fields
from scrm.kernel.segment_field import SegmentField, Wrong

GROUPS = ("all", "any", "not")
DEEPEST = 3
MOST = 40
IN_SEGMENT = "in_segment"


class RuleRefused(TransitionRefused):
    """A rule that cannot be; `path` is where, as “0.2”, and `slot` which word of the condition there."""

    def __init__(self, sentence: str, path: str = "", slot: str = "") -> None:
        super().__init__(sentence)
        self.path, self.slot = path, slot


def checked(raw: Any, *, unfinished: bool = False) -> Rule:
    """The same rule with tidy values. Raises RuleRefused; `unfinished` lets empty groups pass, as in the builder."""
    if kind_of(raw) is None:
        raise RuleRefused(_("A rule begins with a group: all, any or none of these."))
    rule = _part(raw, "", 1, unfinished)
    if len(list(conditions(rule))) > MOST:
        raise RuleRefused(_("At most %(n)s conditions fit into one rule.") % {"n": MOST})
    return rule


def _part(raw: Any, path: str, depth: int, unfinished: bool) -> Rule:
    kind = kind_of(raw)
    if kind is None:
        return condition(raw, path)
    parts = raw[kind]
    if depth > DEEPEST:
        raise RuleRefused(_("Groups go at most %(n)s deep.") % {"n": DEEPEST}, path)
    if len(raw) != 1 or not isinstance(parts, list) or len(parts) > MOST:
        raise RuleRefused(_("This group is broken."), path)
    if not parts and not unfinished:
        raise RuleRefused(_("A group is empty: add a condition, or take it away."), path)
    return {kind: [_part(part, below(path, place), depth + 1, unfinished) for place, part in enumerate(parts)]}


def condition(raw: Any, path: str = "") -> Rule:
    """One condition with tidy values. Raises RuleRefused."""
    if not isinstance(raw, dict) or not isinstance(raw.get("field"), str):
        raise RuleRefused(_("A condition names a field."), path)
    field = segment_fields.get(raw["field"])
    if field is None:
        raise RuleRefused(_("There is no field “%(name)s”.") % {"name": raw["field"][:40]}, path)
    slots = {slot.name: slot for slot in field.slots}
    if extra := sorted(set(map(str, raw)) - {"field", *slots}):
        raise RuleRefused(_("“%(field)s” has nothing called “%(name)s”.")
                          % {"field": field.words, "name": extra[0][:40]}, path)  # fmt: skip
    tidy: Rule = {"field": field.name}
    for name, slot in slots.items():
        try:
            tidy[name] = slot.read(raw.get(name))
        except Wrong as wrong:
            raise RuleRefused(f"{field.words} · {wrong}", path, name) from wrong
    return tidy


def kind_of(part: Any) -> str | None:
    """Which group it is; None for a condition."""
    return next((kind for kind in GROUPS if kind in part), None) if isinstance(part, dict) else None


def conditions(part: Rule, path: str = "") -> Iterator[tuple[str, Rule]]:
    """Every condition with its path, in reading order."""
    kind = kind_of(part)
    if kind is None:
        yield path, part
        return
    for place, one in enumerate(part[kind]):
        yield from conditions(one, below(path, place))


def below(path: str, place: int) -> str:
    return f"{path}.{place}" if path else str(place)


def field_of(part: Rule) -> SegmentField:
    field = segment_fields.get(part["field"])
    if field is None:
        raise RuleRefused(_("There is no field “%(name)s”.") % {"name": part["field"]})
    return field


def depends_on_day(rule: Rule) -> bool:
    return any(field_of(one).clock for _path, one in conditions(rule))


def segments_in(rule: Rule) -> set[str]:
    """Codes of the segments a rule asks for."""
    return {one["segment"] for _path, one in conditions(rule) if one["field"] == IN_SEGMENT}


def running_rules() -> dict[str, Rule]:
    """The rule that runs in each live segment, by its code; those that others ask for come first."""
    rows = SegmentVersion.objects.filter(segment__state=Segment.State.LIVE, number=F("segment__version"))
    rules = {row.segment.code: row.rule for row in rows.select_related("segment").order_by("segment")}
    ordered: dict[str, Rule] = {}

    def take(code: str) -> None:
        if code in rules and code not in ordered:
            for other in sorted(segments_in(rules[code])):
                take(other)
            ordered[code] = rules[code]

    for code in rules:
        take(code)
    return ordered


def refuse_circle(code: str, rule: Rule) -> None:
    """Raises RuleRefused when the segment would ask for itself, over any number of others: “A → B → A”."""
    rules = running_rules() | {code: rule}

    def walk(one: str, way: list[str]) -> list[str] | None:
        for other in sorted(segments_in(rules.get(one, {"all": []}))):
            if other == code:
                return [*way, other]
            if other not in way and (found := walk(other, [*way, other])):
                return found
        return None

    if way := walk(code, [code]):
        names = {one.code: str(one) for one in Segment.objects.filter(code__in=way)}
        round_ = " → ".join(names.get(one, one) for one in way)
        asking = (path for path, one in conditions(rule) if one.get("segment") == way[1])
        raise RuleRefused(_("The segment would ask for itself: %(way)s.") % {"way": round_}, next(asking, ""))

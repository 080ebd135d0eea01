"""The rule under an operator's hand: what the builder's form brings, with the pressed button's deed done."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from customers.models import SegmentVersion
from customers.models.segment import Rule
from customers.segments import building
from customers.segments.rules import RuleRefused, checked
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import segment_fields

LONGEST = 30_000  # signs of a rule
SAVING = ("save", "over")


@dataclass
class Work:
    """Which condition is open, what was typed there, what is wrong and where; what the last deed took away.

    `base` is the newest version when the work began: saving goes behind that one only.
    """

    rule: Rule
    base: int = 0
    deed: str = ""
    open: str = ""
    focus: str = ""
    trouble: str = ""
    place: str = ""  # the part that is wrong, and the word in it
    slot: str = ""
    typed: dict[str, Any] = field(default_factory=dict)
    before: Rule | None = None  # what “undo” brings back, and what it says
    taken: str = ""
    was: str = ""
    mine: Rule | None = None  # one's own, while the other's stands here
    faster: SegmentVersion | None = None

    @property
    def saves(self) -> bool:
        return self.deed in SAVING and not self.trouble

    @property
    def before_text(self) -> str:
        return json.dumps(self.before)

    @property
    def mine_text(self) -> str:
        return json.dumps(self.mine)

    @property
    def anchor(self) -> str:
        """Where the wrong part stands on the page."""
        if self.slot and self.open:
            return f"#slot-{self.slot}"
        return f"#part-{self.place}" if self.place else ""

    def refused(self, refusal: TransitionRefused) -> None:
        self.trouble = str(refusal)
        if isinstance(refusal, RuleRefused):
            self.place, self.slot = refusal.path, refusal.slot

    def take(self, other: SegmentVersion, rule: Rule) -> None:
        """The other's version instead of one's own, which stays at hand until something is saved."""
        self.mine = self.rule
        self.rule, self.base, self.open, self.trouble = rule, other.number, "", ""


def at_hand(given: QueryDict, begin: Rule, *, base: int = 0) -> Work:
    """What the form brought; without one the rule to begin with, and the version that is."""
    if "do" not in given:
        return Work(begin, base)
    deed, _colon, path = given.get("do", "")[:80].partition(":")
    begun = whole(path if deed == "over" else given.get("base", ""))
    try:
        work = Work(checked(_read(given.get("rule", "")), unfinished=True), begun, deed)
        mine = given.get("mine", "")
        work.mine = checked(_read(mine), unfinished=True) if mine else None
    except RuleRefused as refusal:
        return Work(begin, begun, deed, trouble=str(refusal))
    if deed == "exact":
        return work  # the count goes on by the rule it was begun with, whatever is being typed meanwhile
    opened = given.get("open", "")[:40]
    if opened and deed not in ("cancel", "undo") and not (deed == "remove" and path == opened):
        try:
            _fill_in(work, opened, given)
        except RuleRefused as refusal:
            work.open = work.focus = opened
            work.typed = _typed(given)
            work.refused(refusal)
        except TransitionRefused as refusal:
            work.refused(refusal)
        if work.open or work.trouble:
            return work
    try:
        _do(work, deed, path, opened, given)
    except TransitionRefused as refusal:
        work.refused(refusal)
    return work


def whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _do(work: Work, deed: str, path: str, opened: str, given: QueryDict) -> None:
    if deed == "open":
        building.at(work.rule, path)
        work.open = work.focus = path
    elif deed in ("apply", "cancel"):
        work.focus = opened
    elif deed == "undo":
        work.rule, work.focus = checked(_read(given.get("before", "")), unfinished=True), path
    elif deed == "mine" and work.mine is not None:
        work.rule, work.mine = work.mine, None
    elif deed not in (*SAVING, "sample", "theirs", "mine"):
        before = work.rule
        work.rule, work.focus = building.done(work.rule, deed, path)
        work.open = work.focus if deed in ("add", "group") else ""
        checked(work.rule, unfinished=True)
        if deed == "remove" and work.rule != before:
            work.before, work.taken, work.was = before, _("Taken away."), path


def _fill_in(work: Work, opened: str, given: QueryDict) -> None:
    """The open condition as it was typed; another field begins anew and stays open."""
    part = building.at(work.rule, opened)
    name = given.get("field", "")
    if "field" not in part:
        return
    if name != part["field"]:
        work.rule = building.put(work.rule, opened, building.begun(name))
        work.open = work.focus = opened
        return
    work.rule = building.put(work.rule, opened, {"field": name} | _typed(given))


def _typed(given: QueryDict) -> dict[str, Any]:
    """What stands in the slots of the form; several values only where a slot takes several."""
    field_ = segment_fields.get(given.get("field", ""))
    slots = {f"s-{slot.name}": slot for slot in field_.slots} if field_ else {}
    return {
        slot.name: given.getlist(key) if slot.kind == "several" else given.get(key, "") for key, slot in slots.items()
    }


def _read(text: str) -> Any:
    try:
        return json.loads(text[:LONGEST])
    except (ValueError, RecursionError):
        return None

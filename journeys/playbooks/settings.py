"""What a playbook says besides its steps: whom it takes in and when, what it is for, whom it leaves alone."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys.playbooks.steps.turning import HOURS, SEGMENTS
from journeys.playbooks.words import DATES, HEARABLE
from scrm.kernel.segment_field import Number, OneOf, Several, Slot, Wrong, listing, remembered
from staff.models import Store

Given = dict[str, Any]
YES = [("yes", gettext_lazy("yes"))]
WEEKDAYS = [("0", gettext_lazy("Monday")), ("1", gettext_lazy("Tuesday")), ("2", gettext_lazy("Wednesday")),
            ("3", gettext_lazy("Thursday")), ("4", gettext_lazy("Friday")), ("5", gettext_lazy("Saturday")),
            ("6", gettext_lazy("Sunday"))]  # fmt: skip


def stores() -> list[tuple[str, Any]]:
    return [(store.code, store.name) for store in Store.objects.order_by("code")]


ONLY = OneOf("only", gettext_lazy("Only who is in the segment"), "", SEGMENTS)
TRIGGERS: dict[str, tuple[Any, tuple[Slot, ...], frozenset[str]]] = {
    "segment": (gettext_lazy("comes into a segment"), (OneOf("segment", gettext_lazy("Segment"), "", SEGMENTS),),
                frozenset()),
    "event": (gettext_lazy("something happens"), (
        OneOf("event", gettext_lazy("The customer"), "order.paid", lambda: list(HEARABLE.items())),
        Several("stores", gettext_lazy("In these stores"), "", remembered(stores)),
        OneOf("from", gettext_lazy("From"), "", lambda: HOURS),
        OneOf("until", gettext_lazy("Until"), "", lambda: HOURS),
        Several("weekdays", gettext_lazy("On"), "", lambda: list(WEEKDAYS)), ONLY,
    ), frozenset({"stores", "from", "until", "weekdays", "only"})),
    "date": (gettext_lazy("a day comes"), (
        OneOf("of", gettext_lazy("Day"), "birthday", lambda: list(DATES.items())),
        Number("days", gettext_lazy("Days before; after, for the last purchase"), 7, 0, 730, "days"), ONLY,
    ), frozenset({"days", "only"})),
}  # fmt: skip
GOAL = (
    Several("events", gettext_lazy("It worked when the customer"), "", lambda: list(HEARABLE.items())),
    Number("days", gettext_lazy("Within days of coming in"), 60, 1, 365, "days"),
)
RULES = (
    Number("holdout", gettext_lazy("Control, per cent"), 10, 0, 50),
    Number("again", gettext_lazy("May come in again after days; empty for never"), 180, 1, 1830, "days"),
    Several("leave", gettext_lazy("Ends early when the customer"), "", lambda: list(HEARABLE.items())),
    OneOf("alone", gettext_lazy("Nobody who is in another playbook"), "", lambda: list(YES)),
    OneOf("no_case", gettext_lazy("Nobody with an open case"), "", lambda: list(YES)),
)
DEFAULT: Given = {
    "trigger": {}, "goal": {"events": ["order.paid"], "days": 60},
    "rules": {"holdout": 10, "again": 180, "leave": ["consent.withdrawn"], "alone": "yes", "no_case": "yes"},
    "steps": [],
}  # fmt: skip


def read(slots: tuple[Slot, ...], given: Given, optional: frozenset[str]) -> Given:
    """The values as they are kept. Raises Wrong with a sentence."""
    found: Given = {}
    for slot in slots:
        value = given.get(slot.name)
        if value in (None, "", []):
            if slot.name not in optional:
                raise Wrong(_("%(slot)s: this is needed.") % {"slot": slot.words})
        else:
            found[slot.name] = slot.read(value)
    return found


def read_trigger(given: Given) -> Given:
    kind = given.get("kind")
    if kind not in TRIGGERS:
        raise Wrong(_("Say what brings people in."))
    _words, slots, optional = TRIGGERS[kind]
    found = read(slots, given, optional)
    if kind == "date" and found["of"] == "bought" and not found.get("days"):
        raise Wrong(_("Say how many days after the last purchase."))
    return {"kind": kind, **found}


def read_goal(given: Given) -> Given:
    return read(GOAL, given, frozenset({"events"}))


def read_rules(given: Given) -> Given:
    return {"holdout": 0, **read(RULES, given, frozenset({"holdout", "again", "leave", "alone", "no_case"}))}


def hears(trigger: Given) -> str:
    """What brings people in, as Playbook.hears keeps it."""
    named = {"segment": "segment", "event": "event", "date": "of"}[trigger["kind"]]
    return f"{trigger['kind']}:{trigger[named]}"


def _said(slots: tuple[Slot, ...], given: Given, name: str) -> str:
    slot = next(slot for slot in slots if slot.name == name)
    return slot.say(given[name]) if given.get(name) not in (None, "", []) else ""


def trigger_says(trigger: Given) -> str:
    """“Comes into the segment …”, as one sentence."""
    if not trigger:
        return _("Nothing brings people in yet")
    _words, slots, _optional = TRIGGERS[trigger["kind"]]
    if trigger["kind"] == "segment":
        said = _("Comes into the segment “%(name)s”") % {"name": _said(slots, trigger, "segment")}
    elif trigger["kind"] == "event":
        said = _("The customer %(event)s") % {"event": _said(slots, trigger, "event")}
        for name, words in (("stores", _("in %(value)s")), ("weekdays", _("on %(value)s")),
                            ("from", _("from %(value)s")), ("until", _("until %(value)s"))):  # fmt: skip
            if value := _said(slots, trigger, name):
                said += f" · {words % {'value': value}}"
    else:
        day, days = _said(slots, trigger, "of"), trigger.get("days", 0)
        if trigger["of"] == "bought":
            said = _("%(span)s after the last purchase") % {"span": _said(slots, trigger, "days")}
        elif days:
            said = _("%(span)s before: %(day)s") % {"span": _said(slots, trigger, "days"), "day": day}
        else:
            said = day
    if trigger.get("only"):
        said += " · " + _("only in “%(name)s”") % {"name": ONLY.say(trigger["only"])}
    return said


def goal_says(goal: Given) -> str:
    if not goal.get("events"):
        return _("No goal: nobody can say whether it works")
    return _("Within %(span)s the customer %(events)s") % {
        "span": _said(GOAL, goal, "days"), "events": _said(GOAL, goal, "events"),
    }  # fmt: skip


def rules_say(rules: Given) -> list[tuple[str, str]]:
    """The rules as pairs of name and words, for the page."""
    again = _("after %(span)s") % {"span": _said(RULES, rules, "again")} if rules.get("again") else _("never")
    aside = [words for name, words in (("alone", _("who is in another playbook")), ("no_case", _("with an open case")))
             if rules.get(name)]  # fmt: skip
    return [
        (_("Control"), f"{rules.get('holdout', 0)} %"),
        (_("Comes in again"), again),
        (_("Ends early when the customer"), _said(RULES, rules, "leave") or "–"),
        (_("Leaves out"), listing([str(one) for one in aside]) or "–"),
    ]

"""The rule as the builder turns it over: buttons that add, take away, move and group, each giving a new rule."""

import copy
from typing import Any

from django.utils.translation import gettext as _

from customers.models.segment import Rule
from customers.segments.rules import DEEPEST, GROUPS, RuleRefused, below, condition, kind_of
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import segment_fields

FIRST = "last_order"


def begun(name: str) -> Rule:
    """A condition on a field before anybody filled it in. Raises TransitionRefused for an unknown field."""
    field = segment_fields.get(name)
    if field is None:
        raise TransitionRefused(_("There is no field “%(name)s”.") % {"name": name[:40]})
    return {"field": field.name} | {slot.name: slot.first() for slot in field.slots}


def done(rule: Rule, deed: str, path: str) -> tuple[Rule, str]:
    """The rule after one deed, and the path that is open now. What cannot be done changes nothing.

    Deeds: add, group (into the group at `path`), remove, up, down, in (make a group of it), out, and all / any / not
    (what the group at `path` asks). Raises TransitionRefused for a place that is not there.
    """
    rule = copy.deepcopy(rule)
    if deed in ("add", "group"):
        return _add(rule, path, deed)
    if deed in GROUPS:
        group = at(rule, path)
        kind = kind_of(group)
        if kind is not None:
            group[deed] = group.pop(kind)
        return rule, ""
    if not path:
        return rule, ""
    at(rule, path)
    above, place = path.rpartition(".")[0], int(path.rpartition(".")[2])
    parent = at(rule, above)
    siblings: list[Rule] = parent[kind_of(parent) or "all"]
    if deed == "remove":
        siblings.pop(place)
    elif deed == "up" and place > 0:
        siblings[place - 1], siblings[place] = siblings[place], siblings[place - 1]
        return rule, below(above, place - 1)
    elif deed == "down" and place + 1 < len(siblings):
        siblings[place + 1], siblings[place] = siblings[place], siblings[place + 1]
        return rule, below(above, place + 1)
    elif deed == "in" and len(path.split(".")) + _height(siblings[place]) < DEEPEST + 1:
        siblings[place] = {"any" if kind_of(parent) == "all" else "all": [siblings[place]]}
        return rule, f"{path}.0"
    elif deed == "out" and above:
        return _out(rule, above, siblings.pop(place))
    return rule, ""


def at(rule: Rule, path: str) -> Rule:
    """The part at a path. Raises TransitionRefused."""
    part = rule
    for step in path.split(".") if path else []:
        kind = kind_of(part)
        if kind is None or not (step.isascii() and step.isdigit()) or int(step) >= len(part[kind]):
            raise TransitionRefused(_("This place is not in the rule any more."))
        part = part[kind][int(step)]
    return part


def put(rule: Rule, path: str, given: dict[str, Any]) -> Rule:
    """The rule with another condition at a path. Raises RuleRefused for values that cannot be."""
    rule = copy.deepcopy(rule)
    at(rule, path)
    parent = at(rule, path.rpartition(".")[0])
    kind = kind_of(parent)
    if kind is None or not path:
        raise RuleRefused(_("This place is not in the rule any more."), path)
    parent[kind][int(path.rpartition(".")[2])] = condition(given, path)
    return rule


def _add(rule: Rule, path: str, deed: str) -> tuple[Rule, str]:
    group = at(rule, path)
    kind = kind_of(group)
    if kind is None:
        return rule, path
    here = below(path, len(group[kind]))
    if deed == "add":
        group[kind].append(begun(FIRST))
        return rule, here
    if len(here.split(".")) < DEEPEST:
        group[kind].append({"any" if kind == "all" else "all": [begun(FIRST)]})
        return rule, f"{here}.0"
    return rule, ""


def _out(rule: Rule, above: str, part: Rule) -> tuple[Rule, str]:
    """Behind the group it stood in; an empty group goes."""
    higher, place = above.rpartition(".")[0], int(above.rpartition(".")[2])
    parent = at(rule, higher)
    siblings = parent[kind_of(parent) or "all"]
    siblings.insert(place + 1, part)
    emptied = siblings[place]
    if not emptied[kind_of(emptied) or "all"]:
        siblings.pop(place)
        return rule, below(higher, place)
    return rule, below(higher, place + 1)


def _height(part: Rule) -> int:
    kind = kind_of(part)
    return 0 if kind is None else 1 + max((_height(one) for one in part[kind]), default=0)

"""The shape of a playbook's flow, without a database: what follows what, and changes to a draft.

content: {"trigger": {"kind": "segment" | "event" | "date", …}, "goal": {"events": [kind], "days": n},
"rules": {"holdout": per cent, "again": days | None, "leave": [kind], "alone": bool, "no_case": bool}, "steps": [step]}.
A step: {"key", "kind", …}; a fork holds two ways, "yes" and "no", which meet again at the step behind it.
"""

import secrets
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from django.utils.translation import gettext as _

from scrm.kernel.refusals import TransitionRefused

Step = dict[str, Any]
MOST_STEPS, DEEPEST = 60, 3
WAYS = ("yes", "no")


def every(steps: list[Step]) -> Iterator[Step]:
    """Each step, in reading order."""
    for step in steps:
        yield step
        for way in WAYS:
            yield from every(step.get(way, []))


def find(steps: list[Step], key: str) -> Step | None:
    return next((step for step in every(steps) if step["key"] == key), None)


def following(steps: list[Step], after: str = "") -> dict[str, dict[str, str]]:
    """What comes behind each step, by way (“” for a step that does not fork); “” is the end."""
    found: dict[str, dict[str, str]] = {}
    for place, step in enumerate(steps):
        behind = steps[place + 1]["key"] if place + 1 < len(steps) else after
        if step["kind"] == "fork":
            found[step["key"]] = {way: step[way][0]["key"] if step.get(way) else behind for way in WAYS}
            for way in WAYS:
                found |= following(step.get(way, []), behind)
        else:
            found[step["key"]] = {"": behind}
    return found


def first(steps: list[Step]) -> str:
    return steps[0]["key"] if steps else ""


def insert(steps: list[Step], place: str, step: Step) -> list[Step]:
    """One more step behind a place: “” the beginning, a step's key, or “key.yes”. Raises TransitionRefused."""
    steps = deepcopy(steps)
    if sum(1 for _one in every(steps)) >= MOST_STEPS:
        raise TransitionRefused(_("A playbook has sixty steps at most."))
    step = {"key": f"s{secrets.token_hex(3)}", **step}
    if step["kind"] == "fork":
        step |= {"yes": [], "no": []}
    held, at = _place(steps, place)
    held.insert(at, step)
    if depth(steps) > DEEPEST:
        raise TransitionRefused(_("Three forks inside each other are as deep as it goes."))
    return steps


def change(steps: list[Step], key: str, step: Step) -> list[Step]:
    """The step of that key with other words and numbers; its place and its ways stay."""
    steps = deepcopy(steps)
    held, at = _holder(steps, key)
    old = held[at]
    kept = {way: old[way] for way in WAYS if way in old}
    held[at] = {"key": key, **step, **kept}
    return steps


def remove(steps: list[Step], key: str) -> list[Step]:
    """Without that step, and without what stands in its ways."""
    steps = deepcopy(steps)
    held, at = _holder(steps, key)
    del held[at]
    return steps


def move(steps: list[Step], key: str, by: int) -> list[Step]:
    """One place up (-1) or down (1) within its own column; at the end it stays."""
    steps = deepcopy(steps)
    held, at = _holder(steps, key)
    to = min(max(at + by, 0), len(held) - 1)
    held[at], held[to] = held[to], held[at]
    return steps


def depth(steps: list[Step]) -> int:
    """How many forks stand inside each other."""
    return max((1 + max(depth(step.get(way, [])) for way in WAYS) for step in steps if step["kind"] == "fork"),
               default=0)  # fmt: skip


def difference(new: dict[str, Any], old: dict[str, Any]) -> dict[str, set[str]]:
    """Keys of steps that are new, changed, or gone; and which of trigger, goal and rules differ."""
    now = {step["key"]: bare(step) for step in every(new.get("steps", []))}
    was = {step["key"]: bare(step) for step in every(old.get("steps", []))}
    return {
        "new": now.keys() - was.keys(), "gone": was.keys() - now.keys(),
        "changed": {key for key in now.keys() & was.keys() if now[key] != was[key]},
        "set": {name for name in ("trigger", "goal", "rules") if new.get(name) != old.get(name)},
    }  # fmt: skip


def bare(step: Step) -> Step:
    return {name: value for name, value in step.items() if name not in WAYS}


def _place(steps: list[Step], place: str) -> tuple[list[Step], int]:
    if not place:
        return steps, 0
    key, _dot, way = place.partition(".")
    if way:
        fork = find(steps, key)
        if fork is None or way not in WAYS or way not in fork:
            raise TransitionRefused(_("This place is not in the draft any more."))
        return fork[way], 0
    held, at = _holder(steps, key)
    return held, at + 1


def _holder(steps: list[Step], key: str) -> tuple[list[Step], int]:
    for at, step in enumerate(steps):
        if step["key"] == key:
            return steps, at
        for way in WAYS:
            if way in step and find(step[way], key) is not None:
                return _holder(step[way], key)
    raise TransitionRefused(_("This step is not in the draft any more."))

"""A rule dressed for the builder: groups as brackets, conditions as sentences of slots, what each brings."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from customers.models.segment import Rule
from customers.segments.counting import Counts
from customers.segments.rules import DEEPEST, below, field_of, kind_of
from customers.segments.sentences import pieces, said
from scrm.kernel.registry import segment_fields


@dataclass
class Slotted:
    """One thing to fill in, with what stands there."""

    name: str
    words: Any
    kind: str
    value: Any
    options: list[tuple[str, str]]
    wrong: bool = False


@dataclass
class Node:
    """One part of the rule; a group has `parts`, a condition `pieces`, and `slots` while it is open."""

    path: str
    kind: str = ""
    words: str = ""
    join: str = ""
    depth: int = 1
    parts: list["Node"] = field(default_factory=list)
    pieces: list[tuple[str, str]] = field(default_factory=list)
    slots: list[Slotted] = field(default_factory=list)
    field: str = ""
    open: bool = False
    focus: bool = False
    people: str = ""
    says: str = ""
    idle: bool = False
    trouble: str = ""

    @property
    def may_group(self) -> bool:
        return self.depth < DEEPEST


def dressed(
    part: Rule, counts: Counts, *, opened: str = "", focus: str = "", trouble: str = "",
    typed: dict[str, Any] | None = None, slot: str = "", path: str = "", join: str = "", depth: int = 1,
) -> Node:  # fmt: skip
    kind = kind_of(part)
    if kind is not None:
        words = {"all": _("and"), "any": _("or"), "not": _("or")}[kind]
        node = Node(path, kind, title(kind), join, depth)
        node.parts = [
            dressed(one, counts, opened=opened, focus=focus, trouble=trouble, typed=typed, slot=slot,
                    path=below(path, place), join=words if place else "", depth=depth + 1)
            for place, one in enumerate(part[kind])
        ]  # fmt: skip
        return node
    node = Node(path, words=said(part), join=join, depth=depth, open=path == opened, focus=path == focus)
    node.field = part["field"]
    node.pieces = [(text, "f" if what == "field" else "v" if what else "") for text, what in pieces(part)]
    node.people, node.says, node.idle = _brings(path, counts)
    if node.open:
        now = part | (typed or {})
        node.trouble = trouble
        node.slots = [Slotted(each.name, each.words, each.kind, now.get(each.name), each.options(), each.name == slot)
                      for each in field_of(part).slots]  # fmt: skip
    return node


def title(kind: str) -> str:
    return {"all": _("Every one of these"), "any": _("Any of these"), "not": _("None of these")}[kind]


def offered() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every field by its group."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for one in segment_fields.all():
        groups[str(one.group)].append((one.name, str(one.words)))
    return list(groups.items())


def _brings(path: str, counts: Counts) -> tuple[str, str, bool]:
    if path not in counts.alone or path not in counts.lines:
        return "", "", False
    kind, people = counts.lines[path]
    about = "≈ " if counts.estimate else ""
    if kind == "kept_out":
        return f"{about}−{people:,}" if people else "0", _("kept out"), people == 0
    if kind == "only":
        idle = people == 0
        says = _("brings nobody: take it away?") if idle else _("only through this %(n)s") % {"n": f"{people:,}"}
        return f"{about}{counts.alone[path]:,}", says, idle
    return f"{about}{people:,}", _("by itself") if kind == "alone" else _("up to here"), False

"""What a macro does, in the reader's words."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from staff.models import Team
from tickets.models import LATER, Macro, State, Status, Topic, Urgency
from tickets.models.macro import Do
from touchpoints.models import Script

Names = dict[str, dict[str, str]]


def said_by(macros: Iterable[Macro]) -> list[tuple[Macro, list[str]]]:
    """Each macro with its steps; what a code stands for is asked once for all of them."""
    every = list(macros)
    names = _names([step for macro in every for step in macro.steps])
    return [(macro, [_said(step, names) for step in macro.steps]) for macro in every]


def _names(steps: list[dict[str, Any]]) -> Names:
    wanted: dict[str, set[str]] = {"topic": set(), "team": set(), "status": set(), "script": set()}
    for step in steps:
        if step["do"] == Do.TOPIC:
            wanted["topic"].add(step["to"])
        elif step["do"] == Do.ASSIGN:
            wanted["team"].add(step["to"].removeprefix("team:"))
        for name in ("status", "script"):
            if step.get(name):
                wanted[name].add(step[name])
    scripts = Script.objects.filter(state=Script.State.APPROVED)
    rows = {"topic": Topic.objects.all(), "team": Team.objects.all(), "status": Status.objects.all(), "script": scripts}
    return {
        kind: {one.code: str(one) for one in rows[kind].filter(code__in=codes)} if codes else {}  # type: ignore[attr-defined]
        for kind, codes in wanted.items()
    }


def _said(step: dict[str, Any], names: Names) -> str:
    do, to = step["do"], step.get("to", "")
    if do == Do.TOPIC:
        what = names["topic"].get(to, to)
    elif do == Do.URGENCY:
        what = str(Urgency(to).label)
    elif do == Do.ASSIGN:
        code = to.removeprefix("team:")
        what = _("me") if to == "me" else names["team"].get(code, code)
    elif do == Do.SNOOZE:
        what = str(LATER[to])
    elif do == Do.MOVE:
        what = names["status"].get(step["status"], step["status"]) if step.get("status") else str(State(to).label)
        what = f"{what} ({step['words']})" if step.get("words") else what
    elif do == Do.TASK:
        days = step["days"]
        when = ngettext("in %(n)s day", "in %(n)s days", days) % {"n": days} if days else _("today")
        what = f"{_short(step['words'])} ({when})"
    elif do == Do.REPLY and step.get("script"):
        what = names["script"].get(step["script"], step["script"])
    else:
        what = _short(step["words"])
    return f"{Do(do).label} → {what}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"

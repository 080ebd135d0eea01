"""Playbooks as their pages show them: the flow with its counts, the list, the parts of the editor."""

from typing import Any

from django.utils.translation import gettext as _

from journeys.models import Enrolment, Playbook, PlaybookDay, PlaybookVersion, StepRun
from journeys.playbooks import figures, flow, settings
from journeys.playbooks.steps import KINDS
from journeys.playbooks.words import NOT_IN
from touchpoints.models import Outreach


def _words() -> dict[str, tuple[str, dict[str, str]]]:
    return {
        "wait": (_("waiting"), {"heard": _("it happened"), "over": _("time was over")}),
        "fork": ("", {"yes": _("yes"), "no": _("no")}),
        "human": (_("in hand"), {"done": _("done"), "late": _("late")}),
        "message": (_("here now"), {"done": _("sent"), "held": _("not sent")}),
        "coupon": (_("here now"), {"done": _("given"), "held": _("not given")}),
        "campaign": (_("here now"), {"done": _("given"), "held": _("not given")}),
    }


def reason_words(code: str) -> str:
    """Why a step made nothing, in the reader's words."""
    words = {"enough": _("had as many as one gets"), "level": _("is in another level"),
             "said": _("a colleague said otherwise"), "budget": _("the campaign's budget is used up"),
             "stopped": _("the campaign does not go on")}  # fmt: skip
    if code in words:
        return words[code]
    return str(Outreach.Reason(code).label) if code in Outreach.Reason.values else code


def result_words(kind: str, run: StepRun) -> str:
    """What came of a step, as the page of the playbook calls it."""
    return str(_words().get(kind, ("", {}))[1].get(run.result) or run.get_result_display())


def nodes(
    steps: list[flow.Step], counted: dict[str, Any], *, marks: dict[str, set[str]] | None = None,
    wrong: dict[str, str] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """The column of steps, forks with both their ways, each with what was counted at it."""
    found = []
    for step in steps:
        kind, key = KINDS[step["kind"]], step["key"]
        runs = counted.get("runs", {}).get(key, {})
        here_words, results = _words().get(step["kind"], (_("here now"), {"done": _("done")}))
        here = counted.get("here", {}).get(key, 0)
        counts = [(here_words, here, "")] if here_words else []
        counts += [(words, runs.get(result, 0), result) for result, words in results.items()]
        held = sorted(counted.get("held", {}).get(key, {}).items(), key=lambda pair: -pair[1])
        mark = next((name for name in ("new", "changed") if marks and key in marks[name]), "")
        found.append({
            "key": key, "kind": step["kind"], "kind_words": kind.words, "icon": kind.icon, "says": kind.says(step),
            "small": kind.small(step), "counts": counts if step["kind"] != "fork" else [], "mark": mark,
            "held": [(reason_words(code), n, code) for code, n in held], "wrong": (wrong or {}).get(key, ""),
            "parked": counted.get("parked_at", {}).get(key, 0),
            "ways": [
                {"way": way, "place": f"{key}.{way}", "words": words, "n": runs.get(way, 0),
                 "nodes": nodes(step[way], counted, marks=marks, wrong=wrong)}
                for way, words in (("yes", _("Yes")), ("no", _("No")))
            ] if step["kind"] == "fork" else [],
        })  # fmt: skip
    return found


def shown(version: PlaybookVersion | None, playbook: Playbook) -> dict[str, Any]:
    """The flow of a version with the playbook's last figures, and its settings as sentences."""
    content = version.content if version else settings.DEFAULT
    counted = playbook.figures or {}
    sides = counted.get("sides", {})
    return {
        "trigger": settings.trigger_says(content.get("trigger", {})), "goal": settings.goal_says(content["goal"]),
        "rules": settings.rules_say(content["rules"]), "nodes": nodes(content["steps"], counted),
        "holdout": content["rules"].get("holdout", 0), "again": content["rules"].get("again"),
        "on": sides.get("on", {}), "control": sides.get("control", {}),
        "active": counted.get("inside", 0) - counted.get("parked", 0),
        "parked": counted.get("parked", 0), "effect": figures.effect(counted),
        "goal_days": content["goal"].get("days", 0),
        "came": sides.get("on", {}).get("people", 0) + sides.get("control", {}).get("people", 0),
        "picture": picture(figures.effect(counted)),
        "ends": [(str(Enrolment.End(end).label), n, end) for end, n in counted.get("ends", {}).items()],
    }  # fmt: skip


def picture(effect: figures.Effect | None) -> dict[str, Any] | None:
    """Both sides on one scale, in the units of the drawing: 300 wide, the names above the lines."""
    if effect is None:
        return None
    top = max(effect.on.high, effect.control.high, 1)
    rows = []
    for place, (name, side) in enumerate(((_("On the way"), effect.on), (_("Control"), effect.control))):
        low, high, at = (round(300 * value / top, 1) for value in (side.low, side.high, side.part))
        rows.append({"name": name, "side": side, "low": low, "high": high, "at": at, "y": 34 + 48 * place,
                     "text": 20 + 48 * place})  # fmt: skip
    return {"rows": rows, "top": top}


def not_taken(playbook: Playbook) -> list[tuple[str, int]]:
    """How many were not taken in so far, by reason; being in it already is no refusal."""
    rows: dict[str, int] = {}
    for what, n in PlaybookDay.objects.filter(playbook=playbook).values_list("what", "n"):
        rows[what] = rows.get(what, 0) + n
    return [(str(NOT_IN[what]), rows[what]) for what in ("other", "case", "again") if rows.get(what)]


def listed() -> list[dict[str, Any]]:
    """All playbooks (a brand has few) with their last figures."""
    rows = list(Playbook.objects.all())
    runs = {row.playbook_id: row for row in PlaybookVersion.objects.filter(state=PlaybookVersion.State.LIVE)}
    drafts = {row.playbook_id: row for row in PlaybookVersion.objects.filter(state=PlaybookVersion.State.DRAFT)}
    found = []
    for one in rows:
        version = runs.get(one.pk) or drafts.get(one.pk)
        content = version.content if version else settings.DEFAULT
        found.append({
            "row": one, "trigger": settings.trigger_says(content.get("trigger", {})), "draft": one.pk in drafts,
            "active": one.figures.get("inside", 0) - one.figures.get("parked", 0),
            "parked": one.figures.get("parked", 0),
            "effect": figures.effect(one.figures),
            "steps": sum(1 for _step in flow.every(content["steps"])),
        })  # fmt: skip
    return found


def difference(draft: PlaybookVersion, runs: PlaybookVersion | None) -> list[tuple[str, str]]:
    """(“new”, “changed” or “gone”; which step or part) against what runs."""
    old = runs.content if runs else {}
    marks = flow.difference(draft.content, old)
    found = [("changed", {"trigger": _("Who comes in"), "goal": _("Goal"), "rules": _("Rules")}[part])
             for part in ("trigger", "goal", "rules") if part in marks["set"] and runs]  # fmt: skip
    for content, names in ((draft.content, ("new", "changed")), (old, ("gone",))):
        for step in flow.every(content.get("steps", [])):
            found += [(name, KINDS[step["kind"]].says(step)) for name in names if step["key"] in marks[name]]
    return found


def slots_of(kind: str, step: dict[str, Any]) -> list[dict[str, Any]]:
    """The slots of a kind of step as the editor lays them out, with what stands there."""
    return laid_out(KINDS[kind].slots, step, KINDS[kind].optional)


def laid_out(slots: Any, given: dict[str, Any], optional: frozenset[str]) -> list[dict[str, Any]]:
    return [
        {"name": slot.name, "words": slot.words, "kind": slot.kind, "options": slot.options(),
         "optional": slot.name in optional,
         "value": given.get(slot.name, "" if slot.name in optional or given else slot.first())}
        for slot in slots
    ]  # fmt: skip

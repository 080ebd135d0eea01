"""Playbooks as their pages show them: the flow with its counts, the list, the people, who is stuck and why."""

from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from customers.models import Customer
from journeys.models import Enrolment, Playbook, PlaybookDay, PlaybookVersion, StepRun
from journeys.playbooks import figures, flow, settings
from journeys.playbooks.steps import KINDS
from journeys.playbooks.words import DATES, HEARABLE, NOT_IN
from scrm.kernel.keyset import Page, page_of
from staff.models import User
from touchpoints.models import Outreach

MOST_PARKED = 300


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
            "held": [(reason_words(code), n) for code, n in held], "parked": counted.get("parked_at", {}).get(key, 0),
            "wrong": (wrong or {}).get(key, ""),
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
        "on": sides.get("on", {}), "control": sides.get("control", {}), "inside": counted.get("inside", 0),
        "parked": counted.get("parked", 0), "effect": figures.effect(counted),
        "goal_days": content["goal"].get("days", 0),
        "came": sides.get("on", {}).get("people", 0) + sides.get("control", {}).get("people", 0),
        "picture": picture(figures.effect(counted)),
        "ends": [(str(Enrolment.End(end).label), n) for end, n in counted.get("ends", {}).items()],
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
            "inside": one.figures.get("inside", 0), "parked": one.figures.get("parked", 0),
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


def people(
    playbook: Playbook, user: User, *, at: str = "", came: str = "", state: str = "", cursor: str | None = None
) -> Page[Enrolment]:
    """Who of the reader's customers is or was in it: at one step, with one result, in one state."""
    rows = Enrolment.objects.visible_to(user).filter(playbook=playbook)
    if at and came in StepRun.Result.values:
        rows = rows.filter(runs__node=at, runs__result=came)
    elif at:
        rows = rows.filter(node=at, ended_at=None)
    if state == "inside":
        rows = rows.on_the_way()
    elif state in Enrolment.State.values:
        rows = rows.filter(state=state)
    page = page_of(rows.select_related("customer", "version", "playbook"), order=["-id"], cursor=cursor)
    for row in page.rows:
        tell_of(row)
    return page


def tell_of(row: Enrolment) -> None:
    """Put in words on the row why somebody is in it and where they stand."""
    row.came_by = came_by(row.why)  # type: ignore[attr-defined]
    row.by_event = HEARABLE.get(row.doing.get("event", ""), "")  # type: ignore[attr-defined]
    step = flow.find(row.version.steps, row.node) if row.node else None
    row.stands = KINDS[step["kind"]].says(step) if step and row.ended_at is None else ""  # type: ignore[attr-defined]


def came_by(why: dict[str, Any]) -> str:
    """What brought somebody in."""
    day = f" · {why['on']}" if why.get("on") else ""
    if why.get("segment"):
        return _("came into the segment “%(name)s”") % {"name": settings.ONLY.say(why["segment"])}
    if why.get("event"):
        return str(HEARABLE.get(why["event"], why["event"])) + day
    if why.get("date"):
        return str(DATES.get(why["date"], why["date"])) + day
    return _("put in by hand")


def of_customer(customer: Customer, user: User) -> dict[str, Any]:
    """Every way of one customer, each step with what came of it, and why the running playbooks do not take them in."""

    ways = list(Enrolment.objects.filter(customer=customer).select_related("playbook", "version").order_by("-pk")[:20])
    runs: dict[int, list[StepRun]] = {}
    for run in StepRun.objects.filter(enrolment__in=ways).order_by("at", "pk"):
        runs.setdefault(run.enrolment_id, []).append(run)
    for row in ways:
        tell_of(row)
        steps = {step["key"]: step for step in flow.every(row.version.steps)}
        row.told = [  # type: ignore[attr-defined]
            {"run": run, "says": KINDS[steps[run.node]["kind"]].says(steps[run.node]),
             "icon": KINDS[steps[run.node]["kind"]].icon, "came": result_words(steps[run.node]["kind"], run),
             "why": reason_words(run.details.get("reason", ""))}
            for run in runs.get(row.pk, []) if run.node in steps
        ]  # fmt: skip
    return {"ways": ways, "may_take_out": user.may("playbook.care")}


def stuck(user: User) -> list[dict[str, Any]]:
    """Whom of the reader's customers a playbook cannot move on, by playbook, step and reason; the newest 300."""
    rows = Enrolment.objects.visible_to(user).parked().select_related("customer", "version", "playbook")
    found = list(rows.order_by("-parked_at", "-pk")[:MOST_PARKED])
    groups = []

    def same(row: Enrolment) -> tuple[Any, ...]:
        return row.playbook_id, row.node, row.trouble

    for _key, members in groupby(sorted(found, key=lambda row: (*map(str, same(row)), row.pk)), key=same):
        people = sorted(members, key=lambda row: (row.parked_at or row.entered_at, row.pk), reverse=True)
        tell_of(people[0])
        texts = sorted({row.trouble_text for row in people if row.trouble_text})
        groups.append({
            "playbook": people[0].playbook, "step": people[0].stands, "trouble": people[0].get_trouble_display(),  # type: ignore[attr-defined]
            "texts": texts[:3], "people": people, "since": people[-1].parked_at,
        })  # fmt: skip
    return sorted(groups, key=lambda group: -len(group["people"]))


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

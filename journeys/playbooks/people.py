"""The people of a playbook: those behind each count, the ways of one customer, who is stuck and why."""

from typing import Any

from django.db.models import Count, F, Min, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _

from customers.models import Customer
from journeys.models import Enrolment, Playbook, PlaybookVersion, StepRun
from journeys.playbooks import flow, settings
from journeys.playbooks.caring import ALIKE, Stuck
from journeys.playbooks.pages import reason_words, result_words
from journeys.playbooks.steps import KINDS
from journeys.playbooks.words import DATES, HEARABLE
from scrm.kernel.keyset import Page, page_of
from staff.models import User

MOST_GROUPS, SHOWN = 40, 8
State = Enrolment.State


def people(
    playbook: Playbook, user: User, *, at: str = "", came: str = "", why: str = "", state: str = "", end: str = "",
    cursor: str | None = None,
) -> Page[Enrolment]:  # fmt: skip
    """Those of the reader's customers a count stands for: at a step, with what came of it, in a state, by an end."""
    rows = Enrolment.objects.visible_to(user).filter(playbook=playbook)
    if at and came in StepRun.Result.values:
        rows = rows.filter(runs__node=at, runs__result=came, **({"runs__details__reason": why} if why else {}))
    elif at:
        rows = rows.filter(node=at, ended_at=None)
    if state == "inside":
        rows = rows.on_the_way()
    elif state == "on":
        rows = rows.exclude(state=State.CONTROL)
    elif state == "reached":
        rows = rows.exclude(state=State.CONTROL).filter(goal_at__isnull=False)
    elif state in State.values:
        rows = rows.filter(state=state)
    if end in Enrolment.End.values:
        rows = rows.filter(end=end)
    page = page_of(rows.select_related("customer", "version", "playbook"), order=["-id"], cursor=cursor)
    for row in page.rows:
        tell_of(row)
    return page


def picked(playbook: Playbook, *, at: str, came: str, why: str, end: str) -> str:
    """What was chosen beyond a state, in words: the step, what came of it, why, or how it ended."""
    version = playbook.running or playbook.draft
    step = flow.find(version.steps, at) if version and at else None
    said = [KINDS[step["kind"]].says(step) if step else _("a step of another version")] if at else []
    if at and came in StepRun.Result.values:
        said.append(result_words(step["kind"] if step else "", StepRun(result=came)))
        said += [reason_words(why)] if why else []
    if end in Enrolment.End.values:
        said.append(str(Enrolment.End(end).label))
    return " · ".join(said)


def states(playbook: Playbook, *, counts: bool) -> list[tuple[str, str, int | None]]:
    """The lists one may turn to, each with how many the last count found: control and who goes on are all."""
    figures = playbook.figures or {}
    on, control = (figures.get("sides", {}).get(side, {}) for side in ("on", "control"))
    found = (
        ("", _("All"), on.get("people", 0) + control.get("people", 0)),
        (State.CONTROL, _("Control"), control.get("people", 0)),
        ("on", _("Sent on the way"), on.get("people", 0)),
        (State.ACTIVE, _("On the way"), sum(figures.get("here", {}).values())),
        (State.PARKED, _("Parked"), figures.get("parked", 0)),
        (State.ENDED, _("Ended"), sum(figures.get("ends", {}).values())),
        ("reached", _("Reached the goal"), on.get("reached", 0)),
    )
    return [(str(code), words, n if counts and figures else None) for code, words, n in found]


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


def stuck(user: User) -> tuple[list[dict[str, Any]], int, int]:
    """Whom of the reader's customers a playbook cannot move on: by version, step and reason, the newest of each; how
    many there are in all, and how many more reasons than are shown."""
    rows = Enrolment.objects.visible_to(user).parked()
    counted = rows.order_by().values(*ALIKE).annotate(n=Count("pk"), since=Min("parked_at"))
    every = list(counted.order_by("-n", *ALIKE))
    groups = {tuple(row[name] for name in ALIKE): row for row in every[:MOST_GROUPS]}
    alike = [F(name) for name in ALIKE]
    place = Window(RowNumber(), partition_by=alike, order_by=[F("parked_at").desc(), F("pk").desc()])
    newest = rows.annotate(place=place).filter(place__lte=SHOWN).select_related("customer", "version", "playbook")
    for row in newest.order_by("-parked_at", "-pk"):
        group = groups.get((row.playbook_id, row.version_id, row.node, row.trouble))
        if group is not None:
            group.setdefault("people", []).append(row)
    found = [group for group in groups.values() if "people" in group]
    live = PlaybookVersion.objects.filter(
        state=PlaybookVersion.State.LIVE, playbook__in={one["playbook"] for one in found}
    )
    runs = {version.playbook_id: version for version in live}
    for group in found:
        first = group["people"][0]
        tell_of(first)
        texts = sorted({row.trouble_text for row in group["people"] if row.trouble_text})
        group |= {
            "playbook": first.playbook, "version": first.version, "step": first.stands, "node": first.node,
            "trouble": first.get_trouble_display(), "texts": texts[:3], "more": group["n"] - len(group["people"]),
            "key": Stuck.of(first).key, "since_then": since_then(first, runs.get(first.playbook_id)),
        }  # fmt: skip
    return found, sum(row["n"] for row in every), len(every) - len(found)


def since_then(row: Enrolment, runs: PlaybookVersion | None) -> str:
    """What the version that runs by now does at the step somebody is stuck at; nothing when it is theirs."""
    if runs is None or runs.pk == row.version_id:
        return ""
    now, then = flow.find(runs.steps, row.node), flow.find(row.version.steps, row.node)
    said = {"n": runs.number}
    if now is None:
        return _("Version %(n)s, which runs by now, has no such step.") % said
    if flow.bare(now) != flow.bare(then or {}):
        return _("Version %(n)s, which runs by now, has changed this step.") % said
    return _("Version %(n)s, which runs by now, has the same step.") % said

"""Pilots as their pages show them: the finding first, each figure with its interval, who is in and why."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from journeys.models import Arm, Metric, Pilot, PilotAsk, PilotFigure, PilotMember, PilotStep
from journeys.models.pilot import OF
from journeys.pilots.figures import FEWEST, Compared, read
from journeys.pilots.gates import judge
from scrm.kernel import money
from scrm.kernel.keyset import Page, page_of
from staff.models import Store, User

SHARES = (Metric.REPURCHASE, Metric.USE)
WIDE = 100.0
LOG = {
    "made": gettext_lazy("Planned"), "begun": gettext_lazy("Step begun"), "noted": gettext_lazy("Change noted"),
    "asked": gettext_lazy("Asked to let it pass early"), "declined": gettext_lazy("Not let pass early"),
    "change": gettext_lazy("Gate: change"), "go": gettext_lazy("Gate: go on"), "stop": gettext_lazy("Gate: stop"),
}  # fmt: skip
ICONS = {
    "made": "plus",
    "begun": "flag-3",
    "noted": "pencil",
    "asked": "help",
    "declined": "x",
    "change": "transfer",
    "go": "check",
    "stop": "player-stop",
}


@dataclass
class Shown:
    """One metric in words, and where its line stands in a picture a hundred wide."""

    name: str
    row: Compared
    value: str
    against: str
    difference: str
    interval: str
    verdict: str
    line: tuple[float, float, float, float] | None = None  # low, middle, high, no difference


def listed(user: User, *, cursor: str | None) -> Page[Pilot]:
    now = PilotStep.objects.filter(pilot=OuterRef("pk")).order_by("-number")
    rows = Pilot.objects.select_related("package", "segment", "by").annotate(
        step_number=Subquery(now.values("number")[:1]), step_kind=Subquery(now.values("kind")[:1]),
        asked=Exists(PilotAsk.objects.open().filter(step__pilot=OuterRef("pk"))),
    )  # fmt: skip
    page: Page[Any] = page_of(rows, order=["-id"], cursor=cursor)
    latest = _latest([one.pk for one in page.rows])
    for row in page.rows:
        row.headline = headline(row, latest.get(row.pk, {}))  # type: ignore[attr-defined]
    return page


def _latest(ids: list[int]) -> dict[int, dict[str, Compared]]:
    """The newest figures of each pilot's own metric."""
    rows = PilotFigure.objects.filter(step__pilot__in=ids).order_by("step__pilot", "metric", "-as_of", "-step__number")
    found: dict[int, dict[str, Compared]] = {}
    for pilot, metric, figures in rows.distinct("step__pilot", "metric").values_list(
        "step__pilot", "metric", "figures"
    ):
        found.setdefault(pilot, {})[metric] = Compared(**figures)
    return found


def headline(pilot: Pilot, found: dict[str, Compared]) -> str:
    """What the pilot's own metric says, in one sentence."""
    row, name = found.get(pilot.metric), Metric(pilot.metric).label
    if row is None or row.difference is None:
        if pilot.state == Pilot.State.PLANNED:
            return _("Not begun")
        return _("Cannot say yet")
    if not row.is_clear:
        return _("%(metric)s: not clear yet") % {"metric": name}
    says = _difference(pilot.metric, abs(row.difference), sign=False)
    more = _("%(metric)s: %(much)s more") if row.difference > 0 else _("%(metric)s: %(much)s less")
    return more % {"metric": name, "much": says}


def shown(metric: str, row: Compared) -> Shown:
    name = str(Metric(metric).label)
    value, against = _value(metric, row.value), _value(metric, row.against)
    if row.difference is None or row.low is None or row.high is None:
        verdict = _("Cannot say yet")
        if metric == Metric.USE and row.value is not None:
            verdict = _("We can say how many used it, not what it brought")
        spread = "" if row.low is None else _between(metric, row)
        return Shown(name, row, value, against, "", spread, verdict)
    verdict = "" if row.is_clear else _("not clear yet")
    low, high = min(row.low, 0), max(row.high, 0)
    edge = (high - low or 1) * 0.12
    scale = WIDE / (high - low + 2 * edge)
    line = tuple(round((one - low + edge) * scale, 2) for one in (row.low, row.difference, row.high, 0.0))
    said = _difference(metric, row.difference)
    return Shown(name, row, value, against, said, _between(metric, row), verdict, line)  # type: ignore[arg-type]


def _between(metric: str, row: Compared) -> str:
    ends = (row.low or 0.0, row.high or 0.0)
    if metric == Metric.USE:
        ends_said = [_value(metric, one) for one in ends]
    else:
        ends_said = [_difference(metric, one, words=False) for one in ends]
    return _("%(low)s to %(high)s") % {"low": ends_said[0], "high": ends_said[1]}


def _value(metric: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value * 100:.1f} %" if metric in SHARES else money.written(round(value), settings.BASE_CURRENCY)


def _difference(metric: str, value: float, *, sign: bool = True, words: bool = True) -> str:
    mark = ("+" if value > 0 else "−" if value < 0 else "") if sign else ""
    if metric in SHARES:
        number = f"{mark}{abs(value) * 100:.1f}"
        return _("%(n)s percentage points") % {"n": number} if words else number
    return f"{mark}{money.written(round(abs(value)), settings.BASE_CURRENCY)}"


def figures_of(pilot: Pilot, step: PilotStep | None) -> tuple[list[Shown], dict[str, Compared], Any]:
    """The rows of the page, the raw ones and their day: the newest of the step, frozen ones where a gate stands."""
    if step is None:
        return [], {}, None
    day: Any = None
    gate = getattr(step, "gate", None)
    if gate is not None:
        found, day = read(gate.rows), timezone.localdate(gate.at)
    else:
        newest = PilotFigure.objects.filter(step=step).order_by("-as_of").values("as_of")[:1]
        rows = list(PilotFigure.objects.filter(step=step, as_of=Subquery(newest)))
        found = {row.metric: Compared(**row.figures) for row in rows}
        day = rows[0].as_of if rows else None
    order = [pilot.metric, *(one for one in Metric.values if one not in (pilot.metric, Metric.BEFORE))]
    return [shown(metric, found[metric]) for metric in order if metric in found], found, day


def gate_lines(pilot: Pilot, step: PilotStep, found: dict[str, Compared]) -> list[tuple[bool, str, str]]:
    """What should be true before going on: (yes or no, the rule, the number); of a decided step as it was then."""
    row = found.get(pilot.metric, Compared())
    one = judge(pilot, step, row, at=step.gate.at if hasattr(step, "gate") else timezone.now())
    lines = [
        (one.passed >= one.days, _("Every member was watched for %(n)s days") % {"n": one.days},
         f"{min(one.passed, one.days)} / {one.days}"),
        (one.least >= FEWEST, _("At least %(n)s people in each arm") % {"n": FEWEST}, str(one.least)),
    ]  # fmt: skip
    if one.needed is not None:
        rule = _("Enough people to find %(n)s points") % {"n": pilot.effect}
        lines.append((one.least >= one.needed, rule, f"{one.least} / {one.needed}"))
    lines.append((one.above, _("The lower end is above no difference"), shown(pilot.metric, row).interval or "–"))
    return lines


def members(pilot: Pilot, user: User, *, number: str, cursor: str | None) -> Page[PilotMember]:
    """Those one may see, each with why the arm is theirs."""
    rows = PilotMember.objects.visible_to(user).filter(pilot=pilot).select_related("customer", "step", "held")
    rows = rows.filter(customer__number=number) if number else rows
    page = page_of(rows, order=["-id"], cursor=cursor, size=8)
    border = pilot.control * OF // 100
    for row in page.rows:
        said = {"draw": row.draw, "border": border, "step": row.step.number}
        row.why = (  # type: ignore[attr-defined]
            _("Step %(step)s: the hash %(draw)s is %(border)s or more: pilot") if row.arm == Arm.PILOT
            else _("Step %(step)s: the hash %(draw)s is below %(border)s: control")
        ) % said  # fmt: skip
    return page


def counted(pilot: Pilot) -> dict[str, dict[str, int]]:
    """People of each arm and how many lost the package on the way."""
    rows = pilot.members.order_by().values("arm").annotate(people=Count("pk"), left=Count("held__ended_at"))
    found: dict[str, Any] = {row["arm"]: row for row in rows}
    return {arm: found.get(arm, {"people": 0, "left": 0}) for arm in Arm.values}


def steps_of(pilot: Pilot) -> list[PilotStep]:
    """In order, each with its stores and its gate."""
    return list(
        pilot.steps.select_related("version", "gate__by", "gate__agreed_by", "pilot").prefetch_related("stores__store")
    )


def asked_of(step: PilotStep | None) -> PilotAsk | None:
    """What waits for a second person at this step's gate."""
    return PilotAsk.objects.open().filter(step=step).select_related("by").first() if step else None


def stores_to_add(steps: list[PilotStep]) -> list[Store]:
    inside = {one.store_id for step in steps for one in step.stores.all()}
    return list(Store.objects.filter(closed_on=None).exclude(pk__in=inside).exclude(kind="online"))

"""What the pages of maps show: the finding, the curve, each place with its figures, the milestones."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Prefetch, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeys.maps.reckoning import DAYS
from journeys.models import JourneyMap, MapFigure, MapNote, MapPoint
from staff.models import User
from touchpoints.models import TouchDay

FEW = 30  # below this no share is told
HIGH, WIDE, TOP = 176, 600, 20  # the drawing's units
STEPS = ("came", "met", "first", "second")


@dataclass
class Shown:
    """One place: contacts and share in time of its touchpoints within 30 days, open cases of its topics.

    `partly` for a reader who is not told the brand's: the cases not at all, of touchpoints those of the own stores.
    """

    point: MapPoint
    volume: int | None = None
    asked: int = 0
    within: int = 0
    cases: int | None = None
    notes: dict[str, list[MapNote]] = field(default_factory=dict)
    partly: bool = False

    @property
    def share(self) -> int | None:
        return round(100 * self.within / self.asked) if self.asked >= FEW else None

    @property
    def says(self) -> str:
        return "" if self.point.feeling is None else signed(self.point.feeling)

    @property
    def minus(self) -> str:
        return str(max(-10, (self.point.feeling or 0) - 1) / 10)

    @property
    def plus(self) -> str:
        return str(min(10, (self.point.feeling or 0) + 1) / 10)

    @property
    def tone(self) -> str:
        feeling, share = self.point.feeling, self.share
        return "low" if (feeling is not None and feeling < 0) or (share is not None and share < 80) else ""

    @property
    def gap(self) -> str:
        """What is missing to judge this place, in words."""
        if not self.point.touchpoints and not self.point.topics:
            return _("nothing measures it")
        if self.partly and self.volume is None:
            return ""
        if self.point.touchpoints and self.volume is None:
            return _("contacts are not counted yet")
        if self.point.touchpoints and self.asked < FEW:
            return _("fewer than 30 waits, no share")
        return ""


def signed(tenths: int) -> str:
    return f"{'+' if tenths > 0 else '−' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}"


def figures() -> tuple[dict[str, int], datetime | None]:
    rows = list(MapFigure.objects.all())
    return {row.name: row.number for row in rows}, max((row.reckoned_at for row in rows), default=None)


def shown(points: list[MapPoint], counted: dict[str, int], user: User) -> list[Shown]:
    """Every place with the figures this reader may see, in one query for all touchpoints."""
    partly = not user.sees_whole_brand
    since = timezone.localdate() - timedelta(days=DAYS - 1)
    codes = {code for point in points for code in point.touchpoints}
    rows = TouchDay.objects.filter(day__gte=since, touchpoint__code__in=codes)
    rows = rows.filter(touchpoint__store__in=user.store_ids) if partly else rows
    sums = rows.values("touchpoint__code", "touchpoint__way", "touchpoint__store")
    days = {row["touchpoint__code"]: row for row in sums.annotate(v=Sum("volume"), a=Sum("asked"), w=Sum("within"))}
    found = []
    for point in points:
        # Figures are those of a whole channel or store: two touchpoints of one would count everybody twice.
        at = {(days[code]["touchpoint__way"], days[code]["touchpoint__store"]): days[code]
              for code in point.touchpoints if code in days}.values()  # fmt: skip
        cases = [counted[f"topic.{code}"] for code in point.topics if not partly and f"topic.{code}" in counted]
        notes = {kind: [one for one in point.notes.all() if one.kind == kind] for kind in MapNote.Kind.values}
        found.append(Shown(point, sum(one["v"] for one in at) if at else None, sum(one["a"] for one in at),
                           sum(one["w"] for one in at), sum(cases) if cases else None, notes, partly))  # fmt: skip
    return found


def the_map(row: JourneyMap, user: User) -> dict[str, Any]:
    """All a map's page shows this reader: five queries, whatever its size."""
    standing = Prefetch("notes", MapNote.objects.filter(removed_at=None))
    points = list(MapPoint.objects.filter(stage__map=row).select_related("stage", "felt_by").prefetch_related(
        standing).order_by("stage__place", "place", "pk"))  # fmt: skip
    counted, at = figures()
    if not user.sees_whole_brand:
        counted = {}  # the numbers of stages, topics and milestones are the brand's
    places = shown(points, counted, user)
    stages = []
    for stage in row.stages.all():
        here = [one for one in places if one.point.stage_id == stage.pk]
        stages.append({"stage": stage, "places": here, "low": any(one.tone for one in here),
                       "live": _live(stage.kind, counted)})  # fmt: skip
    return {
        "stages": stages, "finding": finding(places), "curve": curve(stages), "steps": steps(counted), "at": at,
        "worst": max(steps(counted), key=lambda one: one["lost"], default=None),
    }  # fmt: skip


def finding(places: list[Shown]) -> str:
    """The headline, by rule: the lowest feeling below zero; else the worst share in time below 80 %; else calm."""
    felt = [one for one in places if one.point.feeling is not None and one.point.feeling < 0]
    if felt:
        low = min(felt, key=lambda one: (one.point.feeling, -(one.cases or 0)))
        said = _("Stuck at “%(stage)s”: %(place)s feels %(feeling)s") % {
            "stage": low.point.stage, "place": low.point, "feeling": signed(low.point.feeling or 0)
        }  # fmt: skip
        if low.cases:
            said += ngettext(", %(n)s case open", ", %(n)s cases open", low.cases) % {"n": f"{low.cases:,}"}
        return said
    slow = [one for one in places if one.share is not None and one.share < 80]
    if slow:
        late = min(slow, key=lambda one: one.share or 0)
        return _("Slow at “%(stage)s”: %(place)s is answered in time %(share)s %% of the time") % {
            "stage": late.point.stage, "place": late.point, "share": late.share
        }  # fmt: skip
    partly = any(one.partly for one in places)
    if partly and not any(one.share is not None for one in places):
        felt_at_all = any(one.point.feeling is not None for one in places)
        return _("No place feels bad") if felt_at_all else _("Not clear yet: no feeling is set")
    if not any(one.point.feeling is not None or one.share is not None for one in places):
        return _("Not clear yet: no feeling is set and nothing is counted")
    return _("No place feels bad or misses its standard")


def curve(stages: list[dict[str, Any]]) -> dict[str, Any]:
    """The feelings as a smooth line; each place stands in the middle of its share of the stage's column."""
    dots, column = [], WIDE / max(1, len(stages))
    for number, stage in enumerate(stages):
        for place, one in enumerate(stage["places"]):
            if one.point.feeling is None:
                continue
            x = column * (number + (place + 0.5) / len(stage["places"]))
            y = TOP + (10 - one.point.feeling) * (HIGH - 2 * TOP) / 20
            dots.append((round(x, 1), round(y, 1), one))
    path = ""
    for before, after in pairwise(dots):
        middle = (before[0] + after[0]) / 2
        path += f" C{middle:.1f},{before[1]} {middle:.1f},{after[1]} {after[0]},{after[1]}"
    said = ", ".join(f"{one.point} {signed(one.point.feeling)}" for _x, _y, one in dots)
    return {"path": f"M{dots[0][0]},{dots[0][1]}{path}" if len(dots) > 1 else "", "said": said,
            "dots": [(f"M{x},{y}h.01", one) for x, y, one in dots]}  # fmt: skip


def steps(counted: dict[str, int]) -> list[dict[str, Any]]:
    """The milestones; nothing below thirty people."""
    numbers = [counted.get(f"step.{name}", 0) for name in STEPS]
    if numbers[0] < FEW:
        return []
    says = (_("Became known"), _("Came by, wrote or bought"), _("First purchase within 90 days"),
            _("Second purchase within 90 days of it"))  # fmt: skip
    return [
        {"says": words, "n": n, "share": round(100 * n / numbers[0]), "lost": before - n,
         "part": round(100 * (before - n) / before) if before else 0, "p": 5 * round(20 * n / numbers[0])}
        for words, n, before in zip(says, numbers, [numbers[0], *numbers], strict=False)
    ]  # fmt: skip


def _live(kind: str, counted: dict[str, int]) -> str:
    n = counted.get(f"stage.{kind}")
    if n is None:
        return ""
    says = {
        "know": ngettext("%(n)s new customer", "%(n)s new customers", n),
        "decide": ngettext("%(n)s visit", "%(n)s visits", n), "buy": ngettext("%(n)s order", "%(n)s orders", n),
        "use": ngettext("%(n)s case opened", "%(n)s cases opened", n),
        "again": ngettext("%(n)s bought again", "%(n)s bought again", n),
        "tell": ngettext("%(n)s fell asleep", "%(n)s fell asleep", n),
    }  # fmt: skip
    return says[kind] % {"n": f"{n:,}"}

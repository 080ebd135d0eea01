"""The map of touchpoints: what each did in the last days, who waits now; and the rollup behind it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from staff.models import Store, User
from touchpoints.models import Channel, Conversation, QueueTicket, Script, TouchDay, Touchpoint, Visit, Way
from touchpoints.models.touchpoint import STORE, Stage, open_minutes

DAYS = 7

# What was asked on a day, each with its answer: a question is the first message after ours. Both steps by index.
ASKED = """
select asked.at, (select min(answer.at) from touchpoints_message answer
                  where answer.conversation_id = asked.conversation_id and answer.place > asked.place
                    and answer.direction = 'out' and not answer.automatic and answer.at >= asked.at)
from touchpoints_message asked
where asked.channel_id = any(%s) and asked.direction = 'in' and not asked.machine and asked.at >= %s and asked.at < %s
  and not exists (select from touchpoints_message former
                  where former.conversation_id = asked.conversation_id and former.place = asked.place - 1
                    and former.direction = 'in' and not former.machine)
"""


@dataclass(frozen=True)
class Cell:
    """One touchpoint with its figures; `volume` or `quality` None is not known, and `reason` says why."""

    touchpoint: Touchpoint
    volume: int | None
    quality: float | None
    asked: int
    waiting: int | None
    reason: str
    script: Script | None

    @property
    def tone(self) -> str:
        if self.quality is None:
            return ""
        return "bad" if self.quality < 0.5 else "slow" if self.quality < 0.8 else ""


def reckon(now: datetime | None = None) -> int:
    """Today and yesterday anew, and each of the last days that is missing; how many rows were written."""
    moment = now or timezone.now()
    today = timezone.localtime(moment).date()
    wanted = [today - timedelta(days=back) for back in range(DAYS)]
    points = list(Touchpoint.objects.filter(used=True).select_related("calendar").prefetch_related(
        "calendar__hours", "calendar__days"))  # fmt: skip
    channels: dict[str, list[int]] = defaultdict(list)
    for pk, way in Channel.objects.values_list("pk", "way"):
        channels[way].append(pk)
    known = set(TouchDay.objects.filter(day__in=wanted[2:]).values_list("touchpoint_id", "day"))
    rows = [
        _day(point, day, channels[point.way], moment)
        for point in points
        for day in wanted
        if (point.way == STORE or channels[point.way]) and (day in wanted[:2] or (point.pk, day) not in known)
    ]
    TouchDay.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["touchpoint", "day"],
        update_fields=["volume", "asked", "within", "reckoned_at"],
    )  # fmt: skip
    return len(rows)


def the_map(reader: User) -> dict[str, Any]:
    """Ways by stages for the page, and since when the figures are."""
    points = list(Touchpoint.objects.filter(used=True).select_related("owner", "store", "calendar").prefetch_related(
        "calendar__hours", "calendar__days"))  # fmt: skip
    since = timezone.localdate() - timedelta(days=DAYS - 1)
    rows = TouchDay.objects.filter(day__gte=since).values("touchpoint").annotate(
        Sum("volume"), Sum("asked"), Sum("within"))  # fmt: skip
    figures: dict[int, Any] = {row["touchpoint"]: row for row in rows}
    span = TouchDay.objects.filter(day__gte=since).aggregate(first=Min("day"), at=Max("reckoned_at"))
    codes = [point.script for point in points if point.script]
    scripts = {script.code: script for script in Script.objects.offered().filter(code__in=codes)} if codes else {}
    channels, waiting = set(Channel.objects.values_list("way", flat=True)), _waiting(reader)
    cells = [_cell(point, figures.get(point.pk), scripts.get(point.script), channels, waiting) for point in points]
    used = {point.way for point in points}
    ways = [(way, words) for way, words in ((STORE, _("Store")), *Way.choices) if way in used]
    return {
        "stages": Stage.choices,
        "rows": [(way, words, [[one for one in cells if (one.touchpoint.way, one.touchpoint.stage) == (way, stage)]
                               for stage in Stage.values]) for way, words in ways],
        "columns": [(words, [one for one in cells if one.touchpoint.stage == stage]) for stage, words in Stage.choices],
        "cells": cells, "gaps": len(ways) * len(Stage) - len({(c.touchpoint.way, c.touchpoint.stage) for c in cells}),
        "slow": sum(1 for cell in cells if cell.tone), **span,
    }  # fmt: skip


def forget_days(before: datetime) -> int:
    return TouchDay.objects.filter(day__lt=timezone.localtime(before).date()).delete()[0]


def _day(point: Touchpoint, day: date, channels: list[int], now: datetime) -> TouchDay:
    zone = timezone.get_default_timezone()
    start = datetime.combine(day, time(), zone)
    end = min(datetime.combine(day + timedelta(days=1), time(), zone), now)
    asked = within = 0
    for came, answered in _waits(point, day, channels, start, end):
        if point.standard is None:
            continue
        took = open_minutes(point.calendar, came, answered or now)
        if answered is None and took <= point.standard:
            continue  # there is time yet
        asked += 1
        within += took <= point.standard and answered is not None
    return TouchDay(touchpoint=point, day=day, volume=_volume(point, channels, start, end), asked=asked, within=within,
                    reckoned_at=now)  # fmt: skip


def _volume(point: Touchpoint, channels: list[int], start: datetime, end: datetime) -> int:
    if point.way == STORE:
        visits = Visit.objects.filter(arrived_at__gte=start, arrived_at__lt=end, mistaken=False)
        places = [point.store_id] if point.store_id else _stores()
        return visits.filter(store__in=places).count()
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from touchpoints_message where channel_id = any(%s) and direction = 'in' and not machine "
            "and at >= %s and at < %s", [channels, start, end],
        )  # fmt: skip
        return int(cursor.fetchone()[0])


def _waits(
    point: Touchpoint, day: date, channels: list[int], start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime | None]]:
    if point.way == STORE:
        numbers = QueueTicket.objects.filter(day=day, store__in=[point.store_id] if point.store_id else _stores())
        left_uncalled = numbers.exclude(state=QueueTicket.State.LEFT, called_at=None)
        yield from left_uncalled.values_list("made_at", "called_at")
        return
    with connection.cursor() as cursor:
        cursor.execute(ASKED, [channels, start, end])
        yield from cursor.fetchall()


def _stores() -> list[int]:
    return list(Store.objects.values_list("pk", flat=True))


def _waiting(reader: User) -> dict[Any, int]:
    """Who waits for us now, of those the reader may see: by way, and by store in the lines of today."""
    talks = Conversation.objects.visible_to(reader).filter(waiting_since__isnull=False)
    found: dict[Any, int] = dict(talks.order_by().values_list("channel__way").annotate(Count("pk")))
    lines = QueueTicket.objects.visible_to(reader).waiting().filter(day=timezone.localdate())
    by_store = dict(lines.order_by().values_list("store").annotate(Count("pk")))
    return found | by_store | {STORE: sum(by_store.values())}


def _cell(
    point: Touchpoint, row: dict[str, Any] | None, script: Script | None, channels: set[str], waiting: dict[Any, int]
) -> Cell:
    volume = row["volume__sum"] if row else None
    asked, within = (row["asked__sum"], row["within__sum"]) if row else (0, 0)
    reason = ""
    if point.way != STORE and point.way not in channels:
        reason = "no_channel"
    elif row is None:
        reason = "not_reckoned"
    elif point.standard is None:
        reason = "no_standard"
    elif not asked:
        reason = "nobody_asked"
    now = waiting.get(point.store_id if point.store_id else point.way, 0) if reason != "no_channel" else None
    return Cell(point, volume, within / asked if asked else None, asked, now, reason, script)

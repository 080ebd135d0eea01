"""Working time: when something is due by a calendar, and how much of a stretch is worked."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from staff.models.place import Calendar

Span = tuple[datetime, datetime]
FARTHEST = 800  # days looked ahead: a calendar without any hours until then is never open
LAST_MINUTE = time(23, 59)  # a shift that ends here ends at midnight


class NeverOpen(Exception):
    """The calendar has no working time ahead."""


def due_after(calendar: Calendar | None, start: datetime, seconds: float, *, without: Sequence[Span] = ()) -> datetime:
    """The moment at which `seconds` of working time have passed since `start`, the pauses in `without` not counted.

    Without a calendar every second counts. Raises NeverOpen for a calendar that has no hours ahead.
    """
    left = float(seconds)
    moment = start
    for opens, closes in _worked(calendar, start, without):
        length = (closes - opens).total_seconds()
        if length >= left:
            return opens + timedelta(seconds=left)
        left -= length
        moment = closes
    raise NeverOpen(f"{calendar}: no working time after {moment}")


def worked_between(calendar: Calendar | None, start: datetime, end: datetime, *, without: Sequence[Span] = ()) -> float:
    """Seconds of working time from `start` to `end`; 0 when the end is not after the start."""
    total = 0.0
    for opens, closes in _worked(calendar, start, without):
        if opens >= end:
            break
        total += (min(closes, end) - opens).total_seconds()
    return total


def next_open(calendar: Calendar | None, moment: datetime) -> datetime:
    """The moment itself within working time, else the next opening. Raises NeverOpen."""
    for opens, _closes in _worked(calendar, moment, ()):
        return opens
    raise NeverOpen(str(calendar))


def _worked(calendar: Calendar | None, start: datetime, without: Sequence[Span]) -> Iterator[Span]:
    """Stretches of working time from `start` on, in order, pauses cut out; in UTC, where an hour is an hour."""
    start = start.astimezone(UTC)
    pauses = sorted((a.astimezone(UTC), b.astimezone(UTC)) for a, b in without if b > a)
    for opens, closes in _open(calendar, start):
        begin = max(opens, start)
        for pause_from, pause_to in pauses:
            if pause_to <= begin or pause_from >= closes:
                continue
            if pause_from > begin:
                yield begin, pause_from
            begin = pause_to
        if begin < closes:
            yield begin, closes


def _open(calendar: Calendar | None, start: datetime) -> Iterator[Span]:
    if calendar is None:
        yield start, start + timedelta(days=36500)
        return
    zone = ZoneInfo(calendar.zone)
    day = start.astimezone(zone).date() - timedelta(days=1)
    for _each in range(FARTHEST):
        for opens, closes in calendar.shifts_on(day):
            begin = datetime.combine(day, opens, zone).astimezone(UTC)
            if closes >= LAST_MINUTE:
                end = datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)
            else:
                end = datetime.combine(day, closes, zone).astimezone(UTC)
            if end > start and end > begin:
                yield begin, end
        day += timedelta(days=1)

"""The grid of value × need as its page shows it: counts of the last run, this month's moves, people of a cell."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Case, Count, QuerySet, When
from django.db.models import Value as Word
from django.utils import timezone
from django.utils.translation import gettext

from customers.models import Customer
from journeys.models import Need, Outlook, OutlookChange, OutlookRun, Value, ValueBorders
from scrm.kernel.keyset import Page, page_of
from staff.models import User

MOST_MOVES = 8


@dataclass(frozen=True)
class Cell:
    """One cell: who stands there, the share of all, how deep its shade, and how many came and went this month."""

    worth: str
    need: str
    words: str
    people: int
    share: float
    shade: float
    moved: int
    grows_most: bool = False


@dataclass(frozen=True)
class MovesLine:
    """From one cell to another: how many, and what it mostly was."""

    before: str
    after: str
    people: int
    why: str


def the_grid(*, today: date | None = None) -> dict[str, Any]:
    """Everything the page shows; without a run only the borders."""
    run, month = OutlookRun.objects.first(), (today or timezone.localdate()).replace(day=1)
    borders = ValueBorders.current()
    if run is None:
        return {"run": None, "borders": borders}
    counted = run.picture.get("cells", {})
    moves = list(
        OutlookChange.objects.filter(on__gte=month)
        .order_by()
        .values_list("before", "after", "why")
        .annotate(Count("pk"))
    )
    net: Counter[str] = Counter()
    for before, after, _why, people in moves:
        net[after] += people
        net[before] -= people
    shown = {f"{worth}.{need}" for worth in Value for need in Need}
    most, all_people = max((counted.get(cell, 0) for cell in shown), default=0) or 1, sum(counted.values()) or 1
    grown = max(shown, key=lambda cell: net[cell])
    rows = []
    for worth in reversed(Value):
        cells = []
        for need in Need:
            code = f"{worth}.{need}"
            people = counted.get(code, 0)
            cells.append(Cell(worth, need, name_of(code), people, people / all_people, people / most, net[code],
                              code == grown and net[code] > 0))  # fmt: skip
        rows.append((worth, cells))
    known = sum(counted.get(cell, 0) for cell in shown)
    return {
        "run": run, "borders": borders, "rows": rows, "needs": list(Need), "month": month, "moves": _lines(moves),
        "all": all_people, "unknown": all_people - known, "said": run.picture.get("said", 0),
        "silent": max(0, run.picture.get("people", 0) - all_people),
        "outdated": {name: getattr(borders, name) for name in run.borders} != run.borders,
    }  # fmt: skip


def _lines(moves: list[Any]) -> list[MovesLine]:
    """The most frequent ways, each with its most frequent cause."""
    ways: dict[tuple[str, str], Counter[str]] = {}
    for before, after, why, people in moves:
        ways.setdefault((before, after), Counter())[why] += people
    first = sorted(ways.items(), key=lambda way: (-way[1].total(), way[0]))[:MOST_MOVES]
    return [
        MovesLine(
            name_of(before), name_of(after), whys.total(), str(OutlookChange.Why(whys.most_common(1)[0][0]).label)
        )
        for (before, after), whys in first
    ]


def name_of(cell: str) -> str:
    """“Middle value · Personal need”; what is unknown says so."""
    worth, _dot, need = cell.partition(".")
    return " · ".join((
        str(Value(worth).label) if worth in Value.values else gettext("value unknown"),
        str(Need(need).label) if need in Need.values else gettext("need unknown"),
    ))  # fmt: skip


def people_of(user: User, worth: str, need: str, *, cursor: str | None) -> Page[Customer]:
    """Who stands in a cell, as far as the reader may see them, newest record first."""
    rows: QuerySet[Customer] = Customer.objects.visible_to(user).living().select_related("outlook", "home_store")
    rows = rows.filter(outlook__value=worth, outlook__need=need)
    # Through the narrow table the index gives the chosen rows in order.
    return page_of(rows, order=["-outlook__customer_id"], cursor=cursor)


def would_move(borders: ValueBorders) -> dict[str, int]:
    """How many people other borders would put into another row, by “low → middle”."""
    at = Case(
        When(paid__gte=borders.high_from, then=Word("high")),
        When(paid__gte=borders.middle_from, then=Word("middle")),
        default=Word("low"),
    )
    ways = (
        Outlook.objects.exclude(paid=None).annotate(at=at).order_by().values_list("value", "at").annotate(Count("pk"))
    )
    return {
        f"{Value(before).label} → {Value(after).label}": people for before, after, people in ways if before != after
    }

"""How pressing a case is, 0–100, and why: urgency × value, what was promised, what went wrong before, and time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

URGENCY = {1: 15, 2: 30, 3: 50, 4: 65}
AGES = timedelta(minutes=30)  # a point for each half hour: within two days any ordinary case is ahead of any new one
MOST_ORDINARY = 95  # what is not a matter of safety or law never stands above it
LADDER = (0.0, 0.05, 0.15, 0.25, 0.3)  # by rank of the level: what it adds to the urgency


@dataclass(frozen=True)
class Reasoned:
    """Points now, and the reasons: {"code", "points", …numbers}, the largest first."""

    points: int
    reasons: list[dict[str, Any]]


def reckon(*, urgency: int, risk: str, rank: int = 0, boost: int = 0, again: int = 0) -> Reasoned:
    """The standing of a case without its age.

    `rank` is the level's place in its ladder, `boost` what a service package adds, `again` how many cases of this
    customer were opened or reopened within 30 days before. Safety and law are 100 and first, whoever asks.
    """
    if risk:
        return Reasoned(100, [{"code": risk, "points": 100}])
    base = URGENCY[urgency]
    reasons: list[dict[str, Any]] = [{"code": "urgency", "points": base, "urgency": urgency}]
    if worth := round(base * LADDER[min(rank, len(LADDER) - 1)]):
        reasons.append({"code": "value", "points": worth, "rank": rank})
    if boost:
        reasons.append({"code": "package", "points": boost})
    if again:
        reasons.append({"code": "again", "points": min(again, 3) * 5, "times": again})
    points = max(0, min(MOST_ORDINARY, sum(reason["points"] for reason in reasons)))
    return Reasoned(points, sorted(reasons, key=lambda reason: -reason["points"]))


def rank_at(points: int, opened_at: datetime) -> datetime:
    """Where a case stands in the queue: as if it had been opened earlier by half an hour for each point.

    Everything ages alike, so the order of two cases never changes and no row need be written as time goes by.
    """
    return opened_at - points * AGES


def aged(points: int, opened_at: datetime, now: datetime, *, risk: str = "") -> tuple[int, int]:
    """(points shown now, how many of them come from waiting)."""
    if risk:
        return points, 0
    grown = min(MOST_ORDINARY - points, int((now - opened_at) / AGES))
    return points + max(grown, 0), max(grown, 0)


def step(points: int) -> int:
    """One to four bars."""
    return 4 if points >= 80 else 3 if points >= 55 else 2 if points >= 30 else 1

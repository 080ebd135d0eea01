"""What the page of a playbook counts, reckoned in the background: who is where, what steps came to, if it helps."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from journeys.models import Playbook
from journeys.pilots.intervals import newcombe, wilson

REST = 50  # a count of a second rests for so many
LEAST = 30  # people on each side before anything is said
HERE = """
select node, state, count(*) from journeys_enrolment where playbook_id = %s and ended_at is null group by 1, 2
"""
RUNS = """
select s.node, s.result, coalesce(s.details->>'reason', ''), count(*) from journeys_steprun s
  join journeys_playbookversion v on v.id = s.version_id where v.playbook_id = %s group by 1, 2, 3
"""
# Only whose time for the goal is over, or who reached it: the young ones would make both sides look worse.
GOALS = """
select e.state = 'control', count(*), count(e.goal_at),
       count(*) filter (where e.goal_until <= %(now)s), count(e.goal_at) filter (where e.goal_until <= %(now)s)
  from journeys_enrolment e where e.playbook_id = %(playbook)s group by 1
"""
ENDS = "select \"end\", count(*) from journeys_enrolment where playbook_id = %s and state = 'ended' group by 1"


def reckon(playbook: Playbook) -> dict[str, Any]:
    """Count and keep: {"here", "runs", "held", "sides", "ends", "inside", "parked", "seconds"}."""
    begun = time.monotonic()
    found: dict[str, Any] = {"here": {}, "parked_at": {}, "runs": {}, "held": {}, "sides": {}, "ends": {}}
    with connection.cursor() as cursor:
        cursor.execute(HERE, [playbook.pk])
        for node, state, n in cursor.fetchall():
            found["here" if state == "active" else "parked_at"][node] = n
        cursor.execute(RUNS, [playbook.pk])
        for node, result, reason, n in cursor.fetchall():
            runs = found["runs"].setdefault(node, {})
            runs[result] = runs.get(result, 0) + n
            if result == "held":
                found["held"].setdefault(node, {})[reason] = n
        cursor.execute(GOALS, {"playbook": playbook.pk, "now": timezone.now()})
        for control, people, reached, ripe, ripe_reached in cursor.fetchall():
            found["sides"]["control" if control else "on"] = {
                "people": people, "reached": reached, "ripe": ripe, "ripe_reached": ripe_reached,
            }  # fmt: skip
        cursor.execute(ENDS, [playbook.pk])
        found["ends"] = dict(cursor.fetchall())
    found["inside"] = sum(found["here"].values()) + sum(found["parked_at"].values())
    found["parked"] = sum(found["parked_at"].values())
    found["seconds"] = round(time.monotonic() - begun, 3)
    Playbook.objects.filter(pk=playbook.pk).update(figures=found, counted_at=timezone.now())
    playbook.figures, playbook.counted_at = found, timezone.now()
    return found


def reckon_all() -> int:
    """Those that run or still have somebody on the way; a count that takes long is made more rarely. How many."""
    counted = 0
    for playbook in Playbook.objects.exclude(state=Playbook.State.DRAFT):
        rest = timedelta(seconds=REST * playbook.figures.get("seconds", 0))
        if playbook.counted_at is None or timezone.now() - playbook.counted_at >= rest:
            reckon(playbook)
            counted += 1
    return counted


@dataclass(frozen=True)
class Share:
    """Reached of so many, in per cent, with its 95 % interval by Wilson."""

    people: int
    reached: int
    part: float
    low: float
    high: float


@dataclass(frozen=True)
class Effect:
    """On the way against control, and the difference in points with its 95 % interval by Newcombe (method 10)."""

    on: Share
    control: Share
    points: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        return self.low > 0 or self.high < 0


def share(people: int, reached: int) -> Share:
    if not people:
        return Share(0, 0, 0, 0, 100)
    low, high = wilson(reached, people)
    return Share(people, reached, 100 * reached / people, 100 * low, 100 * high)


def effect(figures: dict[str, Any]) -> Effect | None:
    """None while a side has fewer than thirty whose time is over."""
    sides = figures.get("sides", {})
    on, control = sides.get("on", {}), sides.get("control", {})
    if min(on.get("ripe", 0), control.get("ripe", 0)) < LEAST:
        return None
    a, b = share(on["ripe"], on["ripe_reached"]), share(control["ripe"], control["ripe_reached"])
    low, high = newcombe(a.reached, a.people, b.reached, b.people)
    return Effect(a, b, a.part - b.part, 100 * low, 100 * high)

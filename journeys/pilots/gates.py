"""What should be true before a step of a pilot passes its gate, judged from the figures."""

from dataclasses import dataclass
from datetime import datetime

from journeys.models import Metric, Pilot, PilotStep
from journeys.pilots.figures import FEWEST, Compared
from journeys.pilots.intervals import people_to_see


@dataclass(frozen=True)
class Judged:
    """`needed` is None for a metric that names no number of people."""

    passed: int  # days
    days: int
    least: int  # people of the smaller arm
    needed: int | None
    above: bool  # the lower end of the interval lies above no difference

    @property
    def is_met(self) -> bool:
        enough = self.needed is None or self.least >= self.needed
        return self.passed >= self.days and self.least >= FEWEST and enough and self.above


def judge(pilot: Pilot, step: PilotStep, row: Compared, *, at: datetime) -> Judged:
    """Of the pilot's own metric as of a moment."""
    repurchase = pilot.metric == Metric.REPURCHASE
    base = row.against if repurchase and row.against else pilot.baseline / 100
    return Judged(
        passed=max(0, (at - step.began_at).days), days=pilot.days,
        least=min(row.people, row.control) if pilot.metric != Metric.USE else row.people,
        needed=people_to_see(base, pilot.effect / 100) if repurchase else None,
        above=row.low is not None and row.low > 0,
    )  # fmt: skip

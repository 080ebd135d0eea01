"""Measuring: ours and a reference in turn in one process, three pairs, the median; a busy machine says so."""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PAIRS = 3
TRIES = 3
BUSY_CORES = 0.4


@dataclass(frozen=True)
class Measure:
    """One thing to measure. `ours` and `reference` do the same work once and return how many units it was.

    With `unit` "ms" or "cpu ms" the figure is time per unit and the ratio should be at most `goal`; with
    “rows/s” it is units per second and the ratio should be at least `goal`.
    """

    name: str
    unit: str
    goal: float
    reference_is: str
    ours: Callable[[], int]
    reference: Callable[[], int]
    before: Callable[[], None] = lambda: None  # not counted, before each run
    after: Callable[[], None] = lambda: None  # not counted, after each run

    @property
    def wants_more(self) -> bool:
        return self.unit.endswith("/s")


@dataclass(frozen=True)
class Result:
    name: str
    size: int
    ours: float
    reference: float
    reference_is: str
    unit: str
    ratio: float
    goal: float
    met: bool | None
    noisy: bool

    def as_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


def measure(what: Measure, *, size: int) -> Result:
    """Three pairs in turn after one warm-up each; again when others used more than 0.4 core meanwhile."""
    _figure(what, what.ours)
    _figure(what, what.reference)
    noisy = True
    for _try in range(TRIES):
        others = _Others()
        pairs = [(_figure(what, what.ours), _figure(what, what.reference)) for _pair in range(PAIRS)]
        noisy = others.cores() > BUSY_CORES
        if not noisy:
            break
    ours = statistics.median(pair[0] for pair in pairs)
    reference = statistics.median(pair[1] for pair in pairs)
    ratio = ours / reference if reference else float("inf")
    met = ratio >= what.goal if what.wants_more else ratio <= what.goal
    return Result(
        what.name, size, round(ours, 3), round(reference, 3), what.reference_is, what.unit, round(ratio, 3), what.goal,
        None if noisy else met, noisy,
    )  # fmt: skip


def _figure(what: Measure, work: Callable[[], int]) -> float:
    what.before()
    wall, cpu = time.perf_counter(), _own_cpu()
    units = work()
    wall, cpu = time.perf_counter() - wall, _own_cpu() - cpu
    what.after()
    if what.wants_more:
        return units / wall
    return 1000 * (cpu if what.unit.startswith("cpu") else wall) / units


def _own_cpu() -> float:
    """CPU seconds of this process and of every PostgreSQL process of this machine."""
    return time.process_time() + _postgres_cpu()


def _postgres_cpu() -> float:
    ticks = 0
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            with open(f"/proc/{entry.name}/stat") as file:
                name, _, rest = file.read().rpartition(")")
        except OSError:
            continue
        if name.endswith("(postgres"):
            fields = rest.split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


class _Others:
    """How many cores everything else on the machine used since this was made."""

    def __init__(self) -> None:
        self.wall, self.all, self.own = time.perf_counter(), self._busy(), _own_cpu()

    def cores(self) -> float:
        wall = time.perf_counter() - self.wall
        return max(0.0, (self._busy() - self.all) - (_own_cpu() - self.own)) / wall

    @staticmethod
    def _busy() -> float:
        with open("/proc/stat") as file:
            user, nice, system, _idle, _wait, irq, soft, steal, *_rest = map(int, file.readline().split()[1:])
        return (user + nice + system + irq + soft + steal) / os.sysconf("SC_CLK_TCK")

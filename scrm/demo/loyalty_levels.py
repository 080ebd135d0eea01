"""Which level each of a block stands in, since when, by what was bought in the last twelve months."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from loyalty.models import LevelMembership
from scrm.demo.copying import copy, dates, joined, numbers, words_of
from scrm.demo.days import day_number
from scrm.demo.draws import Array
from scrm.demo.loyalty_rules import LEVELS
from scrm.demo.people import People
from scrm.demo.world import SPAN, World

CODES = [level[0] for level in LEVELS]
BLACK = CODES.index("black")
WINDOW = 364  # days before D


@dataclass
class Standing:
    """One place per person; `since` as days since 1970."""

    rank: Array
    since: Array
    qualifying: Array  # minor units, less what went back
    visits: Array


def standing(
    world: World, people: People, person: Array, day: Array, basis: Array, back_person: Array, back_day: Array,
    back_basis: Array,
) -> Standing:  # fmt: skip
    """From purchases and what went back, one place each. A level is reached on the day the sum passes it."""
    size, begins = len(people.n), day_number(world.end) - WINDOW
    here, back = day >= begins, back_day >= begins
    person, day, basis = person[here], day[here], basis[here]
    net = np.bincount(person, basis, size) - np.bincount(back_person[back], back_basis[back], size)
    order = np.lexsort((day, person))
    person, day, basis = person[order], day[order], basis[order]
    new_day = np.append(True, (np.diff(person) != 0) | (np.diff(day) != 0))[: len(person)]
    visits = np.bincount(person, new_day, size).astype(np.int64)
    first = np.searchsorted(person, np.arange(size))
    so_far = np.cumsum(basis) - np.append(0, np.cumsum(basis))[first[person]]
    days_so_far = np.cumsum(new_day) - np.append(0, np.cumsum(new_day))[first[person]]
    rank, since = np.zeros(size, np.int64), np.floor(people.joined_day).astype(np.int64) + day_number(world.days.start)
    for place, (_code, _names, threshold, needed, _factor, _privileges) in enumerate(LEVELS):
        if place == 0:
            continue
        reached = (so_far >= threshold * 100) & (days_so_far >= needed)
        who, at = np.unique(person[reached], return_index=True)
        stays = (net[who] >= threshold * 100) & (visits[who] >= needed)
        rank[who[stays]], since[who[stays]] = place, day[reached][at[stays]]
    return Standing(rank, since, net.astype(np.int64), visits)


def write(cursor: Any, world: World, people: People, levels: Standing) -> None:
    kept = np.flatnonzero(levels.rank >= 0)
    ids = [world.loyalty.levels[code][0] for code in CODES]
    begins = str(np.datetime64(day_number(world.end) - WINDOW, "D"))
    since = dates(levels.since)
    evidence = joined('{"qualifying": ', numbers(levels.qualifying), ', "visits": ', numbers(levels.visits),
                      f', "since": "{begins}", "on": "{world.end}"}}')  # fmt: skip
    copy(cursor, LevelMembership, {
        "id": (int(people.n[0]) // 10_000 + 1) * SPAN + np.arange(len(kept)),
        "customer_id": people.id,
        "programme_id": np.full(len(kept), world.loyalty.programme),
        "level_id": np.array(ids)[levels.rank],
        "rank": levels.rank,
        "origin": pa.repeat("reached", len(kept)),
        "since": since,
        "until": pa.array((levels.since + 365).astype("datetime64[D]"), mask=levels.rank == 0),
        "evidence": evidence,
    })  # fmt: skip


def of_levels(world: World, people: People, levels: Standing) -> tuple[Any, ...]:
    """The lines of the timeline: who reached a level when."""
    mine = np.flatnonzero(levels.rank > 0)
    said = [f'{{"level": {world.loyalty.levels[code][1]}, "code": "{code}"}}' for code in CODES]
    at = (levels.since[mine] * 86400 - 8 * 3600 + 22 * 3600 + 13).clip(None, world.now)
    zero = np.zeros(len(mine), np.int64)

    def details(kept: Array) -> pa.Array:
        return words_of(said, levels.rank[mine[kept]])

    return ["level.reached"], zero, mine, at, ([""], zero), zero, details

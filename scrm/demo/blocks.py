"""One block of ten thousand customers, with everything that hangs on them."""

from collections.abc import Callable
from typing import Any

from scrm.demo import floor, money, orders, people, person_rows, rows, timeline
from scrm.demo.world import BLOCK, World


def write(cursor: Any, world: World, number: int, note: Callable[[float], Any]) -> None:
    """Make the block and write it; `note` hears of every part how many customers it counts for."""
    first, last = number * BLOCK, min((number + 1) * BLOCK, world.customers)
    part = (last - first) / 6
    who = people.block(world, first, last)
    person_rows.write_people(cursor, world, who)
    note(part)
    bought, lines = orders.block(world, who, number)
    paid = money.payments(world, bought)
    rows.write_orders(cursor, world, who, bought, lines, paid)
    note(part)
    back = money.refunds(world, bought, lines, paid)
    rows.write_refunds(cursor, world, who, bought, lines, back)
    came = floor.visits(world, who, bought, lines)
    timeline.write_visits(cursor, world, who, came)
    rows.write_ties(cursor, world, who, bought, came)
    note(part)
    looked = floor.sessions(world, who, bought)
    timeline.write_sessions(cursor, world, who, looked)
    note(2 * part)
    timeline.write_events(cursor, world, who, bought, back, came, looked)
    note(part)

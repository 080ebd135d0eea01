"""One block of ten thousand customers, with everything that hangs on them."""

from collections.abc import Callable
from typing import Any

from scrm.demo import (
    floor,
    loyalty_coupons,
    loyalty_ledger,
    loyalty_levels,
    money,
    orders,
    people,
    person_rows,
    rows,
    timeline,
)
from scrm.demo.world import BLOCK, World


def write(cursor: Any, world: World, number: int, note: Callable[[float], Any]) -> None:
    """Make the block and write it; `note` hears of every part how many customers it counts for."""
    first, last = number * BLOCK, min((number + 1) * BLOCK, world.customers)
    part = (last - first) / 8
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
    night = loyalty_coupons.night(world, who)
    book = loyalty_ledger.Book(world, who, bought, lines, paid, back, night)
    levels = book.write_up().levels
    book.save(cursor)
    loyalty_levels.write(cursor, world, who, levels)
    note(part)
    given = loyalty_coupons.block(world, who, bought, back, levels, night)
    loyalty_coupons.write(cursor, world, who, bought, given, night)
    note(part)
    more = [book.spends(), loyalty_levels.of_levels(world, who, levels),
            loyalty_coupons.of_uses(world, who, bought, given)]  # fmt: skip
    timeline.write_events(cursor, world, who, bought, back, came, looked, more)
    note(part)

"""What a merge would do, said before it is done."""

from dataclasses import dataclass

from django.db import connection

from customers.merging.moves import Line
from customers.models import Customer, Identity, MergeOperation
from scrm.kernel.registry import merge_moves


@dataclass(frozen=True)
class Preview:
    """Both records and every line of what stands afterwards."""

    survivor: Customer
    loser: Customer
    lines: list[Line]

    @property
    def both(self) -> tuple[Customer, Customer]:
        return self.survivor, self.loser


def preview(survivor: Customer, loser: Customer) -> Preview:
    """Own columns first, then contact numbers side by side, then what each room would move."""
    person = merge_moves.get("customers.Customer")
    lines = list(person.lines(survivor, loser)) if person else []
    lines += _contacts(survivor, loser)
    moves = [move for move in merge_moves.all() if move is not person and move.counted()]
    with connection.cursor() as cursor:
        cursor.execute(" union all ".join(move.counted() for move in moves), {"both": [survivor.pk, loser.pk]})
        held = {(path, customer): amount for path, customer, amount in cursor.fetchall()}
    for move in moves:
        kept, added = held.get((move.path, survivor.pk), 0), held.get((move.path, loser.pk), 0)
        if kept or added:
            lines.append(move.line(kept, added))
    return Preview(survivor, loser, lines)


def moved_by(operation: MergeOperation) -> list[tuple[str, int]]:
    """What the merge moved, as (words, number of rows), of the rows people know by a name."""
    counts = [
        (move.words(), int(operation.journal.get(move.path, {}).get("count", 0)))
        for move in merge_moves.all() if move.words is not None
    ]  # fmt: skip
    return [(words, count) for words, count in counts if count]


def _contacts(survivor: Customer, loser: Customer) -> list[Line]:
    """Masked values per kind; what the other record only claims is the same number."""
    rows = Identity.objects.filter(customer__in=[survivor.pk, loser.pk], shared=False).order_by("pk")
    lines = []
    kinds: dict[str, tuple[list[Identity], list[Identity]]] = {}
    for row in rows:
        kinds.setdefault(row.kind, ([], []))[row.customer_id == loser.pk].append(row)
    for mine, theirs in kinds.values():
        label = (mine + theirs)[0].get_kind_display()
        values = {bytes(row.blind_index): row.hint for row in mine + theirs}
        left, right = (", ".join(row.hint for row in side) or "—" for side in (mine, theirs))
        equal = {bytes(row.blind_index) for row in mine} == {bytes(row.blind_index) for row in theirs}
        lines.append(Line(label, left, right, ", ".join(values.values()), "equal" if equal else "plus"))
    return lines

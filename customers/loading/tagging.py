"""Tags from files: each once by customer, dimension, value and moment; the newest word of an exclusive one holds."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from customers.loading.references import find_customers
from customers.loading.timeline import Happening, record
from customers.models import TagDimension
from scrm.kernel.loading import Batch, Row

COLUMNS = (
    "id", "customer_id", "dimension_id", "value", "alone", "origin", "confidence", "evidence", "at", "ended_at",
)  # fmt: skip
Mark = tuple[int, int, str]  # customer, dimension, value
Standing = dict[Mark, tuple[datetime, int | Row, bool]]  # since when, the tag or the new row, whether by hand


def tags(batch: Batch) -> None:
    find_customers(batch, required=True)
    _find_dimensions(batch)
    rows = batch.standing()
    people = [row["customer_id"] for row in rows]
    known = {tuple(one) for one in batch.ask(
        "select customer_id, dimension_id, value, at from customers_tag where customer_id = any(%s)", people,
    )}  # fmt: skip
    standing: Standing = {(one[0], one[1], one[2]): (one[3], one[4], one[5] == "manual") for one in batch.ask(
        "select customer_id, dimension_id, value, at, id, origin from customers_tag "
        "where ended_at is null and customer_id = any(%s)", people)}  # fmt: skip
    taken_off: dict[Mark, datetime] = {(one[0], one[1], one[2]): one[3] for one in batch.ask(
        "select customer_id, dimension_id, value, max(ended_at) from customers_tag "
        "where ended_by_id is not null and customer_id = any(%s) group by 1, 2, 3", people)}  # fmt: skip
    new: list[Row] = []
    over: dict[int, datetime] = {}
    for row in sorted(rows, key=lambda one: one["at"][0]):
        mark = (row["customer_id"], row["asks"].pk, row["value"])
        if (*mark, row["at"][0]) not in known:
            known.add((*mark, row["at"][0]))
            new.append(row)
            _place(row, mark, standing, over, taken_off.get(mark))
    if over:
        batch.run(
            "update customers_tag t set ended_at = greatest(t.at, n.at) "
            "from unnest(%s::bigint[], %s::timestamptz[]) n(id, at) where t.id = n.id",
            list(over), list(over.values()),
        )  # fmt: skip
    _write(batch, new)
    batch.created += len(new)
    batch.unchanged += len(rows) - len(new)


def _find_dimensions(batch: Batch) -> None:
    """Set `asks` in each row, and the code of a value that is written by its name; other words stay as they are."""
    dimensions = {one.code: one for one in TagDimension.objects.prefetch_related("values")}
    offered = {
        (code, str(word).casefold()): value
        for code, one in dimensions.items() for value in one.values.all()
        for word in (*value.name.values(), value.code)
    }  # fmt: skip
    for row in batch.standing():
        value, code = " ".join(row["value"].split()), row["dimension"]
        row["asks"] = dimensions.get(code)
        if row["asks"] is None:
            batch.fail(row, _("There is no dimension “%(code)s”.") % {"code": code})
        answer = offered.get((code, value.casefold()))
        row["value"], row["named"] = (answer.code, dict(answer.name)) if answer else (value, value)


def _place(row: Row, mark: Mark, standing: Standing, over: dict[int, datetime], taken_off: datetime | None) -> None:
    """Put a new row among what stands: it takes the place of older words, or is the late news of an older one."""
    at = row["at"][0]
    rivals = [one for one in standing if one[:2] == mark[:2] and (row["asks"].exclusive or one[2] == mark[2])]
    newer = [standing[one][0] for one in rivals if standing[one][0] > at and standing[one][2]]
    if taken_off is not None and taken_off > at:
        newer.append(taken_off)
    row["ended"] = min(newer, default=None)
    if newer:
        return
    for one in rivals:
        _since, held, _by_hand = standing.pop(one)
        if isinstance(held, dict):
            held["ended"] = at
        else:
            over[held] = at
    standing[mark] = (at, row, True)


def _write(batch: Batch, rows: list[Row]) -> None:
    ids = batch.ids_for("customers_tag", len(rows)) if rows else []
    numbered = list(zip(ids, rows, strict=True))
    evidence = [{"what": "file", "of": batch.source}]
    batch.copy("customers_tag", COLUMNS, [
        (number, row["customer_id"], row["asks"].pk, row["value"], row["asks"].exclusive, "manual", 100, evidence,
         row["at"][0], row["ended"]) for number, row in numbered
    ])  # fmt: skip
    record(batch, [_line(row, number) for number, row in numbered])


def _line(row: Row, number: int) -> Happening:
    at, day = row["at"]
    details: dict[str, Any] = {"dimension": row["dimension"], "value": row["named"], "tag": number}
    return Happening(row["customer_id"], "tag.put", at, day, details, came_as=row["came_as"])

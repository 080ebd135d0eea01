"""Tags from files: each once by customer, dimension, value and moment; the newest word of an exclusive one holds."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from customers.loading.references import find_customers
from customers.models import TagDimension
from scrm.kernel.loading import Batch, Row

COLUMNS = ("customer_id", "dimension_id", "value", "alone", "origin", "confidence", "evidence", "at", "ended_at")
Standing = dict[tuple[int, int, str], tuple[datetime, int | Row, bool]]


def tags(batch: Batch) -> None:
    find_customers(batch, required=True)
    dimensions = {one.code: one for one in TagDimension.objects.all()}
    for row in batch.standing():
        if row["dimension"] not in dimensions:
            batch.fail(row, _("There is no dimension “%(code)s”.") % {"code": row["dimension"]})
    rows = batch.standing()
    people = [row["customer_id"] for row in rows]
    known = {tuple(one) for one in batch.ask(
        "select customer_id, dimension_id, value, at from customers_tag where customer_id = any(%s)", people,
    )}  # fmt: skip
    standing: Standing = {(one[0], one[1], one[2]): (one[3], one[4], one[5] == "manual") for one in batch.ask(
        "select customer_id, dimension_id, value, at, id, origin from customers_tag "
        "where ended_at is null and customer_id = any(%s)", people)}  # fmt: skip
    new: list[Row] = []
    ends: list[int] = []
    for row in sorted(rows, key=lambda one: one["at"][0]):
        dimension, at = dimensions[row["dimension"]], row["at"][0]
        mark = (row["customer_id"], dimension.pk, row["value"])
        if (*mark, at) in known:
            continue
        known.add((*mark, at))
        row |= {"dimension_id": dimension.pk, "alone": dimension.exclusive, "ended": None}
        new.append(row)
        rivals = [one for one in standing if one[:2] == mark[:2] and (dimension.exclusive or one[2] == mark[2])]
        if any(standing[one][0] > at and standing[one][2] for one in rivals):
            row["ended"] = at  # late news of an older word
            continue
        for one in rivals:
            _at, held, _by_hand = standing.pop(one)
            if isinstance(held, dict):
                held["ended"] = at
            else:
                ends.append(held)
        standing[mark] = (at, row, True)
    if ends:
        batch.run("update customers_tag set ended_at = now() where id = any(%s)", ends)
    batch.copy("customers_tag", COLUMNS, [_columns(batch, row) for row in new])
    batch.created += len(new)
    batch.unchanged += len(rows) - len(new)


def _columns(batch: Batch, row: Row) -> tuple[Any, ...]:
    return (row["customer_id"], row["dimension_id"], row["value"], row["alone"], "manual", 100,
            [{"what": "file", "of": batch.source}], row["at"][0], row["ended"])  # fmt: skip

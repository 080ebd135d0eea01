"""Columns into a table by COPY, as fast as the server reads them."""

import io
import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import models
from pyarrow import csv

from scrm.demo.draws import Array

SLICE = 100_000  # rows of one COPY, so that memory stays flat
FORM = csv.WriteOptions(include_header=False, quoting_style="needed")


def copy(cursor: Any, model: type[models.Model], columns: dict[str, Any]) -> int:
    """Write these columns; what the model has besides gets its default."""
    size = len(next(iter(columns.values())))
    if not size:
        return 0
    made = {name: _arrow(column) for name, column in columns.items()}
    for field in model._meta.concrete_fields:
        if field.column is not None and field.column not in made and not (field.primary_key and field.column == "id"):
            made[field.column] = _constant(field, size)
    return copy_table(cursor, model._meta.db_table, pa.table(made))


def copy_table(cursor: Any, name: str, table: pa.Table) -> int:
    columns = ", ".join(f'"{column}"' for column in table.column_names)
    for start in range(0, len(table), SLICE):
        text = io.BytesIO()
        csv.write_csv(table.slice(start, SLICE), text, FORM)
        text.seek(0)
        cursor.copy_expert(f'copy "{name}" ({columns}) from stdin (format csv)', text)
    return len(table)


def moments(seconds: Array, missing: Array | None = None) -> pa.Array:
    return pa.array(seconds.astype("datetime64[s]"), mask=missing)


def dates(day_numbers: Array) -> pa.Array:
    return pa.array(day_numbers.astype("datetime64[D]"))


def numbers(values: Array, missing: Array | None = None) -> pa.Array:
    return pa.array(values.astype(np.int64), mask=missing)


def words_of(choices: "list[str]", index: Array) -> pa.Array:
    """One of a few texts per row."""
    return pa.array(choices).take(pa.array(index))


def joined(*parts: Any) -> pa.Array:
    """The parts of each row written one after the other."""
    texts = [part if isinstance(part, str) else pc.cast(_arrow(part), pa.string()) for part in parts]
    return pc.binary_join_element_wise(*texts, "")


def money_text(minor: Array) -> pa.Array:
    """Minor units as a decimal number in words of PostgreSQL: 4990 → 49.90."""
    sign = np.where(minor < 0, "-", "").astype(object)
    cents = np.char.zfill((np.abs(minor) % 100).astype(str), 2).astype(object)
    return joined(pa.array(sign), numbers(np.abs(minor) // 100), ".", pa.array(cents))


def _arrow(column: Any) -> pa.Array:
    if isinstance(column, pa.ChunkedArray):
        return column.combine_chunks()
    return column if isinstance(column, pa.Array) else pa.array(column)


def _constant(field: models.Field, size: int) -> pa.Array:
    default = field.get_default()
    if isinstance(default, bytes | bytearray | memoryview):
        default = ""
    if isinstance(default, dict | list):
        default = json.dumps(default)
    if default is None and not field.null:
        default = ""
    if default is not None and not isinstance(default, str | int | float | bool):
        default = str(default)
    return pa.repeat(pa.scalar(default, pa.string() if default is None else None), size)

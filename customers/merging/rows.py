"""Rows of any table as plain JSON: read, put back as they were, changed column by column."""

import json
from typing import Any

from django.apps import apps
from django.db import connection, models

Row = dict[str, Any]


class Table:
    """The table behind “app.Model.field”, where the field is the column that names the customer."""

    def __init__(self, path: str, *, key: str = "") -> None:
        self.model_name, _dot, field = path.rpartition(".")
        model: type[models.Model] = apps.get_model(self.model_name)
        self.name = model._meta.db_table
        self.column = str(model._meta.get_field(field).column)  # type: ignore[union-attr]
        self.key = key or str(model._meta.pk.column)

    def ask(self, sql: str, **values: Any) -> list[Any]:
        """Run one statement over the table; `{table}`, `{column}` and `{key}` stand for its own names."""
        with connection.cursor() as cursor:
            cursor.execute(sql.format(table=self.name, column=f'"{self.column}"', key=f'"{self.key}"'), values)
            return cursor.fetchall() if cursor.description else []

    def of(self, customer: int, *, where: str = "true") -> list[Row]:
        """The customer's rows, each as JSON, oldest first."""
        found = self.ask(
            f"select to_jsonb(t) from {{table}} t where {{column}} = %(customer)s and {where} order by {{key}}",
            customer=customer,
        )
        return [_read(one) for (one,) in found]

    def one(self, key: Any) -> Row | None:
        found = self.ask("select to_jsonb(t) from {table} t where {key} = %(key)s", key=key)
        return _read(found[0][0]) if found else None

    def take_out(self, keys: list[Any]) -> None:
        """The rows leave the table; the caller keeps them."""
        self.ask("delete from {table} where {key} = any(%(keys)s)", keys=keys)

    def put_back(self, rows: list[Row]) -> None:
        """The rows stand again exactly as they were taken out, with their old ids."""
        if rows:
            self.ask(
                "insert into {table} select r.* from jsonb_populate_recordset(null::{table}, %(rows)s::jsonb) r",
                rows=json.dumps(rows),
            )

    def change(self, key: Any, columns: Row) -> None:
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(f'r."{name}"' for name in columns)
        self.ask(
            f"update {{table}} t set ({names}) = row({values}) "
            "from jsonb_populate_record(null::{table}, %(columns)s::jsonb) r where t.{key} = %(key)s",
            key=key, columns=json.dumps(columns),
        )  # fmt: skip


def _read(value: Any) -> Row:
    # Django leaves jsonb of a raw query as text.
    row: Row = json.loads(value) if isinstance(value, str) else value
    return row


def same(row: Row, columns: Row) -> bool:
    """Whether the row still holds these values."""
    return all(row.get(name) == value for name, value in columns.items())

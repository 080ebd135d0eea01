"""Several questions of one page about the same rows: their conditions are put into SQL once."""

from typing import TypeVar

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import BooleanField, Model, QuerySet
from django.db.models.expressions import RawSQL

M = TypeVar("M", bound=Model)


def settled(rows: QuerySet[M]) -> QuerySet[M]:
    """The same rows, with what narrows them written down as SQL already.

    For queries of their own alone: put inside another query, the names of its tables would not be told apart. Rows
    narrowed over a join, nothing at all and everything come back as they are.
    """
    query = rows.query
    compiler = query.get_compiler(rows.db)
    try:
        sql, params = compiler.compile(query.where)
    except (EmptyResultSet, FullResultSet):
        return rows
    if len(query.alias_map) != 1 or query.is_sliced or query.distinct or query.annotations:
        return rows
    return rows.model._default_manager.filter(RawSQL(sql, params, output_field=BooleanField()))  # noqa: S611 — ours

"""A checked rule as one statement: whole sets of customers at once, every value a parameter."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from customers.models.segment import Rule
from customers.segments.rules import below, conditions, field_of, kind_of
from scrm.kernel.segment_field import Asked


@dataclass(frozen=True)
class Compiled:
    """`leaves` are the conditions by path, `where` the whole rule over them; `values` belong to both."""

    tables: str
    where: str
    leaves: dict[str, str]
    values: dict[str, Any]

    @property
    def ids(self) -> str:
        """The customers the rule means, as a statement."""
        return f"select c.id {self.tables} and {self.where}"


def compiled(rule: Rule, *, only: list[int] | None = None, today: date | None = None) -> Compiled:
    """The rule about everybody who stands (neither joined nor erased), or about some of them."""
    asked = Asked(today or timezone.localdate(), some=only is not None)
    leaves = {path: field_of(one).condition(asked, one) for path, one in conditions(rule)}
    if only is not None:
        asked.values["only"] = only
    return Compiled(tables_of(rule, asked), joined(rule, leaves), leaves, asked.values)


def tables_of(rule: Rule, asked: Asked) -> str:
    metrics = any(field_of(one).metrics for _path, one in conditions(rule))
    join = " left join customers_metrics m on m.customer_id = c.id" if metrics else ""
    return (f"from customers_customer c{join} where c.merged_into_id is null and c.erased_at is null"
            f"{asked.among('c.id')}")  # fmt: skip


def joined(part: Rule, leaves: dict[str, str], path: str = "") -> str:
    """The conditions put together as the groups say; an empty group says nothing, a rule of nothing means nobody."""
    return whole(part, leaves, path) or "false"


def whole(part: Rule, leaves: dict[str, str], path: str) -> str:
    """A part over its conditions; "" for one that says nothing."""
    kind = kind_of(part)
    if kind is None:
        return leaves[path]
    inner = [text for place, one in enumerate(part[kind]) if (text := whole(one, leaves, below(path, place)))]
    if not inner:
        return ""
    together = (" and " if kind == "all" else " or ").join(inner)
    return f"not ({together})" if kind == "not" else f"({together})"

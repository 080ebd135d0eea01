"""What a refresh of a segment costs beside its rule written by hand."""

from django.db import connection, transaction

from customers.models import Customer, Segment
from customers.models.segment import Rule
from customers.segments.refreshing import refresh, refresh_some
from customers.segments.verbs import publish, save
from scrm.kernel.measure import Measure
from scrm.kernel.words import words

CODE = "bench-regulars"
RULE: Rule = {
    "all": [
        {"field": "orders", "op": "at_least", "n": 3},
        {"any": [{"field": "last_order", "op": "at_least", "n": 180},
                 {"field": "event", "kind": "visit.made", "days": 90, "op": "at_least", "n": 1}]},
        {"not": [{"field": "home_store", "op": "is", "one": ["HZ01"]}]},
    ]
}  # fmt: skip
BY_HAND = (
    "select c.id from customers_customer c join customers_metrics m on m.customer_id = c.id "
    "where c.merged_into_id is null and c.erased_at is null and m.orders >= 3 "
    "and (m.last_on <= current_date - 180 or c.id in (select customer_id from customers_event "
    "where kind = 'visit.made' and at >= current_date - 90)) "
    "and c.home_store_id is distinct from (select id from staff_store where code = 'HZ01')"
)
CHANGED = 10_000  # of a million, and as large a share of fewer


def measures(size: int) -> list[Measure]:
    segment = _segment()

    def full() -> int:
        refresh(segment)
        return 1

    def some() -> int:
        refresh_some(segment, changed)
        return 1

    changed = list(Customer.objects.order_by("pk").values_list("pk", flat=True)[: min(CHANGED, size // 100)])
    return [
        Measure("segment refresh", "ms", 2.0, BY_HAND, full, by_hand),
        Measure(
            "segment refresh, one in a hundred changed", "ms", 0.05, "customers.segments.refreshing.refresh", some, full
        ),
    ]


def by_hand() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local work_mem = '128MB'")
        cursor.execute(BY_HAND)
        cursor.fetchall()
    return 1


def _segment() -> Segment:
    segment, made = Segment.objects.get_or_create(code=CODE, defaults={"name": words("测速", "測速", "Bench")})
    if made:
        publish(segment, save(segment, RULE, by=None).number, by=None, instead_of=0)
        refresh(segment)
    return segment

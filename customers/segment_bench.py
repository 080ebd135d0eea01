"""What ten segments cost beside their rules written by hand: found for everybody, then after some changed."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from customers.models import Customer, Segment, SegmentMember
from customers.models.segment import Rule
from customers.segments.refreshing import refresh, refresh_some
from customers.segments.verbs import publish, save
from scrm.kernel.measure import Measure
from scrm.kernel.words import words

CHANGED = 10_000  # of a million, and as large a share of fewer
STANDS = "c.merged_into_id is null and c.erased_at is null"
HERE = f"from customers_customer c left join customers_metrics m on m.customer_id = c.id where {STANDS}"
VISITS = "select customer_id from customers_event where kind = 'visit.made' and at >= current_date"
OF_MOVE = ("from commerce_order o join commerce_orderline l on l.order_id = o.id join commerce_product p "
           "on p.id = l.product_id join commerce_category g on g.id = p.category_id left join commerce_category u "
           "on u.id = g.parent_id where o.state <> 'cancelled' and l.quantity > 0 "
           "and 'move' in (g.code, u.code)")  # fmt: skip


@dataclass(frozen=True)
class Ten:
    """One of the ten: its rule, and what somebody who knows the tables would write."""

    code: str
    rule: Rule
    by_hand: str


TEN = [
    Ten("regulars", {"all": [
        {"field": "orders", "op": "at_least", "n": 3},
        {"any": [{"field": "last_order", "op": "at_least", "n": 180},
                 {"field": "event", "kind": "visit.made", "days": 90, "op": "at_least", "n": 1}]},
        {"not": [{"field": "home_store", "op": "is", "one": ["HZ01"]}]},
    ]}, f"{HERE} and m.orders >= 3 and (m.last_on <= current_date - 180 or c.id in ({VISITS} - 90)) "
        "and c.home_store_id is distinct from (select id from staff_store where code = 'HZ01')"),
    Ten("away", {"all": [
        {"field": "last_order", "op": "at_least", "n": 180}, {"field": "spent", "op": "at_least", "n": 1000},
    ]}, f"{HERE} and m.last_on <= current_date - 180 and m.spent >= 100000"),
    Ten("big-year", {"any": [
        {"field": "spent_within", "days": 365, "op": "at_least", "n": 5000},
        {"field": "level", "op": "is", "one": ["black"]},
    ]}, f"{HERE} and (c.id in (select customer_id from (select customer_id, base_total as amount from commerce_order "
        "where state <> 'cancelled' and business_date >= current_date - 365 union all select customer_id, -base_amount "
        "from commerce_refund where business_date >= current_date - 365) x group by 1 having sum(amount) >= 500000) "
        "or c.id in (select s.customer_id from loyalty_levelmembership s join loyalty_level l on l.id = s.level_id "
        "where s.ended_on is null and l.code = 'black'))"),
    Ten("premium-lookers", {"all": [
        {"field": "looked_months", "category": "any", "price": 2000, "months": 3, "times": 1},
    ]}, f"{HERE} and c.id in (select customer_id from (select b.customer_id, date_trunc('month', b.at) as month "
        "from customers_browse b join commerce_product p on p.code = b.product and p.price >= 200000 group by 1, 2) y "
        "group by 1 having count(*) filter (where month >= date_trunc('month', now()) - interval '2 months') = 3 "
        "or count(*) filter (where month >= date_trunc('month', now()) - interval '3 months' "
        "and month < date_trunc('month', now())) = 3)"),
    Ten("movers", {"all": [
        {"field": "bought", "category": "move", "days": 180, "op": "at_least", "n": 2},
        {"not": [{"field": "bought", "category": "move", "days": 60, "op": "at_least", "n": 1}]},
    ]}, f"{HERE} and c.id in (select o.customer_id {OF_MOVE} and o.business_date >= current_date - 180 group by 1 "
        f"having count(distinct o.id) >= 2 and max(o.business_date) < current_date - 60)"),
    Ten("birthday", {"all": [
        {"field": "birthday", "days": 7}, {"field": "consent", "op": "is", "one": "marketing:sms"},
    ]}, f"{HERE} and (c.birth_month, c.birth_day) in (select extract(month from d), extract(day from d) from "
        "generate_series(current_date, current_date + 7, '1 day') d) and c.id in (select customer_id from ("
        "select distinct on (customer_id) customer_id, given from customers_consent where purpose = 'marketing' "
        "and channel = 'sms' order by customer_id, at desc, id desc) x where given)"),
    Ten("sleepers", {"all": [
        {"field": "lifecycle", "op": "is", "one": ["dormant"]}, {"field": "r", "op": "at_most", "n": 2},
        {"field": "orders", "op": "at_least", "n": 2},
    ]}, f"{HERE} and m.lifecycle = 'dormant' and m.r <= 2 and m.orders >= 2"),
    Ten("often-lately", {"all": [
        {"field": "orders_within", "days": 90, "op": "at_least", "n": 4},
        {"field": "home_store", "op": "is", "one": ["HZ01", "HZ02", "HZ03"]},
    ]}, f"{HERE} and c.home_store_id in (select id from staff_store where code in ('HZ01', 'HZ02', 'HZ03')) "
        "and c.id in (select customer_id from commerce_order where state <> 'cancelled' "
        "and business_date >= current_date - 90 group by 1 having count(*) >= 4)"),
    Ten("regulars-unreached", {"all": [
        {"field": "in_segment", "op": "is", "segment": "bench-regulars"},
        {"not": [{"field": "consent", "op": "is", "one": "marketing:sms"}]},
    ]}, f"{HERE} and c.id in (select s.customer_id from customers_segmentmember s join customers_segment g "
        "on g.id = s.segment_id where g.code = 'bench-regulars' and s.via <> 'block') and c.id not in ("
        "select customer_id from (select distinct on (customer_id) customer_id, given from customers_consent "
        "where purpose = 'marketing' and channel = 'sms' order by customer_id, at desc, id desc) x where given)"),
    Ten("visitors", {"any": [
        {"field": "event", "kind": "visit.made", "days": 90, "op": "at_least", "n": 3},
        {"all": [{"field": "joined", "op": "at_most", "n": 60}, {"field": "orders", "op": "at_most", "n": 0}]},
    ]}, f"{HERE} and (c.id in ({VISITS} - 90 group by 1 having count(*) >= 3) or c.joined_at >= current_date - 60 "
        "and coalesce(m.orders, 0) = 0)"),
]  # fmt: skip


def measures(size: int) -> list[Measure]:
    changed: list[int] = []
    segments: list[Segment] = []

    def ready() -> None:
        if not segments:
            segments.extend(_segment(one) for one in TEN)
            changed.extend(Customer.objects.order_by("pk").values_list("pk", flat=True)[: min(CHANGED, size // 100)])

    def full() -> int:
        for segment in segments:
            refresh(segment)
        return 1

    def some() -> int:
        for segment in segments:
            refresh_some(segment, changed)
        return 1

    def empty() -> None:
        """As if they were built for the first time."""
        ready()
        SegmentMember.objects.filter(segment__in=segments).delete()

    return [
        Measure("ten segments, nothing changed", "ms", 2.0, "the rules by hand, read", full, by_hand, before=ready),
        Measure("ten segments, first built", "ms", 2.0, "the rules by hand, inserted", full, inserted, before=empty),
        Measure("ten segments, one in a hundred changed", "ms", 0.05, "refresh of the ten", some, full, before=ready),
    ]


def by_hand() -> int:
    return _each("select c.id {0}")


def inserted() -> int:
    """Into a table with the keys and indexes of the members."""
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists bench_segmentmember")
        cursor.execute("create table bench_segmentmember (like customers_segmentmember including all)")
    return _each(
        "insert into bench_segmentmember (segment_id, customer_id, via, entered_at, evidence, why) "
        "select {1}, c.id, 'rule', now(), '{{}}', '' {0}"
    )


def _each(statement: str) -> int:
    for place, one in enumerate(TEN):
        with transaction.atomic(), connection.cursor() as cursor:
            _like_ours(cursor)
            cursor.execute(statement.format(one.by_hand, place))
            if cursor.description:
                cursor.fetchall()
    return 1


def _like_ours(cursor: Any) -> None:
    """The same room for lists, the same days."""
    cursor.execute("set local work_mem = '128MB'")
    cursor.execute("select set_config('timezone', %s, true)", [settings.TIME_ZONE])


def _segment(one: Ten) -> Segment:
    code = f"bench-{one.code}"
    segment, made = Segment.objects.get_or_create(code=code, defaults={"name": words("测速", "測速", "Bench")})
    if made:
        publish(segment, save(segment, one.rule, by=None).number, by=None, instead_of=0)
        refresh(segment)
    return segment


def differs() -> list[str]:
    """Which of the ten come to other people than the rule written by hand."""
    found = []
    for one in TEN:
        segment = _segment(one)
        refresh(segment)
        ours = set(SegmentMember.objects.filter(segment=segment).values_list("customer", flat=True))
        with transaction.atomic(), connection.cursor() as cursor:
            _like_ours(cursor)
            cursor.execute(f"select c.id {one.by_hand}")
            if ours != {row[0] for row in cursor.fetchall()}:
                found.append(one.code)
    return found

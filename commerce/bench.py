"""What loading orders, computing everybody's metrics and pairs cost, beside COPY and the best SQL we know."""

import csv
import io
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from commerce import pairs
from customers.models import Customer
from scrm.kernel.measure import Measure
from staff.models import Store

ROWS = 50_000
A_COMMIT = 1_000

MAP = """
[read]
zone = "Asia/Shanghai"
[fields]
source_ref = "number"
customer = { column = "member", by = "number" }
store = "store"
placed_at = "placed"
total = "total"
"""

# One pass over a covering index, thresholds by percentile, classes and stage into a side table.
BEST = """
create unlogged table bench_a as
  select customer_id, min(business_date) f1, max(business_date) l, count(*) n, count(distinct business_date) d,
         sum(base_total) s
    from commerce_order where customer_id is not null and state = 'paid' group by 1;
create unlogged table bench_b as
with t as materialized (
  select percentile_disc(array[.2,.4,.6,.8]) within group (order by l) tl,
         percentile_disc(array[.2,.4,.6,.8]) within group (order by n) tn,
         percentile_disc(array[.2,.4,.6,.8]) within group (order by s) ts from bench_a)
select customer_id, f1, l, n, d, s, (1 + width_bucket(l, tl))::smallint r, (1 + width_bucket(n, tn))::smallint f,
       (1 + width_bucket(s, ts))::smallint m,
       (case when current_date - l >= 180 then 5 when current_date - f1 <= 60 then 1
             when n < 4 then 2 else 3 end)::smallint as stage
  from bench_a, t;
alter table bench_b add primary key (customer_id);
create index on bench_b (stage, customer_id desc);
create index on bench_b (r, f, customer_id desc);
drop table bench_a, bench_b;
"""


# The bare join of baskets with themselves, counted once a pair: no lift, no kinds of stores, no gaps, nothing kept.
JOIN = """
with basket as materialized (
  select distinct l.order_id, coalesce(nullif(p.parent, ''), p.code) as article
    from commerce_order o join commerce_orderline l on l.order_id = o.id join commerce_product p on p.id = l.product_id
   where o.state = 'paid' and o.business_date > current_date - 365 and p.kind = 'goods' and l.quantity > 0)
select count(*) from (
  select x.article, y.article as other, count(*) from basket x
    join basket y on y.order_id = x.order_id and y.article <> x.article
   group by 1, 2 having count(*) >= 20) pair
"""


COPIED = f"psycopg2 COPY of the same orders and of their timeline lines, same indexes, {A_COMMIT} a commit"


def measures(size: int) -> list[Measure]:
    file = _File()
    return [
        Measure("load of orders", "rows/s", 0.5, COPIED, file.load, file.copy, file.write, file.clear),
        Measure("metrics of everybody", "ms", 2.0, BEST.strip(), _metrics, _best_sql),
        Measure("pairs of everybody", "ms", 6.0, JOIN.strip(), _pairs, _join),
        Measure("metrics of everybody, CPU", "cpu ms", 2.0, BEST.strip(), _metrics, _best_sql),
    ]


def _metrics() -> int:
    call_command("metrics", verbosity=0, stdout=io.StringIO())
    return 1


def _pairs() -> int:
    pairs.compute()
    return 1


@transaction.atomic
def _join() -> int:
    with connection.cursor() as cursor:
        cursor.execute("set local work_mem = '256MB'")
        cursor.execute(JOIN)
    return 1


@transaction.atomic
def _best_sql() -> int:
    with connection.cursor() as cursor:
        cursor.execute("set local work_mem = '256MB'; set local maintenance_work_mem = '512MB'")
        cursor.execute(BEST)
    return 1


class _File:
    """A shop's export of fifty thousand orders, new each time; its members and stores exist."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.rows: list[list[str]] = []

    def write(self) -> None:
        self.source = f"bench-{time.time_ns():x}"
        numbers = list(Customer.objects.order_by("-pk").values_list("number", flat=True)[:5000])
        stores = list(Store.objects.order_by("pk").values_list("code", flat=True)[:20])
        begin = timezone.now() - timedelta(days=300)
        self.rows = [
            [f"{self.source}-{n}", numbers[n % len(numbers)], stores[n % len(stores)],
             (begin + timedelta(minutes=n)).strftime("%Y-%m-%d %H:%M:%S"), f"{n % 900 + 1}.{n % 100:02}"]
            for n in range(ROWS)
        ]  # fmt: skip
        with (self.folder / "orders.csv").open("w", newline="") as out:
            csv.writer(out).writerows([["number", "member", "store", "placed", "total"], *self.rows])
        (self.folder / "map.toml").write_text(MAP)
        with connection.cursor() as cursor:
            cursor.execute("create table bench_order (like commerce_order including all)")
            cursor.execute("create table bench_event (like customers_event including all)")

    def load(self) -> int:
        call_command(
            "load", "orders", str(self.folder / "orders.csv"), "--source", self.source,
            "--map", str(self.folder / "map.toml"), verbosity=0, stdout=io.StringIO(),
        )  # fmt: skip
        return ROWS

    def copy(self) -> int:
        """The floor: the rows as finished values, straight into tables of their own."""
        for start in range(0, ROWS, A_COMMIT):
            some = self.rows[start : start + A_COMMIT]
            orders = "".join(
                f"{start + n}\tpos\t{number}\t1\t\\\\x\t1\t\tpos\tpaid\t{placed}+08\t{placed[:10]}\t"
                f"CNY\t1\t{n}\t0\t{n}\t[]\n"
                for n, (number, _member, _store, placed, _total) in enumerate(some)
            )
            events = "".join(
                f"{start + n}\torder.paid\t{placed}+08\t{placed}+08\t{placed[:10]}\tduring\tpos\t\tpos\t{number}\t"
                f'{{"order": {n}, "total": {n}, "number": "{number}", "pieces": 1, "currency": "CNY"}}\n'
                for n, (number, _member, _store, placed, _total) in enumerate(some)
            )
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.copy_expert(  # type: ignore[attr-defined]
                    "copy bench_order (customer_id, source, source_ref, revision, digest, store_id, till, channel,"
                    " state, placed_at, business_date, currency, rate, total, discount, base_total, flags) from stdin",
                    io.StringIO(orders),
                )
                cursor.copy_expert(  # type: ignore[attr-defined]
                    "copy bench_event (customer_id, kind, at, recorded_at, business_date, phase, channel, touchpoint,"
                    " source, source_ref, details) from stdin",
                    io.StringIO(events),
                )
        return ROWS

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("drop table bench_order, bench_event")
            cursor.execute("delete from customers_event where source = %s", [self.source])
            cursor.execute("delete from commerce_order where source = %s", [self.source])
            cursor.execute("delete from customers_importrun where source = %s", [self.source])

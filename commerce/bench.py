"""What loading orders and computing everybody's metrics cost, beside COPY and the best SQL we know."""

import csv
import io
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from commerce.models import Order
from customers.models import Customer, Event, ImportRun
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


def measures(size: int) -> list[Measure]:
    return [
        Measure(
            "load of orders", "rows/s", 0.5, f"psycopg2 COPY into the same table, {A_COMMIT} a commit", _load, _copy
        ),
        Measure("metrics of everybody", "ms", 2.0, BEST.strip(), _metrics, _best_sql),
        Measure("metrics of everybody, CPU", "cpu ms", 2.0, BEST.strip(), _metrics, _best_sql),
    ]


def _metrics() -> int:
    call_command("metrics", verbosity=0, stdout=io.StringIO())
    return 1


@transaction.atomic
def _best_sql() -> int:
    with connection.cursor() as cursor:
        cursor.execute("set local work_mem = '256MB'; set local maintenance_work_mem = '512MB'")
        cursor.execute(BEST)
    return 1


def _rows() -> list[list[str]]:
    # Members and stores that exist, spread; order numbers that never did.
    numbers = list(Customer.objects.order_by("-pk").values_list("number", flat=True)[:5000])
    stores = list(Store.objects.order_by("pk").values_list("code", flat=True)[:20])
    begin, mark = timezone.now() - timedelta(days=300), f"{time.time_ns():x}"
    return [
        [f"BENCH-{mark}-{n}", numbers[n % len(numbers)], stores[n % len(stores)],
         (begin + timedelta(minutes=n)).strftime("%Y-%m-%d %H:%M:%S"), f"{n % 900 + 1}.{n % 100:02}"]
        for n in range(ROWS)
    ]  # fmt: skip


def _load() -> int:
    source = f"bench-{time.time_ns():x}"
    with tempfile.TemporaryDirectory() as folder:
        file, mapping = Path(folder) / "orders.csv", Path(folder) / "map.toml"
        with file.open("w", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(["number", "member", "store", "placed", "total"])
            writer.writerows(_rows())
        mapping.write_text(MAP)
        call_command("load", "orders", str(file), source=source, map=str(mapping), verbosity=0, stdout=io.StringIO())
    Event.objects.filter(source=source).delete()
    Order.objects.filter(source=source).delete()
    ImportRun.objects.filter(source=source).delete()
    return ROWS


def _copy() -> int:
    """The floor: the same rows as finished values, into a table with the same indexes."""
    with connection.cursor() as cursor:
        cursor.execute("create table bench_copy (like commerce_order including all)")
    try:
        rows = _rows()
        for start in range(0, ROWS, A_COMMIT):
            text = "".join(
                f"pos\t{number}\t1\t\\\\x\t\\N\t\tpos\tpaid\t{placed}+08\t{placed[:10]}\tCNY\t1\t{n + 1}\t0\t{n + 1}\t[]\n"
                for n, (number, _member, _store, placed, _total) in enumerate(rows[start : start + A_COMMIT])
            )
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.copy_expert(  # type: ignore[attr-defined]
                    "copy bench_copy (source, source_ref, revision, digest, store_id, till, channel, state, placed_at,"
                    " business_date, currency, rate, total, discount, base_total, flags) from stdin",
                    io.StringIO(text),
                )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("drop table bench_copy")
    return ROWS

"""All true pairs of a published set of persons, with purchases on every side: joined, taken apart, row for row."""

import csv
import gzip
import itertools
import os
import random
import time
from collections import defaultdict

import pytest
from django.conf import settings
from django.db import connection

from commerce.metrics import everybody, sweep_dirty
from customers.loading.engine import Load, kind_called, run_for
from customers.loading.mapping import read_map
from customers.merging import merge, unmerge
from customers.models import Customer, MergeOperation, SourceKey
from tests.test_merging import differences, state

DATA = settings.ROOT.parent / "shared" / "data" / "febrl" / "dataset3.csv.gz"
MAP = settings.ROOT / "docs" / "maps" / "febrl" / "customers.toml"
# What a life leaves besides the person: orders with their lines on the timeline, and store ties that collide.
LIVES = """
insert into commerce_order (customer_id, source, source_ref, revision, digest, store_id, till, channel, state, placed_at,
  business_date, currency, rate, total, discount, base_total, flags, coupons)
select c.id, 'till', c.id || '-' || n, 1, '', s.id, '', '', 'paid', now() - n * interval '40 days',
  (now() - n * interval '40 days')::date, 'CNY', 1, 1000 + c.id, 0, 1000 + c.id, '[]', '[]'
from customers_customer c, generate_series(1, 2) n, lateral (select id from staff_store order by (id + c.id + n) % 2, id limit 1) s;
insert into customers_event (customer_id, kind, at, recorded_at, business_date, phase, channel, touchpoint, store_id,
  details, source, source_ref)
select customer_id, 'order.paid', placed_at, now(), business_date, 'during', '', '', store_id,
  jsonb_build_object('order', id), source, source_ref from commerce_order;
insert into customers_storetie (customer_id, store_id, last_on)
select customer_id, store_id, max(business_date) from commerce_order group by 1, 2
"""


# All 2,000 persons (some ten minutes) when asked for; a part of them each time.
PERSONS = 2000 if "SCRM_FULL" in os.environ else 120


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not DATA.exists() and "CI" not in os.environ, reason="the published sets are not on this machine")
def test_every_true_pair_of_febrl_3_joined_and_taken_apart_twice(west_lake, jingan, capsys) -> None:
    Load(run_for(kind_called("customers"), DATA, source="febrl3", mapping=read_map(MAP))).go()
    with connection.cursor() as cursor:
        cursor.execute(LIVES)
    everybody()
    before = state()
    records: dict[str, list[Customer]] = defaultdict(list)
    refs = dict(SourceKey.objects.filter(source="febrl3").values_list("source_ref", "object_id"))
    people = Customer.objects.in_bulk(refs.values())
    with gzip.open(DATA, "rt", encoding="utf-8") as rows:
        for line, row in enumerate(csv.DictReader(rows), start=2):
            records[row["rec_id"].split("-")[1]].append(people[refs[str(line)]])

    chance, begun, told = random.Random(3), time.monotonic(), []
    chosen = chance.sample(sorted(records.values(), key=len), PERSONS)
    for _round in range(2):
        operations = []
        chance.shuffle(chosen)
        for group in chosen:
            chance.shuffle(group)
            for one, other in itertools.pairwise(group):
                operations.append(merge(one, other, by=None, reason="true pair", origin="batch"))
        assert Customer.objects.living().count() == 5000 - len(operations)
        sweep_dirty(limit=10_000)
        joined = time.monotonic()
        chance.shuffle(operations)
        for operation in operations:
            unmerge(operation, by=None, reason="back")
        told.append((len(operations), joined - begun, time.monotonic() - joined))
        begun = time.monotonic()

        assert differences(before, state()) == {}
    with capsys.disabled():
        for count, there, back in told:
            print(f"\nfebrl3: {count} merges {there:.0f} s, taken apart in {back:.0f} s")  # noqa: T201
    assert MergeOperation.objects.filter(undone_at=None).count() == 0

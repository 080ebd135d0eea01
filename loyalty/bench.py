"""What points, coupons, claims and levels cost, beside the same writes as bare SQL in the same run."""

import io
import random
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.db import connection, connections, transaction
from django.utils import timezone

from customers.models import Customer
from loyalty import bulk_issuing, drops, levels, proofs
from loyalty.models import (
    BulkIssue,
    Coupon,
    CouponTemplate,
    Drop,
    Level,
    LevelEvaluation,
    PointsAccount,
    PointsEntry,
    Programme,
    Use,
)
from loyalty.upkeep import give_many
from scrm.kernel.measure import Measure
from scrm.kernel.words import words
from staff.models import Store, User

CLIENTS = 8
POSTINGS = 800
BULK = 4000
CLAIMS = 600
REDEEMS = 480
MANY = 8000

# limits: an account's balance and one entry, each posting its own commit.
POSTING = """
with u as (update bench_account set balance = balance + 10, version = version + 1 where id = %s
           returning id, balance)
insert into bench_entry (account_id, delta, balance_after, idem, kind)
select id, 10, balance, gen_random_uuid(), 1 from u
"""
POSTING_100 = """
with s as (select distinct (1 + random() * 99999)::bigint a from generate_series(1, 100)),
l as (select id from bench_account where id in (select a from s) order by id for update),
u as (update bench_account c set balance = balance + 10, version = version + 1 from l where c.id = l.id
      returning c.id, c.balance)
insert into bench_entry (account_id, delta, balance_after, idem, kind)
select id, 10, balance, gen_random_uuid(), 1 from u
"""
SLOT = """
update bench_slot set customer_id = %s, claimed_at = now() where id = (
  select id from bench_slot where batch_id = 1 and customer_id is null and id >= %s order by id limit 1
  for update skip locked)
"""
REDEEM = """
with c as (update bench_slot set claimed_at = now() where id = %s and claimed_at is null returning id, customer_id),
     e as (insert into bench_entry (account_id, delta, balance_after, idem, kind)
           select 1 + id %% 100000, -1, 0, gen_random_uuid(), 2 from c)
insert into bench_claim (batch_id, customer_id, idem) select 2, id, gen_random_uuid() from c on conflict do nothing
"""
SHAPES = """
create table bench_account (id bigint primary key, balance bigint not null default 0, version bigint not null default 0,
  check (balance >= 0)) with (fillfactor = 70);
create table bench_entry (id bigint generated always as identity primary key, account_id bigint not null,
  delta int not null, balance_after bigint not null, idem uuid not null, kind smallint not null,
  at timestamptz not null default now(), unique (idem));
create index on bench_entry (account_id, id);
create table bench_slot (id bigint generated always as identity primary key, batch_id int not null, code text not null,
  customer_id bigint, claimed_at timestamptz);
create index on bench_slot (batch_id, id) where customer_id is null;
create unique index on bench_slot (batch_id, customer_id) where customer_id is not null;
create table bench_claim (id bigint generated always as identity primary key, batch_id int not null,
  customer_id bigint not null, idem uuid not null, at timestamptz not null default now(),
  unique (batch_id, customer_id), unique (idem));
insert into bench_account select g from generate_series(1, 100000) g;
insert into bench_slot (batch_id, code) select 1, g from generate_series(1, 200000) g;
"""
TABLES = "bench_account, bench_entry, bench_slot, bench_claim"

ONE_SWEEP = """
select (select sum(available) + sum(pending) + sum(debt) from loyalty_pointsaccount),
  (select count(*) from (select account_id, sum(delta), sum(debt_delta) from loyalty_pointsentry group by 1) a),
  (select count(*) from (select balance_after - lag(balance_after) over (partition by account_id order by id)
                         from loyalty_pointsentry) b),
  (select count(*) from (select account_id, sum(remaining) from loyalty_pointslot group by 1) c),
  (select count(*) from (select lot_id, sum(amount) from loyalty_lotuse group by 1) d),
  (select count(*) from (select entry_id, sum(amount) from loyalty_lotuse group by 1) e),
  (select count(*) from (select source, key from loyalty_pointsentry group by 1, 2 having count(*) > 1) f),
  (select count(*) from (select template_id, count(*) from loyalty_coupon group by 1) g)
"""
LEVELS = """
create temp table bench_levels on commit drop as
with q as (select coalesce(c.merged_into_id, c.id) as person, sum(e.qualifying) as q
  from loyalty_pointsentry e join customers_customer c on c.id = e.record
  where e.qualifying <> 0 and e.at >= now() - interval '365 days' group by 1)
select m.customer_id, m.rank, max(l.rank) as earned
from loyalty_levelmembership m left join q on q.person = m.customer_id
left join loyalty_level l on l.threshold <= coalesce(q.q, 0)
where m.ended_on is null group by 1, 2
"""
COPIED = "psycopg2 COPY of the same coupons and timeline lines, same indexes"


def measures(size: int) -> list[Measure]:
    house = _House()
    posted = "the same posting as one statement on bare tables, eight clients, each its own commit"
    return [
        Measure("points posted by the verb", "rows/s", 0.05, posted, house.post, house.post_bare, house.begin,
                house.end),
        Measure("points posted in bulk", "rows/s", 0.25, "100 bare postings a commit", house.bulk, house.bulk_bare,
                house.begin, house.end),
        Measure("coupons redeemed, spread", "rows/s", 0.25, "claim, ledger line and key as one bare statement",
                house.redeem, house.redeem_bare, house.begin_coupons, house.end),
        Measure("flash claims, engine", "rows/s", 0.4, "slot rows by SKIP LOCKED from a random start", house.claim,
                house.claim_bare, house.begin_drop, house.end),
        Measure("coupons to many", "rows/s", 0.3, COPIED, house.issue, house.issue_bare, house.begin_many, house.end),
        Measure("level evaluation", "ms", 2.0, LEVELS.strip(), house.evaluate, house.evaluate_bare),
        Measure("verify_ledger", "ms", 3.0, ONE_SWEEP.strip(), house.prove, house.prove_bare),
    ]  # fmt: skip


class _House:
    """People of the demo brand, and bare tables beside theirs for the time of one run."""

    def __init__(self) -> None:
        self.people: list[int] = []
        self.coupons: list[int] = []
        self.rows: list[Any] = []

    # before and after, not counted

    def begin(self) -> None:
        self.end()
        with connection.cursor() as cursor:
            cursor.execute(SHAPES)
        if not self.people:
            rows = Customer.objects.filter(merged_into=None, erased_at=None).order_by("-pk")
            self.people = list(rows.values_list("pk", flat=True)[:20_000])
            self.programme = Programme.objects.main()
            self.store = Store.objects.order_by("pk").first()

    def end(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"drop table if exists {TABLES}")

    def begin_coupons(self) -> None:
        self.begin()
        template = self._template("REDEEM")
        now, people = timezone.now(), random.sample(self.people, REDEEMS)
        made = Coupon.objects.bulk_create(
            Coupon(
                template=template, customer_id=pk, record=pk, code=uuid.uuid4().hex[:20], issued_at=now, valid_from=now
            )
            for pk in people
        )
        CouponTemplate.objects.filter(pk=template.pk).update(issued=Coupon.objects.filter(template=template).count())
        self.coupons = [coupon.pk for coupon in made]

    def begin_drop(self) -> None:
        self.begin()
        template = self._template("SLOT")
        now = timezone.now()
        self.drop = Drop.objects.create(
            code=f"bench-{uuid.uuid4().hex[:10]}", name=words("量"), opens_at=now, ends_at=now + timedelta(hours=1),
            prizes=[{"template": template.code, "slots": CLAIMS * 2}],
        )  # fmt: skip
        drops.arm(self.drop, by=User.objects.order_by("pk").first())  # type: ignore[arg-type]

    def begin_many(self) -> None:
        self.begin()
        template = self._template(f"MANY{uuid.uuid4().hex[:8]}")
        self.bulk_issue = BulkIssue.objects.create(
            template=template, rule={"customers": sorted(self.people[:MANY])}, wanted=MANY, state="running"
        )
        with connection.cursor() as cursor:
            cursor.execute("drop table if exists bench_many, bench_told;"
                           "create table bench_many (like loyalty_coupon including all);"
                           "create table bench_told (like customers_event including all)")  # fmt: skip

    def _template(self, code: str) -> CouponTemplate:
        made, _new = CouponTemplate.objects.get_or_create(
            code=f"BENCH-{code}", defaults={"name": words("量"), "kind": "amount", "group": "amount", "amount": 500,
                                            "per_customer": 30_000, "state": "published"}
        )  # fmt: skip
        return made

    # ours and the reference

    def post(self) -> int:
        mark = uuid.uuid4().hex
        people = random.sample(self.people, POSTINGS)

        def one(n: int) -> None:
            account = PointsAccount.objects.of(Customer(pk=people[n]), self.programme)
            account.earn(10, reason=PointsEntry.Reason.CAMPAIGN, source="bench", key=f"{mark}{n}")

        return _at_once(one, POSTINGS)

    def post_bare(self) -> int:
        return _at_once(lambda n: _run(POSTING, [random.randint(1, 100_000)]), POSTINGS * 4)  # noqa: S311

    def bulk(self) -> int:
        mark = uuid.uuid4().hex
        for start in range(0, BULK, 100):
            rows = [(pk, 10, f"{mark}{pk}") for pk in self.people[start : start + 100]]
            give_many(rows, reason=PointsEntry.Reason.CAMPAIGN, source="bench")
        return BULK

    def bulk_bare(self) -> int:
        for _commit in range(BULK // 100):
            _run(POSTING_100, [])
        return BULK

    def redeem(self) -> int:
        mark = uuid.uuid4().hex

        def one(n: int) -> None:
            coupon = Coupon.objects.select_related("template").get(pk=self.coupons[n])
            coupon.redeem(Use(source="bench", key=f"{mark}{n}", basket=10_000, off=500, store=self.store))

        return _at_once(one, REDEEMS)

    def redeem_bare(self) -> int:
        return _at_once(lambda n: _run(REDEEM, [n + 1]), REDEEMS * 4)

    def claim(self) -> int:
        people = random.sample(self.people, CLAIMS)
        return _at_once(lambda n: drops.claim(self.drop.code, people[n]), CLAIMS)

    def claim_bare(self) -> int:
        return _at_once(lambda n: _run(SLOT, [random.getrandbits(40), random.randint(1, 190_000)]), CLAIMS)  # noqa: S311

    def issue(self) -> int:
        while bulk_issuing.advance(self.bulk_issue.pk):
            pass
        return MANY

    def issue_bare(self) -> int:
        now = timezone.now().isoformat()
        coupons, told = io.StringIO(), io.StringIO()
        for n, pk in enumerate(self.people[:MANY]):
            coupons.write(f"{n}\t{self.bulk_issue.template_id}\t{pk}\t{pk}\t1\tB{n}\tissued\t{now}\t{now}\t\t\t\t\t\n")
            told.write(f'{n}\t{pk}\tcoupon.issued\t{now}\t{now}\t{now[:10]}\tduring\t\t\t\t\t{{"template": "B"}}\n')
        with transaction.atomic(), connection.cursor() as cursor:
            coupons.seek(0)
            told.seek(0)
            cursor.copy_expert(  # type: ignore[attr-defined]
                "copy bench_many (id, template_id, customer_id, record, nth, code, state, issued_at, valid_from,"
                " channel, reason, source, source_ref, held_by) from stdin", coupons,
            )  # fmt: skip
            cursor.copy_expert(  # type: ignore[attr-defined]
                "copy bench_told (id, customer_id, kind, at, recorded_at, business_date, phase, channel,"
                " touchpoint, source, source_ref, details) from stdin", told,
            )  # fmt: skip
            cursor.execute("drop table bench_many, bench_told")
        return MANY

    def evaluate(self) -> int:
        if not Level.objects.filter(programme=self._programme()).exists():
            return 1
        with transaction.atomic():
            LevelEvaluation.objects.filter(programme=self._programme(), on=timezone.localdate()).delete()
            levels.evaluate(self._programme())
            transaction.set_rollback(True)
        return 1

    def evaluate_bare(self) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local work_mem = '256MB'; set local jit = off")
            cursor.execute(LEVELS)
        return 1

    def prove(self) -> int:
        proofs.verify()
        return 1

    def prove_bare(self) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local work_mem = '256MB'; set local jit = off")
            cursor.execute(ONE_SWEEP)
        return 1

    def _programme(self) -> Programme:
        return Programme.objects.main()


def _run(statement: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _at_once(one: Callable[[int], Any], times: int) -> int:
    """The same by eight clients, each on a connection of its own."""

    def client(first: int) -> None:
        try:
            for n in range(first, times, CLIENTS):
                one(n)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return times

"""What must hold of points and coupons at any moment: each proof is one query that brings no row."""

import time
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loyalty.models import LedgerProof, PointsEntry

EXAMPLES = 20


@dataclass(frozen=True)
class Proof:
    """One thing that must hold: a sentence for people, and the query that names whatever breaks it."""

    code: str
    words: Promise
    sql: str


@dataclass(frozen=True)
class Finding:
    """A proof that does not hold: how many rows, and the first of them."""

    proof: Proof
    rows: int
    examples: list[dict[str, Any]]


PROOFS = (
    Proof("sums", _("What an account shows is what lies in its lots."), """
        select a.id as account, a.available, a.pending, coalesce(l.available, 0) as lots_available,
               coalesce(l.pending, 0) as lots_pending
        from loyalty_pointsaccount a left join (
          select account_id, sum(remaining) filter (where state = 'open') as available,
                 sum(remaining) filter (where state = 'pending') as pending
          from loyalty_pointslot group by 1) l on l.account_id = a.id
        where (a.available, a.pending) is distinct from (coalesce(l.available, 0), coalesce(l.pending, 0))
           or a.available < 0 or a.pending < 0 or a.debt < 0"""),
    Proof("entries", _("The lines of an account add up to what it shows, and its debt to what is owed."), """
        select a.id as account, a.available + a.pending - a.debt as shown, a.debt,
               coalesce(e.total, 0) as lines, coalesce(e.owed, 0) as owed
        from loyalty_pointsaccount a left join (
          select account_id, sum(delta) as total, sum(debt_delta) as owed from loyalty_pointsentry group by 1
        ) e on e.account_id = a.id
        where a.available + a.pending - a.debt <> coalesce(e.total, 0) or a.debt <> coalesce(e.owed, 0)"""),
    Proof("chain", _("Each line begins where the one before it ended."), """
        select account, id as entry, balance_after, before + delta as expected from (
          select account_id as account, id, delta, balance_after,
                 coalesce(lag(balance_after) over (partition by account_id order by id), 0) as before
          from loyalty_pointsentry) lines
        where balance_after <> before + delta"""),
    Proof("lots", _("What is missing of a lot is what was taken of it."), """
        select l.id as lot, l.amount, l.remaining, coalesce(u.taken, 0) as taken
        from loyalty_pointslot l left join (
          select lot_id, sum(amount) as taken from loyalty_lotuse group by 1) u on u.lot_id = l.id
        where l.amount - l.remaining <> coalesce(u.taken, 0) or l.remaining < 0 or l.remaining > l.amount"""),
    Proof("covered", _("Every line is covered by lots to the point: what came, what went, what is owed."), """
        select e.id as entry, e.kind, e.delta, e.debt_delta, coalesce(l.born, 0) as born, coalesce(u.taken, 0) as taken
        from loyalty_pointsentry e
        left join (select entry_id, sum(amount) as born from loyalty_pointslot group by 1) l on l.entry_id = e.id
        left join (select entry_id, sum(amount) as taken from loyalty_lotuse group by 1) u on u.entry_id = e.id
        where coalesce(l.born, 0) - coalesce(u.taken, 0) <> e.delta + e.debt_delta
           or (e.kind in ('spend', 'expire', 'transfer_out') and coalesce(u.taken, 0) <> -e.delta)"""),
    Proof("guards", _("Lines of the ledger cannot be changed or removed, and no key can be used twice."), """
        select need.kind, need.name from (values
          ('trigger', 'loyalty_entry_only_added'), ('trigger', 'loyalty_use_only_added'),
          ('trigger', 'loyalty_lot_kept'), ('index', 'points_entry_once'), ('index', 'points_earned_once'),
          ('index', 'points_account_once'), ('index', 'lot_use_once'), ('index', 'redemption_one_stands'),
          ('index', 'redemption_source_once'), ('index', 'coupon_within_the_customers_limit'),
          ('index', 'coupon_one_of_a_drop'), ('index', 'coupon_source_once'), ('index', 'campaign_grant_once'),
          ('check', 'points_available_not_negative'), ('check', 'points_pending_not_negative'),
          ('check', 'points_debt_not_negative'), ('check', 'points_lot_remaining'), ('check', 'budget_shard_left'),
          ('check', 'coupon_template_issued_within_stock'), ('check', 'gift_taken_within_stock')) need(kind, name)
        where not case need.kind
          when 'trigger' then exists (select from pg_trigger where tgname = need.name and tgenabled <> 'D')
          when 'index' then exists (select from pg_class c join pg_index i on i.indexrelid = c.oid
                                    where c.relname = need.name and i.indisunique and i.indisvalid)
          else exists (select from pg_constraint where conname = need.name and convalidated) end"""),
    Proof("keys", _("No command has been written down twice."), """
        select source, key, count(*) as times from loyalty_pointsentry group by 1, 2 having count(*) > 1"""),
    Proof("earned_once", _("Each purchase earned once by each rule."), """
        select source, source_ref, rule_id as rule, count(*) as times from loyalty_pointsentry
        where kind = 'earn' and rule_id is not null and source_ref <> '' group by 1, 2, 3 having count(*) > 1"""),
    Proof("reversals", _("Nothing was taken back twice, and nothing that was itself taken back."), """
        select o.id as entry, o.kind, o.delta, sum(r.undone) as undone
        from loyalty_pointsentry r join loyalty_pointsentry o on o.id = r.reverses_id
        group by o.id, o.kind, o.delta
        having o.kind not in ('earn', 'spend', 'adjust') or sum(r.undone) > abs(o.delta) or bool_or(r.undone < 0)
        union all
        select r.id, r.kind, r.delta, r.undone from loyalty_pointsentry r
        join loyalty_lotuse u on u.entry_id = r.id and u.amount < 0
        where r.kind = 'restore' and not exists (
          select from loyalty_lotuse s where s.entry_id = r.reverses_id and s.lot_id = u.lot_id)"""),
    Proof("in_time", _("No point was spent before it counted or after its end; what ends soonest went first."), """
        select e.id as entry, u.lot_id as lot, l.counts_at, l.ends_at, e.at
        from loyalty_lotuse u
        join loyalty_pointsentry e on e.id = u.entry_id join loyalty_pointslot l on l.id = u.lot_id
        where u.amount > 0 and e.kind in ('spend', 'transfer_out') and (l.counts_at > e.at or l.ends_at <= e.at)
        union all
        select e.id, o.id, o.counts_at, o.ends_at, e.at
        from loyalty_pointslot o
        join loyalty_pointsentry e on e.account_id = o.account_id and e.kind in ('spend', 'transfer_out')
             and e.id > o.entry_id and e.at >= o.counts_at and (o.ends_at is null or o.ends_at > e.at)
        join loyalty_lotuse u on u.entry_id = e.id and u.amount > 0
        join loyalty_pointslot l on l.id = u.lot_id
             and (coalesce(l.ends_at, 'infinity'), l.id) > (coalesce(o.ends_at, 'infinity'), o.id)
        where o.remaining > 0 and o.state = 'open'
          and not exists (select from loyalty_lotuse b where b.lot_id = o.id and b.amount < 0)
          and not exists (select from loyalty_pointsentry c
                          where c.source = 'house' and c.key = 'confirm:' || o.id and c.id > e.id)"""),
    Proof("qualifying", _("What counts for levels moved by purchases and their refunds alone."), """
        select id as entry, kind, qualifying from loyalty_pointsentry
        where qualifying <> 0 and kind not in ('earn', 'reverse', 'adjust', 'opening')"""),
    Proof("merges", _("Joining and taking apart records made no points and lost none."), """
        select split_part(key, ':', 1) || ':' || split_part(key, ':', 2) as merge, sum(delta) as difference
        from loyalty_pointsentry where kind in ('merge_in', 'merge_out') group by 1 having sum(delta) <> 0
        union all
        select 'record ' || a.customer_id, a.available + a.pending - a.debt
        from loyalty_pointsaccount a join customers_customer c on c.id = a.customer_id
        where c.merged_into_id is not null and (a.available, a.pending, a.debt) <> (0, 0, 0)"""),
    Proof("coupons", _("Given = coupons = people: no coupon too many, none used twice."), """
        select 'template ' || t.code as what, t.issued as shown, count(c.id) as found
        from loyalty_coupontemplate t left join loyalty_coupon c on c.template_id = t.id
        group by t.id having t.issued <> count(c.id) or t.issued > t.stock
        union all
        select 'coupon ' || coupon_id, 1, count(*) from loyalty_redemption where undone_at is null
        group by coupon_id having count(*) > 1
        union all
        select 'coupon ' || c.id, 1, 0 from loyalty_coupon c where c.state = 'redeemed' and not exists (
          select from loyalty_redemption r where r.coupon_id = c.id and r.undone_at is null)
        union all
        select 'coupon ' || r.coupon_id, 0, 1 from loyalty_redemption r join loyalty_coupon c on c.id = r.coupon_id
        where r.undone_at is null and c.state <> 'redeemed'
        union all
        select 'limit ' || template_id || ' ' || record || ' ' || nth, 1, count(*) from loyalty_coupon
        where record is not null and nth is not null group by template_id, record, nth having count(*) > 1
        union all
        select 'drop ' || drop_id || ' ' || record, 1, count(*) from loyalty_coupon
        where record is not null and drop_id is not null group by drop_id, record having count(*) > 1"""),
    Proof("budgets", _("No campaign gave more than its budget; gifts handed out are gifts in stock."), """
        select c.code as what, sum(s.given - s.left) as shown, coalesce(g.cost, 0) as found
        from loyalty_campaign c join loyalty_budgetshard s on s.campaign_id = c.id
        left join (select campaign_id, sum(cost) as cost from loyalty_campaigngrant group by 1) g
          on g.campaign_id = c.id
        group by c.id, g.cost
        having sum(s.given - s.left) <> coalesce(g.cost, 0) or min(s.left) < 0 or sum(s.given) <> c.budget
        union all
        select g.code, g.taken, count(t.id) from loyalty_gift g
        left join loyalty_gifttaken t on t.gift_id = g.id and t.undone_at is null
        group by g.id having g.taken <> count(t.id) or g.taken > g.stock"""),
    Proof("purchases", _("Every purchase that came in live has earned, or says why it did not."), """
        with history as materialized (select distinct source from customers_importrun where not live),
        waiting as materialized (
          select e.source, e.source_ref from customers_wakeup w join customers_event e on e.id = w.event
          where w.reaction = 'loyalty.purchases' and w.state <> 'done')
        select o.source, o.source_ref, o.total from commerce_order o
        where o.state = 'paid' and o.customer_id is not null
          and o.source in (select code from staff_apiclient) and o.source not in (select source from history)
          and not exists (select from loyalty_pointsentry e
                          where e.source = o.source and e.source_ref = o.source_ref and e.kind = 'earn')
          and not exists (select from waiting w where w.source = o.source and w.source_ref = o.source_ref)"""),
    Proof("holds", _("Nothing waits longer than it should: no pending point, no held coupon."), """
        select 'lot ' || id as what, counts_at as since from loyalty_pointslot
        where state = 'pending' and remaining > 0 and counts_at < now() - interval '1 day'
        union all
        select 'coupon ' || id, held_until from loyalty_coupon
        where state = 'reserved' and held_until < now() - interval '1 day'"""),
)  # fmt: skip


@transaction.atomic
def verify() -> LedgerProof:
    """Run every proof over one and the same moment; what was found is kept."""
    begun = time.monotonic()
    with connection.cursor() as cursor:
        if not connection.in_atomic_block or len(connection.savepoint_ids) == 0:
            cursor.execute("set transaction isolation level repeatable read")
        cursor.execute("set local work_mem = '256MB'; set local jit = off")
        findings = [found for proof in PROOFS if (found := _run(cursor, proof))]
    return LedgerProof.objects.create(
        took_ms=int(1000 * (time.monotonic() - begun)), entries=_entries(),
        findings=[{"proof": each.proof.code, "rows": each.rows, "examples": each.examples} for each in findings],
    )  # fmt: skip


def _run(cursor: Any, proof: Proof) -> Finding | None:
    cursor.execute(f"select broken.*, count(*) over () as all_rows from ({proof.sql}) broken limit {EXAMPLES}")
    rows = cursor.fetchall()
    if not rows:
        return None
    names = [column[0] for column in cursor.description]
    examples = [{name: _plain(value) for name, value in zip(names, row, strict=True)} for row in rows]
    found = int(examples[0]["all_rows"])
    return Finding(
        proof, found, [{name: value for name, value in one.items() if name != "all_rows"} for one in examples]
    )


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | bool | None) else str(value)


def _entries() -> int:
    return PointsEntry.objects.count()


def proof_of(code: str) -> Proof:
    return next(proof for proof in PROOFS if proof.code == code)

"""Coupons to many at once: in chunks of customers, each chunk one transaction with how far it came."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from psycopg2.extras import Json

from customers.models import Customer
from customers.segments import dirty
from loyalty.codes import new_codes
from loyalty.models import BulkIssue, CouponTemplate

CHUNK = 4000
LONGEST = 240  # seconds one run of the task works; the next one goes on
# Why somebody gets none, in this order.
LEVEL, LIMIT, STOCK, UNKNOWN, TWICE = "level", "limit", "stock", "unknown", "twice"


@dataclass(frozen=True)
class Who:
    """How many a rule means, how many of them would get one now, and why the others would not."""

    meant: int
    qualify: int
    left_out: dict[str, int]


def who_qualifies(template: CouponTemplate, rule: dict[str, Any]) -> Who:
    """The live count, in one statement."""
    where, values = _meant(rule)
    values |= {"template": template.pk, "most": template.per_customer, "template_levels": template.levels or None}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""with judged as (
                  select not (%(template_levels)s::text[] is null or {_in_levels("template_levels")}) as level,
                    coalesce(g.got, 0) >= %(most)s as full
                  from customers_customer c
                  left join (select customer_id, count(*) as got from loyalty_coupon where template_id = %(template)s
                             group by 1) g on g.customer_id = c.id
                  where {where})
                select count(*), count(*) filter (where level), count(*) filter (where "full" and not level)
                from judged""",
            values,
        )
        meant, level, limit = cursor.fetchone()
    able = meant - level - limit
    free = able if template.stock is None else max(0, template.stock - template.issued)
    left_out = {LEVEL: level, LIMIT: limit, STOCK: max(0, able - free)}
    return Who(meant, min(able, free), {reason: count for reason, count in left_out.items() if count})


def prepare(template: CouponTemplate, rule: dict[str, Any]) -> BulkIssue:
    """A draft for everybody a rule means."""
    return BulkIssue.objects.create(template=template, rule=rule, wanted=who_qualifies(template, rule).meant)


def prepare_list(template: CouponTemplate, numbers: Sequence[str]) -> BulkIssue:
    """A draft for a list of member numbers; unknown ones and repeats are counted as left out."""
    plain = [number.strip() for number in numbers if number.strip()]
    ids = sorted(Customer.objects.filter(number__in=set(plain), erased_at=None).values_list("pk", flat=True))
    left_out = {TWICE: len(plain) - len(set(plain)), UNKNOWN: len(set(plain)) - len(ids)}
    return BulkIssue.objects.create(
        template=template, rule={"customers": ids}, wanted=len(plain), done=len(plain) - len(ids),
        left_out={reason: count for reason, count in left_out.items() if count},
    )  # fmt: skip


def go_on(*, longest: float = LONGEST) -> None:
    """Work on whatever is running, also what a killed worker left."""
    end = time.monotonic() + longest
    for pk in BulkIssue.objects.filter(state=BulkIssue.State.RUNNING).order_by("pk").values_list("pk", flat=True):
        while time.monotonic() < end and advance(pk):
            pass


def advance(pk: int, *, chunk: int = CHUNK) -> bool:
    """Do one chunk; whether there is more to do here. Another worker's chunk is left to it."""
    try:
        with transaction.atomic():
            bulk = (
                BulkIssue.objects.select_for_update(skip_locked=True, of=("self",))
                .filter(pk=pk, state=BulkIssue.State.RUNNING).first()
            )  # fmt: skip
            return bulk is not None and _Chunk(bulk, chunk).give()
    except DatabaseError as error:
        trouble = type(error.__cause__ or error).__name__
        BulkIssue.objects.filter(pk=pk, state=BulkIssue.State.RUNNING).update(
            state=BulkIssue.State.FAILED, trouble=trouble
        )
        raise


class _Chunk:
    """The next customers in the order of ids: (record, who holds it now)."""

    def __init__(self, bulk: BulkIssue, size: int) -> None:
        self.bulk, self.size, self.now = bulk, size, timezone.now()
        self.left_out = Counter(bulk.left_out)

    def give(self) -> bool:
        pairs = self._next()
        if not pairs:
            return self._over()
        records = [record for record, _holder in pairs]
        if not self._locked(pairs):
            transaction.set_rollback(True)  # somebody was joined meanwhile: once more, with who holds it now
            return True
        template = CouponTemplate.objects.select_for_update(no_key=True).get(pk=self.bulk.template_id)
        if not CouponTemplate.objects.given_out(self.now).filter(pk=template.pk).exists():
            return self._halt(template)
        able = self._able(template, pairs)
        free = len(able) if template.stock is None else template.stock - template.issued
        self.left_out[STOCK] += max(0, len(able) - free)
        self._write(template, able[:free])
        self._came_to(records[-1], looked_at=len(records), gave=len(able[:free]))
        return True

    def _next(self) -> list[tuple[int, int]]:
        where, values = _meant(self.bulk.rule)
        listed = "customers" in self.bulk.rule
        with connection.cursor() as cursor:
            cursor.execute(
                f"""select c.id, {"coalesce(c.merged_into_id, c.id)" if listed else "c.id"} from customers_customer c
                    where c.id > %(last)s and {where} order by c.id limit %(size)s""",
                values | {"last": self.bulk.last, "size": self.size},
            )
            return cursor.fetchall()

    def _locked(self, pairs: list[tuple[int, int]]) -> bool:
        """Keep merges waiting, in the order of ids as they lock; False when one came between."""
        with connection.cursor() as cursor:
            cursor.execute(
                "select id, coalesce(merged_into_id, id) from customers_customer where id = any(%s) order by id "
                "for key share",
                [sorted({each for pair in pairs for each in pair})],
            )
            now = dict(cursor.fetchall())
        return all(now.get(record) == holder and now.get(holder) == holder for record, holder in pairs)

    def _able(self, template: CouponTemplate, pairs: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
        """Who gets one, with its number: (record, holder, nth). The template's lock makes the counts final."""
        holders = [holder for _record, holder in pairs]
        values = {
            "template": template.pk, "holders": holders, "records": [record for record, _holder in pairs],
            "levels": template.levels,
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(
                # Person by person through the customer's index: a join would read the whole template each time.
                """select h.id, g.got from unnest(%(holders)s::bigint[]) h(id) cross join lateral (
                     select count(*) filter (where template_id = %(template)s) as got
                     from loyalty_coupon where customer_id = h.id) g""",
                values,
            )
            got = Counter(dict(cursor.fetchall()))
            cursor.execute(
                "select record, max(nth) from loyalty_coupon where template_id = %(template)s "
                "and record = any(%(records)s) and nth is not null group by 1", values,
            )  # fmt: skip
            last = dict(cursor.fetchall())
            fitting = set(holders)
            if template.levels:
                cursor.execute(
                    f"select c.id from customers_customer c where c.id = any(%(holders)s) and {_in_levels('levels')}",
                    values,
                )
                fitting = {holder for (holder,) in cursor.fetchall()}
        able, seen = [], set()
        for record, holder in pairs:
            if holder in seen:
                self.left_out[TWICE] += 1
            elif holder not in fitting:
                self.left_out[LEVEL] += 1
            elif got[holder] >= template.per_customer:
                self.left_out[LIMIT] += 1
            else:
                able.append((record, holder, max(got[holder], last.get(record, 0)) + 1))
            seen.add(holder)
        return able

    def _write(self, template: CouponTemplate, able: list[tuple[int, int, int]]) -> None:
        if not able:
            return
        source = f"bulk:{self.bulk.pk}"
        with connection.cursor() as cursor:
            values: dict[str, Any] = {
                "template": template.pk, "now": self.now, "until": template.valid_until(self.now), "source": source,
                "records": [record for record, _holder, _nth in able],
                "holders": [holder for _record, holder, _nth in able], "nths": [nth for _r, _h, nth in able],
                "codes": new_codes(len(able)), "by": self.bulk.started_by_id, "day": timezone.localdate(self.now),
                "details": Json({"coupon": dict(template.name), "template": template.code, "bulk": self.bulk.pk}),
            }  # fmt: skip
            cursor.execute(WRITE, values)
            cursor.execute(
                "update loyalty_coupontemplate set issued = issued + %s where id = %s", [len(able), template.pk]
            )
        dirty.mark(holder for _record, holder, _nth in able)

    def _came_to(self, last: int, *, looked_at: int, gave: int) -> None:
        bulk = self.bulk
        bulk.last, bulk.done, bulk.issued, bulk.seen_at = last, bulk.done + looked_at, bulk.issued + gave, self.now
        bulk.left_out = {reason: count for reason, count in self.left_out.items() if count}
        bulk.save(update_fields=["last", "done", "issued", "left_out", "seen_at"])

    def _over(self) -> bool:
        self.bulk.state, self.bulk.ended_at = BulkIssue.State.DONE, self.now
        self.bulk.save(update_fields=["state", "ended_at"])
        return False

    def _halt(self, template: CouponTemplate) -> bool:
        """None is to be had: all are given (then it is done), or the template was paused or ended (then it stops)."""
        if template.stock is not None and template.issued >= template.stock:
            self.left_out[STOCK] += max(0, self.bulk.wanted - self.bulk.done)
            self._came_to(self.bulk.last, looked_at=max(0, self.bulk.wanted - self.bulk.done), gave=0)
            return self._over()
        self.bulk.state, self.bulk.trouble = BulkIssue.State.STOPPED, template.state
        self.bulk.save(update_fields=["state", "trouble"])
        return False


WRITE = """
with given as (
  insert into loyalty_coupon (template_id, customer_id, came_as, record, nth, code, state, issued_at, valid_from,
    valid_until, channel, given_by_id, reason, source, source_ref, held_by)
  select %(template)s, n.holder, nullif(n.record, n.holder), n.record, n.nth, n.code, 'issued', %(now)s, %(now)s,
    %(until)s, '', %(by)s, '', %(source)s, n.record::text, ''
  from unnest(%(records)s::bigint[], %(holders)s::bigint[], %(nths)s::int[], %(codes)s::text[])
    n(record, holder, nth, code)
  returning id, customer_id, came_as, code)
insert into customers_event (customer_id, kind, at, recorded_at, business_date, phase, channel, touchpoint, actor_id,
  details, source, source_ref, came_as)
select customer_id, 'coupon.issued', %(now)s, clock_timestamp(), %(day)s, 'during', '', '', %(by)s,
  %(details)s::jsonb || jsonb_build_object('id', id, 'tail', right(code, 4)), %(source)s, '', came_as
from given
"""


def _in_levels(name: str) -> str:
    """Who stands in no level is where everybody begins."""
    return f"""(
      exists (select from loyalty_levelmembership m join loyalty_level l on l.id = m.level_id
              where m.customer_id = c.id and m.ended_on is null and l.code = any(%({name})s))
      or (exists (select from loyalty_level l where l.rank = 0 and l.code = any(%({name})s))
          and not exists (select from loyalty_levelmembership m where m.customer_id = c.id and m.ended_on is null)))"""


def _meant(rule: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Whom a rule means, as a condition on customers `c` and its values. Every part of it must hold."""
    parts = ["c.erased_at is null"]
    values: dict[str, Any] = {}
    if "customers" in rule:
        parts.append("c.id = any(%(listed)s)")
        values["listed"] = rule["customers"]
    else:
        parts.append("c.merged_into_id is null")
    if rule.get("segment"):
        parts.append("c.id in (select s.customer_id from customers_segmentmember s "
                     "join customers_segment g on g.id = s.segment_id "
                     "where g.state = 'live' and s.via <> 'block' and g.code = %(segment)s)")  # fmt: skip
        values["segment"] = rule["segment"]
    if rule.get("levels"):
        parts.append(_in_levels("levels_meant"))
        values["levels_meant"] = rule["levels"]
    if rule.get("lifecycle"):
        parts.append("coalesce((select x.lifecycle from customers_metrics x where x.customer_id = c.id), 'none') "
                     "= any(%(lifecycle)s)")  # fmt: skip
        values["lifecycle"] = rule["lifecycle"]
    if rule.get("stores"):
        parts.append("c.home_store_id in (select s.id from staff_store s where s.code = any(%(stores)s))")
        values["stores"] = rule["stores"]
    if rule.get("days_without"):
        parts.append("exists (select from customers_metrics x where x.customer_id = c.id and x.last_on <= %(since)s)")
        values["since"] = timezone.localdate() - timedelta(days=int(rule["days_without"]))
    return " and ".join(parts), values

"""What is known of a customer that speaks for goods or against them: scenes heard, tags, looks, what was refused."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from customers.models.tag import FLOOR
from journeys.models.suggestion import AWAY
from touchpoints.models.match import REST

LOOKED = timedelta(days=14)
HEARD = timedelta(days=180)
REFUSED = timedelta(days=180)  # what was tried on and refused rests so long; a size that did not fit does not
CLICKS = 300
# Confidence of a tag nobody said by hand halves with its dimension's days, as on the customer's page.
# Where she did not say yes to online looks there is nothing to read, and nothing is read.
WORDS = f"""
with yes as (
  select coalesce((select given from customers_consent where customer_id = %(who)s and purpose = 'profiling'
                   and channel = '' order by at desc, id desc limit 1), false) as given),
clicks as materialized (
  select b.product, b.session from customers_browse b
   where (select given from yes) and b.customer_id = %(who)s and b.at >= %(looked)s and b.product <> ''
   order by b.at desc limit {CLICKS})
select 'allowed' as kind, '' as word, null::jsonb as name, 0 as number from yes where given
union all
select 'looked', coalesce(nullif(p.parent, ''), p.code), null, count(distinct (c.product, c.session))::int
  from clicks c join commerce_product p on p.code = c.product group by 2
union all
select 'heard', s.code, s.name, %(today)s - (n.at at time zone %(zone)s)::date
  from customers_needlog n join customers_scene s on s.id = n.scene_id
 where n.customer_id = %(who)s and n.taken_back_at is null and n.met = 'open' and n.at > %(heard)s
union all
select 'told', t.value, v.name, t.sure
  from (select t.value, t.dimension_id, case when t.origin = 'manual' then t.confidence else round(t.confidence
               * power(0.5, greatest(0, extract(epoch from %(now)s - t.at)) / 86400 / d.half_days)) end::int as sure
          from customers_tag t join customers_tagdimension d on d.id = t.dimension_id
         where t.customer_id = %(who)s and t.ended_at is null and (t.expires_at is null or t.expires_at > %(now)s)) t
  left join customers_tagvalue v on v.dimension_id = t.dimension_id and v.code = t.value
 where t.sure >= {FLOOR}
union all
select 'refused', w.article, null, 0 from journeys_suggestionword w
 where w.customer_id = %(who)s and w.said = 'not' and w.at > %(away)s
union all
select 'disliked', coalesce(nullif(p.parent, ''), p.code), null, 0
  from touchpoints_trial t join touchpoints_visit v on v.id = t.visit_id join commerce_product p on p.id = t.product_id
 where v.customer_id = %(who)s and t.result = 'refused' and t.why not in ('tight', 'length')
   and t.taken_back_at is null and v.arrived_at > %(refused)s
union all
select 'disliked', coalesce(nullif(p.parent, ''), p.code), null, 0
  from touchpoints_matchanswer m join touchpoints_visit v on v.id = m.visit_id
  join commerce_product p on p.id = m.product_id
 where v.customer_id = %(who)s and m.said = 'not_now' and m.at > %(rests)s
"""


@dataclass
class Known:
    """`heard`: scene → its name and days ago; `told`: tag → its name and confidence; then articles.

    `looks`: article → sittings of two weeks, where online looks may be used.
    """

    heard: dict[str, tuple[dict[str, str], int]] = field(default_factory=dict)
    told: dict[str, tuple[dict[str, str], int]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)  # a colleague: not for her
    disliked: set[str] = field(default_factory=set)  # tried on and refused, or shown and not now
    looks: Counter[str] = field(default_factory=Counter)
    looks_allowed: bool = False


def known_of(customer: int, at: datetime) -> Known:
    """One query."""
    known = Known()
    with connection.cursor() as cursor:
        cursor.execute(WORDS, {
            "who": customer, "now": at, "today": timezone.localdate(at), "zone": timezone.get_default_timezone_name(),
            "looked": at - LOOKED, "heard": at - HEARD, "away": at - AWAY, "refused": at - REFUSED, "rests": at - REST,
        })  # fmt: skip
        rows: list[Any] = cursor.fetchall()
    for kind, word, name, number in rows:
        if kind == "allowed":
            known.looks_allowed = True
        elif kind == "looked":
            known.looks[word] = number
        elif kind in ("refused", "disliked"):
            getattr(known, kind).add(word)
        if kind not in ("heard", "told"):
            continue
        words, best = getattr(known, kind), min if kind == "heard" else max
        held = words.get(word)
        words[word] = (json.loads(name or "{}"), best(held[1], number) if held else number)
    return known

"""The computation itself: one temporary table with a row per customer of whom something is known.

value      what was paid within 365 days net of refunds, cut at the borders; null for who never bought.
potential  0–100: 42 for what will probably be spent in twelve months, 31 for what was paid in the last 90 days (times
           four), 27 for the prices of what was looked at in 90 days, only with consent; each against the border of
           high value. What is unknown is left out and the other weights take its place.
need       personal from three signs within a year: asked for help, a booking, a visit with trials, a case of advice;
           each tag “feeling” or “experience” is two. A person's word stands over it.
clv        mean of a day of purchase × such days a year × 3 years × share still active (own rhythm / days away, at
           most 1). Revenue, no margin; null with a single day of purchase.
churn      0–100: away beyond the own rhythm up to 60 (30 each time the rhythm passes again), half a year away without
           a rhythm 40; 15 a complaint up to 30; the advisor's word −10 to 40; news no longer allowed 10.
upsell     0–100: seven tenths of how far potential stands above value, and 10 a premium piece looked at, up to 30.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from customers.models.tag import FLOOR
from customers.rhythm import SHORTEST_RHYTHM
from journeys.models import ValueBorders
from journeys.models.health import week_of

YEAR, QUARTER, LEAST_WATCHED = 365, 90, 180
YEARS_AHEAD = 3
AHEAD, LATELY, LOOKED = 42, 31, 27
PERSONAL_FROM = 3
DORMANT = 180
ADVICE_NEED = "advice"
ADVICE_TOPICS = ["size", "gift", "product"]
COMPLAINTS = ["manner", "legal", "safety", "fault"]
PERSONAL_TAGS = [("service", "feeling"), ("leaning", "experience")]

BOUGHT = f"""
bought as (
  select customer_id, min(business_date) as first_on, max(business_date) as last_on, sum(base_total) as spent,
    count(distinct business_date) as days,
    coalesce(sum(base_total) filter (where business_date > %(as_of)s::date - {YEAR}), 0) as year,
    count(distinct business_date) filter (where business_date > %(as_of)s::date - {YEAR}) as year_days,
    coalesce(sum(base_total) filter (where business_date > %(as_of)s::date - {QUARTER}), 0) as lately
  from commerce_order
  where customer_id is not null and not (state = 'cancelled') and business_date <= %(as_of)s {{only}}
  group by customer_id),
back as (
  select customer_id, sum(base_amount) as spent,
    sum(base_amount) filter (where business_date > %(as_of)s::date - {YEAR}) as year,
    sum(base_amount) filter (where business_date > %(as_of)s::date - {QUARTER}) as lately
  from commerce_refund where customer_id is not null and business_date <= %(as_of)s {{only}} group by customer_id)
"""

# The last word on advice from browsing; what was looked at counts only where it is yes.
LOOKED_AT = """
agreed as (
  select customer_id from (
    select distinct on (customer_id) customer_id, given from customers_consent
    where purpose = 'profiling' and at < %(until)s {only} order by customer_id, at desc, id desc) said
  where given),
looked as (
  select customer_id, sum(price) as worth, count(*) filter (where price >= %(premium_from)s) as premium from (
    select b.customer_id, coalesce(nullif(p.parent, ''), p.code) as piece, max(p.price) as price
    from customers_browse b join agreed using (customer_id) join commerce_product p on p.code = b.product
    where b.at >= %(quarter)s and b.at < %(until)s and p.price is not null group by 1, 2) pieces
  group by customer_id)
"""

ASKED = f"""
helped as (
  select n.customer_id, count(*) as n from customers_needlog n join customers_needkind k on k.id = n.kind_id
  where k.code = '{ADVICE_NEED}' and n.taken_back_at is null and n.at >= %(year)s and n.at < %(until)s {{only}}
  group by 1),
booked as (
  select customer_id, count(*) as n from touchpoints_appointment
  where state in ('booked', 'arrived') and made_at >= %(year)s and made_at < %(until)s {{only}} group by 1),
tried as (
  select customer_id, count(*) as n from touchpoints_visit v
  where not mistaken and arrived_at >= %(year)s and arrived_at < %(until)s {{only}}
    and exists (select from touchpoints_trial t where t.visit_id = v.id and t.taken_back_at is null) group by 1),
cases as (
  select c.customer_id, count(*) filter (where t.code = any(%(advice)s)) as advice,
    count(*) filter (where t.code = any(%(complaints)s) and c.opened_at >= %(quarter)s) as complaints
  from tickets_ticket c join tickets_topic t on t.id = c.topic_id
  where c.state <> 'merged' and c.opened_at >= %(year)s and c.opened_at < %(until)s {{only}} group by 1),
tagged as (
  select t.customer_id, jsonb_agg(d.code || ':' || t.value order by d.code, t.value) as tags, count(*) as n
  from customers_tag t join customers_tagdimension d on d.id = t.dimension_id
  where t.ended_at is null and (t.expires_at is null or t.expires_at > %(until)s) and t.at < %(until)s {{only}}
    and d.code || ':' || t.value = any(%(tags)s)
    and (t.origin = 'manual' or round(t.confidence * 0.5 ^ (
      extract(epoch from %(until)s - t.at) / 86400 / d.half_days)) >= {FLOOR})
  group by 1)
"""

SAID = """
word as (
  select distinct on (customer_id) customer_id, word from journeys_healthword
  where came_as is null and week >= %(week)s and week <= %(as_of)s {only} order by customer_id, week desc),
withdrawn as (
  select customer_id, count(*) as n from (
    select customer_id, given, at, lag(given) over said as before, lead(given) over said as after
    from customers_consent where purpose = 'marketing' and at < %(until)s {only}
    window said as (partition by customer_id, channel order by at, id)) w
  where before and not given and after is null and at >= %(quarter)s group by 1),
decided as (
  select distinct on (customer_id) customer_id, need, why, by_id, at from journeys_needword
  where taken_back_at is null {only} order by customer_id, at desc, id desc)
"""

RAW = f"""
raw as (
  select c.id as customer_id, b.first_on, b.last_on, b.days, b.year_days, %(as_of)s::date - b.last_on as gap,
    case when b.days > 0 then greatest(b.year - coalesce(k.year, 0), 0)::bigint end as paid,
    case when b.days > 0 then greatest(b.lately - coalesce(k.lately, 0), 0) end as lately,
    case when b.days > 0 then round(greatest(b.spent - coalesce(k.spent, 0), 0)::numeric / b.days) end as basket,
    case when b.days > 1 then greatest(round((b.last_on - b.first_on)::numeric / (b.days - 1)), {SHORTEST_RHYTHM})
    end as rhythm,
    case when g.customer_id is not null then coalesce(l.worth, 0) end as looked,
    case when g.customer_id is not null then coalesce(l.premium, 0) end as premium,
    coalesce(h.n, 0) as helped, coalesce(a.n, 0) as booked, coalesce(t.n, 0) as tried, coalesce(s.advice, 0) as advice,
    coalesce(tg.tags, '[]') as tags, coalesce(tg.n, 0) as tag_count, coalesce(s.complaints, 0) as complaints, w.word,
    coalesce(wd.n, 0) as withdrawn, d.need as said, d.why as said_why, d.by_id as said_by, d.at as said_at
  from customers_customer c
  left join bought b on b.customer_id = c.id left join back k on k.customer_id = c.id
  left join agreed g on g.customer_id = c.id left join looked l on l.customer_id = c.id
  left join helped h on h.customer_id = c.id left join booked a on a.customer_id = c.id
  left join tried t on t.customer_id = c.id left join cases s on s.customer_id = c.id
  left join tagged tg on tg.customer_id = c.id left join word w on w.customer_id = c.id
  left join withdrawn wd on wd.customer_id = c.id left join decided d on d.customer_id = c.id
  where c.merged_into_id is null and c.erased_at is null {{people}}),
paced as (
  select *, case when rhythm is not null then round(least(1, rhythm / greatest(gap, 1)), 2) end as alive,
    case when rhythm is not null then round(
      year_days * {YEAR}.0 / least({YEAR}, greatest(%(as_of)s::date - first_on + 1, {LEAST_WATCHED})), 1) end as a_year,
    helped + booked + tried + advice + 2 * tag_count as signs
  from raw),
parted as (
  select *, round(basket * a_year * alive) as ahead,
    -- least() passes over nulls, so what is unknown is asked for first
    case when alive is not null then round({AHEAD} * least(1, basket * a_year * alive / %(high_from)s), 1)
    end as of_ahead,
    case when lately is not null then round({LATELY} * least(1, lately * 4.0 / %(high_from)s), 1) end as of_lately,
    case when looked is not null then round({LOOKED} * least(1, looked::numeric / %(high_from)s), 1) end as of_looked,
    case when gap <= rhythm then 0 when rhythm is not null then least(60, round(30.0 * (gap - rhythm) / rhythm))
      when gap >= {DORMANT} then 40 end as of_gap,
    least(30, 15 * complaints) as of_cases,
    case word when 'cooling' then 20 when 'leaving' then 40 when 'close' then -10 when 'steady' then 0 end as of_word,
    case when withdrawn > 0 then 10 else 0 end as of_consent,
    case when signs >= {PERSONAL_FROM} then 'personal' when signs > 0 or paid is not null then 'standard' end
    as reckoned
  from paced),
weighed as (
  select *, round(100 * (coalesce(of_ahead, 0) + coalesce(of_lately, 0) + coalesce(of_looked, 0)) / nullif(
      {AHEAD} * (of_ahead is not null)::int + {LATELY} * (of_lately is not null)::int
      + {LOOKED} * (of_looked is not null)::int, 0)) as potential,
    case when of_gap is not null or complaints > 0 or word is not null or withdrawn > 0 then greatest(0, least(100,
      coalesce(of_gap, 0) + of_cases + coalesce(of_word, 0) + of_consent)) end as churn
  from parted)
"""

NEXT = f"""
select customer_id, paid,
  case when paid >= %(high_from)s then 'high' when paid >= %(middle_from)s then 'middle'
    when paid is not null then 'low' end as value,
  potential::smallint as potential, coalesce(nullif(said, ''), reckoned) as need,
  case when said <> '' then said_by end as need_by_id, case when said <> '' then said_at end as need_set_at,
  case when said <> '' then said_why else '' end as need_why,
  round(basket * a_year * {YEARS_AHEAD} * alive)::bigint as clv, churn::smallint as churn,
  case when potential is not null and paid is not null then least(100, round(
    0.7 * greatest(0, potential - least(100, 100.0 * paid / %(high_from)s))) + least(30, 10 * coalesce(premium, 0))
  )::smallint end as upsell,
  jsonb_strip_nulls(jsonb_build_object(
    'last_on', last_on, 'days', days, 'rhythm', rhythm, 'basket', basket, 'a_year', a_year, 'alive', alive,
    'ahead', ahead, 'lately', lately, 'looked', looked, 'premium', premium, 'of_ahead', of_ahead,
    'of_lately', of_lately, 'of_looked', of_looked, 'need', reckoned, 'signs', signs, 'helped', helped,
    'booked', booked, 'tried', tried, 'advice', advice, 'tags', tags, 'of_gap', of_gap, 'complaints', complaints,
    'of_cases', of_cases, 'word', word, 'of_word', of_word, 'withdrawn', withdrawn, 'of_consent', of_consent,
    'middle_from', %(middle_from)s::bigint, 'high_from', %(high_from)s::bigint
  )) as reasons
from weighed
where paid is not null or potential is not null or churn is not null or reckoned is not null or said <> ''
"""


def compute(cursor: Any, *, as_of: date, borders: ValueBorders, customers: list[int] | None = None) -> None:
    """Fill the temporary table outlook_next for everybody, or for some customers."""
    some = "" if customers is None else "and customer_id = any(%(customers)s)"
    parts = ", ".join(part.replace("{only}", some) for part in (BOUGHT, LOOKED_AT, ASKED, SAID))
    people = "" if customers is None else "and c.id = any(%(customers)s)"
    cursor.execute("drop table if exists outlook_next")
    cursor.execute(
        f"create temp table outlook_next on commit drop as with {parts}, "
        f"{RAW.replace('{people}', people)} {NEXT}",
        {
            "as_of": as_of, "until": _midnight(as_of + timedelta(days=1)), "customers": customers,
            "year": _midnight(as_of - timedelta(days=YEAR)), "quarter": _midnight(as_of - timedelta(days=QUARTER)),
            "week": week_of(as_of) - timedelta(days=7), "middle_from": borders.middle_from,
            "high_from": borders.high_from, "premium_from": borders.premium_from, "advice": ADVICE_TOPICS,
            "complaints": COMPLAINTS, "tags": [f"{dimension}:{value}" for dimension, value in PERSONAL_TAGS],
        },
    )  # fmt: skip


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))

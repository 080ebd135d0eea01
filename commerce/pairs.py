"""What is bought together, how often, and after how long again: computed over everybody at night, in whole sets.

Lift alone praises what is only sold in the same kind of store. So each pair is compared within the kinds of stores and
put together by Mantel and Haenszel (1959), with the interval of Greenland and Robins (1985) for the risk ratio.
"""

from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

DAYS = 365  # of purchases that are looked at
FEWEST = 20  # baskets with both
MOST = 30  # right sides kept of one article
LATELY = 28  # days of what sells
GAP_DAYS = 730
GAP_PEOPLE, GAP_SHARE = 30, 0.2  # of whom a usual gap is said, also without a word of the catalogue
LOCK = "select pg_advisory_xact_lock(hashtextextended('commerce.pairs', 0))"

ARTICLES = """
create temporary table pair_article on commit drop as
select p.id, coalesce(nullif(p.parent, ''), p.code) as code,
       (min(p.id) over (partition by coalesce(nullif(p.parent, ''), p.code)))::int as article
  from commerce_product p where p.kind = 'goods'
"""
BASKETS = """
create temporary table pair_basket on commit drop as
select distinct l.order_id, a.article, coalesce(s.kind, 'online') as kind
  from commerce_order o join commerce_orderline l on l.order_id = o.id join pair_article a on a.id = l.product_id
  left join staff_store s on s.id = o.store_id
 where o.state = 'paid' and o.business_date > %(since)s and o.business_date <= %(day)s and l.quantity > 0
"""
PAIRS = """
with many as (select order_id from pair_basket group by 1 having count(*) > 1),
mixed as (select b.* from pair_basket b join many m on m.order_id = b.order_id),
size as (select kind, count(distinct order_id)::float8 as n from pair_basket group by 1),
single as (select article, kind, count(*)::float8 as n from pair_basket group by 1, 2),
total as (select article, sum(n) as n from single group by 1),
both_ as (select x.article as l, y.article as r, x.kind, count(*)::float8 as n
            from mixed x join mixed y on y.order_id = x.order_id and y.article <> x.article group by 1, 2, 3),
often as (select l, r, sum(n) as n from both_ group by 1, 2 having sum(n) >= %(fewest)s),
-- In each kind of store: baskets with the left (n1) and without (n0), of those with the right (a and c).
stratum as (
  select o.l, o.r, s.n as t, x.n as n1, s.n - x.n as n0, coalesce(b.n, 0) as a,
         coalesce(y.n, 0) - coalesce(b.n, 0) as c
    from often o join single x on x.article = o.l join size s on s.kind = x.kind
    left join single y on y.article = o.r and y.kind = x.kind
    left join both_ b on b.l = o.l and b.r = o.r and b.kind = x.kind),
inside as (
  select l, r, sum(a * n0 / t) as above, sum(c * n1 / t) as below,
         sum(((a + c) * n1 * n0 - a * c * t) / (t * t)) as spread
    from stratum group by 1, 2),
judged as (
  select o.l, o.r, x.n as baskets, o.n as together,
         o.n * (select sum(n) from size) / (x.n * y.n) as lift,
         case when i.below > 0 then i.above / i.below else 1e6 end as ratio,
         case when i.below > 0 and i.above > 0 then exp(ln(i.above / i.below) - 1.96 * sqrt(i.spread
              / (i.above * i.below))) else 0 end as low
    from often o join total x on x.article = o.l join total y on y.article = o.r
    join inside i on i.l = o.l and i.r = o.r),
placed as (select *, row_number() over (partition by l order by (low > 1) desc, together desc, r) as place
             from judged where lift > 1)
insert into commerce_productpair ("left", "right", baskets, together, lift, inside, inside_low, as_of)
select x.code, y.code, p.baskets, p.together, p.lift, p.ratio, p.low, %(day)s
  from placed p join (select distinct article, code from pair_article) x on x.article = p.l
  join (select distinct article, code from pair_article) y on y.article = p.r
 where p.place <= %(most)s
"""
# A gap is said where the catalogue names it as something that runs out, or where very many come back for it.
FIGURES = """
with bought as (
  select o.customer_id, a.article, count(distinct o.business_date) as days,
         max(o.business_date) - min(o.business_date) as span
    from commerce_order o join commerce_orderline l on l.order_id = o.id join pair_article a on a.id = l.product_id
   where o.state = 'paid' and o.customer_id is not null and l.quantity > 0 and o.business_date > %(gap_since)s
     and o.business_date <= %(day)s
   group by 1, 2),
known as (
  select article, count(*) as buyers, count(*) filter (where days >= 3) as people,
         percentile_cont(0.5) within group (order by span::float8 / nullif(days - 1, 0))
           filter (where days >= 3) as gap
    from bought group by 1),
sold as (select b.article, count(*) as n from pair_basket b join commerce_order o on o.id = b.order_id
          where o.business_date > %(lately)s group by 1),
runs_out as (select distinct a.article from pair_article a join commerce_product p on p.id = a.id
              where p.attributes ->> 'refill_days' ~ '^[0-9]{1,4}$')
insert into commerce_articlefigure (article, sold, gap, people, buyers, as_of)
select a.code, coalesce(s.n, 0),
       case when k.people >= %(people)s
                 and (k.people >= %(share)s * k.buyers or k.article in (select article from runs_out))
            then greatest(1, round(k.gap)) end,
       coalesce(k.people, 0), coalesce(k.buyers, 0), %(day)s
  from (select distinct article, code from pair_article) a
  left join known k on k.article = a.article left join sold s on s.article = a.article
 where k.article is not null or s.article is not null
"""


@transaction.atomic
def compute(*, as_of: date | None = None) -> int:
    """Find pairs and gaps anew; readers see the former ones until it is done. Returns how many pairs."""
    day = as_of or timezone.localdate()
    values: dict[str, Any] = {
        "day": day, "since": day - timedelta(days=DAYS), "gap_since": day - timedelta(days=GAP_DAYS),
        "lately": day - timedelta(days=LATELY), "fewest": FEWEST, "most": MOST, "people": GAP_PEOPLE,
        "share": GAP_SHARE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute("set local work_mem = '256MB'")
        cursor.execute("drop table if exists pair_article, pair_basket")
        cursor.execute(ARTICLES)
        cursor.execute(BASKETS, values)
        cursor.execute("analyze pair_article; analyze pair_basket")
        cursor.execute("delete from commerce_productpair; delete from commerce_articlefigure")
        cursor.execute(PAIRS, values)
        found = cursor.rowcount
        cursor.execute(FIGURES, values)
    return found

"""What everybody allows, and the needs that were heard, with the drift that Monday's report should find."""

from datetime import date
from typing import Any

from django.db import connection

from customers.models import ConsentText, FactKey, NeedKind, Scene

# Set up by the brand, not loaded: a load that was cut off leaves it.
SET_UP = (ConsentText, FactKey, NeedKind, Scene)
MEI, LEAVE_ME_ALONE = "20418837", "20419024"

# Of a hundred, how many said yes; seven of these took it back later. Mei allows what story S1 needs; one allows nothing.
CONSENTS = """
with asked (purpose, channel, share) as (values
  ('marketing', 'sms', 58), ('marketing', 'wecom', 44), ('marketing', 'app', 52), ('marketing', 'mail', 23),
  ('marketing', 'phone', 31), ('profiling', '', 47), ('sensitive', '', 6)),
drawn as (
  select c.id, c.joined_at, a.purpose, a.channel, t.id as text,
    ('x' || substr(md5(c.number || a.purpose || a.channel), 1, 7))::bit(28)::int %% 100 as draw,
    ('x' || substr(md5(c.number || a.purpose || a.channel), 8, 7))::bit(28)::int as later
  from customers_customer c cross join asked a
  left join customers_consenttext t on t.purpose = a.purpose and t.version = 1
  where c.merged_into_id is null and c.erased_at is null and c.number <> %(alone)s
    and (('x' || substr(md5(c.number || a.purpose || a.channel), 1, 7))::bit(28)::int %% 100 < a.share
         or (c.number = %(mei)s and a.purpose = 'profiling'))),
given as (
  insert into customers_consent (customer_id, purpose, channel, given, text_id, origin, at)
  select id, purpose, channel, true, text, 'centre', joined_at + interval '3 minutes' from drawn order by id, purpose, channel)
insert into customers_consent (customer_id, purpose, channel, given, text_id, origin, at)
select id, purpose, channel, false, null, 'centre',
  joined_at + interval '4 minutes' + (%(end)s::timestamptz - joined_at) * (0.1 + 0.8 * (later %% 1000) / 1000.0)
from drawn where later %% 100 < 7 and joined_at < %(end)s::timestamptz and not (purpose = 'profiling' and id = (
  select id from customers_customer where number = %(mei)s))
order by id, purpose, channel
"""
# 160 of a thousand, 63 of a hundred met. In the last five weeks “more comfort” nearly triples, mostly in the East.
NEEDS = """
with heard as (
  select c.id, c.home_store_id, s.region_id, ('x' || substr(md5('need' || c.number), 1, 7))::bit(28)::int as a,
    ('x' || substr(md5('need' || c.number), 8, 7))::bit(28)::int as b,
    ('x' || substr(md5('need' || c.number), 15, 7))::bit(28)::int as d
  from customers_customer c left join staff_store s on s.id = c.home_store_id
  where c.merged_into_id is null and c.erased_at is null),
dated as (
  select *, %(end)s::timestamptz - make_interval(secs => (b %% 31536000)::float8) as at,
    b %% 31536000 < 35 * 86400 and region_id = (select id from staff_region where code = 'east') as drifts
  from heard where a %% 1000 < 160),
said as (
  select *, case when d %% 1000 < (case when drifts then 120 else 31 end) then 'comfort'
    else (array['fit', 'stock', 'advice', 'sooner', 'delivery', 'care'])[1 + d / 1000 %% 6] end as need,
    (array['everyday', 'gift', 'trip', 'overtime', 'sport', 'renovation'])[1 + d / 7000 %% 6] as scene
  from dated)
insert into customers_needlog (customer_id, kind_id, scene_id, words, met, met_at, store_id, channel, at)
select h.id, k.id, s.id, case when need = 'comfort' then '裤长不合、怕勒' else '' end,
  case when d %% 100 < 63 then 'met' when d %% 100 < 90 then 'unmet' else 'open' end,
  case when d %% 100 < 90 then h.at + interval '2 hours' end, h.home_store_id, 'store', h.at
from said h join customers_needkind k on k.code = need left join customers_scene s on s.code = scene
order by h.id
"""


def plant(end: date) -> None:
    """Set-based, after everybody is there; the same rows for the same people and day."""
    values: dict[str, Any] = {"end": end, "mei": MEI, "alone": LEAVE_ME_ALONE}
    with connection.cursor() as cursor:
        cursor.execute(CONSENTS, values)
        cursor.execute(NEEDS, values)

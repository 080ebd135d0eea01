"""One round trip for a claim of a flash drop: a place in line, a slot of its own, the coupon."""

from django.db import migrations

CLAIM = """
create function loyalty_claim(p_drop bigint, p_record bigint, p_zone text)
returns table (outcome text, coupon bigint, code text, place bigint, at timestamptz) language plpgsql as $$
declare
  drop_row loyalty_drop;
  try_row loyalty_droptry;
  holder bigint;
  erased timestamptz;
  moment timestamptz := clock_timestamp();
  start bigint;
  slot bigint;
  slot_template bigint;
begin
  select d.* into drop_row from loyalty_drop d where d.id = p_drop;
  if drop_row.id is null or drop_row.state <> 'ready' or moment < drop_row.opens_at or moment >= drop_row.ends_at then
    select t.* into try_row from loyalty_droptry t where t.drop_id = p_drop and t.record = p_record;
    if try_row.coupon_id is not null then
      return query select 'won', c.id, c.code::text, try_row.id, try_row.at from loyalty_coupon c where c.id = try_row.coupon_id;
    else
      return query select 'closed', null::bigint, null::text, try_row.id, moment;
    end if;
    return;
  end if;
  -- who holds the record now; a merge of it waits
  select coalesce(c.merged_into_id, c.id), c.erased_at into holder, erased
    from customers_customer c where c.id = p_record for key share;
  if holder is null or erased is not null then
    return query select 'closed', null::bigint, null::text, null::bigint, moment;
    return;
  end if;
  if jsonb_array_length(drop_row.levels) > 0 and not exists (
    select from loyalty_levelmembership m join loyalty_level l on l.id = m.level_id
    where m.customer_id = holder and m.ended_on is null and drop_row.levels ? l.code) then
    return query select 'closed', null::bigint, null::text, null::bigint, moment;
    return;
  end if;
  insert into loyalty_droptry (drop_id, record, at, told) values (p_drop, p_record, moment, false)
    on conflict on constraint drop_try_once do nothing returning * into try_row;
  if try_row.id is null then
    -- a second click, or a second telephone: the same place, one after the other
    select t.* into try_row from loyalty_droptry t where t.drop_id = p_drop and t.record = p_record for update;
    if try_row.coupon_id is not null then
      return query select 'won', c.id, c.code::text, try_row.id, try_row.at from loyalty_coupon c where c.id = try_row.coupon_id;
      return;
    end if;
  end if;
  if drop_row.first_slot is not null then
    start := drop_row.first_slot + floor(random() * (drop_row.last_slot - drop_row.first_slot + 1))::bigint;
    select c.id, c.template_id into slot, slot_template from loyalty_coupon c
      where c.drop_id = p_drop and c.state = 'minted' and c.id >= start order by c.id limit 1 for update skip locked;
    if slot is null then
      select c.id, c.template_id into slot, slot_template from loyalty_coupon c
        where c.drop_id = p_drop and c.state = 'minted' and c.id < start order by c.id limit 1 for update skip locked;
    end if;
    -- what is left lies in other hands that may yet let go: only when nothing is left it is gone
    while slot is null loop
      select c.id, c.template_id into slot, slot_template from loyalty_coupon c
        where c.drop_id = p_drop and c.state = 'minted' order by c.id limit 1 for update;
      exit when slot is not null
        or not exists (select from loyalty_coupon c where c.drop_id = p_drop and c.state = 'minted');
    end loop;
  end if;
  if slot is null then
    return query select 'gone', null::bigint, null::text, try_row.id, try_row.at;
    return;
  end if;
  update loyalty_coupon c set
    state = 'issued', customer_id = holder, record = p_record, came_as = nullif(p_record, holder), issued_at = moment,
    valid_from = moment, channel = 'drop', source = 'drop', source_ref = p_drop || ':' || p_record,
    valid_until = least(t.ends_at, case when t.days_valid is null then null else
      (date_trunc('day', moment at time zone p_zone)
       + make_interval(days => t.days_valid + 1)) at time zone p_zone end)
  from loyalty_coupontemplate t where c.id = slot and t.id = slot_template;
  update loyalty_droptry t set coupon_id = slot where t.id = try_row.id;
  return query select 'won', c.id, c.code::text, try_row.id, try_row.at from loyalty_coupon c where c.id = slot;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0003_coupon_rules")]

    operations = [migrations.RunSQL(CLAIM, "drop function loyalty_claim(bigint, bigint, text);")]

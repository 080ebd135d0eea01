"""Using a coupon in one round trip: who holds it, the first use of a key, the move of its state, the row of the use.

The same steps as Coupon.redeem takes in Python, with the same tests over both.
"""

from django.db import migrations

REDEEM = """
create function loyalty_redeem(
  p_coupon bigint, p_record bigint, p_holder text, p_at timestamptz, p_day date, p_store bigint, p_channel text,
  p_by bigint, p_source text, p_key text, p_order_source text, p_order_ref text, p_currency text, p_off bigint,
  p_basket bigint, p_explanation jsonb,
  out outcome text, out redemption bigint, out person bigint, out joined bigint, out erased timestamptz)
language plpgsql as $$
declare
  now_held_by bigint;
begin
  select id into redemption from loyalty_redemption where source = p_source and source_ref = p_key;
  if found then
    outcome := 'before';
    return;
  end if;
  -- Who holds the record now; a merge of either waits until this transaction ends. Locked in the order of ids, and let
  -- go before others are locked, as Customer.objects.holder_of does.
  select coalesce(merged_into_id, id) into person from customers_customer where id = p_record;
  loop
    begin
      perform from customers_customer where id = any(array[p_record, person]) order by id for key share;
      select coalesce(merged_into_id, id) into now_held_by from customers_customer where id = p_record;
      if now_held_by is distinct from person then
        raise exception 'moved' using errcode = 'LY001';
      end if;
      exit;
    exception when sqlstate 'LY001' then
      person := now_held_by;
    end;
  end loop;
  joined := nullif(p_record, person);
  select erased_at into erased from customers_customer where id = person;
  update loyalty_coupon set state = 'redeemed', held_by = '', held_until = null
  where id = p_coupon and (
    (state = 'reserved' and p_holder <> '' and held_by = p_holder and held_until > p_at)
    or ((state = 'issued' or (state = 'reserved' and held_until <= p_at))
        and valid_from <= p_at and (valid_until is null or valid_until > p_at)));
  if not found then
    -- The same use may have come while we waited.
    select id into redemption from loyalty_redemption where source = p_source and source_ref = p_key;
    outcome := case when found then 'before' else 'refused' end;
    return;
  end if;
  insert into loyalty_redemption (coupon_id, record, at, business_date, store_id, channel, by_id, source, source_ref,
    order_source, order_ref, currency, off, basket, explanation, undone_why)
  values (p_coupon, p_record, p_at, p_day, p_store, p_channel, p_by, p_source, p_key, p_order_source, p_order_ref,
    p_currency, p_off, p_basket, p_explanation, '')
  on conflict (source, source_ref) do nothing returning id into redemption;
  outcome := case when found then 'used' else 'other' end;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0004_drop_claim")]

    operations = [migrations.RunSQL(REDEEM, "drop function loyalty_redeem")]

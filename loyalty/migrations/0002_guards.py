"""The ledger is only added to: its lines and uses never change, a lot changes its remainder and state alone."""

from django.db import migrations

GUARDS = """
create function loyalty_only_added() returns trigger language plpgsql as $$
begin
  -- erasing a person takes a note out of an explanation, and nothing else
  if tg_op = 'UPDATE' and tg_table_name = 'loyalty_pointsentry' and to_jsonb(old) -> 'explanation' ? 'note'
     and to_jsonb(new) - 'explanation' = to_jsonb(old) - 'explanation'
     and (to_jsonb(new) -> 'explanation') = (to_jsonb(old) -> 'explanation') - 'note' then
    return new;
  end if;
  raise exception 'The points ledger is only added to; write a correction instead.' using errcode = 'integrity_constraint_violation';
end $$;
create trigger loyalty_entry_only_added before update or delete on loyalty_pointsentry
  for each row execute function loyalty_only_added();
create trigger loyalty_use_only_added before update or delete on loyalty_lotuse
  for each row execute function loyalty_only_added();
create trigger loyalty_lot_kept before delete or update of id, account_id, entry_id, record, amount, counts_at, ends_at, origin_id
  on loyalty_pointslot for each row execute function loyalty_only_added();
"""


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0001_initial")]

    operations = [
        migrations.RunSQL(
            GUARDS,
            """drop trigger loyalty_entry_only_added on loyalty_pointsentry;
               drop trigger loyalty_use_only_added on loyalty_lotuse;
               drop trigger loyalty_lot_kept on loyalty_pointslot;
               drop function loyalty_only_added();""",
        )
    ]

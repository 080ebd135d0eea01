"""The rule of a coupon that is given out does not change: who holds one was promised it. Loaded ones follow their file."""

from django.db import migrations

GUARD = """
create function loyalty_rule_kept() returns trigger language plpgsql as $$
begin
  raise exception 'The rule of a published coupon does not change; make another one.'
    using errcode = 'integrity_constraint_violation';
end $$;
create trigger loyalty_template_rule_kept
  before update of code, kind, amount, percent, threshold, most_off, pieces, products, categories, not_products,
    not_categories, with_categories, stores, store_scenes, channels, levels, needs, free_delivery, weekdays, from_time,
    until_time, days_valid, "group", not_with, on_refund, cost
  on loyalty_coupontemplate for each row
  when (old.source_ref = '' and old.state not in ('draft', 'waiting') and
    (old.code, old.kind, old.amount, old.percent, old.threshold, old.most_off, old.pieces, old.products,
     old.categories, old.not_products, old.not_categories, old.with_categories, old.stores, old.store_scenes,
     old.channels, old.levels, old.needs, old.free_delivery, old.weekdays, old.from_time, old.until_time,
     old.days_valid, old."group", old.not_with, old.on_refund, old.cost)
    is distinct from
    (new.code, new.kind, new.amount, new.percent, new.threshold, new.most_off, new.pieces, new.products,
     new.categories, new.not_products, new.not_categories, new.with_categories, new.stores, new.store_scenes,
     new.channels, new.levels, new.needs, new.free_delivery, new.weekdays, new.from_time, new.until_time,
     new.days_valid, new."group", new.not_with, new.on_refund, new.cost))
  execute function loyalty_rule_kept();
"""


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0002_guards")]

    operations = [
        migrations.RunSQL(
            GUARD,
            """drop trigger loyalty_template_rule_kept on loyalty_coupontemplate;
               drop function loyalty_rule_kept();""",
        )
    ]

from django.db import migrations, models

# Contacts moved by merges that stand: until now the merge's journal alone knew whose they were.
WHOSE = """
update touchpoints_outreach o set came_as = first.loser_id from (
  select distinct on (moved.pk) moved.pk::bigint as pk, m.loser_id
  from customers_mergeoperation m,
       jsonb_array_elements_text(coalesce(m.journal #> '{touchpoints.Outreach.customer,rows}', '[]')) as moved(pk)
  where m.undone_at is null order by moved.pk, m.id) first
where o.id = first.pk
"""
BACK = """
update customers_mergeoperation m set journal = jsonb_set(m.journal, '{touchpoints.Outreach.customer,rows}', coalesce(
  (select jsonb_agg(t.id order by t.id) from touchpoints_outreach t where t.came_as = m.loser_id), '[]'))
where m.undone_at is null and m.journal ? 'touchpoints.Outreach.customer'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0021_records"),
        ("touchpoints", "0031_touchmap"),
    ]

    operations = [
        migrations.AddField("outreach", "campaign", models.CharField(blank=True, max_length=40)),
        migrations.AddField("outreach", "came_as", models.BigIntegerField(null=True)),
        migrations.RunSQL(WHOSE, BACK),
    ]

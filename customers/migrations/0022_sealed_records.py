import json

import django.db.models.deletion
from django.db import migrations, models

from scrm.kernel import sealed

# Files moved by merges that stand: until now the merge's journal alone knew whose they were.
WHOSE = """
update customers_recordfile f set came_as = first.loser_id from (
  select distinct on (moved.pk) moved.pk::bigint as pk, m.loser_id
  from customers_mergeoperation m,
       jsonb_array_elements_text(coalesce(m.journal #> '{customers.RecordFile.customer,rows}', '[]')) as moved(pk)
  where m.undone_at is null order by moved.pk, m.id) first
where f.id = first.pk
"""
BACK = """
update customers_mergeoperation m set journal = jsonb_set(m.journal, '{customers.RecordFile.customer,rows}', coalesce(
  (select jsonb_agg(t.id order by t.id) from customers_recordfile t where t.came_as = m.loser_id), '[]'))
where m.undone_at is null and m.journal ? 'customers.RecordFile.customer'
"""


def seal_what_stands(apps, schema_editor):
    """Each sensitive file under the key of the record it belongs to, made where there is none."""
    keys, files = apps.get_model("customers", "DataKey"), apps.get_model("customers", "RecordFile")
    for row in files.objects.filter(kind__sensitive=True, key=None).order_by("pk").iterator(500):
        owner = row.came_as or row.customer_id
        key = keys.objects.filter(customer=owner, destroyed_at=None).order_by("pk").first()
        key = key or keys.objects.create(customer_id=owner, wrapped=sealed.new_data_key()[1])
        secret = sealed.seal(json.dumps(row.values), sealed.unwrap(bytes(key.wrapped)))
        files.objects.filter(pk=row.pk).update(values={}, sealed=secret, key=key)
    _check_keys_now(schema_editor)


def unseal(apps, schema_editor):
    files = apps.get_model("customers", "RecordFile")
    for row in files.objects.exclude(key=None).select_related("key").order_by("pk").iterator(500):
        said = json.loads(sealed.unseal(bytes(row.sealed), sealed.unwrap(bytes(row.key.wrapped))))
        files.objects.filter(pk=row.pk).update(values=said, sealed=b"", key=None)
    _check_keys_now(schema_editor)


def _check_keys_now(schema_editor):
    """A table with keys still to be checked cannot be altered in the same transaction."""
    schema_editor.execute("set constraints all immediate")
    schema_editor.execute("set constraints all deferred")


class Migration(migrations.Migration):
    dependencies = [("customers", "0021_records")]

    operations = [
        migrations.AddField("recordfile", "came_as", models.BigIntegerField(null=True)),
        migrations.AddField("recordfile", "sealed", models.BinaryField(default=b"")),
        migrations.AddField(
            "recordfile", "key",
            models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="customers.datakey",
            ),
        ),
        migrations.RunSQL(WHOSE, BACK),
        migrations.RunPython(seal_what_stands, unseal),
        migrations.AddConstraint(
            "recordfile",
            models.CheckConstraint(
                condition=models.Q(key=None, sealed=b"")
                | models.Q(key__isnull=False, values={}) & ~models.Q(sealed=b""),
                name="record_sealed_or_clear",
            ),
        ),
    ]  # fmt: skip

"""Audit rows carry a salted digest the database makes, and are sealed by a chain of Merkle roots."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import Func

from scrm.kernel.columns import TransactionField

TRIGGERS = """
drop trigger staff_audit_only_added on staff_auditentry;
update staff_auditentry set salt = uuid_send(gen_random_uuid()) where salt is null;
update staff_auditentry set digest = sha256(salt || convert_to(details::text, 'UTF8'));

create function staff_audit_added() returns trigger language plpgsql as $$
begin
  -- First the transaction's number, then the row's: a row that was numbered before another began before it.
  new.written_by := pg_current_xact_id();
  new.id := nextval(pg_get_serial_sequence('staff_auditentry', 'id'));
  new.salt := uuid_send(gen_random_uuid());
  new.digest := sha256(new.salt || convert_to(new.details::text, 'UTF8'));
  return new;
end $$;
create trigger staff_audit_added before insert on staff_auditentry
  for each row execute function staff_audit_added();

create function staff_audit_kept() returns trigger language plpgsql as $$
begin
  -- The one change there is: an erasure blanks salt and details together.
  if tg_op = 'UPDATE' and new.salt is null and new.details is null
     and to_jsonb(new) - 'salt' - 'details' = to_jsonb(old) - 'salt' - 'details' then
    return new;
  end if;
  raise exception 'audit rows are only ever added';
end $$;
create trigger staff_audit_only_added before update or delete on staff_auditentry
  for each row execute function staff_audit_kept();
create trigger staff_auditseal_only_added before update or delete on staff_auditseal
  for each statement execute function staff_audit_only_added();
"""

BACK = """
drop trigger staff_auditseal_only_added on staff_auditseal;
drop trigger staff_audit_only_added on staff_auditentry;
drop function staff_audit_kept();
drop trigger staff_audit_added on staff_auditentry;
drop function staff_audit_added();
create trigger staff_audit_only_added before update or delete on staff_auditentry
  for each statement execute function staff_audit_only_added();
"""


class Migration(migrations.Migration):
    dependencies = [("staff", "0003_names")]

    operations = [
        migrations.AlterField("auditentry", "details", models.JSONField(default=dict, null=True)),
        migrations.AddField("auditentry", "salt", models.BinaryField(editable=False, null=True)),
        migrations.AddField("auditentry", "digest", models.BinaryField(default=bytes, editable=False)),
        migrations.AddField(
            "auditentry",
            "written_by",
            TransactionField(db_default=Func(function="pg_current_xact_id"), editable=False),
        ),
        migrations.AddIndex("auditentry", models.Index(fields=["written_by"], name="audit_written_by")),
        migrations.AddIndex(
            "auditentry", models.Index(fields=["object_kind", "object_id", "-at"], name="audit_object")
        ),
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField(unique=True)),
                ("made_at", models.DateTimeField()),
                ("rows", models.PositiveIntegerField()),
                (
                    "ids",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("leaves", models.BinaryField()),
                ("former", models.BinaryField(max_length=32)),
                ("root", models.BinaryField(max_length=32)),
                ("below", models.BigIntegerField()),
                ("beyond", models.BigIntegerField()),
                ("cluster", models.CharField(max_length=40)),
                ("signature", models.BinaryField(max_length=32)),
                ("highest", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "audit seal",
                "verbose_name_plural": "audit seals",
                "indexes": [models.Index(fields=["highest"], name="audit_seal_highest")],
            },
        ),
        migrations.RunSQL(TRIGGERS, BACK),
    ]

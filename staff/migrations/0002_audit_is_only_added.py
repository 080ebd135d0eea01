"""Audit rows are inserted, never changed: the database refuses the rest."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]

    operations = [
        migrations.RunSQL(
            """
            create function staff_audit_only_added() returns trigger language plpgsql as $$
            begin
              raise exception 'audit rows are only ever added';
            end $$;
            create trigger staff_audit_only_added before update or delete on staff_auditentry
              for each statement execute function staff_audit_only_added();
            create trigger staff_audit_never_emptied before truncate on staff_auditentry
              for each statement execute function staff_audit_only_added();
            """,
            """
            drop trigger staff_audit_never_emptied on staff_auditentry;
            drop trigger staff_audit_only_added on staff_auditentry;
            drop function staff_audit_only_added();
            """,
        )
    ]

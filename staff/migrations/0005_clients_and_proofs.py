"""API clients show their secrets by the last four signs; calls and proofs of the audit are kept."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0004_audit_seal"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("method", models.CharField(max_length=7)),
                ("route", models.CharField(max_length=60)),
                ("status", models.PositiveSmallIntegerField()),
                ("replayed", models.BooleanField(default=False)),
                ("problem", models.CharField(blank=True, max_length=40)),
                ("request", models.CharField(max_length=16)),
                ("took", models.PositiveIntegerField()),
                ("tail", models.CharField(max_length=4)),
            ],
            options={
                "verbose_name": "API call",
                "verbose_name_plural": "API calls",
            },
        ),
        migrations.CreateModel(
            name="AuditProof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("rows", models.BigIntegerField()),
                ("sealed", models.BigIntegerField()),
                ("erased", models.BigIntegerField()),
                ("seals", models.BigIntegerField()),
                ("wrong", models.PositiveIntegerField()),
                ("violations", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "audit proof",
                "verbose_name_plural": "audit proofs",
            },
        ),
        migrations.AddField(
            model_name="apiclient",
            name="former_tail",
            field=models.CharField(blank=True, editable=False, max_length=4),
        ),
        migrations.AddField(
            model_name="apiclient",
            name="secret_made_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="apiclient",
            name="secret_tail",
            field=models.CharField(blank=True, editable=False, max_length=4),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["address", "-at"], name="audit_address"),
        ),
        migrations.AddConstraint(
            model_name="auditentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("what__startswith", "alarm.")),
                fields=("who", "what", "object_id"),
                name="audit_alarm_once",
            ),
        ),
        migrations.AddField(
            model_name="apicall",
            name="client",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="calls", to="staff.apiclient"
            ),
        ),
        migrations.AddField(
            model_name="auditproof",
            name="asked_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="apicall",
            index=models.Index(fields=["client", "-at", "-id"], name="api_call_client"),
        ),
        migrations.AddIndex(
            model_name="apicall",
            index=models.Index(fields=["at"], name="api_call_at"),
        ),
        migrations.RunSQL(
            """update staff_apiclient set secret_tail = case when secret_digest <> '' then '····' else '' end,
               former_tail = case when former_digest <> '' then '···-' else '' end""",
            migrations.RunSQL.noop,
        ),
    ]

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0002_audit_is_only_added"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="absence",
            options={"ordering": ["-starts_on"], "verbose_name": "absence", "verbose_name_plural": "absences"},
        ),
        migrations.AlterModelOptions(
            name="apiclient",
            options={"ordering": ["code"], "verbose_name": "API client", "verbose_name_plural": "API clients"},
        ),
        migrations.AlterModelOptions(
            name="auditentry",
            options={"verbose_name": "audit entry", "verbose_name_plural": "audit entries"},
        ),
        migrations.AlterModelOptions(
            name="calendar",
            options={"ordering": ["code"], "verbose_name": "calendar", "verbose_name_plural": "calendars"},
        ),
        migrations.AlterModelOptions(
            name="membership",
            options={
                "ordering": ["user", "starts_on"],
                "verbose_name": "membership",
                "verbose_name_plural": "memberships",
            },
        ),
        migrations.AlterModelOptions(
            name="region",
            options={"ordering": ["code"], "verbose_name": "region", "verbose_name_plural": "regions"},
        ),
        migrations.AlterModelOptions(
            name="store",
            options={"ordering": ["code"], "verbose_name": "store", "verbose_name_plural": "stores"},
        ),
        migrations.AlterModelOptions(
            name="team",
            options={"ordering": ["code"], "verbose_name": "team", "verbose_name_plural": "teams"},
        ),
        migrations.AlterModelOptions(
            name="user",
            options={"ordering": ["username"], "verbose_name": "colleague", "verbose_name_plural": "colleagues"},
        ),
    ]

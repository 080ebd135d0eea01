from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0004_import_warnings"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="customer",
            options={"ordering": ["-pk"], "verbose_name": "customer", "verbose_name_plural": "customers"},
        ),
        migrations.AlterModelOptions(
            name="event",
            options={"verbose_name": "event", "verbose_name_plural": "events"},
        ),
        migrations.AlterModelOptions(
            name="fact",
            options={"verbose_name": "fact", "verbose_name_plural": "facts"},
        ),
        migrations.AlterModelOptions(
            name="identity",
            options={"verbose_name": "identity", "verbose_name_plural": "identities"},
        ),
        migrations.AlterModelOptions(
            name="importrun",
            options={"ordering": ["-pk"], "verbose_name": "import", "verbose_name_plural": "imports"},
        ),
        migrations.AlterModelOptions(
            name="lifecyclechange",
            options={"verbose_name": "change of stage", "verbose_name_plural": "changes of stage"},
        ),
        migrations.AlterModelOptions(
            name="metrics",
            options={"verbose_name": "metrics", "verbose_name_plural": "metrics"},
        ),
        migrations.AlterModelOptions(
            name="metricsrun",
            options={"ordering": ["-pk"], "verbose_name": "metrics run", "verbose_name_plural": "metrics runs"},
        ),
        migrations.AlterModelOptions(
            name="wakeup",
            options={"verbose_name": "reaction owed", "verbose_name_plural": "reactions owed"},
        ),
    ]

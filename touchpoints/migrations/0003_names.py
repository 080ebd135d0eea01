from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("touchpoints", "0002_mistaken_visit"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="trial",
            options={"verbose_name": "try-on", "verbose_name_plural": "try-ons"},
        ),
        migrations.AlterModelOptions(
            name="visit",
            options={"verbose_name": "visit", "verbose_name_plural": "visits"},
        ),
    ]

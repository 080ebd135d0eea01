from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_search_and_browse"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="metrics",
            name="metrics_cell",
        ),
        migrations.AddField(
            model_name="metricsrun",
            name="picture",
            field=models.JSONField(default=dict),
        ),
        migrations.AddIndex(
            model_name="metrics",
            index=models.Index(fields=["lifecycle", "-customer"], name="metrics_stage"),
        ),
        migrations.AddIndex(
            model_name="metrics",
            index=models.Index(fields=["r", "f", "-customer"], name="metrics_cell"),
        ),
    ]

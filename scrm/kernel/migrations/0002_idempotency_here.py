"""An Idempotency-Key counts per client, method and path."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="idempotencyrecord",
            name="idempotency_once",
        ),
        migrations.AddField(
            model_name="idempotencyrecord",
            name="place",
            field=models.CharField(default="", max_length=200),
        ),
        migrations.AddIndex(
            model_name="idempotencyrecord",
            index=models.Index(fields=["created_at"], name="idempotency_age"),
        ),
        migrations.AddConstraint(
            model_name="idempotencyrecord",
            constraint=models.UniqueConstraint(fields=("client", "place", "key"), name="idempotency_once_here"),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("kernel", "0002_idempotency_here"),
        ("kernel", "0003_house_key"),
    ]

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="IdempotencyRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client", models.CharField(max_length=60)),
                ("key", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("answer", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("place", models.CharField(default="", max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("client", "place", "key"), name="idempotency_once_here")
                ],
                "indexes": [models.Index(fields=["created_at"], name="idempotency_age")],
            },
        ),
        migrations.CreateModel(
            name="HouseKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(max_length=40)),
                ("generation", models.PositiveSmallIntegerField(default=1)),
                ("wrapped", models.BinaryField()),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("done", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("purpose", "generation"), name="house_key_once")],
            },
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_idempotency_here")]

    operations = [
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
            options={"constraints": [models.UniqueConstraint(fields=("purpose", "generation"), name="house_key_once")]},
        ),
    ]

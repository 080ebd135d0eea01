from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("touchpoints", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="visit",
            name="mistaken",
            field=models.BooleanField(default=False),
        ),
    ]

"""A row may go in without a part of it: such a note is kept beside the failures."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_picture")]

    operations = [
        migrations.AddField("rowerror", "warning", models.BooleanField(default=False)),
        migrations.AddField("importrun", "dry", models.BooleanField(default=False)),
    ]

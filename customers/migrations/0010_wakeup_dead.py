from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("customers", "0009_facts_by_person")]

    operations = [
        migrations.AddIndex(
            model_name="wakeup",
            index=models.Index(condition=Q(("state", "dead")), fields=["id"], name="wakeup_dead"),
        ),
    ]

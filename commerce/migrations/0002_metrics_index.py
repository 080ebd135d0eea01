"""What metrics read of an order lies in one index; a return without its sale still belongs to somebody."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("commerce", "0001_initial"), ("customers", "0001_initial")]

    operations = [
        migrations.AddField(
            "refund", "customer",
            models.ForeignKey("customers.Customer", null=True, on_delete=django.db.models.deletion.PROTECT,
                              related_name="+", db_index=False),
        ),
        migrations.AddIndex(
            "order",
            models.Index(fields=["customer", "business_date"], include=["base_total"], name="order_metrics",
                         condition=Q(customer__isnull=False) & ~Q(state="cancelled")),
        ),
        migrations.AddIndex(
            "refund", models.Index(fields=["customer"], name="refund_customer", condition=Q(customer__isnull=False)),
        ),
    ]  # fmt: skip

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("commerce", "0002_metrics_index"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="category",
            options={"ordering": ["code"], "verbose_name": "category", "verbose_name_plural": "categories"},
        ),
        migrations.AlterModelOptions(
            name="order",
            options={"verbose_name": "order", "verbose_name_plural": "orders"},
        ),
        migrations.AlterModelOptions(
            name="product",
            options={"ordering": ["code"], "verbose_name": "product", "verbose_name_plural": "products"},
        ),
        migrations.AlterModelOptions(
            name="refund",
            options={"verbose_name": "refund", "verbose_name_plural": "refunds"},
        ),
        migrations.AlterModelOptions(
            name="stock",
            options={"verbose_name": "stock", "verbose_name_plural": "stock"},
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models

import scrm.kernel.words


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("customers", "0001_initial"),
        ("staff", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Category",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=60, unique=True)),
                ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="commerce.category",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "categories",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identity_id", models.BigIntegerField(null=True)),
                ("source", models.CharField(max_length=60)),
                ("source_ref", models.CharField(max_length=120)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("digest", models.BinaryField(default=bytes, max_length=16)),
                ("till", models.CharField(blank=True, max_length=40)),
                ("channel", models.CharField(blank=True, max_length=10)),
                (
                    "state",
                    models.CharField(
                        choices=[("placed", "Placed"), ("paid", "Paid"), ("cancelled", "Cancelled")],
                        default="paid",
                        max_length=9,
                    ),
                ),
                ("placed_at", models.DateTimeField()),
                ("business_date", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("rate", models.DecimalField(decimal_places=6, default=1, max_digits=12)),
                ("total", models.BigIntegerField()),
                ("discount", models.BigIntegerField(default=0)),
                ("base_total", models.BigIntegerField()),
                ("flags", models.JSONField(default=list)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="customers.customer",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.store",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ref", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("cash", "Cash"),
                            ("card", "Card"),
                            ("wechat_pay", "WeChat Pay"),
                            ("alipay", "Alipay"),
                            ("wallet", "Wallet"),
                            ("stored", "Stored value"),
                            ("gift_card", "Gift card"),
                            ("points", "Points"),
                            ("coupon", "Coupon"),
                            ("account", "On account"),
                            ("other", "Other"),
                        ],
                        max_length=10,
                    ),
                ),
                ("amount", models.BigIntegerField()),
                ("captured_at", models.DateTimeField(null=True)),
                ("reference", models.CharField(blank=True, max_length=120)),
                ("voided_at", models.DateTimeField(null=True)),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="payments",
                        to="commerce.order",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=60, unique=True)),
                ("parent", models.CharField(blank=True, db_index=True, max_length=60)),
                ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("goods", "Goods"),
                            ("service", "Service"),
                            ("fee", "Fee"),
                            ("gift_card", "Gift card"),
                            ("adjustment", "Adjustment"),
                        ],
                        default="goods",
                        max_length=10,
                    ),
                ),
                ("brand", models.CharField(blank=True, max_length=80)),
                ("price", models.BigIntegerField(blank=True, null=True)),
                ("size", models.CharField(blank=True, max_length=40)),
                ("attributes", models.JSONField(blank=True, default=dict)),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="commerce.category",
                    ),
                ),
            ],
            options={
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_ref", models.CharField(max_length=60)),
                ("sku", models.CharField(blank=True, max_length=60)),
                ("name", models.CharField(blank=True, max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("goods", "Goods"),
                            ("service", "Service"),
                            ("fee", "Fee"),
                            ("gift_card", "Gift card"),
                            ("adjustment", "Adjustment"),
                        ],
                        default="goods",
                        max_length=10,
                    ),
                ),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=18)),
                ("unit_price", models.DecimalField(decimal_places=6, max_digits=18, null=True)),
                ("discount", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField()),
                (
                    "order",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="commerce.order",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="commerce.product",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order_ref", models.CharField(blank=True, max_length=120)),
                ("source", models.CharField(max_length=60)),
                ("source_ref", models.CharField(max_length=120)),
                ("digest", models.BinaryField(default=bytes, max_length=16)),
                ("till", models.CharField(blank=True, max_length=40)),
                ("refunded_at", models.DateTimeField()),
                ("business_date", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.BigIntegerField()),
                ("base_amount", models.BigIntegerField()),
                (
                    "tender",
                    models.CharField(
                        choices=[
                            ("cash", "Cash"),
                            ("card", "Card"),
                            ("wechat_pay", "WeChat Pay"),
                            ("alipay", "Alipay"),
                            ("wallet", "Wallet"),
                            ("stored", "Stored value"),
                            ("gift_card", "Gift card"),
                            ("points", "Points"),
                            ("coupon", "Coupon"),
                            ("account", "On account"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                (
                    "order",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="commerce.order",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.store",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RefundLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line_ref", models.CharField(max_length=60)),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=18)),
                ("amount", models.BigIntegerField()),
                (
                    "order_line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_lines",
                        to="commerce.orderline",
                    ),
                ),
                (
                    "refund",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="commerce.refund"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Stock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("quantity", models.DecimalField(decimal_places=3, max_digits=14)),
                ("counted_at", models.DateTimeField()),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stock", to="commerce.product"
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stock", to="staff.store"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("customer", None), _negated=True),
                fields=["customer", "-placed_at", "-id"],
                name="order_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["source_ref"], name="order_number"),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["business_date", "store"], name="order_day"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(fields=("source", "source_ref"), name="order_source_once"),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(fields=("order", "ref"), name="payment_once"),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.UniqueConstraint(fields=("order", "line_ref"), name="order_line_once"),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(
                condition=models.Q(("order", None)), fields=["source", "order_ref"], name="refund_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(fields=["business_date", "store"], name="refund_day"),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.UniqueConstraint(fields=("source", "source_ref"), name="refund_source_once"),
        ),
        migrations.AddConstraint(
            model_name="refund",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="refund_not_negative"),
        ),
        migrations.AddConstraint(
            model_name="refundline",
            constraint=models.UniqueConstraint(fields=("refund", "line_ref"), name="refund_line_once"),
        ),
        migrations.AddConstraint(
            model_name="stock",
            constraint=models.UniqueConstraint(fields=("store", "product"), name="stock_once"),
        ),
    ]

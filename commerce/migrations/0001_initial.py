"""Products, orders, payments, returns and stock."""

import django.db.models.deletion
from django.db import migrations, models

import scrm.kernel.words
from scrm.kernel.tables import CreateTables

TABLES = [
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
            "verbose_name": "category",
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
            ("came_as", models.BigIntegerField(null=True)),
            ("coupons", models.JSONField(default=list)),
            ("claim", models.BinaryField(max_length=32, null=True)),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("customer", None), _negated=True),
                    fields=["customer", "-placed_at", "-id"],
                    name="order_customer",
                ),
                models.Index(fields=["source_ref"], name="order_number"),
                models.Index(fields=["business_date", "store"], name="order_day"),
                models.Index(
                    condition=models.Q(("customer__isnull", False), models.Q(("state", "cancelled"), _negated=True)),
                    fields=["customer", "business_date"],
                    include=("base_total",),
                    name="order_metrics",
                ),
                models.Index(condition=models.Q(("claim", None), _negated=True), fields=["claim"], name="order_claim"),
            ],
            "constraints": [models.UniqueConstraint(fields=("source", "source_ref"), name="order_source_once")],
            "verbose_name": "order",
            "verbose_name_plural": "orders",
        },
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
        options={
            "constraints": [models.UniqueConstraint(fields=("order", "ref"), name="payment_once")],
        },
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
            "verbose_name": "product",
            "verbose_name_plural": "products",
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
        options={
            "constraints": [models.UniqueConstraint(fields=("order", "line_ref"), name="order_line_once")],
        },
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
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="refunds", to="commerce.order"
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
            (
                "customer",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
                ),
            ),
            ("came_as", models.BigIntegerField(null=True)),
            ("by_points", models.BigIntegerField(default=0)),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("order", None)), fields=["source", "order_ref"], name="refund_waiting"
                ),
                models.Index(fields=["business_date", "store"], name="refund_day"),
                models.Index(
                    condition=models.Q(("customer__isnull", False)), fields=["customer"], name="refund_customer"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("source", "source_ref"), name="refund_source_once"),
                models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="refund_not_negative"),
                models.CheckConstraint(
                    condition=models.Q(("by_points__gte", 0), ("by_points__lte", models.F("amount"))),
                    name="refund_points_part",
                ),
            ],
            "verbose_name": "refund",
            "verbose_name_plural": "refunds",
        },
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
        options={
            "constraints": [models.UniqueConstraint(fields=("refund", "line_ref"), name="refund_line_once")],
        },
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
                models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="stock", to="staff.store"),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("store", "product"), name="stock_once")],
            "verbose_name": "stock",
            "verbose_name_plural": "stock",
        },
    ),
]


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("commerce", "0002_metrics_index"),
        ("commerce", "0003_names"),
        ("commerce", "0004_merging"),
        ("commerce", "0005_coupons_and_points"),
        ("commerce", "0006_claims"),
    ]

    dependencies = [
        ("staff", "0001_initial"),
        ("customers", "0001_initial"),
    ]

    operations = [
        CreateTables(TABLES),
    ]

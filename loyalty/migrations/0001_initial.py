"""Points in a ledger, levels, coupons and flash drops, and what the database itself keeps of their rules."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import loyalty.models.programme
import scrm.kernel.words
from scrm.kernel.tables import CreateTables

TABLES = [
    migrations.CreateModel(
        name="Programme",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            ("currency", models.CharField(default="CNY", max_length=3)),
            (
                "rounding",
                models.CharField(
                    choices=[("floor", "full units only"), ("half_up", "half up")], default="floor", max_length=8
                ),
            ),
            (
                "pending_days",
                models.PositiveSmallIntegerField(default=7, help_text="Days until points of a purchase count."),
            ),
            (
                "lot_months",
                models.PositiveSmallIntegerField(
                    default=12, help_text="Points end on the last day of the n-th month after they count; 0: never."
                ),
            ),
            ("value_points", models.PositiveIntegerField(default=100)),
            ("value_minor", models.PositiveIntegerField(default=100)),
            ("spend_step", models.PositiveIntegerField(default=100)),
            (
                "spend_share",
                models.PositiveSmallIntegerField(default=50, help_text="Percent of a bill that points may pay."),
            ),
            (
                "never_earns",
                models.JSONField(
                    default=loyalty.models.programme.never_earning, help_text="Tenders that earn nothing."
                ),
            ),
            ("transfers", models.BooleanField(default=False)),
            ("undo_minutes", models.PositiveSmallIntegerField(default=5)),
            (
                "qualify_by",
                models.CharField(
                    choices=[("spend", "what was spent"), ("points", "points earned by purchases")],
                    default="spend",
                    max_length=6,
                ),
            ),
            (
                "qualify_window",
                models.CharField(
                    choices=[("rolling", "the last twelve months"), ("year", "the calendar year")],
                    default="rolling",
                    max_length=7,
                ),
            ),
            ("notice_days", models.PositiveSmallIntegerField(default=30)),
            ("grace_days", models.PositiveSmallIntegerField(default=60)),
        ],
        options={
            "verbose_name": "programme",
            "verbose_name_plural": "programmes",
            "constraints": [
                models.CheckConstraint(condition=models.Q(("spend_share__lte", 100)), name="programme_share"),
                models.CheckConstraint(
                    condition=models.Q(("value_points__gt", 0), ("spend_step__gt", 0)),
                    name="programme_points_have_a_value",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Gift",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            ("points", models.PositiveIntegerField()),
            ("stock", models.PositiveIntegerField(default=0)),
            ("taken", models.PositiveIntegerField(default=0)),
            ("cost", models.BigIntegerField(default=0)),
            ("is_active", models.BooleanField(default=True)),
            (
                "programme",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="gifts", to="loyalty.programme"
                ),
            ),
        ],
        options={
            "verbose_name": "gift",
            "verbose_name_plural": "gifts",
            "ordering": ["points"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("taken__lte", models.F("stock"))), name="gift_taken_within_stock"
                ),
                models.CheckConstraint(condition=models.Q(("points__gt", 0)), name="gift_costs_points"),
            ],
        },
    ),
    migrations.CreateModel(
        name="LedgerProof",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("took_ms", models.PositiveIntegerField(default=0)),
            ("entries", models.BigIntegerField(default=0)),
            ("findings", models.JSONField(default=list)),
        ],
        options={
            "verbose_name": "ledger proof",
            "verbose_name_plural": "ledger proofs",
        },
    ),
    migrations.CreateModel(
        name="Level",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=20)),
            ("rank", models.PositiveSmallIntegerField(help_text="0 is where everybody begins.")),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            ("threshold", models.BigIntegerField(default=0)),
            ("visits", models.PositiveSmallIntegerField(default=0, help_text="Days of purchase needed as well.")),
            (
                "factor",
                models.DecimalField(
                    decimal_places=2, default=1, help_text="Points are multiplied by it.", max_digits=4
                ),
            ),
            ("valid_months", models.PositiveSmallIntegerField(default=12)),
            (
                "programme",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="levels", to="loyalty.programme"
                ),
            ),
        ],
        options={
            "verbose_name": "level",
            "verbose_name_plural": "levels",
            "ordering": ["programme", "rank"],
            "constraints": [
                models.UniqueConstraint(fields=("programme", "code"), name="level_code_once"),
                models.UniqueConstraint(fields=("programme", "rank"), name="level_rank_once"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Campaign",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("welcome", "Welcome pack"),
                        ("first_order", "First order"),
                        ("repeat", "Repeat purchases raise the level"),
                        ("birthday", "Birthday"),
                        ("upgrade", "Upgrade and gift"),
                        ("win_back", "Win back"),
                        ("review", "Review invitation"),
                        ("referral", "Recommend a friend"),
                        ("drop", "Flash drop"),
                        ("plain", "Other"),
                    ],
                    default="plain",
                    max_length=11,
                ),
            ),
            ("type", models.CharField(blank=True, max_length=40)),
            (
                "state",
                models.CharField(
                    choices=[("draft", "Draft"), ("running", "Goes on"), ("stopped", "Stopped"), ("ended", "Ended")],
                    default="draft",
                    max_length=8,
                ),
            ),
            ("starts_on", models.DateField(default=django.utils.timezone.localdate)),
            ("ends_on", models.DateField(blank=True, null=True)),
            ("recipe", models.JSONField(blank=True, default=dict)),
            ("budget", models.BigIntegerField(blank=True, null=True)),
            ("source", models.CharField(blank=True, max_length=60)),
            ("source_ref", models.CharField(blank=True, max_length=120)),
            (
                "made_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "verbose_name": "campaign",
            "verbose_name_plural": "campaigns",
            "ordering": ["-starts_on", "code"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                    name="campaign_ends_after_start",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("source_ref", ""), _negated=True),
                    fields=("source", "source_ref"),
                    name="campaign_source_once",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="BudgetShard",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("shard", models.PositiveSmallIntegerField()),
            ("given", models.BigIntegerField()),
            ("left", models.BigIntegerField()),
            (
                "campaign",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="shards",
                    to="loyalty.campaign",
                ),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("campaign", "shard"), name="budget_shard_once"),
                models.CheckConstraint(
                    condition=models.Q(("left__gte", 0), ("left__lte", models.F("given"))), name="budget_shard_left"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="CampaignGrant",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("came_as", models.BigIntegerField(null=True)),
            ("occasion", models.CharField(max_length=80)),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("cost", models.BigIntegerField(default=0)),
            ("gave", models.JSONField(default=dict)),
            (
                "campaign",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="grants",
                    to="loyalty.campaign",
                ),
            ),
            (
                "customer",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="grants", to="customers.customer"
                ),
            ),
        ],
        options={
            "verbose_name": "grant",
            "verbose_name_plural": "grants",
            "constraints": [models.UniqueConstraint(fields=("campaign", "occasion"), name="campaign_grant_once")],
        },
    ),
    migrations.CreateModel(
        name="CouponTemplate",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            ("scenario", scrm.kernel.words.WordsField(blank=True, default=scrm.kernel.words.Words)),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("amount", "Amount off"),
                        ("percent", "Percent off"),
                        ("step", "Less for several"),
                        ("gift", "Gift"),
                        ("sample", "Sample"),
                        ("delivery", "Free delivery"),
                        ("upgrade", "Upgrade"),
                        ("exchange", "Exchange"),
                    ],
                    max_length=8,
                ),
            ),
            ("amount", models.BigIntegerField(default=0)),
            ("percent", models.PositiveSmallIntegerField(default=0, help_text="Percent off: 10 takes a tenth off.")),
            ("threshold", models.BigIntegerField(default=0)),
            ("most_off", models.BigIntegerField(blank=True, null=True)),
            ("pieces", models.PositiveSmallIntegerField(default=1, help_text="Pieces needed, or given as a gift.")),
            ("products", models.JSONField(blank=True, default=list)),
            ("categories", models.JSONField(blank=True, default=list)),
            ("not_products", models.JSONField(blank=True, default=list)),
            ("not_categories", models.JSONField(blank=True, default=list)),
            ("with_categories", models.JSONField(blank=True, default=list)),
            ("stores", models.JSONField(blank=True, default=list)),
            ("store_scenes", models.JSONField(blank=True, default=list)),
            ("channels", models.JSONField(blank=True, default=list)),
            ("levels", models.JSONField(blank=True, default=list)),
            ("needs", models.JSONField(blank=True, default=list)),
            ("free_delivery", models.BooleanField(default=False, help_text="Delivery is free as well.")),
            ("weekdays", models.JSONField(blank=True, default=list)),
            ("from_time", models.TimeField(blank=True, null=True)),
            ("until_time", models.TimeField(blank=True, null=True)),
            ("starts_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("ends_at", models.DateTimeField(blank=True, null=True)),
            (
                "days_valid",
                models.PositiveSmallIntegerField(blank=True, help_text="Days after it was given.", null=True),
            ),
            ("stock", models.PositiveIntegerField(blank=True, null=True)),
            ("issued", models.PositiveIntegerField(default=0)),
            ("per_customer", models.PositiveSmallIntegerField(default=1)),
            (
                "group",
                models.CharField(
                    choices=[
                        ("amount", "amount"),
                        ("percent", "percent"),
                        ("gift", "gift"),
                        ("delivery", "delivery"),
                        ("service", "service"),
                    ],
                    max_length=8,
                ),
            ),
            ("not_with", models.JSONField(blank=True, default=list)),
            (
                "on_refund",
                models.CharField(
                    choices=[("back", "comes back"), ("lapse", "is used up")], default="back", max_length=5
                ),
            ),
            ("claimable", models.BooleanField(default=False, help_text="Customers may take it themselves.")),
            ("offline", models.BooleanField(default=False, help_text="A till without a line may take it.")),
            (
                "cost",
                models.BigIntegerField(default=0, help_text="What one use costs the house, as far as known before."),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("draft", "Draft"),
                        ("waiting", "Waits for a second person"),
                        ("published", "Published"),
                        ("paused", "Paused"),
                        ("ended", "Ended"),
                    ],
                    default="draft",
                    max_length=9,
                ),
            ),
            ("published_at", models.DateTimeField(blank=True, null=True)),
            ("source", models.CharField(blank=True, max_length=60)),
            ("source_ref", models.CharField(blank=True, max_length=120)),
            (
                "approved_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "campaign",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="templates",
                    to="loyalty.campaign",
                ),
            ),
            (
                "made_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "verbose_name": "coupon template",
            "verbose_name_plural": "coupon templates",
            "ordering": ["code"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("stock", None), ("issued__lte", models.F("stock")), _connector="OR"),
                    name="coupon_template_issued_within_stock",
                ),
                models.CheckConstraint(condition=models.Q(("percent__lte", 100)), name="coupon_template_percent"),
                models.CheckConstraint(
                    condition=models.Q(("amount__gte", 0), ("threshold__gte", 0)), name="coupon_template_amounts"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("source_ref", ""), _negated=True),
                    fields=("source", "source_ref"),
                    name="coupon_template_source_once",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="BulkIssue",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("rule", models.JSONField(default=dict)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("draft", "Prepared"),
                        ("running", "Goes on"),
                        ("stopped", "Stopped"),
                        ("done", "Done"),
                        ("failed", "Failed"),
                    ],
                    default="draft",
                    max_length=7,
                ),
            ),
            ("wanted", models.BigIntegerField(default=0)),
            ("done", models.BigIntegerField(default=0)),
            ("issued", models.BigIntegerField(default=0)),
            ("left_out", models.JSONField(default=dict)),
            ("last", models.BigIntegerField(default=0)),
            ("started_at", models.DateTimeField(null=True)),
            ("seen_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
            ("trouble", models.CharField(blank=True, max_length=300)),
            (
                "started_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "template",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="bulk_issues", to="loyalty.coupontemplate"
                ),
            ),
        ],
        options={
            "verbose_name": "bulk issue",
            "verbose_name_plural": "bulk issues",
        },
    ),
    migrations.CreateModel(
        name="Drop",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            ("prizes", models.JSONField(default=list)),
            ("levels", models.JSONField(blank=True, default=list)),
            ("opens_at", models.DateTimeField()),
            ("ends_at", models.DateTimeField()),
            ("cap", models.PositiveSmallIntegerField(default=6)),
            (
                "state",
                models.CharField(
                    choices=[("draft", "Draft"), ("ready", "Ready"), ("stopped", "Stopped"), ("ended", "Ended")],
                    default="draft",
                    max_length=7,
                ),
            ),
            ("slots_total", models.PositiveIntegerField(default=0)),
            ("first_slot", models.BigIntegerField(blank=True, editable=False, null=True)),
            ("last_slot", models.BigIntegerField(blank=True, editable=False, null=True)),
            ("felt", models.JSONField(blank=True, default=dict)),
            ("stopped_why", models.CharField(blank=True, max_length=200)),
            ("stopped_at", models.DateTimeField(blank=True, null=True)),
            (
                "approved_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "campaign",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="drops",
                    to="loyalty.campaign",
                ),
            ),
            (
                "made_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "verbose_name": "flash drop",
            "verbose_name_plural": "flash drops",
            "ordering": ["-opens_at"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("ends_at__gt", models.F("opens_at"))), name="drop_ends_after_it_opens"
                ),
                models.CheckConstraint(condition=models.Q(("cap__gt", 0)), name="drop_cap"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Coupon",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("came_as", models.BigIntegerField(null=True)),
            ("record", models.BigIntegerField(null=True)),
            ("nth", models.PositiveSmallIntegerField(null=True)),
            ("code", models.CharField(max_length=20, unique=True)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("minted", "Not given yet"),
                        ("issued", "Usable"),
                        ("reserved", "Held for a basket"),
                        ("redeemed", "Used"),
                        ("expired", "Over"),
                        ("cancelled", "Cancelled"),
                        ("frozen", "Frozen"),
                    ],
                    default="issued",
                    max_length=9,
                ),
            ),
            ("issued_at", models.DateTimeField(null=True)),
            ("valid_from", models.DateTimeField(null=True)),
            ("valid_until", models.DateTimeField(null=True)),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("reason", models.CharField(blank=True, max_length=10)),
            ("source", models.CharField(blank=True, max_length=60)),
            ("source_ref", models.CharField(blank=True, max_length=120)),
            ("held_by", models.CharField(blank=True, max_length=120)),
            ("held_until", models.DateTimeField(null=True)),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="coupons",
                    to="customers.customer",
                ),
            ),
            (
                "given_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "template",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="coupons",
                    to="loyalty.coupontemplate",
                ),
            ),
            (
                "drop",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="slots",
                    to="loyalty.drop",
                ),
            ),
        ],
        options={
            "verbose_name": "coupon",
            "verbose_name_plural": "coupons",
            "indexes": [
                models.Index(
                    condition=models.Q(("customer", None), _negated=True),
                    fields=["customer", "state", "valid_until"],
                    name="coupon_customer",
                ),
                models.Index(fields=["template", "state"], name="coupon_template_state"),
                models.Index(condition=models.Q(("state", "minted")), fields=["drop", "id"], name="coupon_slot_free"),
                models.Index(condition=models.Q(("state", "reserved")), fields=["held_until"], name="coupon_held"),
                models.Index(condition=models.Q(("state", "issued")), fields=["valid_until"], name="coupon_over"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(
                        models.Q(("record", None), _negated=True), models.Q(("nth", None), _negated=True)
                    ),
                    fields=("template", "record", "nth"),
                    name="coupon_within_the_customers_limit",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("source_ref", ""), _negated=True),
                    fields=("source", "source_ref"),
                    name="coupon_source_once",
                ),
                models.UniqueConstraint(
                    condition=models.Q(
                        models.Q(("drop", None), _negated=True), models.Q(("record", None), _negated=True)
                    ),
                    fields=("drop", "record"),
                    name="coupon_one_of_a_drop",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("customer", None), ("state", "minted")),
                        models.Q(
                            models.Q(("state", "minted"), _negated=True),
                            models.Q(
                                models.Q(("customer", None), _negated=True), ("state", "cancelled"), _connector="OR"
                            ),
                        ),
                        _connector="OR",
                    ),
                    name="coupon_given_has_an_owner",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("state", "reserved"),
                            models.Q(("held_by", ""), _negated=True),
                            models.Q(("held_until", None), _negated=True),
                        ),
                        models.Q(models.Q(("state", "reserved"), _negated=True), ("held_by", "")),
                        _connector="OR",
                    ),
                    name="coupon_held_has_a_holder",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="DropTry",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("record", models.BigIntegerField()),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("coupon_id", models.BigIntegerField(null=True)),
            ("told", models.BooleanField(default=False)),
            (
                "drop",
                models.ForeignKey(
                    db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="tries", to="loyalty.drop"
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["drop", "id"], name="drop_try_place"),
                models.Index(
                    condition=models.Q(("told", False), models.Q(("coupon_id", None), _negated=True)),
                    fields=["drop"],
                    name="drop_try_untold",
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("drop", "record"), name="drop_try_once")],
        },
    ),
    migrations.CreateModel(
        name="EarnRule",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40)),
            ("version", models.PositiveIntegerField(default=1)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("base", "Points per amount"),
                        ("multiplier", "Multiplied points"),
                        ("bonus", "Extra points"),
                    ],
                    default="base",
                    max_length=10,
                ),
            ),
            ("points", models.PositiveIntegerField(default=0)),
            ("per", models.PositiveIntegerField(default=100, help_text="Minor units that give the points.")),
            ("factor", models.DecimalField(decimal_places=2, default=1, max_digits=6)),
            (
                "occasion",
                models.CharField(
                    choices=[
                        ("order", "each order"),
                        ("first_order", "the first order"),
                        ("new_category", "the first of a category"),
                    ],
                    default="order",
                    max_length=12,
                ),
            ),
            ("conditions", models.JSONField(blank=True, default=dict)),
            ("pending_days", models.PositiveSmallIntegerField(blank=True, null=True)),
            ("campaign", models.SlugField(blank=True, max_length=40)),
            ("starts_on", models.DateField(default=django.utils.timezone.localdate)),
            ("ends_on", models.DateField(blank=True, null=True)),
            ("published_at", models.DateTimeField(blank=True, null=True)),
            (
                "made_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "programme",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="rules", to="loyalty.programme"
                ),
            ),
        ],
        options={
            "verbose_name": "earn rule",
            "verbose_name_plural": "earn rules",
            "ordering": ["code", "-version"],
            "constraints": [
                models.UniqueConstraint(fields=("programme", "code", "version"), name="earn_rule_version_once"),
                models.CheckConstraint(
                    condition=models.Q(("per__gt", 0), ("factor__gt", 0)), name="earn_rule_positive"
                ),
                models.CheckConstraint(
                    condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                    name="earn_rule_ends_after_start",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="PointsAccount",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("available", models.BigIntegerField(default=0)),
            ("pending", models.BigIntegerField(default=0)),
            ("debt", models.BigIntegerField(default=0)),
            ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="points_accounts",
                    to="customers.customer",
                ),
            ),
            (
                "programme",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="loyalty.programme",
                ),
            ),
        ],
        options={
            "verbose_name": "points account",
            "verbose_name_plural": "points accounts",
            "constraints": [
                models.UniqueConstraint(fields=("customer", "programme"), name="points_account_once"),
                models.CheckConstraint(condition=models.Q(("available__gte", 0)), name="points_available_not_negative"),
                models.CheckConstraint(condition=models.Q(("pending__gte", 0)), name="points_pending_not_negative"),
                models.CheckConstraint(condition=models.Q(("debt__gte", 0)), name="points_debt_not_negative"),
            ],
        },
    ),
    migrations.CreateModel(
        name="PointsEntry",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("record", models.BigIntegerField()),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("earn", "Earned"),
                        ("confirm", "Counts now"),
                        ("spend", "Used"),
                        ("expire", "Ended"),
                        ("reverse", "Taken back"),
                        ("restore", "Given back"),
                        ("repay", "Debt repaid"),
                        ("adjust", "Corrected"),
                        ("opening", "Brought along"),
                        ("transfer_out", "Given to somebody"),
                        ("transfer_in", "Received from somebody"),
                        ("merge_out", "Went to the joined record"),
                        ("merge_in", "Came from the joined record"),
                    ],
                    max_length=12,
                ),
            ),
            ("delta", models.BigIntegerField()),
            ("debt_delta", models.BigIntegerField(default=0)),
            ("balance_after", models.BigIntegerField()),
            ("qualifying", models.BigIntegerField(default=0)),
            (
                "reason",
                models.CharField(
                    choices=[
                        ("purchase", "Purchase"),
                        ("refund", "Refund"),
                        ("payment", "Paid with points"),
                        ("gift", "Gift for points"),
                        ("undone", "Taken back at the counter"),
                        ("welcome", "Welcome"),
                        ("birthday", "Birthday"),
                        ("review", "Review"),
                        ("referral", "Recommended us"),
                        ("campaign", "Campaign"),
                        ("goodwill", "Goodwill"),
                        ("habit", "Good habit"),
                        ("correction", "Correction"),
                        ("end", "Their time was over"),
                        ("due", "The return period is over"),
                        ("debt", "Repays points of a refund"),
                        ("opening", "Balance of the former system"),
                        ("transfer", "Transfer"),
                        ("merge", "Two records of one person"),
                        ("other", "Other"),
                    ],
                    max_length=10,
                ),
            ),
            ("at", models.DateTimeField()),
            ("recorded_at", models.DateTimeField(auto_now_add=True)),
            ("source", models.CharField(max_length=60)),
            ("key", models.CharField(max_length=160)),
            ("digest", models.BinaryField(default=bytes, max_length=16)),
            ("source_ref", models.CharField(blank=True, max_length=120)),
            ("undone", models.BigIntegerField(default=0)),
            ("explanation", models.JSONField(default=dict)),
            ("actor_id", models.BigIntegerField(null=True)),
            ("store_id", models.BigIntegerField(null=True)),
            (
                "account",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="entries",
                    to="loyalty.pointsaccount",
                ),
            ),
            (
                "reverses",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="reversals",
                    to="loyalty.pointsentry",
                ),
            ),
            (
                "rule",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="loyalty.earnrule",
                ),
            ),
        ],
        options={
            "verbose_name": "points entry",
            "verbose_name_plural": "points entries",
            "indexes": [
                models.Index(fields=["account", "-id"], name="points_entry_account"),
                models.Index(
                    condition=models.Q(("qualifying", 0), _negated=True),
                    fields=["record", "at"],
                    include=("qualifying",),
                    name="points_entry_qualifying",
                ),
                models.Index(
                    condition=models.Q(("source_ref", ""), _negated=True),
                    fields=["source", "source_ref"],
                    name="points_entry_source",
                ),
                models.Index(
                    condition=models.Q(("reverses", None), _negated=True),
                    fields=["reverses"],
                    name="points_entry_reverses",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("source", "key"), name="points_entry_once"),
                models.UniqueConstraint(
                    condition=models.Q(
                        ("kind", "earn"),
                        models.Q(("rule", None), _negated=True),
                        models.Q(("source_ref", ""), _negated=True),
                    ),
                    fields=("source", "source_ref", "rule"),
                    name="points_earned_once",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("delta__gte", 0), ("kind__in", ["earn", "restore", "opening", "transfer_in"])),
                        models.Q(("delta__lte", 0), ("kind__in", ["spend", "expire", "reverse", "transfer_out"])),
                        models.Q(("delta", 0), ("kind__in", ["confirm", "repay"])),
                        ("kind__in", ["adjust", "merge_in", "merge_out"]),
                        _connector="OR",
                    ),
                    name="points_entry_sign",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("qualifying", 0), ("kind__in", ["earn", "reverse", "adjust", "opening"]), _connector="OR"
                    ),
                    name="points_qualifying_by_purchases",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="GiftTaken",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("came_as", models.BigIntegerField(null=True)),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("undone_at", models.DateTimeField(null=True)),
            (
                "by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "customer",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
                ),
            ),
            (
                "gift",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="handed_out", to="loyalty.gift"
                ),
            ),
            (
                "entry",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, related_name="gift", to="loyalty.pointsentry"
                ),
            ),
        ],
        options={
            "verbose_name": "gift handed out",
            "verbose_name_plural": "gifts handed out",
        },
    ),
    migrations.CreateModel(
        name="PointsLot",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("record", models.BigIntegerField()),
            ("amount", models.BigIntegerField()),
            ("remaining", models.BigIntegerField()),
            (
                "state",
                models.CharField(choices=[("pending", "Pending"), ("open", "Open")], default="open", max_length=7),
            ),
            ("counts_at", models.DateTimeField()),
            ("ends_at", models.DateTimeField(null=True)),
            (
                "account",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="lots",
                    to="loyalty.pointsaccount",
                ),
            ),
            (
                "entry",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="lots", to="loyalty.pointsentry"
                ),
            ),
            (
                "origin",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="loyalty.pointslot",
                ),
            ),
        ],
        options={
            "verbose_name": "points lot",
            "verbose_name_plural": "points lots",
            "indexes": [
                models.Index(
                    condition=models.Q(("remaining__gt", 0)),
                    fields=["account", "state", "ends_at", "id"],
                    name="points_lot_spend",
                ),
                models.Index(
                    condition=models.Q(("state", "pending"), ("remaining__gt", 0)),
                    fields=["counts_at"],
                    name="points_lot_counts",
                ),
                models.Index(condition=models.Q(("remaining__gt", 0)), fields=["ends_at"], name="points_lot_ends"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("remaining__gte", 0), ("remaining__lte", models.F("amount"))),
                    name="points_lot_remaining",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="LotUse",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("amount", models.BigIntegerField()),
            (
                "entry",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="uses",
                    to="loyalty.pointsentry",
                ),
            ),
            (
                "lot",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="loyalty.pointslot"
                ),
            ),
        ],
        options={
            "verbose_name": "use of a lot",
            "verbose_name_plural": "uses of lots",
            "constraints": [
                models.UniqueConstraint(fields=("entry", "lot"), name="lot_use_once"),
                models.CheckConstraint(condition=models.Q(("amount", 0), _negated=True), name="lot_use_not_nothing"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Privilege",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            ("quota", models.PositiveSmallIntegerField(blank=True, null=True)),
            (
                "level",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="privileges", to="loyalty.level"
                ),
            ),
        ],
        options={
            "verbose_name": "privilege",
            "verbose_name_plural": "privileges",
            "ordering": ["level", "pk"],
            "constraints": [models.UniqueConstraint(fields=("level", "code"), name="privilege_once")],
        },
    ),
    migrations.CreateModel(
        name="PrivilegeUse",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("record", models.BigIntegerField()),
            ("code", models.SlugField(max_length=40)),
            ("year", models.PositiveSmallIntegerField()),
            ("nth", models.PositiveSmallIntegerField()),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("undone_at", models.DateTimeField(null=True)),
            (
                "by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "customer",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
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
        options={
            "verbose_name": "use of a privilege",
            "verbose_name_plural": "uses of privileges",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("undone_at", None)),
                    fields=("record", "code", "year", "nth"),
                    name="privilege_use_once",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="LiabilityDay",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("on", models.DateField()),
            ("accounts", models.BigIntegerField(default=0)),
            ("available", models.BigIntegerField(default=0)),
            ("pending", models.BigIntegerField(default=0)),
            ("debt", models.BigIntegerField(default=0)),
            ("by_month", models.JSONField(default=list)),
            ("earned", models.BigIntegerField(default=0)),
            ("spent", models.BigIntegerField(default=0)),
            ("expired", models.BigIntegerField(default=0)),
            ("ended", models.BigIntegerField(default=0)),
            ("broken", models.BigIntegerField(default=0)),
            ("computed_at", models.DateTimeField(default=django.utils.timezone.now)),
            (
                "programme",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="loyalty.programme"
                ),
            ),
        ],
        options={
            "verbose_name": "outstanding points",
            "verbose_name_plural": "outstanding points",
            "constraints": [models.UniqueConstraint(fields=("programme", "on"), name="liability_day_once")],
        },
    ),
    migrations.CreateModel(
        name="LevelMembership",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("came_as", models.BigIntegerField(null=True)),
            ("rank", models.PositiveSmallIntegerField()),
            (
                "origin",
                models.CharField(
                    choices=[
                        ("reached", "Reached"),
                        ("given", "Given by hand"),
                        ("lowered", "Lowered at evaluation"),
                        ("loaded", "Brought along"),
                    ],
                    max_length=8,
                ),
            ),
            ("since", models.DateField()),
            ("until", models.DateField(null=True)),
            ("reason", models.CharField(blank=True, max_length=200)),
            ("evidence", models.JSONField(default=dict)),
            ("warned_on", models.DateField(null=True)),
            ("grace_until", models.DateField(null=True)),
            ("ended_on", models.DateField(null=True)),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="memberships",
                    to="customers.customer",
                ),
            ),
            (
                "given_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "level",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="memberships",
                    to="loyalty.level",
                ),
            ),
            (
                "programme",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="loyalty.programme",
                ),
            ),
        ],
        options={
            "verbose_name": "membership",
            "verbose_name_plural": "memberships",
            "indexes": [
                models.Index(fields=["customer", "-since", "-id"], name="membership_customer"),
                models.Index(
                    condition=models.Q(("ended_on", None)),
                    fields=["programme", "rank", "customer"],
                    name="membership_rank",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("ended_on", None)),
                    fields=("customer", "programme"),
                    name="membership_one_stands",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="LevelEvaluation",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("on", models.DateField()),
            ("members", models.BigIntegerField(default=0)),
            ("raised", models.BigIntegerField(default=0)),
            ("kept", models.BigIntegerField(default=0)),
            ("warned", models.BigIntegerField(default=0)),
            ("lowered", models.BigIntegerField(default=0)),
            ("took_ms", models.PositiveIntegerField(default=0)),
            ("ran_at", models.DateTimeField(default=django.utils.timezone.now)),
            (
                "programme",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="evaluations", to="loyalty.programme"
                ),
            ),
        ],
        options={
            "verbose_name": "evaluation of levels",
            "verbose_name_plural": "evaluations of levels",
            "constraints": [models.UniqueConstraint(fields=("programme", "on"), name="level_evaluation_once")],
        },
    ),
    migrations.CreateModel(
        name="Redemption",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("record", models.BigIntegerField()),
            ("at", models.DateTimeField()),
            ("business_date", models.DateField()),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("source", models.CharField(max_length=60)),
            ("source_ref", models.CharField(max_length=120)),
            ("order_source", models.CharField(blank=True, max_length=60)),
            ("order_ref", models.CharField(blank=True, max_length=120)),
            ("currency", models.CharField(max_length=3)),
            ("off", models.BigIntegerField(default=0)),
            ("basket", models.BigIntegerField(default=0)),
            ("explanation", models.JSONField(default=dict)),
            ("undone_at", models.DateTimeField(null=True)),
            ("undone_why", models.CharField(blank=True, max_length=10)),
            (
                "by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "coupon",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="redemptions", to="loyalty.coupon"
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
                "undone_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "verbose_name": "redemption",
            "verbose_name_plural": "redemptions",
            "indexes": [
                models.Index(
                    condition=models.Q(("order_ref", ""), _negated=True),
                    fields=["order_source", "order_ref"],
                    name="redemption_order",
                ),
                models.Index(fields=["at"], name="redemption_at"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("undone_at", None)), fields=("coupon",), name="redemption_one_stands"
                ),
                models.UniqueConstraint(fields=("source", "source_ref"), name="redemption_source_once"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Referral",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("friend_record", models.BigIntegerField(unique=True)),
            ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("order_ref", models.CharField(blank=True, max_length=120)),
            ("rewarded_at", models.DateTimeField(null=True)),
            (
                "friend",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
                ),
            ),
            (
                "referrer",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="referrals", to="customers.customer"
                ),
            ),
        ],
        options={
            "verbose_name": "referral",
            "verbose_name_plural": "referrals",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("referrer", models.F("friend_record")), _negated=True),
                    name="referral_not_oneself",
                )
            ],
        },
    ),
]

# The ledger is only added to: its lines and uses never change, a lot changes its remainder and state alone.
LEDGER = """
create function loyalty_only_added() returns trigger language plpgsql as $$
begin
  -- erasing a person takes a note out of an explanation, and nothing else
  if tg_op = 'UPDATE' and tg_table_name = 'loyalty_pointsentry' and to_jsonb(old) -> 'explanation' ? 'note'
     and to_jsonb(new) - 'explanation' = to_jsonb(old) - 'explanation'
     and (to_jsonb(new) -> 'explanation') = (to_jsonb(old) -> 'explanation') - 'note' then
    return new;
  end if;
  raise exception 'The points ledger is only added to; write a correction instead.' using errcode = 'integrity_constraint_violation';
end $$;
create trigger loyalty_entry_only_added before update or delete on loyalty_pointsentry
  for each row execute function loyalty_only_added();
create trigger loyalty_use_only_added before update or delete on loyalty_lotuse
  for each row execute function loyalty_only_added();
create trigger loyalty_lot_kept before delete or update of id, account_id, entry_id, record, amount, counts_at, ends_at, origin_id
  on loyalty_pointslot for each row execute function loyalty_only_added();
"""

# The rule of a coupon that is given out does not change: who holds one was promised it. Loaded ones follow their file.
COUPON_RULES = """
create function loyalty_rule_kept() returns trigger language plpgsql as $$
begin
  raise exception 'The rule of a published coupon does not change; make another one.'
    using errcode = 'integrity_constraint_violation';
end $$;
create trigger loyalty_template_rule_kept
  before update of code, kind, amount, percent, threshold, most_off, pieces, products, categories, not_products,
    not_categories, with_categories, stores, store_scenes, channels, levels, needs, free_delivery, weekdays, from_time,
    until_time, days_valid, "group", not_with, on_refund, cost
  on loyalty_coupontemplate for each row
  when (old.source_ref = '' and old.state not in ('draft', 'waiting') and
    (old.code, old.kind, old.amount, old.percent, old.threshold, old.most_off, old.pieces, old.products,
     old.categories, old.not_products, old.not_categories, old.with_categories, old.stores, old.store_scenes,
     old.channels, old.levels, old.needs, old.free_delivery, old.weekdays, old.from_time, old.until_time,
     old.days_valid, old."group", old.not_with, old.on_refund, old.cost)
    is distinct from
    (new.code, new.kind, new.amount, new.percent, new.threshold, new.most_off, new.pieces, new.products,
     new.categories, new.not_products, new.not_categories, new.with_categories, new.stores, new.store_scenes,
     new.channels, new.levels, new.needs, new.free_delivery, new.weekdays, new.from_time, new.until_time,
     new.days_valid, new."group", new.not_with, new.on_refund, new.cost))
  execute function loyalty_rule_kept();
"""

# One round trip for a claim of a flash drop: a place in line, a slot of its own, the coupon.
CLAIM = """
create function loyalty_claim(p_drop bigint, p_record bigint, p_zone text)
returns table (outcome text, coupon bigint, code text, place bigint, at timestamptz) language plpgsql as $$
declare
  drop_row loyalty_drop;
  try_row loyalty_droptry;
  holder bigint;
  erased timestamptz;
  moment timestamptz := clock_timestamp();
  start bigint;
  slot bigint;
  slot_template bigint;
begin
  select d.* into drop_row from loyalty_drop d where d.id = p_drop;
  if drop_row.id is null or drop_row.state <> 'ready' or moment < drop_row.opens_at or moment >= drop_row.ends_at then
    select t.* into try_row from loyalty_droptry t where t.drop_id = p_drop and t.record = p_record;
    if try_row.coupon_id is not null then
      return query select 'won', c.id, c.code::text, try_row.id, try_row.at from loyalty_coupon c where c.id = try_row.coupon_id;
    else
      return query select 'closed', null::bigint, null::text, try_row.id, moment;
    end if;
    return;
  end if;
  -- who holds the record now; a merge of it waits
  select coalesce(c.merged_into_id, c.id), c.erased_at into holder, erased
    from customers_customer c where c.id = p_record for key share;
  if holder is null or erased is not null then
    return query select 'closed', null::bigint, null::text, null::bigint, moment;
    return;
  end if;
  if jsonb_array_length(drop_row.levels) > 0 and not exists (
    select from loyalty_levelmembership m join loyalty_level l on l.id = m.level_id
    where m.customer_id = holder and m.ended_on is null and drop_row.levels ? l.code) then
    return query select 'closed', null::bigint, null::text, null::bigint, moment;
    return;
  end if;
  insert into loyalty_droptry (drop_id, record, at, told) values (p_drop, p_record, moment, false)
    on conflict on constraint drop_try_once do nothing returning * into try_row;
  if try_row.id is null then
    -- a second click, or a second telephone: the same place, one after the other
    select t.* into try_row from loyalty_droptry t where t.drop_id = p_drop and t.record = p_record for update;
    if try_row.coupon_id is not null then
      return query select 'won', c.id, c.code::text, try_row.id, try_row.at from loyalty_coupon c where c.id = try_row.coupon_id;
      return;
    end if;
  end if;
  if drop_row.first_slot is not null then
    start := drop_row.first_slot + floor(random() * (drop_row.last_slot - drop_row.first_slot + 1))::bigint;
    select c.id, c.template_id into slot, slot_template from loyalty_coupon c
      where c.drop_id = p_drop and c.state = 'minted' and c.id >= start order by c.id limit 1 for update skip locked;
    if slot is null then
      select c.id, c.template_id into slot, slot_template from loyalty_coupon c
        where c.drop_id = p_drop and c.state = 'minted' and c.id < start order by c.id limit 1 for update skip locked;
    end if;
    -- what is left lies in other hands that may yet let go: only when nothing is left it is gone
    while slot is null loop
      select c.id, c.template_id into slot, slot_template from loyalty_coupon c
        where c.drop_id = p_drop and c.state = 'minted' order by c.id limit 1 for update;
      exit when slot is not null
        or not exists (select from loyalty_coupon c where c.drop_id = p_drop and c.state = 'minted');
    end loop;
  end if;
  if slot is null then
    return query select 'gone', null::bigint, null::text, try_row.id, try_row.at;
    return;
  end if;
  update loyalty_coupon c set
    state = 'issued', customer_id = holder, record = p_record, came_as = nullif(p_record, holder), issued_at = moment,
    valid_from = moment, channel = 'drop', source = 'drop', source_ref = p_drop || ':' || p_record,
    valid_until = least(t.ends_at, case when t.days_valid is null then null else
      (date_trunc('day', moment at time zone p_zone)
       + make_interval(days => t.days_valid + 1)) at time zone p_zone end)
  from loyalty_coupontemplate t where c.id = slot and t.id = slot_template;
  update loyalty_droptry t set coupon_id = slot where t.id = try_row.id;
  return query select 'won', c.id, c.code::text, try_row.id, try_row.at from loyalty_coupon c where c.id = slot;
end $$;
"""

# Using a coupon in one round trip: who holds it, the first use of a key, the move of its state, the row of the use.
# The same steps as Coupon.redeem takes in Python, with the same tests over both.
REDEEM = """
create function loyalty_redeem(
  p_coupon bigint, p_record bigint, p_holder text, p_at timestamptz, p_day date, p_store bigint, p_channel text,
  p_by bigint, p_source text, p_key text, p_order_source text, p_order_ref text, p_currency text, p_off bigint,
  p_basket bigint, p_explanation jsonb,
  out outcome text, out redemption bigint, out person bigint, out joined bigint, out erased timestamptz)
language plpgsql as $$
declare
  now_held_by bigint;
begin
  select id into redemption from loyalty_redemption where source = p_source and source_ref = p_key;
  if found then
    outcome := 'before';
    return;
  end if;
  -- Who holds the record now; a merge of either waits until this transaction ends. Locked in the order of ids, and let
  -- go before others are locked, as Customer.objects.holder_of does.
  select coalesce(merged_into_id, id) into person from customers_customer where id = p_record;
  loop
    begin
      perform from customers_customer where id = any(array[p_record, person]) order by id for key share;
      select coalesce(merged_into_id, id) into now_held_by from customers_customer where id = p_record;
      if now_held_by is distinct from person then
        raise exception 'moved' using errcode = 'LY001';
      end if;
      exit;
    exception when sqlstate 'LY001' then
      person := now_held_by;
    end;
  end loop;
  joined := nullif(p_record, person);
  select erased_at into erased from customers_customer where id = person;
  update loyalty_coupon set state = 'redeemed', held_by = '', held_until = null
  where id = p_coupon and (
    (state = 'reserved' and p_holder <> '' and held_by = p_holder and held_until > p_at)
    or ((state = 'issued' or (state = 'reserved' and held_until <= p_at))
        and valid_from <= p_at and (valid_until is null or valid_until > p_at)));
  if not found then
    -- The same use may have come while we waited.
    select id into redemption from loyalty_redemption where source = p_source and source_ref = p_key;
    outcome := case when found then 'before' else 'refused' end;
    return;
  end if;
  insert into loyalty_redemption (coupon_id, record, at, business_date, store_id, channel, by_id, source, source_ref,
    order_source, order_ref, currency, off, basket, explanation, undone_why)
  values (p_coupon, p_record, p_at, p_day, p_store, p_channel, p_by, p_source, p_key, p_order_source, p_order_ref,
    p_currency, p_off, p_basket, p_explanation, '')
  on conflict (source, source_ref) do nothing returning id into redemption;
  outcome := case when found then 'used' else 'other' end;
end $$;
"""


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("loyalty", "0002_guards"),
        ("loyalty", "0003_coupon_rules"),
        ("loyalty", "0004_drop_claim"),
        ("loyalty", "0005_redeem"),
    ]

    dependencies = [
        ("staff", "0001_initial"),
        ("customers", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(TABLES),
        migrations.RunSQL(
            LEDGER,
            """
            drop trigger loyalty_entry_only_added on loyalty_pointsentry;
            drop trigger loyalty_use_only_added on loyalty_lotuse;
            drop trigger loyalty_lot_kept on loyalty_pointslot;
            drop function loyalty_only_added();
            """,
        ),
        migrations.RunSQL(
            COUPON_RULES,
            "drop trigger loyalty_template_rule_kept on loyalty_coupontemplate; drop function loyalty_rule_kept();",
        ),
        migrations.RunSQL(CLAIM, "drop function loyalty_claim(bigint, bigint, text);"),
        migrations.RunSQL(REDEEM, "drop function loyalty_redeem"),
    ]

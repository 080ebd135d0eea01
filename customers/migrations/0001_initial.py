import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("staff", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Browse",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "at", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.BigIntegerField(editable=False)),
                ("at", models.DateTimeField()),
                ("customer_id", models.BigIntegerField(null=True)),
                ("source", models.CharField(max_length=60)),
                ("visitor", models.CharField(blank=True, max_length=80)),
                ("session", models.CharField(max_length=80)),
                ("kind", models.CharField(max_length=30)),
                ("category", models.CharField(blank=True, max_length=60)),
                ("product", models.CharField(blank=True, max_length=60)),
                ("channel", models.CharField(blank=True, max_length=10)),
            ],
            options={
                "db_table": "customers_browse",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=40, unique=True, verbose_name="member number")),
                ("family_name", models.CharField(blank=True, max_length=80, verbose_name="family name")),
                ("given_name", models.CharField(blank=True, max_length=80, verbose_name="given name")),
                ("display_name", models.CharField(max_length=200, verbose_name="name")),
                ("latin_name", models.CharField(blank=True, max_length=120, verbose_name="Latin name")),
                (
                    "salutation",
                    models.CharField(
                        blank=True,
                        choices=[("", "—"), ("teacher", "Teacher"), ("manager", "Manager")],
                        default="",
                        max_length=10,
                    ),
                ),
                ("birth_year", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("birth_month", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("birth_day", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("company_name", models.CharField(blank=True, max_length=200)),
                ("locale", models.CharField(default="zh-hans", max_length=8)),
                ("provisional", models.BooleanField(default=False)),
                ("joined_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attributes", models.JSONField(blank=True, default=dict)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                (
                    "advisor",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clients",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "home_store",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="customers",
                        to="staff.store",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.customer",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="MetricsRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("as_of", models.DateField()),
                ("ran_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("customers", models.BigIntegerField(default=0)),
                ("borders", models.JSONField(default=dict)),
                ("seconds", models.FloatField(default=0)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="MetricsDirty",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="BrowseSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=60)),
                ("session", models.CharField(max_length=80)),
                ("visitor", models.CharField(blank=True, max_length=80)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("channel", models.CharField(blank=True, max_length=10)),
                ("counts", models.JSONField(default=dict)),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="browse_sessions",
                        to="customers.customer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Address",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(blank=True, max_length=40)),
                ("country", models.CharField(default="CN", max_length=2)),
                ("region", models.CharField(blank=True, max_length=80)),
                ("city", models.CharField(blank=True, max_length=80)),
                ("district", models.CharField(blank=True, max_length=80)),
                ("street", models.CharField(blank=True, max_length=200)),
                ("postcode", models.CharField(blank=True, max_length=20)),
                ("source", models.CharField(blank=True, max_length=60)),
                ("source_ref", models.CharField(blank=True, max_length=120)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="addresses", to="customers.customer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DataKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("wrapped", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("destroyed_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="data_keys", to="customers.customer"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identity_id", models.BigIntegerField(null=True)),
                ("kind", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("business_date", models.DateField()),
                (
                    "phase",
                    models.CharField(
                        choices=[("before", "Before"), ("during", "During"), ("after", "After")],
                        default="during",
                        max_length=6,
                    ),
                ),
                ("channel", models.CharField(blank=True, max_length=10)),
                ("touchpoint", models.CharField(blank=True, max_length=40)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("store_id", models.BigIntegerField(null=True)),
                ("details", models.JSONField(default=dict)),
                ("source", models.CharField(blank=True, max_length=60)),
                ("source_ref", models.CharField(blank=True, max_length=120)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="customers.customer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=60)),
                ("value", models.CharField(max_length=500)),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "concern",
                    models.CharField(
                        choices=[
                            ("safety", "Safety"),
                            ("words", "Own words"),
                            ("sizes", "Sizes"),
                            ("contact", "Contact"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=8,
                    ),
                ),
                ("pinned", models.BooleanField(default=False)),
                ("told_by", models.CharField(blank=True, max_length=80)),
                ("channel", models.CharField(blank=True, max_length=10)),
                ("told_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("confirmed_count", models.PositiveIntegerField(default=0)),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="facts",
                        to="customers.customer",
                    ),
                ),
                (
                    "heard_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "superseded_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="former",
                        to="customers.fact",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Identity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("phone", "Phone"),
                            ("member_no", "Member number"),
                            ("mail", "Mail"),
                            ("wecom", "WeCom"),
                            ("unionid", "WeChat"),
                            ("app", "App account"),
                            ("web", "Web account"),
                            ("shop", "Shop account"),
                            ("qr", "Member code"),
                            ("device", "Device"),
                            ("id_number", "ID number"),
                        ],
                        max_length=10,
                    ),
                ),
                ("blind_index", models.BinaryField(max_length=32)),
                ("sealed", models.BinaryField()),
                ("tail", models.CharField(blank=True, max_length=4)),
                ("hint", models.CharField(blank=True, max_length=60)),
                ("source", models.CharField(blank=True, max_length=60)),
                ("verified_at", models.DateTimeField(blank=True, null=True)),
                ("shared", models.BooleanField(default=False)),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="identities", to="customers.customer"
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="customers.datakey",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("source", models.CharField(max_length=60)),
                ("file_name", models.CharField(max_length=200)),
                ("file_path", models.CharField(blank=True, max_length=500)),
                ("file_digest", models.CharField(blank=True, max_length=64)),
                ("mapping", models.JSONField(default=dict)),
                ("live", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Being mapped"),
                            ("checking", "Trying out"),
                            ("checked", "Tried out"),
                            ("running", "Running"),
                            ("stopped", "Stopped"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("seen_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("bytes_total", models.BigIntegerField(default=0)),
                ("bytes_read", models.BigIntegerField(default=0)),
                ("rows_done", models.BigIntegerField(default=0)),
                ("read", models.BigIntegerField(default=0)),
                ("created", models.BigIntegerField(default=0)),
                ("updated", models.BigIntegerField(default=0)),
                ("unchanged", models.BigIntegerField(default=0)),
                ("skipped", models.BigIntegerField(default=0)),
                ("failed", models.BigIntegerField(default=0)),
                ("trouble", models.TextField(blank=True)),
                ("stop_asked", models.BooleanField(default=False)),
                (
                    "started_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="LifecycleChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "before",
                    models.CharField(
                        choices=[
                            ("none", "No purchase yet"),
                            ("new", "New"),
                            ("growing", "Growing"),
                            ("mature", "Mature"),
                            ("declining", "Declining"),
                            ("dormant", "Dormant"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "after",
                    models.CharField(
                        choices=[
                            ("none", "No purchase yet"),
                            ("new", "New"),
                            ("growing", "Growing"),
                            ("mature", "Mature"),
                            ("declining", "Declining"),
                            ("dormant", "Dormant"),
                        ],
                        max_length=9,
                    ),
                ),
                ("on", models.DateField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lifecycle_changes",
                        to="customers.customer",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RowError",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.BigIntegerField()),
                ("reason", models.TextField()),
                ("row", models.JSONField(default=dict)),
                (
                    "run",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="row_errors",
                        to="customers.importrun",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SourceKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=60)),
                ("kind", models.CharField(max_length=20)),
                ("source_ref", models.CharField(max_length=120)),
                ("object_id", models.BigIntegerField()),
                ("digest", models.BinaryField(default=bytes, max_length=16)),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "object_id"], name="source_key_object")],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "kind", "source_ref"), name="source_key_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="StoreTie",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last_on", models.DateField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="store_ties",
                        to="customers.customer",
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="staff.store"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VisitGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("opened_at", models.DateTimeField(auto_now_add=True)),
                ("until", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="visit_grants",
                        to="customers.customer",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "store",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="staff.store"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Wakeup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.BigIntegerField()),
                ("reaction", models.CharField(max_length=60)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("done", "Done"), ("dead", "Given up")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("error", models.TextField(blank=True)),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="wakeup_due")
                ],
                "constraints": [models.UniqueConstraint(fields=("event", "reaction"), name="wakeup_once")],
            },
        ),
        migrations.CreateModel(
            name="Metrics",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="metrics",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("orders", models.IntegerField()),
                ("days", models.IntegerField(default=0)),
                ("spent", models.BigIntegerField()),
                ("r", models.PositiveSmallIntegerField()),
                ("f", models.PositiveSmallIntegerField()),
                ("m", models.PositiveSmallIntegerField()),
                ("r_cut", models.PositiveSmallIntegerField()),
                ("f_cut", models.PositiveSmallIntegerField()),
                ("m_cut", models.PositiveSmallIntegerField()),
                (
                    "lifecycle",
                    models.CharField(
                        choices=[
                            ("none", "No purchase yet"),
                            ("new", "New"),
                            ("growing", "Growing"),
                            ("mature", "Mature"),
                            ("declining", "Declining"),
                            ("dormant", "Dormant"),
                        ],
                        max_length=9,
                    ),
                ),
                ("as_of", models.DateField()),
            ],
            options={
                "indexes": [models.Index(fields=["lifecycle", "r", "f"], name="metrics_cell")],
            },
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["home_store", "-id"], name="customer_home"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("advisor", None), _negated=True), fields=["advisor", "-id"], name="customer_advisor"
            ),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["display_name"], name="customer_name", opclasses=["text_pattern_ops"]),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("birth_day", None), ("birth_month", None)),
                    models.Q(("birth_day__range", (1, 31)), ("birth_month__range", (1, 12))),
                    _connector="OR",
                ),
                name="customer_birthday_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("merged_into", models.F("id")), _negated=True), name="customer_not_into_itself"
            ),
        ),
        migrations.AddConstraint(
            model_name="browsesession",
            constraint=models.UniqueConstraint(fields=("source", "session"), name="browse_session_once"),
        ),
        migrations.AddConstraint(
            model_name="address",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_ref", ""), _negated=True),
                fields=("source", "source_ref"),
                name="address_source_once",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["customer", "-at", "-id"], name="event_customer"),
        ),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                condition=models.Q(("superseded_by", None)), fields=["customer", "-told_at"], name="fact_customer"
            ),
        ),
        migrations.AddIndex(
            model_name="identity",
            index=models.Index(
                condition=models.Q(("tail", ""), _negated=True),
                fields=["tail", "kind", "customer"],
                name="identity_tail",
            ),
        ),
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(
                condition=models.Q(("active", True)), fields=("kind", "blind_index"), name="identity_once"
            ),
        ),
        migrations.AddIndex(
            model_name="lifecyclechange",
            index=models.Index(fields=["customer", "-on", "-id"], name="lifecycle_customer"),
        ),
        migrations.AddConstraint(
            model_name="rowerror",
            constraint=models.UniqueConstraint(fields=("run", "line", "reason"), name="row_error_once"),
        ),
        migrations.AddIndex(
            model_name="storetie",
            index=models.Index(fields=["store", "-last_on", "customer"], name="store_tie_store"),
        ),
        migrations.AddConstraint(
            model_name="storetie",
            constraint=models.UniqueConstraint(fields=("customer", "store"), name="store_tie_once"),
        ),
        migrations.AddConstraint(
            model_name="visitgrant",
            constraint=models.UniqueConstraint(fields=("customer", "store", "until"), name="visit_grant_once"),
        ),
    ]

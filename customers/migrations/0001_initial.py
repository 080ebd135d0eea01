"""The person, what is known of them, and what happened; clicks lie in monthly partitions."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import scrm.kernel.words
from scrm.kernel.tables import CreateTables

TABLES = [
    migrations.CreateModel(
        name="Browse",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey("at", "id", blank=True, editable=False, primary_key=True, serialize=False),
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
            "indexes": [
                models.Index(fields=["home_store", "-id"], name="customer_home"),
                models.Index(
                    condition=models.Q(("advisor", None), _negated=True),
                    fields=["advisor", "-id"],
                    name="customer_advisor",
                ),
                models.Index(fields=["display_name"], name="customer_name", opclasses=["text_pattern_ops"]),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("birth_day", None), ("birth_month", None)),
                        models.Q(("birth_day__range", (1, 31)), ("birth_month__range", (1, 12))),
                        _connector="OR",
                    ),
                    name="customer_birthday_whole",
                ),
                models.CheckConstraint(
                    condition=models.Q(("merged_into", models.F("id")), _negated=True), name="customer_not_into_itself"
                ),
            ],
            "verbose_name": "customer",
            "verbose_name_plural": "customers",
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
            ("picture", models.JSONField(default=dict)),
        ],
        options={
            "ordering": ["-pk"],
            "verbose_name": "metrics run",
            "verbose_name_plural": "metrics runs",
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
        options={
            "constraints": [models.UniqueConstraint(fields=("source", "session"), name="browse_session_once")],
        },
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
        options={
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("source_ref", ""), _negated=True),
                    fields=("source", "source_ref"),
                    name="address_source_once",
                )
            ],
        },
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
            ("came_as", models.BigIntegerField(null=True)),
        ],
        options={
            "indexes": [models.Index(fields=["customer", "-at", "-id"], name="event_customer")],
            "verbose_name": "event",
            "verbose_name_plural": "events",
        },
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
            ("confirmed_at", models.DateTimeField(null=True)),
            ("doubted_at", models.DateTimeField(null=True)),
            ("taken_back_at", models.DateTimeField(null=True)),
            ("forgotten_at", models.DateTimeField(null=True)),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("superseded_by", None)), fields=["customer", "-told_at"], name="fact_customer"
                ),
                models.Index(fields=["customer"], name="fact_person"),
                models.Index(
                    condition=models.Q(("forgotten_at__isnull", False), models.Q(("value", ""), _negated=True)),
                    fields=["forgotten_at"],
                    name="fact_forgotten",
                ),
            ],
            "verbose_name": "fact",
            "verbose_name_plural": "facts",
        },
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
            ("suspended_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "indexes": [
                models.Index(
                    condition=models.Q(("tail", ""), _negated=True),
                    fields=["tail", "kind", "customer"],
                    name="identity_tail",
                )
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("active", True)), fields=("kind", "blind_index"), name="identity_once"
                )
            ],
            "verbose_name": "identity",
            "verbose_name_plural": "identities",
        },
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
            ("dry", models.BooleanField(default=False)),
        ],
        options={
            "ordering": ["-pk"],
            "verbose_name": "import",
            "verbose_name_plural": "imports",
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
        options={
            "indexes": [models.Index(fields=["customer", "-on", "-id"], name="lifecycle_customer")],
            "verbose_name": "change of stage",
            "verbose_name_plural": "changes of stage",
        },
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
            ("warning", models.BooleanField(default=False)),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("run", "line", "reason"), name="row_error_once")],
        },
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
            "constraints": [models.UniqueConstraint(fields=("source", "kind", "source_ref"), name="source_key_once")],
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
        options={
            "indexes": [models.Index(fields=["store", "-last_on", "customer"], name="store_tie_store")],
            "constraints": [models.UniqueConstraint(fields=("customer", "store"), name="store_tie_once")],
        },
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
        options={
            "constraints": [models.UniqueConstraint(fields=("customer", "store", "until"), name="visit_grant_once")],
        },
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
                models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="wakeup_due"),
                models.Index(condition=models.Q(("state", "dead")), fields=["id"], name="wakeup_dead"),
            ],
            "constraints": [models.UniqueConstraint(fields=("event", "reaction"), name="wakeup_once")],
            "verbose_name": "reaction owed",
            "verbose_name_plural": "reactions owed",
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
            "indexes": [
                models.Index(fields=["lifecycle", "-customer"], name="metrics_stage"),
                models.Index(fields=["r", "f", "-customer"], name="metrics_cell"),
            ],
            "verbose_name": "metrics",
            "verbose_name_plural": "metrics",
        },
    ),
    migrations.CreateModel(
        name="MergeOperation",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "origin",
                models.CharField(
                    choices=[
                        ("person", "A person"),
                        ("batch", "The nightly comparison"),
                        ("intake", "The same number at intake"),
                    ],
                    default="person",
                    max_length=6,
                ),
            ),
            ("reason", models.CharField(max_length=300)),
            ("evidence", models.JSONField(default=dict)),
            ("journal", models.JSONField(default=dict)),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("undone_at", models.DateTimeField(null=True)),
            ("undone_reason", models.CharField(blank=True, max_length=300)),
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
                "loser",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="merged_by", to="customers.customer"
                ),
            ),
            (
                "survivor",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="merges", to="customers.customer"
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
            "verbose_name": "merge",
            "verbose_name_plural": "merges",
            "ordering": ["-pk"],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("undone_at", None)), fields=("loser",), name="merge_stands_once"
                ),
                models.CheckConstraint(
                    condition=models.Q(("survivor", models.F("loser")), _negated=True), name="merge_not_with_itself"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="MergeSuggestion",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("score", models.FloatField()),
            ("reasons", models.JSONField(default=list)),
            (
                "source",
                models.CharField(
                    choices=[
                        ("person", "A person"),
                        ("batch", "The nightly comparison"),
                        ("intake", "The same number at intake"),
                    ],
                    default="batch",
                    max_length=6,
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("open", "To look at"),
                        ("later", "Put aside"),
                        ("merged", "One person"),
                        ("different", "Two people"),
                    ],
                    default="open",
                    max_length=9,
                ),
            ),
            ("found_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("decided_at", models.DateTimeField(null=True)),
            (
                "decided_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "first",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="customers.customer",
                ),
            ),
            (
                "second",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="customers.customer"
                ),
            ),
        ],
        options={
            "verbose_name": "possible pair",
            "verbose_name_plural": "possible pairs",
            "indexes": [
                models.Index(
                    condition=models.Q(("state__in", ["open", "later"])),
                    fields=["-score", "-id"],
                    name="suggestion_open",
                )
            ],
            "constraints": [
                models.UniqueConstraint(fields=("first", "second"), name="suggestion_once"),
                models.CheckConstraint(
                    condition=models.Q(("first__lt", models.F("second"))), name="suggestion_in_order"
                ),
                models.CheckConstraint(condition=models.Q(("score__range", (0, 1))), name="suggestion_score"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Erasure",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("records", models.JSONField(default=list)),
            (
                "cause",
                models.CharField(
                    choices=[
                        ("asked", "The customer asked"),
                        ("lapsed", "Kept long enough"),
                        ("replayed", "Erased again after a restore"),
                    ],
                    default="asked",
                    max_length=8,
                ),
            ),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, related_name="erasure", to="customers.customer"
                ),
            ),
        ],
        options={
            "verbose_name": "erasure",
            "verbose_name_plural": "erasures",
        },
    ),
    migrations.CreateModel(
        name="Household",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=120, verbose_name="name")),
            ("created_at", models.DateTimeField(auto_now_add=True)),
        ],
        options={
            "verbose_name": "household",
            "verbose_name_plural": "households",
        },
    ),
    migrations.CreateModel(
        name="Company",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(max_length=200, verbose_name="name")),
            ("industry", models.CharField(blank=True, max_length=80, verbose_name="trade")),
            ("since", models.DateField(blank=True, null=True, verbose_name="working together since")),
            ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            (
                "advisor",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="companies",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="advisor",
                ),
            ),
        ],
        options={
            "verbose_name": "company",
            "verbose_name_plural": "companies",
            "indexes": [models.Index(fields=["name"], name="company_name")],
        },
    ),
    migrations.CreateModel(
        name="HouseholdMember",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "part",
                models.CharField(
                    choices=[
                        ("buyer", "Buyer"),
                        ("user", "User"),
                        ("payer", "Payer"),
                        ("gifter", "Gives presents"),
                        ("decider", "Decides"),
                    ],
                    default="user",
                    max_length=7,
                ),
            ),
            ("relation", models.CharField(blank=True, max_length=40, verbose_name="relation")),
            ("since", models.DateField(default=django.utils.timezone.localdate)),
            ("until", models.DateField(blank=True, null=True)),
            (
                "customer",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="household_members",
                    to="customers.customer",
                ),
            ),
            (
                "household",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="members", to="customers.household"
                ),
            ),
        ],
        options={
            "verbose_name": "household member",
            "verbose_name_plural": "household members",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("until", None)), fields=("household", "customer"), name="member_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="KeyPerson",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "part",
                models.CharField(
                    choices=[
                        ("buyer", "Buyer"),
                        ("user", "User"),
                        ("payer", "Payer"),
                        ("gifter", "Gives presents"),
                        ("decider", "Decides"),
                    ],
                    default="buyer",
                    max_length=7,
                ),
            ),
            ("title", models.CharField(blank=True, max_length=60, verbose_name="title")),
            ("since", models.DateField(default=django.utils.timezone.localdate)),
            ("until", models.DateField(blank=True, null=True)),
            (
                "company",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="people", to="customers.company"
                ),
            ),
            (
                "customer",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="company_parts", to="customers.customer"
                ),
            ),
        ],
        options={
            "verbose_name": "key person",
            "verbose_name_plural": "key persons",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("until", None)), fields=("company", "customer", "part"), name="key_person_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="OutsideSignal",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("trend", "Trend study"),
                        ("credit", "Credit report"),
                        ("trade", "Trade report"),
                        ("scene", "Scene research"),
                    ],
                    max_length=6,
                    verbose_name="kind",
                ),
            ),
            ("title", models.CharField(max_length=160, verbose_name="title")),
            ("finding", models.TextField(max_length=2000, verbose_name="finding")),
            ("source", models.CharField(max_length=160, verbose_name="source")),
            ("source_ref", models.CharField(blank=True, max_length=120)),
            ("licence", models.CharField(max_length=160, verbose_name="licence")),
            ("url", models.URLField(blank=True, max_length=400, verbose_name="address")),
            ("published_on", models.DateField(verbose_name="published")),
            ("expires_on", models.DateField(verbose_name="may be used until")),
            ("added_at", models.DateTimeField(auto_now_add=True)),
            (
                "added_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "company",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="signals",
                    to="customers.company",
                    verbose_name="company",
                ),
            ),
        ],
        options={
            "verbose_name": "outside signal",
            "verbose_name_plural": "outside signals",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("expires_on__gte", models.F("published_on"))), name="signal_expires_after"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("source_ref", ""), _negated=True),
                    fields=("source", "source_ref"),
                    name="signal_source_once",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="CustomerLink",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("purpose", models.CharField(max_length=20)),
            ("digest", models.BinaryField(max_length=32, unique=True)),
            ("made_at", models.DateTimeField(auto_now_add=True)),
            ("until", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            (
                "customer",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="links", to="customers.customer"
                ),
            ),
            (
                "made_by",
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
            "verbose_name": "customer link",
            "verbose_name_plural": "customer links",
            "indexes": [models.Index(fields=["until"], name="customer_link_until")],
        },
    ),
    migrations.CreateModel(
        name="FactKey",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=60, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
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
            ("pinned", models.BooleanField(default=False, verbose_name="what matters")),
            ("shelf_days", models.PositiveSmallIntegerField(default=730, verbose_name="to confirm again after days")),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
        ],
        options={
            "verbose_name": "kind of fact",
            "verbose_name_plural": "kinds of facts",
            "ordering": ["place", "code"],
        },
    ),
    migrations.CreateModel(
        name="FactHearing",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "how",
                models.CharField(
                    choices=[
                        ("told", "Told for the first time"),
                        ("again", "Told again although we knew"),
                        ("confirmed", "Offered, still so"),
                        ("changed", "Changed"),
                        ("unsure", "Offered, not sure"),
                    ],
                    max_length=9,
                ),
            ),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                "fact",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="hearings", to="customers.fact"
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
            "verbose_name": "hearing of a fact",
            "verbose_name_plural": "hearings of facts",
            "indexes": [models.Index(fields=["store", "-at"], name="fact_hearing_store")],
        },
    ),
    migrations.CreateModel(
        name="NeedKind",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
            ("used", models.BooleanField(default=True, verbose_name="offered")),
        ],
        options={
            "verbose_name": "kind of need",
            "verbose_name_plural": "kinds of needs",
            "ordering": ["place", "code"],
        },
    ),
    migrations.CreateModel(
        name="Scene",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
            ("used", models.BooleanField(default=True, verbose_name="offered")),
        ],
        options={
            "verbose_name": "scene",
            "verbose_name_plural": "scenes",
            "ordering": ["place", "code"],
        },
    ),
    migrations.CreateModel(
        name="NeedLog",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("words", models.CharField(blank=True, max_length=300)),
            (
                "met",
                models.CharField(
                    choices=[("open", "Open"), ("met", "Met"), ("unmet", "Not met")], default="open", max_length=5
                ),
            ),
            ("met_at", models.DateTimeField(null=True)),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("taken_back_at", models.DateTimeField(null=True)),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="needs",
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
                "kind",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="customers.needkind",
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
                "scene",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="customers.scene",
                ),
            ),
        ],
        options={
            "verbose_name": "need",
            "verbose_name_plural": "needs",
            "indexes": [
                models.Index(fields=["customer", "-at"], name="need_customer"),
                models.Index(fields=["store", "-at"], name="need_store"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("kind__isnull", False), models.Q(("words", ""), _negated=True), _connector="OR"
                    ),
                    name="need_says_something",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Task",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("what", models.CharField(max_length=200)),
            ("due_on", models.DateField()),
            ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            (
                "state",
                models.CharField(
                    choices=[("open", "To do"), ("done", "Done"), ("dropped", "Dropped")], default="open", max_length=7
                ),
            ),
            ("outcome", models.CharField(blank=True, max_length=300)),
            ("ended_at", models.DateTimeField(null=True)),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="tasks",
                    to="customers.customer",
                ),
            ),
            (
                "ended_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "made_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "owner",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="tasks",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "verbose_name": "task",
            "verbose_name_plural": "tasks",
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "open")), fields=["owner", "due_on", "id"], name="task_owner"
                ),
                models.Index(fields=["customer", "due_on"], name="task_customer"),
            ],
            "constraints": [
                models.CheckConstraint(condition=models.Q(("what", ""), _negated=True), name="task_says_what"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("ended_at", None), ("state", "open")),
                        models.Q(models.Q(("state", "open"), _negated=True), ("ended_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="task_ended_has_moment",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ConsentText",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "purpose",
                models.CharField(
                    choices=[
                        ("marketing", "News and offers"),
                        ("profiling", "Advice from what I looked at"),
                        ("sensitive", "Health and body notes"),
                    ],
                    max_length=10,
                ),
            ),
            ("version", models.PositiveSmallIntegerField(verbose_name="version")),
            ("words", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="text")),
            ("since", models.DateTimeField(default=django.utils.timezone.now)),
        ],
        options={
            "verbose_name": "consent text",
            "verbose_name_plural": "consent texts",
            "ordering": ["purpose", "-version"],
            "constraints": [models.UniqueConstraint(fields=("purpose", "version"), name="consent_text_version")],
        },
    ),
    migrations.CreateModel(
        name="Consent",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "purpose",
                models.CharField(
                    choices=[
                        ("marketing", "News and offers"),
                        ("profiling", "Advice from what I looked at"),
                        ("sensitive", "Health and body notes"),
                    ],
                    max_length=10,
                ),
            ),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("given", models.BooleanField()),
            (
                "origin",
                models.CharField(
                    choices=[
                        ("centre", "the customer's own page"),
                        ("unsubscribe", "the way out in a mail"),
                        ("staff", "told to a colleague"),
                        ("import", "a file"),
                        ("api", "another system"),
                    ],
                    max_length=12,
                ),
            ),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="consents",
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
            (
                "text",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="customers.consenttext",
                ),
            ),
        ],
        options={
            "verbose_name": "consent",
            "verbose_name_plural": "consents",
            "indexes": [models.Index(fields=["customer", "purpose", "channel", "-at", "-id"], name="consent_last")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("channel__in", ("sms", "mail", "wecom", "phone", "app")), ("purpose", "marketing")),
                        models.Q(models.Q(("purpose", "marketing"), _negated=True), ("channel", "")),
                        _connector="OR",
                    ),
                    name="consent_channel_of_purpose",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Preference",
        fields=[
            (
                "customer",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    primary_key=True,
                    related_name="preference",
                    serialize=False,
                    to="customers.customer",
                ),
            ),
            ("quiet_from", models.TimeField(null=True)),
            ("quiet_to", models.TimeField(null=True)),
            ("zone", models.CharField(default="Asia/Shanghai", max_length=40)),
            ("paused_until", models.DateTimeField(null=True)),
            ("way", models.CharField(blank=True, max_length=10)),
            ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
        ],
        options={
            "verbose_name": "preference",
            "verbose_name_plural": "preferences",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("quiet_from", None), ("quiet_to", None)),
                        models.Q(("quiet_from__isnull", False), ("quiet_to__isnull", False)),
                        _connector="OR",
                    ),
                    name="preference_quiet_whole",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="VisitorName",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("source", models.CharField(max_length=60)),
            ("visitor", models.CharField(max_length=80)),
            ("at", models.DateTimeField()),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="visitor_names",
                    to="customers.customer",
                ),
            ),
        ],
        options={
            "verbose_name": "name of a visitor",
            "verbose_name_plural": "names of visitors",
            "indexes": [models.Index(fields=["customer"], name="visitor_name_customer")],
            "constraints": [models.UniqueConstraint(fields=("source", "visitor", "at"), name="visitor_name_once")],
        },
    ),
    migrations.CreateModel(
        name="FactRule",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "phrase",
                models.CharField(
                    help_text="With … where the words in question stand.", max_length=60, verbose_name="phrase"
                ),
            ),
            (
                "value",
                models.CharField(
                    blank=True, help_text="… stands for them.", max_length=100, verbose_name="written down as"
                ),
            ),
            ("is_active", models.BooleanField(default=True, verbose_name="in use")),
            (
                "kind",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="rules",
                    to="customers.factkey",
                    verbose_name="kind of fact",
                ),
            ),
        ],
        options={
            "verbose_name": "rule for facts",
            "verbose_name_plural": "rules for facts",
            "ordering": ["kind", "pk"],
            "constraints": [
                models.UniqueConstraint(fields=("kind", "phrase"), name="fact_rule_once"),
                models.CheckConstraint(condition=models.Q(("phrase", ""), _negated=True), name="fact_rule_says"),
            ],
        },
    ),
    migrations.CreateModel(
        name="TagDirty",
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
        options={
            "verbose_name": "customer to tag",
            "verbose_name_plural": "customers to tag",
        },
    ),
    migrations.CreateModel(
        name="TagDimension",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            ("exclusive", models.BooleanField(default=False, verbose_name="one value at a time")),
            ("half_days", models.PositiveSmallIntegerField(default=180, verbose_name="confidence halves after days")),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
            ("used", models.BooleanField(default=True, verbose_name="offered")),
        ],
        options={
            "verbose_name": "dimension of tags",
            "verbose_name_plural": "dimensions of tags",
            "ordering": ["place", "code"],
            "constraints": [
                models.CheckConstraint(condition=models.Q(("half_days__gt", 0)), name="tag_half_days_above_zero")
            ],
        },
    ),
    migrations.CreateModel(
        name="Tag",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("value", models.CharField(max_length=60)),
            ("alone", models.BooleanField(default=False)),
            (
                "origin",
                models.CharField(
                    choices=[("manual", "by hand"), ("rule", "by a rule"), ("computed", "reckoned")], max_length=8
                ),
            ),
            ("confidence", models.PositiveSmallIntegerField(default=100)),
            ("evidence", models.JSONField(default=list)),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("expires_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
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
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="tags",
                    to="customers.customer",
                ),
            ),
            (
                "ended_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "dimension",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="customers.tagdimension",
                ),
            ),
        ],
        options={
            "verbose_name": "tag",
            "verbose_name_plural": "tags",
            "indexes": [models.Index(fields=["customer", "dimension", "value"], name="tag_customer")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("ended_at", None)),
                    fields=("customer", "dimension", "value"),
                    name="tag_live_once",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("alone", True), ("ended_at", None)),
                    fields=("customer", "dimension"),
                    name="tag_exclusive_once",
                ),
                models.CheckConstraint(condition=models.Q(("confidence__lte", 100)), name="tag_confidence_share"),
                models.CheckConstraint(condition=models.Q(("value", ""), _negated=True), name="tag_says_something"),
            ],
        },
    ),
    migrations.CreateModel(
        name="TagRule",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("value", models.CharField(max_length=60, verbose_name="value")),
            (
                "what",
                models.CharField(
                    choices=[
                        ("fact", "a fact with this value was told"),
                        ("looked", "looked at this category"),
                        ("bought", "bought of this category"),
                        ("need", "this need was heard"),
                    ],
                    max_length=6,
                    verbose_name="what happened",
                ),
            ),
            (
                "key",
                models.CharField(
                    help_text="The code of the category or need, or the kind of fact.",
                    max_length=60,
                    verbose_name="of what",
                ),
            ),
            (
                "holds",
                models.CharField(
                    blank=True, help_text="Only for facts: the value.", max_length=100, verbose_name="fact is"
                ),
            ),
            ("times", models.PositiveSmallIntegerField(default=3, verbose_name="times")),
            ("days", models.PositiveSmallIntegerField(default=90, verbose_name="within days")),
            ("confidence", models.PositiveSmallIntegerField(default=70, verbose_name="confidence")),
            ("used", models.BooleanField(default=True, verbose_name="in use")),
            (
                "dimension",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="rules", to="customers.tagdimension"
                ),
            ),
        ],
        options={
            "verbose_name": "rule for tags",
            "verbose_name_plural": "rules for tags",
            "ordering": ["dimension", "pk"],
            "constraints": [
                models.UniqueConstraint(fields=("dimension", "value", "what", "key", "holds"), name="tag_rule_once"),
                models.CheckConstraint(
                    condition=models.Q(("confidence__lte", 100), ("days__gt", 0), ("times__gt", 0)),
                    name="tag_rule_sane",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="TagValue",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, verbose_name="code")),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
            (
                "dimension",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="values", to="customers.tagdimension"
                ),
            ),
        ],
        options={
            "verbose_name": "value of tags",
            "verbose_name_plural": "values of tags",
            "ordering": ["place", "code"],
            "constraints": [models.UniqueConstraint(fields=("dimension", "code"), name="tag_value_once")],
        },
    ),
    migrations.CreateModel(
        name="RecordKind",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            ("fields", models.JSONField(default=list, verbose_name="fields")),
            (
                "sensitive",
                models.BooleanField(
                    default=False,
                    help_text="Needs the customer's own consent; each opening is in the audit.",
                    verbose_name="sensitive",
                ),
            ),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
            ("used", models.BooleanField(default=True, verbose_name="offered")),
        ],
        options={
            "verbose_name": "kind of record file",
            "verbose_name_plural": "kinds of record files",
            "ordering": ["place", "code"],
        },
    ),
    migrations.CreateModel(
        name="RecordFile",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("values", models.JSONField(default=dict)),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="records",
                    to="customers.customer",
                ),
            ),
            (
                "kind",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="customers.recordkind",
                ),
            ),
            ("came_as", models.BigIntegerField(null=True)),
            ("sealed", models.BinaryField(default=b"")),
            (
                "key",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="customers.datakey",
                ),
            ),
        ],
        options={
            "verbose_name": "record file",
            "verbose_name_plural": "record files",
            "indexes": [
                models.Index(fields=["customer", "kind", "-at", "-id"], name="record_customer"),
                models.Index(fields=["kind", "at"], name="record_kind"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("key", None), ("sealed", b"")),
                        models.Q(("key__isnull", False), ("values", {}), models.Q(("sealed", b""), _negated=True)),
                        _connector="OR",
                    ),
                    name="record_sealed_or_clear",
                )
            ],
        },
    ),
]

# Names are found by pairs of characters.
SEARCH = """
create function cjk_bigrams(t text) returns tsvector language sql immutable parallel safe strict as $$
  select coalesce(array_to_tsvector(array_agg(distinct g)), ''::tsvector)
  from (select substr(s, i, 2) g
        from (select lower(regexp_replace(t, '[[:space:][:punct:]，。！？、；：「」（）]+', ' ', 'g')) s) x,
             generate_series(1, greatest(length(s) - 1, 1)) i) y
  where g <> '' and g !~ ' ' $$;
-- the same pairs as a query that asks for all of them; null when the text holds none
create function cjk_bigrams_asked(t text) returns tsquery language sql immutable parallel safe strict as $$
  select string_agg(quote_literal(l), ' & ')::tsquery from unnest(tsvector_to_array(cjk_bigrams(t))) l $$;
create index customer_name_bigrams on customers_customer using gin (cjk_bigrams(display_name)) with (fastupdate = off);
"""

BROWSE = """
create table customers_browse (
  id bigint generated by default as identity,
  at timestamptz not null,
  customer_id bigint,
  source varchar(60) not null,
  visitor varchar(80) not null default '',
  session varchar(80) not null,
  kind varchar(30) not null,
  category varchar(60) not null default '',
  product varchar(60) not null default '',
  channel varchar(10) not null default '',
  primary key (at, id)
) partition by range (at);
create index browse_customer on customers_browse (customer_id, at desc) where customer_id is not null;
create index browse_session on customers_browse (source, session);
create table customers_browse_rest partition of customers_browse default;
-- one partition for the month of a day; rows that came before it stay in the rest and keep it from being made
create function customers_browse_month(d date) returns void language plpgsql as $$
declare
  first date := date_trunc('month', d);
  name text := 'customers_browse_' || to_char(first, 'YYYYMM');
begin
  if to_regclass(name) is null
     and not exists (select 1 from customers_browse_rest where at >= first and at < first + interval '1 month') then
    execute format('create table if not exists %I partition of customers_browse for values from (%L) to (%L)',
                   name, first::timestamptz, (first + interval '1 month')::timestamptz);
  end if;
end $$;
"""

CONSENTS = """
create function customers_consent_stays() returns trigger language plpgsql as $$
begin
  -- a merge moves the row to the record that stands, and nothing else of it
  if tg_op = 'UPDATE' and to_jsonb(new) - 'customer_id' = to_jsonb(old) - 'customer_id' then
    return new;
  end if;
  raise exception 'Consents are only added to.' using errcode = 'integrity_constraint_violation';
end $$;
create trigger customers_consent_stays before update or delete on customers_consent
  for each row execute function customers_consent_stays();
"""


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("customers", "0002_search_and_browse"),
        ("customers", "0003_picture"),
        ("customers", "0004_import_warnings"),
        ("customers", "0005_names"),
        ("customers", "0006_merging"),
        ("customers", "0007_erasure"),
        ("customers", "0008_circles"),
        ("customers", "0009_facts_by_person"),
        ("customers", "0010_wakeup_dead"),
        ("customers", "0011_company_names"),
        ("customers", "0012_links"),
        ("customers", "0016_preferences"),
        ("customers", "0017_fact_rules"),
        ("customers", "0022_sealed_records"),
    ]

    dependencies = [
        ("staff", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(TABLES),
        migrations.RunSQL(
            SEARCH,
            "drop index customer_name_bigrams; drop function cjk_bigrams_asked(text); drop function cjk_bigrams(text);",
        ),
        migrations.RunSQL(BROWSE, "drop table customers_browse; drop function customers_browse_month(date);"),
        migrations.RunSQL(
            CONSENTS,
            "drop trigger customers_consent_stays on customers_consent; drop function customers_consent_stays();",
        ),
    ]

"""Cases with their promises, articles, the bot, authority and goodwill, procedures."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import scrm.kernel.words
from scrm.kernel.tables import CreateTables

TABLES = [
    migrations.CreateModel(
        name="Status",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("new", "New"),
                        ("open", "In work"),
                        ("waiting", "Waits for the customer"),
                        ("held", "Waits for something else"),
                        ("resolved", "All done"),
                        ("closed", "Closed"),
                        ("merged", "Joined to another"),
                    ],
                    max_length=8,
                    verbose_name="category",
                ),
            ),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
            ("used", models.BooleanField(default=True, verbose_name="offered")),
        ],
        options={
            "verbose_name": "status of cases",
            "verbose_name_plural": "statuses of cases",
            "ordering": ["place", "code"],
        },
    ),
    migrations.CreateModel(
        name="Rung",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("percent", models.PositiveSmallIntegerField(verbose_name="percent of the time")),
            (
                "to",
                models.CharField(
                    choices=[("owner", "Who has it"), ("lead", "The lead"), ("operator", "Head office")],
                    max_length=8,
                    verbose_name="who hears of it",
                ),
            ),
            ("name", scrm.kernel.words.WordsField(blank=True, default=scrm.kernel.words.Words, verbose_name="name")),
        ],
        options={
            "verbose_name": "rung of the ladder",
            "verbose_name_plural": "rungs of the ladder",
            "ordering": ["percent", "to"],
            "constraints": [
                models.UniqueConstraint(fields=("percent", "to"), name="rung_once"),
                models.CheckConstraint(condition=models.Q(("percent__range", (1, 1000))), name="rung_percent"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Topic",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            (
                "urgency",
                models.PositiveSmallIntegerField(
                    choices=[(1, "can wait"), (2, "ordinary"), (3, "pressing"), (4, "at once")],
                    default=2,
                    verbose_name="urgency",
                ),
            ),
            (
                "risk",
                models.CharField(
                    blank=True,
                    choices=[("", "none"), ("safety", "Safety"), ("legal", "Legal")],
                    default="",
                    max_length=6,
                    verbose_name="risk",
                ),
            ),
            (
                "hints",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="A list of words; a first message that holds one is proposed this topic.",
                    verbose_name="words that point to it",
                ),
            ),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
            ("used", models.BooleanField(default=True, verbose_name="offered")),
            (
                "team",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="staff.team",
                ),
            ),
        ],
        options={
            "verbose_name": "topic of cases",
            "verbose_name_plural": "topics of cases",
            "ordering": ["place", "code"],
            "constraints": [
                models.CheckConstraint(condition=models.Q(("urgency__range", (1, 4))), name="topic_urgency_known")
            ],
        },
    ),
    migrations.CreateModel(
        name="Ticket",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("number", models.PositiveIntegerField(unique=True)),
            ("subject", models.CharField(max_length=120)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("new", "New"),
                        ("open", "In work"),
                        ("waiting", "Waits for the customer"),
                        ("held", "Waits for something else"),
                        ("resolved", "All done"),
                        ("closed", "Closed"),
                        ("merged", "Joined to another"),
                    ],
                    default="new",
                    max_length=8,
                ),
            ),
            (
                "urgency",
                models.PositiveSmallIntegerField(
                    choices=[(1, "can wait"), (2, "ordinary"), (3, "pressing"), (4, "at once")], default=2
                ),
            ),
            (
                "risk",
                models.CharField(
                    blank=True,
                    choices=[("", "none"), ("safety", "Safety"), ("legal", "Legal")],
                    default="",
                    max_length=6,
                ),
            ),
            ("ordinary", models.BooleanField(default=True)),
            ("priority", models.PositiveSmallIntegerField(default=0)),
            ("reasons", models.JSONField(default=list)),
            ("rank_at", models.DateTimeField()),
            ("mood", models.CharField(blank=True, max_length=10)),
            ("by_hand", models.BooleanField(default=False)),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("channels", models.JSONField(default=list)),
            ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("waiting_since", models.DateTimeField(null=True)),
            ("answered_at", models.DateTimeField(null=True)),
            ("last_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("next_due_at", models.DateTimeField(null=True)),
            ("snoozed_until", models.DateTimeField(null=True)),
            ("resolved_at", models.DateTimeField(null=True)),
            ("closed_at", models.DateTimeField(null=True)),
            ("reopened", models.PositiveSmallIntegerField(default=0)),
            ("entries_count", models.PositiveIntegerField(default=0)),
            ("dedup_key", models.CharField(blank=True, max_length=60)),
            ("source", models.CharField(blank=True, max_length=60)),
            ("source_ref", models.CharField(blank=True, max_length=120)),
            ("version", models.PositiveIntegerField(default=1)),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="tickets",
                    to="customers.customer",
                ),
            ),
            (
                "handler",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "merged_into",
                models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.ticket"
                ),
            ),
            (
                "owner",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="tickets",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "status",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tickets.status",
                ),
            ),
            (
                "store",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="tickets",
                    to="staff.store",
                ),
            ),
            (
                "team",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="tickets",
                    to="staff.team",
                ),
            ),
            (
                "topic",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="tickets",
                    to="tickets.topic",
                ),
            ),
        ],
        options={
            "verbose_name": "case",
            "verbose_name_plural": "cases",
            "indexes": [
                models.Index(fields=["customer", "-opened_at"], name="case_customer"),
                models.Index(
                    condition=models.Q(("state__in", ("new", "open", "waiting", "held"))),
                    fields=["ordinary", "rank_at", "id"],
                    name="case_queue",
                ),
                models.Index(
                    condition=models.Q(("state__in", ("new", "open", "waiting", "held"))),
                    fields=["owner", "ordinary", "rank_at"],
                    name="case_owner",
                ),
                models.Index(
                    condition=models.Q(("state__in", ("new", "open", "waiting", "held"))),
                    fields=["handler"],
                    name="case_handler",
                ),
                models.Index(
                    condition=models.Q(("state__in", ("new", "open", "waiting", "held"))),
                    fields=["team", "ordinary", "rank_at"],
                    name="case_team",
                ),
                models.Index(
                    condition=models.Q(("state__in", ("new", "open", "waiting", "held"))),
                    fields=["store", "ordinary", "rank_at"],
                    name="case_store",
                ),
                models.Index(
                    condition=models.Q(("state__in", ("new", "open", "waiting", "held"))),
                    fields=["next_due_at"],
                    name="case_due",
                ),
                models.Index(condition=models.Q(("state", "resolved")), fields=["resolved_at"], name="case_resolved"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(
                        ("state__in", ("new", "open", "waiting", "held")), models.Q(("dedup_key", ""), _negated=True)
                    ),
                    fields=("customer", "dedup_key"),
                    name="case_open_once",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("source_ref", ""), _negated=True),
                    fields=("source", "source_ref"),
                    name="case_source_once",
                ),
                models.CheckConstraint(
                    condition=models.Q(("merged_into", models.F("id")), _negated=True), name="case_not_into_itself"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("merged_into__isnull", False), ("state", "merged")),
                        models.Q(models.Q(("state", "merged"), _negated=True), ("merged_into", None)),
                        _connector="OR",
                    ),
                    name="case_merged_names_which",
                ),
                models.CheckConstraint(condition=models.Q(("priority__lte", 100)), name="case_priority_of_100"),
            ],
        },
    ),
    migrations.CreateModel(
        name="PromiseClock",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "metric",
                models.CharField(
                    choices=[
                        ("first", "First answer"),
                        ("next", "Next answer"),
                        ("onsite", "On site"),
                        ("end", "The end"),
                        ("own", "Own word"),
                    ],
                    max_length=6,
                ),
            ),
            ("cycle", models.PositiveSmallIntegerField(default=1)),
            ("words", models.CharField(blank=True, max_length=200)),
            ("target", models.PositiveIntegerField(help_text="Seconds of working time.")),
            ("because", models.JSONField(default=dict)),
            ("started_at", models.DateTimeField()),
            ("due_at", models.DateTimeField()),
            ("paused_at", models.DateTimeField(null=True)),
            ("met_at", models.DateTimeField(null=True)),
            ("dropped_at", models.DateTimeField(null=True)),
            ("missed_at", models.DateTimeField(null=True)),
            ("warn_at", models.DateTimeField(null=True)),
            ("rung", models.PositiveSmallIntegerField(default=0)),
            (
                "calendar",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="staff.calendar",
                ),
            ),
            (
                "promised_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="clocks",
                    to="tickets.ticket",
                ),
            ),
        ],
        options={
            "verbose_name": "promise of a case",
            "verbose_name_plural": "promises of cases",
            "indexes": [
                models.Index(fields=["ticket"], name="clock_ticket"),
                models.Index(
                    condition=models.Q(
                        ("dropped_at", None),
                        ("met_at", None),
                        ("paused_at", None),
                        models.Q(("warn_at", None), _negated=True),
                    ),
                    fields=["warn_at"],
                    name="clock_warn",
                ),
                models.Index(
                    condition=models.Q(("dropped_at", None), ("met_at", None)),
                    fields=["calendar"],
                    name="clock_calendar",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(
                        ("dropped_at", None), ("met_at", None), models.Q(("metric", "own"), _negated=True)
                    ),
                    fields=("ticket", "metric"),
                    name="clock_open_once",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("metric", "own"), _negated=True),
                    fields=("ticket", "metric", "cycle"),
                    name="clock_cycle_once",
                ),
                models.CheckConstraint(
                    condition=models.Q(("due_at__gte", models.F("started_at"))), name="clock_due_later"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="PickupCode",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("digest", models.BinaryField(max_length=32)),
            ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("until", models.DateTimeField()),
            ("used_at", models.DateTimeField(null=True)),
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
                "used_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="codes", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "verbose_name": "pick-up code",
            "verbose_name_plural": "pick-up codes",
            "indexes": [models.Index(fields=["until"], name="pickup_until")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("used_at", None)), fields=("digest",), name="pickup_code_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Notice",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("percent", models.PositiveSmallIntegerField()),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("seen_at", models.DateTimeField(null=True)),
            (
                "to",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="notices",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "clock",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="notices",
                    to="tickets.promiseclock",
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="notices",
                    to="tickets.ticket",
                ),
            ),
        ],
        options={
            "verbose_name": "notice",
            "verbose_name_plural": "notices",
            "indexes": [
                models.Index(condition=models.Q(("seen_at", None)), fields=["to", "-at"], name="notice_unseen"),
                models.Index(fields=["ticket"], name="notice_ticket"),
            ],
            "constraints": [models.UniqueConstraint(fields=("clock", "percent", "to"), name="notice_once")],
        },
    ),
    migrations.CreateModel(
        name="Handover",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("handed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("note", models.CharField(blank=True, max_length=300)),
            ("picked_at", models.DateTimeField(null=True)),
            ("returned_at", models.DateTimeField(null=True)),
            ("result", models.CharField(blank=True, max_length=300)),
            (
                "handed_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "picked_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "returned_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
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
            (
                "ticket",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="handovers", to="tickets.ticket"
                ),
            ),
        ],
        options={
            "verbose_name": "case with a store",
            "verbose_name_plural": "cases with stores",
            "indexes": [models.Index(fields=["store", "-handed_at"], name="case_handover_store")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("returned_at", None)), fields=("ticket",), name="case_handover_open_once"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Entry",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "direction",
                models.CharField(blank=True, choices=[("", "note"), ("in", "in"), ("out", "out")], max_length=3),
            ),
            ("channel", models.CharField(blank=True, max_length=10)),
            ("on_behalf", models.BooleanField(default=False)),
            ("machine", models.BooleanField(default=False)),
            ("body", models.TextField(blank=True)),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("source", models.CharField(max_length=60)),
            ("source_ref", models.CharField(max_length=120)),
            (
                "author",
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
                    related_name="+",
                    to="customers.customer",
                ),
            ),
            (
                "message",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="entry",
                    to="touchpoints.message",
                ),
            ),
            (
                "origin",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tickets.ticket",
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="entries",
                    to="tickets.ticket",
                ),
            ),
            ("translations", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)),
        ],
        options={
            "verbose_name": "entry of a case",
            "verbose_name_plural": "entries of cases",
            "indexes": [
                models.Index(fields=["ticket", "at", "id"], name="entry_ticket"),
                models.Index(fields=["customer"], name="entry_customer"),
                models.Index(
                    condition=models.Q(("origin", None), _negated=True), fields=["origin"], name="entry_origin"
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("source", "source_ref"), name="entry_once")],
        },
    ),
    migrations.CreateModel(
        name="PromiseTarget",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "metric",
                models.CharField(
                    choices=[
                        ("first", "First answer"),
                        ("next", "Next answer"),
                        ("onsite", "On site"),
                        ("end", "The end"),
                    ],
                    max_length=6,
                    verbose_name="promise",
                ),
            ),
            (
                "grade",
                models.CharField(blank=True, help_text="The code of a level.", max_length=20, verbose_name="level"),
            ),
            ("minutes", models.PositiveIntegerField(verbose_name="minutes of working time")),
            (
                "calendar",
                models.ForeignKey(
                    blank=True,
                    help_text="Without one every hour of the day counts.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="staff.calendar",
                ),
            ),
            (
                "topic",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="tickets.topic",
                ),
            ),
        ],
        options={
            "verbose_name": "promise as a rule",
            "verbose_name_plural": "promises as a rule",
            "ordering": ["metric", "topic", "grade"],
            "constraints": [
                models.UniqueConstraint(fields=("metric", "topic", "grade"), name="target_once", nulls_distinct=False),
                models.CheckConstraint(condition=models.Q(("minutes__gte", 1)), name="target_minutes"),
            ],
        },
    ),
    migrations.CreateModel(
        name="ClockPause",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("since", models.DateTimeField()),
            ("until", models.DateTimeField(null=True)),
            ("why", models.CharField(blank=True, max_length=200)),
            (
                "clock",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="pauses", to="tickets.promiseclock"
                ),
            ),
        ],
        options={
            "verbose_name": "pause of a promise",
            "verbose_name_plural": "pauses of promises",
            "constraints": [
                models.UniqueConstraint(condition=models.Q(("until", None)), fields=("clock",), name="pause_open_once"),
                models.CheckConstraint(
                    condition=models.Q(("until", None), ("until__gte", models.F("since")), _connector="OR"),
                    name="pause_ends_later",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ServiceTerms",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "term",
                models.CharField(
                    choices=[
                        ("first", "Minutes to the first answer"),
                        ("next", "Minutes to the next answer"),
                        ("onsite", "Minutes until somebody is there"),
                        ("end", "Minutes until it is done"),
                        ("boost", "Points ahead in the queue"),
                        ("authority", "Goodwill points allowed on top"),
                    ],
                    max_length=10,
                ),
            ),
            ("value", models.PositiveIntegerField()),
            ("source", models.CharField(max_length=120)),
            ("starts_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("ends_at", models.DateTimeField(blank=True, null=True)),
            (
                "calendar",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="staff.calendar",
                ),
            ),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="terms",
                    to="customers.customer",
                ),
            ),
        ],
        options={
            "verbose_name": "service terms",
            "verbose_name_plural": "service terms",
            "indexes": [models.Index(fields=["customer", "term"], name="terms_customer")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("ends_at", None), ("ends_at__gt", models.F("starts_at")), _connector="OR"),
                    name="terms_end_later",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="CaseJoin",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("kind", models.CharField(choices=[("merge", "joined"), ("split", "split")], max_length=5)),
            ("entries", models.JSONField(default=list)),
            ("before", models.JSONField(default=dict)),
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
                "other",
                models.ForeignKey(
                    db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.ticket"
                ),
            ),
            (
                "survivor",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="joins",
                    to="tickets.ticket",
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
            "verbose_name": "join of cases",
            "verbose_name_plural": "joins of cases",
            "indexes": [models.Index(fields=["survivor", "-at"], name="join_survivor")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("survivor", models.F("other")), _negated=True), name="join_of_two"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("kind", "merge"), ("undone_at", None)),
                    fields=("other",),
                    name="case_joined_once",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="CaseLink",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                "first",
                models.ForeignKey(
                    db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.ticket"
                ),
            ),
            (
                "second",
                models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.ticket"),
            ),
        ],
        options={
            "verbose_name": "link of cases",
            "verbose_name_plural": "links of cases",
            "constraints": [
                models.UniqueConstraint(fields=("first", "second"), name="link_once"),
                models.CheckConstraint(condition=models.Q(("first__lt", models.F("second"))), name="link_in_order"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Article",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=60, unique=True, verbose_name="code")),
            ("review_by", models.DateField(verbose_name="to be looked at again by")),
            ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            (
                "made_by",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "from_case",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="articles",
                    to="tickets.ticket",
                ),
            ),
        ],
        options={
            "verbose_name": "article",
            "verbose_name_plural": "articles",
            "ordering": ["code"],
            "indexes": [
                models.Index(
                    condition=models.Q(("from_case", None), _negated=True), fields=["from_case"], name="article_case"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="ArticleVersion",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("number", models.PositiveIntegerField()),
            ("title", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="title")),
            ("body", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="text")),
            ("product", models.CharField(blank=True, max_length=60)),
            (
                "audience",
                models.CharField(
                    choices=[("public", "Everybody"), ("staff", "Colleagues")], default="staff", max_length=6
                ),
            ),
            ("video", models.CharField(blank=True, max_length=300)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("draft", "Draft"),
                        ("submitted", "Waits for a second person"),
                        ("live", "In use"),
                        ("retired", "Out of use"),
                        ("replaced", "Draft written anew"),
                    ],
                    default="draft",
                    max_length=9,
                ),
            ),
            ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("submitted_at", models.DateTimeField(null=True)),
            ("approved_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
            ("helped", models.PositiveIntegerField(default=0)),
            ("not_helped", models.PositiveIntegerField(default=0)),
            (
                "approved_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "article",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="versions",
                    to="tickets.article",
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
            (
                "topic",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tickets.topic",
                ),
            ),
            (
                "written_by",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "verbose_name": "version of an article",
            "verbose_name_plural": "versions of articles",
            "ordering": ["article", "-number"],
            "indexes": [
                models.Index(fields=["state", "-written_at", "-id"], name="article_list"),
                models.Index(condition=models.Q(("state", "live")), fields=["topic"], name="article_topic"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("article", "number"), name="article_version_once"),
                models.UniqueConstraint(
                    condition=models.Q(("state", "live")), fields=("article",), name="article_live_once"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ("draft", "submitted"))),
                    fields=("article",),
                    name="article_open_once",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "live"), _negated=True),
                        models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                        _connector="OR",
                    ),
                    name="article_approval_has_person",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("approved_by", None),
                        models.Q(("approved_by", models.F("written_by")), _negated=True),
                        _connector="OR",
                    ),
                    name="article_approved_by_second",
                ),
                models.CheckConstraint(
                    condition=models.Q(("video", ""), ("video__startswith", "https://"), _connector="OR"),
                    name="article_video_safe",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ArticleVote",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("helped", models.BooleanField()),
            ("visitor", models.CharField(blank=True, max_length=64)),
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
                "ticket",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tickets.ticket",
                ),
            ),
            (
                "version",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="votes",
                    to="tickets.articleversion",
                ),
            ),
        ],
        options={
            "verbose_name": "answer to “did this help”",
            "verbose_name_plural": "answers to “did this help”",
            "indexes": [
                models.Index(condition=models.Q(("ticket", None), _negated=True), fields=["ticket"], name="vote_ticket")
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("ticket", None), _negated=True),
                    fields=("version", "ticket"),
                    name="vote_once_a_case",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("visitor", ""), _negated=True),
                    fields=("version", "visitor"),
                    name="vote_once_a_visit",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("by__isnull", False), ("ticket__isnull", False), ("visitor", "")),
                        models.Q(("by", None), ("ticket", None), models.Q(("visitor", ""), _negated=True)),
                        _connector="OR",
                    ),
                    name="vote_of_case_or_visit",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="BotRule",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
            (
                "words",
                models.JSONField(
                    default=list,
                    help_text="A list of words; the rule most of whose words stand in a message answers it.",
                    verbose_name="words that trigger it",
                ),
            ),
            (
                "answer",
                scrm.kernel.words.WordsField(blank=True, default=scrm.kernel.words.Words, verbose_name="answer"),
            ),
            (
                "lookup",
                models.CharField(
                    blank=True,
                    choices=[
                        ("", "nothing"),
                        ("points", "points"),
                        ("order", "state of the last order"),
                        ("account", "level"),
                    ],
                    default="",
                    max_length=7,
                    verbose_name="looks up",
                ),
            ),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
            ("used", models.BooleanField(default=True, verbose_name="answers by itself")),
            (
                "article",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tickets.article",
                    verbose_name="article",
                ),
            ),
            (
                "topic",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tickets.topic",
                    verbose_name="topic",
                ),
            ),
        ],
        options={
            "verbose_name": "rule of the bot",
            "verbose_name_plural": "rules of the bot",
            "ordering": ["place", "code"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("answer", {}), _negated=True),
                        ("article__isnull", False),
                        models.Q(("lookup", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="bot_rule_says_something",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="BotTurn",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("matched", models.JSONField(default=list)),
            (
                "did",
                models.CharField(
                    choices=[
                        ("answered", "Answered"),
                        ("handed_over", "Handed to a person"),
                        ("silent", "Said nothing"),
                    ],
                    max_length=11,
                ),
            ),
            (
                "because",
                models.CharField(
                    choices=[
                        ("rule", "a rule fits"),
                        ("asked", "a person was asked for"),
                        ("spent", "as much as may be was said automatically"),
                        ("person", "a person has answered already"),
                        ("passed_on", "the case was handed over before"),
                        ("risk", "it touches safety or law"),
                        ("no_rule", "no rule fits"),
                        ("said", "the rule has answered in this case before"),
                        ("refused", "nothing can be sent here"),
                    ],
                    max_length=9,
                ),
            ),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            (
                "answer",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="touchpoints.message",
                ),
            ),
            (
                "message",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, related_name="bot_turn", to="touchpoints.message"
                ),
            ),
            (
                "rule",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="turns",
                    to="tickets.botrule",
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="bot_turns",
                    to="tickets.ticket",
                ),
            ),
        ],
        options={
            "verbose_name": "turn of the bot",
            "verbose_name_plural": "turns of the bot",
            "indexes": [models.Index(fields=["ticket", "at"], name="bot_turn_ticket")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("did", "answered")), fields=("ticket", "rule"), name="bot_rule_once_a_case"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Reason",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            (
                "points",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="A list of numbers, such as [100, 300].",
                    verbose_name="amounts of points offered",
                ),
            ),
            (
                "coupons",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="A list of codes of coupons; only these are given for this reason.",
                    verbose_name="coupons offered",
                ),
            ),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
            ("used", models.BooleanField(default=True, verbose_name="offered")),
        ],
        options={
            "verbose_name": "reason of goodwill",
            "verbose_name_plural": "reasons of goodwill",
            "ordering": ["place", "code"],
        },
    ),
    migrations.CreateModel(
        name="StoreBudget",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "month",
                models.DateField(
                    blank=True, help_text="Its first day; empty: every new month.", null=True, verbose_name="month"
                ),
            ),
            ("limit", models.BigIntegerField(verbose_name="limit")),
            ("used", models.BigIntegerField(default=0, editable=False, verbose_name="used")),
            (
                "store",
                models.ForeignKey(
                    blank=True,
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="staff.store",
                ),
            ),
        ],
        options={
            "verbose_name": "budget of goodwill",
            "verbose_name_plural": "budgets of goodwill",
            "ordering": ["-month", "store"],
            "constraints": [
                models.UniqueConstraint(fields=("store", "month"), name="goodwill_budget_once", nulls_distinct=False),
                models.CheckConstraint(
                    condition=models.Q(("used__gte", 0), ("used__lte", models.F("limit"))), name="goodwill_budget_holds"
                ),
                models.CheckConstraint(
                    condition=models.Q(("month", None), ("month__day", 1), _connector="OR"),
                    name="goodwill_budget_whole_months",
                ),
                models.CheckConstraint(
                    condition=models.Q(models.Q(("month", None), _negated=True), ("used", 0), _connector="OR"),
                    name="goodwill_budget_rule_uses_nothing",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Compensation",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "kind",
                models.CharField(
                    choices=[("points", "Points"), ("coupon", "Coupon"), ("money", "Off the bill")], max_length=6
                ),
            ),
            ("amount", models.PositiveIntegerField()),
            ("value_minor", models.BigIntegerField()),
            ("words", models.CharField(blank=True, max_length=300)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("granted", "given"),
                        ("pending", "waits for approval"),
                        ("declined", "declined"),
                        ("withdrawn", "withdrawn"),
                        ("taken_back", "taken back"),
                    ],
                    max_length=10,
                ),
            ),
            ("above", models.BooleanField(default=False)),
            ("is_exception", models.BooleanField(default=False)),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("given_at", models.DateTimeField(null=True)),
            ("key", models.CharField(max_length=64)),
            ("digest", models.BinaryField(max_length=16)),
            ("taken_back_at", models.DateTimeField(null=True)),
            (
                "verdict",
                models.CharField(blank=True, choices=[("fine", "fine"), ("not_again", "not again")], max_length=9),
            ),
            ("reviewed_at", models.DateTimeField(null=True)),
            ("review_words", models.CharField(blank=True, max_length=300)),
            (
                "by",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "coupon",
                models.OneToOneField(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="loyalty.coupon"
                ),
            ),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="customers.customer",
                ),
            ),
            (
                "entry",
                models.OneToOneField(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="loyalty.pointsentry"
                ),
            ),
            (
                "reviewed_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
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
                "taken_back_by",
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
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="loyalty.coupontemplate",
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="compensations",
                    to="tickets.ticket",
                ),
            ),
            (
                "reason",
                models.ForeignKey(
                    db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.reason"
                ),
            ),
            (
                "budget",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tickets.storebudget",
                ),
            ),
        ],
        options={
            "verbose_name": "goodwill",
            "verbose_name_plural": "goodwill",
            "indexes": [
                models.Index(fields=["ticket", "at"], name="compensation_ticket"),
                models.Index(fields=["customer", "given_at"], name="compensation_customer"),
                models.Index(fields=["by", "given_at"], name="compensation_giver"),
                models.Index(fields=["store", "given_at"], name="compensation_store"),
                models.Index(fields=["given_at"], name="compensation_given"),
                models.Index(
                    condition=models.Q(("is_exception", True), ("reviewed_at", None), ("state", "granted")),
                    fields=["store", "given_at"],
                    name="exception_to_review",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("by", "key"), name="compensation_once"),
                models.UniqueConstraint(
                    condition=models.Q(("is_exception", True), ("state", "granted")),
                    fields=("ticket", "by"),
                    name="exception_once_a_case",
                ),
                models.CheckConstraint(
                    condition=models.Q(("amount__gt", 0), ("value_minor__gte", 0)), name="compensation_has_a_size"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind", "coupon"), ("template__isnull", False)),
                        models.Q(models.Q(("kind", "coupon"), _negated=True), ("template", None)),
                        _connector="OR",
                    ),
                    name="compensation_coupon_names_which",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            models.Q(("state__in", ["granted", "taken_back"]), _negated=True),
                            ("coupon", None),
                            ("entry", None),
                            ("given_at", None),
                        ),
                        models.Q(
                            ("given_at__isnull", False),
                            ("state__in", ["granted", "taken_back"]),
                            models.Q(
                                models.Q(("coupon", None), ("entry__isnull", False), ("kind", "points")),
                                models.Q(("coupon__isnull", False), ("entry", None), ("kind", "coupon")),
                                models.Q(("coupon", None), ("entry", None), ("kind", "money")),
                                _connector="OR",
                            ),
                        ),
                        _connector="OR",
                    ),
                    name="compensation_given_is_paid",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("reviewed_at", None), ("verdict", "")),
                        models.Q(
                            models.Q(("verdict", ""), _negated=True),
                            ("is_exception", True),
                            ("reviewed_at__isnull", False),
                            models.Q(("reviewed_by", models.F("by")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="exception_reviewed_by_another",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Approval",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("why", models.JSONField(default=list)),
            ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("deadline", models.DateTimeField()),
            ("passed_at", models.DateTimeField(null=True)),
            (
                "decision",
                models.CharField(
                    blank=True,
                    choices=[
                        ("", "open"),
                        ("approved", "approved"),
                        ("declined", "declined"),
                        ("withdrawn", "withdrawn"),
                    ],
                    max_length=9,
                ),
            ),
            ("decided_at", models.DateTimeField(null=True)),
            ("words", models.CharField(blank=True, max_length=300)),
            (
                "asked",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
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
                "substitute",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "compensation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="approvals", to="tickets.compensation"
                ),
            ),
        ],
        options={
            "verbose_name": "approval of goodwill",
            "verbose_name_plural": "approvals of goodwill",
            "indexes": [
                models.Index(
                    condition=models.Q(("decided_at", None)), fields=["asked", "deadline"], name="approval_asked"
                ),
                models.Index(
                    condition=models.Q(("decided_at", None), ("passed_at", None)),
                    fields=["deadline"],
                    name="approval_due",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("decided_at", None)), fields=("compensation",), name="approval_open_once"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("decided_at", None), ("decision", "")),
                        models.Q(models.Q(("decision", ""), _negated=True), ("decided_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="approval_decided_whole",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("decision__in", ["approved", "declined"]), _negated=True),
                        ("decided_by__isnull", False),
                        _connector="OR",
                    ),
                    name="approval_decided_by_somebody",
                ),
                models.CheckConstraint(
                    condition=models.Q(("substitute", models.F("asked")), _negated=True),
                    name="approval_substitute_is_another",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Authority",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "role",
                models.CharField(
                    choices=[
                        ("associate", "Store associate"),
                        ("advisor", "VIP advisor"),
                        ("agent", "Service agent"),
                        ("lead", "Team lead"),
                        ("operator", "Operator"),
                        ("auditor", "Auditor"),
                    ],
                    max_length=10,
                    verbose_name="role",
                ),
            ),
            (
                "kind",
                models.CharField(
                    choices=[("points", "Points"), ("coupon", "Coupon"), ("money", "Off the bill")],
                    max_length=6,
                    verbose_name="what",
                ),
            ),
            (
                "grade",
                models.SlugField(
                    blank=True, help_text="Code of a level; empty: any.", max_length=40, verbose_name="level"
                ),
            ),
            ("per_act", models.PositiveIntegerField(help_text="0 gives nothing.", verbose_name="at once")),
            ("per_case", models.PositiveIntegerField(blank=True, null=True, verbose_name="per case")),
            ("per_day", models.PositiveIntegerField(blank=True, null=True, verbose_name="per day")),
            (
                "per_customer",
                models.PositiveIntegerField(blank=True, null=True, verbose_name="per customer in 90 days"),
            ),
            (
                "exception_max",
                models.PositiveIntegerField(
                    default=0,
                    help_text="Up to this much a day above the limits, once per case, with words that are read later.",
                    verbose_name="exception for the customer",
                ),
            ),
            (
                "reason",
                models.ForeignKey(
                    blank=True,
                    help_text="Empty: any reason.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="tickets.reason",
                ),
            ),
        ],
        options={
            "verbose_name": "authority",
            "verbose_name_plural": "authorities",
            "ordering": ["role", "kind", "pk"],
            "constraints": [
                models.UniqueConstraint(
                    fields=("role", "kind", "reason", "grade"), name="authority_once", nulls_distinct=False
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Capacity",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("most", models.PositiveSmallIntegerField(verbose_name="live cases at most")),
            (
                "user",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, related_name="capacity", to=settings.AUTH_USER_MODEL
                ),
            ),
            ("topics", models.ManyToManyField(blank=True, related_name="+", to="tickets.topic", verbose_name="topics")),
        ],
        options={
            "verbose_name": "capacity for cases",
            "verbose_name_plural": "capacities for cases",
        },
    ),
    migrations.CreateModel(
        name="Procedure",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            ("used", models.BooleanField(default=True, verbose_name="offered")),
            (
                "topic",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, related_name="procedure", to="tickets.topic"
                ),
            ),
        ],
        options={
            "verbose_name": "procedure",
            "verbose_name_plural": "procedures",
        },
    ),
    migrations.CreateModel(
        name="CaseStep",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("place", models.PositiveSmallIntegerField()),
            ("text", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            (
                "where",
                models.CharField(
                    choices=[("desk", "at the desk"), ("store", "in the store"), ("after", "after the end")],
                    max_length=5,
                ),
            ),
            ("minutes", models.PositiveIntegerField(null=True)),
            ("days", models.PositiveSmallIntegerField(default=7)),
            ("done_at", models.DateTimeField(null=True)),
            ("took", models.PositiveIntegerField(null=True)),
            (
                "done_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "ticket",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="steps",
                    to="tickets.ticket",
                ),
            ),
            (
                "procedure",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="tickets.procedure",
                ),
            ),
        ],
        options={
            "verbose_name": "step of a case",
            "verbose_name_plural": "steps of cases",
            "ordering": ["place"],
            "constraints": [models.UniqueConstraint(fields=("ticket", "place"), name="case_step_once")],
        },
    ),
    migrations.CreateModel(
        name="ProcedureStep",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("place", models.PositiveSmallIntegerField(verbose_name="place")),
            ("text", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="what is done")),
            ("minutes", models.PositiveIntegerField(blank=True, null=True, verbose_name="minutes it should take")),
            (
                "where",
                models.CharField(
                    choices=[("desk", "at the desk"), ("store", "in the store"), ("after", "after the end")],
                    default="desk",
                    max_length=5,
                    verbose_name="where",
                ),
            ),
            ("days", models.PositiveSmallIntegerField(default=7, verbose_name="days after the end")),
            (
                "procedure",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="tickets.procedure"
                ),
            ),
        ],
        options={
            "verbose_name": "step of a procedure",
            "verbose_name_plural": "steps of procedures",
            "ordering": ["procedure", "place"],
            "constraints": [models.UniqueConstraint(fields=("procedure", "place"), name="step_place_once")],
        },
    ),
]

# Entries of cases are only added to.
ENTRIES = """
create function tickets_entry_kept() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'Entries of cases are never deleted.';
  end if;
  -- A joined case or person takes them along, an erasure empties them; nothing else changes.
  if (new.direction, new.channel, new.author_id, new.on_behalf, new.machine, new.at, new.message_id)
     is distinct from (old.direction, old.channel, old.author_id, old.on_behalf, old.machine, old.at, old.message_id)
     or (new.body <> old.body and new.body <> '') then
    raise exception 'An entry of a case is never changed.';
  end if;
  return new;
end $$;
create trigger tickets_entry_kept before update or delete on tickets_entry
  for each row execute function tickets_entry_kept();
"""

# Every pair of neighbouring signs of the first 4,000, spaces aside: a text of two signs or more is found by its pairs.
SEARCH = """
create function tickets_pairs(words text) returns tsvector language sql immutable parallel safe as $$
  select coalesce(array_to_tsvector(array(
    select distinct substr(plain, place, 2)
    from (select regexp_replace(lower(left(words, 4000)), '\\s+', '', 'g') as plain) as text,
         generate_series(1, length(plain) - 1) as place
  )), ''::tsvector)
$$;
create index entry_pairs on tickets_entry using gin (tickets_pairs(body));
create index case_pairs on tickets_ticket using gin (tickets_pairs(subject));
"""

# A wording of an article never changes.
ARTICLES = """
create function tickets_article_kept() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'Versions of articles are never deleted.';
  end if;
  if (new.article_id, new.number, new.topic_id, new.product, new.scene_id, new.audience, new.video, new.written_by_id,
      new.written_at)
     is distinct from (old.article_id, old.number, old.topic_id, old.product, old.scene_id, old.audience, old.video,
      old.written_by_id, old.written_at)
     or ((new.title, new.body) is distinct from (old.title, old.body)
         and (new.title, new.body) is distinct from ('{}'::jsonb, '{}'::jsonb)) then
    raise exception 'A version of an article is never changed: write the next one.';
  end if;
  return new;
end $$;
create trigger tickets_article_kept before update or delete on tickets_articleversion
  for each row execute function tickets_article_kept();
"""

# Pairs of neighbouring signs, each language for itself: of each the first 4,000 signs are found, and none is longer.
# Functions are named with their schema: an index is built, and a dump restored, without a search path.
ARTICLE_SEARCH = """
create function tickets_article_text(title jsonb, body jsonb) returns text language sql immutable parallel safe as $$
  select lower(coalesce(title->>'zh-hans', '') || E'\\n' || coalesce(body->>'zh-hans', '') || E'\\n' ||
               coalesce(title->>'zh-hant', '') || E'\\n' || coalesce(body->>'zh-hant', '') || E'\\n' ||
               coalesce(title->>'en', '') || E'\\n' || coalesce(body->>'en', ''))
$$;
create function tickets_article_pairs(title jsonb, body jsonb) returns tsvector
language sql immutable parallel safe as $$
  select public.tickets_pairs(coalesce(title->>'zh-hans', '') || E'\\n' || coalesce(body->>'zh-hans', ''))
      || public.tickets_pairs(coalesce(title->>'zh-hant', '') || E'\\n' || coalesce(body->>'zh-hant', ''))
      || public.tickets_pairs(coalesce(title->>'en', '') || E'\\n' || coalesce(body->>'en', ''))
$$;
create function tickets_pairs_query(words text, how text) returns tsquery language sql immutable parallel safe as $$
  select array_to_string(array(
    select '''' || replace(replace(pair, '\\', '\\\\'), '''', '''''') || ''''
    from unnest(tsvector_to_array(public.tickets_pairs(words))) as pair
  ), how)::tsquery
$$;
create index article_pairs on tickets_articleversion using gin (tickets_article_pairs(title, body));
"""


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("tickets", "0001_cases"),
        ("tickets", "0002_guards_and_search"),
        ("tickets", "0004_joins"),
        ("tickets", "0005_translations"),
        ("tickets", "0010_articles"),
        ("tickets", "0011_article_guards"),
        ("tickets", "0012_article_votes"),
        ("tickets", "0013_article_from_case"),
        ("tickets", "0014_bot"),
        ("tickets", "0020_authority"),
        ("tickets", "0022_work"),
    ]

    dependencies = [
        ("staff", "0001_initial"),
        ("customers", "0001_initial"),
        ("touchpoints", "0001_initial"),
        ("loyalty", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(TABLES),
        migrations.RunSQL("create sequence tickets_number start 10001", "drop sequence tickets_number"),
        migrations.RunSQL(
            ENTRIES, "drop trigger tickets_entry_kept on tickets_entry; drop function tickets_entry_kept()"
        ),
        migrations.RunSQL(SEARCH, "drop index case_pairs; drop index entry_pairs; drop function tickets_pairs(text)"),
        migrations.RunSQL(
            ARTICLES,
            "drop trigger tickets_article_kept on tickets_articleversion; drop function tickets_article_kept()",
        ),
        migrations.RunSQL(
            ARTICLE_SEARCH,
            "drop index article_pairs; drop function tickets_pairs_query(text, text);"
            " drop function tickets_article_pairs(jsonb, jsonb); drop function tickets_article_text(jsonb, jsonb)",
        ),
    ]

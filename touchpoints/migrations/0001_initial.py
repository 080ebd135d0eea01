"""Channels and what went through them, visits, appointments, scripts, the map of touchpoints."""

import datetime

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import scrm.kernel.words
import touchpoints.models.channel
from scrm.kernel.tables import CreateTables

TABLES = [
    migrations.CreateModel(
        name="Visit",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "recognised_by",
                models.CharField(
                    blank=True,
                    choices=[
                        ("tail", "Phone tail"),
                        ("phone", "Full number"),
                        ("code", "Member code"),
                        ("qr", "QR"),
                        ("name", "Name"),
                        ("order", "Order number"),
                    ],
                    max_length=6,
                ),
            ),
            ("arrived_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("left_at", models.DateTimeField(null=True)),
            ("source", models.CharField(blank=True, max_length=60)),
            ("source_ref", models.CharField(blank=True, max_length=120)),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="visits",
                    to="customers.customer",
                ),
            ),
            (
                "received_by",
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
                    db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="visits", to="staff.store"
                ),
            ),
            ("mistaken", models.BooleanField(default=False)),
            ("came_as", models.BigIntegerField(null=True)),
        ],
        options={
            "indexes": [
                models.Index(fields=["store", "-arrived_at"], name="visit_store"),
                models.Index(fields=["customer", "-arrived_at"], name="visit_customer"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("left_at", None)), fields=("customer", "store"), name="visit_open_once"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("source_ref", ""), _negated=True),
                    fields=("source", "source_ref"),
                    name="visit_source_once",
                ),
            ],
            "verbose_name": "visit",
            "verbose_name_plural": "visits",
        },
    ),
    migrations.CreateModel(
        name="Trial",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("sku", models.CharField(blank=True, max_length=60)),
            (
                "result",
                models.CharField(
                    choices=[("bought", "Bought"), ("kept", "Put aside"), ("refused", "Refused")], max_length=8
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=200)),
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
            (
                "visit",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="trials", to="touchpoints.visit"
                ),
            ),
            ("fact", models.BigIntegerField(null=True)),
            ("key", models.UUIDField(null=True, unique=True)),
            ("logged_at", models.DateTimeField(null=True)),
            (
                "logged_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("size", models.CharField(blank=True, db_default="", default="", max_length=40)),
            ("taken_back_at", models.DateTimeField(null=True)),
            (
                "why",
                models.CharField(
                    blank=True,
                    choices=[
                        ("tight", "Too tight"),
                        ("length", "Length"),
                        ("colour", "Colour"),
                        ("price", "Price"),
                        ("fabric", "Fabric"),
                    ],
                    db_default="",
                    default="",
                    max_length=7,
                ),
            ),
        ],
        options={
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("why", ""), ("result", "refused"), _connector="OR"), name="trial_why_of_refused"
                )
            ],
            "verbose_name": "try-on",
            "verbose_name_plural": "try-ons",
        },
    ),
    migrations.CreateModel(
        name="WebhookEndpoint",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("url", models.CharField(max_length=500)),
            ("kinds", models.JSONField(default=list)),
            ("full", models.BooleanField(default=False)),
            ("key", models.BinaryField()),
            ("secret", models.BinaryField()),
            ("former", models.BinaryField(null=True)),
            ("former_until", models.DateTimeField(null=True)),
            (
                "state",
                models.CharField(
                    choices=[("active", "On"), ("paused", "Paused"), ("disabled", "Gone (410)"), ("ended", "Ended")],
                    default="active",
                    max_length=8,
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=40)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            (
                "client",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="webhooks", to="staff.apiclient"
                ),
            ),
        ],
        options={
            "verbose_name": "webhook",
            "verbose_name_plural": "webhooks",
            "ordering": ["code"],
        },
    ),
    migrations.CreateModel(
        name="WebhookDelivery",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("event", models.BigIntegerField()),
            ("kind", models.CharField(max_length=40)),
            (
                "state",
                models.CharField(
                    choices=[("waiting", "Waiting"), ("sent", "Sent"), ("dead", "Given up")],
                    default="waiting",
                    max_length=8,
                ),
            ),
            ("tries", models.PositiveSmallIntegerField(default=0)),
            ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("done_at", models.DateTimeField(null=True)),
            (
                "endpoint",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="deliveries",
                    to="touchpoints.webhookendpoint",
                ),
            ),
        ],
        options={
            "verbose_name": "webhook message",
            "verbose_name_plural": "webhook messages",
            "indexes": [
                models.Index(condition=models.Q(("state", "waiting")), fields=["due_at"], name="webhook_due"),
                models.Index(fields=["endpoint", "-id"], name="webhook_delivery_endpoint"),
                models.Index(
                    condition=models.Q(("state", "sent"), _negated=True),
                    fields=["endpoint", "state"],
                    name="webhook_delivery_left",
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("endpoint", "event"), name="webhook_delivery_once")],
        },
    ),
    migrations.CreateModel(
        name="WebhookAttempt",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("number", models.PositiveSmallIntegerField()),
            ("status", models.PositiveSmallIntegerField(default=0)),
            ("error", models.CharField(blank=True, max_length=60)),
            ("took", models.PositiveIntegerField(default=0)),
            (
                "delivery",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="attempts",
                    to="touchpoints.webhookdelivery",
                ),
            ),
            (
                "endpoint",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="attempts",
                    to="touchpoints.webhookendpoint",
                ),
            ),
        ],
        options={
            "verbose_name": "webhook attempt",
            "verbose_name_plural": "webhook attempts",
            "indexes": [
                models.Index(fields=["endpoint", "-at", "-id"], name="webhook_attempt_endpoint"),
                models.Index(fields=["delivery"], name="webhook_attempt_delivery"),
                models.Index(fields=["at"], name="webhook_attempt_at"),
            ],
        },
    ),
    migrations.CreateModel(
        name="OutreachScene",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            (
                "kind",
                models.CharField(
                    choices=[("code", "Code"), ("notice", "Service"), ("marketing", "Offer or care")],
                    default="marketing",
                    max_length=9,
                    verbose_name="kind",
                ),
            ),
            ("urgent", models.BooleanField(default=False, verbose_name="also in quiet hours")),
            ("hours", models.PositiveSmallIntegerField(default=72, verbose_name="makes sense for hours")),
            (
                "holdout",
                models.PositiveSmallIntegerField(
                    default=0,
                    validators=[django.core.validators.MaxValueValidator(50)],
                    verbose_name="kept out, per cent",
                ),
            ),
            ("salt", models.CharField(blank=True, editable=False, max_length=32)),
        ],
        options={
            "verbose_name": "occasion",
            "verbose_name_plural": "occasions",
            "ordering": ["code"],
        },
    ),
    migrations.CreateModel(
        name="Restraint",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name", models.CharField(default="brand", editable=False, max_length=10, unique=True)),
            (
                "quiet_from",
                models.TimeField(blank=True, default=datetime.time(21, 0), null=True, verbose_name="quiet from"),
            ),
            (
                "quiet_to",
                models.TimeField(blank=True, default=datetime.time(9, 0), null=True, verbose_name="quiet until"),
            ),
            ("zone", models.CharField(default="Asia/Shanghai", max_length=40, verbose_name="time zone")),
            (
                "most",
                models.PositiveSmallIntegerField(blank=True, default=4, null=True, verbose_name="contacts at most"),
            ),
            ("days", models.PositiveSmallIntegerField(default=30, verbose_name="within days")),
            (
                "most_calls",
                models.PositiveSmallIntegerField(blank=True, default=2, null=True, verbose_name="calls at most"),
            ),
            ("call_days", models.PositiveSmallIntegerField(default=91, verbose_name="calls within days")),
        ],
        options={
            "verbose_name": "rules of contact",
            "verbose_name_plural": "rules of contact",
        },
    ),
    migrations.CreateModel(
        name="Channel",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            (
                "way",
                models.CharField(
                    choices=[
                        ("sms", "SMS"),
                        ("mail", "Mail"),
                        ("wecom", "WeCom"),
                        ("app", "App"),
                        ("web", "Web chat"),
                        ("phone", "Phone"),
                    ],
                    max_length=10,
                    verbose_name="way",
                ),
            ),
            (
                "adapter",
                models.CharField(choices=touchpoints.models.channel.adapters, max_length=20, verbose_name="adapter"),
            ),
            ("settings", models.JSONField(blank=True, default=dict, verbose_name="settings")),
            ("key", models.BinaryField()),
            ("sealed", models.BinaryField()),
            ("hook", models.BinaryField(max_length=32, null=True, unique=True)),
            (
                "state",
                models.CharField(
                    choices=[("on", "On"), ("stopped", "Stopped")], default="on", editable=False, max_length=8
                ),
            ),
            ("stopped_for", models.CharField(blank=True, editable=False, max_length=80)),
            ("cursor", models.JSONField(default=dict, editable=False)),
            ("last_contact_at", models.DateTimeField(editable=False, null=True)),
        ],
        options={
            "verbose_name": "channel",
            "verbose_name_plural": "channels",
            "ordering": ["code"],
            "constraints": [
                models.UniqueConstraint(condition=models.Q(("state", "on")), fields=("way",), name="channel_way_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="Conversation",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("thread", models.CharField(max_length=160)),
            ("route", models.CharField(blank=True, max_length=120)),
            ("length", models.PositiveIntegerField(default=0)),
            ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("last_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("waiting_since", models.DateTimeField(null=True)),
            ("closed_at", models.DateTimeField(null=True)),
            (
                "channel",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="conversations",
                    to="touchpoints.channel",
                ),
            ),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="conversations",
                    to="customers.customer",
                ),
            ),
            (
                "identity",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="customers.identity",
                ),
            ),
        ],
        options={
            "verbose_name": "conversation",
            "verbose_name_plural": "conversations",
            "indexes": [
                models.Index(fields=["customer", "-last_at"], name="conversation_customer"),
                models.Index(
                    condition=models.Q(("waiting_since", None), _negated=True),
                    fields=["waiting_since"],
                    name="conversation_waiting",
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("channel", "thread"), name="conversation_once")],
        },
    ),
    migrations.CreateModel(
        name="Delivery",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("source", models.CharField(max_length=60)),
            ("ref", models.CharField(max_length=120)),
            ("digest", models.BinaryField(max_length=32)),
            ("events", models.PositiveSmallIntegerField()),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
        ],
        options={
            "verbose_name": "delivery",
            "verbose_name_plural": "deliveries",
            "indexes": [models.Index(fields=["at"], name="delivery_at")],
            "constraints": [models.UniqueConstraint(fields=("source", "ref"), name="delivery_once")],
        },
    ),
    migrations.CreateModel(
        name="Inbox",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("source", models.CharField(max_length=60)),
            ("source_ref", models.CharField(max_length=120)),
            ("kind", models.CharField(max_length=40)),
            ("at", models.DateTimeField()),
            ("lane", models.BigIntegerField(default=0)),
            ("body", models.TextField()),
            ("delivery", models.CharField(blank=True, max_length=120)),
            ("index", models.PositiveSmallIntegerField(default=0)),
            ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
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
            ("error", models.CharField(blank=True, max_length=300)),
            ("awaits", models.BigIntegerField(null=True)),
            ("processed_at", models.DateTimeField(null=True)),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="customers.customer",
                ),
            ),
        ],
        options={
            "verbose_name": "arrival",
            "verbose_name_plural": "arrivals",
            "indexes": [
                models.Index(condition=models.Q(("state", "waiting")), fields=["due_at", "id"], name="inbox_due"),
                models.Index(
                    condition=models.Q(("state", "waiting"), ("tries", 0)), fields=["lane", "id"], name="inbox_lane"
                ),
                models.Index(condition=models.Q(("state", "dead")), fields=["-id"], name="inbox_dead"),
                models.Index(
                    condition=models.Q(("delivery", ""), _negated=True),
                    fields=["source", "delivery"],
                    name="inbox_delivery",
                ),
                models.Index(
                    condition=models.Q(("processed_at", None), _negated=True),
                    fields=["processed_at"],
                    name="inbox_processed",
                ),
                models.Index(
                    condition=models.Q(("awaits", None), _negated=True), fields=["awaits"], name="inbox_awaits"
                ),
                models.Index(
                    condition=models.Q(("customer", None), _negated=True), fields=["customer"], name="inbox_customer"
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("source", "source_ref"), name="inbox_once")],
        },
    ),
    migrations.CreateModel(
        name="Message",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("direction", models.CharField(choices=[("in", "in"), ("out", "out")], max_length=3)),
            ("place", models.PositiveIntegerField()),
            ("subject", models.CharField(blank=True, max_length=300)),
            ("body", models.TextField(blank=True)),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("received", "Received"),
                        ("queued", "Waiting to leave"),
                        ("sending", "Leaving"),
                        ("sent", "Sent"),
                        ("delivered", "Delivered"),
                        ("read", "Read"),
                        ("failed", "Not delivered"),
                        ("unknown", "Nobody knows yet"),
                        ("stopped", "Stopped before it left"),
                    ],
                    max_length=9,
                ),
            ),
            (
                "kind",
                models.CharField(
                    blank=True,
                    choices=[("code", "code"), ("notice", "notice"), ("marketing", "marketing")],
                    max_length=9,
                ),
            ),
            ("template", models.CharField(blank=True, max_length=60)),
            ("values", models.JSONField(blank=True, default=dict)),
            ("automatic", models.BooleanField(default=False)),
            ("machine", models.BooleanField(default=False)),
            ("note", models.CharField(blank=True, max_length=200)),
            ("source", models.CharField(max_length=60)),
            ("source_ref", models.CharField(max_length=120)),
            ("tries", models.PositiveSmallIntegerField(default=0)),
            ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("claimed_at", models.DateTimeField(null=True)),
            ("sent_at", models.DateTimeField(null=True)),
            ("provider_ref", models.CharField(blank=True, max_length=120)),
            ("code", models.CharField(blank=True, max_length=60)),
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
                "channel",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="messages",
                    to="touchpoints.channel",
                ),
            ),
            (
                "conversation",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="messages",
                    to="touchpoints.conversation",
                ),
            ),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="messages",
                    to="customers.customer",
                ),
            ),
        ],
        options={
            "verbose_name": "message",
            "verbose_name_plural": "messages",
            "indexes": [
                models.Index(condition=models.Q(("state", "queued")), fields=["due_at", "id"], name="message_due"),
                models.Index(
                    condition=models.Q(("state__in", ("sending", "unknown"))),
                    fields=["claimed_at"],
                    name="message_open",
                ),
                models.Index(fields=["customer", "-at"], name="message_customer"),
                models.Index(
                    condition=models.Q(("provider_ref", ""), _negated=True),
                    fields=["channel", "provider_ref"],
                    name="message_ref",
                ),
                models.Index(condition=models.Q(("direction", "in")), fields=["channel", "at"], name="message_heard"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("source", "source_ref"), name="message_once"),
                models.UniqueConstraint(fields=("conversation", "place"), name="message_place"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("direction", "in"), ("state", "received")),
                        models.Q(("direction", "out"), models.Q(("state", "received"), _negated=True)),
                        _connector="OR",
                    ),
                    name="message_state_of_direction",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Outreach",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("kind", models.CharField(max_length=9)),
            (
                "way",
                models.CharField(
                    blank=True,
                    choices=[
                        ("sms", "SMS"),
                        ("mail", "Mail"),
                        ("wecom", "WeCom"),
                        ("app", "App"),
                        ("web", "Web chat"),
                        ("phone", "Phone"),
                        ("call", "Advisor's call"),
                        ("meeting", "Face to face"),
                        ("report", "A report made for one"),
                    ],
                    max_length=10,
                ),
            ),
            ("template", models.CharField(blank=True, max_length=60)),
            ("values", models.JSONField(blank=True, default=dict)),
            ("key", models.CharField(max_length=120, unique=True)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("held", "Held back"),
                        ("refused", "Not sent"),
                        ("queued", "On its way"),
                        ("sent", "Sent"),
                        ("delivered", "Delivered"),
                        ("answered", "Answered"),
                        ("failed", "Not delivered"),
                        ("cancelled", "Called off"),
                    ],
                    max_length=9,
                ),
            ),
            (
                "reason",
                models.CharField(
                    blank=True,
                    choices=[
                        ("no_consent", "No consent"),
                        ("paused", "Asked for a pause"),
                        ("quiet", "Hours of quiet"),
                        ("cap", "Enough contacts lately"),
                        ("calls", "Enough calls lately"),
                        ("holdout", "Kept out to compare"),
                        ("no_way", "No way to reach"),
                        ("closed", "Record closed"),
                        ("withdrawn", "Consent taken back"),
                        ("too_late", "Its moment has passed"),
                        ("no_text", "No text for this channel"),
                        ("unreached", "Could not be reached"),
                        ("unknown", "Nobody knows whether it arrived"),
                    ],
                    max_length=10,
                ),
            ),
            ("explanation", models.JSONField(blank=True, default=dict)),
            ("tried", models.JSONField(blank=True, default=list)),
            ("until", models.DateTimeField(null=True)),
            ("valid_until", models.DateTimeField()),
            ("planned_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("felt_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="outreaches",
                    to="customers.customer",
                ),
            ),
            (
                "message",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="outreach",
                    to="touchpoints.message",
                ),
            ),
            (
                "planned_by",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "task",
                models.OneToOneField(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="outreach", to="customers.task"
                ),
            ),
            (
                "scene",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="touchpoints.outreachscene",
                ),
            ),
            ("campaign", models.CharField(blank=True, max_length=40)),
            ("came_as", models.BigIntegerField(null=True)),
        ],
        options={
            "verbose_name": "contact",
            "verbose_name_plural": "contacts",
            "indexes": [
                models.Index(fields=["customer", "-planned_at", "-id"], name="outreach_customer"),
                models.Index(condition=models.Q(("state", "held")), fields=["until"], name="outreach_held"),
                models.Index(fields=["scene", "state", "-id"], name="outreach_scene"),
                models.Index(fields=["-planned_at", "-id"], name="outreach_planned"),
                models.Index(
                    condition=models.Q(("state__in", ("held", "refused"))),
                    fields=["-planned_at", "-id"],
                    name="outreach_refused",
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state__in", ("held", "refused")), _negated=True),
                        models.Q(("reason", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="outreach_refusal_has_reason",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "held"), _negated=True), ("until__isnull", False), _connector="OR"
                    ),
                    name="outreach_held_has_end",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="HoldoutDraw",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("kept_out", models.BooleanField()),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                "scene",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="draws",
                    to="touchpoints.outreachscene",
                ),
            ),
        ],
        options={
            "verbose_name": "draw",
            "verbose_name_plural": "draws",
            "constraints": [models.UniqueConstraint(fields=("customer", "scene"), name="holdout_once")],
        },
    ),
    migrations.CreateModel(
        name="ChannelChoice",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("grade", models.CharField(blank=True, max_length=40, verbose_name="grade")),
            ("ways", models.JSONField(default=list, verbose_name="ways")),
            (
                "scene",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="choices", to="touchpoints.outreachscene"
                ),
            ),
        ],
        options={
            "verbose_name": "choice of channel",
            "verbose_name_plural": "choices of channel",
            "ordering": ["scene", "grade"],
            "constraints": [models.UniqueConstraint(fields=("scene", "grade"), name="channel_choice_once")],
        },
    ),
    migrations.CreateModel(
        name="Template",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=60, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            ("is_active", models.BooleanField(default=True, verbose_name="in use")),
            (
                "scene",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="templates",
                    to="touchpoints.outreachscene",
                    verbose_name="occasion",
                ),
            ),
        ],
        options={
            "verbose_name": "message text",
            "verbose_name_plural": "message texts",
            "ordering": ["code"],
        },
    ),
    migrations.CreateModel(
        name="Variant",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "way",
                models.CharField(
                    choices=[
                        ("sms", "SMS"),
                        ("mail", "Mail"),
                        ("wecom", "WeCom"),
                        ("app", "App"),
                        ("web", "Web chat"),
                        ("phone", "Phone"),
                    ],
                    max_length=10,
                    verbose_name="way",
                ),
            ),
            (
                "locale",
                models.CharField(
                    choices=[("zh-hans", "zh-hans"), ("zh-hant", "zh-hant"), ("en", "en")],
                    max_length=8,
                    verbose_name="language",
                ),
            ),
            ("subject", models.CharField(blank=True, max_length=150, verbose_name="subject")),
            ("body", models.TextField(max_length=4000, verbose_name="text")),
            ("provider_code", models.CharField(blank=True, max_length=60, verbose_name="provider's code")),
            (
                "template",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="variants", to="touchpoints.template"
                ),
            ),
        ],
        options={
            "verbose_name": "variant",
            "verbose_name_plural": "variants",
            "ordering": ["way", "locale"],
            "constraints": [models.UniqueConstraint(fields=("template", "way", "locale"), name="variant_once")],
        },
    ),
    migrations.CreateModel(
        name="Visitor",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("key", models.CharField(max_length=40, unique=True)),
            ("digest", models.BinaryField(max_length=32, unique=True)),
            ("until", models.DateTimeField()),
            (
                "channel",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="visitors", to="touchpoints.channel"
                ),
            ),
            (
                "conversation",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="visitors",
                    to="touchpoints.conversation",
                ),
            ),
        ],
        options={
            "verbose_name": "visitor",
            "verbose_name_plural": "visitors",
            "indexes": [models.Index(fields=["until"], name="chat_visitor_until")],
        },
    ),
    migrations.CreateModel(
        name="AppointmentKind",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            ("minutes", models.PositiveSmallIntegerField(default=30, verbose_name="minutes")),
            (
                "where",
                models.CharField(
                    choices=[("store", "In the store"), ("doorstep", "At the customer's door")],
                    default="store",
                    max_length=8,
                    verbose_name="where",
                ),
            ),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
            ("used", models.BooleanField(default=True, verbose_name="offered")),
        ],
        options={
            "verbose_name": "kind of appointment",
            "verbose_name_plural": "kinds of appointments",
            "ordering": ["place", "code"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("minutes__range", (5, 480))), name="appointment_kind_minutes"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Slot",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("starts_at", models.DateTimeField()),
            ("capacity", models.PositiveSmallIntegerField()),
            ("taken", models.PositiveSmallIntegerField(default=0)),
            (
                "kind",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="touchpoints.appointmentkind",
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
            "verbose_name": "slot",
            "verbose_name_plural": "slots",
            "constraints": [
                models.UniqueConstraint(fields=("store", "kind", "starts_at"), name="slot_once"),
                models.CheckConstraint(
                    condition=models.Q(("taken__lte", models.F("capacity"))), name="slot_never_over"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Appointment",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("came_as", models.BigIntegerField(null=True)),
            ("starts_at", models.DateTimeField()),
            (
                "state",
                models.CharField(
                    choices=[
                        ("booked", "Booked"),
                        ("arrived", "Has come"),
                        ("cancelled", "Cancelled"),
                        ("moved", "Moved"),
                        ("missed", "Did not come"),
                    ],
                    default="booked",
                    max_length=9,
                ),
            ),
            ("prepare", models.CharField(blank=True, max_length=300)),
            ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("ended_at", models.DateTimeField(null=True)),
            ("key", models.UUIDField(unique=True)),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="appointments",
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
                "moved_from",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="moved_to",
                    to="touchpoints.appointment",
                ),
            ),
            (
                "store",
                models.ForeignKey(
                    db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="staff.store"
                ),
            ),
            (
                "visit",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="touchpoints.visit",
                ),
            ),
            (
                "kind",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="touchpoints.appointmentkind",
                ),
            ),
            (
                "slot",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="appointments", to="touchpoints.slot"
                ),
            ),
        ],
        options={
            "verbose_name": "appointment",
            "verbose_name_plural": "appointments",
            "indexes": [
                models.Index(fields=["store", "starts_at"], name="appointment_store"),
                models.Index(fields=["customer", "-starts_at"], name="appointment_customer"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("ended_at", None), ("state", "booked")),
                        models.Q(models.Q(("state", "booked"), _negated=True), ("ended_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="appointment_ended_has_moment",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Capacity",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at_once", models.PositiveSmallIntegerField(default=1, verbose_name="at once")),
            (
                "kind",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="capacities",
                    to="touchpoints.appointmentkind",
                ),
            ),
            (
                "store",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="capacities",
                    to="staff.store",
                ),
            ),
        ],
        options={
            "verbose_name": "capacity",
            "verbose_name_plural": "capacities",
            "constraints": [models.UniqueConstraint(fields=("store", "kind"), name="capacity_once")],
        },
    ),
    migrations.CreateModel(
        name="Handover",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("handed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("note", models.CharField(max_length=300)),
            (
                "handed_by",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "handed_to",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "visit",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="handovers", to="touchpoints.visit"
                ),
            ),
        ],
        options={
            "verbose_name": "hand-over",
            "verbose_name_plural": "hand-overs",
        },
    ),
    migrations.CreateModel(
        name="MatchAnswer",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("said", models.CharField(choices=[("liked", "Liked it"), ("not_now", "Not now")], max_length=7)),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                "product",
                models.ForeignKey(
                    db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="commerce.product"
                ),
            ),
            (
                "visit",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="match_answers",
                    to="touchpoints.visit",
                ),
            ),
        ],
        options={
            "verbose_name": "answer to a proposal",
            "verbose_name_plural": "answers to proposals",
            "constraints": [models.UniqueConstraint(fields=("visit", "product"), name="match_answer_once")],
        },
    ),
    migrations.CreateModel(
        name="QueueDay",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("day", models.DateField()),
            ("last", models.PositiveIntegerField(default=0)),
            (
                "store",
                models.ForeignKey(
                    db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="staff.store"
                ),
            ),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("store", "day"), name="queue_day_once")],
        },
    ),
    migrations.CreateModel(
        name="QueueTicket",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("day", models.DateField()),
            ("number", models.PositiveIntegerField()),
            ("came_as", models.BigIntegerField(null=True)),
            (
                "state",
                models.CharField(
                    choices=[("waiting", "Waiting"), ("called", "Called"), ("served", "Served"), ("left", "Has left")],
                    default="waiting",
                    max_length=7,
                ),
            ),
            ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("called_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
            ("key", models.UUIDField(unique=True)),
            ("digest", models.BinaryField(max_length=32, unique=True)),
            (
                "called_by",
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
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="queue_tickets",
                    to="customers.customer",
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
                "store",
                models.ForeignKey(
                    db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="staff.store"
                ),
            ),
        ],
        options={
            "verbose_name": "number in the line",
            "verbose_name_plural": "numbers in the line",
            "constraints": [
                models.UniqueConstraint(fields=("store", "day", "number"), name="queue_number_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "called"), _negated=True), ("called_at__isnull", False), _connector="OR"
                    ),
                    name="queue_called_when",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Waiting",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("came_as", models.BigIntegerField(null=True)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("waiting", "Waiting"),
                        ("offered", "A place is held"),
                        ("taken", "Taken"),
                        ("lapsed", "Not answered in time"),
                        ("left", "Gave it up"),
                    ],
                    default="waiting",
                    max_length=7,
                ),
            ),
            ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("offered_at", models.DateTimeField(null=True)),
            ("offer_until", models.DateTimeField(null=True)),
            (
                "appointment",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="touchpoints.appointment",
                ),
            ),
            (
                "customer",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="waitings", to="customers.customer"
                ),
            ),
            (
                "slot",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="waitings", to="touchpoints.slot"
                ),
            ),
        ],
        options={
            "verbose_name": "place on the waiting list",
            "verbose_name_plural": "places on the waiting list",
            "indexes": [
                models.Index(condition=models.Q(("state", "offered")), fields=["offer_until"], name="waiting_offered")
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "offered"), _negated=True), ("offer_until__isnull", False), _connector="OR"
                    ),
                    name="waiting_offer_has_end",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="PhoneCall",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("call", models.CharField(max_length=100)),
            ("leg", models.CharField(max_length=40)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("ringing", "Ringing"),
                        ("answered", "Talking"),
                        ("transferred", "Passed on"),
                        ("ended", "Over"),
                        ("recorded", "Over, recorded"),
                        ("transcribed", "Over, written down"),
                    ],
                    max_length=11,
                ),
            ),
            ("direction", models.CharField(blank=True, max_length=3)),
            ("told", models.JSONField(default=dict)),
            ("hint", models.BooleanField(default=False)),
            ("outcome", models.CharField(blank=True, max_length=10)),
            ("talk_seconds", models.PositiveIntegerField(null=True)),
            ("began_at", models.DateTimeField()),
            ("booked", models.BooleanField(default=False)),
            (
                "agent",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "channel",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="calls",
                    to="touchpoints.channel",
                ),
            ),
            (
                "customer",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="calls",
                    to="customers.customer",
                ),
            ),
        ],
        options={
            "verbose_name": "call",
            "verbose_name_plural": "calls",
            "indexes": [
                models.Index(
                    condition=models.Q(("state__in", ("ringing", "answered", "transferred"))),
                    fields=["agent", "-began_at"],
                    name="phone_call_agent",
                ),
                models.Index(
                    condition=models.Q(("customer", None), _negated=True),
                    fields=["customer", "-began_at"],
                    name="phone_call_customer",
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("channel", "call", "leg"), name="phone_call_once")],
        },
    ),
    migrations.CreateModel(
        name="ScriptTopic",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
        ],
        options={
            "verbose_name": "topic of scripts",
            "verbose_name_plural": "topics of scripts",
            "ordering": ["place", "code"],
        },
    ),
    migrations.CreateModel(
        name="Script",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=60, verbose_name="code")),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            ("valid_from", models.DateField(blank=True, null=True, verbose_name="valid from")),
            ("valid_until", models.DateField(blank=True, null=True, verbose_name="valid until")),
            ("review_by", models.DateField(verbose_name="to be looked at again by")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("draft", "Draft"),
                        ("submitted", "Waits for a second person"),
                        ("approved", "Approved"),
                        ("retired", "Out of use"),
                    ],
                    default="draft",
                    max_length=9,
                ),
            ),
            ("version", models.PositiveIntegerField(default=1)),
            ("uses", models.PositiveIntegerField(default=0)),
            ("last_used_at", models.DateTimeField(null=True)),
            ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("approved_at", models.DateTimeField(null=True)),
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
                "changed_by",
                models.ForeignKey(
                    db_index=False,
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
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "topic",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="scripts",
                    to="touchpoints.scripttopic",
                    verbose_name="topic",
                ),
            ),
        ],
        options={
            "verbose_name": "script",
            "verbose_name_plural": "scripts",
            "ordering": ["topic", "code"],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "approved")), fields=("code",), name="script_approved_once"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ("draft", "submitted"))),
                    fields=("code",),
                    name="script_draft_once",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "approved"), _negated=True),
                        models.Q(("approved_at__isnull", False), ("approved_by__isnull", False)),
                        _connector="OR",
                    ),
                    name="script_approval_has_person",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("approved_by", None),
                        models.Q(("approved_by", models.F("changed_by")), _negated=True),
                        _connector="OR",
                    ),
                    name="script_approved_by_second",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ScriptUse",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ("altered", models.BooleanField(default=False)),
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
                    related_name="+",
                    to="customers.customer",
                ),
            ),
            (
                "message",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, related_name="script_use", to="touchpoints.message"
                ),
            ),
            (
                "script",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="used",
                    to="touchpoints.script",
                ),
            ),
        ],
        options={
            "verbose_name": "use of a script",
            "verbose_name_plural": "uses of scripts",
            "indexes": [
                models.Index(fields=["script", "-at"], name="script_use_script"),
                models.Index(fields=["customer"], name="script_use_customer"),
            ],
        },
    ),
    migrations.CreateModel(
        name="ScriptVariant",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "way",
                models.CharField(
                    blank=True,
                    choices=[
                        ("", "every channel"),
                        ("sms", "SMS"),
                        ("mail", "Mail"),
                        ("wecom", "WeCom"),
                        ("app", "App"),
                        ("web", "Web chat"),
                        ("phone", "Phone"),
                    ],
                    max_length=10,
                ),
            ),
            (
                "locale",
                models.CharField(choices=[("zh-hans", "zh-hans"), ("zh-hant", "zh-hant"), ("en", "en")], max_length=8),
            ),
            ("body", models.TextField(max_length=2000)),
            (
                "script",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="variants", to="touchpoints.script"
                ),
            ),
        ],
        options={
            "verbose_name": "wording of a script",
            "verbose_name_plural": "wordings of scripts",
            "ordering": ["way", "locale"],
            "constraints": [
                models.UniqueConstraint(fields=("script", "way", "locale"), name="script_variant_once"),
                models.CheckConstraint(condition=models.Q(("body", ""), _negated=True), name="script_variant_says"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Touchpoint",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=60, unique=True, verbose_name="code")),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words, verbose_name="name")),
            (
                "stage",
                models.CharField(
                    choices=[
                        ("know", "Gets to know"),
                        ("decide", "Chooses"),
                        ("buy", "Buys"),
                        ("use", "Uses"),
                        ("again", "Buys again"),
                        ("tell", "Recommends or leaves"),
                    ],
                    max_length=6,
                    verbose_name="stage",
                ),
            ),
            (
                "way",
                models.CharField(
                    choices=[
                        ("store", "Store"),
                        ("sms", "SMS"),
                        ("mail", "Mail"),
                        ("wecom", "WeCom"),
                        ("app", "App"),
                        ("web", "Web chat"),
                        ("phone", "Phone"),
                    ],
                    max_length=10,
                    verbose_name="way",
                ),
            ),
            (
                "standard",
                models.PositiveIntegerField(
                    blank=True,
                    help_text="Counted within the opening hours.",
                    null=True,
                    verbose_name="answered within minutes",
                ),
            ),
            (
                "script",
                models.SlugField(blank=True, help_text="The code of a script.", max_length=60, verbose_name="script"),
            ),
            (
                "look",
                scrm.kernel.words.WordsField(
                    blank=True, default=scrm.kernel.words.Words, verbose_name="how it should look and sound"
                ),
            ),
            ("used", models.BooleanField(default=True, verbose_name="in use")),
            ("place", models.PositiveSmallIntegerField(default=50, verbose_name="place")),
            (
                "calendar",
                models.ForeignKey(
                    blank=True,
                    help_text="Empty: day and night.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="staff.calendar",
                    verbose_name="opening hours",
                ),
            ),
            (
                "owner",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="who answers for it",
                ),
            ),
            (
                "store",
                models.ForeignKey(
                    blank=True,
                    help_text="Empty: all stores.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="staff.store",
                    verbose_name="store",
                ),
            ),
        ],
        options={
            "verbose_name": "touchpoint",
            "verbose_name_plural": "touchpoints",
            "ordering": ["place", "code"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("store", None), ("way", "store"), _connector="OR"),
                    name="touchpoint_store_of_way",
                ),
                models.CheckConstraint(
                    condition=models.Q(("standard", 0), _negated=True), name="touchpoint_standard_above_zero"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="TouchDay",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("day", models.DateField()),
            ("volume", models.PositiveIntegerField()),
            ("asked", models.PositiveIntegerField()),
            ("within", models.PositiveIntegerField()),
            ("reckoned_at", models.DateTimeField()),
            (
                "touchpoint",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="days",
                    to="touchpoints.touchpoint",
                ),
            ),
        ],
        options={
            "verbose_name": "day of a touchpoint",
            "verbose_name_plural": "days of touchpoints",
            "indexes": [models.Index(fields=["day"], name="touch_day_day")],
            "constraints": [
                models.UniqueConstraint(fields=("touchpoint", "day"), name="touch_day_once"),
                models.CheckConstraint(
                    condition=models.Q(("within__lte", models.F("asked"))), name="touch_day_within_asked"
                ),
            ],
        },
    ),
]


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("touchpoints", "0002_mistaken_visit"),
        ("touchpoints", "0003_names"),
        ("touchpoints", "0004_merging"),
        ("touchpoints", "0005_webhooks"),
        ("touchpoints", "0006_channels"),
        ("touchpoints", "0021_calls"),
        ("touchpoints", "0031_touchmap"),
        ("touchpoints", "0032_contacts_of_the_past"),
    ]

    dependencies = [
        ("staff", "0001_initial"),
        ("customers", "0001_initial"),
        ("commerce", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateTables(TABLES),
    ]

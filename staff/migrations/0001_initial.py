"""People and machines who work here, stores, calendars, and the audit with its seals."""

import django.contrib.auth.models
import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import scrm.kernel.columns
import scrm.kernel.words
from scrm.kernel.tables import CreateTables

TABLES = [
    migrations.CreateModel(
        name="ApiClient",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=60, unique=True)),
            ("name", models.CharField(max_length=100)),
            ("scopes", models.JSONField(default=list)),
            ("secret_digest", models.CharField(blank=True, editable=False, max_length=64)),
            ("former_digest", models.CharField(blank=True, editable=False, max_length=64)),
            ("former_until", models.DateTimeField(blank=True, editable=False, null=True)),
            ("is_active", models.BooleanField(default=True)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("former_tail", models.CharField(blank=True, editable=False, max_length=4)),
            ("secret_made_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ("secret_tail", models.CharField(blank=True, editable=False, max_length=4)),
        ],
        options={
            "ordering": ["code"],
            "verbose_name": "API client",
            "verbose_name_plural": "API clients",
        },
    ),
    migrations.CreateModel(
        name="Calendar",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            ("zone", models.CharField(default="Asia/Shanghai", max_length=40)),
        ],
        options={
            "ordering": ["code"],
            "verbose_name": "calendar",
            "verbose_name_plural": "calendars",
        },
    ),
    migrations.CreateModel(
        name="Region",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=20, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
        ],
        options={
            "ordering": ["code"],
            "verbose_name": "region",
            "verbose_name_plural": "regions",
        },
    ),
    migrations.CreateModel(
        name="SignInLock",
        fields=[
            ("name_digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
            ("failures", models.PositiveIntegerField(default=0)),
            ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
        ],
    ),
    migrations.CreateModel(
        name="User",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("password", models.CharField(max_length=128, verbose_name="password")),
            ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
            (
                "is_superuser",
                models.BooleanField(
                    default=False,
                    help_text="Designates that this user has all permissions without explicitly assigning them.",
                    verbose_name="superuser status",
                ),
            ),
            (
                "username",
                models.CharField(
                    error_messages={"unique": "A user with that username already exists."},
                    help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                    max_length=150,
                    unique=True,
                    validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                    verbose_name="username",
                ),
            ),
            ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
            ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
            ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
            (
                "is_active",
                models.BooleanField(
                    default=True,
                    help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                    verbose_name="active",
                ),
            ),
            ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
            ("full_name", scrm.kernel.words.WordsField(blank=True, default=scrm.kernel.words.Words)),
            ("language", models.CharField(default="zh-hans", max_length=8)),
            ("zone", models.CharField(default="Asia/Shanghai", max_length=40)),
            ("wants_shortcuts", models.BooleanField(default=True)),
            (
                "groups",
                models.ManyToManyField(
                    blank=True,
                    help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                    related_name="user_set",
                    related_query_name="user",
                    to="auth.group",
                    verbose_name="groups",
                ),
            ),
            (
                "user_permissions",
                models.ManyToManyField(
                    blank=True,
                    help_text="Specific permissions for this user.",
                    related_name="user_set",
                    related_query_name="user",
                    to="auth.permission",
                    verbose_name="user permissions",
                ),
            ),
        ],
        options={
            "ordering": ["username"],
            "verbose_name": "colleague",
            "verbose_name_plural": "colleagues",
        },
        managers=[
            ("objects", django.contrib.auth.models.UserManager()),
        ],
    ),
    migrations.CreateModel(
        name="CalendarDay",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("day", models.DateField()),
            ("name", scrm.kernel.words.WordsField(blank=True, default=scrm.kernel.words.Words)),
            ("opens", models.TimeField(blank=True, null=True)),
            ("closes", models.TimeField(blank=True, null=True)),
            (
                "calendar",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="days", to="staff.calendar"
                ),
            ),
        ],
        options={
            "ordering": ["day", "opens"],
        },
    ),
    migrations.CreateModel(
        name="Store",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.CharField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("flagship", "Flagship"),
                        ("hall", "Experience hall"),
                        ("full", "Full store"),
                        ("express", "Express"),
                        ("online", "Online shop"),
                    ],
                    default="full",
                    max_length=10,
                ),
            ),
            (
                "scene",
                models.CharField(
                    blank=True,
                    choices=[
                        ("mall", "Mall"),
                        ("office", "Office district"),
                        ("campus", "Campus"),
                        ("community", "Neighbourhood"),
                    ],
                    max_length=10,
                ),
            ),
            ("city", scrm.kernel.words.WordsField(blank=True, default=scrm.kernel.words.Words)),
            ("district", scrm.kernel.words.WordsField(blank=True, default=scrm.kernel.words.Words)),
            ("area_m2", models.PositiveIntegerField(blank=True, null=True)),
            ("features", models.JSONField(blank=True, default=list)),
            ("zone", models.CharField(default="Asia/Shanghai", max_length=40)),
            ("currency", models.CharField(default="CNY", max_length=3)),
            ("opened_on", models.DateField(blank=True, null=True)),
            ("closed_on", models.DateField(blank=True, null=True)),
            (
                "calendar",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="stores",
                    to="staff.calendar",
                ),
            ),
            (
                "region",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="stores", to="staff.region"
                ),
            ),
        ],
        options={
            "ordering": ["code"],
            "verbose_name": "store",
            "verbose_name_plural": "stores",
        },
    ),
    migrations.CreateModel(
        name="Team",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.SlugField(max_length=40, unique=True)),
            ("name", scrm.kernel.words.WordsField(default=scrm.kernel.words.Words)),
            (
                "region",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="teams",
                    to="staff.region",
                ),
            ),
            (
                "store",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="teams",
                    to="staff.store",
                ),
            ),
        ],
        options={
            "ordering": ["code"],
            "verbose_name": "team",
            "verbose_name_plural": "teams",
        },
    ),
    migrations.CreateModel(
        name="Absence",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("starts_on", models.DateField()),
            ("ends_on", models.DateField()),
            ("reason", models.CharField(blank=True, max_length=100)),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="absences", to=settings.AUTH_USER_MODEL
                ),
            ),
        ],
        options={
            "ordering": ["-starts_on"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="absence_ends_after_start"
                )
            ],
            "verbose_name": "absence",
            "verbose_name_plural": "absences",
        },
    ),
    migrations.CreateModel(
        name="AuditEntry",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField(auto_now_add=True)),
            ("client", models.CharField(blank=True, max_length=60)),
            ("what", models.CharField(max_length=60)),
            ("object_kind", models.CharField(blank=True, max_length=40)),
            ("object_id", models.CharField(blank=True, max_length=60)),
            ("address", models.GenericIPAddressField(null=True)),
            ("request", models.CharField(blank=True, max_length=16)),
            ("details", models.JSONField(default=dict, null=True)),
            (
                "who",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("salt", models.BinaryField(null=True)),
            ("digest", models.BinaryField(default=bytes)),
            (
                "written_by",
                scrm.kernel.columns.TransactionField(
                    db_default=models.Func(function="pg_current_xact_id"), editable=False
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(fields=["-at", "-id"], name="audit_at"),
                models.Index(fields=["what", "-at"], name="audit_what"),
                models.Index(fields=["who", "-at"], name="audit_who"),
                models.Index(fields=["written_by"], name="audit_written_by"),
                models.Index(fields=["object_kind", "object_id", "-at"], name="audit_object"),
                models.Index(fields=["address", "-at"], name="audit_address"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("what__startswith", "alarm.")),
                    fields=("who", "what", "object_id"),
                    name="audit_alarm_once",
                )
            ],
            "verbose_name": "audit entry",
            "verbose_name_plural": "audit entries",
        },
    ),
    migrations.CreateModel(
        name="CalendarHours",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("weekday", models.PositiveSmallIntegerField(help_text="0 is Monday.")),
            ("opens", models.TimeField()),
            ("closes", models.TimeField()),
            (
                "calendar",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="hours", to="staff.calendar"
                ),
            ),
        ],
        options={
            "ordering": ["weekday", "opens"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("closes__gt", models.F("opens"))), name="hours_close_after_open"
                ),
                models.CheckConstraint(condition=models.Q(("weekday__lte", 6)), name="hours_weekday"),
            ],
        },
    ),
    migrations.CreateModel(
        name="StaffSession",
        fields=[
            (
                "session_key",
                models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
            ),
            ("session_data", models.TextField(verbose_name="session data")),
            ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
            ("device", models.CharField(blank=True, max_length=200)),
            ("address", models.GenericIPAddressField(null=True)),
            ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
            ("seen_at", models.DateTimeField(default=django.utils.timezone.now)),
            (
                "user",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="sessions",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "verbose_name": "session",
            "verbose_name_plural": "sessions",
            "abstract": False,
            "indexes": [models.Index(fields=["user", "-seen_at"], name="session_user")],
        },
    ),
    migrations.CreateModel(
        name="Membership",
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
                ),
            ),
            ("starts_on", models.DateField(default=django.utils.timezone.localdate)),
            ("ends_on", models.DateField(blank=True, null=True)),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL
                ),
            ),
            (
                "region",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="memberships",
                    to="staff.region",
                ),
            ),
            (
                "store",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="memberships",
                    to="staff.store",
                ),
            ),
            (
                "team",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="memberships",
                    to="staff.team",
                ),
            ),
        ],
        options={
            "ordering": ["user", "starts_on"],
            "indexes": [models.Index(fields=["user", "starts_on"], name="membership_user")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("ends_on", None), ("ends_on__gte", models.F("starts_on")), _connector="OR"),
                    name="membership_ends_after_start",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("region", None), ("store", None)),
                        models.Q(("store", None), ("team", None)),
                        models.Q(("region", None), ("team", None)),
                        _connector="OR",
                    ),
                    name="membership_at_most_one_place",
                ),
            ],
            "verbose_name": "membership",
            "verbose_name_plural": "memberships",
        },
    ),
    migrations.CreateModel(
        name="AuditSeal",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("number", models.BigIntegerField(unique=True)),
            ("made_at", models.DateTimeField()),
            ("rows", models.PositiveIntegerField()),
            ("ids", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
            ("leaves", models.BinaryField()),
            ("former", models.BinaryField(max_length=32)),
            ("root", models.BinaryField(max_length=32)),
            ("below", models.BigIntegerField()),
            ("beyond", models.BigIntegerField()),
            ("cluster", models.CharField(max_length=40)),
            ("signature", models.BinaryField(max_length=32)),
            ("highest", models.BigIntegerField()),
        ],
        options={
            "verbose_name": "audit seal",
            "verbose_name_plural": "audit seals",
            "indexes": [models.Index(fields=["highest"], name="audit_seal_highest")],
        },
    ),
    migrations.CreateModel(
        name="ApiCall",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField()),
            ("method", models.CharField(max_length=7)),
            ("route", models.CharField(max_length=60)),
            ("status", models.PositiveSmallIntegerField()),
            ("replayed", models.BooleanField(default=False)),
            ("problem", models.CharField(blank=True, max_length=40)),
            ("request", models.CharField(max_length=16)),
            ("took", models.PositiveIntegerField()),
            ("tail", models.CharField(max_length=4)),
            (
                "client",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="calls",
                    to="staff.apiclient",
                ),
            ),
        ],
        options={
            "verbose_name": "API call",
            "verbose_name_plural": "API calls",
            "indexes": [
                models.Index(fields=["client", "-at", "-id"], name="api_call_client"),
                models.Index(fields=["at"], name="api_call_at"),
            ],
        },
    ),
    migrations.CreateModel(
        name="AuditProof",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField(auto_now_add=True)),
            ("rows", models.BigIntegerField()),
            ("sealed", models.BigIntegerField()),
            ("erased", models.BigIntegerField()),
            ("seals", models.BigIntegerField()),
            ("wrong", models.PositiveIntegerField()),
            ("violations", models.JSONField(default=list)),
            (
                "asked_by",
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
            "verbose_name": "audit proof",
            "verbose_name_plural": "audit proofs",
        },
    ),
    migrations.CreateModel(
        name="SigningSecret",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("key", models.BinaryField()),
            ("sealed", models.BinaryField()),
            ("tail", models.CharField(max_length=4)),
            ("made_at", models.DateTimeField(auto_now_add=True)),
            ("ends_at", models.DateTimeField(null=True)),
            (
                "client",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="signing_secrets", to="staff.apiclient"
                ),
            ),
        ],
        options={
            "verbose_name": "signing key",
            "verbose_name_plural": "signing keys",
            "ordering": ["-pk"],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("ends_at", None)), fields=("client",), name="signing_secret_newest"
                )
            ],
        },
    ),
]

# The audit is added to and never changed; an erasure blanks salt and details together, and nothing else.
AUDIT = """
create function staff_audit_only_added() returns trigger language plpgsql as $$
begin
  raise exception 'audit rows are only ever added';
end $$;
create trigger staff_audit_never_emptied before truncate on staff_auditentry
  for each statement execute function staff_audit_only_added();
create trigger staff_auditseal_only_added before update or delete on staff_auditseal
  for each statement execute function staff_audit_only_added();

create function staff_audit_added() returns trigger language plpgsql as $$
begin
  -- First the transaction's number, then the row's: a row that was numbered before another began before it.
  new.written_by := pg_current_xact_id();
  new.id := nextval(pg_get_serial_sequence('staff_auditentry', 'id'));
  new.salt := uuid_send(gen_random_uuid());
  new.digest := sha256(new.salt || convert_to(new.details::text, 'UTF8'));
  return new;
end $$;
create trigger staff_audit_added before insert on staff_auditentry
  for each row execute function staff_audit_added();

create function staff_audit_kept() returns trigger language plpgsql as $$
begin
  -- The one change there is: an erasure blanks salt and details together.
  if tg_op = 'UPDATE' and new.salt is null and new.details is null
     and to_jsonb(new) - 'salt' - 'details' = to_jsonb(old) - 'salt' - 'details' then
    return new;
  end if;
  raise exception 'audit rows are only ever added';
end $$;
create trigger staff_audit_only_added before update or delete on staff_auditentry
  for each row execute function staff_audit_kept();
"""


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("staff", "0002_audit_is_only_added"),
        ("staff", "0003_names"),
        ("staff", "0004_audit_seal"),
        ("staff", "0005_clients_and_proofs"),
        ("staff", "0006_signing"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        CreateTables(TABLES),
        migrations.RunSQL(
            AUDIT,
            """
            drop trigger staff_audit_only_added on staff_auditentry;
            drop trigger staff_audit_added on staff_auditentry;
            drop trigger staff_auditseal_only_added on staff_auditseal;
            drop trigger staff_audit_never_emptied on staff_auditentry;
            drop function staff_audit_kept();
            drop function staff_audit_added();
            drop function staff_audit_only_added();
            """,
        ),
    ]

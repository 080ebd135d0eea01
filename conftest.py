"""The fixed cast of the tests: a few people, two stores, one customer."""

import time as time_of
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone, translation

from customers import fact_names
from customers.actions import add_identity
from customers.models import (
    ConsentText,
    Customer,
    FactKey,
    NeedKind,
    RecordKind,
    Scene,
    StoreTie,
    TagDimension,
    TagRule,
    TagValue,
)
from loyalty import guesses
from scrm.kernel import segment_field
from scrm.kernel.words import words
from staff import names
from staff.models import Calendar, CalendarHours, Membership, Region, Role, Store, Team, User
from tickets.models import (
    Authority,
    Procedure,
    ProcedureStep,
    PromiseTarget,
    Reason,
    Rung,
    Status,
    StoreBudget,
    Topic,
)
from touchpoints.models import AppointmentKind, ScriptTopic

PASSWORD = "a-long-enough-password"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Tests with threads empty the tables at their end; the audit would rightly refuse that."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("drop trigger staff_audit_never_emptied on staff_auditentry")
        # Read before the first test has run.
        _brought.update({model: list(model._default_manager.order_by("pk")) for model in SEEDED})


# What migrations bring: tests with threads empty every table at their end, and the next test finds it again.
SEEDED = (
    FactKey,
    Scene,
    NeedKind,
    ConsentText,
    TagDimension,
    TagValue,
    TagRule,
    RecordKind,
    AppointmentKind,
    ScriptTopic,
    Topic,
    Status,
    PromiseTarget,
    Rung,
    Reason,
    Authority,
    StoreBudget,
    Procedure,
    ProcedureStep,
)


_brought: dict[Any, list[Any]] = {}


@pytest.fixture(autouse=True)
def _what_migrations_brought(request):
    names = request.fixturenames
    if not ({"db", "transactional_db"} & set(names) or request.node.get_closest_marker("django_db")):
        return
    request.getfixturevalue("_django_db_helper")
    if not ScriptTopic.objects.exists():
        for model, rows in _brought.items():
            model.objects.bulk_create(rows, ignore_conflicts=True)


@pytest.fixture(autouse=True)
def _own_place(settings, tmp_path):
    """No test writes into another's files, and the second factor is off unless a test turns it on."""
    settings.IMPORTS_ROOT = tmp_path / "imports"
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.ERASURES_FILE = tmp_path / "erasures.jsonl"
    settings.AUDIT_HEAD_FILE = tmp_path / "audit-head.json"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture(autouse=True)
def _nothing_stays(request, monkeypatch):
    """A language set by one test is not the next one's; no row is left behind on a connection of its own."""
    if "own_connections" not in request.fixturenames:
        monkeypatch.setattr("loyalty.guesses._alarm_beside", guesses._alarm)
    names.forget()
    fact_names.forget()
    segment_field.forget()
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def east(db) -> Region:
    return Region.objects.create(code="east", name=words("华东", "華東", "East"))


@pytest.fixture
def mall_hours(db) -> Calendar:
    calendar = Calendar.objects.create(code="mall", name=words("商场", "商場", "Mall"))
    CalendarHours.objects.bulk_create(
        CalendarHours(calendar=calendar, weekday=day, opens=time(10), closes=time(22)) for day in range(7)
    )
    return calendar


@pytest.fixture
def west_lake(east, mall_hours) -> Store:
    return Store.objects.create(
        code="HZ01", name=words("西湖店", "西湖店", "West Lake"), region=east, kind="flagship", scene="mall",
        calendar=mall_hours,
    )  # fmt: skip


@pytest.fixture
def jingan(east, mall_hours) -> Store:
    return Store.objects.create(
        code="SH01", name=words("静安店", "靜安店", "Jing'an"), region=east, kind="flagship", scene="mall",
        calendar=mall_hours,
    )  # fmt: skip


def person(username: str, role: str | None, *, store: Store | None = None, team: Team | None = None,
           region: Region | None = None, hans: str = "", hant: str = "", en: str = "") -> User:  # fmt: skip
    user = User.objects.create_user(
        username, email=f"{username}@example.com", password=PASSWORD, language="en",
        full_name=words(hans or username, hant, en or username),
    )  # fmt: skip
    if role:
        Membership.objects.create(
            user=user, role=role, store=store, team=team, region=region,
            starts_on=timezone.localdate() - timedelta(days=30),
        )  # fmt: skip
    return user


@pytest.fixture
def ke(west_lake) -> User:
    """Chen Ke, associate of West Lake."""
    return person("ke.chen", Role.ASSOCIATE, store=west_lake, hans="陈可", hant="陳可", en="Chen Ke")


@pytest.fixture
def zhao(jingan) -> User:
    """Zhao the outsider, associate of Jing'an."""
    return person("qi.zhao", Role.ASSOCIATE, store=jingan, hans="赵启", hant="趙啟", en="Zhao Qi")


@pytest.fixture
def ruoan(west_lake) -> User:
    return person("ruoan.shen", Role.ADVISOR, store=west_lake, hans="沈若安", hant="沈若安", en="Shen Ruoan")


@pytest.fixture
def lin(east) -> User:
    """Lin the agent, serving the East."""
    team = Team.objects.create(code="desk-east", name=words("华东客服", "華東客服", "East desk"), region=east)
    return person("shu.lin", Role.AGENT, team=team, hans="林舒", hant="林舒", en="Lin Shu")


@pytest.fixture
def he(west_lake) -> User:
    """He Qing, lead of West Lake."""
    return person("qing.he", Role.LEAD, store=west_lake, hans="何清", hant="何清", en="He Qing")


@pytest.fixture
def gu(db) -> User:
    """Gu Yan, operator of the whole brand."""
    return person("yan.gu", Role.OPERATOR, hans="顾言", hant="顧言", en="Gu Yan")


@pytest.fixture
def lu(db) -> User:
    return person("zhixing.lu", Role.AUDITOR, hans="卢知行", hant="盧知行", en="Lu Zhixing")


@pytest.fixture
def mei(west_lake, ruoan) -> Customer:
    """Mei, customer of West Lake, with a phone that ends in 1234."""
    customer = Customer.objects.create(
        number="20418837", family_name="梅", given_name="雨晴", display_name="梅雨晴", home_store=west_lake,
        advisor=ruoan, birth_month=12, birth_day=2,
    )  # fmt: skip
    StoreTie.objects.create(customer=customer, store=west_lake, last_on=timezone.localdate() - timedelta(days=44))
    add_identity(customer, kind="phone", value="19900001234", source="test", verified_at=timezone.now())
    add_identity(customer, kind="member_no", value="20418837", source="test", verified_at=timezone.now())
    return customer


def seal_all() -> int:
    """Seal what is written so far. Other test processes share the server, and a transaction of theirs holds back
    what may be sealed: wait until it is over."""
    from staff import audit_seal

    end = time_of.monotonic() + 120
    with connection.cursor() as cursor:
        while time_of.monotonic() < end:
            cursor.execute(
                "select coalesce(max(written_by)::text::bigint, 0) "
                "< pg_snapshot_xmin(pg_current_snapshot())::text::bigint from staff_auditentry"
            )
            if cursor.fetchone()[0]:
                break
            time_of.sleep(0.05)
    return audit_seal.seal()


@pytest.fixture
def own_connections() -> Iterator[None]:
    """For tests with threads: each closes its own connection."""
    yield
    connections.close_all()


A_DAY = date(2026, 11, 22)

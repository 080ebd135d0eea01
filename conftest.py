"""The fixed cast of the tests: a few people, two stores, one customer."""

import time as time_of
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import TransactionTestCase, override_settings
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
    """What a test with threads wrote is deleted at its end, by _emptied."""
    with django_db_blocker.unblock():
        # Read before the first test has run.
        _brought.update({model: list(model._default_manager.order_by("pk")) for model in SEEDED})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: _emptied())
        yield


# What migrations bring: a test with threads leaves it as it was.
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


def _emptied() -> None:
    """Every row a test committed is gone, what migrations brought is there again.

    Of hundreds of tables a test writes a few: to look which is ten times quicker than to truncate them all, and the
    guards that let nobody delete are asleep meanwhile. Types and permissions stay: every migration writes the same.
    """
    tables = [name for name in _tables() if name not in ("django_content_type", "auth_permission")]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            " union all ".join(f"(select '{name}' where exists (select from \"{name}\"))" for name in tables)
        )
        filled = [name for (name,) in cursor.fetchall()]
        cursor.execute("set local session_replication_role = replica")
        for name in filled:
            cursor.execute(f'delete from "{name}"')
        for model, rows in _brought.items():
            model._default_manager.bulk_create(rows)


@cache
def _tables() -> list[str]:
    return sorted(connection.introspection.django_table_names(only_existing=True, include_views=False))


@contextmanager
def built_once(blocker: Any, folder: Path) -> Iterator[None]:
    """What is made within stays for all tests of a file: each of them is undone for itself, and this at the end."""
    with blocker.unblock(), transaction.atomic(), override_settings(**_own(folder)):
        with translation.override(settings.LANGUAGE_CODE):
            yield
        transaction.set_rollback(True)


def _own(folder: Path) -> dict[str, Any]:
    return {
        "IMPORTS_ROOT": folder / "imports",
        "MEDIA_ROOT": folder / "media",
        "ERASURES_FILE": folder / "erasures.jsonl",
        "AUDIT_HEAD_FILE": folder / "audit-head.json",
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    }


@pytest.fixture(autouse=True)
def _own_place(settings, tmp_path):
    """No test writes into another's files, and the second factor is off unless a test turns it on."""
    for name, value in _own(tmp_path).items():
        setattr(settings, name, value)


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


class Cast:
    """Who and what the tests are about; each comes to be when first asked for."""

    NAMES = ("east", "mall_hours", "west_lake", "jingan", "ke", "zhao", "ruoan", "lin", "he", "gu", "lu", "mei")

    def whole(self) -> "Cast":
        for name in self.NAMES:
            getattr(self, name)
        return self

    @cached_property
    def east(self) -> Region:
        return Region.objects.create(code="east", name=words("华东", "華東", "East"))

    @cached_property
    def mall_hours(self) -> Calendar:
        calendar = Calendar.objects.create(code="mall", name=words("商场", "商場", "Mall"))
        CalendarHours.objects.bulk_create(
            CalendarHours(calendar=calendar, weekday=day, opens=time(10), closes=time(22)) for day in range(7)
        )
        return calendar

    @cached_property
    def west_lake(self) -> Store:
        return Store.objects.create(
            code="HZ01", name=words("西湖店", "西湖店", "West Lake"), region=self.east, kind="flagship", scene="mall",
            calendar=self.mall_hours,
        )  # fmt: skip

    @cached_property
    def jingan(self) -> Store:
        return Store.objects.create(
            code="SH01", name=words("静安店", "靜安店", "Jing'an"), region=self.east, kind="flagship", scene="mall",
            calendar=self.mall_hours,
        )  # fmt: skip

    @cached_property
    def ke(self) -> User:
        """Chen Ke, associate of West Lake."""
        return person("ke.chen", Role.ASSOCIATE, store=self.west_lake, hans="陈可", hant="陳可", en="Chen Ke")

    @cached_property
    def zhao(self) -> User:
        """Zhao the outsider, associate of Jing'an."""
        return person("qi.zhao", Role.ASSOCIATE, store=self.jingan, hans="赵启", hant="趙啟", en="Zhao Qi")

    @cached_property
    def ruoan(self) -> User:
        return person("ruoan.shen", Role.ADVISOR, store=self.west_lake, hans="沈若安", hant="沈若安", en="Shen Ruoan")

    @cached_property
    def lin(self) -> User:
        """Lin the agent, serving the East."""
        name = words("华东客服", "華東客服", "East desk")
        team = Team.objects.create(code="desk-east", name=name, region=self.east)
        return person("shu.lin", Role.AGENT, team=team, hans="林舒", hant="林舒", en="Lin Shu")

    @cached_property
    def he(self) -> User:
        """He Qing, lead of West Lake."""
        return person("qing.he", Role.LEAD, store=self.west_lake, hans="何清", hant="何清", en="He Qing")

    @cached_property
    def gu(self) -> User:
        """Gu Yan, operator of the whole brand."""
        return person("yan.gu", Role.OPERATOR, hans="顾言", hant="顧言", en="Gu Yan")

    @cached_property
    def lu(self) -> User:
        return person("zhixing.lu", Role.AUDITOR, hans="卢知行", hant="盧知行", en="Lu Zhixing")

    @cached_property
    def mei(self) -> Customer:
        """Mei, customer of West Lake, with a phone that ends in 1234."""
        customer = Customer.objects.create(
            number="20418837", family_name="梅", given_name="雨晴", display_name="梅雨晴", home_store=self.west_lake,
            advisor=self.ruoan, birth_month=12, birth_day=2,
        )  # fmt: skip
        day = timezone.localdate() - timedelta(days=44)
        StoreTie.objects.create(customer=customer, store=self.west_lake, last_on=day)
        add_identity(customer, kind="phone", value="19900001234", source="test", verified_at=timezone.now())
        add_identity(customer, kind="member_no", value="20418837", source="test", verified_at=timezone.now())
        return customer


@pytest.fixture
def cast(db) -> Cast:
    """A file may build its own, once for all its tests (`built_once`)."""
    return Cast()


@pytest.fixture
def east(cast) -> Region:
    return cast.east


@pytest.fixture
def mall_hours(cast) -> Calendar:
    return cast.mall_hours


@pytest.fixture
def west_lake(cast) -> Store:
    return cast.west_lake


@pytest.fixture
def jingan(cast) -> Store:
    return cast.jingan


@pytest.fixture
def ke(cast) -> User:
    return cast.ke


@pytest.fixture
def zhao(cast) -> User:
    return cast.zhao


@pytest.fixture
def ruoan(cast) -> User:
    return cast.ruoan


@pytest.fixture
def lin(cast) -> User:
    return cast.lin


@pytest.fixture
def he(cast) -> User:
    return cast.he


@pytest.fixture
def gu(cast) -> User:
    return cast.gu


@pytest.fixture
def lu(cast) -> User:
    return cast.lu


@pytest.fixture
def mei(cast) -> Customer:
    return cast.mei


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

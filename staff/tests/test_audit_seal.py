"""The seal of the audit: whatever somebody does with SQL alone is named."""

import json
import threading
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections

from conftest import seal_all
from staff import audit_seal
from staff.models import AuditEntry, AuditSeal, User, audit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sealed(gu: User) -> Iterator[list[int]]:
    """Twenty rows in two seals."""
    for round_ in range(2):
        for count in range(10):
            audit("customer.revealed", by=gu, of=gu, address="10.0.0.1", identity=count + round_)
        seal_all()
    yield list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "alter table staff_auditentry enable trigger all; alter table staff_auditseal enable trigger all"
        )
    connections.close_all()


def tamper(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("alter table staff_auditentry disable trigger user")
        cursor.execute("alter table staff_auditseal disable trigger user")
        cursor.execute(statement, values)


def named() -> set[tuple[str, int | None]]:
    return {(one.kind, one.row if one.row is not None else one.seal) for one in audit_seal.prove().violations}


def test_what_nobody_touched_is_green(sealed: list[int], gu: User) -> None:
    audit("signin.in", by=gu)

    proof = audit_seal.prove()

    assert (proof.green, proof.rows, proof.sealed, proof.unsealed, proof.seals) == (True, 21, 20, 1, 2)
    assert seal_all() == 1
    assert seal_all() == 0


@pytest.mark.parametrize(
    "change",
    ["at = at + interval '1 second'", "who_id = null", "client = 'x'", "what = 'signin.in'", "object_kind = 'x'",
     "object_id = '-7'", "address = '10.0.0.2'", "request = 'x'", "details = '{\"identity\": 9}'", "details = null",
     "salt = '\\x00'", "digest = '\\x00'", "written_by = '5'::xid8"],
)  # fmt: skip
def test_a_changed_field_is_named(sealed: list[int], change: str) -> None:
    tamper(f"update staff_auditentry set {change} where id = %s", sealed[7])

    assert named() == {("row changed", sealed[7])}


def test_details_changed_together_with_their_digest_are_named(sealed: list[int]) -> None:
    tamper(
        """update staff_auditentry set details = '{}', salt = 'x', digest = sha256('x'::bytea || '{}'::bytea)
           where id = %s""",
        sealed[3],
    )

    assert named() == {("row changed", sealed[3])}


def test_a_deleted_row_is_named(sealed: list[int]) -> None:
    tamper("delete from staff_auditentry where id = %s", sealed[12])

    assert named() == {("row deleted", sealed[12])}


COPY = """insert into staff_auditentry (id, at, who_id, client, what, object_kind, object_id, address, request,
          details, salt, digest, written_by) select %s, at, who_id, client, what, object_kind, object_id, address,
          request, details, salt, digest, {} from staff_auditentry where id = %s"""


@pytest.mark.parametrize("writer", ["written_by", "pg_current_xact_id()"])
def test_a_row_slipped_in_is_named_also_after_the_next_seal(sealed: list[int], writer: str) -> None:
    gap = next(pk for pk in range(sealed[0], sealed[-1]) if pk not in sealed)
    tamper(COPY.format(writer), gap, sealed[2])
    assert named() == {("row inserted", gap)}

    seal_all()

    assert named() == {("row inserted", gap)}


def test_a_row_before_all_others_is_named(sealed: list[int]) -> None:
    tamper(COPY.format("written_by"), -4, sealed[2])

    assert named() == {("row inserted", -4)}


def test_two_rows_that_changed_places_are_named(sealed: list[int]) -> None:
    first, second = sealed[1], sealed[2]
    tamper("update staff_auditentry set id = -1 where id = %s", first)
    tamper("update staff_auditentry set id = %s where id = %s", first, second)
    tamper("update staff_auditentry set id = %s where id = -1", second)

    assert named() == {("row changed", first), ("row changed", second)}


def test_a_seal_made_again_over_changed_rows_is_named(sealed: list[int]) -> None:
    tamper("update staff_auditentry set what = 'signin.in' where id = %s", sealed[0])
    one = AuditSeal.objects.get(number=1)
    with connection.cursor() as cursor:
        cursor.execute(f"select {audit_seal.LEAF} from staff_auditentry e where id = any(%s) order by id", [one.ids])
        leaves = [bytes(leaf) for (leaf,) in cursor.fetchall()]
    tamper(
        "update staff_auditseal set leaves = %s, root = %s where number = 1",
        b"".join(leaves), audit_seal.merkle_root(leaves),
    )  # fmt: skip

    assert ("seal rewritten", 1) in named()


@pytest.mark.parametrize("change", ["number = 7", "made_at = now()", "rows = 9", "ids = ids[1:9]", "former = 'x'",
                                    "below = 1", "beyond = 1", "cluster = 'x'", "highest = 99999"])  # fmt: skip
def test_a_rewritten_seal_is_named(sealed: list[int], change: str) -> None:
    tamper(f"update staff_auditseal set {change} where number = 1")

    assert "seal rewritten" in {kind for kind, _where in named()}


def test_a_deleted_seal_is_named(sealed: list[int]) -> None:
    tamper("delete from staff_auditseal where number = 1")

    assert ("seal deleted", 1) in named()


def test_a_deleted_last_seal_is_named_also_after_the_next(sealed: list[int], gu: User) -> None:
    tamper("delete from staff_auditseal where number = 2")
    assert named() == {("seal deleted", 2)}

    with connection.cursor() as cursor:
        cursor.execute("alter table staff_auditentry enable trigger user")
    audit("signin.in", by=gu)
    seal_all()

    assert named() == {("seal deleted", 2)}


def test_the_command_says_which_and_ends_with_1(sealed: list[int]) -> None:
    told = StringIO()
    call_command("verify_audit", json=True, stdout=told)
    assert json.loads(told.getvalue())["green"] is True

    tamper("delete from staff_auditentry where id = %s", sealed[0])
    told = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", json=True, stdout=told)

    assert ended.value.code == 1
    assert json.loads(told.getvalue())["violations"][0]["row"] == sealed[0]


def test_erasing_blanks_details_and_salt_and_the_seal_still_proves(sealed: list[int]) -> None:
    AuditEntry.objects.filter(pk=sealed[4]).update(details=None, salt=None)

    proof = audit_seal.prove()

    assert (proof.green, proof.erased) == (True, 1)


@pytest.mark.parametrize("change", [{"details": None}, {"salt": None}, {"details": None, "salt": None, "what": "x"}])
def test_nothing_else_of_a_row_can_be_changed(sealed: list[int], change: dict[str, Any]) -> None:
    from django.db import DatabaseError

    with pytest.raises(DatabaseError):
        AuditEntry.objects.filter(pk=sealed[4]).update(**change)
    with pytest.raises(DatabaseError):
        AuditSeal.objects.update(number=5)


def test_a_slow_transaction_is_sealed_later_and_is_not_called_slipped_in(gu: User, own_connections: None) -> None:
    written, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        from django.db import transaction

        with transaction.atomic():
            audit("signin.in", by=gu)
            written.set()
            may_end.wait(10)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(10)
    audit("signin.out", by=gu)
    assert audit_seal.seal() == 0  # what is newer than a running transaction waits
    may_end.set()
    thread.join()

    assert seal_all() == 2
    assert audit_seal.prove().green


def test_twenty_write_while_two_seal_and_each_row_is_sealed_once(gu: User, own_connections: None) -> None:
    done = threading.Event()

    def writing() -> None:
        for count in range(15):
            audit("signin.in", by=gu, count=count)
        connections.close_all()

    def sealing() -> None:
        while not done.is_set():
            audit_seal.seal()
        connections.close_all()

    writers = [threading.Thread(target=writing) for _each in range(20)]
    sealers = [threading.Thread(target=sealing) for _each in range(2)]
    for thread in [*writers, *sealers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    seal_all()

    proof = audit_seal.prove()
    ids = [pk for one in AuditSeal.objects.all() for pk in one.ids]
    assert (proof.violations, proof.sealed, proof.unsealed) == ([], 300, 0)
    assert len(ids) == len(set(ids)) == 300

"""Sealing the audit each minute, and proving afterwards that no row was changed, taken, slipped in or moved."""

import hashlib
import hmac
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from scrm.kernel import sealed
from staff.models import AuditProof, AuditSeal, User, audit

log = logging.getLogger("scrm.audit")

AT_ONCE = 10_000
# The words a row's mark is made of; the digest stands for the details, so that erasing them leaves the mark.
LEAF = """sha256('\\x00'::bytea || convert_to(jsonb_build_array(e.id, e.written_by::text,
  to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.who_id, e.client, e.what, e.object_kind,
  e.object_id, host(e.address), e.request, encode(e.digest, 'hex'))::text, 'UTF8'))"""
DIGEST_HOLDS = """case when e.salt is null and e.details is null then null
  else coalesce(e.digest = sha256(e.salt || convert_to(e.details::text, 'UTF8')), false) end"""


# Sealing


@transaction.atomic
def seal() -> int:
    """Seal every row whose transaction is surely over; how many. Of two sealers at once the second finds nothing."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('audit seal', 1))")
        last = AuditSeal.objects.order_by("-number").first()
        cursor.execute(
            """select pg_snapshot_xmin(s)::text::bigint, system_identifier::text
               from pg_current_snapshot() s, pg_control_system()"""
        )
        below, cluster = cursor.fetchone()
        # Our own number, drawn after that: whoever draws a later one numbers its rows behind all we seal.
        cursor.execute("select pg_current_xact_id()::text::bigint")
        beyond = cursor.fetchone()[0]
        rows = _ripe(cursor, last, below, cluster)
    for start in range(0, len(rows), AT_ONCE):
        last = _sealed(rows[start : start + AT_ONCE], last, below, beyond, cluster)
    if rows and last:
        transaction.on_commit(lambda: _remember(last))
    return len(rows)


def _ripe(cursor: Any, last: AuditSeal | None, below: int, cluster: str) -> list[tuple[int, bytes]]:
    """(id, mark) of the rows to seal, by id. Rows of transactions below `below` are all there: none comes later."""
    if last is not None and last.cluster == cluster:
        cursor.execute(
            f"select e.id, {LEAF} from staff_auditentry e where e.written_by >= %s::text::xid8"
            " and e.written_by < %s::text::xid8 order by e.id",
            [last.below, below],
        )
    else:
        # The first time on this server: rows of a restored copy carry another server's numbers. By this statement's
        # own snapshot, or a row written since the last one would be taken for such a row.
        cursor.execute(
            f"select e.id, {LEAF} from staff_auditentry e where e.written_by < %s::text::xid8"
            " or e.written_by >= pg_snapshot_xmax(pg_current_snapshot()) order by e.id",
            [below],
        )
    rows = [(pk, bytes(leaf)) for pk, leaf in cursor.fetchall()]
    if not rows:
        return rows
    near = AuditSeal.objects.filter(highest__gte=rows[0][0]).values_list("ids", flat=True)
    known = {pk for ids in near.iterator() for pk in ids}
    return [row for row in rows if row[0] not in known]


def _sealed(rows: list[tuple[int, bytes]], last: AuditSeal | None, below: int, beyond: int, cluster: str) -> AuditSeal:
    head = _heads().get(_place(cluster), {"number": 0})
    new = AuditSeal(
        # Behind the head, so that a seal cut off leaves its number empty for ever.
        number=max(last.number if last else 0, head["number"]) + 1, made_at=timezone.now(), rows=len(rows),
        ids=[pk for pk, _leaf in rows],
        leaves=b"".join(leaf for _pk, leaf in rows), former=bytes(last.root) if last else bytes(32),
        root=merkle_root([leaf for _pk, leaf in rows]), below=below, beyond=beyond, cluster=cluster,
        highest=max(rows[-1][0], last.highest if last else 0),
    )  # fmt: skip
    new.signature = _signature(new)
    new.save(force_insert=True)
    log.info("Sealed %s audit rows, number %s, root %s.", new.rows, new.number, bytes(new.root).hex())
    return new


def merkle_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 without its leaf hash (the marks are hashed already): nodes are SHA-256(0x01, left, right)."""
    level = leaves
    while len(level) > 1:
        pairs = [
            hashlib.sha256(b"\x01" + level[place] + level[place + 1]).digest() for place in range(0, len(level) - 1, 2)
        ]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0] if level else bytes(32)


def _signature(one: AuditSeal) -> bytes:
    words = [
        one.number, one.made_at.isoformat(), one.rows, one.highest, bytes(one.former).hex(), bytes(one.root).hex(),
        hashlib.sha256(",".join(map(str, one.ids)).encode()).hexdigest(), one.below, one.beyond, one.cluster,
    ]  # fmt: skip
    return sealed.signature("audit", json.dumps(words).encode())


# The head: the newest seal's number, kept outside the database, so that a cut at the end shows.


def _remember(last: AuditSeal) -> None:
    path = Path(settings.AUDIT_HEAD_FILE)
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        heads = _heads()
        heads[_place(last.cluster)] = {"number": last.number, "signature": bytes(last.signature).hex()}
        draft.write_text(json.dumps(heads))
        draft.replace(path)
    except OSError as error:
        log.warning("The newest audit seal could not be noted beside the data: %s", type(error).__name__)


def _heads() -> dict[str, dict[str, Any]]:
    try:
        return json.loads(Path(settings.AUDIT_HEAD_FILE).read_text())
    except (OSError, ValueError):
        return {}


def _place(cluster: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("select oid::text from pg_database where datname = current_database()")
        return f"{cluster}/{cursor.fetchone()[0]}"


# Proving


def check(*, by: User | None = None, address: str | None = None) -> AuditProof:
    """Prove the audit and keep what was found; a person's asking is a deed like any other."""
    proof = prove()
    kept = AuditProof.objects.create(
        asked_by=by, rows=proof.rows, sealed=proof.sealed, erased=proof.erased, seals=proof.seals,
        wrong=len(proof.violations), violations=[asdict(one) for one in proof.violations[:100]],
    )  # fmt: skip
    if by is not None:
        audit("audit.proved", by=by, address=address, wrong=kept.wrong)
    if kept.wrong:
        log.error("The audit does not match its seals in %s places.", kept.wrong)
    return kept


def is_quickly_proved() -> bool:
    """Whether a proof takes seconds: by the planner's estimate, without counting."""
    with connection.cursor() as cursor:
        cursor.execute("select reltuples from pg_class where oid = 'staff_auditentry'::regclass")
        return cursor.fetchone()[0] < 200_000


def not_sealed_yet() -> tuple[AuditSeal | None, int]:
    """The newest seal without its rows, and how many rows are newer than it (at most 10,000 counted)."""
    last = AuditSeal.objects.order_by("-number").only("number", "made_at", "below", "cluster").first()
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from (select from staff_auditentry where written_by >= %s::text::xid8 limit 10000) e",
            [last.below if last else 0],
        )
        return last, cursor.fetchone()[0]


@dataclass(frozen=True)
class Violation:
    """One thing that is not as it was sealed: which kind, which row or seal, in words."""

    kind: str
    words: str
    row: int | None = None
    seal: int | None = None


@dataclass
class Proof:
    """What a verification found; green when nothing is wrong. Rows not sealed yet are counted, not wrong."""

    rows: int = 0
    sealed: int = 0
    unsealed: int = 0
    erased: int = 0
    seals: int = 0
    head: bool = False
    violations: list[Violation] = field(default_factory=list)

    @property
    def green(self) -> bool:
        return not self.violations

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"green": self.green}


@transaction.atomic
def prove() -> Proof:
    """Read every row and every seal, and name what does not fit."""
    with connection.cursor() as cursor:
        # One snapshot for rows and seals: a seal made meanwhile must not look like a row slipped in.
        if not connection.savepoint_ids:
            cursor.execute("set transaction isolation level repeatable read, read only")
        proof = Proof()
        seen: dict[int, int] = {}
        last = None
        for batch in _batches():
            last = _prove_seals(proof, batch, last, seen)
            _prove_rows(proof, batch, cursor)
        _prove_end(proof, last)
        _prove_unsealed(proof, last, cursor)
        cursor.execute("select count(*) from staff_auditentry")
        proof.rows = cursor.fetchone()[0]
    proof.unsealed = max(0, proof.rows - proof.sealed)
    return proof


def _batches() -> Iterator[list[AuditSeal]]:
    batch: list[AuditSeal] = []
    for one in AuditSeal.objects.order_by("number").iterator(chunk_size=200):
        batch.append(one)
        if sum(each.rows for each in batch) >= AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _prove_seals(proof: Proof, batch: list[AuditSeal], last: AuditSeal | None, seen: dict[int, int]) -> AuditSeal:
    for one in batch:
        number = one.number
        proof.seals += 1

        def wrong(kind: str, words: str, number: int = number) -> None:
            proof.violations.append(Violation(kind, words, seal=number))

        expected = last.number + 1 if last else 1
        for missing in range(expected, min(number, expected + 100)):
            wrong("seal deleted", f"Seal {missing} is missing.", missing)
        leaves = _leaves(one)
        if not hmac.compare_digest(bytes(one.signature), _signature(one)):
            wrong("seal rewritten", f"Seal {number} was not signed by this house as it stands.")
        elif number == expected and bytes(one.former) != (bytes(last.root) if last else bytes(32)):
            wrong("seal rewritten", f"Seal {number} does not follow the one before it.")
        if len(leaves) != one.rows or len(one.ids) != one.rows or merkle_root(leaves) != bytes(one.root):
            wrong("seal rewritten", f"The rows of seal {number} do not make its root.")
        last = one
    assert last is not None
    return last


def _leaves(one: AuditSeal) -> list[bytes]:
    leaves = bytes(one.leaves)
    return [leaves[place : place + 32] for place in range(0, len(leaves), 32)]


def _prove_rows(proof: Proof, batch: list[AuditSeal], cursor: Any) -> None:
    ids = [pk for one in batch for pk in one.ids]
    cursor.execute(
        f"select e.id, {LEAF}, {DIGEST_HOLDS}, e.written_by::text::bigint from staff_auditentry e where e.id = any(%s)",
        [ids],
    )
    stored = {pk: (bytes(leaf), holds, writer) for pk, leaf, holds, writer in cursor.fetchall()}
    said: set[int] = set()
    for one in batch:
        for pk, leaf in zip(one.ids, _leaves(one), strict=False):
            found = stored.get(pk)
            proof.sealed += 1
            if pk in said:
                _name(proof, "row sealed twice", pk, one, "is in more than one seal")
            said.add(pk)
            if found is None:
                proof.sealed -= 1
                _name(proof, "row deleted", pk, one, "is missing")
            elif found[0] != leaf:
                _name(proof, "row changed", pk, one, "is not what was sealed")
            elif found[1] is False:
                _name(proof, "row changed", pk, one, "has other details than were sealed")
            proof.erased += found is not None and found[1] is None
        _prove_late(proof, one, stored)


def _prove_late(proof: Proof, one: AuditSeal, stored: dict[int, tuple[bytes, bool | None, int]]) -> None:
    """A row numbered before an earlier seal, by a transaction that began after it, was slipped in."""
    before = AuditSeal.objects.filter(number=one.number - 1).values_list("highest", "beyond", "cluster").first()
    if before is None or before[2] != one.cluster or one.ids[:1] > [before[0]]:
        return
    for pk in one.ids:
        if pk < before[0] and pk in stored and stored[pk][2] >= before[1]:
            _name(proof, "row inserted", pk, one, "was put among rows sealed before it was written")


def _name(proof: Proof, kind: str, pk: int, one: AuditSeal, words: str) -> None:
    proof.violations.append(Violation(kind, f"Row {pk} of seal {one.number} {words}.", row=pk, seal=one.number))


def _prove_end(proof: Proof, last: AuditSeal | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select system_identifier::text from pg_control_system()")
        head = _heads().get(_place(cursor.fetchone()[0]))
    proof.head = head is not None
    if head is None:
        return
    if last is None or last.number < head["number"]:
        first = last.number + 1 if last else 1
        for missing in range(first, min(head["number"], first + 100) + 1):
            words = f"Seal {missing} is missing: the newest one was number {head['number']}."
            proof.violations.append(Violation("seal deleted", words, seal=missing))
        return
    kept = AuditSeal.objects.filter(number=head["number"]).values_list("signature", flat=True).first()
    if kept is not None and bytes(kept).hex() != head["signature"]:
        words = f"Seal {head['number']} is another than the one noted beside the data."
        proof.violations.append(Violation("seal rewritten", words, seal=head["number"]))


def _prove_unsealed(proof: Proof, last: AuditSeal | None, cursor: Any) -> None:
    cursor.execute(
        f"""select e.id, e.written_by::text::bigint, {DIGEST_HOLDS} from staff_auditentry e
            where not exists (select 1 from (select unnest(ids) as id from staff_auditseal) s where s.id = e.id)
            order by e.id"""
    )
    rows = cursor.fetchall()
    cursor.execute("select system_identifier::text from pg_control_system()")
    here = last is not None and last.cluster == cursor.fetchone()[0]
    for pk, writer, holds in rows:
        if last is not None and here and (writer < last.below or (pk < last.highest and writer >= last.beyond)):
            words = f"Row {pk} stands among the sealed rows and was never sealed."
            proof.violations.append(Violation("row inserted", words, row=pk))
        elif holds is False:
            proof.violations.append(Violation("row changed", f"Row {pk} has other details than were written.", row=pk))
        proof.erased += holds is None

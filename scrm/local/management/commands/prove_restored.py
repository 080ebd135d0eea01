"""What `restore` runs before the site opens: migrations, erasures done again, audit, ledger, one number read."""

import contextlib
import io
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from scrm.kernel import sealed


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **given: Any) -> None:
        proof: dict[str, Any] = {"unknown_migrations": _unknown()}
        if not proof["unknown_migrations"]:
            proof |= _proved()
        self.stdout.write(json.dumps(proof, default=str) if given["json"] else json.dumps(proof, default=str, indent=1))


def _unknown() -> list[str]:
    """Migrations the database has and this version does not: it is newer than we are."""
    loader = MigrationLoader(connection)
    known = set(loader.disk_migrations) | {old for each in loader.disk_migrations.values() for old in each.replaces}
    return sorted(f"{app}.{name}" for app, name in set(loader.applied_migrations) - known
                  if app in loader.migrated_apps)  # fmt: skip


def _proved() -> dict[str, Any]:
    from staff import audit_seal

    loader = MigrationLoader(connection)
    waiting = len(set(loader.disk_migrations) - set(loader.applied_migrations))
    if waiting:
        call_command("migrate", verbosity=0, interactive=False)
    listed, again = _forget_again()
    has, read = _one_number()
    return {
        "migrated": waiting, "erasures": listed, "replayed": again, "sealed": has, "unsealed": read,
        "ledger": _ledger(), "audit": audit_seal.prove().as_json(), "newest": _newest(),
    }  # fmt: skip


def _forget_again() -> tuple[int, int]:
    from customers.privacy import replay
    from customers.privacy.erasing import erasures_file

    path = erasures_file()
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()] if path.exists() else []
    again = replay(lines)
    if lines:
        highest = max(number for line in lines for number in json.loads(line)["records"])
        with connection.cursor() as cursor:
            # Ids of erased people are never given again, so that a later replay meets nobody else.
            cursor.execute(
                """select setval(s, greatest(%s, (select last_value from pg_sequences
                     where format('%%I.%%I', schemaname, sequencename)::regclass = s::regclass)))
                   from pg_get_serial_sequence('customers_customer', 'id') s""",
                [highest],
            )
    return len(lines), again


def _one_number() -> tuple[bool, bool]:
    """Whether any sealed identity is there, and whether the first, and one under the newest key, opens."""
    from customers.models import Identity

    rows = Identity.objects.filter(key__destroyed_at=None).select_related("key")
    found = [row for order in ("pk", "-pk") if (row := rows.order_by(order).first()) is not None]
    try:
        # Read in clear, and found by what is read: both the master key and the index key fit.
        return bool(found), bool(found) and all(
            bytes(row.blind_index) in sealed.blind_indexes(row.kind, row.in_clear()) for row in found
        )
    except Exception:  # noqa: BLE001 — whatever keeps it shut, the keys do not fit
        return bool(found), False


def _ledger() -> bool | None:
    if "verify_ledger" not in get_commands():
        return None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            call_command("verify_ledger", stdout=io.StringIO())
    except SystemExit as end:
        return not end.code
    return True


def _newest() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("select max(at) from staff_auditentry")
        return cursor.fetchone()[0]

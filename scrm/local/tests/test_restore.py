"""The drill: a backup and the archived log come back in an empty folder, to a moment, whole, proved and forgetful."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scrm.local import backup, manifest, places, restore
from scrm.local.management.commands.restore import moment
from scrm.local.postgres import Postgres
from scrm.local.tests.test_up import MANAGE, environment
from scrm.local.trouble import Trouble

CANARY = "zqkanary"

BEFORE = f"""
from django.core.management import call_command
call_command("migrate", verbosity=0)
from customers.actions import add_identity
from customers.models import Customer
from staff import audit_seal
from staff.models import audit
from touchpoints.file_kinds import look
from touchpoints.models import Attachment
for number, name, phone in (("1", "Mei", "19900001234"), ("2", "{CANARY}", "19900005678")):
    one = Customer.objects.create(number=number, display_name=name, given_name=name)
    add_identity(one, kind="phone", value=phone, source="{CANARY}" if number == "2" else "till")
    audit("customer.revealed", by=None, of=one)
    Attachment.keep(one, [look("note.txt", f"words of {{name}}".encode(), most=99)], by=None)
assert audit_seal.seal() == 2
"""
AFTER = """
import json, time
from django.db import connection
from customers.privacy import erase
one = Customer.objects.create(number="3", display_name="after the backup")
audit("customer.revealed", by=None, of=one)
audit_seal.seal()
def ask(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]
time.sleep(0.1)
moment = ask("select now()").isoformat()
time.sleep(0.1)
erase(Customer.objects.get(number="2"), by=None)
Customer.objects.create(number="4", display_name="too late")
audit_seal.seal()
ask("select 1 from pg_switch_wal()")
piece = ask("select pg_walfile_name(pg_current_wal_lsn() - 1)")
deadline = time.monotonic() + 20
while time.monotonic() < deadline and (ask("select last_archived_wal from pg_stat_archiver") or "") < piece:
    time.sleep(0.1)
print(json.dumps({"moment": moment}))
"""
LOOK = """
import json
from customers.models import Customer, Erasure, Identity
from staff import audit_seal
from scrm.kernel import sealed_files
from touchpoints.models import Attachment
print(json.dumps({
    "names": sorted(Customer.objects.values_list("display_name", flat=True)),
    "phone": [one.customer.number for one in Identity.objects.holding("phone", "199 0000 1234")],
    "clear": Identity.objects.get(customer__number="1").in_clear(),
    "green": audit_seal.prove().green, "sealed": audit_seal.seal(), "still": audit_seal.prove().green,
    "files": [b"".join(one.pieces()).decode() for one in Attachment.objects.all()],
    "on_disk": len(list(sealed_files.stored())),
    "erased": list(Erasure.objects.values_list("cause", flat=True)),
}))
"""


@dataclass
class House:
    """An installation of its own, and what was taken from it."""

    folder: Path
    backup: Path
    keys: Path
    archive: Path
    moment: str

    def restore(self, into: str, source: Path, to: str | None = None, **given: Path) -> restore.Restored:
        """What the command does, without the three seconds of its start."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SCRM_DATA", str(self.folder / into))
            for name in ("SCRM_ARCHIVE", "SCRM_KEYS", "DATABASE_URL", "REDIS_URL"):
                patch.delenv(name, raising=False)
            return restore.restore(source, to=moment(to) if to else None, **given)

    def refusal(self, into: str, source: Path, to: str | None = None, **given: Path) -> str:
        with pytest.raises(Trouble) as refused:
            self.restore(into, source, to, **given)
        assert {path.name for path in (self.folder / into).glob("*")} <= {"here"}
        return str(refused.value)

    def found(self, into: str) -> dict:
        return said(run(self.folder / into, "shell", "-v0", "-c", LOOK))


def run(data: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MANAGE, *arguments], env=environment(data, **more), capture_output=True, text=True, check=False, timeout=300
    )


def said(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    folder = Path(tempfile.mkdtemp(prefix="scrm-drill-"))
    folder.chmod(0o755)
    data, archive = folder / "old", folder / "archive"
    backups, keys = folder / "backups", folder / "keys"
    back_up = f'call_command("backup", "{backups}", keys=__import__("pathlib").Path("{keys}"), stdout=__import__("io").StringIO())\n'
    try:
        told = said(run(data, "shell", "-v0", "-c", BEFORE + back_up + AFTER, SCRM_ARCHIVE=str(archive)))
        yield House(folder, next(backups.iterdir()), keys, archive, told["moment"])
    finally:
        for place in folder.iterdir():
            if (place / f"postgres-{places.POSTGRES_MAJOR}").exists():
                restore._stop(place)
        shutil.rmtree(folder, ignore_errors=True)


def dump(data: Path) -> str:
    server = Postgres(data / f"postgres-{places.POSTGRES_MAJOR}", places.socket_folder(data) / "pg")
    return server.run("pg_dump", "-h", str(server.socket), "-U", "scrm", "scrm")


def test_it_comes_back_as_it_was_at_a_moment_and_stays_forgetful(house: House) -> None:
    new = house.folder / "new"

    done = run(
        new, "restore", str(house.backup.parent), "--to", house.moment, "--archive", str(house.archive),
        "--keys", str(house.keys),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "1 on the list, 1 done again" in done.stdout
    found = house.found("new")
    assert found["names"] == ["", "Mei", "after the backup"]
    assert (found["phone"], found["clear"]) == (["1"], "+8619900001234")
    assert (found["green"], found["still"], found["erased"]) == (True, True, ["replayed"])
    assert (found["files"], found["on_disk"]) == (["words of Mei"], 1)
    assert CANARY not in dump(new)
    assert "Mei" in dump(new)
    beside = [path for path in new.rglob("*") if path.is_file() and "postgres-" not in str(path)]
    assert not [path for path in beside if CANARY.encode() in path.read_bytes()]
    assert not list(new.glob("restoring-*"))
    assert oct((new / "master.key").stat().st_mode)[-3:] == "600"


def test_without_a_moment_the_end_of_the_archive_comes_back(house: House) -> None:
    done = house.restore("end", house.backup, archive=house.archive, keys=house.keys)

    assert (done.proof["erasures"], done.proof["replayed"], done.warnings) == (1, 0, [])
    found = house.found("end")
    assert found["names"] == ["", "Mei", "after the backup", "too late"]
    assert (found["green"], found["still"], found["erased"]) == (True, True, ["asked"])


def test_a_flipped_byte_is_refused(house: House) -> None:
    for name in ("base.tar.gz", "pg_wal.tar.gz", manifest.NAME):
        damaged = house.folder / f"damaged-{name}"
        shutil.copytree(house.backup, damaged)
        content = bytearray((damaged / name).read_bytes())
        content[len(content) // 2] ^= 1
        (damaged / name).write_bytes(content)

        assert "damaged" in house.refusal("nowhere", damaged, keys=house.keys)


def test_what_cannot_be_done_is_said_in_one_sentence(house: House) -> None:
    full, foreign = house.folder / "full", house.folder / "foreign"
    full.mkdir()
    (full / "here").touch()
    foreign.mkdir()
    (foreign / "master.key").write_text("A" * 43 + "=")
    both = {"keys": house.keys, "archive": house.archive}

    assert "is not empty (here)" in house.refusal("full", house.backup, keys=house.keys)
    assert "give --keys" in house.refusal("nowhere", house.backup)
    assert "not the ones" in house.refusal("nowhere", house.backup, keys=foreign)
    assert "holds no backup" in house.refusal("nowhere", house.folder, keys=house.keys)
    assert "needs the archive" in house.refusal("nowhere", house.backup, house.moment, keys=house.keys)
    assert "was finished at" in house.refusal("nowhere", house.backup, "2020-01-01T00:00:00Z", **both)
    assert "not come yet" in house.refusal("nowhere", house.backup, "2099-01-01T00:00:00Z", **both)
    now = datetime.now(UTC).isoformat()
    assert "archive ends before that moment" in house.refusal("nowhere", house.backup, now, **both)


def test_a_dump_is_green_in_another_server(house: House) -> None:
    made = run(house.folder / "old", "backup", str(house.folder / "dumps"), "--dump")
    assert "can ever be read" in made.stdout

    done = house.restore("dumped", house.folder / "dumps", keys=house.keys)

    assert done.proof["audit"]["green"]
    assert done.proof["unsealed"]
    found = house.found("dumped")
    assert (found["phone"], found["clear"], found["still"]) == (["1"], "+8619900001234", True)


def test_keys_are_not_laid_into_the_backup(house: House) -> None:
    with pytest.raises(Trouble, match="Keep the keys apart"):
        backup.make(house.backup.parent, keys=house.backup.parent / "keys")

    assert len(list(house.backup.parent.iterdir())) == 1
    secret = (house.folder / "old" / "master.key").read_bytes().strip()
    assert not [path for path in house.backup.iterdir() if secret in path.read_bytes()]


def test_what_is_old_goes_with_the_log_that_only_it_needed(house: House, monkeypatch) -> None:
    into, archive = house.folder / "thin", house.folder / "thin-archive"
    archive.mkdir()
    monkeypatch.setenv("SCRM_ARCHIVE", str(archive))
    for name, made_at in (("scrm-20200101-000000", "2020-01-01T00:00:00+00:00"), (house.backup.name, None)):
        shutil.copytree(house.backup, into / name)
        if made_at:
            said = {key: value for key, value in manifest.read(into / name).items() if key not in {"files", "sha256"}}
            manifest.write(into / name, said | {"made_at": made_at})
    first = backup._first_piece(house.backup)
    (archive / f"00000001{'0' * 16}.gz").touch()
    (archive / f"00000001{first}.gz").touch()

    assert backup.thin(into, days=30) == (1, 1)
    assert [path.name for path in into.iterdir()] == [house.backup.name]
    assert [path.name[8:24] for path in archive.iterdir()] == [first]

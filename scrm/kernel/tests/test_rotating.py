"""Rotating the keys: look-ups work before, during and after; a stopped run goes on; what is retired opens nothing."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import CommandError, call_command
from django.db import connection

from conftest import seal_all
from customers import reindexing
from customers.actions import Brought, add_identity, bring_customer
from customers.models import Consent, Customer, DataKey, Erasure, Identity, RecordFile, RecordKind
from customers.models.event import source_mark
from customers.privacy import erase
from scrm.kernel import registry, rewrapping, sealed
from scrm.kernel.models import HouseKey
from scrm.kernel.refusals import TransitionRefused
from scrm.local import places
from staff import audit_seal
from staff.models import ApiClient, audit
from touchpoints.models import WebhookEndpoint

pytestmark = pytest.mark.django_db(transaction=True)

ASKER = """
import sys, django
django.setup()
from customers.models import Identity
for line in sys.stdin:
    value = line.strip()
    found = Identity.objects.holding("phone", value).first()
    try:
        clear = found.in_clear() if found else ""
    except Exception as error:
        clear = type(error).__name__
    print(found.customer.number if found else "nobody", clear, flush=True)
"""


@pytest.fixture(autouse=True)
def key_file(settings, tmp_path, monkeypatch) -> Iterator[Path]:
    monkeypatch.setattr(sealed, "FRESH_FOR", 0.5)
    settings.SEALING_KEYS = ""
    settings.SEALING_KEY_FILE = tmp_path / "keys" / "master.key"
    settings.SECURE = False
    sealed.forget_house_keys()
    yield settings.SEALING_KEY_FILE
    sealed.forget_house_keys()


class Asker:
    """Another process on the same tables, with keys of its own."""

    def __init__(self, **keys: str) -> None:
        name = connection.settings_dict["NAME"]
        address = f"postgresql:///{name}?host={places.postgres_socket()}&user=scrm"
        env = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "scrm.settings", **keys}
        self.process = subprocess.Popen(
            [sys.executable, "-c", ASKER], env=env, cwd=places.ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def ask(self, value: str) -> list[str]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(value + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def people(count: int) -> list[Customer]:
    made = [Customer.objects.create(number=f"N{place}") for place in range(count)]
    for place, one in enumerate(made):
        add_identity(one, kind="phone", value=f"1990000{place:04}")
    return made


def rotate(*arguments: str) -> str:
    out = StringIO()
    call_command("rotate_keys", *arguments, stdout=out)
    return out.getvalue()


def holder(value: str) -> str | None:
    found = Identity.objects.holding("phone", value).first()
    return found.customer.number if found else None


def test_look_ups_work_before_during_and_after_also_with_the_old_list(key_file: Path, monkeypatch) -> None:
    monkeypatch.setattr(rewrapping, "AT_ONCE", 5)
    people(20)
    before = sealed.keys_as_text()
    other = Asker(SCRM_KEYS=before)
    try:
        assert other.ask("19900000003") == ["N3", "+8619900000003"]
        rewrapping.keep_house_keys()
        sealed.write_key_file((os.urandom(32), *sealed.master_keys()))

        running = rewrapping.rewrap()
        next(running)
        next(running)

        assert [holder("19900000003"), holder("199 0000 0019")] == ["N3", "N19"]
        assert [one.in_clear()[-2:] for one in Identity.objects.order_by("pk")] == [f"{n:02}" for n in range(20)]
        # It has not been given the new key: it still finds, and reads what is not wrapped anew.
        assert other.ask("19900000003")[0] == "N3"
        assert other.ask("19900000019") == ["N19", "+8619900000019"]
        for _batch in running:
            pass
        time.sleep(5.2)  # until it asks for the keys of the house once more
        assert other.ask("19900000019") == ["N19", "InvalidTag"]
    finally:
        other.end()
    rotate("--retire")

    assert holder("19900000003") == "N3"
    assert Identity.objects.holding("phone", "19900000003").get().in_clear() == "+8619900000003"
    assert len(sealed.master_keys()) == 1
    assert oct(key_file.stat().st_mode)[-3:] == "600"


def test_a_killed_rotation_goes_on(monkeypatch) -> None:
    monkeypatch.setattr(rewrapping, "AT_ONCE", 4)
    people(10)
    rewrapping.keep_house_keys()
    sealed.write_key_file((os.urandom(32), *sealed.master_keys()))
    newest = sealed.master_keys()[0]
    next(rewrapping.rewrap())

    said = rotate()

    assert "10 keys wrapped anew" in said  # three of the house and ten of customers, less one batch
    assert sealed.master_keys()[0] == newest
    assert rewrapping.left() == {}
    assert "already" in rotate()


def test_nothing_is_retired_while_something_needs_it() -> None:
    people(2)
    rewrapping.keep_house_keys()
    old = sealed.master_keys()
    sealed.write_key_file((os.urandom(32), *old))

    with pytest.raises(CommandError, match="2 keys of customers"):
        rotate("--retire")

    assert sealed.master_keys()[1:] == old


def test_what_lay_under_a_retired_key_is_unreadable() -> None:
    people(1)
    key = DataKey.objects.get()
    dumped, old_form = bytes(key.wrapped), bytes(key.wrapped)[sealed.KEY_ID :]
    assert sealed.unwrap(old_form) == sealed.unwrap(dumped)  # as it was written before keys were named

    rotate()
    rotate("--retire")

    for wrapped in (dumped, old_form):
        with pytest.raises(InvalidTag):
            sealed.unwrap(wrapped)
    assert DataKey.objects.get().key()


def test_keys_of_webhooks_and_records_and_marks_and_seals_go_along(mei, west_lake, ke) -> None:
    client = ApiClient.objects.create(code="shop")
    endpoint, secret = WebhookEndpoint.add(client=client, url="https://example.com/", kinds=[])
    audit("customer.revealed", by=None, of=mei)
    seal_all()
    skin = RecordKind.objects.get(code="skin")
    Consent.objects.say(mei, "sensitive", given=True, origin="staff")
    RecordFile.write(mei, skin, {"reacts": "wool"}, by=ke)
    gone, _state = bring_customer(Brought("ref-1", given_name="x"), source="shop")
    erase(gone, by=None)
    mark = source_mark("shop", "ref-1")

    rotate()
    rotate("--retire")
    rotate("--index")

    assert WebhookEndpoint.objects.get(pk=endpoint.pk).live_secrets() == [secret]
    assert RecordFile.newest(mei, skin).in_clear() == {"reacts": "wool"}
    assert audit_seal.prove().green
    assert source_mark("shop", "ref-1") == mark
    with pytest.raises(TransitionRefused):
        bring_customer(Brought("ref-1", given_name="x"), source="shop")
    assert Erasure.objects.count() == 1


def test_the_index_gets_another_key_while_look_ups_go_on(monkeypatch, settings, key_file: Path) -> None:
    monkeypatch.setattr(reindexing, "AT_ONCE", 4)
    people(10)
    rewrapping.keep_house_keys()
    marks = {bytes(mark) for mark in Identity.objects.values_list("blind_index", flat=True)}

    newer = reindexing.begin()
    running = reindexing.go_on(newer)
    next(running)

    assert HouseKey.objects.filter(purpose="blind-index").count() == 2
    assert [holder("19900000000"), holder("19900000009")] == ["N0", "N9"]
    # Nobody else gets a number that still stands under the former key.
    stranger = Customer.objects.create(number="S")
    with pytest.raises(TransitionRefused):
        add_identity(stranger, kind="phone", value="19900000009")
    # Killed here; another run takes the same key on.
    running.close()
    assert "6 identities" in rotate("--index")
    assert HouseKey.objects.filter(purpose="blind-index").count() == 1
    assert [holder("19900000000"), holder("19900000009")] == ["N0", "N9"]
    assert not marks & {bytes(mark) for mark in Identity.objects.values_list("blind_index", flat=True)}


def test_with_keys_in_the_environment_it_is_said_what_to_set(settings) -> None:
    old, new = (base64.b64encode(os.urandom(32)).decode() for _ in range(2))
    settings.SEALING_KEYS = old
    people(3)

    assert "SCRM_KEYS=" in rotate()
    settings.SEALING_KEYS = f"{new},{old}"
    assert "wrapped anew" in rotate()
    assert "leave only the first" in rotate("--retire")
    settings.SEALING_KEYS = new
    sealed.forget_house_keys()

    assert holder("19900000001") == "N1"
    assert Identity.objects.first().in_clear() == "+8619900000000"


def test_two_rotations_at_once_are_one(key_file: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
    import psycopg2

    address = f"postgresql:///{connection.settings_dict['NAME']}?host={places.postgres_socket()}&user=scrm"
    with psycopg2.connect(address) as other, other.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(hashtextextended('rotate keys', 4))")
        with pytest.raises(CommandError, match="Another rotation"):
            rotate()
    other.close()


def test_every_column_of_wrapped_keys_is_registered() -> None:
    places_of_keys = {str(registry.wrapped.get(name)) for name in registry.wrapped.names()}
    assert places_of_keys == {
        "kernel_housekey.wrapped",
        "customers_datakey.wrapped",
        "touchpoints_webhookendpoint.key",
        "touchpoints_channel.key",
        "staff_signingsecret.key",
    }

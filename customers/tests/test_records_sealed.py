"""Sensitive record files lie sealed: read by deed and by export, carried by merges, gone with the key."""

import pytest
from cryptography.exceptions import InvalidTag
from django.db import IntegrityError, transaction

from customers.merging import merge, unmerge
from customers.models import Consent, Customer, DataKey, RecordFile, RecordKind
from customers.privacy import erase, held_about
from customers.records import records_of
from scrm.kernel import sealed
from staff.models import User

NOTE = "羊毛"


@pytest.fixture
def skin(db: None) -> RecordKind:
    return RecordKind.objects.get(code="skin")


@pytest.fixture
def home(db: None) -> RecordKind:
    return RecordKind.objects.get(code="home")


@pytest.fixture
def other(db: None) -> Customer:
    return Customer.objects.create(number="N2")


def written(customer: Customer, kind: RecordKind, by: User, **values: str) -> RecordFile:
    Consent.objects.say(customer, "sensitive", given=True, origin="staff")
    return RecordFile.write(customer, kind, values, by=by)


def test_the_column_holds_no_word_of_it_and_opening_shows_it(mei: Customer, ke: User, skin: RecordKind) -> None:
    row = written(mei, skin, ke, reacts=NOTE, care="wool cream")

    stored = RecordFile.objects.values("values", "sealed", "key__customer").get()
    assert (stored["values"], stored["key__customer"]) == ({}, mei.pk)
    assert NOTE.encode() not in bytes(stored["sealed"])
    assert b"wool" not in bytes(stored["sealed"])
    opened = RecordFile.open(mei, skin, by=ke)
    assert opened == row
    assert opened.in_clear() == {"reacts": NOTE, "care": "wool cream"}  # type: ignore[union-attr]


def test_the_same_again_is_no_new_version_though_sealed(mei: Customer, ke: User, skin: RecordKind) -> None:
    first = written(mei, skin, ke, reacts=NOTE)

    assert written(mei, skin, ke, reacts=NOTE) == first
    assert written(mei, skin, ke, reacts="丝") != first


def test_other_kinds_stay_in_clear(mei: Customer, ke: User, home: RecordKind) -> None:
    row = written(mei, home, ke, people="3")

    assert (row.values, row.key, bytes(row.sealed)) == ({"people": "3"}, None, b"")


@pytest.mark.parametrize("half", [{"values": {"reacts": NOTE}}, {"key": None}, {"sealed": b""}])
def test_the_database_takes_no_half_sealed_row(mei: Customer, ke: User, skin: RecordKind, half: dict) -> None:
    written(mei, skin, ke, reacts=NOTE)

    with pytest.raises(IntegrityError), transaction.atomic():
        RecordFile.objects.update(**half)


def test_after_an_erasure_nothing_reads_it(mei: Customer, ke: User, skin: RecordKind) -> None:
    row = written(mei, skin, ke, reacts=NOTE)
    kept = bytes(row.sealed)  # as an older backup holds it

    erase(mei, by=None)

    assert not RecordFile.objects.exists()
    with pytest.raises(InvalidTag):
        sealed.unseal(kept, DataKey.objects.get(pk=row.key_id).key())


def test_the_export_tells_it(mei: Customer, ke: User, skin: RecordKind, home: RecordKind) -> None:
    written(mei, skin, ke, reacts=NOTE)
    written(mei, home, ke, people="3")

    told = held_about(mei, by=ke)["customers"]["record_files"]
    assert [(one["kind"], one["values"]) for one in told] == [("skin", {"reacts": NOTE}), ("home", {"people": "3"})]


def test_joined_and_taken_apart_each_reads_its_own(
    mei: Customer, other: Customer, ke: User, gu: User, skin: RecordKind
) -> None:
    theirs = written(other, skin, ke, reacts="丝")
    ours = written(mei, skin, ke, reacts=NOTE)
    joined = merge(other, mei, by=gu, reason="same")
    assert [row.in_clear() for row in RecordFile.objects.filter(customer=other).order_by("pk")] == [
        {"reacts": "丝"}, {"reacts": NOTE},
    ]  # fmt: skip

    unmerge(joined, by=gu, reason="not the same")
    erase(other, by=None)

    left = RecordFile.objects.get()
    assert (left, left.customer, left.came_as, left.in_clear()) == (ours, mei, None, {"reacts": NOTE})
    assert not RecordFile.objects.filter(pk=theirs.pk).exists()


def test_a_kind_that_becomes_sensitive_seals_what_stands(
    mei: Customer, other: Customer, ke: User, gu: User, home: RecordKind
) -> None:
    written(mei, home, ke, note=NOTE)
    merge(other, mei, by=gu, reason="same")
    home.sensitive = True
    home.save()

    row = RecordFile.objects.get()
    assert row.values == {}
    assert row.key is not None
    assert row.key.customer == mei  # whose it is, though another holds it now
    assert row.in_clear() == {"note": NOTE}
    home.sensitive = False
    home.save()
    files = {file["kind"].code: file["said"] for file in records_of(ke, other)["files"]}
    assert [field["said"] for field in files["home"]] == [NOTE]

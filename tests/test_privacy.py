"""To be told and to be forgotten: every field has a kind, an erasure leaves no trace, sums stay true."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from commerce.actions import record_order, record_refund
from commerce.models import Order, Payment
from commerce.receipts import read_receipt, read_return
from customers.actions import Brought, add_identity, bring_customer
from customers.loading.engine import Load, kind_called, run_for
from customers.merging import merge, unmerge
from customers.models import (
    Address,
    BrowseSession,
    Company,
    Consent,
    Customer,
    DataKey,
    Erasure,
    Event,
    Fact,
    Household,
    Identity,
    ImportRun,
    MergeSuggestion,
    RecordFile,
    RecordKind,
    RowError,
    SourceKey,
)
from customers.privacy import erase, held_about, replay
from scrm.kernel import retention
from scrm.kernel.models import IdempotencyRecord
from scrm.kernel.personal import ERASED, classified, kind_of
from scrm.kernel.refusals import TransitionRefused
from staff.models import AuditEntry, audit
from touchpoints.models import Trial, Visit

ROOMS = ["kernel", "staff", "customers", "commerce", "touchpoints", "loyalty", "tickets", "journeys"]
CANARY = "zqkanary"


def fields() -> list[str]:
    return [
        f"{model._meta.label}.{field.name}"
        for room in ROOMS for model in apps.get_app_config(room).get_models() for field in model._meta.local_fields
    ]  # fmt: skip


@pytest.mark.parametrize("path", fields())
def test_every_field_says_what_it_holds(path: str) -> None:
    assert kind_of(path) is not None, "name it in its room's personal.py"


def test_no_kind_is_said_of_a_field_that_is_gone() -> None:
    assert set(classified()) == set(fields())


def test_the_page_of_kinds_is_up_to_date() -> None:
    out = StringIO()
    call_command("personal_data", stdout=out)
    assert (Path(settings.ROOT) / "docs" / "personal-data.md").read_text() == out.getvalue()


def everywhere(text: str) -> list[str]:
    """Tables, and files beside the data, in which the text stands."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("select tablename from pg_tables where schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'select count(*) from "{table}" t where lower(t::text) like %s', [f"%{text.lower()}%"])
            if cursor.fetchone()[0]:
                found.append(table)
        # Bytes are written as hex in a row's text.
        for table, column in (
            ("customers_identity", "sealed"), ("customers_recordfile", "sealed"), ("customers_datakey", "wrapped"),
        ):  # fmt: skip
            cursor.execute(f"select count(*) from {table} where position(%s in {column}) > 0", [text.encode()])
            if cursor.fetchone()[0]:
                found.append(f"{table} bytes")
    for root in (Path(settings.IMPORTS_ROOT), Path(settings.MEDIA_ROOT)):
        found += [str(path) for path in root.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]
    return found


@pytest.fixture
def known(mei, west_lake, ke, gu, settings, tmp_path) -> Customer:
    """A customer with the canary wherever something personal can stand, in two joined records."""
    settings.MEDIA_ROOT = tmp_path / "media"
    other, _state = bring_customer(
        Brought(f"{CANARY}-ref", family_name="梅", given_name=CANARY, identities=[("mail", f"{CANARY}@example.com")]),
        source="shop",
    )
    for record in (mei, other):
        Customer.objects.filter(pk=record.pk).update(
            display_name=f"梅{CANARY}", latin_name=f"Mei {CANARY}", company_name=CANARY, attributes={"x": CANARY}
        )
        Address.objects.create(customer=record, street=CANARY, source="shop", source_ref=f"{CANARY}{record.pk}")
        old = Fact.objects.create(customer=record, key="allergy", value=CANARY, note=CANARY, told_by=CANARY)
        Fact.objects.filter(pk=old.pk).update(
            superseded_by=Fact.objects.create(customer=record, key="allergy", value=f"{CANARY}2", concern="safety")
        )
        BrowseSession.objects.create(customer=record, source="web", session=f"{CANARY}{record.pk}", visitor=CANARY,
                                     started_at=timezone.now(), ended_at=timezone.now())  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into customers_browse (at, customer_id, source, session, kind, visitor, product) "
                "values (now(), %s, 'web', %s, 'view', %s, %s)",
                [record.pk, CANARY, CANARY, CANARY],
            )
        Consent.objects.say(record, "sensitive", given=True, origin="staff")
        RecordFile.write(record, RecordKind.objects.get(code="skin"), {"reacts": CANARY}, by=ke)
        RecordFile.write(record, RecordKind.objects.get(code="home"), {"note": CANARY}, by=ke)
        record.record("fact.told", by=ke, key=CANARY, words=CANARY, source_ref=CANARY)
    add_identity(mei, kind="web", value=f"web-{CANARY}")
    visit = Visit.objects.create(customer=mei, store=west_lake, received_by=ke)
    Trial.objects.create(visit=visit, sku="A", result="refused", reason=CANARY)
    moment = timezone.now().isoformat()
    record_order(read_receipt(
        {"source_ref": "A-1", "store": "HZ01", "placed_at": moment, "business_date": moment[:10], "currency": "CNY",
         "total": 9900, "customer": {"kind": "member_no", "value": "20418837"},
         "lines": [{"line": "1", "sku": "A", "name": "A", "quantity": "1", "total": 9900}],
         "payments": [{"kind": "card", "amount": 9900, "reference": CANARY}]}, state="paid"), source="till")  # fmt: skip
    record_refund(read_return(
        {"source_ref": "R-1", "order": "A-1", "refunded_at": moment, "business_date": moment[:10], "currency": "CNY",
         "reason": CANARY, "payments": [{"kind": "card", "amount": 900}]}), source="till")  # fmt: skip
    run = ImportRun.objects.create(kind="customers", source="shop", file_name="c.csv", state="stopped")
    RowError.objects.create(run=run, line=2, reason="no", row={"name": f"梅{CANARY}", "note": ""})
    RowError.objects.create(run=run, line=3, reason="no", row={"mail": f"{CANARY}@Example.com "})
    RowError.objects.create(run=run, line=4, reason="no", row={"name": "somebody else"})
    folder = Path(settings.IMPORTS_ROOT) / f"run-{run.pk}"
    folder.mkdir(parents=True)
    (folder / "failed.csv").write_text(f"name\n梅{CANARY}\n")
    (folder / "file").write_text(f"ref,mail\n1,{CANARY}@example.com\n")
    IdempotencyRecord.objects.create(client="shop", key="k", digest="", answer={"name": f"{CANARY}-ref"})
    audit("customer.revealed", by=ke, of=mei, note=CANARY)
    merge(mei, other, by=gu, reason=f"{CANARY} said so", evidence={"reasons": [{"code": CANARY}]})
    stranger = Customer.objects.create(number="S1")
    household = Household.objects.create(name=f"梅{CANARY}家")
    for member in (mei, stranger):
        household.take_in(member, part="user", relation=CANARY if member == mei else "")
    Fact.objects.create(customer=stranger, key="knees", value="bad", told_by=f"梅{CANARY}")
    company = Company.objects.create(name="Lanfeng", note=f"ask 梅{CANARY} first")
    company.name_person(mei, part="buyer", title=CANARY)
    MergeSuggestion.objects.create(first=mei, second=stranger, score=0.5, reasons=[{"code": CANARY}])
    unmerge(merge(mei, stranger, by=gu, reason=CANARY), by=gu, reason=CANARY)
    return mei


def sums() -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(
            """select (select sum(total) from commerce_order), (select count(*) from commerce_order),
                      (select sum(amount) from commerce_payment), (select sum(amount) from commerce_refund),
                      (select count(*) from touchpoints_visit), (select count(*) from customers_customer)"""
        )
        return tuple(cursor.fetchone())


def test_after_an_erasure_the_canary_is_nowhere_and_the_sums_are_the_same(known, gu, caplog) -> None:
    assert len(everywhere(CANARY)) > 12, "the canary must be planted to be missed"
    before, lines = sums(), Event.objects.filter(customer=known).count()

    erase(known, by=gu)

    assert everywhere(CANARY) == []
    assert sums() == before
    assert Event.objects.filter(customer=known).count() == lines
    assert CANARY not in caplog.text
    assert RowError.objects.count() == 1, "another person's row stays"


def test_nothing_that_was_found_by_finds_an_erased_person(known, gu) -> None:
    marks = [bytes(row.blind_index) for row in Identity.objects.filter(customer=known)]
    assert len(marks) >= 3

    erase(known, by=gu)

    assert not Identity.objects.filter(blind_index__in=marks).exists()
    assert not Identity.objects.filter(tail="1234").exists()
    assert not DataKey.objects.filter(customer=known, destroyed_at=None).exists()
    assert {bytes(key.wrapped) for key in DataKey.objects.filter(customer=known)} == {b""}


@pytest.mark.parametrize(("path", "kind"), sorted((p, k) for p, k in classified().items() if k in ERASED))
def test_fields_of_erased_kinds_are_empty_or_their_row_is_gone(path: str, kind: str, known, gu) -> None:
    erase(known, by=gu)

    label, _dot, name = path.rpartition(".")
    table, column = apps.get_model(label)._meta.db_table, apps.get_model(label)._meta.get_field(name).column
    with connection.cursor() as cursor:
        cursor.execute(f'select count(*) from "{table}" t where t."{column}"::text ilike %s', [f"%{CANARY}%"])
        assert cursor.fetchone()[0] == 0


def test_the_audit_still_proves_after_an_erasure(known, gu) -> None:
    entry = AuditEntry.objects.get(what="customer.revealed")
    digest = bytes(entry.digest)

    erase(known, by=gu)

    entry.refresh_from_db()
    assert (entry.details, entry.salt, bytes(entry.digest)) == (None, None, digest)
    assert AuditEntry.objects.filter(what="customer.erased", who=gu).count() == 1


def test_a_second_erasure_and_an_unmerge_are_refused(known, gu) -> None:
    operation = known.merges.filter(undone_at=None).get()
    erase(known, by=gu)
    with pytest.raises(TransitionRefused):
        erase(Customer.objects.get(pk=known.pk), by=gu)
    with pytest.raises(TransitionRefused):
        unmerge(operation, by=gu, reason="x")
    with pytest.raises(TransitionRefused):
        add_identity(Customer.objects.get(pk=known.pk), kind="mail", value="back@example.com")


def test_the_same_file_does_not_bring_an_erased_person_back(known, gu, tmp_path) -> None:
    erase(known, by=gu)
    people = Customer.objects.count()
    path = tmp_path / "again.csv"
    path.write_text(f"ref,mail\n{CANARY}-ref,{CANARY}@example.com\nnew,new@example.com\n")

    mapping = {"fields": {"source_ref": "ref", "mail": "mail"}}
    run = Load(run_for(kind_called("customers"), path, source="shop", mapping=mapping)).go()

    assert (run.created, run.failed) == (1, 1)
    assert Customer.objects.count() == people + 1
    with pytest.raises(TransitionRefused):
        bring_customer(Brought(f"{CANARY}-ref"), source="shop")


def test_late_news_of_an_erased_person_brings_no_words(known, gu) -> None:
    erase(known, by=gu)
    moment = timezone.now().isoformat()
    record_refund(read_return(
        {"source_ref": "R-2", "order": "A-1", "refunded_at": moment, "business_date": moment[:10], "currency": "CNY",
         "payments": [{"kind": "card", "amount": 100}]}), source="till")  # fmt: skip

    line = Event.objects.filter(customer=known, kind="refund.made").latest("id")
    assert line.details["amount"] == 100
    assert "number" not in line.details


def test_the_list_of_erasures_is_replayed_on_an_older_state(known, gu, settings) -> None:
    erase(known, by=gu)
    lines = Path(settings.ERASURES_FILE).read_text().splitlines()
    assert set(json.loads(lines[0])) == {"records", "at"}

    # As a restore of yesterday's state leaves it.
    Erasure.objects.all().delete()
    Customer.objects.update(erased_at=None)
    Customer.objects.filter(pk=known.pk).update(display_name=CANARY)

    assert replay(lines) == 1
    assert replay(lines) == 0
    assert everywhere(CANARY) == []


def test_an_export_tells_everything_in_clear_and_is_logged(known, gu) -> None:
    document = held_about(known, by=gu)

    text = json.dumps(document, default=str, ensure_ascii=False)
    assert f"{CANARY}@example.com" in text
    assert "+8619900001234" in text
    assert [order["number"] for order in document["commerce"]["orders"]] == ["A-1"]
    assert document["commerce"]["refunds"][0]["reason"] == CANARY
    assert document["touchpoints"]["visits"][0]["tried_on"][0]["reason"] == CANARY
    assert len(document["customers"]["records"]) == 2
    assert AuditEntry.objects.filter(what="customer.exported", who=gu).count() == 1


def test_the_commands_speak_plainly(known, tmp_path) -> None:
    out = StringIO()
    call_command("export_customer", "20418837", out=tmp_path / "mei.json")
    assert CANARY in (tmp_path / "mei.json").read_text()
    assert (tmp_path / "mei.json").stat().st_mode & 0o077 == 0
    call_command("erase_customer", "20418837", stdout=out)
    assert "2 record" in out.getvalue()
    call_command("erase_customer", "--replay", stdout=out)
    assert "1 erasure(s) on the list, 0 done again" in out.getvalue()


def test_what_lapsed_is_removed_and_nothing_else(known, settings) -> None:
    run = ImportRun.objects.get()
    ImportRun.objects.update(started_at=timezone.now() - timedelta(days=8))
    assert retention.retain()["import_files"] == 1
    assert RowError.objects.count() == 3
    ImportRun.objects.update(started_at=timezone.now() - timedelta(days=91))
    assert retention.retain()["failed_rows"] == 3
    assert not (Path(settings.IMPORTS_ROOT) / f"run-{run.pk}").exists()
    assert Order.objects.count() == 1
    assert Payment.objects.count() == 1
    assert SourceKey.objects.exists()


def test_the_operator_gives_out_and_forgets_on_a_page(client: Client, known, gu, ke, he) -> None:
    number = known.number
    for outsider in (ke, he):
        client.force_login(outsider)
        for name in ("customers:export", "customers:erase"):
            assert client.post(reverse(name, args=[number]), {"number": number}).status_code == 403
    client.force_login(gu)
    assert client.get(reverse("customers:privacy", args=[number])).status_code == 200
    given = client.post(reverse("customers:export", args=[number]))
    assert given["Content-Disposition"].startswith("attachment")
    assert CANARY in given.content.decode()

    assert client.post(reverse("customers:erase", args=[number]), {"number": "20418838"}).status_code == 422
    assert Customer.objects.filter(number=number).exists()

    answer = client.post(reverse("customers:erase", args=[number]), {"number": number}, follow=True)
    assert answer.status_code == 200
    assert "forgotten on" in answer.content.decode()
    assert everywhere(CANARY) == []
    assert client.get(reverse("customers:show", args=[number])).status_code == 404


def test_a_record_that_was_joined_since_the_page_opened_is_erased_with_its_holder(known, gu, west_lake) -> None:
    late = Customer.objects.create(number="L1", display_name=f"迟{CANARY}", home_store=west_lake)
    opened = Customer.objects.get(pk=late.pk)
    merge(known, late, by=gu, reason="same")

    erase(opened, by=gu)

    assert not Customer.objects.filter(pk__in=[known.pk, late.pk], erased_at=None).exists()
    assert everywhere(CANARY) == []

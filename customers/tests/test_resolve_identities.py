"""The comparison in the database: what waits for a person, what is joined, what a person said stays."""

import csv
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from customers.actions import add_identity
from customers.models import Customer, Fact, Identity, MergeOperation, MergeSuggestion, SourceKey
from customers.resolution.run import resolve
from customers.tasks import compare_records
from scrm.kernel import sealed
from staff.models import User


def record(number: str, *, phone: str = "", verified: bool = False, source: str = "crm", **said: object) -> Customer:
    """A record of a source; its phone is a claim where another record holds it."""
    said = {"family_name": "梅", "given_name": "雨晴", "display_name": "梅雨晴", "birth_year": 1993, "birth_month": 12,
            "birth_day": 2} | said  # fmt: skip
    customer = Customer.objects.create(number=number, **said)
    SourceKey.objects.create(source=source, kind="customers", source_ref=number, object_id=customer.pk)
    if phone:
        held = Identity.objects.holding("phone", phone).exists()
        first = add_identity(customer, kind="phone", value="19977770000") if held else None
        one = first or add_identity(customer, kind="phone", value=phone)
        tidy = Identity.tidy("phone", phone)
        Identity.objects.filter(pk=one.pk).update(
            active=not held, verified_at=timezone.now() if verified else None,
            blind_index=sealed.blind_index("phone", tidy), sealed=sealed.seal(tidy, one.key.key()),
        )  # fmt: skip
    return customer


@pytest.fixture
def pair(db: None) -> tuple[Customer, Customer]:
    return record("1", phone="19900001234"), record("2", phone="19900001234")


def test_nothing_is_joined_unless_told_to(pair: tuple[Customer, Customer]) -> None:
    report = resolve(["crm"])

    assert (len(report.outcome.same), report.merged, report.suggested) == (1, 0, 1)
    suggestion = MergeSuggestion.objects.get()
    assert (suggestion.first, suggestion.second, suggestion.state) == (*pair, "open")
    assert not MergeOperation.objects.exists()


def test_what_is_sure_is_joined_and_a_second_run_finds_nothing(pair: tuple[Customer, Customer]) -> None:
    assert resolve(["crm"], apply=True).merged == 1
    assert resolve(["crm"], apply=True).merged == 0

    operation = MergeOperation.objects.get()
    assert (operation.survivor, operation.loser, operation.origin, operation.by) == (*pair, "batch", None)
    assert operation.evidence["score"] >= 0.95


def test_a_persons_word_is_kept(pair: tuple[Customer, Customer], gu: User) -> None:
    resolve(["crm"])
    MergeSuggestion.objects.get().call_different(by=gu)

    report = resolve(["crm"], apply=True)

    assert (report.merged, report.suggested) == (0, 0)
    assert MergeSuggestion.objects.get().state == "different"


def test_what_was_put_aside_stays_aside(pair: tuple[Customer, Customer], gu: User) -> None:
    resolve(["crm"])
    MergeSuggestion.objects.get().put_aside(by=gu)

    resolve(["crm"])

    assert MergeSuggestion.objects.get().state == "later"


def test_only_the_sources_asked_for_are_compared(db: None) -> None:
    record("1", phone="19900001234", source="shop")
    record("2", phone="19900001234", source="club")

    assert not resolve(["shop"]).outcome.same
    assert len(resolve(["shop", "club"]).outcome.same) == 1
    assert len(resolve().outcome.same) == 1


def test_sizes_are_told_to_who_decides(pair: tuple[Customer, Customer]) -> None:
    for customer, size in zip(pair, ("M", "L"), strict=True):
        Fact.objects.create(customer=customer, key="top", value=size, concern=Fact.Concern.SIZES)

    resolve(["crm"])

    assert {"code": "sizes.different", "weight": -0.5} in MergeSuggestion.objects.get().reasons


def test_the_night_suggests_and_forgets_what_it_no_longer_finds(pair: tuple[Customer, Customer]) -> None:
    compare_records()
    assert MergeSuggestion.objects.count() == 1
    Customer.objects.filter(pk=pair[1].pk).update(
        family_name="周", given_name="建军", display_name="周建军", birth_month=4, birth_day=17, birth_year=1961
    )

    compare_records()

    assert not MergeSuggestion.objects.exists()
    assert not MergeOperation.objects.exists()


def test_a_source_of_one_and_an_unknown_one(db: None) -> None:
    record("1")

    assert resolve(["crm"]).outcome.records == 1
    with pytest.raises(CommandError):
        call_command("resolve_identities", "--source", "nobody")
    with pytest.raises(CommandError):
        call_command("resolve_identities", "--source", "crm", "--threshold", "95")


def test_the_files_hold_keys_and_codes_only(pair: tuple[Customer, Customer], tmp_path: Path) -> None:
    call_command(
        "resolve_identities",
        "--source",
        "crm",
        "--pairs",
        str(tmp_path / "pairs.csv"),
        "--json",
        str(tmp_path / "a.json"),
    )

    text = (tmp_path / "pairs.csv").read_text("utf-8")
    row = next(csv.DictReader(text.splitlines()))
    assert (row["source_a"], row["ref_a"], row["source_b"], row["ref_b"]) == ("crm", "1", "crm", "2")
    assert "phone.same" in row["reason"]
    assert not any(value in text for value in ("1234", "梅", "1993"))
    assert json.loads((tmp_path / "a.json").read_text())["pairs"] == 1

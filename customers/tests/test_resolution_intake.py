"""The rule at intake: a live row with somebody's strong identity joins, unless name and birth date contradict."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connections

from customers.actions import add_identity
from customers.loading.engine import Load, kind_called, run_for
from customers.merging.operations import unmerge
from customers.models import Customer, Identity, MergeOperation, MergeSuggestion
from customers.resolution.intake import meet
from staff.models import User

FIELDS = {"source_ref": "id", "family_name": "family", "given_name": "given", "birthday": "born", "phone": "phone"}
HEAD = "id,family,given,born,phone\n"


def load(folder: Path, rows: str, *, live: bool = True) -> None:
    path = folder / "people.csv"
    path.write_text(HEAD + rows, "utf-8")
    mapping = {"fields": FIELDS, "read": {"dates": ["%Y-%m-%d"]}}
    Load(run_for(kind_called("customers"), path, source="till", mapping=mapping, live=live)).go()


def newest() -> Customer:
    return Customer.objects.latest("pk")


def test_history_keeps_the_value_as_a_claim_and_joins_nobody(tmp_path: Path, mei: Customer) -> None:
    load(tmp_path, "1,梅,雨晴,,19900001234\n", live=False)

    claim = newest().identities.get()
    assert (claim.active, claim.verified_at, claim.in_clear()) == (False, None, "+8619900001234")
    assert Identity.objects.holding("phone", "19900001234").get().customer == mei
    assert not MergeOperation.objects.exists()


def test_a_claim_is_stored_once(tmp_path: Path, mei: Customer) -> None:
    for _time in range(2):
        load(tmp_path, "1,梅,雨晴,,19900001234\n", live=False)

    assert newest().identities.count() == 1


@pytest.mark.parametrize("said", ["梅,雨晴,1993-12-02", "梅,雨晴,", "梅,建国,", ",,", "周,雨晴,1993-12-02"])
def test_an_equal_phone_joins_while_not_both_contradict(tmp_path: Path, mei: Customer, said: str) -> None:
    load(tmp_path, f"1,{said},19900001234\n")

    operation = MergeOperation.objects.get()
    assert (operation.survivor, operation.loser, operation.origin) == (mei, newest(), "intake")
    assert operation.evidence["reasons"]
    assert "1234" not in str(operation.evidence)


def test_name_and_birth_date_both_contradicting_leave_a_pair_to_look_at(tmp_path: Path, mei: Customer) -> None:
    load(tmp_path, "1,周,建军,1961-04-17,19900001234\n")

    assert not MergeOperation.objects.exists()
    suggestion = MergeSuggestion.objects.get()
    assert (suggestion.first, suggestion.second, suggestion.source) == (mei, newest(), "intake")
    assert "rule.contradicted" in {reason["code"] for reason in suggestion.reasons}


def test_a_household_phone_never_joins(tmp_path: Path, mei: Customer) -> None:
    add_identity(mei, kind="phone", value="057188881234", shared=True)

    load(tmp_path, "1,梅,雨晴,,057188881234\n2,梅,建国,,057188881234\n")

    assert not MergeOperation.objects.exists()
    assert MergeSuggestion.objects.count() == 1
    assert not Identity.objects.filter(hint__endswith="1234", kind="phone", tail="1234", shared=False).exclude(
        customer=mei
    ).exists()  # fmt: skip


@pytest.mark.parametrize("value", ["00000000000", "13800000000", "无", "null"])
def test_a_blocked_value_joins_nobody(tmp_path: Path, mei: Customer, value: str) -> None:
    load(tmp_path, f"1,梅,雨晴,,{value}\n2,梅,雨晴,,{value}\n")

    assert not MergeOperation.objects.exists()
    assert not Identity.objects.exclude(customer=mei).exists()


def test_what_was_taken_apart_is_not_joined_again(tmp_path: Path, mei: Customer, gu: User) -> None:
    load(tmp_path, "1,梅,雨晴,,19900001234\n")
    unmerge(MergeOperation.objects.get(), by=gu, reason="mother and daughter")

    assert meet(newest().pk, mei.pk) == "apart"
    assert MergeOperation.objects.count() == 1


def test_a_joined_record_that_comes_again_changes_nothing(tmp_path: Path, mei: Customer) -> None:
    for _time in range(2):
        load(tmp_path, "1,梅,雨晴,,19900001234\n")

    assert MergeOperation.objects.count() == 1
    assert Customer.objects.living().count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_meetings_at_once_one_joins(tmp_path: Path, mei: Customer, own_connections: None) -> None:
    load(tmp_path, "1,梅,雨晴,,19900001234\n", live=False)
    newcomer = newest().pk

    def meeting() -> str:
        try:
            return meet(newcomer, mei.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as both:
        said = sorted(one.result() for one in [both.submit(meeting), both.submit(meeting)])

    assert said == ["apart", "joined"]
    assert MergeOperation.objects.count() == 1
    assert not MergeSuggestion.objects.filter(state="open").exists()

"""Record files: every version kept, sensitive ones only while the customer allows them, each opening audited."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Consent, Customer, RecordFile, RecordKind
from customers.records import erase_without_consent
from scrm.kernel.refusals import TransitionRefused
from staff.models import AuditEntry, User

HTMX = {"HX-Request": "true"}


@pytest.fixture
def sizes(db: None) -> RecordKind:
    return RecordKind.objects.get(code="sizes")


@pytest.fixture
def skin(db: None) -> RecordKind:
    return RecordKind.objects.get(code="skin")


def allow(mei: Customer, given: bool = True) -> None:
    Consent.objects.say(mei, "sensitive", given=given, origin="staff")


def test_each_save_is_a_version_and_the_same_again_is_none(mei: Customer, ke: User, sizes: RecordKind) -> None:
    for shoe in ("38", "38.0", "39"):
        RecordFile.write(mei, sizes, {"shoe": shoe, "nobody": "x"}, by=ke)

    assert [row.values for row in RecordFile.objects.order_by("pk")] == [{"shoe": "38"}, {"shoe": "39"}]
    newest = RecordFile.newest(mei, sizes)
    assert newest is not None
    assert newest.values == {"shoe": "39"}


@pytest.mark.parametrize("given", [{"shoe": "big"}, {"shoe": "NaN"}, {"fit": "other"}, {"top": "x" * 301}, {}])
def test_what_a_field_does_not_take_is_refused(mei: Customer, ke: User, sizes: RecordKind, given: dict) -> None:
    with pytest.raises(TransitionRefused):
        RecordFile.write(mei, sizes, given, by=ke)
    assert not RecordFile.objects.exists()


def test_a_sensitive_file_needs_the_customers_consent(mei: Customer, ke: User, skin: RecordKind) -> None:
    with pytest.raises(TransitionRefused):
        RecordFile.write(mei, skin, {"type": "dry"}, by=ke)
    allow(mei)
    RecordFile.write(mei, skin, {"type": "dry"}, by=ke)
    allow(mei, given=False)

    with pytest.raises(TransitionRefused):
        RecordFile.open(mei, skin, by=ke)


def test_each_opening_of_a_sensitive_file_is_in_the_audit(
    client: Client, mei: Customer, ke: User, skin: RecordKind
) -> None:
    allow(mei)
    RecordFile.write(mei, skin, {"reacts": "羊毛"}, by=ke)
    client.force_login(ke)

    assert "羊毛" not in client.get(f"/customers/{mei.number}/records/").content.decode()
    for _time in range(2):
        page = client.post(f"/customers/{mei.number}/records/skin/open/", headers=HTMX).content.decode()
        assert "羊毛" in page

    assert AuditEntry.objects.filter(what="record.opened", object_id=str(mei.pk)).count() == 2
    allow(mei, given=False)
    hidden = client.post(f"/customers/{mei.number}/records/skin/open/", headers=HTMX)
    assert hidden.status_code == 422
    assert "羊毛" not in hidden.content.decode()


def test_withdrawn_it_is_erased_after_thirty_days(mei: Customer, ke: User, skin: RecordKind, sizes: RecordKind) -> None:
    now = timezone.now()
    allow(mei)
    RecordFile.write(mei, skin, {"type": "dry"}, by=ke)
    RecordFile.write(mei, sizes, {"shoe": "38"}, by=ke)
    assert erase_without_consent(now + timedelta(days=1)) == 0  # allowed: kept
    allow(mei, given=False)

    assert erase_without_consent(now - timedelta(days=1)) == 0  # not long enough ago
    assert erase_without_consent(now + timedelta(days=1)) == 1

    assert RecordFile.objects.get().kind == sizes


def test_on_the_page_it_is_opened_and_kept(client: Client, mei: Customer, ke: User, sizes: RecordKind) -> None:
    client.force_login(ke)
    path = f"/customers/{mei.number}/records/"
    assert "Nothing written down yet." in client.get(path).content.decode()

    assert 'name="shoe"' in client.post(f"{path}sizes/open/", headers=HTMX).content.decode()
    assert client.post(f"{path}sizes/", {"shoe": "big"}, headers=HTMX).status_code == 422
    assert client.post(f"{path}sizes/", {"shoe": "38", "fit": "loose"}, headers=HTMX).status_code == 200

    assert "Loose" in client.get(path).content.decode()
    assert client.post(f"{path}nothing/", {}).status_code == 404


def test_an_outsider_finds_nothing(client: Client, mei: Customer, ke: User, zhao: User, sizes: RecordKind) -> None:
    RecordFile.write(mei, sizes, {"shoe": "38"}, by=ke)
    client.force_login(zhao)

    assert client.get(f"/customers/{mei.number}/records/").status_code == 404
    assert client.post(f"/customers/{mei.number}/records/sizes/", {"shoe": "1"}).status_code == 404
    assert RecordFile.objects.count() == 1

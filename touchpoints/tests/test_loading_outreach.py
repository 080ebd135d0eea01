"""Contacts of the past from a file: history that is counted and shown, and never made again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone, translation

from customers.loading.engine import Load, kind_called, run_for
from customers.merging import merge, unmerge
from customers.models import Consent, Customer, Event, ImportRun, SourceKey, Wakeup
from customers.privacy import erase, held_about
from loyalty.models import Campaign
from scrm.kernel.words import words
from staff.models import User
from touchpoints.models import Message, Outreach, OutreachScene, Restraint
from touchpoints.restraint import decide

FIELDS = {
    "source_ref": "id", "customer": "who", "at": "at", "campaign": "campaign", "scene": "for", "channel": "way",
    "outcome": "came", "subject": "subject", "text": "text",
}  # fmt: skip
HEAD = "id;who;at;campaign;for;way;came;subject;text"
NOW = f"{timezone.now() - timedelta(days=1):%Y-%m-%d %H:%M}"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def season(db: None) -> OutreachScene:
    return OutreachScene.objects.create(code="season", name=words("换季", "換季", "Season"))


@pytest.fixture
def known(mei: Customer) -> Customer:
    SourceKey.objects.create(source="old", kind="customers", source_ref="m1", object_id=mei.pk)
    return mei


@pytest.fixture
def spring(db: None) -> Campaign:
    return Campaign.objects.create(
        code="old-spring", name=words("春天", "春天", "Spring"), starts_on="2025-03-01", source="old", source_ref="c1"
    )


def load(folder: Path, *rows: str, live: bool = False) -> ImportRun:
    path = folder / "contacts.csv"
    path.write_text("\n".join([HEAD, *rows]) + "\n", "utf-8")
    read = {"zone": "Asia/Shanghai"}
    run = run_for(kind_called("outreach"), path, source="old", live=live, mapping={"read": read, "fields": FIELDS})
    return Load(run).go()


def test_contacts_of_the_past_stand_as_they_ended(
    tmp_path: Path, known: Customer, season: OutreachScene, spring: Campaign
) -> None:
    counts = load(
        tmp_path,
        "1;m1;2025-03-02 10:00;c1;season;mail;delivered;春装;新到",
        "2;m1;2025-04-02 10:00;;season;sms;failed;;",
        "3;m1;;c1;;;;;",
        live=True,
    ).counts()

    assert (counts["created"], counts["failed"]) == (3, 0)
    first, failed, bare = Outreach.objects.order_by("pk")
    assert (first.scene, first.kind, first.way, first.campaign) == (season, "marketing", "mail", "old-spring")
    assert (first.state, first.values) == ("delivered", {"subject": "春装", "text": "新到"})
    assert first.planned_at == first.felt_at == datetime.fromisoformat("2025-03-02T10:00+08:00")
    assert (failed.state, failed.reason) == ("failed", "unreached")
    assert (bare.scene.code, bare.state) == ("from_file", "sent")
    assert bare.felt_at == datetime.fromisoformat("2025-03-01T00:00+08:00")
    lines = [(line.kind, line.channel, line.sentence) for line in Event.objects.order_by("pk")]
    assert lines == [
        ("outreach.sent", "mail", "Contacted: Season · Spring"),
        ("outreach.failed", "sms", "Could not be reached: Season"),
        ("outreach.sent", "", "Contacted: From a file · Spring"),
    ]  # fmt: skip
    assert not Message.objects.exists()
    assert not Wakeup.objects.filter(reaction__startswith="touchpoints").exists()


def test_the_same_again_changes_nothing_and_a_later_word_counts(
    tmp_path: Path, known: Customer, season: OutreachScene
) -> None:
    row = "1;m1;2025-03-02 10:00;;season;mail;{};;"
    load(tmp_path, row.format("sent"))

    again = load(tmp_path, row.format("sent"), row.format("")).counts()
    later = load(tmp_path, row.format("answered"), "2;m1;2025-03-03 10:00;;season;sms;sent;;").counts()
    failed = load(tmp_path, row.format("failed")).counts()

    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)
    assert (later["created"], later["updated"], later["unchanged"]) == (1, 1, 0)
    assert failed["updated"] == 1
    assert list(Outreach.objects.order_by("pk").values_list("state", "reason")) == [
        ("failed", "unreached"), ("sent", ""),
    ]  # fmt: skip
    kinds = Event.objects.filter(kind__startswith="outreach.").order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["outreach.sent", "outreach.sent", "outreach.failed"]


def test_one_key_twice_in_a_file_is_one_contact(tmp_path: Path, known: Customer, season: OutreachScene) -> None:
    counts = load(
        tmp_path, "1;m1;2025-03-02 10:00;;season;sms;sent;;", "1;m1;2025-03-02 10:00;;season;sms;failed;;"
    ).counts()

    assert (counts["created"], counts["updated"]) == (1, 1)
    assert Outreach.objects.get().state == "failed"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1;nobody;2025-03-02;;season;sms;sent;;", "nobody"),
        ("1;m1;2025-03-02;;nothing;sms;sent;;", "occasion “nothing”"),
        ("1;m1;2025-03-02;c9;season;sms;sent;;", "campaign “c9”"),
        ("1;m1;;;season;sms;sent;;", "Say when"),
        ("1;m1;2999-01-01;;season;sms;sent;;", "lies ahead"),
        ("1;m1;2025-03-02;;season;pigeon;sent;;", "pigeon"),
        ("1;m1;2025-03-02;;season;sms;read;;", "none of: sent"),
    ],
)
def test_a_bad_row_fails_alone(tmp_path: Path, known: Customer, season: OutreachScene, row: str, reason: str) -> None:
    run = load(tmp_path, row, "2;m1;2025-03-02;;season;sms;sent;;")

    assert (run.counts()["created"], run.counts()["failed"]) == (1, 1)
    assert reason in run.row_errors.get().reason


def test_another_customer_under_the_same_key_is_refused(tmp_path: Path, known: Customer, season: OutreachScene) -> None:
    other = Customer.objects.create(number="N2")
    SourceKey.objects.create(source="old", kind="customers", source_ref="m2", object_id=other.pk)
    load(tmp_path, "1;m1;2025-03-02;;season;sms;sent;;")

    run = load(tmp_path, "1;m2;2025-03-02;;season;sms;sent;;")

    assert run.counts()["failed"] == 1
    assert Outreach.objects.get().customer == known


def test_only_lately_made_ones_fill_the_cap(tmp_path: Path, known: Customer, season: OutreachScene) -> None:
    Restraint.objects.update_or_create(
        name="brand", defaults={"quiet_from": None, "quiet_to": None, "most": 2, "days": 30}
    )
    Consent.objects.say(known, "marketing", "sms", given=True, origin="staff")

    def decided() -> str:
        now = timezone.now()
        return decide(known, season, template=None, values={}, until=now + timedelta(days=1), now=now).reason

    load(tmp_path, *(f"{n};m1;2025-03-0{n};;season;sms;sent;;" for n in (1, 2, 3)), f"4;m1;{NOW};;season;sms;failed;;")
    assert decided() != "cap"

    load(tmp_path, *(f"{n};m1;{NOW};;season;sms;sent;;" for n in (5, 6)))
    assert decided() == "cap"


def test_what_arrives_under_a_joined_number_goes_home_with_it(
    tmp_path: Path, known: Customer, season: OutreachScene, gu: User
) -> None:
    other = Customer.objects.create(number="N2")
    load(tmp_path, "1;m1;2025-03-02;;season;sms;sent;;")
    joined = merge(other, known, by=gu, reason="same")
    load(tmp_path, "1;m1;2025-03-02;;season;sms;answered;;", "2;m1;2025-03-03;;season;sms;sent;;")
    assert set(Outreach.objects.values_list("customer", "came_as")) == {(other.pk, known.pk)}

    unmerge(joined, by=gu, reason="not the same")

    assert set(Outreach.objects.values_list("customer", "came_as")) == {(known.pk, None)}
    assert set(Event.objects.filter(kind="outreach.sent").values_list("customer", flat=True)) == {known.pk}


def test_its_words_are_shown_told_and_forgotten(
    tmp_path: Path, client: Client, known: Customer, season: OutreachScene, ke: User
) -> None:
    load(tmp_path, "1;m1;2025-03-02;;season;mail;sent;;春装到了")
    client.force_login(ke)

    assert "春装到了" in client.get(f"/customers/{known.number}/contacts/").content.decode()
    assert held_about(known, by=ke)["touchpoints"]["contacts"][0]["values"] == {"text": "春装到了"}
    erase(known, by=None)

    assert Outreach.objects.get().values == {}
    assert load(tmp_path, "1;m1;2025-03-02;;season;mail;sent;;春装到了").counts()["failed"] == 1

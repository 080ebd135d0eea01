"""Tags from a file: a person's word of its moment, once, beside what stands here already."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone, translation

from customers.loading.engine import Load, kind_called, run_for
from customers.models import Customer, Event, ImportRun, SourceKey, Tag, TagDimension, Wakeup
from staff.models import User

FIELDS = {"customer": "who", "dimension": "asks", "value": "says", "at": "at"}


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def known(mei: Customer) -> Customer:
    SourceKey.objects.create(source="old", kind="customers", source_ref="m1", object_id=mei.pk)
    return mei


@pytest.fixture
def service(db: None) -> TagDimension:
    return TagDimension.objects.get(code="service")


@pytest.fixture
def liking(db: None) -> TagDimension:
    return TagDimension.objects.get(code="liking")


def load(folder: Path, *rows: str) -> ImportRun:
    path = folder / "tags.csv"
    path.write_text("\n".join(["who;asks;says;at", *rows]) + "\n", "utf-8")
    return Load(run_for(kind_called("tags"), path, source="old", mapping={"fields": FIELDS})).go()


def live(customer: Customer) -> set[tuple[str, str]]:
    return set(Tag.objects.live().filter(customer=customer).values_list("dimension__code", "value"))


def test_values_stand_with_their_evidence_and_their_line(tmp_path: Path, known: Customer) -> None:
    counts = load(tmp_path, "m1;service;speed;2025-01-02", "m1;liking;瑜伽  服;2025-01-03").counts()

    assert (counts["created"], counts["failed"]) == (2, 0)
    assert live(known) == {("service", "speed"), ("liking", "瑜伽 服")}
    tag = Tag.objects.get(value="speed")
    assert (tag.origin, tag.confidence, tag.alone, tag.by) == ("manual", 100, True, None)
    assert tag.evidence == [{"what": "file", "of": "old"}]
    assert f"{timezone.localdate(tag.at)}" == "2025-01-02"
    lines = Event.objects.filter(kind="tag.put").order_by("at")
    assert [line.sentence for line in lines] == ["Tagged: Speed", "Tagged: 瑜伽 服"]
    assert not Wakeup.objects.exists()


def test_a_value_written_by_its_name_is_the_one_on_offer(tmp_path: Path, known: Customer) -> None:
    load(tmp_path, "m1;service;要快;2025-01-02", "m1;where;In The Store;2025-01-02")

    assert live(known) == {("service", "speed"), ("where", "store")}


def test_a_repeated_load_changes_nothing(tmp_path: Path, known: Customer) -> None:
    rows = ("m1;service;speed;2025-01-02", "m1;service;feeling;2025-02-02", "m1;liking;yoga;2025-01-02")
    load(tmp_path, *rows)
    before = list(Tag.objects.order_by("pk").values())

    counts = load(tmp_path, *rows).counts()

    assert (counts["created"], counts["updated"], counts["unchanged"]) == (0, 0, 3)
    assert list(Tag.objects.order_by("pk").values()) == before
    assert Event.objects.filter(kind="tag.put").count() == 3


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("m1;humour;dry;2025-01-02", "no dimension “humour”"),
        ("nobody;service;speed;2025-01-02", "nobody"),
        ("m1;service;;2025-01-02", "Value"),
        ("m1;service;speed;soon", "soon"),
        (f"m1;service;{'x' * 61};2025-01-02", "60"),
    ],
)
def test_a_bad_row_fails_alone(tmp_path: Path, known: Customer, row: str, reason: str) -> None:
    run = load(tmp_path, row, "m1;liking;yoga;2025-01-02")

    assert (run.counts()["created"], run.counts()["failed"]) == (1, 1)
    assert reason in run.row_errors.get().reason


@pytest.mark.parametrize("files", [1, 2, 3], ids=["in one file", "in order", "late"])
def test_of_an_exclusive_dimension_the_newest_word_holds(tmp_path: Path, known: Customer, files: int) -> None:
    older, newer = "m1;service;speed;2025-01-02", "m1;service;feeling;2025-02-02"
    for rows in {1: [(newer, older)], 2: [(older,), (newer,)], 3: [(newer,), (older,)]}[files]:
        load(tmp_path, *rows)

    assert live(known) == {("service", "feeling")}
    # However the words came, the older one ended when the newer was said.
    assert Tag.objects.get(value="speed").ended_at == Tag.objects.get(value="feeling").at


def test_what_a_colleague_said_or_took_off_later_stands(
    tmp_path: Path, known: Customer, ke: User, service: TagDimension, liking: TagDimension
) -> None:
    said = Tag.put(known, service, "feeling", by=ke)
    off = Tag.put(known, liking, "yoga", by=ke)
    assert off is not None
    off.take_off(by=ke)
    tomorrow = timezone.localdate() + timedelta(days=1)

    load(tmp_path, "m1;service;speed;2025-01-02", "m1;liking;yoga;2025-01-02")
    assert list(Tag.objects.live()) == [said]

    load(tmp_path, f"m1;liking;yoga;{tomorrow}")
    assert live(known) == {("service", "feeling"), ("liking", "yoga")}


def test_a_persons_word_takes_the_place_of_a_reckoned_one(
    tmp_path: Path, known: Customer, service: TagDimension
) -> None:
    reckoned = Tag.put(known, service, "feeling", origin="rule", confidence=80)
    assert reckoned is not None

    load(tmp_path, "m1;service;speed;2025-01-02")

    assert live(known) == {("service", "speed")}
    reckoned.refresh_from_db()
    assert reckoned.ended_at == reckoned.at

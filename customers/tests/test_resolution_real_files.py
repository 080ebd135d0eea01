"""Published lists with known links, loaded as docs/maps says: how many pairs are found, and how many are right."""

import csv
import gzip
import itertools
import json
import os
from collections import defaultdict
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from customers.loading.engine import Load, kind_called, run_for
from customers.loading.mapping import read_map
from customers.models import Customer, MergeOperation, MergeSuggestion
from customers.resolution.reading import refs_of
from customers.resolution.run import resolve

DATA = settings.ROOT.parent / "shared" / "data"
MAPS = settings.ROOT / "docs" / "maps"
pytestmark = pytest.mark.skipif(
    not DATA.exists() and "CI" not in os.environ, reason="the published sets are not on this machine"
)
Pairs = set[tuple[str, str]]
# set, file, map, column with the answer; recall at least: by score alone, and of the groups
SETS = {
    "febrl1": ("febrl/dataset1.csv.gz", "febrl/customers.toml", "rec_id", 0.985, 0.985),
    "febrl3": ("febrl/dataset3.csv.gz", "febrl/customers.toml", "rec_id", 0.98, 0.985),
    "febrl1 without ID": ("febrl/dataset1.csv.gz", "febrl/customers_without_id.toml", "rec_id", 0.985, 0.985),
    "febrl3 without ID": ("febrl/dataset3.csv.gz", "febrl/customers_without_id.toml", "rec_id", 0.965, 0.98),
    "fake_1000": ("splink_identity/fake_1000.csv.gz", "splink_identity/customers.toml", "cluster", 0.70, 0.84),
}
PRECISE = 0.995


def truth(file: str, column: str) -> Pairs:
    """The true pairs of a file, by line."""
    people = defaultdict(list)
    with gzip.open(DATA / file, "rt", encoding="utf-8") as rows:
        for line, row in enumerate(csv.DictReader(rows), start=2):
            people[row[column].split("-")[1] if column == "rec_id" else row[column]].append(str(line))
    return {tuple(sorted(pair)) for lines in people.values() for pair in itertools.combinations(lines, 2)}


def load(file: str, map_file: str, source: str) -> None:
    counts = Load(run_for(kind_called("customers"), DATA / file, source=source, mapping=read_map(MAPS / map_file)))
    assert counts.go().counts()["failed"] == 0


def figures(found: Pairs, true: Pairs) -> tuple[float, float]:
    """Precision and recall of pairs."""
    right = len(found & true)
    return right / max(len(found), 1), right / len(true)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.django_db
def test_pairs_are_found_and_right_before_and_after_closure(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    file, map_file, column, direct, closed = SETS[name]
    load(file, map_file, name)
    true = truth(file, column)

    outcome = resolve([name]).outcome

    refs = refs_of([number for pair in outcome.direct for number in pair]
                   + [number for group in outcome.groups for number in group], [name])  # fmt: skip
    before: Pairs = {tuple(sorted(refs[number][1] for number in pair)) for pair in outcome.direct}
    after: Pairs = {tuple(sorted((refs[pair.first][1], refs[pair.second][1]))) for pair in outcome.same}
    with capsys.disabled():
        told = " ".join(f"{figure:.4f}" for found in (before, after) for figure in figures(found, true))
        print(f"\n{name}: precision and recall before and after closure: {told}")  # noqa: T201
    for found, floor in ((before, direct), (after, closed)):
        precision, recall = figures(found, true)
        assert precision >= PRECISE
        assert recall >= floor


@pytest.mark.django_db
def test_the_command_writes_pairs_joins_them_and_finds_nothing_the_second_time(tmp_path: Path) -> None:
    load(*SETS["febrl1"][:2], "febrl1")
    pairs, answer = tmp_path / "pairs.csv", tmp_path / "answer.json"

    call_command("resolve_identities", "--source", "febrl1", "--apply", "--pairs", str(pairs), "--json", str(answer))

    with pairs.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["source_a", "ref_a", "source_b", "ref_b", "score", "reason"]
    assert all(row["source_a"] == row["source_b"] == "febrl1" and float(row["score"]) >= 0.95 for row in rows)
    counts = json.loads(answer.read_text())
    assert counts["merged"] == counts["pairs"] == len(rows)
    assert MergeOperation.objects.filter(origin="batch").count() == len(rows)
    assert Customer.objects.living().count() == 1000 - len(rows)
    waiting = MergeSuggestion.objects.waiting().count()

    call_command("resolve_identities", "--source", "febrl1", "--apply", "--json", str(answer))

    again = json.loads(answer.read_text())
    assert (again["merged"], again["pairs"]) == (0, 0)
    assert MergeSuggestion.objects.waiting().count() == waiting


@pytest.mark.django_db
def test_pairs_are_found_across_sources(tmp_path: Path) -> None:
    file = DATA / "febrl/dataset1.csv.gz"
    with gzip.open(file, "rt", encoding="utf-8") as rows:
        head, *lines = rows.read().splitlines()
    mapping = read_map(MAPS / "febrl/customers.toml")
    for name, kind in (("shop", "-org"), ("club", "-dup-")):
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join([head, *(line for line in lines if kind in line.split(",")[0])]) + "\n")
        Load(run_for(kind_called("customers"), path, source=name, mapping=mapping)).go()

    call_command("resolve_identities", "--source", "shop", "club", "--pairs", str(tmp_path / "pairs.csv"))

    with (tmp_path / "pairs.csv").open(encoding="utf-8") as pairs:
        found = [{row["source_a"], row["source_b"]} for row in csv.DictReader(pairs)]
    assert found.count({"shop", "club"}) == len(found) >= 490

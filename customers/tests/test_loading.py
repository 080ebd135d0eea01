"""The engine of `load`: bad rows fail alone, a killed run goes on, a second load changes nothing."""

import csv
import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from customers.loading import failed_rows
from customers.loading.engine import Load, kind_called, run_for
from customers.loading.files import open_rows
from customers.loading.trouble import LoadTrouble
from customers.models import Customer, Event, Identity, ImportRun, RowError, Wakeup
from scrm.kernel import registry

FIELDS = {"source_ref": "id", "display_name": "name", "phone": "phone"}


def write(folder: Path, text: str, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def people(path: Path, fields: dict[str, Any] | None = None, **more: Any) -> ImportRun:
    mapping = {"fields": fields or FIELDS}
    return run_for(kind_called("customers"), path, source="crm", mapping=mapping, **more)


@pytest.mark.django_db
def test_one_bad_row_never_stops_the_others(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "id,name,phone\n007,梅😀,19900001234\n8,a\0b,\n9,\"two\nlines\",\n10,\"open,\n11,x,y,z\n" + f"12,{'长' * 201},\n"
        ",nobody,\n13,Robert'); drop table students;--,\n",
    )  # fmt: skip

    run = Load(people(path)).go()

    assert run.counts() == {"read": 8, "created": 3, "updated": 0, "unchanged": 0, "skipped": 0, "failed": 5}
    assert sorted(run.row_errors.values_list("line", flat=True)) == [3, 6, 7, 8, 9]
    assert set(Customer.objects.values_list("display_name", flat=True)) == {
        "梅😀", "two\nlines", "Robert'); drop table students;--"}  # fmt: skip


@pytest.mark.django_db
def test_failed_rows_come_back_in_their_columns_and_inert(tmp_path: Path) -> None:
    path = write(tmp_path, "id,name,phone\n,=1+1,-5\n,@x,+8613\n")

    run = Load(people(path)).go()

    with failed_rows.path_of(run).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "name", "phone", "line", "went in", "reason"]
    assert [row[1:3] for row in rows[1:]] == [["'=1+1", "'-5"], ["'@x", "'+8613"]]
    assert all(row[-1] for row in rows[1:])


@pytest.mark.django_db
def test_an_identity_of_somebody_else_is_left_out_with_a_note(tmp_path: Path, mei: Customer) -> None:
    path = write(tmp_path, "id,name,phone\n1,甲,19900001234\n2,乙,13800000000\n")

    run = Load(people(path)).go()

    assert run.counts()["created"] == 2
    assert run.counts()["failed"] == 0
    assert run.row_errors.filter(warning=True).count() == 2
    assert Identity.objects.holding("phone", "19900001234").get().customer == mei


@pytest.mark.django_db
def test_an_empty_cell_says_nothing_and_a_change_is_written(tmp_path: Path) -> None:
    Load(people(write(tmp_path, "id,name,phone\n1,甲,19900005555\n2,乙,\n"))).go()

    run = Load(people(write(tmp_path, "id,name,phone\n1,,\n2,丙,19900006666\n"))).go()

    assert (run.updated, run.unchanged) == (1, 1)
    assert set(Customer.objects.values_list("display_name", flat=True)) == {"甲", "丙"}
    assert Identity.objects.count() == 2


@pytest.mark.django_db
def test_a_killed_load_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "id,name,phone\n" + "".join(f"{n},名{n},\n" for n in range(100)))
    stored = []

    def killed_after_two_batches(run: ImportRun) -> None:
        stored.append(run.rows_done)
        if len(stored) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Load(people(path), progress=killed_after_two_batches, size=30).go()
    assert Customer.objects.count() == 60

    run = Load(people(path), size=30).go()

    assert run == ImportRun.objects.get()
    assert run.counts() == {"read": 100, "created": 100, "updated": 0, "unchanged": 0, "skipped": 0, "failed": 0}
    assert Customer.objects.count() == 100
    assert Load(people(path)).go().counts()["unchanged"] == 100


@pytest.mark.django_db
def test_a_grouped_load_goes_on_too(tmp_path: Path) -> None:
    path = write(tmp_path, "id,name,phone\n" + "".join(f"{n % 50},名{n % 50},\n" for n in range(100)))
    mapping = {"fields": FIELDS, "group": {"by": "id"}}

    def asked_to_stop(run: ImportRun) -> None:
        ImportRun.objects.filter(pk=run.pk).update(stop_asked=run.rows_done > 0)

    def begun() -> ImportRun:
        return run_for(kind_called("customers"), path, source="crm", mapping=mapping)

    stopped = Load(begun(), progress=asked_to_stop, size=20).go()
    assert (stopped.state, Customer.objects.count()) == (ImportRun.State.STOPPED, 20)
    run = Load(begun(), size=20).go()

    assert run.counts() == {"read": 100, "created": 50, "updated": 0, "unchanged": 0, "skipped": 50, "failed": 0}


@pytest.mark.django_db
@pytest.mark.parametrize("live", [True, False])
def test_only_a_live_load_wakes_reactions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, live: bool) -> None:
    greet = registry.Reaction("greet", ("customer.joined",), lambda event: None)
    monkeypatch.setattr("customers.loading.timeline.listening", lambda kind: [greet])
    path = write(tmp_path, "id,at\n1,2026-01-02\n")

    Load(people(path, {"source_ref": "id", "joined_at": "at"}, live=live)).go()

    assert Event.objects.get().kind == "customer.joined"
    assert Wakeup.objects.count() == int(live)


@pytest.mark.django_db
def test_a_row_the_database_refuses_fails_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Customer.objects.create(number="taken meanwhile", display_name="x")
    path = write(tmp_path, "id,number\n1,A\n2,taken meanwhile\n3,D\n")
    monkeypatch.setattr("customers.loading.people._numbers", lambda batch, rows, ids: [row["number"] for row in rows])

    run = Load(people(path, {"source_ref": "id", "number": "number"})).go()

    assert (run.created, run.failed) == (2, 1)
    assert RowError.objects.get().line == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    "mapping",
    [
        {"fields": {"source_ref": "nope"}},
        {"fields": {"source_ref": "id", "colour": "name"}},
        {"fields": {"display_name": "name"}},
        {"fields": {"source_ref": {"column": "id", "constant": 1}}},
        {"fields": {"source_ref": "id"}, "read": {"zone": "Mars"}},
        {"fields": {"source_ref": "id"}, "keep": [{"column": "id"}]},
        {"fields": {"source_ref": "id"}, "extra": {}},
        {"kind": "orders", "fields": {"source_ref": "id"}},
        {},
    ],
)
def test_a_wrong_map_is_refused_with_a_sentence(tmp_path: Path, mapping: dict[str, Any]) -> None:
    with pytest.raises(LoadTrouble, match=r"\w{3}"):
        run_for(kind_called("customers"), write(tmp_path, "id,name\n1,a\n"), source="crm", mapping=mapping)


@pytest.mark.django_db
def test_the_command_prints_the_counts_and_knows_its_kinds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out, answer = write(tmp_path, "id;name\n1;甲\n"), StringIO(), tmp_path / "answer.json"
    mapping = write(tmp_path, '[fields]\nsource_ref = "id"\ndisplay_name = "name"\n', "map.toml")

    call_command("load", "customers", path, source="crm", map=mapping, map_file=mapping, json=answer, stdout=out)
    with pytest.raises(SystemExit) as refused:
        call_command("load", "coupons", path, source="crm", map_file=mapping, map=mapping)

    assert json.loads(out.getvalue()) == json.loads(answer.read_text())
    assert json.loads(out.getvalue())["created"] == 1
    assert refused.value.code == 2


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("a\tb\n1\t2\n", ["a", "b"], [["1", "2"]]),
        ("a|b\n1|2\n", ["a", "b"], [["1", "2"]]),
        (" a  b\n 01  2\n", ["a", "b"], [["01", "2"]]),
        ("a,b\n1,2,\n\n3,4\n", ["a", "b"], [["1", "2"], ["3", "4"]]),
        ('a,b\n5" screen,2\n"x, y",3\n', ["a", "b"], [['5" screen', "2"], ["x, y", "3"]]),
    ],
)
def test_separators_and_quotes_are_understood(tmp_path: Path, text: str, columns: list[str], rows: list[Any]) -> None:
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))

    found = open_rows(packed, {})

    assert found.columns == columns
    assert [list(cells) for _line, cells, _text in found.rows] == rows


def test_workbooks_are_read_with_their_numbers_and_days(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["id", "amount"])
    book.active.append(["007", 12.5])
    book.save(tmp_path / "rows.xlsx")

    found = open_rows(tmp_path / "rows.xlsx", {})

    assert list(found.rows) == [(2, ["007", 12.5], "")]

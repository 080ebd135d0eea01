"""The pages of loading by hand: what they cost, what they refuse, and where a second click leads."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.loading.engine import Load
from customers.models import Customer, ImportRun
from staff.models import User

ROWS = (
    "会员编号;姓名;手机;生日;金额\n007;梅雨晴;19900001234;13/03/1991;1,50\n8;周一鸣;;31/02/1990;2,00\n9;空行\n"
).encode("gb18030")
HOW = {
    "column-0": "source_ref", "column-1": "display_name", "column-3": "birthday",
    "zone": "Asia/Shanghai", "decimal": ",", "dates": "%d/%m/%Y", "then": "check",
}  # fmt: skip


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was handed to the worker, which does nothing."""
    tasks: list[int] = []
    monkeypatch.setattr("customers.views.imports.run_import.apply_async", lambda args, queue: tasks.append(args[0]))
    return tasks


@pytest.fixture
def operator(client: Client, gu: User) -> Client:
    client.force_login(gu)
    return client


def upload(client: Client, content: bytes = ROWS, name: str = "m.csv", **given: Any) -> Any:
    form = {"kind": "customers", "source": "old crm", "live": "", "file": SimpleUploadedFile(name, content)} | given
    return client.post(reverse("imports:new"), form)


def place(name: str, run: ImportRun) -> str:
    return reverse(f"imports:{name}", args=[run.pk])


def tried(client: Client) -> ImportRun:
    upload(client)
    run = ImportRun.objects.get()
    assert client.post(place("map", run), HOW).status_code == 302
    Load(ImportRun.objects.get()).go()
    return ImportRun.objects.get()


def test_every_step_is_cheap(operator: Client, sent: list[int], django_assert_max_num_queries: Any) -> None:
    run = tried(operator)
    steps = {"new": reverse("imports:new"), "map": place("map", run), "check": place("check", run)}
    for address in steps.values():
        with django_assert_max_num_queries(14):
            assert operator.get(address).status_code == 200
    operator.post(place("run", run))
    for name in ("run", "progress"):
        with django_assert_max_num_queries(14):
            assert operator.get(place(name, run)).status_code == 200


def test_the_list_is_cheap_however_long(operator: Client, gu: User, django_assert_max_num_queries: Any) -> None:
    ImportRun.objects.bulk_create(
        ImportRun(kind="customers", source="old crm", file_name=f"{n}.csv", started_by=gu, state="done", failed=n)
        for n in range(30)
    )

    with django_assert_max_num_queries(12):
        answer = operator.get(reverse("imports:index"))

    text = answer.content.decode()
    assert "29.csv" in text
    assert "?after=" in text
    assert "failed.csv" not in text, "no link to a file that is not there"


def test_a_double_click_on_load_starts_one(operator: Client, sent: list[int]) -> None:
    run = tried(operator)
    sent.clear()

    first, second = operator.post(place("run", run)), operator.post(place("run", run), follow=True)

    assert first.status_code == 302
    assert sent == [run.pk]
    assert second.status_code == 200
    assert 'role="status"' in second.content.decode() or "s-toast" in second.content.decode()


def test_a_map_from_another_window_changes_nothing_once_it_runs(operator: Client, sent: list[int]) -> None:
    run = tried(operator)
    operator.post(place("run", run))

    answer = operator.post(place("map", run), HOW)

    assert answer.headers["Location"] == place("run", run)
    assert ImportRun.objects.get().state == "running"


def test_a_stopped_try_never_writes(operator: Client, sent: list[int]) -> None:
    run = tried(operator)
    ImportRun.objects.update(state="stopped", dry=True)
    sent.clear()

    answer = operator.post(place("run", run))

    assert answer.headers["Location"] == place("check", run)
    assert sent == []
    assert not Customer.objects.exists()
    operator.post(place("again", run))
    assert (sent, ImportRun.objects.get().state) == ([run.pk], "checking")


def test_an_import_its_worker_left_can_be_gone_on_with(operator: Client, sent: list[int]) -> None:
    run = tried(operator)
    operator.post(place("run", run))
    assert operator.post(place("run", run)).status_code == 302
    assert len(sent) == 2, "the try and the load"
    ImportRun.objects.update(seen_at=timezone.now() - timedelta(minutes=5))

    operator.post(place("run", run))

    assert len(sent) == 3


def test_every_step_leads_to_where_the_import_stands(operator: Client, sent: list[int]) -> None:
    upload(operator)
    run = ImportRun.objects.get()

    assert operator.get(place("check", run)).headers["Location"] == place("map", run)
    assert operator.get(place("run", run)).headers["Location"] == place("map", run)
    ImportRun.objects.update(state="done")
    assert operator.get(place("map", run)).headers["Location"] == place("run", run)


def test_an_uploaded_workbook_is_read(operator: Client) -> None:
    import openpyxl

    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["会员编号", "姓名"])
    book.active.append(["007", "梅雨晴"])
    book.save(out)
    upload(operator, out.getvalue(), "members.xlsx")

    answer = operator.get(place("map", ImportRun.objects.get()))

    assert answer.status_code == 200
    assert "梅雨晴" in answer.content.decode()


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, b"\xd0\xcf\x11\xe0 old", b"PK no book", b"  \n"]
)
def test_what_is_no_table_is_named_by_its_own_name(operator: Client, content: bytes) -> None:
    upload(operator, content, "holiday.csv")

    answer = operator.get(place("map", ImportRun.objects.get()))

    assert answer.status_code == 422
    assert "holiday.csv" in answer.content.decode()


def test_an_empty_or_missing_file_keeps_what_was_typed(operator: Client) -> None:
    empty = upload(operator, b"", source="till of Wulin")
    missing = operator.post(reverse("imports:new"), {"kind": "orders", "source": "till of Wulin"})

    for answer in (empty, missing):
        assert answer.status_code == 422
        assert "till of Wulin" in answer.content.decode()
        assert "s-err" in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_one_column_for_each_field(operator: Client) -> None:
    upload(operator)
    run = ImportRun.objects.get()

    answer = operator.post(place("map", run), HOW | {"column-4": "source_ref"})

    assert answer.status_code == 422
    assert answer.content.decode().count('<option value="source_ref" selected>') == 2, "the choice stays to be seen"
    assert ImportRun.objects.get().state == "draft"


def test_amounts_are_shown_as_money(operator: Client) -> None:
    content = "单号;会员编号;下单时间;门店;实付金额\nA1;007;13/11/2026 18:30;HZ01;1595,77\n".encode("gb18030")
    upload(operator, content, kind="orders")

    text = operator.get(place("map", ImportRun.objects.get())).content.decode()

    assert "¥1,595.77" in text
    assert ImportRun.objects.get().kind_words not in ("", "orders")
    assert "2026-11-13 18:30" in text


def test_the_same_file_again_has_nothing_to_load(operator: Client, sent: list[int]) -> None:
    run = tried(operator)
    operator.post(place("run", run))
    Load(ImportRun.objects.get()).go()
    upload(operator)
    again = ImportRun.objects.first()
    assert again
    operator.post(place("map", again), HOW)
    Load(ImportRun.objects.get(pk=again.pk)).go()

    answer = operator.get(place("check", again))

    again.refresh_from_db()
    assert (again.created, again.updated, again.unchanged, again.failed) == (0, 0, 1, 2)
    assert "btn-primary" in answer.content.decode()


@pytest.mark.parametrize("name", ["map", "check", "run", "progress", "again", "stop", "failed"])
def test_another_role_is_shown_the_door(operator: Client, ke: User, sent: list[int], name: str) -> None:
    run = tried(operator)
    operator.force_login(ke)
    sent.clear()

    answer = operator.post(place(name, run)) if name in ("again", "stop") else operator.get(place(name, run))

    assert answer.status_code == 403
    assert operator.post(place("run", run)).status_code == 403
    assert sent == []

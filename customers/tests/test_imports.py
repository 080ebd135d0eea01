"""Loading by hand: upload, map, try, run; and who may."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from customers.loading.engine import Load
from customers.models import Customer, ImportRun
from staff.models import User

ROWS = "会员编号;姓名;手机;生日;金额\n007;梅雨晴;19900001234;13/03/1991;1,50\n8;周一鸣;;31/02/1990;2,00\n".encode(
    "gb18030"
)


@pytest.fixture(autouse=True)
def _no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's task runs at once."""
    monkeypatch.setattr(
        "customers.views.imports.run_import.apply_async",
        lambda args, queue: Load(ImportRun.objects.get(pk=args[0])).go(),
    )


@pytest.fixture
def operator(client: Client, gu: User) -> Client:
    client.force_login(gu)
    return client


def upload(client: Client, content: bytes = ROWS, **given: Any) -> Any:
    form = {"kind": "customers", "source": "old crm", "live": "", "file": SimpleUploadedFile("m.csv", content)} | given
    return client.post(reverse("imports:new"), form)


def test_from_the_file_to_the_customers(operator: Client) -> None:
    upload(operator)
    run = ImportRun.objects.get()

    shown = operator.get(reverse("imports:map", args=[run.pk])).content.decode()
    chosen = {"column-0": "source_ref", "column-1": "display_name", "column-2": "phone", "column-3": "birthday"}
    how = {"zone": "Asia/Shanghai", "decimal": ",", "dates": "%d/%m/%Y", "then": "check"}
    tried = operator.post(reverse("imports:map", args=[run.pk]), chosen | how, follow=True).content.decode()

    assert "GB18030" in shown
    assert "199****1234" in shown
    assert "梅雨晴" in shown
    assert not Customer.objects.exists()
    run.refresh_from_db()
    assert (run.state, run.read, run.created, run.failed) == ("checked", 2, 1, 1)
    assert "31/02/1990" in tried

    done = operator.post(reverse("imports:run", args=[run.pk]), follow=True)

    run.refresh_from_db()
    assert (done.status_code, run.state) == (200, "done")
    assert run.counts() == {"read": 2, "created": 1, "updated": 0, "unchanged": 0, "skipped": 0, "failed": 1}
    assert Customer.objects.get().display_name == "梅雨晴"
    failed = operator.get(reverse("imports:failed", args=[run.pk]))
    assert "周一鸣" in b"".join(failed.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]


def test_the_next_file_of_the_source_keeps_the_map(operator: Client) -> None:
    upload(operator)
    first = ImportRun.objects.get()
    first.mapping = {"fields": {"source_ref": "会员编号", "company_name": "姓名"}}
    first.save()

    upload(operator)

    assert ImportRun.objects.first().mapping == first.mapping  # type: ignore[union-attr]


def test_a_map_that_lacks_the_key_is_refused_with_a_sentence(operator: Client) -> None:
    upload(operator)
    place = reverse("imports:map", args=[ImportRun.objects.get().pk])

    answer = operator.post(place, {"column-1": "display_name", "zone": "UTC", "decimal": ".", "then": "check"})

    assert answer.status_code == 422
    assert "source_ref" in answer.content.decode()


def test_a_file_too_large_or_unreadable_gets_a_sentence(operator: Client, settings: Any) -> None:
    settings.IMPORT_LARGEST = 20
    assert upload(operator).status_code == 422
    settings.IMPORT_LARGEST = 1000

    upload(operator, b"PAR1 is not enough")

    assert operator.get(reverse("imports:map", args=[ImportRun.objects.get().pk])).status_code == 422


def test_a_stopped_import_goes_on(operator: Client) -> None:
    upload(operator)
    run = ImportRun.objects.get()
    ImportRun.objects.update(
        state="running", mapping={"fields": {"source_ref": "会员编号", "display_name": "姓名"}}, file_path=run.file_path
    )

    stopped = operator.post(reverse("imports:stop", args=[run.pk]))
    assert stopped.status_code == 302
    assert ImportRun.objects.get().stop_asked
    ImportRun.objects.update(state="stopped")
    operator.post(reverse("imports:run", args=[run.pk]))

    assert ImportRun.objects.get().state == "done"
    assert Customer.objects.count() == 2


@pytest.mark.parametrize("name", ["index", "new"])
def test_only_operators_import(client: Client, ke: User, name: str) -> None:
    assert client.get(reverse(f"imports:{name}")).status_code == 302
    client.force_login(ke)

    assert client.get(reverse(f"imports:{name}")).status_code == 403


def test_no_import_page_carries_style_or_script() -> None:
    for page in Path("templates/customers/imports").glob("*.html"):
        text = page.read_text()
        assert "style=" not in text
        assert "<script" not in text

"""Thirteen classes of advisories that help desks, shops and marketing tools had; each is tried here."""

import csv
import gzip
import io
import json
import logging
import os
import secrets
import subprocess
import sys
import zipfile
from typing import Any

import pytest
from django.conf import settings as conf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from conftest import PASSWORD
from customers.models import Customer, ImportRun
from scrm.kernel.outgoing import Unsafe, target_of
from staff.models import ApiClient, Membership, StaffSession, User
from tests.footprint import footprint

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture
def key(db) -> dict[str, str]:
    client = ApiClient.objects.create(code="till", scopes=["orders", "customers", "webhooks"])
    return {"Authorization": f"Bearer {client.new_secret()}"}


def told(headers: dict[str, str], path: str, body: Any, **more: str) -> Any:
    return Client(raise_request_exception=False).post(
        path, body if isinstance(body, str | bytes) else json.dumps(body), content_type="application/json",
        headers={**headers, "Idempotency-Key": secrets.token_hex(8), **more},
    )  # fmt: skip


def loaded(client: Client, content: bytes, name: str) -> Any:
    file = SimpleUploadedFile(name, content)
    answer = client.post("/imports/new/", {"file": file, "kind": "customers", "source": "x"})
    return client.get(answer.url) if answer.status_code == 302 else answer


def test_01_the_second_door_to_the_same_thing(mei, zhao, key) -> None:
    """The list is guarded, its export, its parts and its API are not: a help desk gave attachments by number alone."""
    client = Client()
    client.force_login(zhao)

    for part in ("", "timeline/", "panels/matters/", "panels/facts/", "circle/", "moved/"):
        assert client.get(f"/customers/{mei.number}/{part}").status_code == 404
    assert client.get(f"/counter/customers/{mei.number}/turned/").status_code == 404
    assert Client().get(f"/api/v1/customers/{mei.number}/", headers=key).status_code == 404
    assert mei.number not in Client().get("/api/v1/customers/", headers=key).content.decode()


def test_02_one_foreign_row_among_many(mei, jingan, west_lake) -> None:
    """A bulk action checks the first row, or the right to the action only: a desk merged others' conversations."""
    from conftest import person
    from customers.models import MergeSuggestion

    own, double = (Customer.objects.create(number=f"O{n}", home_store=jingan) for n in (1, 2))
    mine = MergeSuggestion.objects.create(first=own, second=double, score=0.9)
    theirs = MergeSuggestion.objects.create(
        first=mei, second=Customer.objects.create(number="F", home_store=west_lake), score=0.9
    )
    client = Client()
    client.force_login(person("wei.su", "lead", store=jingan))
    before = footprint()

    assert client.post("/merges/together/", {"pairs": [mine.pk, theirs.pk], "reason": "same"}).status_code == 422
    assert footprint() == before


@pytest.mark.parametrize(
    "name", ["password__startswith", "advisor__password", "order_by", "o", "q__in", "-pk", "fields"]
)
def test_03_names_of_columns_from_outside(name: str, mei, gu, lu, ke) -> None:
    """A request's names reach the ORM: filters over related secrets, order by raw text, `_connector` in a dict."""
    client = Client(raise_request_exception=False)
    client.force_login(ke)
    plain = [row.pk for row in client.get("/customers/").context["page"].rows]

    for value in ("x", "-password", "pk;drop table", "OR"):
        asked = client.get("/customers/", {name: value, "_connector": "OR", "_negated": "1"})
        assert [row.pk for row in asked.context["page"].rows] == plain
    client.force_login(gu)
    for model in ("customers/customer", "customers/identity", "staff/user", "customers/event"):
        for look in (
            f"{name}=a" if name != "o" else "password=a",
            "password__gt=a",
            "salt=1",
            "customer__advisor__password__startswith=a",
            "user__password=a",
            "key__wrapped=1",
        ):
            assert client.get(f"/admin/{model}/?{look}").status_code in (302, 400)
    assert client.get("/admin/staff/store/?region__memberships__user__password__gt=a").status_code == 400
    assert client.get("/admin/staff/store/?kind__exact=flagship").status_code == 200


def test_04_text_that_is_markup(mei, he, gu, key, monkeypatch) -> None:
    """Names, file names, reasons and imported cells run as script in the next reader's browser."""
    Customer.objects.filter(pk=mei.pk).update(display_name=EVIL, family_name=EVIL, company_name=EVIL)
    mei.refresh_from_db()
    client = Client()
    client.force_login(gu)
    client.post(f"/customers/{mei.number}/circle/household/", {"name": EVIL[:100], "part": "user"})
    client.post("/companies/new/", {"name": EVIL, "note": EVIL, "industry": EVIL})
    ImportRun.objects.create(kind="orders", source=EVIL[:60], file_name=EVIL, trouble=EVIL)
    ApiClient.objects.create(code="evil", name=EVIL[:100])

    for path in ("/customers/", f"/customers/{mei.number}/", f"/customers/{mei.number}/circle/", "/companies/", "/imports/",
                 f"/customers/{mei.number}/privacy/", "/api-clients/", "/admin/customers/customer/", "/webhooks/",
                 f"/admin/customers/customer/{mei.pk}/change/", "/admin/customers/importrun/", "/signals/"):  # fmt: skip
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.content.decode(), path
        assert "<img src=x" not in answer.content.decode(), path
    url = client.post("/signals/new/", {"kind": "study", "title": "t", "url": "javascript:alert(1)"})
    assert url.status_code in (200, 422)
    assert 'href="javascript:' not in url.content.decode()


@pytest.mark.parametrize("url", [
    "http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://0/", "https://2130706433/",
    "https://169.254.169.254/latest/", "https://user@1.1.1.1/", "https://1.1.1.1:22/", "file:///etc/passwd",
    "https://1.1.1.1#@10.0.0.1/", "https://localhost/", "gopher://1.1.1.1/", "https://[::ffff:10.0.0.1]/", "//1.1.1.1/",
    "https://1.1.1.1\\@10.0.0.1/", "https://10.0.0.1%2f@1.1.1.1/",
])  # fmt: skip
def test_05_our_own_network_asked_through_us(url: str, key) -> None:
    """A webhook's address leads inside, at once, by a redirect or by a name that changes: metadata of a cloud was read."""
    with pytest.raises(Unsafe):
        target_of(url)
    assert told(key, "/api/v1/webhooks/", {"url": url}).status_code in (400, 422)


@pytest.mark.parametrize("wanted", [
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
    "https:evil.example", "http:///evil.example", "/%0d%0aSet-Cookie:a=b", "\x00//evil.example", "https://testserver@evil.example",
    " https://evil.example", "/a\r\nX-Evil: 1",
])  # fmt: skip
def test_06_a_link_of_ours_that_leads_elsewhere(wanted: str, ke, gu) -> None:
    """`next` and joined records carry the reader to a copy of the sign-in page."""
    answers = [
        Client().post("/sign-in/", {"username": ke.username, "password": PASSWORD, "next": wanted}),
        Client().post("/language/", {"language": "en", "next": wanted}),
    ]
    answers.append(Client(headers={"host": "testserver"}).get("/admin/", {"next": wanted}))

    for answer in answers:
        assert answer.status_code == 302
        assert answer.url.startswith("/")
        assert not answer.url.startswith(("//", "/\\"))
        assert "\r" not in answer.url
        assert "X-Evil" not in answer.headers


def test_07_an_account_taken_over(ke, client: Client) -> None:
    """Guessing without end at a side door, names told apart, a session that outlives its password or was planted."""
    planted = Client()
    planted.cookies[conf.SESSION_COOKIE_NAME] = "a" * 32
    planted.post("/sign-in/", {"username": ke.username, "password": PASSWORD})
    assert planted.cookies[conf.SESSION_COOKIE_NAME].value != "a" * 32
    assert not StaffSession.objects.filter(session_key="a" * 32).exists()
    stolen = Client()
    stolen.cookies[conf.SESSION_COOKIE_NAME] = planted.cookies[conf.SESSION_COOKIE_NAME].value

    statuses = [stolen.post("/me/password/", {"old": f"guess-{n}", "new": "long-enough-password"}).status_code
                for n in range(8)]  # fmt: skip
    assert statuses == [422] * 5 + [429] * 3
    assert stolen.post("/me/password/", {"old": PASSWORD, "new": "long-enough-password"}).status_code == 429
    unknown = [client.post("/sign-in/", {"username": "nobody", "password": "x"}).status_code for _n in range(7)]
    assert unknown == [422] * 5 + [429] * 2

    fresh = User.objects.get(pk=ke.pk)
    fresh.set_password("another-long-password")
    fresh.save()
    assert planted.get("/me/").status_code == 302


def test_08_more_fields_than_the_form_has(mei, ke, key) -> None:
    """A profile form takes `is_staff`, a JSON body takes an owner: roles and records change hands."""
    client = Client()
    client.force_login(ke)
    client.post("/me/preferences/", {"language": "en", "zone": "Asia/Shanghai", "is_superuser": "1", "email": "e@x.cn",
                                     "memberships-0-role": "operator", "password": "x"})  # fmt: skip
    told(key, "/api/v1/customers/", {"source_ref": "a", "display_name": "A", "number": mei.number, "id": mei.pk,
                                     "merged_into": mei.pk, "advisor": ke.pk, "erased_at": "2026-01-01"})  # fmt: skip

    after = User.objects.get(pk=ke.pk)
    assert (after.is_superuser, after.email, after.roles) == (False, ke.email, frozenset({"associate"}))
    mei.refresh_from_db()
    assert mei.display_name == "梅雨晴"
    assert not Customer.objects.filter(merged_into=mei).exists()


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as parcel:
        parcel.writestr("[Content_Types].xml", "<a/>")
        with parcel.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            for _megabyte in range(300):
                part.write(b"0" * (1 << 20))
    return out.getvalue()


def _laughs() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parcel:
        parcel.writestr(
            "[Content_Types].xml", '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c SYSTEM "file:///etc/passwd">]><a>&c;'
        )
    return out.getvalue()


@pytest.mark.parametrize(("name", "content"), [
    ("../../../etc/cron.d/x.csv", b"a,b\n1,2\n"), ("x\x00.csv", b"a,b\n1,2\n"), ("a.svg", b"<svg onload=alert(1)>\n"),
    ("b.xlsx", b"PK\x03\x04garbage"), ("c.parquet", b"PAR1garbagePAR1"), ("d.csv.gz", b"\x1f\x8b\x08garbage"),
    ("e.csv.gz", gzip.compress(b"a,b\n" * 100_000)[:-200]), ("f.csv.gz", gzip.compress(b"0" * (200 << 20))),
    ("g.xlsx", _laughs()), ("h.csv", b"\xff\xfe" + b"\x00" * 3000), ("i.csv", b'"' * 50_000),
    ("j.csv", b"a," * 200_000), ("k.xlsx", b"BOMB"),
])  # fmt: skip
def test_09_files_that_are_not_what_they_say(name: str, content: bytes, gu, settings) -> None:
    """Names that climb, parcels that unpack to a mountain, pictures that are pages: taken as text, or refused."""
    client = Client(raise_request_exception=False)
    client.force_login(gu)

    answer = loaded(client, _bomb() if content == b"BOMB" else content, name)

    assert answer.status_code in (200, 422)
    for path in settings.IMPORTS_ROOT.parent.rglob("*"):
        assert not path.is_file() or path.name == "file" or path.parent != settings.IMPORTS_ROOT.parent
    assert all("/" not in run.file_name for run in ImportRun.objects.all())


@pytest.mark.parametrize("text", ["a=" + "[" * 20_000, "a=" + "9" * 40_000, 'file={encoding="undefined"}', "a" * 60_000,
                                  'read={dates=["%"]}', 'file={separator="ab"}', 'file={encoding="zip"}'])  # fmt: skip
def test_09_a_map_that_is_a_trap(text: str, gu) -> None:
    """The map of an import is text too: towers of brackets, endless numbers, codes that undo nothing."""
    client = Client(raise_request_exception=False)
    client.force_login(gu)
    loaded(client, b"a,b\n1,2\n", "x.csv")
    path = f"/imports/{ImportRun.objects.get().pk}/map/"

    assert client.post(path, {"zone": "UTC", "decimal": ".", "toml": text}).status_code == 422
    assert client.get(path).status_code in (200, 422)


def test_10_what_nobody_should_read(mei, ke, gu, key, caplog, client: Client) -> None:
    """Numbers in logs, addresses and errors; a hash in an export; a trace on the page."""
    caplog.set_level(logging.DEBUG)
    strict = Client(raise_request_exception=False)
    strict.force_login(ke)
    phone = "19900001234"
    strict.post("/counter/search/", {"q": phone})
    answers = [
        strict.get(f"/customers/{phone}/"), told(key, "/api/v1/customers/find/", {"kind": "phone", "value": phone}),
        told(key, "/api/v1/customers/", {"source_ref": "x", "identities": [{"kind": "phone", "value": phone, "x": phone}]}),
        told(key, "/api/v1/orders/", {"data": {"customer": {"kind": "phone", "value": phone}}}),
        client.get("/api/schema/"), strict.get("/nowhere/"),
    ]  # fmt: skip

    for answer in answers:
        text = answer.content.decode()
        assert phone not in text
        assert "Traceback" not in text
        assert "argon2" not in text
        assert conf.SECRET_KEY not in text
    for record in caplog.records:
        if record.name.startswith(("scrm", "django.request", "staff", "customers")):
            assert phone not in record.getMessage() or "/customers/" in record.getMessage()
    strict.force_login(gu)
    page = strict.get(f"/admin/staff/user/{ke.pk}/change/").content.decode()
    assert User.objects.get(pk=ke.pk).password not in page


@pytest.mark.parametrize("given", [
    "", "Bearer", "Bearer ", "Bearer sk_till_", "Bearer sk_till_" + "A" * 43, "Basic dGlsbDo=", "Bearer null",
    "Bearer eyJhbGciOiJub25lIn0.e30.", "bearer sk_till_" + "A" * 43, "Bearer sk__" + "A" * 43, "Bearer sk_till_\x00",
])  # fmt: skip
def test_11_keys_that_are_none(given: str, key) -> None:
    """An empty secret, another algorithm, a key that ended, an old signature again: all open nothing."""
    client = ApiClient.objects.get()
    assert Client().get("/api/v1/customers/", headers={"Authorization": given}).status_code == 401

    secretless = ApiClient.objects.create(code="empty", scopes=["customers"])
    assert not secretless.opens_with("")
    assert not secretless.opens_with("sk_empty_")
    ApiClient.objects.filter(pk=client.pk).update(is_active=False)
    assert Client().get("/api/v1/customers/", headers=key).status_code == 401
    import inspect

    assert "compare_digest" in inspect.getsource(type(client).opens_with)


def test_12_a_role_that_grows(ke, he, gu, west_lake) -> None:
    """The admin's own forms, a post that ended, a set-up page without its right: a clerk becomes an owner."""
    client = Client(raise_request_exception=False)
    client.force_login(he)
    data = {"user": he.pk, "role": "operator", "memberships-TOTAL_FORMS": "1", "memberships-0-role": "operator"}
    for path in (f"/admin/staff/user/{he.pk}/change/", "/admin/staff/user/add/", "/admin/staff/membership/add/",
                 f"/admin/staff/user/{he.pk}/password/", "/admin/password_change/", "/api-clients/"):  # fmt: skip
        assert client.post(path, data).status_code in (302, 403, 404)
    assert User.objects.get(pk=he.pk).roles == frozenset({"lead"})

    client.force_login(ke)
    assert client.get("/counter/").status_code == 200
    Membership.objects.filter(user=ke).update(starts_on="2020-01-01", ends_on="2020-02-01")
    assert client.get("/counter/").status_code == 403
    User.objects.filter(pk=ke.pk).update(is_superuser=True)  # Django's own flag opens nothing here
    assert client.get("/counter/").status_code == 403
    assert client.get("/admin/").status_code in (302, 403)


def test_13_a_cheap_request_that_costs_us(mei, ke, gu, key, django_assert_max_num_queries) -> None:
    """Towers of brackets, thousands of fields, numbers without end, lists without a border."""
    client = Client(raise_request_exception=False)
    client.force_login(ke)

    assert told(key, "/api/v1/orders/", b"[" * 500_000).status_code == 400
    assert told(key, "/api/v1/orders/", '{"a":' + "9" * 100_000 + "}").status_code == 400
    for value in ("1e999999999", "1e-999999999", "9" * 30, "NaN", "-Infinity"):
        line = {"line": 1, "sku": "a", "quantity": value, "unit_price": value, "total": 1}
        assert told(key, "/api/v1/orders/", {"type": "order.paid", "data": {"lines": [line]}}).status_code == 400
    assert client.post("/me/preferences/", {f"a{n}": "1" for n in range(600)}).status_code == 400
    assert client.post("/customers/search/", {"q": "梅" * 100_000}).status_code < 500
    with django_assert_max_num_queries(14):
        client.get("/customers/", {"after": "A" * 5000, "stage": "x" * 5000})
    from scrm.kernel.parsing import Unreadable, read

    for body in (b'"' * 500_000, b'"\\' * 250_000, b"{" * 33):
        with pytest.raises(Unreadable):
            read(body)


CURSORS = [
    ("\ud800", 1),
    ("\ud800",),
    (10**309, 1),
    ("nan", 1),
    (10**40,),
    ("0001-01-01T00:00:00+14:00", 1),
    (True, True),
]


@pytest.mark.parametrize("values", CURSORS, ids=repr)
def test_13_a_cursor_of_any_sort_shows_a_page(values: tuple[Any, ...], mei, he, gu, lu, ruoan, key) -> None:
    """What a list gives as its next page comes back changed."""
    import base64

    cursor = base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")
    for person, paths in ((he, ["/merges/", "/companies/", "/customers/"]), (ruoan, ["/clients/"]),
                          (gu, ["/signals/", "/imports/"]), (lu, ["/audit/"])):  # fmt: skip
        client = Client(raise_request_exception=False)
        client.force_login(person)
        for path in paths:
            assert client.get(path, {"after": cursor}).status_code == 200, path
    assert Client().get("/api/v1/customers/", {"after": cursor}, headers=key).status_code == 200


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_13_the_first_and_the_last_day(day: str, lu) -> None:
    """The calendar has ends."""
    client = Client(raise_request_exception=False)
    client.force_login(lu)

    assert client.get("/audit/", {"day_from": day, "day_to": day}).status_code == 200


def test_13_a_cookie_with_a_nul_is_no_session(db) -> None:
    """A cookie may hold any sign."""
    nul = '"' + "\\000" * 12 + '"'

    for path in ("/me/", "/customers/", "/", "/admin/"):
        answer = Client(raise_request_exception=False, HTTP_COOKIE=f"{conf.SESSION_COOKIE_NAME}={nul}").get(path)
        assert answer.status_code == 302


# Headers, forged forms, start-up: what every class above leans on


def test_every_kind_of_answer_carries_the_headers(mei, ke, gu, key) -> None:
    inside = Client(raise_request_exception=False)
    inside.force_login(gu)
    strict = Client(enforce_csrf_checks=True)
    answers = {
        "page": inside.get("/customers/"), "admin": inside.get("/admin/"), "missing": inside.get("/nowhere/"),
        "forbidden": inside.get("/counter/"), "method": inside.put("/customers/"), "schema": Client().get("/api/schema/"),
        "api": Client().get("/api/v1/customers/", headers=key), "api refused": Client().get("/api/v1/customers/"),
        "sign-in": Client().get("/sign-in/"), "redirect": Client().get("/customers/"), "slash": Client().get("/customers"),
        "forged": strict.post("/sign-in/", {"username": "a"}), "health": Client().get("/healthz"),
        "host": Client().get("/sign-in/", headers={"host": "evil.example"}), "file": Client().get("/static/scrm/app.css"),
        "too large": inside.post("/customers/search/", {"q": "x" * 2_000_000}),
    }  # fmt: skip
    policy = (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "script-src 'self'",
    )

    for kind, answer in answers.items():
        given = answer.headers
        assert all(rule in given.get("Content-Security-Policy", "") for rule in policy), kind
        assert "unsafe" not in given["Content-Security-Policy"], kind
        assert given.get("X-Content-Type-Options") == "nosniff", kind
        assert given.get("X-Frame-Options") == "DENY", kind
        assert given.get("Referrer-Policy") == "same-origin", kind
        assert given.get("X-Request-Number"), kind
        assert kind == "file" or "no-store" in given.get("Cache-Control", ""), kind
    assert answers["file"].status_code == 200
    assert answers["host"].status_code == 400
    assert answers["forged"].status_code == 403


@pytest.mark.parametrize("name", ["x,=1+1", "x,+1", "x,-1", "x,@SUM(A1)", "x,\t=1", "x,\r=1"])
def test_a_cell_that_counts_is_given_back_inert(name: str, gu, settings) -> None:
    from customers.loading.failed_rows import inert, write

    cell = name.partition(",")[2]
    run = ImportRun.objects.create(kind="orders", source="s", file_name="f", failed=1)
    run.row_errors.create(line=1, row={cell: cell}, reason=cell)
    path = write(run)
    client = Client()
    client.force_login(gu)

    answer = client.get(f"/imports/{run.pk}/failed.csv")

    assert inert(cell).startswith("'")
    assert path is not None
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [one for row in csv.reader(file) for one in row]
    assert not [one for one in cells if one.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Type"].startswith("text/csv")


@pytest.mark.parametrize("given", [0, -1, 999_999_999, 2**63 - 1])
def test_a_task_for_what_is_not_there_harms_nothing(given: int, mei) -> None:
    from customers.tasks import run_import
    from staff.tasks import prove_audit

    before = {name: rows for name, rows in footprint().items() if "proof" not in name and "audit" not in name}

    with pytest.raises(ImportRun.DoesNotExist):
        run_import(given)
    prove_audit(given)

    after = {name: rows for name, rows in footprint().items() if "proof" not in name and "audit" not in name}
    assert after == before


def manage(*words: str, **given: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SCRM_", "PYTEST", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, str(conf.ROOT / "manage.py"), *words], capture_output=True, text=True, check=False,
        env={**kept, "SCRM_DATA": str(conf.DATA), **given},
    )  # fmt: skip


def test_the_check_for_production_is_clean() -> None:
    said = manage("check", "--deploy", "--fail-level", "WARNING", SCRM_URL="https://crm.example.com",
                  SCRM_SECRET_KEY=secrets.token_urlsafe(60))  # fmt: skip

    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("secret", ["", "changeme", "x" * 60, "django-insecure-" + "ab12cd34" * 8])
def test_a_plain_signing_key_is_refused(secret: str) -> None:
    said = manage("check", SCRM_URL="https://crm.example.com", SCRM_SECRET_KEY=secret)

    assert said.returncode != 0
    assert "SCRM_SECRET_KEY" in said.stderr

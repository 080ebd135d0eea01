"""What a bored or hostile hand sends: a clear 4xx, nothing changed, never a 500."""

import base64
import json

import pytest
from django.test import Client

from customers.models import Customer
from touchpoints.models import Visit

EVIL = ["' OR 1=1 --", "\x00", "%00", "../../etc/passwd", "<script>", "𝕏" * 50, "9" * 30, "null", "-1", "1e309"]


def cursor(*values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize("text", EVIL)
def test_a_strange_number_in_an_address_is_not_here(text: str, mei, gu, client: Client) -> None:
    from urllib.parse import quote

    client.force_login(gu)
    client.raise_request_exception = False

    assert client.get(f"/customers/{quote(text, safe='')}/").status_code == 404


@pytest.mark.parametrize(
    "after",
    [cursor("no moment", 1), cursor(1, "x"), cursor("\x00", 1), cursor([1], 2), cursor(10**40, 10**40), "%FF", "💥"],
)
@pytest.mark.parametrize("path", ["/audit/", "/customers/20418837/timeline/"])
def test_a_cursor_somebody_wrote_shows_a_page(path: str, after: str, mei, lu, client: Client) -> None:
    client.force_login(lu)

    assert client.get(path, {"after": after}).status_code == 200


@pytest.mark.parametrize("path", ["/counter/search/", "/counter/visits/", "/sign-in/", "/me/preferences/"])
def test_ten_megabytes_are_refused(path: str, ke, client: Client) -> None:
    client.force_login(ke)

    assert client.post(path, {"q": "长" * 3_500_000}).status_code == 400


@pytest.mark.parametrize("text", EVIL)
def test_strange_texts_in_forms_change_nothing(text: str, mei, ke, client: Client) -> None:
    client.force_login(ke)
    client.raise_request_exception = False
    before = list(Customer.objects.values_list("pk", "display_name"))

    for path, field in (("/counter/search/", "q"), ("/counter/visits/", "q"), ("/counter/visits/", "number"),
                        ("/sign-in/", "username"), ("/language/", "language"), ("/me/preferences/", "zone")):  # fmt: skip
        assert client.post(path, {field: text}).status_code < 500, path

    assert list(Customer.objects.values_list("pk", "display_name")) == before
    assert not Visit.objects.exists()


def test_a_form_of_another_site_is_refused(mei, ke) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ke)

    assert strict.post("/counter/visits/", {"q": mei.number}).status_code == 403
    assert not Visit.objects.exists()


@pytest.mark.parametrize(
    "path", ["/counter/visits/99999999999999999999/end/", "/customers/20418837/identities/99999999999999999999/reveal/"]
)
def test_numbers_beyond_the_table_are_not_here(path: str, mei, ke, client: Client) -> None:
    client.force_login(ke)
    client.raise_request_exception = False

    assert client.post(path).status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"type": []}', b'{"type":"order.paid","data":[]}', b"\xff\xfe", b"[" * 5000]
)
def test_the_api_answers_nonsense_with_a_problem_document(body: bytes, db, client: Client) -> None:
    from staff.models import ApiClient

    secret = ApiClient.objects.create(code="till", scopes=["orders"]).new_secret()
    client.raise_request_exception = False

    answer = client.post(
        "/api/v1/orders/", body, content_type="application/json",
        headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "key-00000001"},
    )  # fmt: skip

    assert 400 <= answer.status_code < 500
    assert answer["Content-Type"].startswith("application/problem+json")

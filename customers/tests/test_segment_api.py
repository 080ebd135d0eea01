"""Segments for machines: what runs, and which of the people a client brought are in it."""

import pytest
from django.test import Client

from customers.models import SourceKey
from customers.segments.verbs import block
from customers.tests.segment_cast import ORDERS, figures, live, one
from staff.models import ApiClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(db) -> str:
    client = ApiClient.objects.create(code="mailer", name="Mailer", scopes=["segments"])
    return client.new_secret()


def test_a_client_reads_segments_and_its_own_people_in_them(client: Client, secret: str, gu) -> None:
    own, other, out = (figures(one(name), orders=5) for name in ("own", "other", "out"))
    for person in (own, out):
        SourceKey.objects.create(source="mailer", kind="customers", source_ref=person.number, object_id=person.pk)
    segment = live("regulars", {"all": [ORDERS]})
    block(segment, out, by=gu, why="asked us to")
    headers = {"Authorization": f"Bearer {secret}"}

    listed = client.get("/api/v1/segments/", headers=headers).json()
    members = client.get("/api/v1/segments/regulars/members/", headers=headers).json()

    assert [row["code"] for row in listed["results"]] == ["regulars"]
    assert [row["number"] for row in members["results"]] == [own.number]
    address = "/api/v1/segments/regulars/members/"
    assert client.get(f"{address}{own.number}/", headers=headers).json()["inside"] is True
    assert client.get(f"{address}{out.number}/", headers=headers).json()["inside"] is False
    assert client.get(f"{address}{other.number}/", headers=headers).status_code == 404
    assert client.get("/api/v1/segments/none/members/", headers=headers).status_code == 404


def test_another_scope_opens_nothing(client: Client, secret: str) -> None:
    ApiClient.objects.update(scopes=["customers"])

    assert client.get("/api/v1/segments/", headers={"Authorization": f"Bearer {secret}"}).status_code == 403

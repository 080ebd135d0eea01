"""The pages of resources and content: reserved, released, refused, and to whom."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from journeys import packages, resources
from journeys.models import Content, ContentUse, EntitlementUse, Reservation, Resource
from journeys.tests.test_packages import a_package
from journeys.tests.test_resources import a_room, take
from scrm.kernel.words import words

HTMX = {"HX-Request": "true"}


def asked(**said: str) -> dict[str, str]:
    day = (timezone.localdate() + timedelta(days=1)).isoformat()
    return {"day": day, "start": "12:00", "end": "13:00", "once": uuid4().hex} | said


def test_an_operator_sets_up_changes_and_retires(west_lake, ruoan, gu, client: Client) -> None:
    client.force_login(gu)
    said = {"code": "calm-room", "name_en": "Calm room", "kind": "room", "capacity": "2", "store": "HZ01"}

    assert client.post("/resources/new/", said | {"capacity": "0"}).status_code == 422
    assert client.post("/resources/new/", said | {"code": "content"}).status_code == 422
    assert client.post("/resources/new/", said | {"store": "nowhere"}).status_code == 422
    assert client.post("/resources/new/", said).url == "/resources/calm-room/"
    assert client.post("/resources/new/", said).status_code == 422
    edit = "/resources/calm-room/edit/"
    assert "Calm room" in client.get(edit).content.decode()
    assert client.post(edit, said | {"name_en": "Quiet room", "owner": "ruoan.shen"}).status_code == 302
    row = Resource.objects.get()
    assert (str(row.name.in_language("en")), row.store) == ("Quiet room", west_lake)
    assert client.post(edit, {"do": "retire"}).status_code == 302
    assert client.post(edit, {"do": "retire"}).status_code == 422
    assert "Quiet room" not in client.get("/resources/").content.decode()


def test_a_colleague_reserves_for_a_customer_and_releases(mei, ruoan, cast, client: Client) -> None:
    held = packages.give(mei, a_package(), by=ruoan, why="Because")
    room = a_room(store=cast.west_lake)
    client.force_login(ruoan)
    path, key = reverse("journeys:reserve", args=["room"]), held.version.lines[0]["key"]
    assert "Visit" in client.get(f"/resources/room/?for={mei.number}").content.decode()

    said = asked(number=mei.number, benefit=f"{held.pk}:{key}")
    assert client.post(path, said).status_code == 302
    assert client.post(path, said).status_code == 302
    assert client.post(path, asked(number=mei.number)).status_code == 422
    row = Reservation.objects.get()
    assert (row.customer, row.resource, EntitlementUse.objects.count()) == (mei, room, 1)
    page = client.get(f"/resources/room/?week={row.starts_at:%Y-%m-%d}").content.decode()
    assert "12:00–13:00" in page
    assert str(mei) in page
    block = client.get(reverse("journeys:resources_of", args=[mei.number]), headers=HTMX).content.decode()
    assert "Release" in block

    assert client.post(reverse("journeys:release", args=[row.pk])).status_code == 302
    assert client.post(reverse("journeys:release", args=[row.pk])).status_code == 422
    again = take(room, customer=mei)
    there = reverse("journeys:release_of", args=[mei.number, again.pk])
    assert "Nothing reserved" in client.post(there, headers=HTMX).content.decode()
    assert client.post(there, headers=HTMX).status_code == 422


@pytest.mark.parametrize(("wrong", "status"), [
    ({"day": "x"}, 422), ({"day": "٢٠٢٦-01-01"}, 422), ({"start": ""}, 422), ({"start": "\0"}, 422), ({"once": "?"}, 422),
    ({"end": "11:00"}, 422), ({"start": "08:00"}, 422), ({"number": "nobody"}, 422), ({"number": "\0"}, 422),
    ({"number": "", "note": ""}, 422), ({"day": "2020-01-01"}, 422), ({"day": "9999-12-31"}, 422),
    ({"benefit": "9" * 30 + ":a"}, 404), ({"benefit": "٣:a"}, 404), ({"benefit": "x"}, 404),
])  # fmt: skip
def test_odd_words_are_refused(mei, ruoan, cast, client: Client, wrong: dict[str, str], status: int) -> None:
    a_room(store=cast.west_lake)
    client.force_login(ruoan)

    answer = client.post(reverse("journeys:reserve", args=["room"]), asked(number=mei.number) | wrong)

    assert answer.status_code == status
    assert not Reservation.objects.exists()


@pytest.mark.parametrize("query", ["week=x", "week=9999-12-31", "week=٢٠٢٦", "for=%00", "after=x", "kind=%00"])
def test_odd_addresses_do_no_harm(cast, gu, client: Client, query: str) -> None:
    a_room()
    client.force_login(gu)

    for path in ("/resources/", "/resources/room/", "/resources/content/"):
        assert client.get(f"{path}?{query}&month=x&scene=%00").status_code == 200


def test_the_pages_ask_little(mei, gu, cast, client: Client, django_assert_max_num_queries) -> None:
    for code in ("a", "b", "room"):
        take(a_room(code, store=cast.west_lake), customer=mei)
        resources.put_content(None, by=gu, title=words("指南"), kind="guide", link="https://example.com/")
    for one in Content.objects.all():
        one.mark(mei, "sent", by=gu)
    client.force_login(gu)

    for path, most in (
        ("/resources/", 12), ("/resources/room/", 14), (f"/resources/room/?for={mei.number}", 14),
        ("/resources/content/", 12), (reverse("journeys:resources_of", args=[mei.number]), 14),
    ):  # fmt: skip
        client.get(path)
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200


def test_content_is_added_sent_and_helps(mei, gu, ruoan, client: Client) -> None:
    client.force_login(gu)
    said = {"name_en": "Wool care", "kind": "guide", "link": "https://example.com/wool", "months": ["10", "11"]}
    assert client.post("/resources/content/new/", said | {"link": "javascript:alert(1)"}).status_code == 422
    assert client.post("/resources/content/new/", said | {"months": ["13"]}).status_code == 422
    assert client.post("/resources/content/new/", said).status_code == 302
    piece = Content.objects.get()
    edit = reverse("journeys:content", args=[piece.pk])
    assert client.post(edit, said | {"months": []}).status_code == 302

    client.force_login(ruoan)
    mark = reverse("journeys:mark_content", args=[mei.number])
    for content, step, status in (
        (str(piece.pk), "helped", 422), (str(piece.pk), "sent", 200), (str(piece.pk), "odd", 422), ("٣", "sent", 404),
        ("9" * 30, "sent", 404), (str(piece.pk), "helped", 200),
    ):  # fmt: skip
        assert client.post(mark, {"content": content, "step": step}, headers=HTMX).status_code == status
    assert ContentUse.objects.count() == 3
    page = client.get("/resources/content/").content.decode()
    assert "Wool care" in page
    assert client.get(edit).status_code == 403


def test_outsiders_find_nothing(mei, cast, ke, zhao, client: Client) -> None:
    row = take(a_room(store=cast.west_lake), customer=mei)
    house = take(a_room("hall", store=cast.west_lake))
    client.force_login(zhao)

    for path in ("/resources/room/", reverse("journeys:resources_of", args=[mei.number])):
        assert client.get(path).status_code == 404
    for name, args in (
        ("reserve", ["room"]), ("release", [row.pk]), ("release", [house.pk]), ("mark_content", [mei.number]),
        ("release_of", [mei.number, row.pk]),
    ):  # fmt: skip
        assert client.post(reverse(f"journeys:{name}", args=args), asked()).status_code == 404
    assert "/resources/room/" not in client.get("/resources/").content.decode()
    client.force_login(ke)
    for path in ("/resources/new/", "/resources/room/edit/", "/resources/content/new/"):
        assert client.get(path).status_code == 403

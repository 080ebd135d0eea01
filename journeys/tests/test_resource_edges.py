"""Resources at their edges: the store closed, the clocks changed, taken out of use with reservations ahead."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Scene
from journeys import resources
from journeys.models import Content, Reservation
from journeys.resource_pages import week
from journeys.tests.test_resource_pages import asked
from journeys.tests.test_resources import _english, a_room, at, take  # noqa: F401
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import Calendar, CalendarHours, Store, User

LONDON = ZoneInfo("Europe/London")
SAID = {"name_en": "Calm room", "kind": "room", "capacity": "2", "calendar": "", "owner": ""}


def change_of_clocks(*, forward: bool) -> date:
    """The next day on which London's clocks change so, not today's."""
    for days in range(1, 366):
        day = timezone.localdate() + timedelta(days=days)
        before, after = (datetime.combine(day + timedelta(days=n), time(), LONDON).utcoffset() for n in (0, 1))
        if before != after and (after > before) == forward:  # type: ignore[operator]
            return day
    raise AssertionError


@pytest.fixture
def night(cast) -> Calendar:
    """Open from midnight until four, in London."""
    made = Calendar.objects.create(code="night", name=words("夜"), zone="Europe/London")
    CalendarHours.objects.bulk_create(
        CalendarHours(calendar=made, weekday=day, opens=time(0), closes=time(4)) for day in range(7)
    )
    return made


def test_a_change_of_words_keeps_what_nobody_could_choose_any_more(west_lake, ruoan, gu, client: Client) -> None:
    room = a_room(store=west_lake, owner=ruoan)
    Store.objects.filter(pk=west_lake.pk).update(closed_on=timezone.localdate())
    User.objects.filter(pk=ruoan.pk).update(is_active=False)
    client.force_login(gu)
    path = f"/resources/{room.code}/edit/"

    page = client.get(path).content.decode()
    assert '<option value="HZ01" selected>West Lake (closed)</option>' in page
    assert "Shen Ruoan (has left)" in page
    kept = SAID | {"store": "HZ01", "owner": ruoan.username}
    assert client.post(path, kept | {"capacity": "3"}).status_code == 302

    room.refresh_from_db()
    assert (room.capacity, room.store, room.owner) == (3, west_lake, ruoan)
    assert client.post("/resources/new/", SAID | {"code": "other", "store": "HZ01"}).status_code == 422
    assert client.post(path, SAID | {"store": ""}).status_code == 302
    assert client.post(path, kept).status_code == 422, "given up, it is no choice any more"


def test_a_guide_keeps_a_scene_that_is_used_no_more(cast, gu, client: Client) -> None:
    scene = Scene.objects.filter(used=True)[0]
    guide = Content.objects.create(title=words("指南"), kind="guide", link="https://example.com/", scene=scene)
    Scene.objects.filter(pk=scene.pk).update(used=False)
    client.force_login(gu)

    said = {"name_en": "Guide", "kind": "guide", "link": "https://example.com/", "scene": scene.code}
    assert client.post(f"/resources/content/{guide.pk}/", said).status_code == 302

    guide.refresh_from_db()
    assert (str(guide.title["en"]), guide.scene) == ("Guide", scene)


def test_an_hour_that_is_skipped_cannot_be_reserved_and_costs_nobody_one(night, gu, client: Client) -> None:
    room, day = a_room(calendar=night), change_of_clocks(forward=True)
    client.force_login(gu)

    def tried(start: str, end: str) -> Any:
        return client.post(f"/resources/{room.code}/reserve/", asked(day=day.isoformat(), start=start, end=end,
                                                                      note="Night"))  # fmt: skip

    skipped = tried("01:30", "03:00")
    assert skipped.status_code == 422
    assert "there is no 01:30" in skipped.content.decode()
    # From half past midnight until half past two the wall clock says two hours, and one goes by.
    assert tried("00:30", "02:30").status_code == 302
    row = Reservation.objects.get()
    assert row.ends_at - row.starts_at == timedelta(hours=1)
    assert tried("02:30", "03:30").status_code == 302, "the next one follows at once"
    for odd in ("0001-01-01", "9999-12-31"):
        assert client.post(f"/resources/{room.code}/reserve/", asked(day=odd, note="x")).status_code == 422


def test_an_hour_that_comes_twice_is_one_form_one_reservation(night, gu) -> None:
    room, day = a_room(calendar=night), change_of_clocks(forward=False)
    start, end = room.moment(day, time(1, 30)), room.moment(day, time(2, 30))
    local = start.astimezone(LONDON), end.astimezone(LONDON)

    first = room.reserve(*local, by=gu, key="k", note="Night")
    again = room.reserve(*local, by=gu, key="k", note="Night")

    assert (first, first.ends_at - first.starts_at) == (again, timedelta(hours=2))
    with pytest.raises(TransitionRefused, match="Nothing is free"):
        room.reserve(end - timedelta(minutes=30), end, by=gu, key="l", note="Night")
    shown = [one["time"] for one in week(room, gu, day - timedelta(days=day.weekday()))[6]["rows"]]
    assert shown == ["01:30–02:30"]


def test_out_of_use_it_says_what_stands_and_lets_that_be_released(west_lake, ke, gu, client: Client) -> None:
    room = a_room(store=west_lake)
    row = take(room)
    client.force_login(gu)
    assert "1 reservation ahead stands" in client.get(f"/resources/{room.code}/edit/").content.decode()
    resources.retire(room, by=gu)
    client.force_login(ke)

    page = client.get(f"/resources/{room.code}/?week={at(12).date()}").content.decode()
    assert "nothing new is reserved" in page
    assert "1 reservation ahead stands" in page
    assert f"/resources/reservations/{row.pk}/release/" in page
    assert "/reserve/" not in page
    assert "/resources/room/" not in client.get("/resources/").content.decode()
    assert "/resources/room/" in client.get("/resources/?kind=retired").content.decode()
    late = client.post(f"/resources/{room.code}/reserve/", asked(start="15:00", end="16:00", note="Late"))
    assert late.status_code == 422
    assert "not on offer any more" in late.content.decode()

    assert client.post(f"/resources/reservations/{row.pk}/release/").status_code == 302
    assert "No reservation is ahead" in client.get(f"/resources/{room.code}/").content.decode()

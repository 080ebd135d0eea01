"""Resources: a place once at any moment, within the hours, freed at once; content counted from its rows."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from customers.merging import merge, unmerge
from customers.models import Customer
from customers.privacy import Person
from journeys import packages, privacy, resources
from journeys.models import Content, ContentUse, EntitlementUse, Reservation, Resource
from journeys.packages.drafting import put_line
from journeys.resource_pages import contents, week
from journeys.tests.test_packages import VISIT, a_package, at_once
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import Calendar


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def a_room(code: str = "room", **said: object) -> Resource:
    given = {"name": words("房间", "房間", "Room"), "kind": "room"} | said
    return resources.make(code, by=None, **given)


def at(hour: int, days: int = 1) -> datetime:
    """So many days from today, wall time of the default zone."""
    return timezone.make_aware(datetime.combine(timezone.localdate() + timedelta(days=days), time(hour)))


def take(room: Resource, start: int = 12, end: int = 13, **said: object) -> Reservation:
    given = {"by": None, "key": uuid4().hex, "note": "For us"} | said
    return room.reserve(at(start), at(end), **given)  # type: ignore[arg-type]


def test_each_place_is_taken_once_at_any_moment(cast) -> None:
    room = a_room(capacity=2)

    assert [take(room).unit, take(room, 11, 13).unit] == [1, 2]
    with pytest.raises(TransitionRefused, match="Nothing is free"):
        take(room)
    assert take(room, 13, 14).unit == 1

    first = Reservation.objects.get(unit=1, starts_at=at(12))
    first.release(by=cast.he)
    with pytest.raises(TransitionRefused, match="released already"):
        first.release(by=cast.he)
    assert take(room).unit == 1


def test_the_database_itself_refuses_what_overlaps_and_a_place_that_is_not_there(cast) -> None:
    room = a_room()
    take(room)
    row = {"resource": room, "starts_at": at(12), "ends_at": at(13), "note": "x"}

    for wrong in ({"unit": 1}, {"unit": 2}, {"unit": 1, "ends_at": at(11)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Reservation.objects.create(**row | wrong, key=uuid4().hex)
    Reservation.objects.create(**row | {"unit": 1, "starts_at": at(13), "ends_at": at(14)}, key=uuid4().hex)
    Reservation.objects.create(**row | {"unit": 1}, key=uuid4().hex, released_at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_a_crowd_exactly_as_many_as_there_are_places_win(cast) -> None:
    room = a_room(capacity=3)

    refused = at_once(*[lambda: take(room)] * 8)

    assert len(refused) == 5
    assert sorted(Reservation.objects.values_list("unit", flat=True)) == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_two_clicks_of_one_form_are_one_reservation(cast) -> None:
    room = a_room(capacity=3)

    assert at_once(*[lambda: take(room, key="same")] * 3) == []
    assert Reservation.objects.count() == 1
    with pytest.raises(TransitionRefused, match="something else"):
        take(room, 15, 16, key="same")


def test_a_form_sent_again_for_somebody_else_or_after_its_release_says_so(cast, mei) -> None:
    room = a_room(capacity=5)
    key = uuid4().hex
    row = take(room, key=key, customer=mei)

    with pytest.raises(TransitionRefused, match="something else"):
        take(room, key=key, customer=Customer.objects.create(number="C-2"))
    row.release(by=cast.he)
    with pytest.raises(TransitionRefused, match="something else"):
        take(room, key=key, customer=mei)


@pytest.mark.parametrize(("start", "end", "why"), [
    (9, 10, "opening hours"), (9, 11, "opening hours"), (21, 23, "opening hours"), (13, 12, "ends before"),
    (12, 12, "ends before"),
])  # fmt: skip
def test_only_within_the_hours(cast, start: int, end: int, why: str) -> None:
    room = a_room(store=cast.west_lake)

    with pytest.raises(TransitionRefused, match=why):
        take(room, start, end)


def test_not_in_the_past_not_endless_and_not_out_of_use(cast, gu) -> None:
    room, key = a_room(), {"by": None, "note": "x"}
    now = timezone.now()

    with pytest.raises(TransitionRefused, match="past"):
        room.reserve(now - timedelta(minutes=1), now + timedelta(hours=1), key="a", **key)
    with pytest.raises(TransitionRefused, match="Two weeks"):
        room.reserve(at(1), at(1, days=30), key="b", **key)
    with pytest.raises(TransitionRefused, match="for whom"):
        take(room, note=" ")
    resources.retire(room, by=gu)
    with pytest.raises(TransitionRefused, match="not on offer"):
        take(room)
    with pytest.raises(TransitionRefused, match="not on offer"):
        resources.retire(room, by=gu)


def test_places_reserved_ahead_do_not_vanish(cast, gu) -> None:
    room = a_room(capacity=2)
    take(room)
    second = take(room)

    with pytest.raises(TransitionRefused, match="Release those first"):
        resources.change(room, by=gu, capacity=1)
    second.release(by=gu)
    resources.change(room, by=gu, capacity=1)
    with pytest.raises(TransitionRefused, match="this code"):
        a_room()


def test_a_calendar_of_its_own_stands_before_the_store_s(cast) -> None:
    never = Calendar.objects.create(code="never", name=words("关"))

    with pytest.raises(TransitionRefused, match="opening hours"):
        take(a_room(store=cast.west_lake, calendar=never))


def test_a_place_serves_a_benefit_once_and_gives_it_back(mei, ruoan) -> None:
    held = packages.give(mei, a_package(), by=ruoan, why="Because")
    key, room = held.version.lines[0]["key"], a_room(capacity=9)
    serve = {"customer": mei, "held": held, "line": key}

    first = take(room, **serve)
    take(room, **serve)
    with pytest.raises(TransitionRefused, match="Nothing is left"):
        take(room, **serve)
    first.release(by=ruoan)

    assert EntitlementUse.objects.standing().count() == 1
    assert Reservation.objects.standing().count() == 1
    kinds = list(mei.events.filter(kind__startswith="resource.").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["resource.reserved", "resource.reserved", "resource.released"]
    take(room, **serve)


def test_a_guide_takes_no_place_and_a_benefit_is_its_holder_s(mei, ruoan) -> None:
    package = a_package()
    put_line(package, "", VISIT | {"kind": "content"})
    packages.publish(package, 2, by=None, instead_of=1)
    held = packages.give(mei, package, by=ruoan, why="Because")
    other = Customer.objects.create(number="77", family_name="白", given_name="雪", display_name="白雪")

    with pytest.raises(TransitionRefused, match="takes no place"):
        take(a_room(), customer=mei, held=held, line=held.version.lines[1]["key"])
    with pytest.raises(TransitionRefused, match="not the customer"):
        take(a_room("two"), customer=other, held=held, line=held.version.lines[0]["key"])
    assert not Reservation.objects.exists()


def test_a_closed_record_reserves_nothing(cast, mei) -> None:
    mei.erased_at = timezone.now()
    mei.save(update_fields=["erased_at"])

    with pytest.raises(TransitionRefused, match="closed"):
        take(a_room(), customer=mei)


def test_the_week_hides_whom_one_may_not_see(cast, mei, ruoan, zhao) -> None:
    room = a_room()
    take(room, customer=mei)
    monday = at(12).date() - timedelta(days=at(12).weekday())

    def shown(user) -> list[bool]:
        return [one["hidden"] for day in week(room, user, monday) for one in day["rows"]]

    assert (shown(ruoan), shown(zhao)) == ([False], [True])


def test_reservations_go_along_in_a_merge_and_back(cast, mei, gu) -> None:
    other = Customer.objects.create(number="77", family_name="梅", given_name="雨", display_name="梅雨")
    take(a_room(), customer=other)
    guide = resources.put_content(None, by=gu, title=words("指南"), kind="guide", link="https://example.com/")
    for one in (mei, other):
        guide.mark(one, "sent", by=gu)

    done = merge(mei, other, by=gu, reason="Same person")
    assert Reservation.objects.get().customer == mei
    assert contents(scene="", month="", cursor=None).rows[0].counts == [1, 0, 0]
    unmerge(done, by=gu, reason="Not the same")
    assert Reservation.objects.get().customer == other
    assert contents(scene="", month="", cursor=None).rows[0].counts == [2, 0, 0]


def test_content_is_counted_by_person_and_step(cast, mei, gu) -> None:
    guide = resources.put_content(
        None, by=gu, title=words("指南"), kind="guide", months=[6], link="https://example.com/"
    )

    with pytest.raises(TransitionRefused, match="not sent"):
        guide.mark(mei, "helped", by=gu)
    with pytest.raises(TransitionRefused, match="not on offer"):
        guide.mark(mei, "odd", by=gu)
    for step in ("sent", "helped", "helped", "sent"):
        guide.mark(mei, step, by=gu)

    assert contents(scene="", month="6", cursor=None).rows[0].counts == [1, 1, 1]
    assert contents(scene="", month="7", cursor=None).rows == []
    resources.put_content(guide, by=gu, retired=True)
    assert contents(scene="", month="", cursor=None).rows == []
    with pytest.raises(IntegrityError), transaction.atomic():
        ContentUse.objects.create(content=guide, customer=mei, step="sent")


def test_a_person_forgotten_takes_reservations_along(cast, mei, gu) -> None:
    take(a_room(), customer=mei)
    Content.objects.create(title=words("指南"), kind="guide", link="https://example.com/").mark(mei, "sent", by=gu)

    assert len(privacy.held([mei.pk])["reservations"]) == 1
    privacy.forget(Person([mei.pk], frozenset(), frozenset()))
    assert not Reservation.objects.exists()
    assert not ContentUse.objects.exists()

"""Working hours as calendars of the trade have them: lunch, holidays, make-up Saturdays, changed clocks."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from scrm.kernel.words import words
from staff.models import Calendar, CalendarDay, CalendarHours
from staff.working_time import NeverOpen, due_after, next_open, worked_between

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = 3600


def calendar(*shifts: tuple[time, time], days: range = range(5), zone: str = "Asia/Shanghai") -> Calendar:
    made = Calendar.objects.create(code=f"c{Calendar.objects.count()}", name=words("班", "班", "hours"), zone=zone)
    CalendarHours.objects.bulk_create(
        CalendarHours(calendar=made, weekday=day, opens=opens, closes=closes)
        for day in days
        for opens, closes in shifts
    )
    return made


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.fixture
def office(db) -> Calendar:
    return calendar((time(9), time(17)))


def test_friday_half_past_four_and_an_hour_is_monday_half_past_nine(office) -> None:
    assert due_after(office, at("2026-11-27 16:30"), HOUR) == at("2026-11-30 09:30")


def test_friday_one_minute_before_the_end(office) -> None:
    assert due_after(office, at("2026-11-27 16:59"), 2 * 60) == at("2026-11-30 09:01")


def test_a_target_that_ends_with_the_day_is_due_at_its_end(office) -> None:
    assert due_after(office, at("2026-11-27 16:00"), HOUR) == at("2026-11-27 17:00")


def test_lunch_is_not_worked(db) -> None:
    split = calendar((time(9), time(12)), (time(13, 30), time(18)))

    assert due_after(split, at("2026-11-26 11:30"), HOUR) == at("2026-11-26 14:00")
    assert worked_between(split, at("2026-11-26 11:00"), at("2026-11-26 14:00")) == 1.5 * HOUR


def test_a_holiday_has_no_hours_and_a_make_up_saturday_has(office) -> None:
    CalendarDay.objects.create(calendar=office, day=date(2026, 10, 1), name=words("国庆", "國慶", "National Day"))
    CalendarDay.objects.create(calendar=office, day=date(2026, 10, 2), name=words("国庆", "國慶", "National Day"))
    CalendarDay.objects.create(calendar=office, day=date(2026, 10, 10), opens=time(9), closes=time(17))

    assert due_after(office, at("2026-09-30 16:30"), HOUR) == at("2026-10-05 09:30")
    assert due_after(office, at("2026-10-09 16:30"), HOUR) == at("2026-10-10 09:30")


def test_begun_at_night_counts_from_the_morning(office) -> None:
    assert due_after(office, at("2026-11-25 23:00"), HOUR) == at("2026-11-26 10:00")
    assert next_open(office, at("2026-11-28 12:00")) == at("2026-11-30 09:00")
    assert next_open(office, at("2026-11-26 12:00")) == at("2026-11-26 12:00")


@pytest.mark.parametrize(
    ("start", "due"),
    [  # New York: 8 March 2026 has 23 hours, 1 November 2026 has 25
        ("2026-03-08 00:00", "2026-03-08 04:00"),
        ("2026-11-01 00:00", "2026-11-01 02:00"),
    ],
)
def test_changed_clocks_take_and_give_an_hour(db, start, due) -> None:
    zone = ZoneInfo("America/New_York")
    night = calendar((time(0), time(23, 59)), days=range(7), zone="America/New_York")

    assert due_after(night, at(start, zone), 3 * HOUR) == at(due, zone)
    assert worked_between(night, at(start, zone), at(due, zone)) == 3 * HOUR


def test_a_shift_over_midnight_has_no_gap(db) -> None:
    whole = calendar((time(0), time(23, 59, 59)), days=range(7))

    assert worked_between(whole, at("2026-11-25 12:00"), at("2026-11-26 12:00")) == 24 * HOUR


def test_pauses_are_cut_out(office) -> None:
    paused = [(at("2026-11-26 10:00"), at("2026-11-26 11:00")), (at("2026-11-26 16:00"), at("2026-11-27 10:00"))]

    assert due_after(office, at("2026-11-26 09:00"), 7 * HOUR, without=paused) == at("2026-11-27 11:00")


def test_without_a_calendar_every_hour_counts() -> None:
    start = datetime(2026, 11, 28, 3, tzinfo=UTC)

    assert due_after(None, start, 90 * 60) == start + timedelta(minutes=90)


def test_a_calendar_without_hours_says_so(db) -> None:
    with pytest.raises(NeverOpen):
        due_after(calendar(), at("2026-11-26 09:00"), 60)

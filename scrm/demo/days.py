"""The calendar of the demo: holidays, make-up Saturdays, peaks, and how busy each day and hour is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import holidays
import numpy as np

from scrm.demo.draws import Array

WINDOW = 1096  # days, the last of them D
ZONE_SECONDS = 8 * 3600  # Shanghai and Hong Kong keep one time, without summer time
EPOCH = date(1970, 1, 1)

NEW_YEARS = [date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6),
             date(2028, 1, 26), date(2029, 2, 13)]  # fmt: skip
MONTHS = [1.02, 0.86, 0.88, 0.86, 0.96, 1.22, 0.82, 0.86, 0.94, 0.98, 1.44, 1.16]
WEEKDAYS = {
    "office": [1.12, 1.14, 1.13, 1.12, 1.10, 0.60, 0.30],
    "mall": [0.78, 0.78, 0.82, 0.90, 1.14, 1.40, 1.35],
    "campus": [1.05, 1.08, 1.08, 1.06, 0.98, 0.90, 0.85],
    "community": [0.92, 0.92, 0.94, 0.96, 1.0, 1.15, 1.13],
    "online": [0.98, 1.0, 1.0, 1.03, 0.97, 0.96, 1.06],
}
SCENES = list(WEEKDAYS)
HOURS = {  # (from, to, share)
    "office": [(7.5, 9, 31), (9, 11, 15), (11, 14, 22), (14, 17, 14), (17, 19, 6), (19, 22, 12)],
    "mall": [(10, 12, 9), (12, 14, 15), (14, 17, 28), (17, 19, 16), (19, 22, 32)],
    "campus": [(8, 10, 22), (11, 13, 21), (15, 18, 26), (18, 22, 31)],
    "community": [(8.5, 10, 24), (10, 12, 22), (14, 17, 26), (17, 20, 28)],
    "online": [(0, 7, 4), (7, 9, 8), (9, 12, 16), (12, 14, 15), (14, 18, 17), (18, 20, 12), (20, 24, 28)],
}
PURPOSES = ["goods", "coffee", "gift", "deal"]
# (month, day) from – to: online, store
PEAKS = [((6, 1), (6, 3), 2.2, 1.2), ((6, 16), (6, 18), 3.4, 1.3), ((10, 31), (11, 3), 3.0, 1.2),
         ((11, 10), (11, 11), 5.2, 1.5), ((11, 12), (11, 18), 0.7, 0.7), ((12, 12), (12, 12), 1.8, 1.1),
         ((3, 6), (3, 8), 1.7, 1.2)]  # fmt: skip
FESTIVALS = [(2, 14), (5, 12), (9, 10), (12, 24)]  # gift days besides New Year and mid-autumn


def day_number(day: date) -> int:
    return (day - EPOCH).days


@lru_cache(maxsize=1)
def _china() -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=range(2022, 2031), language="zh_CN")


@lru_cache(maxsize=4096)
def day_off(day: date) -> str:
    """The name of the holiday of that day, or ""."""
    return _china().get(day, "") if day.weekday() < 5 or day in _china() else ""


@lru_cache(maxsize=4096)
def is_make_up_day(day: date) -> bool:
    """A Saturday or Sunday on which China works."""
    return day.weekday() >= 5 and day in _china().weekend_workdays


@dataclass(frozen=True)
class Days:
    """Cumulated busyness of the window's days per curve (scene × purpose), to be inverted by draws."""

    end: date  # D
    cumulated: Array  # curves × (WINDOW + 1), each row from 0 to 1

    @property
    def start(self) -> date:
        return self.end - timedelta(days=WINDOW - 1)

    def epoch(self, day_index: Array) -> Array:
        """The second at which the local day begins."""
        return (day_index + day_number(self.start)) * 86400 - ZONE_SECONDS

    def date_of(self, seconds: Array) -> Array:
        """The local day of a moment, as days since 1970."""
        return (seconds + ZONE_SECONDS) // 86400

    def month_of(self, day_index: Array) -> Array:
        days = (day_index + day_number(self.start)).astype("datetime64[D]")
        return days.astype("datetime64[M]").astype(np.int64) % 12 + 1

    def draw(self, u: Array, curve: Array, first: Array, last: Array) -> Array:
        """A day between two days (both included), busy days more often."""
        first, last = np.clip(first, 0, WINDOW - 1), np.clip(last, 0, WINDOW - 1)
        low = self.cumulated[curve, first]
        wanted = low + u * (self.cumulated[curve, last + 1] - low) + curve * 2.0
        flat = (self.cumulated + np.arange(len(self.cumulated))[:, None] * 2.0).ravel()
        found = np.searchsorted(flat, wanted, side="right") - 1 - curve * (WINDOW + 1)
        return np.clip(found, first, last)


def curve_of(scene: Array, purpose: "Array | int") -> Array:
    return scene * len(PURPOSES) + purpose


def seconds_of_day(u: Array, v: Array, scene: Array) -> Array:
    """A time of the day by the scene's hours; seconds are never round."""
    out = np.zeros(len(u), np.int64)
    for index, name in enumerate(SCENES):
        mine = scene == index
        if not mine.any():
            continue
        slots = np.array(HOURS[name])
        slot = np.searchsorted(np.cumsum(slots[:, 2]) / slots[:, 2].sum(), u[mine]).clip(0, len(slots) - 1)
        start, end = slots[slot, 0] * 3600, slots[slot, 1] * 3600
        out[mine] = start + v[mine] * (end - start - 1)
    return out + (out % 60 == 0)


def of(end: date) -> Days:
    """The days of the window that ends with `end`."""
    start = end - timedelta(days=WINDOW - 1)
    days = [start + timedelta(days=i) for i in range(WINDOW)]
    rows = []
    for scene in SCENES:
        for purpose in PURPOSES:
            weights = np.array([_weight(day, scene, purpose) for day in days])
            growth = 1.14 ** (np.arange(WINDOW) / 365.25)
            total = np.concatenate([[0], np.cumsum(weights * growth)])
            rows.append(total / total[-1])
    return Days(end, np.array(rows))


def _weight(day: date, scene: str, purpose: str) -> float:
    online = scene == "online"
    coffee = purpose == "coffee"
    month = MONTHS[day.month - 1] ** (0.5 if coffee else 1)
    weekday = day.weekday()
    if scene == "office" and is_make_up_day(day):
        weekday = 1
    weights = WEEKDAYS[scene]
    weight = month * weights[weekday] * 7 / sum(weights)
    if not coffee:
        for first, last, web, store in PEAKS:
            if first <= (day.month, day.day) <= last:
                factor = web if online else store
                weight *= factor * (1.6 if purpose == "deal" and factor > 1 else 1)
    weight *= _new_year(day, scene, purpose)
    if (10, 1) <= (day.month, day.day) <= (10, 7):
        weight *= {"mall": 1.35, "office": 0.2, "campus": 0.2}.get(scene, 1)
    elif scene == "office" and not online and day.weekday() < 5 and day_off(day):
        weight *= 0.25
    if scene == "campus" and ((7, 12) <= (day.month, day.day) <= (8, 27) or _days_to_new_year(day) in range(-18, 22)):
        weight *= 0.02
    if (day.month, day.day) == (8, 3 + day.year % 7):
        weight *= 0.1 if online else 1  # the yearly outage
    if purpose == "gift" and _is_gift_week(day):
        weight *= 6
    if purpose == "deal":
        weight *= 6.4 if _is_promotion(day) else 1
    return max(weight, 1e-6)


@lru_cache(maxsize=4096)
def _days_to_new_year(day: date) -> int:
    """Days until the nearest Chinese New Year; negative after it."""
    return min(((new_year - day).days for new_year in NEW_YEARS), key=abs)


def _new_year(day: date, scene: str, purpose: str) -> float:
    left = _days_to_new_year(day)
    if 1 < left <= 14:
        return 1.9 if purpose == "gift" else 1
    if -3 <= left <= 1:
        return 0.4 if scene == "online" else 0.05 if scene == "office" else 0.25
    if -7 <= left < -3:
        return {"mall": 1.3, "office": 0.02}.get(scene, 0.9)
    return 1


def _is_gift_week(day: date) -> bool:
    ahead = [(date(day.year, month, dom) - day).days for month, dom in FESTIVALS]
    return any(0 <= left < 7 for left in ahead) or 1 <= _days_to_new_year(day) <= 10


def _is_promotion(day: date) -> bool:
    return any(
        first <= (day.month, day.day) <= last and web > 1 for first, last, web, _store in PEAKS
    ) or (day.month, day.day) in [(6, d) for d in range(4, 19)] + [(11, d) for d in range(4, 10)] + [
        (1, d) for d in range(10, 21)] + [(8, d) for d in range(15, 22)]  # fmt: skip


def moment_of(day: date) -> datetime:
    """T when only D is given: 14:22 of that day in Shanghai."""
    return datetime(day.year, day.month, day.day, 6, 22, tzinfo=UTC)

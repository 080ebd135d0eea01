"""The line before a drop's claims: so many inside at once, the others in the order in which they came."""

import asyncio
import time
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush

LEAVES = 15.0  # seconds after which who has not asked again has left the line
PASSES = 0.25  # seconds for which a free place is kept for those ahead who are just not asking
TWICE = 2  # a double click, or a second telephone, is let in with the first


@dataclass(slots=True)
class Place:
    number: int
    key: bytes
    asked: float
    since: float = 0.0  # when the present asking began
    waiting: list[asyncio.Future[None]] = field(default_factory=list)


class Line:
    """One drop in one process; all of it in memory, used by one event loop.

    A place is a number by arrival and stays with the person (`key`) while they ask again in time. Who is here with a
    smaller number goes first; who is away for a moment keeps the number and goes first on coming back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.cap = 1
        self.inside = 0
        self.finished = 0
        self.entered: set[bytes] = set()  # who was ever let in: they may have won, the gate says no “no” to them
        self.late: dict[bytes, int] = {}  # who came when all were given, in their order
        self.used = clock()
        self._at_work: Counter[bytes] = Counter()
        self._people: dict[bytes, Place] = {}
        self._numbers: list[int] = []
        self._here: list[tuple[int, bytes]] = []
        self._next = 0
        self._swept = clock()

    def __len__(self) -> int:
        return len(self._people)

    def ahead_of(self, key: bytes) -> int | None:
        """How many stand before them; None for who is not in line."""
        place = self._people.get(key)
        return None if place is None else bisect_left(self._numbers, place.number)

    def asks(self, key: bytes) -> int | None:
        """The same, and they are taken as still here."""
        self._forget_who_left()
        if (place := self._people.get(key)) is not None:
            place.asked = self.clock()
        return self.ahead_of(key)

    def has_room_for(self, ahead: int) -> bool:
        return ahead < self.cap - self.inside

    def late_number(self, key: bytes) -> int:
        """1 for the first person who came when all were given; the same person again the same."""
        return self.late.setdefault(key, len(self.late) + 1)

    async def enter(self, key: bytes, *, near: int, hold: float) -> bool:
        """Whether they are inside now: then `leave` must follow. False: they keep their place and ask again.

        The first `near` of the line are kept waiting for up to `hold` seconds instead of being sent away.
        """
        self._forget_who_left()
        place = self._people.get(key)
        if place is None:
            if 0 < self._at_work[key] < TWICE or (not self._people and self.inside < self.cap):
                self._let_in(key)
                return True
            place = self._stand(key)
        place.asked = self.clock()
        ahead = bisect_left(self._numbers, place.number)
        if self.has_room_for(ahead):
            self._call(place)
            self._let_in(key)
            return True
        if ahead >= near or len(place.waiting) >= TWICE:
            return False
        return await self._wait(place, hold)

    def enter_unasked(self, key: bytes) -> None:
        """Nothing is known of the drop: the house decides."""
        self._let_in(key)

    def leave(self, key: bytes) -> None:
        self.inside -= 1
        self.finished += 1
        self._at_work[key] -= 1
        if self._at_work[key] <= 0:
            del self._at_work[key]
        self.call_up()

    def call_up(self) -> None:
        """Let in who is here, the smallest number first, while there is room."""
        while self._here and self.inside < self.cap:
            number, key = self._here[0]
            place = self._people.get(key)
            if place is None or place.number != number or not place.waiting:
                heappop(self._here)
                continue
            ahead = bisect_left(self._numbers, number)
            if not self.has_room_for(ahead) and self.clock() - place.since < PASSES:
                return
            heappop(self._here)
            self._call(place)

    async def _wait(self, place: Place, hold: float) -> bool:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        if not place.waiting:
            place.since = self.clock()
            heappush(self._here, (place.number, place.key))
        place.waiting.append(turn)
        timer = loop.call_later(PASSES * 1.02, self.call_up)
        try:
            await asyncio.wait([turn], timeout=hold)
        except asyncio.CancelledError:
            if turn.done():
                self.leave(place.key)
            raise
        finally:
            timer.cancel()
            if turn in place.waiting:
                place.waiting.remove(turn)
            place.asked = self.clock()
        return turn.done()

    def _stand(self, key: bytes) -> Place:
        self._next += 1
        place = Place(self._next, key, self.clock())
        self._people[key] = place
        insort(self._numbers, place.number)
        return place

    def _call(self, place: Place) -> None:
        """Out of the line; each of their askings that waits is let in."""
        del self._people[place.key]
        del self._numbers[bisect_left(self._numbers, place.number)]
        waiting, place.waiting = place.waiting, []
        for turn in waiting:
            if not turn.done():
                self._let_in(place.key)
                turn.set_result(None)

    def _let_in(self, key: bytes) -> None:
        self.inside += 1
        self._at_work[key] += 1
        self.entered.add(key)

    def _forget_who_left(self) -> None:
        now = self.clock()
        self.used = now
        if now - self._swept < 1:
            return
        self._swept = now
        gone = [p for p in self._people.values() if not p.waiting and now - p.asked > LEAVES]
        for place in gone:
            del self._people[place.key]
        if gone:
            self._numbers = [place.number for place in self._people.values()]

"""One call from its moments, in whatever order they were told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from touchpoints.channels.phone.contract import MOMENTS
from touchpoints.channels.protocol import Call, Person


@dataclass(frozen=True)
class Story:
    """A leg of a call. `known` keeps each moment as it was told last, so that the end depends on no order.

    ringing → answered → (transferred)* → ended → recorded → transcribed; any of them may be missing.
    """

    known: Mapping[str, Call] = field(default_factory=dict)

    def with_(self, call: Call) -> "Story":
        """What is proved beats a hint, a later revision an earlier, else the later telling of one moment."""
        before = self.known.get(call.moment)
        if before is not None and _weight(before) >= _weight(call):
            return self
        return Story({**self.known, call.moment: call})

    @property
    def state(self) -> str:
        return max(self.known, key=MOMENTS.index, default="")

    def at(self, moment: str) -> datetime | None:
        call = self.known.get(moment)
        return call.at if call else None

    @property
    def person(self) -> Person | None:
        return next((call.person for call in self._newest_first() if call.person), None)

    @property
    def agent(self) -> str:
        return next((call.agent for call in self._newest_first() if call.agent), "")

    @property
    def direction(self) -> str:
        return next((call.direction for call in self._newest_first() if call.direction), "")

    @property
    def line(self) -> str:
        return next((call.line for call in self._newest_first() if call.line), "")

    @property
    def details(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for call in reversed(self._newest_first()):
            found |= call.details
        return found

    @property
    def is_hint(self) -> bool:
        """Nothing of it was proved."""
        return all(call.hint for call in self.known.values())

    def _newest_first(self) -> list[Call]:
        return sorted(self.known.values(), key=lambda call: (not call.hint, MOMENTS.index(call.moment)), reverse=True)


def told(calls: Iterable[Call]) -> Story:
    story = Story()
    for call in calls:
        story = story.with_(call)
    return story


def pops_up(before: Story, call: Call, *, now: datetime, within: int = 60) -> bool:
    """Whether a ringing shall open a card: young, and its call not over."""
    over = any(moment in before.known for moment in ("ended", "recorded", "transcribed"))
    young = now - timedelta(seconds=within) <= call.at <= now + timedelta(seconds=within)
    return call.moment == "ringing" and young and not over


def _weight(call: Call) -> tuple[Any, ...]:
    # What is left to tell equals apart is their content: then no order of arrival shows.
    return (not call.hint, call.details.get("revision", 1), call.at, repr(call))

"""What every kind of step can do: be read, say itself, be taken, be foreseen."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from customers.models import Customer
from journeys.models import Enrolment, StepRun
from scrm.kernel.segment_field import Slot, Wrong

Step = dict[str, Any]
Result = StepRun.Result
GLANCE = timedelta(minutes=1)


class Stuck(Exception):
    """This step cannot be taken for this person until somebody sees to it."""

    def __init__(self, trouble: str, text: str = "") -> None:
        super().__init__(text)
        self.trouble, self.text = trouble, text


@dataclass(frozen=True)
class Walk:
    """One person before one step."""

    enrolment: Enrolment
    customer: Customer
    step: Step
    now: datetime

    @property
    def key(self) -> str:
        """The mark of what this step makes: the same step again makes the same thing."""
        return f"{self.enrolment.pk}:{self.step['key']}"

    @property
    def doing(self) -> dict[str, Any]:
        found: dict[str, Any] = self.enrolment.doing
        return found


@dataclass(frozen=True)
class Outcome:
    """What came of taking it. Without a result the step is not over: it is looked at again at `until`."""

    result: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    way: str = ""
    end: str = ""
    until: datetime | None = None
    awaits: tuple[str, ...] = ()
    doing: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One line of a trial: when, what would happen, what would not (ghost)."""

    at: datetime
    icon: str
    text: str
    small: str = ""
    ghost: bool = False


@dataclass
class Look:
    """A person on a trial: the clock is turned, nothing is written."""

    customer: Customer
    step: Step
    at: datetime
    supposed: list[tuple[str, datetime]] = field(default_factory=list)
    entered_at: datetime | None = None
    heard: bool = False
    lines: list[Line] = field(default_factory=list)
    way: str = ""
    over: bool = False

    def say(self, icon: str, text: str, small: str = "", *, ghost: bool = False) -> None:
        self.lines.append(Line(self.at, icon, text, small, ghost))


class StepKind:
    """One kind. `slots` are filled in by the builder; of `optional` ones nothing may stand there."""

    name = ""
    words: Any = ""
    icon = ""
    slots: tuple[Slot, ...] = ()
    optional: frozenset[str] = frozenset()
    makes = True  # takes a transaction of its own

    def read(self, given: dict[str, Any]) -> Step:
        """The step as it is kept. Raises Wrong with a sentence."""
        step: Step = {"kind": self.name}
        for slot in self.slots:
            value = given.get(slot.name)
            if value in (None, "", []):
                if slot.name not in self.optional:
                    raise Wrong(_("%(slot)s: this is needed.") % {"slot": slot.words})
                continue
            step[slot.name] = slot.read(value)
        return step

    def shown(self, step: Step, name: str) -> str:
        """One value of a step in the reader's words."""
        slot = next(slot for slot in self.slots if slot.name == name)
        return slot.say(step[name]) if name in step else ""

    def says(self, step: Step) -> str:
        raise NotImplementedError

    def small(self, step: Step) -> str:
        return ""

    def take(self, walk: Walk) -> Outcome:
        raise NotImplementedError

    def foresee(self, look: Look) -> None:
        look.say(self.icon, self.says(look.step), self.small(look.step))

"""What rooms tell each other without importing upward: each registers here in its apps.py."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

from scrm.kernel.segment_field import SegmentField


@dataclass(frozen=True)
class EventKind:
    """One kind of timeline line: its name, the sentence made from its details, its group and glyph.

    `sentence(event) -> str` runs in the reader's language. `icon` is a tabler name, `tone` one of
    "", "told", "brand", "late"; `amount(event)` is what stands at the right, or "".
    """

    name: str
    group: str
    icon: str
    sentence: Callable[[Any], str]
    amount: Callable[[Any], str] = field(default=lambda event: "")
    tone: str = ""


@dataclass(frozen=True)
class Panel:
    """One block on the customer page: `context(request, customer)` feeds `template`; None hides it."""

    name: str
    place: str  # "head", "left", "middle" or "right"
    order: int
    template: str
    context: Callable[[Any, Any], dict[str, Any] | None]
    wakes_on: tuple[str, ...] = ()  # prefixes of event kinds that make the shown panel stale


@dataclass(frozen=True)
class Reaction:
    """Work that a kind of event wakes: `act(event)` is idempotent and runs in its own transaction."""

    name: str
    kinds: tuple[str, ...]
    act: Callable[[Any], None]


Entry = TypeVar("Entry")


class Registry(Generic[Entry]):
    """Entries by name; a second entry of one name is a mistake of the programmer."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def add(self, name: str, entry: Entry) -> None:
        if name in self._entries:
            raise ValueError(f"“{name}” is registered twice.")
        self._entries[name] = entry

    def get(self, name: str) -> Entry | None:
        return self._entries.get(name)

    def all(self) -> list[Entry]:
        return list(self._entries.values())

    def names(self) -> list[str]:
        return list(self._entries)


event_kinds: Registry[EventKind] = Registry()
panels: Registry[Panel] = Registry()
reactions: Registry[Reaction] = Registry()
# Load kinds of `manage.py load` (customers.loading.kinds.LoadKind); a room registers the kinds it owns.
load_kinds: Registry[Any] = Registry()
# Complete identifiers that rooms above know a customer by: a function of the text, giving customer ids.
finders: Registry[Callable[[str], list[int]]] = Registry()
# How each foreign key to Customer moves in a merge: “app.Model.field” → customers.merging.moves.Move.
merge_moves: Registry[Any] = Registry()


# How each room forgets a person (a function of customers.privacy.Person) and what it holds about one (of record ids).
erasures: Registry[Callable[[Any], None]] = Registry()
subject_parts: Registry[Callable[[list[int]], dict[str, Any]]] = Registry()


# What some customers spent between two days, in minor units of the base currency: (ids, first, last) → id → amount.
spending: Registry[Callable[[list[int], Any, Any], dict[int, int]]] = Registry()


@dataclass(frozen=True)
class Retention:
    """How long one kind of data is kept: `act(before)` removes what is older and says how many rows went.

    `days` is the default; SCRM_KEEP_<NAME> in the environment sets another number, 0 keeps for ever.
    """

    name: str
    words: Any
    days: int
    act: Callable[[Any], int]


retentions: Registry[Retention] = Registry()

# Columns that hold keys wrapped by the master key (scrm.kernel.sealed.wrap), “table.column”; a rotation wraps them.
wrapped: Registry[str] = Registry()

# Who writes each live event down for itself, in the event's own transaction: cheap when it does not care.
outboxes: Registry[Callable[[Any], None]] = Registry()


# What rooms above add to the answer a till gets for its sale or return, in the same transaction: row → members.
till_answers: Registry[Callable[[Any], dict[str, Any]]] = Registry()


# What is on its way to a customer on a channel and stays here when they say no: (customer id, channel) → how many.
withdrawals: Registry[Callable[[int, str], int]] = Registry()


# What rooms above kept under an identity that nobody held yet: called with it when somebody comes to hold it.
named_at_last: Registry[Callable[[Any], None]] = Registry()


# What grade a customer holds with the brand (a level's code), "" for none: asked by rooms below the one that knows.
grades: Registry[Callable[[int], str]] = Registry()


@dataclass(frozen=True)
class CalledCampaign:
    """What rooms below the campaigns may know of one: its code, its name in all languages, its first day."""

    code: str
    name: dict[str, str]
    starts_on: date


# Campaigns by the keys under which a source loaded them: (source, keys) → key → campaign.
campaigns: Registry[Callable[[str, list[str]], dict[str, CalledCampaign]]] = Registry()


# How often customers did something that rules for tags ask for: (ids, of what, since) → id → times.
tag_counters: Registry[Callable[[list[int], str, Any], dict[int, int]]] = Registry()


# What rules of segments may ask of a customer, by name.
segment_fields: Registry[SegmentField] = Registry()

# Who hears of people coming into a segment and leaving it, set by set in the same transaction: (segment, ids, ids).
segment_listeners: Registry[Callable[[Any, list[int], list[int]], None]] = Registry()


@dataclass(frozen=True)
class Reach:
    """Of a set of people how many may be contacted, and why the others may not; the four add up to the people.

    With `estimate` they are taken from a sample.
    """

    people: int
    reached: int
    not_agreed: int
    no_way: int
    paused: int
    estimate: bool = False


# Who of a set may be reached, by the rules of contact: (cursor, a statement of ids, its values, ms at most) → Reach.
reaches: Registry[Callable[[Any, str, dict[str, Any], int], Reach]] = Registry()


@dataclass(frozen=True)
class SegmentUse:
    """One place where a segment is used: its name, its page, and what a new rule does there."""

    words: str
    url: str
    effect: str


# Where a segment is used, by its code.
segment_uses: Registry[Callable[[str], list[SegmentUse]]] = Registry()


@dataclass(frozen=True)
class Intake:
    """One kind of event other systems may send: whose it is (so that one person's are taken in order), what it does.

    `whose(data)` gives (kind, value) of an identity, or None. `act(letter)` gives the customer's id, or None, in the
    caller's transaction; it raises TransitionRefused or ValueError for what can never be taken in.
    """

    name: str
    whose: Callable[[dict[str, Any]], tuple[str, str] | None]
    act: Callable[[Any], int | None]


intakes: Registry[Intake] = Registry()


# What a socket may watch beside a customer, by its first sign: (user, the rest) → the group, or None.
watches: Registry[Callable[[Any, str], str | None]] = Registry()

# Groups of which it is kept who has them open, by what stands before their dot: the panel that shows it.
presences: Registry[str] = Registry()

# Customers a person may see for what rooms above know: user → a condition on Customer, without a join.
sights: Registry[Callable[[Any], Any]] = Registry()


def listening(kind: str) -> list[Reaction]:
    return [reaction for reaction in reactions.all() if kind in reaction.kinds]

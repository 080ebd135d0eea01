"""What every channel speaks: in from outside, out to a customer, and what its provider allows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Forged(Exception):
    """A call from outside that does not prove where it comes from; the answer says no more than that."""


class Malformed(Exception):
    """It proves where it comes from and cannot be read."""


class Unavailable(Exception):
    """The provider could not be asked: `result` says whether to try again. Only `fetch` and `read` raise it."""

    def __init__(self, result: "Refused | Unknown") -> None:
        super().__init__(result)
        self.result = result


# In: received (proved and stored as it came), read later into news.


@dataclass(frozen=True)
class Incoming:
    """One HTTP call from outside, before anything of it was believed. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    url: str = ""  # as the caller called it, built from SCRM_URL


@dataclass(frozen=True)
class Item:
    """One thing to store before it is worked on. `source_ref` names the event, not the delivery of it."""

    source_ref: str
    kind: str
    at: datetime
    body: str
    lane: str = ""  # whose it is, so that one person's things are taken in order


@dataclass(frozen=True)
class Reply:
    """What the provider hears: right after its items were stored."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Received:
    items: Sequence[Item] = ()
    reply: Reply = field(default_factory=Reply)


@dataclass(frozen=True)
class Person:
    """Whom the channel means. `proved` when the provider vouches for the identity (a verified mail, a full number)."""

    kind: str  # an Identity kind
    value: str
    name: str = ""
    proved: bool = False


@dataclass(frozen=True)
class File:
    """A file as it came or is to go: the name is the sender's word, the content is looked at before it is kept."""

    name: str
    content: bytes
    content_type: str = ""  # of one that goes out, from its content


@dataclass(frozen=True)
class MessageIn:
    """A person wrote. `machine` marks an automatic answer: kept as a line, wakes nothing."""

    person: Person
    text: str
    at: datetime
    ref: str
    thread: str = ""
    subject: str = ""
    answers: Sequence[str] = ()  # ids of messages of ours it refers to
    machine: bool = False
    note: str = ""  # what staff should know, as codes: "sender_unverified attachments:3"
    case: str = ""  # number of the case whose reply address it came to, when we made that address
    quoted: str = ""  # what it quotes of earlier messages, kept and folded
    files: Sequence[File] = ()


class Outcome(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"

    def beats(self, before: "Outcome") -> bool:
        """Reports come in any order: what was delivered was not only sent, and did not fail."""
        order = [Outcome.SENT, Outcome.FAILED, Outcome.DELIVERED, Outcome.READ]
        return order.index(self) > order.index(before)


@dataclass(frozen=True)
class Receipt:
    """What became of a message of ours: by our id (`message`), or the provider's (`provider_ref`)."""

    outcome: Outcome
    at: datetime
    message: str = ""
    provider_ref: str = ""
    tail: str = ""  # the last digits of whom it went to, when the provider says; must fit
    code: str = ""
    unreachable: bool = False  # the address itself is bad: suspend it


@dataclass(frozen=True)
class OptOut:
    """A person wants no more offers on this channel. It is always obeyed; the contrary never comes this way."""

    person: Person
    at: datetime
    ref: str


@dataclass(frozen=True)
class Relation:
    """A person became reachable through a colleague, or no longer is."""

    person: Person
    colleague: str  # the provider's id of the member of staff
    present: bool
    at: datetime
    state: str = ""  # the token of the code that was scanned
    welcome: str = ""  # a short-lived code that allows one greeting
    union: str = ""


@dataclass(frozen=True)
class Call:
    """One moment of a phone call: any order of arrival ends the same."""

    call: str
    leg: str
    moment: str  # ringing answered transferred ended recorded transcribed
    at: datetime
    direction: str = ""
    person: Person | None = None
    line: str = ""
    agent: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    hint: bool = False  # weakly signed: it may show, it may not write


@dataclass(frozen=True)
class Waiting:
    """Something lies ready at the provider: fetch now, do not wait for the next round."""

    lane: str = ""


News = MessageIn | Receipt | OptOut | Relation | Call | Waiting


# Out.


class Kind(StrEnum):
    CODE = "code"  # asked for by the person
    NOTICE = "notice"  # service
    MARKETING = "marketing"  # needs consent


@dataclass(frozen=True)
class Outgoing:
    """One message ready to leave: the address in clear, for this one attempt. `id` is ours and never changes."""

    id: str
    kind: Kind
    to: str
    text: str
    subject: str = ""
    locale: str = "zh-hans"
    template: str = ""  # the provider's code of an approved text
    values: Mapping[str, str] = field(default_factory=dict)
    thread: str = ""
    references: Sequence[str] = ()
    reply_to: str = ""
    unsubscribe: str = ""  # https address of the one-click way out
    automatic: bool = False
    colleague: str = ""  # the provider's id of who sends
    files: Sequence[File] = ()  # only for an adapter that says `carries_files`


class Refusal(StrEnum):
    RETRY_LATER = "retry_later"  # rate, busy, theirs
    FIX_SETUP = "fix_setup"  # secret, permission, template: stop the channel, tell the operator once
    NOT_REACHABLE = "not_reachable"  # choose another channel
    NEVER = "never"  # content, quota of the customer: no retry today


@dataclass(frozen=True)
class Sent:
    """The provider took it."""

    ref: str = ""


@dataclass(frozen=True)
class Held:
    """Not before a moment, by the provider's own limits."""

    until: datetime
    why: str


@dataclass(frozen=True)
class Refused:
    refusal: Refusal
    code: str
    after: int | None = None  # seconds, when the provider names them
    known: bool = True  # False: a code without a meaning to us; after three tries a matter of the setup


@dataclass(frozen=True)
class Unknown:
    """We do not know whether the provider took it: never the same as failed."""

    why: str


Result = Sent | Held | Refused | Unknown


@dataclass(frozen=True)
class Limit:
    """A number of the provider's, from the channel's settings, and how much of it is used."""

    words: str
    most: int
    used: int | None = None


@dataclass(frozen=True)
class Fetched:
    """What a channel that must be asked gave, and where to go on. `cursor` is stored with the items."""

    items: Sequence[Item]
    cursor: dict[str, Any]
    more: bool = False


@dataclass(frozen=True)
class Account:
    """What an adapter works with: a channel's code, its settings, its secrets in clear, for as long as the call."""

    code: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


class Adapter(Protocol):
    """One provider. It knows no table: it turns bytes into news and messages into bytes.

    `idempotent` says whether the provider folds two sendings with the same id, so that an Unknown may be sent again.
    One that can hand files on says in `carries_files` how many bytes of them with one message.
    """

    idempotent: bool
    secrets: Sequence[str]
    settings: Mapping[str, Any]

    def __init__(self, account: Account) -> None: ...

    def receive(self, call: Incoming) -> Received:
        """Prove the raw bytes, then say what to store. Raises Forged, Malformed; touches no network."""

    def read(self, item: Item) -> Sequence[News]:
        """What a stored item means. Raises Malformed for what will never be readable, Unavailable when it must ask."""

    def send(self, message: Outgoing) -> Result:
        """One attempt, no loop. Never raises for what the provider does."""

    def fetch(self, cursor: Mapping[str, Any]) -> Fetched:
        """What arrived since; nothing for a provider that calls us. Raises Unavailable."""

    def ask(self, message: Outgoing, ref: str, at: datetime) -> Receipt | None:
        """What became of one whose fate is unknown; None when the provider cannot tell (yet)."""

    def limits(self) -> Sequence[Limit]: ...

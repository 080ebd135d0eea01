"""Lines of the ledger before they are in order, and the lots born by them."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from scrm.demo.draws import Array
from scrm.demo.loyalty_levels import Standing
from scrm.demo.orders import SOURCES

KINDS = ["opening", "spend", "earn", "reverse", "repay", "expire"]
OPENING, SPENT, EARN, REVERSE, REPAY, EXPIRE = range(6)
OWN_SOURCES = [*SOURCES, "house", "campaign", "former"]
HOUSE, CAMPAIGN, FORMER = (OWN_SOURCES.index(name) for name in ("house", "campaign", "former"))


@dataclass
class Draft:
    """Lines of one sort before they are in order: each column has one place per line."""

    kind: int
    person: Array
    at: Array
    reason: str
    source: Array
    key: pa.Array
    ref: pa.Array
    delta: Array
    turn: int = 0  # of lines of one moment, which comes first
    debt: Array | None = None
    undone: Array | None = None
    qualifying: Array | None = None
    rule: Array | None = None
    explanation: pa.Array | None = None
    store: Array | None = None
    digest: list[bytes] | None = None
    reverses: Array | None = None  # place of the line taken back, among all lines

    def __len__(self) -> int:
        return len(self.person)


@dataclass
class Ledger:
    """All lines in order, with what the timeline and the coupons want to know."""

    levels: Standing
    drafts: list[Draft] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    size: int = 0

    def add(self, draft: Draft) -> int:
        """Where its lines begin among all."""
        self.drafts.append(draft)
        self.starts.append(self.size)
        self.size += len(draft)
        return self.starts[-1]

    def column(self, name: str, default: int = 0) -> Array:
        return np.concatenate([
            np.full(len(draft), default) if (held := getattr(draft, name)) is None else
            np.full(len(draft), held) if np.isscalar(held) else held for draft in self.drafts
        ]).astype(np.int64)  # fmt: skip

    def texts(self, name: str, default: str) -> pa.Array:
        held = [default if (held := getattr(draft, name)) is None else held for draft in self.drafts]
        return pa.concat_arrays([
            pa.repeat(one, len(draft)) if isinstance(one, str) else one.cast(pa.string())
            for one, draft in zip(held, self.drafts, strict=True)
        ])  # fmt: skip


@dataclass
class Given:
    """Lots before they are in order: the line they are born by, when they count."""

    entry: Array
    person: Array
    points: Array
    counts: Array
    ends: Array

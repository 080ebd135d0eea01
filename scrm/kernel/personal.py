"""What kind of personal data each field holds: every field of every room is named here by its room, a test sees to it.

The kinds decide what an erasure must leave empty and what a page of the documentation says.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What a field says about a customer; `COLLEAGUE` and `KEY` are about those who work here and their keys."""

    NONE = "none"  # set-up, sums, states, moments: nothing by itself
    PSEUDONYM = "pseudonym"  # names a customer only to who holds the database
    NAME = "name"  # in clear, since it is searched: names, addresses, birthday
    CONTACT = "contact"  # sealed, found by blind index, shown masked
    SAID = "said"  # free text, by the customer or about them
    BEHAVIOUR = "behaviour"  # what somebody looked at
    COLLEAGUE = "colleague"  # about a member of staff
    KEY = "key"  # keys and fingerprints of keys


# Emptied by an erasure, or gone with their row.
ERASED = frozenset({Kind.NAME, Kind.CONTACT, Kind.SAID, Kind.BEHAVIOUR})

_kinds: dict[str, Kind] = {}


def classify(model: str, /, **fields: str) -> None:
    """Say the kind of each field of “app.Model”: classify("app.Model", none="id at", said="note")."""
    for kind, names in fields.items():
        for name in names.split():
            path = f"{model}.{name}"
            if path in _kinds:
                raise ValueError(f"“{path}” is classified twice.")
            _kinds[path] = Kind(kind)


def kind_of(path: str) -> Kind | None:
    """The kind of “app.Model.field”, or None when nobody has said it."""
    return _kinds.get(path)


def classified() -> dict[str, Kind]:
    return dict(_kinds)

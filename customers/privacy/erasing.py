"""Forgetting a person: keys destroyed, contact data and words gone, sums and the ledger whole."""

import json
import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer, Erasure, Identity, SourceKey
from scrm.kernel.nudges import nudge
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import erasures
from staff.models import User, audit

log = logging.getLogger("scrm.privacy")


@dataclass(frozen=True)
class Person:
    """Whom to forget: the ids of all joined records, and the texts by which loose copies of them are found.

    `marks` are long enough to be looked for inside a text (numbers, mails, keys), `names` only as a whole cell.
    """

    records: list[int]
    marks: frozenset[str]
    names: frozenset[str]


@transaction.atomic
def erase(
    customer: Customer, *, by: User | None, cause: str = Erasure.Cause.ASKED, address: str | None = None
) -> Erasure:
    """Forget the person with every record joined to theirs. Raises TransitionRefused when that is done already."""
    records = _locked(customer.pk)
    if records[0].erased_at:
        raise TransitionRefused(_("This person has been erased already."))
    person = _person(records)
    for forget in erasures.all():
        forget(person)
    for record in records:
        Customer.objects.filter(pk=record.pk).update(
            number=f"erased-{record.pk}", family_name="", given_name="", display_name="", latin_name="", salutation="",
            birth_year=None, birth_month=None, birth_day=None, company_name="", attributes={}, advisor=None,
            erased_at=timezone.now(),
        )  # fmt: skip
    done = Erasure.objects.create(customer=records[0], records=person.records, cause=cause, by=by)
    audit("customer.erased", by=by, of=records[0], address=address, records=len(records), cause=str(cause))
    _remember(done)
    for record in records:
        nudge(f"customer.{record.pk}", "merged")
    return done


def replay(lines: Iterable[str]) -> int:
    """Forget again whom the list names (see `_remember`): after a restore of an older state. How many were left."""
    again = 0
    for line in lines:
        if not line.strip():
            continue
        records = json.loads(line)["records"]
        standing = Customer.objects.filter(pk__in=records, erased_at=None).order_by("pk")
        while (customer := standing.first()) is not None:
            erase(customer, by=None, cause=Erasure.Cause.REPLAYED)
            again += 1
    return again


def erasures_file() -> Path:
    """The list of erasures beside the data: it outlives a restore of the database."""
    return Path(settings.ERASURES_FILE)


def _locked(pk: int) -> list[Customer]:
    """Every record of the person, who holds them first; a merge or unmerge of any waits until the end."""
    while True:
        with transaction.atomic():
            ids = _records(pk)
            # In the order of ids, as a merge locks them.
            rows = list(Customer.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
            if _records(pk) == ids:
                return sorted(rows, key=lambda row: row.pk != ids[0])
            # Joined or taken apart meanwhile: let go before taking the others, or two could wait crosswise.
            transaction.set_rollback(True)


def _records(pk: int) -> list[int]:
    holder = Customer.objects.filter(pk=pk).values_list("merged_into", flat=True).get() or pk
    return [holder, *Customer.objects.filter(merged_into=holder).order_by("pk").values_list("pk", flat=True)]


def _person(records: list[Customer]) -> Person:
    ids = [record.pk for record in records]
    marks: set[str] = {record.number for record in records}
    for identity in Identity.objects.filter(customer__in=ids, shared=False).select_related("key"):
        if identity.key.destroyed_at is None:
            marks |= _spellings(identity.kind, identity.in_clear())
    marks |= set(SourceKey.objects.filter(kind="customers", object_id__in=ids).values_list("source_ref", flat=True))
    names = {text for record in records for text in (record.display_name, record.latin_name) if text}
    return Person(ids, frozenset(mark for mark in marks if len(mark) >= 5), frozenset(names))


def _spellings(kind: str, value: str) -> set[str]:
    """A phone is also found as it is dialled at home; a mail in any case is compared in lower case."""
    return {value, value.removeprefix("+86")} if kind == "phone" else {value}


def _remember(done: Erasure) -> None:
    """Add a line to the list that a restore replays: ids and moment, nothing of the person."""
    line = json.dumps({"records": done.records, "at": _moment(done.at)}) + "\n"

    # Before the commit: a line too many is harmless when it is replayed, a line too few would bring somebody back.
    try:
        for path in (erasures_file(), settings.ERASURES_COPY):
            if path is not None:
                _add_line(Path(path), line)
    except OSError:
        log.error("The list of erasures cannot be written; nothing was erased.")
        raise TransitionRefused(_("The list of erasures cannot be written, so nothing was erased.")) from None


def _add_line(path: Path, line: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")

"""How this room lets go of a person, and what it holds about one."""

import mmap
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import (
    Address,
    BrowseSession,
    Company,
    Consent,
    Customer,
    CustomerLink,
    DataKey,
    Event,
    Fact,
    Household,
    HouseholdMember,
    Identity,
    ImportRun,
    KeyPerson,
    LifecycleChange,
    MergeOperation,
    MergeSuggestion,
    NeedLog,
    Preference,
    RecordFile,
    SegmentDirty,
    SegmentLeaving,
    SegmentMember,
    SourceKey,
    StoreTie,
    Tag,
    TagDirty,
    Task,
    VisitorName,
)
from customers.models.event import source_mark
from customers.privacy.erasing import Person
from scrm.kernel.models import IdempotencyRecord
from scrm.kernel.registry import erasures, event_kinds, subject_parts
from staff.models import AuditEntry

# Words in a timeline line that are no words about anybody.
KEPT_DETAILS = ("currency",)


def forget(person: Person) -> None:
    """Every trace in this room: contact, names, words, clicks, copies in error rows and stored answers."""
    ids = person.records
    Identity.objects.filter(customer__in=ids).delete()
    CustomerLink.objects.filter(customer__in=ids).delete()
    DataKey.objects.filter(customer__in=ids).update(wrapped=b"", destroyed_at=timezone.now())
    Address.objects.filter(customer__in=ids).delete()
    Fact.objects.filter(customer__in=ids).update(superseded_by=None)
    Fact.objects.filter(customer__in=ids).delete()
    # That a need was heard in a scene is counted on; its words go.
    RecordFile.objects.filter(customer__in=ids).delete()
    Tag.objects.filter(customer__in=ids).delete()
    TagDirty.objects.filter(customer__in=ids).delete()
    SegmentMember.objects.filter(customer__in=ids).delete()
    SegmentLeaving.objects.filter(customer__in=ids).delete()
    SegmentDirty.objects.filter(customer__in=ids).delete()
    NeedLog.objects.filter(customer__in=ids, kind=None).update(words="…")
    NeedLog.objects.filter(customer__in=ids).exclude(kind=None).update(words="")
    Task.objects.filter(customer__in=ids).update(what="…", outcome="")
    MergeSuggestion.objects.filter(Q(first__in=ids) | Q(second__in=ids)).delete()
    MergeOperation.objects.filter(Q(survivor__in=ids) | Q(loser__in=ids)).update(
        journal={}, evidence={}, reason="", undone_reason=""
    )
    for key in SourceKey.objects.filter(kind="customers", object_id__in=ids):
        SourceKey.objects.filter(pk=key.pk).update(source_ref=source_mark(key.source, key.source_ref))
    BrowseSession.objects.filter(customer__in=ids).delete()
    VisitorName.objects.filter(customer__in=ids).delete()
    Preference.objects.filter(customer__in=ids).delete()
    _leave_circles(person)
    with connection.cursor() as cursor:
        cursor.execute("delete from customers_browse where customer_id = any(%s)", [ids])
        cursor.execute(
            """update customers_wakeup set error = '' where error <> '' and event in (
                 select id from customers_event where customer_id = any(%s))""",
            [ids],
        )
        # Numbers and sums of a line stay, so that counts remain true; its words go.
        cursor.execute(
            """update customers_event set source_ref = '', details = coalesce((
                 select jsonb_object_agg(key, value) from jsonb_each(details)
                 where jsonb_typeof(value) in ('number', 'boolean') or key = any(%s)), '{}')
               where customer_id = any(%s)""",
            [list(KEPT_DETAILS), ids],
        )
        _other_lines(cursor, person)
    # The digest of the row stays, and with it the seal.
    named = AuditEntry.objects.filter(object_kind="customers.customer", object_id__in=[str(each) for each in ids])
    named.exclude(salt=None).update(details=None, salt=None)
    _forget_copies(person)


def _leave_circles(person: Person) -> None:
    """Households and companies lose the member, and the name where they or those who stay in them bear it."""
    ids, named = person.records, Q()
    for text in person.names | person.marks:
        named |= Q(name__icontains=text)
    homes = list(HouseholdMember.objects.filter(customer__in=ids).values_list("household", flat=True))
    firms = list(KeyPerson.objects.filter(customer__in=ids).values_list("company", flat=True))
    HouseholdMember.objects.filter(customer__in=ids).delete()
    KeyPerson.objects.filter(customer__in=ids).delete()
    Household.objects.filter(pk__in=homes, members=None).delete()
    if named:
        Household.objects.filter(named, pk__in=homes).update(name="…")
    for firm in Company.objects.filter(pk__in=firms).exclude(note=""):
        if any(text.lower() in firm.note.lower() for text in person.names | person.marks):
            Company.objects.filter(pk=firm.pk).update(note="")
    with_them = HouseholdMember.objects.filter(household__in=homes).values("customer")
    Fact.objects.filter(customer__in=with_them, told_by__in=person.names).update(told_by="")


def _other_lines(cursor: Any, person: Person) -> None:
    """A line of somebody else may name this person's record (two that were taken apart)."""
    cursor.execute(
        """update customers_event e set details = details - 'other' from customers_mergeoperation m
           where (m.survivor_id = any(%(ids)s) or m.loser_id = any(%(ids)s))
             and e.customer_id in (m.survivor_id, m.loser_id)
             and e.kind in ('customer.merged', 'customer.unmerged') and (e.details->>'merge')::bigint = m.id""",
        {"ids": person.records},
    )


def _forget_copies(person: Person) -> None:
    """Rows of files that did not go in, answers kept for repeats, uploaded files that wait."""
    runs = set()
    like = [f"%{_plain(mark)}%" for mark in person.marks]
    with connection.cursor() as cursor:
        cursor.execute(
            """delete from customers_rowerror where lower("row"::text) like any(%s) or lower(reason) like any(%s)
               or exists (select from jsonb_each_text("row") cell where trim(cell.value) = any(%s))
               returning run_id""",
            [[mark.lower() for mark in like], [mark.lower() for mark in like], list(person.names)],
        )
        runs |= {row[0] for row in cursor.fetchall()}
    texts = Q()
    for mark in person.marks:
        texts |= Q(answer__icontains=mark)
    if texts:
        IdempotencyRecord.objects.filter(texts).update(answer={})
    for run in runs:
        (Path(settings.IMPORTS_ROOT) / f"run-{run}" / "failed.csv").unlink(missing_ok=True)
    _drop_files_that_name(person)


def _drop_files_that_name(person: Person) -> None:
    """An uploaded file may be packed, so one that cannot be read as text goes as well."""
    root = Path(settings.IMPORTS_ROOT)
    needles = [text.encode() for text in {*person.marks, *person.names}]
    for path in root.glob("run-*/*"):
        if path.is_file() and path.stat().st_size and (_is_packed(path) or _holds(path, needles)):
            path.unlink()
            run = path.parent.name.removeprefix("run-")
            waiting = ImportRun.objects.filter(
                pk=int(run) if run.isdigit() else 0, state__in=["draft", "checked", "stopped"]
            )
            waiting.update(state=ImportRun.State.FAILED, trouble=_("The file was removed: a person in it was erased."))


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4)
    return head[:2] in (b"\x1f\x8b", b"PK") or head == b"PAR1" or path.suffix == ".sqlite"


def _holds(path: Path, needles: list[bytes]) -> bool:
    """Whether one of the texts stands in the file, which may be larger than the memory."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(needle) >= 0 for needle in needles)


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def held(ids: list[int]) -> dict[str, Any]:
    """What this room holds about the records, contact data in clear: for the person alone."""
    columns = (
        "number", "family_name", "given_name", "display_name", "latin_name", "salutation", "birth_year", "birth_month",
        "birth_day", "company_name", "locale", "joined_at", "attributes",
    )  # fmt: skip
    people = Customer.objects.filter(pk__in=ids).select_related("home_store", "advisor").order_by("pk")
    return {
        "records": [
            {name: getattr(one, name) for name in columns}
            | {"home_store": str(one.home_store or ""), "advisor": str(one.advisor or "")}
            for one in people
        ],
        "identities": [
            {"kind": row.kind, "value": row.in_clear(), "verified_at": row.verified_at, "from": row.source,
             "since": row.created_at}
            for row in Identity.objects.filter(customer__in=ids, shared=False).select_related("key").order_by("pk")
        ],
        "addresses": list(Address.objects.filter(customer__in=ids).values(
            "label", "country", "region", "city", "district", "street", "postcode", "source")),
        "told": list(Fact.objects.filter(customer__in=ids).order_by("told_at").values(
            "key", "value", "note", "concern", "told_by", "channel", "told_at", "confirmed_count")),
        "record_files": [
            {"kind": row.kind.code, "values": row.in_clear(), "at": row.at}
            for row in RecordFile.objects.filter(customer__in=ids).select_related("kind", "key").order_by("at", "pk")
        ],
        "tags": list(Tag.objects.filter(customer__in=ids).order_by("at", "pk").values(
            "dimension__code", "value", "origin", "confidence", "evidence", "at", "expires_at", "ended_at")),
        "segments": list(SegmentMember.objects.filter(customer__in=ids).order_by("entered_at", "pk").values(
            "segment__code", "segment__name", "via", "why", "entered_at", "until")),
        "segments_left": list(SegmentLeaving.objects.filter(customer__in=ids).order_by("at", "pk").values(
            "segment__code", "segment__name", "cause", "why", "at")),
        "consents": list(Consent.objects.filter(customer__in=ids).order_by("at", "pk").values(
            "purpose", "channel", "given", "text__version", "origin", "at")),
        "preferences": list(Preference.objects.filter(customer__in=ids).values(
            "quiet_from", "quiet_to", "zone", "paused_until", "way", "changed_at")),
        "visitors": list(VisitorName.objects.filter(customer__in=ids).values("source", "visitor", "at")),
        "needs": list(NeedLog.objects.filter(customer__in=ids, taken_back_at=None).order_by("at").values(
            "kind__name", "scene__name", "words", "met", "channel", "at")),
        "steps": list(Task.objects.filter(customer__in=ids).order_by("made_at").values(
            "what", "due_on", "state", "outcome", "ended_at")),
        "timeline": [
            {"at": row.at, "what": row.sentence if row.kind in event_kinds.names() else row.kind, "kind": row.kind,
             "channel": row.channel, "details": row.details}
            for row in Event.objects.filter(customer__in=ids).order_by("at", "id").iterator(chunk_size=2000)
        ],
        "browsing": list(BrowseSession.objects.filter(customer__in=ids).order_by("started_at").values(
            "source", "started_at", "ended_at", "channel", "counts")),
        "households": list(HouseholdMember.objects.filter(customer__in=ids).values(
            "household__name", "part", "relation", "since", "until")),
        "companies": list(KeyPerson.objects.filter(customer__in=ids).values(
            "company__name", "part", "title", "since", "until")),
        "stores": [
            {"store": str(row.store), "last_on": row.last_on}
            for row in StoreTie.objects.filter(customer__in=ids).select_related("store")
        ],
        "stages": list(LifecycleChange.objects.filter(customer__in=ids).order_by("on").values("before", "after", "on")),
        "sources": list(SourceKey.objects.filter(kind="customers", object_id__in=ids).values("source", "source_ref")),
        "joined": list(MergeOperation.objects.filter(survivor__in=ids).order_by("pk").values("at", "undone_at")),
    }  # fmt: skip


def register() -> None:
    erasures.add("customers", forget)
    subject_parts.add("customers", held)

"""Record files as the pages show them, and how long those without consent are kept."""

from datetime import datetime
from typing import Any

from customers.models import Consent, Customer, Purpose, RecordFile, RecordKind
from staff.models import User


def records_of(reader: User, customer: Customer) -> dict[str, Any]:
    """Each kind with its newest values; of a sensitive kind only whether it may be opened, never what it holds."""
    kinds = list(RecordKind.objects.filter(used=True))
    newest = RecordFile.objects.filter(customer=customer, kind__sensitive=False).select_related("by", "key")
    rows = {one.kind_id: one for one in newest.order_by("kind_id", "-at", "-id").distinct("kind_id")}
    allowed = Consent.objects.allows(customer, Purpose.SENSITIVE) if any(kind.sensitive for kind in kinds) else False
    files = []
    for kind in kinds:
        row = rows.get(kind.pk)
        said = [field for field in kind.asked(row.in_clear()) if field["value"]] if row else []
        files.append({"kind": kind, "row": row, "said": said, "closed": kind.sensitive and not allowed})
    return {"files": files, "may_write": reader.may("fact.write")}


def erase_without_consent(before: datetime) -> int:
    """Sensitive files whose consent was withdrawn before this moment, all their versions."""
    gone = RecordFile.objects.without_consent(before).values_list("pk", flat=True)
    return RecordFile.objects.filter(pk__in=list(gone)).delete()[0]

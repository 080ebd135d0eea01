"""Everything we hold about one person, as one document for that person."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.models import Customer
from scrm.kernel.registry import subject_parts
from staff.models import User, audit


@transaction.atomic
def held_about(customer: Customer, *, by: User | None, address: str | None = None) -> dict[str, Any]:
    """What every room holds, contact data in clear; the asking itself is logged.

    Rows on other people (who served them, who is in their household) are left out.
    """
    holder = customer.merged_into_id or customer.pk
    ids = [holder, *Customer.objects.filter(merged_into=holder).order_by("pk").values_list("pk", flat=True)]
    audit("customer.exported", by=by, of=customer, address=address)
    document: dict[str, Any] = {"made_at": timezone.now(), "customer": customer.number}
    for name in subject_parts.names():
        tell = subject_parts.get(name)
        if tell is not None:
            document[name] = tell(ids)
    return document

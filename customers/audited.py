"""How the audit names a customer, and finds the deeds done to one by number."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Segment
from staff.audit_words import Subject, name_by_code, subjects


def _find(number: str) -> list[int]:
    """The customer of this number and those joined to it."""
    rows = Customer.objects.filter(Q(number=number) | Q(merged_into__in=Customer.objects.filter(number=number)))
    return list(rows.values_list("pk", flat=True)[:50])


def _names(ids: list[str]) -> dict[str, str]:
    numbers = Customer.objects.filter(pk__in=[int(pk) for pk in ids if pk.isdigit()]).values_list("pk", "number")
    return {str(pk): number for pk, number in numbers}


def register() -> None:
    name_by_code(Segment, _("segment"))
    subjects["customers.customer"] = Subject(_("customer"), _find, _names)

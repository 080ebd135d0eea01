"""Who did what, to what, when, from where: rows that are only ever added."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from scrm.kernel.middleware import request_number
from staff.models.person import User


class AuditEntry(models.Model):
    """One deed. `what` is a code such as “customer.revealed”; `details` holds ids and counts, never contact data."""

    at = models.DateTimeField(auto_now_add=True)
    who = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    client = models.CharField(max_length=60, blank=True)
    what = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    address = models.GenericIPAddressField(null=True)
    request = models.CharField(max_length=16, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("audit entry"), _("audit entries")
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_at"),
            models.Index(fields=["what", "-at"], name="audit_what"),
            models.Index(fields=["who", "-at"], name="audit_who"),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.object_kind} {self.object_id}"


def audit(
    what: str, *, by: User | None, of: models.Model | None = None, address: str | None = None, **details: object
) -> None:
    """Write one audit row in the caller's transaction."""
    AuditEntry.objects.create(
        who=by,
        what=what,
        object_kind=of._meta.label_lower if of is not None else "",
        object_id=str(of.pk) if of is not None else "",
        address=address,
        request=request_number(),
        details=details,
    )

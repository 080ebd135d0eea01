"""Who did what, to what, when, from where: rows that are only ever added."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

from scrm.kernel.columns import TransactionField
from scrm.kernel.middleware import request_number
from staff.models.person import User


class AuditEntry(models.Model):
    """One deed. `what` is a code such as “customer.revealed”; `details` holds ids and counts, never contact data.

    The database sets `salt`, `digest` (SHA-256 of salt and details) and `written_by` itself. Nothing of a row
    changes but that an erasure blanks salt and details together; the digest stays and so does the seal.
    """

    at = models.DateTimeField(auto_now_add=True)
    who = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    client = models.CharField(max_length=60, blank=True)
    what = models.CharField(max_length=60)
    object_kind = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    address = models.GenericIPAddressField(null=True)
    request = models.CharField(max_length=16, blank=True)
    details = models.JSONField(default=dict, null=True)
    salt = models.BinaryField(null=True, editable=False)
    digest = models.BinaryField(default=bytes, editable=False)
    written_by = TransactionField(db_default=Func(function="pg_current_xact_id"), editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("audit entry"), _("audit entries")
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_at"),
            models.Index(fields=["what", "-at"], name="audit_what"),
            models.Index(fields=["who", "-at"], name="audit_who"),
            models.Index(fields=["object_kind", "object_id", "-at"], name="audit_object"),
            models.Index(fields=["written_by"], name="audit_written_by"),
            models.Index(fields=["address", "-at"], name="audit_address"),
        ]
        constraints = [
            # An alarm names its hour as its object: of many deeds in that hour one raises it.
            models.UniqueConstraint(
                fields=["who", "what", "object_id"], condition=Q(what__startswith="alarm."), name="audit_alarm_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.object_kind} {self.object_id}"


class AuditSeal(models.Model):
    """A seal over the rows of one minute: their Merkle root, chained to the seal before and signed with a key
    that is not in the database.

    What ran before transaction `below` (the snapshot's xmin) is sealed, whole; `beyond` is the sealer's own number.
    """

    number = models.BigIntegerField(unique=True)
    made_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    ids = ArrayField(models.BigIntegerField())
    leaves = models.BinaryField()  # 32 bytes a row, in the order of ids
    former = models.BinaryField(max_length=32)
    root = models.BinaryField(max_length=32)
    below = models.BigIntegerField()
    beyond = models.BigIntegerField()
    cluster = models.CharField(max_length=40)
    signature = models.BinaryField(max_length=32)
    highest = models.BigIntegerField()

    class Meta:
        verbose_name, verbose_name_plural = _("audit seal"), _("audit seals")
        indexes = [models.Index(fields=["highest"], name="audit_seal_highest")]

    def __str__(self) -> str:
        return f"seal {self.number}, {self.rows} rows"


class AuditProof(models.Model):
    """What one verification of the audit found."""

    at = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    rows = models.BigIntegerField()
    sealed = models.BigIntegerField()
    erased = models.BigIntegerField()
    seals = models.BigIntegerField()
    wrong = models.PositiveIntegerField()
    violations = models.JSONField(default=list)  # the first hundred, in words of the command

    class Meta:
        verbose_name, verbose_name_plural = _("audit proof"), _("audit proofs")

    def __str__(self) -> str:
        return f"{self.at:%F %T}: {self.wrong} wrong"


def audit(
    what: str,
    *,
    by: User | None,
    of: models.Model | None = None,
    address: str | None = None,
    client: str = "",
    **details: object,
) -> AuditEntry:
    """Write one audit row in the caller's transaction."""
    return AuditEntry.objects.create(
        who=by,
        client=client,
        what=what,
        object_kind=of._meta.label_lower if of is not None else "",
        object_id=str(of.pk) if of is not None else "",
        address=address,
        request=request_number(),
        details=details,
    )

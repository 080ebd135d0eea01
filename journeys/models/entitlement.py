"""What was used of a package: one row per time, never more than the quota of its year."""

from datetime import timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.models.outlook import WORDS
from journeys.models.package import HeldPackage
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import Words
from staff.models import User

TAKE_BACK = timedelta(days=1)


class EntitlementUseQuerySet(models.QuerySet["EntitlementUse"]):
    def standing(self) -> Self:
        return self.filter(taken_back_at=None)


class EntitlementUse(models.Model):
    """One benefit used once. Taken back within a day the row stays and counts no more."""

    held = models.ForeignKey(HeldPackage, on_delete=models.PROTECT, related_name="uses", db_index=False)
    line = models.CharField(max_length=12)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    note = models.CharField(max_length=WORDS, blank=True)
    key = models.CharField(max_length=64, unique=True)
    taken_back_at = models.DateTimeField(null=True)

    objects = EntitlementUseQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("benefit used"), _("benefits used")
        indexes = [models.Index(fields=["held", "line", "at"], name="use_standing", condition=Q(taken_back_at=None))]
        constraints = [models.CheckConstraint(condition=~Q(key=""), name="use_has_a_key")]

    def __str__(self) -> str:
        return f"{self.held_id}: {self.line}"

    @classmethod
    @transaction.atomic
    def use(cls, held: HeldPackage, line: str, *, by: User | None, key: str, note: str = "") -> "EntitlementUse":
        """Count it once; the same key again is the same use. Raises TransitionRefused when nothing is left."""
        own = HeldPackage.objects.select_for_update(no_key=True).select_related("version", "package", "customer")
        row = own.get(pk=held.pk)
        before = cls.objects.filter(key=key).first()
        if before is not None:
            if (before.held_id, before.line) != (row.pk, line):
                raise TransitionRefused(gettext("This was sent for something else. Look again."))
            return before
        if row.ended_at is not None or (row.until is not None and row.until <= timezone.now()):
            raise TransitionRefused(gettext("This package has ended."))
        benefit = row.version.line(line)
        if benefit is None:
            raise TransitionRefused(gettext("This benefit is not in the package."))
        used = cls.objects.standing().filter(held=row, line=line, at__gte=row.year_from).count()
        if benefit["quota"] is not None and used >= benefit["quota"]:
            raise TransitionRefused(gettext("Nothing is left of this benefit for this year."))
        made = cls.objects.create(held=row, line=line, by=by, key=key, note=" ".join(note.split())[:WORDS])
        row.customer.record("package.used", by=by, name=row.package.name, benefit=Words(benefit["words"]))
        return made

    @transaction.atomic
    def take_back(self, *, by: User) -> None:
        """A slip. Raises TransitionRefused after a day, or the second time."""
        now = timezone.now()
        fresh = EntitlementUse.objects.standing().filter(pk=self.pk, at__gte=now - TAKE_BACK)
        if not fresh.update(taken_back_at=now):
            raise TransitionRefused(gettext("A use is taken back within a day, and once."))
        self.held.customer.record("package.use_taken_back", by=by, name=self.held.package.name)

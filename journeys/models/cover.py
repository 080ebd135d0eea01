"""Who looks after an advisor's clients while the advisor is away."""

from datetime import date
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import IntegrityError, models, transaction
from django.db.models import F, Func, Q, Value
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from journeys.models.outlook import WORDS
from scrm.kernel.refusals import TransitionRefused
from staff.models import Absence, User, audit

LONGEST = 366  # days


class CoverQuerySet(models.QuerySet["Cover"]):
    def on(self, day: date) -> Self:
        return self.filter(ended_at=None, starts_on__lte=day, ends_on__gte=day)

    def to_come(self) -> Self:
        """Running, or still ahead."""
        return self.filter(ended_at=None, ends_on__gte=timezone.localdate())


class Cover(models.Model):
    """From a day to a day, both whole, a colleague sees the clients of who is away and has their care and steps.

    One at a time per advisor. standing → ended (called off; one whose days are over needs no move).
    """

    away = models.ForeignKey(User, on_delete=models.PROTECT, related_name="covers_asked", db_index=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="covers_given", db_index=False)
    starts_on = models.DateField()
    ends_on = models.DateField()
    note = models.CharField(max_length=WORDS, blank=True)
    set_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    set_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = CoverQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("cover while away"), _("covers while away")
        ordering = ["starts_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="cover_ends_after_start"),
            models.CheckConstraint(condition=~Q(away=F("by")), name="cover_by_another"),
            ExclusionConstraint(
                name="cover_one_at_a_time", condition=Q(ended_at=None),
                expressions=[
                    (Func(F("away"), F("away"), Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["by", "ends_on"], name="cover_by", condition=Q(ended_at=None))]

    def __str__(self) -> str:
        return f"{self.away_id}: {self.by_id} {self.starts_on}–{self.ends_on}"

    @classmethod
    @transaction.atomic
    def begin(
        cls, away: User, by: User, *, starts_on: date, ends_on: date, set_by: User | None, note: str = ""
    ) -> "Cover":
        """Raises TransitionRefused for days that are over or overlap another cover, or a colleague who is away too."""
        if away.pk == by.pk:
            raise TransitionRefused(gettext("Choose another colleague."))
        if not starts_on <= ends_on or ends_on < timezone.localdate() or (ends_on - starts_on).days > LONGEST:
            raise TransitionRefused(gettext("Choose days from today on, the first before the last, a year at most."))
        gone = Absence.objects.filter(user=by, starts_on__lte=ends_on, ends_on__gte=starts_on)
        if gone.exists() or cls.objects.filter(away=by, ended_at=None, starts_on__lte=ends_on,
                                               ends_on__gte=starts_on).exists():  # fmt: skip
            raise TransitionRefused(gettext("This colleague is away on some of these days."))
        try:
            with transaction.atomic():
                made = cls.objects.create(away=away, by=by, starts_on=starts_on, ends_on=ends_on, set_by=set_by,
                                          note=" ".join(note.split())[:WORDS])  # fmt: skip
        except IntegrityError as error:
            raise TransitionRefused(gettext("Somebody covers on some of these days already.")) from error
        if set_by is not None:
            audit("cover.begun", by=set_by, of=away, cover=by.username, until=ends_on.isoformat())
        return made

    @transaction.atomic
    def end(self, *, by: User) -> None:
        """Called off from now on. Raises TransitionRefused the second time."""
        if not Cover.objects.filter(pk=self.pk, ended_at=None).update(ended_at=timezone.now()):
            raise TransitionRefused(gettext("This is over already."))
        audit("cover.ended", by=by, of=self.away, cover=self.by.username)


def covered_clients(user: Any) -> Q:
    """The customers of whom one looks after while their advisor is away, as a sight."""
    if not user.may("clients.read"):
        return Q()
    return Q(advisor__in=Cover.objects.on(timezone.localdate()).filter(by=user).values("away"))

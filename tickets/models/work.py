"""How work is spread: who can what, and how much at once; and the steps a kind of case goes through."""

from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import User
from tickets.models.ticket import Ticket
from tickets.models.topic import LIVE, Topic

if TYPE_CHECKING:
    from datetime import datetime


class Capacity(models.Model):
    """That a colleague may be given cases: how many live ones at most, and of which topics (none named: all)."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="capacity")
    most = models.PositiveSmallIntegerField(_("live cases at most"))
    topics = models.ManyToManyField(Topic, blank=True, related_name="+", verbose_name=_("topics"))

    class Meta:
        verbose_name, verbose_name_plural = _("capacity for cases"), _("capacities for cases")

    def __str__(self) -> str:
        return f"{self.user}: {self.most}"


class Procedure(models.Model):
    """The steps cases of a topic go through."""

    topic = models.OneToOneField(Topic, on_delete=models.CASCADE, related_name="procedure")
    name = WordsField(_("name"))
    used = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("procedure"), _("procedures")

    def __str__(self) -> str:
        return str(self.name)


class ProcedureStep(models.Model):
    """One step: what is done, within how many minutes, at the desk or in the store, or days after the end."""

    class Where(models.TextChoices):
        DESK = "desk", _("at the desk")
        STORE = "store", _("in the store")
        AFTER = "after", _("after the end")

    procedure = models.ForeignKey(Procedure, on_delete=models.CASCADE, related_name="steps")
    place = models.PositiveSmallIntegerField(_("place"))
    text = WordsField(_("what is done"))
    minutes = models.PositiveIntegerField(_("minutes it should take"), null=True, blank=True)
    where = models.CharField(_("where"), max_length=5, choices=Where, default=Where.DESK)
    days = models.PositiveSmallIntegerField(_("days after the end"), default=7)

    class Meta:
        verbose_name, verbose_name_plural = _("step of a procedure"), _("steps of procedures")
        ordering = ["procedure", "place"]
        constraints = [models.UniqueConstraint(fields=["procedure", "place"], name="step_place_once")]

    def __str__(self) -> str:
        return f"{self.place}. {self.text}"


class CaseStep(models.Model):
    """One step of one case, as the procedure said it when the case began: open → done, and back while it lives."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="steps", db_index=False)
    place = models.PositiveSmallIntegerField()
    text = WordsField()
    where = models.CharField(max_length=5, choices=ProcedureStep.Where)
    minutes = models.PositiveIntegerField(null=True)
    days = models.PositiveSmallIntegerField(default=7)
    procedure = models.ForeignKey(Procedure, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    took = models.PositiveIntegerField(null=True)  # seconds since the step before it, or since the case was opened

    class Meta:
        verbose_name, verbose_name_plural = _("step of a case"), _("steps of cases")
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["ticket", "place"], name="case_step_once")]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.place}"

    @property
    def is_slow(self) -> bool:
        return bool(self.minutes and self.took and self.took > self.minutes * 60)

    @classmethod
    def lay_out(cls, ticket: Ticket) -> None:
        """The steps of the case's topic; what was done under another topic stays, what was not goes."""
        cls.objects.filter(ticket=ticket, done_at=None).delete()
        done = cls.objects.filter(ticket=ticket).count()
        found = ProcedureStep.objects.filter(procedure__topic=ticket.topic_id, procedure__used=True)
        CaseStep.objects.bulk_create(
            CaseStep(ticket=ticket, place=done + nth, text=step.text, where=step.where, minutes=step.minutes,
                days=step.days, procedure_id=step.procedure_id)
            for nth, step in enumerate(found.order_by("place"), start=1)
        )  # fmt: skip

    @transaction.atomic
    def tick(self, *, by: User, at: "datetime | None" = None) -> None:
        """Done. Of two clicks one counts. Raises TransitionRefused for a step that is done, or of a case that is."""
        now = at or timezone.now()
        before = CaseStep.objects.filter(ticket=self.ticket_id, done_at__lte=now).order_by("-done_at").first()
        since = before.done_at if before and before.done_at else self.ticket.opened_at
        still = CaseStep.objects.filter(pk=self.pk, done_at=None, ticket__state__in=LIVE)
        if not CaseStep.objects.filter(pk__in=still.values("pk")).update(
            done_at=now, done_by=by, took=max(int((now - since).total_seconds()), 0)
        ):
            raise TransitionRefused(gettext("This step is done already, or the case is."))
        self.ticket.tell()

    @transaction.atomic
    def untick(self, *, by: User) -> None:
        """A slip. Raises TransitionRefused for a step that is not done."""
        if not CaseStep.objects.filter(pk=self.pk).exclude(done_at=None).update(done_at=None, done_by=None, took=None):
            raise TransitionRefused(gettext("This step is not done."))
        self.ticket.tell()

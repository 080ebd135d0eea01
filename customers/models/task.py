"""The next human step for a customer: who does what by when, and what came of it."""

from datetime import date, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from scrm.kernel.refusals import TransitionRefused
from staff.models import User

FARTHEST = timedelta(days=730)
REOPEN = timedelta(minutes=10)


class TaskQuerySet(models.QuerySet["Task"]):
    def open(self) -> Self:
        return self.filter(state=Task.State.OPEN)

    def visible_to(self, user: User) -> Self:
        """One's own, and those on customers one may see."""
        seen = Customer.objects.visible_to(user).filter(pk=models.OuterRef("customer"))
        return self.filter(Q(owner=user) | models.Exists(seen))


class Task(models.Model):
    """One step. Moves: open → done (with its outcome) or dropped (with why); either → open again within ten minutes."""

    class State(models.TextChoices):
        OPEN = "open", _("To do")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    what = models.CharField(max_length=200)
    due_on = models.DateField()
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    outcome = models.CharField(max_length=300, blank=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("task"), _("tasks")
        indexes = [
            models.Index(fields=["owner", "due_on", "id"], name="task_owner", condition=Q(state="open")),
            models.Index(fields=["customer", "due_on"], name="task_customer"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(what=""), name="task_says_what"),
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="task_ended_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.what

    @classmethod
    @transaction.atomic
    def plan(cls, customer: Customer, what: str, *, by: User | None, owner: User, due_on: date) -> "Task":
        """Put a step on somebody's list. Raises TransitionRefused for no words, a day long gone or a closed record."""
        what, today = " ".join(what.split())[:200], timezone.localdate()
        if not what:
            raise TransitionRefused(gettext("Say what is to be done."))
        if not today <= due_on <= today + FARTHEST:
            raise TransitionRefused(gettext("Choose a day from today on, within two years."))
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        if not Customer.objects.visible_to(owner).filter(pk=customer.pk).exists():
            raise TransitionRefused(gettext("This colleague may not see this customer: choose another."))
        made = cls.objects.create(customer=customer, what=what, due_on=due_on, owner=owner, made_by=by)
        customer.record("task.planned", by=by, task=made.pk, owner=owner.pk)
        return made

    @property
    def is_overdue(self) -> bool:
        return self.state == self.State.OPEN and self.due_on < timezone.localdate()

    @property
    def may_reopen(self) -> bool:
        return self.ended_at is not None and self.ended_at >= timezone.now() - REOPEN

    @transaction.atomic
    def finish(self, *, by: User, outcome: str = "") -> None:
        """Raises TransitionRefused when somebody ended it already."""
        self._end(self.State.DONE, by=by, outcome=outcome)
        self.customer.record("task.done", by=by, task=self.pk)

    @transaction.atomic
    def drop(self, *, by: User, why: str) -> None:
        """It is not needed any more, and why. Raises TransitionRefused without a reason or when it is over."""
        if not why.strip():
            raise TransitionRefused(gettext("Say in a few words why it is not needed any more."))
        self._end(self.State.DROPPED, by=by, outcome=why)
        self.customer.record("task.dropped", by=by, task=self.pk)

    @transaction.atomic
    def reopen(self, *, by: User) -> None:
        """A slip: to do again. Raises TransitionRefused after ten minutes or when another ended it."""
        recent = timezone.now() - REOPEN
        ended = Task.objects.filter(pk=self.pk, ended_by=by, ended_at__gte=recent).exclude(state=self.State.OPEN)
        if not ended.update(state=self.State.OPEN, ended_at=None, ended_by=None, outcome=""):
            raise TransitionRefused(gettext("Only who ended it opens it again, within ten minutes."))
        self.customer.record("task.reopened", by=by, task=self.pk)

    def _end(self, state: "Task.State", *, by: User, outcome: str) -> None:
        now, outcome = timezone.now(), " ".join(outcome.split())[:300]
        if not Task.objects.open().filter(pk=self.pk).update(state=state, outcome=outcome, ended_by=by, ended_at=now):
            raise TransitionRefused(gettext("Somebody has ended this already."))
        self.state, self.outcome, self.ended_at = state, outcome, now

"""One customer on the way through a playbook, and each step taken: once, with what came of it."""

from typing import Any, Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from journeys.models.playbook import Playbook, PlaybookVersion
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.wake import wake
from staff.models import User
from touchpoints.models import Outreach

ADVANCE = "journeys.tasks.advance_playbooks"


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def on_the_way(self) -> Self:
        return self.filter(state__in=Enrolment.INSIDE)

    def parked(self) -> Self:
        return self.filter(state=Enrolment.State.PARKED)

    def visible_to(self, user: User) -> Self:
        return self.filter(Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))))


class Enrolment(models.Model):
    """active ⇄ parked (something is broken for this one person) → ended, with why; control is never acted on.

    `due_at` is when it is next to be looked at; a worker that takes it moves it ahead, so a worker that dies loses
    nobody. `doing` is what the current step began: {"until", "heard", "task", "outreach"}.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("On the way")
        PARKED = "parked", _("Parked")
        ENDED = "ended", _("Ended")
        CONTROL = "control", _("Control")

    class End(models.TextChoices):
        WALKED = "walked", _("walked to the end")
        GOAL = "goal", _("reached the goal")
        EVENT = "event", _("something happened that ends it")
        STEP = "step", _("shown out by a step")
        HAND = "hand", _("taken out by a colleague")
        JOINED = "joined", _("two records joined, the other one goes on")
        PARKED = "parked", _("parked for a week and nobody helped")

    class Trouble(models.TextChoices):
        GONE = "gone", _("What the step needs is not there any more")
        NOBODY = "nobody", _("Nobody is there to do it")
        REFUSED = "refused", _("The rules refused it")
        BROKEN = "broken", _("Something broke in this step")
        CRASHED = "crashed", _("Tried several times, never finished")

    INSIDE = (State.ACTIVE, State.PARKED)

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="enrolments", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    playbook = models.ForeignKey(Playbook, on_delete=models.PROTECT, related_name="enrolments", db_index=False)
    version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="enrolments", db_index=False)
    state = models.CharField(max_length=7, choices=State, default=State.ACTIVE)
    alone = models.BooleanField(default=False, db_default=False)  # came in by a version that wants nobody of another
    why = models.JSONField(default=dict)  # what brought the customer in
    entered_at = models.DateTimeField(default=timezone.now)
    node = models.CharField(max_length=12, blank=True)
    due_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    awaits = models.JSONField(default=list)  # kinds of events the current step waits for
    doing = models.JSONField(default=dict)
    parked_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=8, choices=Trouble, blank=True)
    trouble_text = models.CharField(max_length=200, blank=True)
    goal_until = models.DateTimeField()
    goal_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=6, choices=End, blank=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("way through a playbook"), _("ways through playbooks")
        constraints = [
            # Two records joined may each be on the way in the same playbook: the walk ends the younger one.
            models.UniqueConstraint(
                "customer", "playbook", models.functions.Coalesce("came_as", 0),
                condition=Q(state__in=("active", "parked")), name="enrolment_once",
            ),
            models.UniqueConstraint(
                "customer", models.functions.Coalesce("came_as", 0),
                condition=Q(alone=True, state__in=("active", "parked")), name="enrolment_alone",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("active", "parked"), ended_at=None, end="")
                | Q(state="ended", ended_at__isnull=False) & ~Q(end="")
                | Q(state="control", ended_at__isnull=False, end=""),
                name="enrolment_ended_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state="active", due_at__isnull=False) | (~Q(state="active") & Q(due_at=None)),
                name="enrolment_active_is_due",
            ),
            models.CheckConstraint(
                condition=Q(state="parked", parked_at__isnull=False) & ~Q(trouble="") | ~Q(state="parked"),
                name="enrolment_parked_says_why",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["playbook", "due_at"], name="enrolment_due", condition=Q(state="active")),
            models.Index(fields=["playbook", "-id"], name="enrolment_playbook"),
            models.Index(fields=["playbook", "node", "-id"], name="enrolment_here", condition=Q(ended_at=None)),
            models.Index(fields=["customer", "-id"], name="enrolment_customer"),
            models.Index(fields=["parked_at"], name="enrolment_parked", condition=Q(state="parked")),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.playbook_id}: {self.state}"

    @transaction.atomic
    def retry(self, *, by: User) -> None:
        """The step once more; what it gave already is not given again. Raises TransitionRefused when not parked."""
        self._unpark(due_at=timezone.now(), state=self.State.ACTIVE)
        wake(ADVANCE, queue="bulk")

    @transaction.atomic
    def skip(self, *, by: User) -> None:
        """Go on behind the step that does not work. Raises TransitionRefused when not parked."""
        self._unpark(due_at=timezone.now(), state=self.State.ACTIVE)
        self.refresh_from_db()
        StepRun.objects.get_or_create(
            enrolment=self, node=self.node,
            defaults={"version_id": self.version_id, "result": StepRun.Result.SKIPPED, "details": {"by": by.pk}},
        )  # fmt: skip
        wake(ADVANCE, queue="bulk")

    @transaction.atomic
    def take_out(self, *, by: User) -> None:
        """No further step for this customer. Raises TransitionRefused when it is over already."""
        now = timezone.now()
        # The customer before the way, as everybody locks them.
        Customer.objects.select_for_update(no_key=True).get(pk=self.customer_id)
        inside = Enrolment.objects.on_the_way().filter(pk=self.pk)
        if not inside.update(state=self.State.ENDED, end=self.End.HAND, ended_at=now, ended_by=by, due_at=None,
                             awaits=[], parked_at=None, trouble=""):  # fmt: skip
            raise TransitionRefused(gettext("This is over already."))
        call_off([self.pk])
        self.customer.record("playbook.left", by=by, name=self.playbook.name, end=self.End.HAND)

    def _unpark(self, **to: Any) -> None:
        parked = Enrolment.objects.parked().filter(pk=self.pk)
        if not parked.update(parked_at=None, trouble="", trouble_text="", tries=0, **to):
            raise TransitionRefused(gettext("Somebody has seen to this already."))


def call_off(ways: list[int]) -> None:
    """A contact that is still held back of a way that is over is not made."""
    doing = Enrolment.objects.filter(pk__in=ways, doing__has_key="outreach").values_list("doing__outreach", flat=True)
    held = Outreach.objects.filter(pk__in=list(doing), state=Outreach.State.HELD)
    held.update(state=Outreach.State.CANCELLED, until=None, ended_at=timezone.now())


class StepRun(models.Model):
    """One step of one way, taken once: the row stands in the transaction of its effect."""

    class Result(models.TextChoices):
        DONE = "done", _("done")
        HELD = "held", _("held back")
        HEARD = "heard", _("it happened")
        OVER = "over", _("time was over")
        YES = "yes", _("this way")
        NO = "no", _("the other way")
        LATE = "late", _("not done in time")
        DROPPED = "dropped", _("not needed any more")
        SKIPPED = "skipped", _("passed over by a colleague")

    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="runs", db_index=False)
    version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    node = models.CharField(max_length=12)
    result = models.CharField(max_length=7, choices=Result)
    details = models.JSONField(default=dict)  # ids and codes of what was made, or why nothing was
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("step taken"), _("steps taken")
        constraints = [models.UniqueConstraint(fields=["enrolment", "node"], name="step_run_once")]
        indexes = [models.Index(fields=["version", "node", "result"], name="step_run_counts")]

    def __str__(self) -> str:
        return f"{self.enrolment_id} {self.node}: {self.result}"

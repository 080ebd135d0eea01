"""A package tried on a small cohort against a control group, step by step, with a gate between the steps."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Segment
from journeys.models.package import HeldPackage, PackageVersion, ServicePackage
from scrm.kernel.words import WordsField
from staff.models import Store, User

OF = 10_000  # a draw is a whole number below this


class Metric(models.TextChoices):
    REPURCHASE = "repurchase", _("Bought again")
    SPEND = "spend", _("Spent on average")
    USE = "use", _("Used a benefit")
    BEFORE = "before", _("Spent before, on average")


class Arm(models.TextChoices):
    PILOT = "pilot", _("Pilot")
    CONTROL = "control", _("Control")


class Pilot(models.Model):
    """planned → running → gated (passed, the next step waits) → running … → rolled out; any but the last → stopped.

    Who is in which arm is the hash of the salt and the customer's id, stored once.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        RUNNING = "running", _("Goes on")
        GATED = "gated", _("Passed the gate")
        ROLLED_OUT = "rolled_out", _("Rolled out")
        STOPPED = "stopped", _("Stopped")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField(_("name"))
    hypothesis = models.CharField(max_length=300)
    package = models.ForeignKey(ServicePackage, on_delete=models.PROTECT, related_name="pilots")
    segment = models.ForeignKey(Segment, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    metric = models.CharField(max_length=10, choices=Metric)
    days = models.PositiveSmallIntegerField()  # how long each member is watched
    size = models.PositiveIntegerField()  # people of each arm in the first step
    control = models.PositiveSmallIntegerField(default=50)  # per cent of draws
    baseline = models.PositiveSmallIntegerField()  # per cent expected without
    effect = models.PositiveSmallIntegerField()  # points worth finding
    salt = models.CharField(max_length=32)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("pilot"), _("pilots")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(hypothesis="") & ~Q(salt=""), name="pilot_says_what"),
            models.CheckConstraint(
                condition=Q(days__range=(1, 365), size__range=(1, 100_000), control__range=(10, 90),
                            baseline__range=(1, 98), effect__range=(1, 90)),
                name="pilot_numbers",
            ),
            # A second trial of one package would hand the control of the first what it must not have.
            models.UniqueConstraint(fields=["package"], condition=Q(state__in=["running", "gated"]),
                                    name="pilot_one_of_a_package"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.name) or self.code


class PilotStep(models.Model):
    """One step: so many people, some stores, or all; the version it tries is frozen (a trigger keeps it)."""

    class Kind(models.TextChoices):
        PEOPLE = "people", _("people")
        STORES = "stores", _("stores")
        ALL = "all", _("everybody")

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="steps", db_index=False)
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=6, choices=Kind)
    version = models.ForeignKey(PackageVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    began_at = models.DateTimeField()
    filled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("step of a pilot"), _("steps of pilots")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["pilot", "number"], name="pilot_step_once"),
            models.UniqueConstraint(fields=["pilot"], condition=Q(ended_at=None), name="pilot_one_step_runs"),
        ]

    def __str__(self) -> str:
        return f"{self.pilot_id} · {self.number}"


class PilotStore(models.Model):
    """A store whose customers take part in a step; their arms are by hash, as everybody's."""

    step = models.ForeignKey(PilotStep, on_delete=models.PROTECT, related_name="stores", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name, verbose_name_plural = _("store of a pilot"), _("stores of pilots")
        constraints = [models.UniqueConstraint(fields=["step", "store"], name="pilot_store_once")]

    def __str__(self) -> str:
        return f"{self.step_id}: {self.store_id}"


class PilotMemberQuerySet(models.QuerySet["PilotMember"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))))


class PilotMember(models.Model):
    """That somebody is in a pilot: the arm and the draw are written once and never change."""

    pilot = models.ForeignKey(Pilot, on_delete=models.PROTECT, related_name="members", db_index=False)
    step = models.ForeignKey(PilotStep, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="pilots")
    came_as = models.BigIntegerField(null=True)
    draw = models.PositiveSmallIntegerField()
    arm = models.CharField(max_length=7, choices=Arm)
    held = models.ForeignKey(HeldPackage, null=True, on_delete=models.SET_NULL, related_name="+")
    joined_at = models.DateTimeField()

    objects = PilotMemberQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("member of a pilot"), _("members of pilots")
        constraints = [
            # Two records joined may each bring a place: such a person counts in neither arm.
            models.UniqueConstraint(
                "pilot", "customer", models.functions.Coalesce("came_as", 0), name="pilot_member_once"
            ),
        ]
        indexes = [models.Index(fields=["pilot", "-id"], name="pilot_member_list")]

    def __str__(self) -> str:
        return f"{self.pilot_id}: {self.customer_id} {self.arm}"


class PilotFigure(models.Model):
    """What one metric of one step came to on a day, as the nightly run computed it."""

    step = models.ForeignKey(PilotStep, on_delete=models.PROTECT, related_name="figures", db_index=False)
    metric = models.CharField(max_length=10, choices=Metric)
    as_of = models.DateField()
    figures = models.JSONField()  # of journeys.pilots.figures.Compared

    class Meta:
        verbose_name, verbose_name_plural = _("figure of a pilot"), _("figures of pilots")
        constraints = [models.UniqueConstraint(fields=["step", "metric", "as_of"], name="pilot_figure_once")]

    def __str__(self) -> str:
        return f"{self.step_id} {self.metric} {self.as_of}"

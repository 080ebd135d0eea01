"""Membership levels: from what on, what they bring, who is in which since when and why."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from loyalty.models.programme import Programme
from scrm.kernel.words import WordsField
from staff.models import Store, User


class Level(models.Model):
    """One level. `threshold` is in minor units (or points, as the programme counts) within the programme's window."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="levels")
    code = models.SlugField(max_length=20)
    rank = models.PositiveSmallIntegerField(help_text=_("0 is where everybody begins."))
    name = WordsField()
    threshold = models.BigIntegerField(default=0)
    visits = models.PositiveSmallIntegerField(default=0, help_text=_("Days of purchase needed as well."))
    factor = models.DecimalField(max_digits=4, decimal_places=2, default=1, help_text=_("Points are multiplied by it."))
    valid_months = models.PositiveSmallIntegerField(default=12)

    class Meta:
        verbose_name, verbose_name_plural = _("level"), _("levels")
        ordering = ["programme", "rank"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "code"], name="level_code_once"),
            models.UniqueConstraint(fields=["programme", "rank"], name="level_rank_once"),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code


class LevelMembership(models.Model):
    """That a record is in a level: since when, until when, why. One stands at a time; a change ends it and opens one.

    reached (upgrade at once) → warned (notice, grace) → lowered or kept. A level given by hand holds until its end.
    """

    class Origin(models.TextChoices):
        REACHED = "reached", _("Reached")
        GIVEN = "given", _("Given by hand")
        LOWERED = "lowered", _("Lowered at evaluation")
        LOADED = "loaded", _("Brought along")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="memberships", db_index=False)
    came_as = models.BigIntegerField(null=True)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="memberships", db_index=False)
    rank = models.PositiveSmallIntegerField()
    origin = models.CharField(max_length=8, choices=Origin)
    since = models.DateField()
    until = models.DateField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    given_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    evidence = models.JSONField(default=dict)
    warned_on = models.DateField(null=True)
    grace_until = models.DateField(null=True)
    ended_on = models.DateField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("membership"), _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "programme"], name="membership_one_stands", condition=Q(ended_on=None)
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-since", "-id"], name="membership_customer"),
            models.Index(fields=["programme", "rank", "customer"], name="membership_rank", condition=Q(ended_on=None)),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.rank}"


class LevelEvaluation(models.Model):
    """One evaluation of all members on one day: how many stayed, rose, were warned, were lowered."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="evaluations")
    on = models.DateField()
    members = models.BigIntegerField(default=0)
    raised = models.BigIntegerField(default=0)
    kept = models.BigIntegerField(default=0)
    warned = models.BigIntegerField(default=0)
    lowered = models.BigIntegerField(default=0)
    took_ms = models.PositiveIntegerField(default=0)
    ran_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("evaluation of levels"), _("evaluations of levels")
        constraints = [models.UniqueConstraint(fields=["programme", "on"], name="level_evaluation_once")]

    def __str__(self) -> str:
        return str(self.on)


class Privilege(models.Model):
    """What a level brings; `quota` times a year, null without limit."""

    level = models.ForeignKey(Level, on_delete=models.PROTECT, related_name="privileges")
    code = models.SlugField(max_length=40)
    name = WordsField()
    quota = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("privilege"), _("privileges")
        ordering = ["level", "pk"]
        constraints = [models.UniqueConstraint(fields=["level", "code"], name="privilege_once")]

    def __str__(self) -> str:
        return str(self.name) or self.code


class PrivilegeUse(models.Model):
    """One use of a privilege in a year: the n-th of its quota."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    record = models.BigIntegerField()
    code = models.SlugField(max_length=40)
    year = models.PositiveSmallIntegerField()
    nth = models.PositiveSmallIntegerField()
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("use of a privilege"), _("uses of privileges")
        constraints = [
            models.UniqueConstraint(
                fields=["record", "code", "year", "nth"], name="privilege_use_once", condition=Q(undone_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.nth}"

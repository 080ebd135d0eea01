"""What the orders say about a customer: how long ago, how often, how much, and the stage that follows."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer


class Lifecycle(models.TextChoices):
    NONE = "none", _("No purchase yet")
    NEW = "new", _("New")
    GROWING = "growing", _("Growing")
    MATURE = "mature", _("Mature")
    DECLINING = "declining", _("Declining")
    DORMANT = "dormant", _("Dormant")


class MetricsRun(models.Model):
    """One computation for everybody: the day it stands for and the borders every class was cut at.

    `borders` per method ("ntile", "cut") and letter ("r", "f", "m"): four upper bounds of classes 1–4.
    `picture` holds the counts the pages show: {"stages": {stage: people}, "cells": {"rf": people}}.
    """

    as_of = models.DateField()
    ran_at = models.DateTimeField(default=timezone.now)
    customers = models.BigIntegerField(default=0)
    borders = models.JSONField(default=dict)
    picture = models.JSONField(default=dict)
    seconds = models.FloatField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("metrics run"), _("metrics runs")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.as_of}"


class Metrics(models.Model):
    """One row per customer with orders. Money is minor units of the base currency, net of refunds."""

    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.PROTECT, related_name="metrics")
    first_on = models.DateField()
    last_on = models.DateField()
    orders = models.IntegerField()
    days = models.IntegerField(default=0)
    spent = models.BigIntegerField()
    r = models.PositiveSmallIntegerField()
    f = models.PositiveSmallIntegerField()
    m = models.PositiveSmallIntegerField()
    r_cut = models.PositiveSmallIntegerField()
    f_cut = models.PositiveSmallIntegerField()
    m_cut = models.PositiveSmallIntegerField()
    lifecycle = models.CharField(max_length=9, choices=Lifecycle)
    as_of = models.DateField()

    class Meta:
        verbose_name, verbose_name_plural = _("metrics"), _("metrics")
        indexes = [
            models.Index(fields=["lifecycle", "-customer"], name="metrics_stage"),
            models.Index(fields=["r", "f", "-customer"], name="metrics_cell"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.r}{self.f}{self.m}"

    @property
    def rhythm_days(self) -> int | None:
        """The mean gap between days of purchase, or None with a single one."""
        return round((self.last_on - self.first_on).days / (self.days - 1)) if self.days > 1 else None


class LifecycleChange(models.Model):
    """When a customer moved from one stage to another."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="lifecycle_changes", db_index=False)
    before = models.CharField(max_length=9, choices=Lifecycle)
    after = models.CharField(max_length=9, choices=Lifecycle)
    on = models.DateField()

    class Meta:
        verbose_name, verbose_name_plural = _("change of stage"), _("changes of stage")
        indexes = [models.Index(fields=["customer", "-on", "-id"], name="lifecycle_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.before} → {self.after}"


class MetricsDirty(models.Model):
    """Customers whose orders changed since their metrics were written; swept every few seconds."""

    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.customer_id)

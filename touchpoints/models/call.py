"""A phone call as its moments told it, in whatever order they arrived."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from staff.models import User
from touchpoints.models.channel import Channel

LONGEST = timedelta(hours=2)


class PhoneCallQuerySet(models.QuerySet["PhoneCall"]):
    def going_on(self, user: User) -> Self:
        """What rings at, or is talked by, one colleague."""
        return self.filter(
            agent=user, state__in=("ringing", "answered", "transferred"), began_at__gte=timezone.now() - LONGEST
        )


class PhoneCall(models.Model):
    """One leg of a call. `told` keeps each moment; the state follows from all of them."""

    class State(models.TextChoices):
        RINGING = "ringing", _("Ringing")
        ANSWERED = "answered", _("Talking")
        TRANSFERRED = "transferred", _("Passed on")
        ENDED = "ended", _("Over")
        RECORDED = "recorded", _("Over, recorded")
        TRANSCRIBED = "transcribed", _("Over, written down")

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="calls", db_index=False)
    call = models.CharField(max_length=100)
    leg = models.CharField(max_length=40)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="calls", db_index=False)
    agent = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=11, choices=State)
    direction = models.CharField(max_length=3, blank=True)
    told = models.JSONField(default=dict)
    hint = models.BooleanField(default=False)
    outcome = models.CharField(max_length=10, blank=True)
    talk_seconds = models.PositiveIntegerField(null=True)
    began_at = models.DateTimeField()
    booked = models.BooleanField(default=False)  # its line stands on the timeline

    objects = PhoneCallQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("call"), _("calls")
        constraints = [models.UniqueConstraint(fields=["channel", "call", "leg"], name="phone_call_once")]
        indexes = [
            models.Index(
                fields=["agent", "-began_at"], name="phone_call_agent",
                condition=Q(state__in=("ringing", "answered", "transferred")),
            ),
            models.Index(fields=["customer", "-began_at"], name="phone_call_customer", condition=~Q(customer=None)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.call} {self.state}"

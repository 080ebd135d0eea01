"""How a customer wants to be reached, beyond yes and no: hours of quiet, a pause, a way they like."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models.consent import MARKETING_CHANNELS
from customers.models.customer import Customer
from scrm.kernel.refusals import TransitionRefused
from staff.models import User

LONGEST_PAUSE = timedelta(days=366)


class Preference(models.Model):
    """One row per customer who said something; an empty column means not said, which is not the same as zero."""

    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.PROTECT, related_name="preference")
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    zone = models.CharField(max_length=40, default="Asia/Shanghai")
    paused_until = models.DateTimeField(null=True)
    way = models.CharField(max_length=10, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("preference"), _("preferences")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_to=None) | Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="preference_quiet_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}"

    @classmethod
    @transaction.atomic
    def say(cls, customer: Customer, *, by: User | None = None, **said: object) -> "Preference":
        """Keep what was said now (quiet_from and quiet_to, paused_until, way); the rest stays.

        Raises TransitionRefused for half an hour span, a pause beyond a year, a way we do not have, a closed record.
        """
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        until = said.get("paused_until")
        if isinstance(until, datetime) and until > timezone.now() + LONGEST_PAUSE:
            raise TransitionRefused(gettext("A pause lasts a year at most. To end it for good, switch the ways off."))
        if said.get("way") and said["way"] not in MARKETING_CHANNELS:
            raise TransitionRefused(gettext("This is not among what we ask."))
        if ("quiet_from" in said) != ("quiet_to" in said) or (said.get("quiet_from") is None) != (
            said.get("quiet_to") is None
        ):
            raise TransitionRefused(gettext("Say both: from when and until when."))
        row, _made = cls.objects.update_or_create(customer=customer, defaults={**said, "changed_at": timezone.now()})
        customer.record("preference.said", by=by, names=sorted(said))
        return row


def quiet_until(moment: datetime, start: time | None, end: time | None, zone: str) -> datetime | None:
    """When the quiet that holds at a moment ends, or None when it is not quiet. Equal ends mean never quiet."""
    if start is None or end is None or start == end:
        return None
    local = moment.astimezone(ZoneInfo(zone))
    now = local.time()
    inside = start <= now < end if start < end else now >= start or now < end
    if not inside:
        return None
    day = local.date() if now < end else local.date() + timedelta(days=1)
    return datetime.combine(day, end, tzinfo=ZoneInfo(zone))

"""What a customer allows, per purpose and channel: a log that is only added to; the last word counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import Store, User


class Purpose(models.TextChoices):
    MARKETING = "marketing", _("News and offers")
    PROFILING = "profiling", _("Advice from what I looked at")
    SENSITIVE = "sensitive", _("Health and body notes")


# Through which channels each purpose is asked apart; one that has none is asked once.
MARKETING_CHANNELS = ("sms", "mail", "wecom", "phone", "app")
CHANNELS_OF = {Purpose.MARKETING: MARKETING_CHANNELS, Purpose.PROFILING: ("",), Purpose.SENSITIVE: ("",)}


class ConsentText(models.Model):
    """The words a customer agreed to, by version; a version that was shown never changes."""

    purpose = models.CharField(max_length=10, choices=Purpose)
    version = models.PositiveSmallIntegerField(_("version"))
    words = WordsField(_("text"))
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("consent text"), _("consent texts")
        ordering = ["purpose", "-version"]
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="consent_text_version")]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.version}"

    @classmethod
    def now_of(cls, purpose: str) -> "ConsentText | None":
        return cls.objects.filter(purpose=purpose).order_by("-version").first()


@dataclass(frozen=True)
class Standing:
    """One line of the preference page: `given` is None where nobody ever asked, which is no consent."""

    purpose: str
    words: str | Promise
    channel: str
    given: bool | None
    last: "Consent | None"


class ConsentQuerySet(models.QuerySet["Consent"]):
    def last_words(self) -> Self:
        """Of each customer, purpose and channel the row that counts."""
        return self.order_by("customer_id", "purpose", "channel", "-at", "-id").distinct(
            "customer_id", "purpose", "channel"
        )

    def standing_of(self, customer: Customer) -> list[Standing]:
        """Every purpose and channel with what the customer said last."""
        last = {(row.purpose, row.channel): row for row in self.filter(customer=customer).last_words()}
        return [
            Standing(purpose, purpose.label, channel, row.given if row else None, row)
            for purpose, channels in CHANNELS_OF.items()
            for channel in channels
            for row in [last.get((purpose, channel))]
        ]

    def allows(self, customer: Customer, purpose: str, channel: str = "") -> bool:
        """Whether it was given and not taken back. Nothing said is no."""
        rows = self.filter(customer=customer, purpose=purpose, channel=channel).order_by("-at", "-id")
        return bool(rows.values_list("given", flat=True).first())

    @transaction.atomic
    def say(
        self, customer: Customer, purpose: str, channel: str = "", *, given: bool, origin: str, by: User | None = None,
        store: Store | None = None, at: datetime | None = None,
    ) -> "Consent":  # fmt: skip
        """Write down that it is given or taken back; what stands like that already is not written again.

        Raises TransitionRefused for a purpose or channel that is not asked, or a closed record.
        """
        if purpose not in Purpose.values or channel not in CHANNELS_OF[Purpose(purpose)]:
            raise TransitionRefused(gettext("This is not among what we ask."))
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        earlier = self.filter(customer=customer, purpose=purpose, channel=channel, at__lte=at or timezone.now())
        last = earlier.order_by("-at", "-id").first()
        if last is not None and last.given == given:
            return last
        row = self.create(
            customer=customer, purpose=purpose, channel=channel, given=given, origin=origin, by=by, store=store,
            text=ConsentText.now_of(purpose) if given else None, at=at or timezone.now(),
        )  # fmt: skip
        customer.record(
            "consent.given" if given else "consent.withdrawn", by=by, at=row.at, channel=channel,
            store=store.pk if store else None, consent=row.pk, purpose=purpose,
        )  # fmt: skip
        return row


class Consent(models.Model):
    """One word of a customer. Rows never change and never go; a merge moves them to the record that stands."""

    class Origin(models.TextChoices):
        CENTRE = "centre", _("the customer's own page")
        UNSUBSCRIBE = "unsubscribe", _("the way out in a mail")
        STAFF = "staff", _("told to a colleague")
        IMPORT = "import", _("a file")
        API = "api", _("another system")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents", db_index=False)
    purpose = models.CharField(max_length=10, choices=Purpose)
    channel = models.CharField(max_length=10, blank=True)
    given = models.BooleanField()
    text = models.ForeignKey(ConsentText, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    origin = models.CharField(max_length=12, choices=Origin)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("consent"), _("consents")
        indexes = [models.Index(fields=["customer", "purpose", "channel", "-at", "-id"], name="consent_last")]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose="marketing", channel__in=MARKETING_CHANNELS)
                | (~Q(purpose="marketing") & Q(channel="")),
                name="consent_channel_of_purpose",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.channel} {'+' if self.given else '−'}"

"""Coupons: the rule (template), one person's coupon, and its use."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from loyalty.models.campaign import Campaign
from scrm.kernel.words import WordsField
from staff.models import Store, User


class CouponTemplate(models.Model):
    """The rule of a coupon; amounts in minor units of the house currency. Its terms are generated from these fields.

    draft → waiting (for a second person) → published ⇄ paused → ended. Once published only stock and end may change.
    """

    class Kind(models.TextChoices):
        AMOUNT = "amount", _("Amount off")
        PERCENT = "percent", _("Percent off")
        STEP = "step", _("Less for several")
        GIFT = "gift", _("Gift")
        SAMPLE = "sample", _("Sample")
        DELIVERY = "delivery", _("Free delivery")
        UPGRADE = "upgrade", _("Upgrade")
        EXCHANGE = "exchange", _("Exchange")

    class Group(models.TextChoices):
        AMOUNT = "amount", _("amount")
        PERCENT = "percent", _("percent")
        GIFT = "gift", _("gift")
        DELIVERY = "delivery", _("delivery")
        SERVICE = "service", _("service")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        WAITING = "waiting", _("Waits for a second person")
        PUBLISHED = "published", _("Published")
        PAUSED = "paused", _("Paused")
        ENDED = "ended", _("Ended")

    class OnRefund(models.TextChoices):
        BACK = "back", _("comes back")
        LAPSE = "lapse", _("is used up")

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField()
    scenario = WordsField(blank=True)  # the situation a scenario coupon is made for; empty for others
    kind = models.CharField(max_length=8, choices=Kind)
    amount = models.BigIntegerField(default=0)
    percent = models.PositiveSmallIntegerField(default=0, help_text=_("Percent off: 10 takes a tenth off."))
    threshold = models.BigIntegerField(default=0)
    most_off = models.BigIntegerField(null=True, blank=True)
    pieces = models.PositiveSmallIntegerField(default=1, help_text=_("Pieces needed, or given as a gift."))
    # Where it applies: lists of codes; empty means everywhere.
    products = models.JSONField(default=list, blank=True)
    categories = models.JSONField(default=list, blank=True)
    not_products = models.JSONField(default=list, blank=True)
    not_categories = models.JSONField(default=list, blank=True)
    with_categories = models.JSONField(default=list, blank=True)  # one of these must lie in the basket as well
    stores = models.JSONField(default=list, blank=True)
    store_scenes = models.JSONField(default=list, blank=True)
    channels = models.JSONField(default=list, blank=True)
    levels = models.JSONField(default=list, blank=True)
    # When.
    weekdays = models.JSONField(default=list, blank=True)  # 0 is Monday
    from_time = models.TimeField(null=True, blank=True)
    until_time = models.TimeField(null=True, blank=True)
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    days_valid = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("Days after it was given."))
    # How many.
    stock = models.PositiveIntegerField(null=True, blank=True)
    issued = models.PositiveIntegerField(default=0)
    per_customer = models.PositiveSmallIntegerField(default=1)
    # With what.
    group = models.CharField(max_length=8, choices=Group)
    not_with = models.JSONField(default=list, blank=True)  # groups it may not be used with, beside its own
    on_refund = models.CharField(max_length=5, choices=OnRefund, default=OnRefund.BACK)
    claimable = models.BooleanField(default=False, help_text=_("Customers may take it themselves."))
    offline = models.BooleanField(default=False, help_text=_("A till without a line may take it."))
    cost = models.BigIntegerField(default=0, help_text=_("What one use costs the house, as far as known before."))
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="templates")
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=60, blank=True)
    source_ref = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("coupon template"), _("coupon templates")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stock=None) | Q(issued__lte=F("stock")), name="coupon_template_issued_within_stock"
            ),
            models.CheckConstraint(condition=Q(percent__lte=100), name="coupon_template_percent"),
            models.CheckConstraint(condition=Q(amount__gte=0) & Q(threshold__gte=0), name="coupon_template_amounts"),
            models.UniqueConstraint(
                fields=["source", "source_ref"], name="coupon_template_source_once", condition=~Q(source_ref="")
            ),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code

    @property
    def is_scenario(self) -> bool:
        return bool(self.scenario)

    def valid_until(self, issued_at: datetime) -> datetime | None:
        """The end of a coupon given at a moment: the earlier of the template's end and so many whole days."""
        ends = [self.ends_at] if self.ends_at else []
        if self.days_valid is not None:
            day = timezone.localtime(issued_at).replace(hour=0, minute=0, second=0, microsecond=0)
            ends.append(day + timedelta(days=self.days_valid + 1))
        return min(ends, default=None)


class CouponQuerySet(models.QuerySet["Coupon"]):
    def usable(self, at: datetime | None = None) -> Self:
        """Issued, begun, not over: whatever the nightly marks say."""
        at = at or timezone.now()
        return self.filter(state=Coupon.State.ISSUED, valid_from__lte=at).filter(
            Q(valid_until=None) | Q(valid_until__gt=at)
        )


class Coupon(models.Model):
    """One coupon. minted → issued → reserved → redeemed; reserved → issued (released, or its time ran out);

    redeemed → issued (undone, or returned by a refund); issued → expired; issued ⇄ frozen; any but redeemed →
    cancelled. `record` is the customer record it was given to: `nth` counts per template and record.
    """

    class State(models.TextChoices):
        MINTED = "minted", _("Not given yet")
        ISSUED = "issued", _("Usable")
        RESERVED = "reserved", _("Held for a basket")
        REDEEMED = "redeemed", _("Used")
        EXPIRED = "expired", _("Over")
        CANCELLED = "cancelled", _("Cancelled")
        FROZEN = "frozen", _("Frozen")

    template = models.ForeignKey(CouponTemplate, on_delete=models.PROTECT, related_name="coupons", db_index=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="coupons", db_index=False)
    came_as = models.BigIntegerField(null=True)
    record = models.BigIntegerField(null=True)
    nth = models.PositiveSmallIntegerField(null=True)
    code = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=9, choices=State, default=State.ISSUED)
    drop = models.ForeignKey("loyalty.Drop", null=True, on_delete=models.PROTECT, related_name="slots", db_index=False)
    issued_at = models.DateTimeField(null=True)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    channel = models.CharField(max_length=10, blank=True)  # where it was given
    given_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=10, blank=True)
    source = models.CharField(max_length=60, blank=True)
    source_ref = models.CharField(max_length=120, blank=True)
    held_by = models.CharField(max_length=120, blank=True)  # who holds it for a basket: “till:<client>:<ref>”
    held_until = models.DateTimeField(null=True)

    objects = CouponQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("coupon"), _("coupons")
        constraints = [
            models.UniqueConstraint(
                fields=["template", "record", "nth"], name="coupon_within_the_customers_limit",
                condition=~Q(record=None) & ~Q(nth=None),
            ),
            models.UniqueConstraint(
                fields=["source", "source_ref"], name="coupon_source_once", condition=~Q(source_ref="")
            ),
            models.UniqueConstraint(
                fields=["drop", "record"], name="coupon_one_of_a_drop", condition=~Q(drop=None) & ~Q(record=None)
            ),
            models.CheckConstraint(
                condition=Q(state="minted", customer=None)
                | (~Q(state="minted") & (~Q(customer=None) | Q(state="cancelled"))),
                name="coupon_given_has_an_owner",
            ),
            models.CheckConstraint(
                condition=(Q(state="reserved") & ~Q(held_by="") & ~Q(held_until=None))
                | (~Q(state="reserved") & Q(held_by="")),
                name="coupon_held_has_a_holder",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["customer", "state", "valid_until"], name="coupon_customer",
                         condition=~Q(customer=None)),
            models.Index(fields=["template", "state"], name="coupon_template_state"),
            models.Index(fields=["drop", "id"], name="coupon_slot_free", condition=Q(state="minted")),
            models.Index(fields=["held_until"], name="coupon_held", condition=Q(state="reserved")),
            models.Index(fields=["valid_until"], name="coupon_over", condition=Q(state="issued")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.code


class Redemption(models.Model):
    """One use of a coupon. At most one stands: an undone or returned one stays as history.

    `off` is what it took off, in minor units of `currency`; `record` the customer record that used it.
    """

    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="redemptions")
    record = models.BigIntegerField()
    at = models.DateTimeField()
    business_date = models.DateField()
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=60)
    source_ref = models.CharField(max_length=120)
    order_source = models.CharField(max_length=60, blank=True)
    order_ref = models.CharField(max_length=120, blank=True)
    currency = models.CharField(max_length=3)
    off = models.BigIntegerField(default=0)
    basket = models.BigIntegerField(default=0)
    explanation = models.JSONField(default=dict)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    undone_why = models.CharField(max_length=10, blank=True)  # “undone” at the counter, “refund”, “conflict”

    class Meta:
        verbose_name, verbose_name_plural = _("redemption"), _("redemptions")
        constraints = [
            models.UniqueConstraint(fields=["coupon"], name="redemption_one_stands", condition=Q(undone_at=None)),
            models.UniqueConstraint(fields=["source", "source_ref"], name="redemption_source_once"),
        ]
        indexes = [
            models.Index(fields=["order_source", "order_ref"], name="redemption_order", condition=~Q(order_ref="")),
            models.Index(fields=["at"], name="redemption_at"),
        ]

    def __str__(self) -> str:
        return f"{self.coupon_id} {self.at}"


class BulkIssue(models.Model):
    """Coupons for many at once: who was meant, how far it came, who was left out and why.

    draft → running → done, or → stopped.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Prepared")
        RUNNING = "running", _("Running")
        STOPPED = "stopped", _("Stopped")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    template = models.ForeignKey(CouponTemplate, on_delete=models.PROTECT, related_name="bulk_issues")
    rule = models.JSONField(default=dict)  # levels, lifecycle, stores, days without purchase; or {"numbers": n}
    state = models.CharField(max_length=7, choices=State, default=State.DRAFT)
    wanted = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    issued = models.BigIntegerField(default=0)
    left_out = models.JSONField(default=dict)  # reason → how many
    last = models.BigIntegerField(default=0)  # the customer id it has come to
    started_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("bulk issue"), _("bulk issues")

    def __str__(self) -> str:
        return f"{self.template_id} {self.state}"

    def counts(self) -> dict[str, Any]:
        return {"wanted": self.wanted, "done": self.done, "issued": self.issued, "left_out": self.left_out}

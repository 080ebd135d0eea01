"""A coupon's rule: what it takes off, where and when, how many, with what; its life from draft to end."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from loyalty.baskets import Rule
from loyalty.models.campaign import Campaign
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import User, audit

if TYPE_CHECKING:
    from loyalty.models.coupon import Coupon

UNCHANGED: Any = object()
LISTS = (
    "products", "categories", "not_products", "not_categories", "with_categories", "stores", "store_scenes",
    "channels", "levels", "needs", "weekdays", "not_with",
)  # fmt: skip
PLAIN = ("code", "kind", "group", "amount", "percent", "threshold", "most_off", "pieces", "from_time", "until_time",
         "free_delivery")  # fmt: skip


class CouponTemplateQuerySet(models.QuerySet["CouponTemplate"]):
    def visible_to(self, user: User) -> Self:
        """Everybody who serves customers sees what is or was given out; drafts only who sets up or approves."""
        if user.may("setup.read") or user.may("loyalty.approve"):
            return self
        if not user.may("customer.read"):
            return self.none()
        return self.exclude(state__in=[CouponTemplate.State.DRAFT, CouponTemplate.State.WAITING])

    def given_out(self, at: datetime | None = None) -> Self:
        """Published, begun, not over, and some are left."""
        at = at or timezone.now()
        return self.filter(
            Q(ends_at=None) | Q(ends_at__gt=at), Q(stock=None) | Q(issued__lt=F("stock")),
            state=CouponTemplate.State.PUBLISHED, starts_at__lte=at,
        )  # fmt: skip

    def claimable(self, at: datetime | None = None) -> Self:
        """What customers may take themselves now."""
        return self.given_out(at).filter(claimable=True)


class CouponTemplate(models.Model):
    """The rule of a coupon; amounts in minor units of the house currency. Its terms are generated from these fields.

    draft → waiting (for a second person) → published ⇄ paused → ended; draft → published where it costs little.
    Once published only stock and end may change. Paused or ended it is not given any more; what was given stays good.
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

    class Need(models.TextChoices):
        FIRST_ORDER = "first_order", _("a first order")
        RAIN = "rain", _("rain at the store")
        AWAY = "away", _("another city than the home store's")

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
    needs = models.JSONField(default=list, blank=True)  # circumstances that must hold: see Need
    free_delivery = models.BooleanField(default=False, help_text=_("Delivery is free as well."))
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

    objects = CouponTemplateQuerySet.as_manager()

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

    @property
    def rule(self) -> Rule:
        """The rule as plain values."""
        values: dict[str, Any] = {name: frozenset(getattr(self, name)) for name in LISTS}
        values |= {name: getattr(self, name) for name in PLAIN}
        return Rule(currency=settings.BASE_CURRENCY, **values)

    @property
    def costs_at_most(self) -> int | None:
        """Minor units all its coupons may cost together; None has no bound."""
        each = self.cost or self.most_off or self.amount
        if self.kind == self.Kind.PERCENT and not (self.cost or self.most_off):
            return None
        if not each:
            return 0
        return None if self.stock is None else each * self.stock

    @property
    def needs_second_person(self) -> bool:
        """Whether somebody else than its maker must publish it."""
        most = self.costs_at_most
        return most is None or most > settings.COUPONS_ALONE_UP_TO

    def trouble(self) -> str:
        """What is still wrong with the rule, in one sentence; empty when it can be published."""
        kind, Kind = self.kind, self.Kind  # noqa: N806
        checks = (
            (bool(self.name), _("Give the coupon a name.")),
            (kind != Kind.AMOUNT or self.amount > 0, _("Say how much it takes off.")),
            (kind != Kind.PERCENT or self.percent > 0, _("Say how many percent it takes off.")),
            (kind != Kind.STEP or (self.pieces > 1 and bool(self.percent) != bool(self.amount)),
             _("Say from how many pieces on, and either percent or an amount off each.")),
            (self.pieces > 0, _("Say how many pieces.")),
            (self.per_customer > 0, _("Say how many each customer may get.")),
            (self.ends_at is None or self.ends_at > self.starts_at, _("Its end must come after its begin.")),
            (self.from_time is None or self.from_time != self.until_time,
             _("Its hours must not begin and end together.")),
            (set(self.weekdays) <= set(range(7)), _("Weekdays are numbered 0 (Monday) to 6.")),
            (set(self.needs) <= set(self.Need.values), _("A circumstance it needs is not known.")),
            (set(self.not_with) <= set(self.Group.values), _("A group it may not be used with is not known.")),
        )  # fmt: skip
        return next((str(sentence) for fine, sentence in checks if not fine), "")

    # Its life. Each raises TransitionRefused when it is too late, or not for this person.

    @transaction.atomic
    def submit(self, *, by: User) -> None:
        """Ready: published at once where it costs little, else laid before a second person."""
        if not self.needs_second_person:
            self.publish(by=by)
            return
        self._be_whole()
        self._move([self.State.DRAFT], self.State.WAITING, made_by=self.made_by or by)
        audit("coupon.submitted", by=by, of=self, code=self.code)

    @transaction.atomic
    def publish(self, *, by: User) -> None:
        """Give it out. Above what one may spend alone a second person does it, never its maker."""
        self._be_whole()
        starts = [self.State.WAITING] if self.needs_second_person else [self.State.DRAFT, self.State.WAITING]
        if self.state == self.State.DRAFT and self.needs_second_person:
            raise TransitionRefused(gettext("This may cost much. Lay it before a second person first."))
        self._not_by_maker(by)
        self._move(starts, self.State.PUBLISHED, approved_by=by, published_at=timezone.now())
        audit("coupon.published", by=by, of=self, code=self.code, stock=self.stock, costs=self.costs_at_most)

    @transaction.atomic
    def send_back(self, *, by: User) -> None:
        """The second person wants it changed first."""
        self._move([self.State.WAITING], self.State.DRAFT)
        audit("coupon.sent_back", by=by, of=self, code=self.code)

    @transaction.atomic
    def pause(self, *, by: User) -> None:
        self._move([self.State.PUBLISHED], self.State.PAUSED)
        audit("coupon.paused", by=by, of=self, code=self.code)

    @transaction.atomic
    def resume(self, *, by: User) -> None:
        self._move([self.State.PAUSED], self.State.PUBLISHED)
        audit("coupon.resumed", by=by, of=self, code=self.code)

    @transaction.atomic
    def end(self, *, by: User) -> None:
        """None is given any more, for good."""
        self._move([self.State.PUBLISHED, self.State.PAUSED], self.State.ENDED)
        audit("coupon.ended", by=by, of=self, code=self.code)

    @transaction.atomic
    def change(self, *, by: User, stock: int | None = UNCHANGED, ends_at: datetime | None = UNCHANGED) -> None:
        """More or fewer, longer or shorter: all that may change once it is given out. Coupons given keep their end."""
        now = CouponTemplate.objects.select_for_update().get(pk=self.pk)
        if now.state not in (self.State.PUBLISHED, self.State.PAUSED):
            raise TransitionRefused(gettext("Only a coupon that is given out can be changed this way."))
        sets = {name: value for name, value in (("stock", stock), ("ends_at", ends_at)) if value is not UNCHANGED}
        for name, value in sets.items():
            setattr(now, name, value)
        if now.stock is not None and now.stock < now.issued:
            raise TransitionRefused(gettext("%(issued)s are given already.") % {"issued": f"{now.issued:,}"})
        if "stock" in sets:
            now._not_by_maker(by)
        now._be_whole()
        CouponTemplate.objects.filter(pk=self.pk).update(**sets)
        for name, value in sets.items():
            setattr(self, name, value)
        said: dict[str, Any] = {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in sets.items()
        }
        audit("coupon.changed", by=by, of=self, code=self.code, **said)

    def _not_by_maker(self, by: User) -> None:
        if self.needs_second_person and self.made_by_id == by.pk:
            raise TransitionRefused(gettext("You made this coupon. Somebody else has to say yes."))

    def _be_whole(self) -> None:
        if trouble := self.trouble():
            raise TransitionRefused(trouble)

    def _move(self, starts: list["CouponTemplate.State"], end: "CouponTemplate.State", **sets: Any) -> None:
        if not CouponTemplate.objects.filter(pk=self.pk, state__in=starts).update(state=end, **sets):
            raise TransitionRefused(gettext("This coupon is in another state by now. Look again."))
        for name, value in {"state": end, **sets}.items():
            setattr(self, name, value)

    # Giving

    def claim_for(self, customer: Customer, *, channel: str, source: str = "claim", key: str = "") -> "Coupon":
        """The customer takes it. Raises TransitionRefused as `issue_to`, and where it is not for taking."""
        if not self.claimable:
            raise TransitionRefused(gettext("This coupon is given, not taken."))
        return self.issue_to(customer, by=None, channel=channel, source=source, key=key)

    def issue_to(
        self, customer: Customer, *, by: User | None, channel: str = "", source: str = "house", key: str = "",
        reason: str = "", store: int | None = None,
    ) -> "Coupon":  # fmt: skip
        """Give one. The same source and key give the first one again. Raises TransitionRefused, OtherPayload."""
        from loyalty.models.giving import give

        return give(self, customer, by=by, channel=channel, source=source, key=key, reason=reason, store=store)

    def not_given_out(self, now: datetime) -> str:
        """Why none can be given now, as the row stands."""
        self.refresh_from_db(fields=["state", "starts_at", "ends_at", "stock", "issued"])
        if self.state == self.State.PAUSED:
            return gettext("This coupon is paused. Try again later.")
        if self.state != self.State.PUBLISHED or (self.ends_at is not None and self.ends_at <= now):
            return gettext("This coupon is not given any more.")
        if self.starts_at > now:
            return gettext("This coupon is not given yet.")
        return gettext("All of these are given.")

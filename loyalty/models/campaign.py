"""Campaigns: an occasion, what it gives, what it may cost, and who got it."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from loyalty.models.programme import Programme
from scrm.kernel.words import WordsField
from staff.models import User

SHARDS = 8


class Campaign(models.Model):
    """An occasion with a recipe and a budget in minor units of the house currency; null is no cap.

    draft → running ⇄ stopped → ended. What it may still cost lies in its shards.
    """

    class Kind(models.TextChoices):
        WELCOME = "welcome", _("Welcome pack")
        FIRST_ORDER = "first_order", _("First order")
        REPEAT = "repeat", _("Repeat purchases raise the level")
        BIRTHDAY = "birthday", _("Birthday")
        UPGRADE = "upgrade", _("Upgrade and gift")
        WIN_BACK = "win_back", _("Win back")
        REVIEW = "review", _("Review invitation")
        REFERRAL = "referral", _("Recommend a friend")
        DROP = "drop", _("Flash drop")
        STEP = "step", _("When a playbook says so")
        PLAIN = "plain", _("Other")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        RUNNING = "running", _("Goes on")
        STOPPED = "stopped", _("Stopped")
        ENDED = "ended", _("Ended")

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField()
    kind = models.CharField(max_length=11, choices=Kind, default=Kind.PLAIN)
    type = models.CharField(max_length=40, blank=True)  # the brand's own word for its sort, as loaded
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    starts_on = models.DateField(default=timezone.localdate)
    ends_on = models.DateField(null=True, blank=True)
    # {"points": 200, "coupons": ["FREE0"], "level": "silver", "orders": 3, "days": 90, "from": 19900, "levels": […]}
    recipe = models.JSONField(default=dict, blank=True)
    budget = models.BigIntegerField(null=True, blank=True)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=60, blank=True)
    source_ref = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("campaign"), _("campaigns")
        ordering = ["-starts_on", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="campaign_ends_after_start"
            ),
            models.UniqueConstraint(
                fields=["source", "source_ref"], name="campaign_source_once", condition=~Q(source_ref="")
            ),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code


class BudgetShard(models.Model):
    """A part of what a campaign may still cost; taken from by conditional UPDATE, never below nothing."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="shards", db_index=False)
    shard = models.PositiveSmallIntegerField()
    given = models.BigIntegerField()
    left = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "shard"], name="budget_shard_once"),
            models.CheckConstraint(condition=Q(left__gte=0) & Q(left__lte=F("given")), name="budget_shard_left"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.shard}: {self.left}"


class CampaignGrant(models.Model):
    """That a campaign gave somebody something, once per occasion; `cost` was taken from the budget.

    For a loaded campaign: that somebody was reached by it (cost 0, nothing given).
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="grants", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="grants")
    came_as = models.BigIntegerField(null=True)
    occasion = models.CharField(max_length=80)
    at = models.DateTimeField(default=timezone.now)
    cost = models.BigIntegerField(default=0)
    gave = models.JSONField(default=dict)

    class Meta:
        verbose_name, verbose_name_plural = _("grant"), _("grants")
        constraints = [models.UniqueConstraint(fields=["campaign", "occasion"], name="campaign_grant_once")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.occasion}"


class Referral(models.Model):
    """Who recommended us to whom. invited → rewarded; nobody recommends themselves or whom they came by."""

    referrer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="referrals")
    friend = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    friend_record = models.BigIntegerField(unique=True)  # a record is recommended once, whoever holds it later
    made_at = models.DateTimeField(default=timezone.now)
    order_ref = models.CharField(max_length=120, blank=True)
    rewarded_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("referral"), _("referrals")
        constraints = [
            models.CheckConstraint(condition=~Q(referrer=F("friend_record")), name="referral_not_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.referrer_id} → {self.friend_record}"


class Gift(models.Model):
    """Something given for points, with its stock."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="gifts")
    code = models.SlugField(max_length=40, unique=True)
    name = WordsField()
    points = models.PositiveIntegerField()
    stock = models.PositiveIntegerField(default=0)
    taken = models.PositiveIntegerField(default=0)
    cost = models.BigIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("gift"), _("gifts")
        ordering = ["points"]
        constraints = [
            models.CheckConstraint(condition=Q(taken__lte=F("stock")), name="gift_taken_within_stock"),
            models.CheckConstraint(condition=Q(points__gt=0), name="gift_costs_points"),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code


class GiftTaken(models.Model):
    """One gift handed out for points."""

    gift = models.ForeignKey(Gift, on_delete=models.PROTECT, related_name="handed_out")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    came_as = models.BigIntegerField(null=True)
    entry = models.OneToOneField("loyalty.PointsEntry", on_delete=models.PROTECT, related_name="gift")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("gift handed out"), _("gifts handed out")

    def __str__(self) -> str:
        return f"{self.gift_id} {self.customer_id}"

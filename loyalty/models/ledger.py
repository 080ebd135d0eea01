"""The ledger's rows: entries, lots and what was taken of them. Only the verbs of PointsAccount write them."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PointsEntry(models.Model):
    """One line of the ledger, only ever added. For each: lots born − taken of lots = delta + debt_delta.

    `record` is the customer record it came by; it never changes. `undone` says how many points of `reverses` this
    line takes back. `qualifying` moves the counter for levels: by purchases and their refunds alone.
    """

    class Kind(models.TextChoices):
        EARN = "earn", _("Earned")
        CONFIRM = "confirm", _("Counts now")
        SPEND = "spend", _("Used")
        EXPIRE = "expire", _("Ended")
        REVERSE = "reverse", _("Taken back")
        RESTORE = "restore", _("Given back")
        REPAY = "repay", _("Debt repaid")
        ADJUST = "adjust", _("Corrected")
        OPENING = "opening", _("Brought along")
        TRANSFER_OUT = "transfer_out", _("Given to somebody")
        TRANSFER_IN = "transfer_in", _("Received from somebody")
        MERGE_OUT = "merge_out", _("Went to the joined record")
        MERGE_IN = "merge_in", _("Came from the joined record")

    class Reason(models.TextChoices):
        """The closed list of reasons."""

        PURCHASE = "purchase", _("Purchase")
        REFUND = "refund", _("Refund")
        PAYMENT = "payment", _("Paid with points")
        GIFT = "gift", _("Gift for points")
        UNDONE = "undone", _("Taken back at the counter")
        WELCOME = "welcome", _("Welcome")
        BIRTHDAY = "birthday", _("Birthday")
        REVIEW = "review", _("Review")
        REFERRAL = "referral", _("Recommended us")
        CAMPAIGN = "campaign", _("Campaign")
        GOODWILL = "goodwill", _("Goodwill")
        HABIT = "habit", _("Good habit")
        CORRECTION = "correction", _("Correction")
        END = "end", _("Their time was over")
        DUE = "due", _("The return period is over")
        DEBT = "debt", _("Repays points of a refund")
        OPENING = "opening", _("Balance of the former system")
        TRANSFER = "transfer", _("Transfer")
        MERGE = "merge", _("Two records of one person")
        OTHER = "other", _("Other")

    account = models.ForeignKey(
        "loyalty.PointsAccount", on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    record = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=Kind)
    delta = models.BigIntegerField()
    debt_delta = models.BigIntegerField(default=0)
    balance_after = models.BigIntegerField()
    qualifying = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=10, choices=Reason)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=160)
    digest = models.BinaryField(max_length=16, default=bytes)
    source_ref = models.CharField(max_length=120, blank=True)
    rule = models.ForeignKey("loyalty.EarnRule", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    reverses = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="reversals", db_index=False)
    undone = models.BigIntegerField(default=0)
    explanation = models.JSONField(default=dict)
    actor_id = models.BigIntegerField(null=True)
    store_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("points entry"), _("points entries")
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="points_entry_once"),
            models.UniqueConstraint(
                fields=["source", "source_ref", "rule"], name="points_earned_once",
                condition=Q(kind="earn") & ~Q(rule=None) & ~Q(source_ref=""),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["earn", "restore", "opening", "transfer_in"], delta__gte=0)
                | Q(kind__in=["spend", "expire", "reverse", "transfer_out"], delta__lte=0)
                | Q(kind__in=["confirm", "repay"], delta=0)
                | Q(kind__in=["adjust", "merge_in", "merge_out"]),
                name="points_entry_sign",
            ),
            models.CheckConstraint(
                condition=Q(qualifying=0) | Q(kind__in=["earn", "reverse", "adjust", "opening"]),
                name="points_qualifying_by_purchases",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["account", "-id"], name="points_entry_account"),
            models.Index(
                fields=["record", "at"], include=["qualifying"], name="points_entry_qualifying",
                condition=~Q(qualifying=0),
            ),
            models.Index(fields=["source", "source_ref"], name="points_entry_source", condition=~Q(source_ref="")),
            models.Index(fields=["reverses"], name="points_entry_reverses", condition=~Q(reverses=None)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.kind} {self.delta:+}"


class PointsLot(models.Model):
    """Points that came together and end together: pending → open; emptied by what is taken of them.

    `origin` is the lot they lay in before their records were joined.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Pending")
        OPEN = "open", _("Open")

    account = models.ForeignKey("loyalty.PointsAccount", on_delete=models.PROTECT, related_name="lots", db_index=False)
    entry = models.ForeignKey(PointsEntry, on_delete=models.PROTECT, related_name="lots")
    record = models.BigIntegerField()
    amount = models.BigIntegerField()
    remaining = models.BigIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    counts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    origin = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name, verbose_name_plural = _("points lot"), _("points lots")
        constraints = [
            models.CheckConstraint(
                condition=Q(remaining__gte=0) & Q(remaining__lte=F("amount")), name="points_lot_remaining"
            )
        ]
        indexes = [
            models.Index(fields=["account", "state", "ends_at", "id"], name="points_lot_spend",
                         condition=Q(remaining__gt=0)),
            models.Index(fields=["counts_at"], name="points_lot_counts",
                         condition=Q(state="pending") & Q(remaining__gt=0)),
            models.Index(fields=["ends_at"], name="points_lot_ends", condition=Q(remaining__gt=0)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.remaining}/{self.amount}"


class LotUse(models.Model):
    """What one entry took of one lot, only ever added; negative when it was given back to the lot."""

    entry = models.ForeignKey(PointsEntry, on_delete=models.PROTECT, related_name="uses", db_index=False)
    lot = models.ForeignKey(PointsLot, on_delete=models.PROTECT, related_name="uses")
    amount = models.BigIntegerField()

    class Meta:
        verbose_name, verbose_name_plural = _("use of a lot"), _("uses of lots")
        constraints = [
            models.UniqueConstraint(fields=["entry", "lot"], name="lot_use_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="lot_use_not_nothing"),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"


class LedgerProof(models.Model):
    """One run of the proofs: when, how long, and what did not hold."""

    at = models.DateTimeField(default=timezone.now)
    took_ms = models.PositiveIntegerField(default=0)
    entries = models.BigIntegerField(default=0)
    findings = models.JSONField(default=list)  # [{"proof", "rows", "examples"}]

    class Meta:
        verbose_name, verbose_name_plural = _("ledger proof"), _("ledger proofs")

    def __str__(self) -> str:
        return f"{self.at}: {len(self.findings)}"

    @property
    def holds(self) -> bool:
        return not self.findings


class LiabilityDay(models.Model):
    """What stood out on one day, in points: the page reads this row, never the ledger.

    `by_month` says how many usable points end in which month; `earned`, `spent` and `expired` are of twelve months;
    of the lots that `ended` in them, `broken` points were never used.
    """

    programme = models.ForeignKey("loyalty.Programme", on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    accounts = models.BigIntegerField(default=0)
    available = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    by_month = models.JSONField(default=list)
    earned = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    ended = models.BigIntegerField(default=0)
    broken = models.BigIntegerField(default=0)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("outstanding points"), _("outstanding points")
        constraints = [models.UniqueConstraint(fields=["programme", "on"], name="liability_day_once")]

    def __str__(self) -> str:
        return f"{self.on}: {self.available}"

    @property
    def breakage(self) -> int:
        """Percent of points that ended unused, of those whose time was over within twelve months."""
        return 100 * self.broken // self.ended if self.ended else 0

"""What kind of customer somebody is, by dimension: told by hand, made by a rule or reckoned, with its evidence."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import User

UNDO = timedelta(minutes=10)
FLOOR = 20  # below this confidence a tag is not shown any more


class TagDimension(models.Model):
    """One question about a customer; of an exclusive one a customer has one answer at a time."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField(_("name"))
    exclusive = models.BooleanField(_("one value at a time"), default=False)
    half_days = models.PositiveSmallIntegerField(_("confidence halves after days"), default=180)
    place = models.PositiveSmallIntegerField(_("place"), default=50)
    used = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("dimension of tags"), _("dimensions of tags")
        ordering = ["place", "code"]
        constraints = [models.CheckConstraint(condition=Q(half_days__gt=0), name="tag_half_days_above_zero")]

    def __str__(self) -> str:
        return str(self.name) or self.code


class TagValue(models.Model):
    """An answer that is offered with one tap."""

    dimension = models.ForeignKey(TagDimension, on_delete=models.CASCADE, related_name="values")
    code = models.SlugField(_("code"), max_length=40)
    name = WordsField(_("name"))
    place = models.PositiveSmallIntegerField(_("place"), default=50)

    class Meta:
        verbose_name, verbose_name_plural = _("value of tags"), _("values of tags")
        ordering = ["place", "code"]
        constraints = [models.UniqueConstraint(fields=["dimension", "code"], name="tag_value_once")]

    def __str__(self) -> str:
        return str(self.name) or self.code


class TagQuerySet(models.QuerySet["Tag"]):
    def live(self) -> Self:
        """Not taken off and not over; whether its confidence still suffices is seen by `confidence_now`."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), ended_at=None)


class Tag(models.Model):
    """One answer about one customer. Moves: live → ended (taken off, or another value took its place), and back
    within ten minutes for who took it off. A rule never touches what a person said.
    """

    class Origin(models.TextChoices):
        MANUAL = "manual", _("by hand")
        RULE = "rule", _("by a rule")
        COMPUTED = "computed", _("reckoned")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="tags", db_index=False)
    dimension = models.ForeignKey(TagDimension, on_delete=models.PROTECT, related_name="+", db_index=False)
    value = models.CharField(max_length=60)
    alone = models.BooleanField(default=False)  # as its dimension was when it was put
    origin = models.CharField(max_length=8, choices=Origin)
    confidence = models.PositiveSmallIntegerField(default=100)
    evidence = models.JSONField(default=list)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("tag"), _("tags")
        indexes = [models.Index(fields=["customer", "dimension", "value"], name="tag_customer")]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "dimension", "value"], condition=Q(ended_at=None), name="tag_live_once"
            ),
            models.UniqueConstraint(
                fields=["customer", "dimension"], condition=Q(ended_at=None, alone=True), name="tag_exclusive_once"
            ),
            models.CheckConstraint(condition=Q(confidence__lte=100), name="tag_confidence_share"),
            models.CheckConstraint(condition=~Q(value=""), name="tag_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.dimension_id}: {self.value}"

    @classmethod
    @transaction.atomic
    def put(
        cls, customer: Customer, dimension: TagDimension, value: str, *, origin: str = "manual", by: User | None = None,
        confidence: int = 100, evidence: list[dict[str, Any]] | None = None, expires_at: datetime | None = None,
    ) -> "Tag | None":  # fmt: skip
        """Say it of a customer; what stands already is made fresh. None where a person said otherwise.

        Raises TransitionRefused for no value or a closed record.
        """
        value = " ".join(value.split())[:60]
        if not value:
            raise TransitionRefused(gettext("Say what the tag is."))
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        now, by_hand = timezone.now(), origin == cls.Origin.MANUAL
        standing = list(cls.objects.filter(customer=customer, dimension=dimension, ended_at=None))
        rivals = [one for one in standing if one.value == value or dimension.exclusive]
        if not by_hand and any(one.origin == cls.Origin.MANUAL for one in rivals):
            return None
        same = next((one for one in rivals if one.value == value), None)
        over = same is not None and same.expires_at is not None and same.expires_at <= now
        if same is not None and same.origin == origin and not over:
            if not by_hand:
                same._refresh(confidence, evidence or [], expires_at, now)
            return same
        if not by_hand and cls._unwanted(customer, dimension, value, now):
            return None
        cls.objects.filter(pk__in=[one.pk for one in rivals]).update(ended_at=now)
        made = cls.objects.create(
            customer=customer, dimension=dimension, value=value, alone=dimension.exclusive, origin=origin, by=by,
            confidence=confidence, evidence=evidence or [], expires_at=expires_at, at=now,
        )  # fmt: skip
        customer.record("tag.put", by=by, dimension=dimension.code, value=_named(dimension.pk, value), tag=made.pk)
        return made

    @transaction.atomic
    def take_off(self, *, by: User | None) -> None:
        """It does not hold. Raises TransitionRefused when it is off already."""
        now = timezone.now()
        if not Tag.objects.filter(pk=self.pk, ended_at=None).update(ended_at=now, ended_by=by):
            raise TransitionRefused(gettext("It is off already."))
        self.ended_at, self.ended_by = now, by
        self._say("tag.taken_off", by)

    @transaction.atomic
    def put_back(self, *, by: User) -> None:
        """A slip: it holds again. Raises TransitionRefused after ten minutes, for another, or beside another value."""
        recent = Tag.objects.filter(pk=self.pk, ended_by=by, ended_at__gte=timezone.now() - UNDO)
        try:
            with transaction.atomic():
                back = recent.update(ended_at=None, ended_by=None)
        except IntegrityError as other:
            raise TransitionRefused(gettext("Another value stands there by now.")) from other
        if not back:
            raise TransitionRefused(gettext("Only who took it off puts it back, within ten minutes."))
        self.ended_at = self.ended_by = None
        self._say("tag.put_back", by)

    @property
    def confidence_now(self) -> int:
        return faded(self.confidence, self.origin, timezone.now() - self.at, self.dimension.half_days)

    def _say(self, kind: str, by: User | None) -> None:
        value = _named(self.dimension_id, self.value)
        self.customer.record(kind, by=by, dimension=self.dimension.code, value=value, tag=self.pk)

    def _refresh(
        self, confidence: int, evidence: list[dict[str, Any]], expires_at: datetime | None, now: datetime
    ) -> None:
        if (self.confidence, self.evidence) != (confidence, evidence) or now - self.at > timedelta(days=1):
            Tag.objects.filter(pk=self.pk).update(
                confidence=confidence, evidence=evidence, expires_at=expires_at, at=now
            )

    @classmethod
    def _unwanted(cls, customer: Customer, dimension: TagDimension, value: str, now: datetime) -> bool:
        """Somebody took this off lately: a rule does not bring it back."""
        lately = now - timedelta(days=dimension.half_days)
        taken = cls.objects.filter(customer=customer, dimension=dimension, value=value, ended_at__gte=lately)
        return taken.exclude(ended_by=None).exists()


class TagRule(models.Model):
    """What makes a tag by itself. `what` is counted within `days`; a fact counts once while it holds."""

    class What(models.TextChoices):
        FACT = "fact", _("a fact with this value was told")
        LOOKED = "looked", _("looked at this category")
        BOUGHT = "bought", _("bought of this category")
        NEED = "need", _("this need was heard")
        MEMBER = "member", _("is in this segment")

    dimension = models.ForeignKey(TagDimension, on_delete=models.CASCADE, related_name="rules")
    value = models.CharField(_("value"), max_length=60)
    what = models.CharField(_("what happened"), max_length=6, choices=What)
    key = models.CharField(
        _("of what"), max_length=60, help_text=_("The code of the category, need or segment, or the kind of fact.")
    )
    holds = models.CharField(_("fact is"), max_length=100, blank=True, help_text=_("Only for facts: the value."))
    times = models.PositiveSmallIntegerField(_("times"), default=3)
    days = models.PositiveSmallIntegerField(_("within days"), default=90)
    confidence = models.PositiveSmallIntegerField(_("confidence"), default=70)
    used = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("rule for tags"), _("rules for tags")
        ordering = ["dimension", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["dimension", "value", "what", "key", "holds"], name="tag_rule_once"),
            models.CheckConstraint(condition=Q(times__gt=0, days__gt=0, confidence__lte=100), name="tag_rule_sane"),
        ]

    def __str__(self) -> str:
        return f"{self.dimension}: {self.value}"


class TagDirty(models.Model):
    """A customer of whom something was heard since the rules last looked."""

    customer = models.OneToOneField(Customer, primary_key=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("customer to tag"), _("customers to tag")

    def __str__(self) -> str:
        return f"{self.customer_id}"


def faded(confidence: int, origin: str, age: timedelta, half_days: int) -> int:
    """Confidence today: what a person said stays, everything else halves every `half_days` days; 0 below the floor."""
    if origin == Tag.Origin.MANUAL:
        return confidence
    left = round(confidence * 0.5 ** (max(age, timedelta()) / timedelta(days=half_days)))
    return left if left >= FLOOR else 0


def _named(dimension: int, value: str) -> Any:
    """The name of a value in all languages, for the timeline; free words are their own name."""
    found = TagValue.objects.filter(dimension=dimension, code=value).first()
    return dict(found.name) if found else value

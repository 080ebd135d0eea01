"""Two records of one person: who says so, what was joined, and how it comes apart again."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from scrm.kernel.refusals import TransitionRefused
from staff.models import User


class MergeOperationQuerySet(models.QuerySet["MergeOperation"]):
    def visible_to(self, user: User) -> Self:
        """Merges of persons the reader may see: through the survivor, or the loser once it stands again."""
        if user.sees_whole_brand and user.may("customer.read"):
            return self
        seen = Customer.objects.visible_to(user).values("pk")
        return self.filter(Q(survivor__in=seen) | Q(loser__in=seen))


class MergeOperation(models.Model):
    """One record joined into another. Undoing it sends every row back; the operation itself stays.

    `journal` holds, per registered move, what the move did (see customers.merging.moves).
    `evidence` holds what spoke for it: {"score": 0…1, "reasons": […]}.
    """

    class Origin(models.TextChoices):
        PERSON = "person", _("A person")
        BATCH = "batch", _("The nightly comparison")
        INTAKE = "intake", _("The same number at intake")

    survivor = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merges")
    loser = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="merged_by")
    origin = models.CharField(max_length=6, choices=Origin, default=Origin.PERSON)
    reason = models.CharField(max_length=300)
    evidence = models.JSONField(default=dict)
    journal = models.JSONField(default=dict)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    undone_reason = models.CharField(max_length=300, blank=True)

    objects = MergeOperationQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("merge"), _("merges")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["loser"], condition=Q(undone_at=None), name="merge_stands_once"),
            models.CheckConstraint(condition=~Q(survivor=F("loser")), name="merge_not_with_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.loser_id} → {self.survivor_id}"


class MergeSuggestionQuerySet(models.QuerySet["MergeSuggestion"]):
    def waiting(self) -> Self:
        """Still to be looked at, with both records standing."""
        return self.filter(
            state__in=["open", "later"], first__merged_into=None, second__merged_into=None, first__erased_at=None,
            second__erased_at=None,
        )  # fmt: skip

    def visible_to(self, user: User) -> Self:
        """Pairs whose two records the reader may both see."""
        if user.sees_whole_brand and user.may("customer.read"):
            return self
        seen = Customer.objects.visible_to(user).values("pk")
        return self.filter(first__in=seen, second__in=seen)


class MergeSuggestion(models.Model):
    """A pair that may be one person, with the score and the reasons. open → merged, different, or later (→ any).

    “different” is a person's word: no comparison proposes the pair again.
    """

    class State(models.TextChoices):
        OPEN = "open", _("To look at")
        LATER = "later", _("Put aside")
        MERGED = "merged", _("One person")
        DIFFERENT = "different", _("Two people")

    first = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    second = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    score = models.FloatField()
    reasons = models.JSONField(default=list)
    source = models.CharField(max_length=6, choices=MergeOperation.Origin, default=MergeOperation.Origin.BATCH)
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    found_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)

    objects = MergeSuggestionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("possible pair"), _("possible pairs")
        indexes = [
            models.Index(fields=["-score", "-id"], name="suggestion_open", condition=Q(state__in=["open", "later"]))
        ]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="suggestion_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="suggestion_in_order"),
            models.CheckConstraint(condition=Q(score__range=(0, 1)), name="suggestion_score"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id} {self.score:.2f}"

    @property
    def both(self) -> tuple[Customer, Customer]:
        return self.first, self.second

    @property
    def percent(self) -> int:
        """The score in whole percent, never 100: a comparison is not certain."""
        return min(99, int(self.score * 100))

    @property
    def likely_survivor(self) -> Customer:
        """The record that stays unless somebody chooses otherwise: known before provisional, most orders, older."""

        def weight(one: Customer) -> tuple[bool, int, int]:
            metrics = getattr(one, "metrics", None)
            return (not one.provisional, metrics.orders if metrics else 0, -one.pk)

        return max((self.first, self.second), key=weight)

    def put_aside(self, *, by: User) -> None:
        """Look at it another day. Raises TransitionRefused when it is decided."""
        self._decide(self.State.LATER, by=by)

    def call_different(self, *, by: User) -> None:
        """Two people: never proposed again. Raises TransitionRefused when it is decided."""
        self._decide(self.State.DIFFERENT, by=by)

    def call_merged(self, *, by: User | None) -> None:
        """The two records were joined. Raises TransitionRefused when it is decided otherwise."""
        self._decide(self.State.MERGED, by=by)

    def _decide(self, state: str, *, by: User | None) -> None:
        undecided = MergeSuggestion.objects.filter(pk=self.pk, state__in=[self.State.OPEN, self.State.LATER])
        if not undecided.update(state=state, decided_by=by, decided_at=timezone.now()):
            raise TransitionRefused(_("Somebody has decided this pair already."))
        self.state = state

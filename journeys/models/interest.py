"""What a client considers: how far it is, what it may be worth, the next step, and how it ended."""

from datetime import date, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from staff.models import User

REOPEN = timedelta(minutes=10)
FARTHEST = timedelta(days=730)
MOST_WORTH = 10**12  # minor units
WHAT, WORDS = 120, 200


class OpenInterestQuerySet(models.QuerySet["OpenInterest"]):
    def visible_to(self, user: User) -> Self:
        """One's own, and those of customers one may see."""
        if not user.may("clients.read"):
            return self.none()
        seen = Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))
        return self.filter(Q(owner=user) | Exists(seen))

    def open(self) -> Self:
        return self.filter(stage__in=OPEN)


class OpenInterest(models.Model):
    """One thing a client considers. Moves among its stages, then won or lost; either open again within ten minutes."""

    class Stage(models.TextChoices):
        WANTS = "wants", _("Considers it")
        TRIED = "tried", _("Has tried it")
        OFFERED = "offered", _("Has an offer")
        COMING = "coming", _("Waits for the goods")
        WON = "won", _("Bought")
        LOST = "lost", _("Not bought")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="interests", db_index=False)
    what = models.CharField(max_length=WHAT)
    stage = models.CharField(max_length=7, choices=Stage, default=Stage.WANTS)
    before_end = models.CharField(max_length=7, choices=Stage, blank=True)
    worth = models.BigIntegerField(null=True)  # minor units of the base currency, as the advisor guesses
    next_step = models.CharField(max_length=WORDS, blank=True)
    next_on = models.DateField(null=True)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="interests", db_index=False)
    began_at = models.DateTimeField(default=timezone.now)
    moved_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    lost_why = models.CharField(max_length=WORDS, blank=True)

    objects = OpenInterestQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("open interest"), _("open interests")
        indexes = [
            models.Index(fields=["owner", "next_on", "id"], name="interest_owner", condition=Q(ended_at=None)),
            models.Index(fields=["customer", "-began_at"], name="interest_customer"),
            models.Index(fields=["ended_at"], name="interest_ended", condition=Q(ended_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(what=""), name="interest_says_what"),
            models.CheckConstraint(condition=Q(worth=None) | Q(worth__gte=0), name="interest_worth_sane"),
            models.CheckConstraint(
                condition=Q(stage__in=("won", "lost"), ended_at__isnull=False)
                | (~Q(stage__in=("won", "lost")) & Q(ended_at=None)),
                name="interest_ended_has_moment",
            ),
            models.CheckConstraint(condition=~Q(stage="lost") | ~Q(lost_why=""), name="interest_lost_says_why"),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @classmethod
    @transaction.atomic
    def begin(
        cls, customer: Customer, what: str, *, by: User, worth: int | None = None, next_step: str = "",
        next_on: date | None = None,
    ) -> "OpenInterest":  # fmt: skip
        """Note what a client considers. Raises TransitionRefused without words or for a closed record."""
        what = " ".join(what.split())[:WHAT]
        if not what:
            raise TransitionRefused(gettext("Say what the client considers."))
        _check(worth, next_on)
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        made = cls.objects.create(
            customer=customer, what=what, worth=worth, next_step=" ".join(next_step.split())[:WORDS], next_on=next_on,
            owner=by,
        )  # fmt: skip
        customer.record("interest.began", by=by, interest=made.pk, what=what)
        return made

    @transaction.atomic
    def move(self, *, by: User, stage: str, next_step: str = "", next_on: date | None = None,
             worth: int | None = None) -> None:  # fmt: skip
        """To another open stage, with the next step. Raises TransitionRefused when it is over."""
        if stage not in OPEN:
            raise TransitionRefused(gettext("Choose how far it is."))
        _check(worth, next_on)
        said = {"next_step": " ".join(next_step.split())[:WORDS], "next_on": next_on, "worth": worth}
        self._turn(stage=stage, moved_at=timezone.now(), **said)
        self.customer.record("interest.moved", by=by, interest=self.pk, what=self.what, stage=stage)

    @transaction.atomic
    def win(self, *, by: User) -> None:
        """The client bought it. Raises TransitionRefused when it is over already."""
        self._end(self.Stage.WON, by=by)
        self.customer.record("interest.won", by=by, interest=self.pk, what=self.what)

    @transaction.atomic
    def lose(self, *, by: User, why: str) -> None:
        """It came to nothing, and why. Raises TransitionRefused without a reason or when it is over."""
        why = " ".join(why.split())[:WORDS]
        if not why:
            raise TransitionRefused(gettext("Say in a few words why it came to nothing."))
        self._end(self.Stage.LOST, by=by, lost_why=why)
        self.customer.record("interest.lost", by=by, interest=self.pk, what=self.what)

    @transaction.atomic
    def reopen(self, *, by: User) -> None:
        """A slip: open again. Raises TransitionRefused after ten minutes, or when another ended it."""
        mine = OpenInterest.objects.filter(pk=self.pk, ended_by=by, ended_at__gte=timezone.now() - REOPEN)
        again = {"stage": models.F("before_end"), "before_end": "", "ended_at": None, "ended_by": None, "lost_why": ""}
        if not mine.update(**again):
            raise TransitionRefused(gettext("Only who ended it opens it again, within ten minutes."))
        self.customer.record("interest.reopened", by=by, interest=self.pk, what=self.what)

    def _end(self, stage: "OpenInterest.Stage", *, by: User, lost_why: str = "") -> None:
        self._turn(stage=stage, before_end=models.F("stage"), ended_at=timezone.now(), ended_by=by, lost_why=lost_why)

    def _turn(self, **columns: object) -> None:
        if not OpenInterest.objects.open().filter(pk=self.pk).update(**columns):
            raise TransitionRefused(gettext("Somebody has ended this already."))


OPEN = (OpenInterest.Stage.WANTS, OpenInterest.Stage.TRIED, OpenInterest.Stage.OFFERED, OpenInterest.Stage.COMING)


def _check(worth: int | None, next_on: date | None) -> None:
    if worth is not None and not 0 <= worth <= MOST_WORTH:
        raise TransitionRefused(gettext("What it may be worth is a sum from nothing on."))
    today = timezone.localdate()
    if next_on is not None and not today <= next_on <= today + FARTHEST:
        raise TransitionRefused(gettext("Choose a day from today on, within two years."))

"""Somebody came to a store: who received, what was tried, what was said about it."""

import uuid
from datetime import timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commerce.models import Product
from customers.models import Customer
from scrm.kernel.nudges import nudge
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User

TAKE_BACK = timedelta(minutes=10)


class VisitQuerySet(models.QuerySet["Visit"]):
    def visible_to(self, user: User) -> Self:
        """Those in one's stores."""
        return self if user.sees_whole_brand else self.filter(store__in=user.store_ids)

    def open(self) -> Self:
        return self.filter(left_at=None)


class Visit(models.Model):
    """One visit of one recognised customer; open until the customer is seen off or the store closes."""

    class RecognisedBy(models.TextChoices):
        TAIL = "tail", _("Phone tail")
        PHONE = "phone", _("Full number")
        CODE = "code", _("Member code")
        QR = "qr", _("QR")
        NAME = "name", _("Name")
        ORDER = "order", _("Order number")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="visits", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="visits", db_index=False)
    received_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    recognised_by = models.CharField(max_length=6, choices=RecognisedBy, blank=True)
    arrived_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)
    mistaken = models.BooleanField(default=False)
    source = models.CharField(max_length=60, blank=True)
    source_ref = models.CharField(max_length=120, blank=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("visit"), _("visits")
        indexes = [
            models.Index(fields=["store", "-arrived_at"], name="visit_store"),
            models.Index(fields=["customer", "-arrived_at"], name="visit_customer"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["customer", "store"], condition=Q(left_at=None), name="visit_open_once"),
            models.UniqueConstraint(
                fields=["source", "source_ref"], condition=~Q(source_ref=""), name="visit_source_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} at {self.store_id} {self.arrived_at}"

    @transaction.atomic
    def hand_over_to(self, colleague: User, *, by: User, held_by: int | None, note: str) -> "Handover":
        """Pass the customer on, with what was said; who takes over is told at once.

        `held_by` is who served when the page was shown. Raises TransitionRefused when somebody else does by now,
        when the visit has ended, or without a note.
        """
        note = " ".join(note.split())[:300]
        if not note:
            raise TransitionRefused(gettext("Say in a few words what the customer told you."))
        if colleague.pk == held_by:
            raise TransitionRefused(gettext("This colleague is with the customer already."))
        standing = Visit.objects.open().filter(pk=self.pk, received_by=held_by)
        if not standing.update(received_by=colleague):
            raise TransitionRefused(gettext("Somebody else is with this customer by now, or the visit has ended."))
        made = Handover.objects.create(visit=self, handed_by=by, handed_to=colleague, note=note)
        self.customer.record(
            "visit.handed_over", by=by, channel="store", store=self.store_id, visit=self.pk, to=colleague.pk
        )
        nudge(f"user.{colleague.pk}", "serving")
        return made


class Handover(models.Model):
    """The fact that one associate passed a customer on to another within a visit, and what was said until then."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="handovers")
    handed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    handed_to = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    handed_at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=300)

    class Meta:
        verbose_name, verbose_name_plural = _("hand-over"), _("hand-overs")

    def __str__(self) -> str:
        return f"{self.visit_id} → {self.handed_to_id}"


class Trial(models.Model):
    """One piece tried on during a visit, and what came of it. May be taken back within ten minutes by who wrote it."""

    class Result(models.TextChoices):
        BOUGHT = "bought", _("Bought")
        KEPT = "kept", _("Put aside")
        REFUSED = "refused", _("Refused")

    class Why(models.TextChoices):
        TIGHT = "tight", _("Too tight")
        LENGTH = "length", _("Length")
        COLOUR = "colour", _("Colour")
        PRICE = "price", _("Price")
        FABRIC = "fabric", _("Fabric")

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="trials")
    product = models.ForeignKey(Product, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    sku = models.CharField(max_length=60, blank=True)
    size = models.CharField(max_length=40, blank=True, default="", db_default="")
    result = models.CharField(max_length=8, choices=Result)
    why = models.CharField(max_length=7, choices=Why, blank=True, default="", db_default="")
    reason = models.CharField(max_length=200, blank=True)
    logged_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    logged_at = models.DateTimeField(null=True)
    key = models.UUIDField(null=True, unique=True)
    fact = models.BigIntegerField(null=True)  # what the fitting taught us; a fact goes its own ways
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("try-on"), _("try-ons")
        constraints = [
            models.CheckConstraint(condition=Q(why="") | Q(result="refused"), name="trial_why_of_refused"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.result}"

    @property
    def may_be_taken_back(self) -> bool:
        recent = self.logged_at is not None and self.logged_at >= timezone.now() - TAKE_BACK
        return recent and self.taken_back_at is None

    @property
    def because(self) -> str:
        """Why it was not taken, in one line."""
        return " · ".join(part for part in (self.get_why_display() if self.why else "", self.reason) if part)

    @classmethod
    @transaction.atomic
    def log(
        cls, visit: Visit, product: Product, result: str, *, by: User, key: uuid.UUID, why: str = "", reason: str = "",
        size: str = "",
    ) -> tuple["Trial", bool]:  # fmt: skip
        """Write one piece down: (the row, whether it is new). The same key again is the same row.

        Raises TransitionRefused when the visit has ended, or a refusal says nothing of why.
        """
        held = Visit.objects.select_for_update(no_key=True).get(pk=visit.pk)
        if (known := cls.objects.filter(visit=visit, key=key).first()) is not None:
            return known, False
        if held.left_at is not None:
            raise TransitionRefused(gettext("This visit has already ended."))
        why, reason = (why, " ".join(reason.split())[:200]) if result == cls.Result.REFUSED else ("", "")
        if result == cls.Result.REFUSED and not (why or reason):
            raise TransitionRefused(gettext("Say why it was not taken: one tap, or a few words."))
        made = cls.objects.create(
            visit=visit, product=product, sku=product.code, size=size or product.size, result=result, why=why,
            reason=reason, logged_by=by, logged_at=timezone.now(), key=key,
        )  # fmt: skip
        visit.customer.record(
            "trial.noted", by=by, channel="store", store=visit.store_id, visit=visit.pk, trial=made.pk,
            piece=dict(product.name), size=made.size, result=result, why=why,
        )  # fmt: skip
        return made, True

    @transaction.atomic
    def take_back(self, *, by: User) -> None:
        """A slip. Raises TransitionRefused after ten minutes, for another's, or a second time."""
        now = timezone.now()
        mine = Trial.objects.filter(pk=self.pk, logged_by=by, logged_at__gte=now - TAKE_BACK, taken_back_at=None)
        if not mine.update(taken_back_at=now):
            raise TransitionRefused(gettext("Only who wrote it takes it back, within ten minutes."))
        visit = self.visit
        visit.customer.record("trial.taken_back", by=by, channel="store", store=visit.store_id, trial=self.pk)

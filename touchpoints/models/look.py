"""Looks laid out for one customer: a board with its link, and what was answered to it."""

import secrets
from datetime import timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commerce.models import Product
from customers.models import Customer, Fact, Scene, Task
from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit
from touchpoints.ingredients import avoided, holds
from touchpoints.models.channel import hook_digest

MOST = 12
LIVES = timedelta(days=30)
TITLE, NOTE, WORDS = 80, 400, 300


class LookBoardQuerySet(models.QuerySet["LookBoard"]):
    def visible_to(self, user: User) -> Self:
        if not user.may("look.make"):
            return self.none()
        return self.filter(Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))))


class LookBoard(models.Model):
    """Pieces laid out for one customer.

    Moves: draft → shared (`share`) → answered (`answer`, as often as the customer likes); shared or answered → draft
    (`take_back`, the links end); each of them → closed (`close`). What a customer saved in the shop begins as answered.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Being made")
        SHARED = "shared", _("With the customer")
        ANSWERED = "answered", _("Answered")
        CLOSED = "closed", _("Closed")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="look_boards", db_index=False)
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="look_boards", db_index=False)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(max_length=60)
    source_ref = models.CharField(max_length=160)
    title = models.CharField(max_length=TITLE)
    scene = models.ForeignKey(Scene, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    note = models.CharField(max_length=NOTE, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    words = models.CharField(max_length=WORDS, blank=True)  # what the customer wrote
    task = models.ForeignKey(Task, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)
    wanted_at = models.DateTimeField(null=True)  # “I would like to try these on”
    closed_at = models.DateTimeField(null=True)

    objects = LookBoardQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("look board"), _("look boards")
        indexes = [
            models.Index(fields=["owner", "-changed_at", "-id"], name="look_owner"),
            models.Index(fields=["-changed_at", "-id"], name="look_changed"),
            models.Index(fields=["customer", "-changed_at"], name="look_customer"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "source_ref"], name="look_once"),
            models.CheckConstraint(condition=~Q(title=""), name="look_has_a_title"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | (~Q(state="closed") & Q(closed_at=None)),
                name="look_closed_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @classmethod
    @transaction.atomic
    def begin(
        cls, customer: Customer, title: str, *, by: User, key: str, scene: Scene | None = None, note: str = ""
    ) -> "LookBoard":  # fmt: skip
        """A new board, once per key. Raises TransitionRefused without a title or for a closed record."""
        title = " ".join(title.split())[:TITLE]
        if not title:
            raise TransitionRefused(gettext("Give the board a title."))
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        mark = f"{by.pk}:{customer.pk}:{key}"
        made, _new = cls.objects.get_or_create(
            source="staff", source_ref=mark,
            defaults={"customer": held, "owner": by, "made_by": by, "title": title, "scene": scene,
                      "note": note.strip()[:NOTE]},
        )  # fmt: skip
        return made

    @transaction.atomic
    def describe(self, *, title: str, scene: Scene | None, note: str) -> None:
        """Other words. Raises TransitionRefused without a title, or for a closed one."""
        title = " ".join(title.split())[:TITLE]
        if not title:
            raise TransitionRefused(gettext("Give the board a title."))
        open_one = LookBoard.objects.filter(pk=self.pk).exclude(state=self.State.CLOSED)
        if not open_one.update(title=title, scene=scene, note=note.strip()[:NOTE], changed_at=timezone.now()):
            raise TransitionRefused(gettext("This board is closed."))

    @transaction.atomic
    def share(self, *, by: User) -> str:
        """The token of a new link, readable this once; a draft is shared by it, older links go on.

        Raises TransitionRefused for an empty or closed board, or while a piece holds what the customer must not have.
        """
        held = self.hold()
        if held.state == self.State.CLOSED:
            raise TransitionRefused(gettext("This board is closed."))
        if not held.items.filter(removed_at=None).exists():
            raise TransitionRefused(gettext("Put a piece on the board first."))
        if unsafe := held.unsafe():
            names = "、".join(str(product) for product in unsafe)
            raise TransitionRefused(gettext("Take off first what this customer must not have: %(names)s") % {
                "names": names})  # fmt: skip
        if LookBoard.objects.filter(pk=self.pk, state=self.State.DRAFT).update(
            state=self.State.SHARED, changed_at=timezone.now()
        ):
            held.customer.record("look.shared", by=by, board=self.pk, title=held.title)
        audit("look.link_made", by=by, of=held.customer, board=self.pk)
        return LookLink.make(held, by=by)

    def unsafe(self) -> list[Product]:
        """The pieces on it that hold something the customer told us to keep away."""
        facts = Fact.objects.live().filter(customer=self.customer_id, concern=Fact.Concern.SAFETY)
        avoid = avoided(facts)
        rows = self.items.filter(removed_at=None).select_related("product") if avoid else []
        return [row.product for row in rows if holds(row.product, avoid)]

    @transaction.atomic
    def take_back(self, *, by: User) -> None:
        """Links and a wish to try on end, it may be changed again. Raises TransitionRefused for one not shared."""
        held = self.hold()
        shared = LookBoard.objects.filter(pk=self.pk, state__in=(self.State.SHARED, self.State.ANSWERED))
        if not shared.update(state=self.State.DRAFT, changed_at=timezone.now(), wanted_at=None):
            raise TransitionRefused(gettext("This board is not with the customer."))
        LookLink.objects.filter(board=self.pk, ended_at=None).update(ended_at=timezone.now())
        held.customer.record("look.taken_back", by=by, board=self.pk, title=held.title)

    @transaction.atomic
    def close(self, *, by: User | None) -> None:
        """It is over: the links end. Raises TransitionRefused the second time."""
        held, now = self.hold(), timezone.now()
        open_one = LookBoard.objects.filter(pk=self.pk).exclude(state=self.State.CLOSED)
        if not open_one.update(state=self.State.CLOSED, closed_at=now, changed_at=now):
            raise TransitionRefused(gettext("This board is closed."))
        LookLink.objects.filter(board=self.pk, ended_at=None).update(ended_at=now)
        held.customer.record("look.closed", by=by, board=self.pk, title=held.title)

    def hold(self) -> "LookBoard":
        """The row, locked after its customer, as a merge locks them. In a transaction."""
        Customer.objects.holder_of(self.customer_id)
        return LookBoard.objects.select_for_update(no_key=True, of=("self",)).select_related("customer").get(pk=self.pk)


class LookLink(models.Model):
    """A link to one board: 192 random bits of which only the digest is kept."""

    board = models.ForeignKey(LookBoard, on_delete=models.CASCADE, related_name="links")
    digest = models.BinaryField(max_length=32, unique=True)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("link to a look board"), _("links to look boards")

    def __str__(self) -> str:
        return f"{self.board_id} {self.until:%Y-%m-%d}"

    @classmethod
    def make(cls, board: LookBoard, *, by: User | None) -> str:
        token = secrets.token_urlsafe(24)
        cls.objects.create(board=board, digest=hook_digest(token), made_by=by, until=timezone.now() + LIVES)
        return token

    @classmethod
    def opening(cls, token: str) -> "LookLink | None":
        """The living link of a token; wrong, old, ended and shortened ones look the same: nothing."""
        if not 20 <= len(token) <= 64:
            return None
        rows = cls.objects.select_related("board__customer", "board__owner", "board__scene")
        return rows.filter(
            digest=hook_digest(token), ended_at=None, until__gt=timezone.now(),
            board__state__in=(LookBoard.State.SHARED, LookBoard.State.ANSWERED), board__customer__erased_at=None,
        ).first()  # fmt: skip

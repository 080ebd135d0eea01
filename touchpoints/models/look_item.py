"""One piece on a board of looks: its place, a word to it, what the customer said of it."""

from typing import Self

from django.db import IntegrityError, models, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commerce.models import Product
from scrm.kernel.refusals import TransitionRefused
from touchpoints.models.look import MOST, LookBoard

WORD = 60


class LookItemQuerySet(models.QuerySet["LookItem"]):
    def on(self) -> Self:
        return self.filter(removed_at=None)


class LookItem(models.Model):
    """Changed only while its board is a draft; taken off it stays as a fact and may come back."""

    class Said(models.TextChoices):
        LIKE = "like", _("Would like it")
        PASS = "pass", _("Not for me")

    board = models.ForeignKey(LookBoard, on_delete=models.CASCADE, related_name="items", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField()
    word = models.CharField(max_length=WORD, blank=True)
    said = models.CharField(max_length=4, choices=Said, blank=True)
    said_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects = LookItemQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("piece of a look board"), _("pieces of look boards")
        indexes = [models.Index(fields=["board", "place", "id"], name="look_item_board")]
        constraints = [
            models.UniqueConstraint(fields=["board", "product"], condition=Q(removed_at=None), name="look_item_once"),
        ]

    def __str__(self) -> str:
        return f"{self.board_id} {self.product_id}"

    @classmethod
    @transaction.atomic
    def add(cls, board: LookBoard, product: Product, *, word: str = "") -> "LookItem":
        """Put a piece at the end; one that stands there stays. Raises TransitionRefused beyond twelve."""
        held = _draft(board)
        if (known := cls.objects.on().filter(board=held, product=product).first()) is not None:
            return known
        return cls.objects.create(board=held, product=product, word=_tidy(word), place=cls._next_place(held))

    @classmethod
    def _next_place(cls, board: LookBoard) -> int:
        on = cls.objects.on().filter(board=board)
        if on.count() >= MOST:
            raise TransitionRefused(gettext("A board has twelve pieces at most."))
        return int(on.aggregate(last=Max("place"))["last"] or 0) + 1

    @transaction.atomic
    def remove(self) -> None:
        """Take it off. A second time changes nothing."""
        _draft(self.board)
        LookItem.objects.on().filter(pk=self.pk).update(removed_at=timezone.now())

    @transaction.atomic
    def put_back(self) -> None:
        """A slip: back at the end. Raises TransitionRefused when the board is full or has the piece again."""
        held = _draft(self.board)
        if LookItem.objects.on().filter(pk=self.pk).exists():
            return
        place = self._next_place(held)
        try:
            with transaction.atomic():
                LookItem.objects.filter(pk=self.pk).update(removed_at=None, place=place)
        except IntegrityError as error:
            raise TransitionRefused(gettext("This piece is on the board already.")) from error

    @transaction.atomic
    def move(self, *, by: int) -> None:
        """One place up (-1) or down (1); at the edge it stays."""
        rows = list(LookItem.objects.on().filter(board=_draft(self.board)).order_by("place", "pk"))
        at = next((number for number, one in enumerate(rows) if one.pk == self.pk), None)
        if at is None or not 0 <= at + by < len(rows):
            return
        rows[at], rows[at + by] = rows[at + by], rows[at]
        for place, one in enumerate(rows, start=1):
            one.place = place
        LookItem.objects.bulk_update(rows, ["place"])

    @transaction.atomic
    def say(self, word: str) -> None:
        """The word to it, such as “with the black tote”."""
        _draft(self.board)
        LookItem.objects.filter(pk=self.pk).update(word=_tidy(word))


def _tidy(word: str) -> str:
    return " ".join(word.split())[:WORD]


def _draft(board: LookBoard) -> LookBoard:
    """The board, held; raises TransitionRefused once it is with the customer."""
    held = board.hold()
    if held.state != LookBoard.State.DRAFT:
        raise TransitionRefused(gettext("The customer has this board: take it back first, then change it."))
    LookBoard.objects.filter(pk=held.pk).update(changed_at=timezone.now())
    return held

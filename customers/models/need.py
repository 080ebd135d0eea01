"""What customers need, heard in passing, with the scene it lives in: two taps at the counter, a report on Monday."""

from datetime import timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import Store, User

TAKE_BACK = timedelta(minutes=10)
PRESSED_TWICE = timedelta(seconds=10)


class Scene(models.Model):
    """The situation a need lives in: a gift, a trip, a dinner after overtime. One tap on the page."""

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField(_("name"))
    place = models.PositiveSmallIntegerField(_("place"), default=50)
    used = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("scene"), _("scenes")
        ordering = ["place", "code"]

    def __str__(self) -> str:
        return str(self.name) or self.code


class NeedKind(models.Model):
    """A need heard often enough to be one tap."""

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField(_("name"))
    place = models.PositiveSmallIntegerField(_("place"), default=50)
    used = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("kind of need"), _("kinds of needs")
        ordering = ["place", "code"]

    def __str__(self) -> str:
        return str(self.name) or self.code


class NeedLog(models.Model):
    """One need of one customer as it was heard. Moves: open → met or not met, and between the two."""

    class Met(models.TextChoices):
        OPEN = "open", _("Open")
        MET = "met", _("Met")
        UNMET = "unmet", _("Not met")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="needs", db_index=False)
    kind = models.ForeignKey(NeedKind, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    words = models.CharField(max_length=300, blank=True)
    scene = models.ForeignKey(Scene, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    met = models.CharField(max_length=5, choices=Met, default=Met.OPEN)
    met_at = models.DateTimeField(null=True)
    heard_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField(default=timezone.now)
    taken_back_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("need"), _("needs")
        indexes = [
            models.Index(fields=["customer", "-at"], name="need_customer"),
            models.Index(fields=["store", "-at"], name="need_store"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__isnull=False) | ~Q(words=""), name="need_says_something"),
        ]

    def __str__(self) -> str:
        return self.words or str(self.kind)

    @property
    def may_be_taken_back(self) -> bool:
        return self.taken_back_at is None and self.at >= timezone.now() - TAKE_BACK

    @classmethod
    @transaction.atomic
    def hear(
        cls, customer: Customer, *, by: User | None, kind: NeedKind | None = None, scene: Scene | None = None,
        words: str = "", channel: str = "", store: Store | None = None,
    ) -> "NeedLog":  # fmt: skip
        """Write a need down. Raises TransitionRefused for none, or for a closed record."""
        words = " ".join(words.split())[:300]
        if kind is None and not words:
            raise TransitionRefused(gettext("Choose a need, or write it in a few words."))
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        pressed = cls.objects.filter(
            customer=customer, kind=kind, scene=scene, words=words, heard_by=by, taken_back_at=None,
            at__gt=timezone.now() - PRESSED_TWICE,
        ).first()  # fmt: skip
        if pressed is not None:
            return pressed
        made = cls.objects.create(
            customer=customer, kind=kind, scene=scene, words=words, heard_by=by, channel=channel, store=store
        )
        customer.record(
            "need.heard", by=by, channel=channel, store=store.pk if store else None, need=made.pk,
            kind_name=dict(kind.name) if kind else {}, scene_name=dict(scene.name) if scene else {},
        )  # fmt: skip
        return made

    @transaction.atomic
    def settle(self, met: str, *, by: User) -> None:
        """Whether it could be met. Raises TransitionRefused when it stands so already or was taken back."""
        still = NeedLog.objects.filter(pk=self.pk, taken_back_at=None).exclude(met=met)
        if met not in (self.Met.MET, self.Met.UNMET) or not still.update(met=met, met_at=timezone.now()):
            raise TransitionRefused(gettext("It stands like that already."))
        self.met = met
        self.customer.record("need.met" if met == self.Met.MET else "need.unmet", by=by, need=self.pk)

    @transaction.atomic
    def take_back(self, *, by: User | None) -> None:
        """A slip. Raises TransitionRefused after ten minutes or for what another wrote."""
        recent = timezone.now() - TAKE_BACK
        mine = NeedLog.objects.filter(pk=self.pk, heard_by=by, at__gte=recent, taken_back_at=None)
        if not mine.update(taken_back_at=timezone.now()):
            raise TransitionRefused(gettext("Only who wrote it takes it back, within ten minutes."))
        self.customer.record("need.taken_back", by=by, need=self.pk)

"""New goods that some customers see first: from when, for whom, and who was told."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from journeys.models.outlook import WORDS
from journeys.models.package import HeldPackage, ServicePackage
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import Words, WordsField
from staff.models import User

TAKE_BACK = timedelta(minutes=10)


class ReleaseQuerySet(models.QuerySet["Release"]):
    def ahead(self) -> Self:
        """Open to the chosen ones now, and not to everybody yet."""
        now = timezone.now()
        return self.filter(called_off_at=None, early_at__lte=now, opens_at__gt=now)


class Release(models.Model):
    """Goods that come on a day; who holds the package hears of them from `early_at` on. standing → called off."""

    name = WordsField(_("name"))
    products = models.JSONField(default=list)  # codes, as on the shelf
    package = models.ForeignKey(ServicePackage, on_delete=models.PROTECT, related_name="releases", db_index=False)
    early_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    called_off_at = models.DateTimeField(null=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("new goods"), _("new goods")
        ordering = ["-opens_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(opens_at__gt=F("early_at")), name="release_early_before_open"),
        ]
        indexes = [models.Index(fields=["opens_at"], name="release_opens", condition=Q(called_off_at=None))]

    def __str__(self) -> str:
        return str(self.name)

    @classmethod
    def announce(
        cls, name: Words, products: list[str], package: ServicePackage, *, opens_at: datetime, hours: int,
        by: User | None,
    ) -> "Release":  # fmt: skip
        """Holders of the package see it so many hours before everybody else."""
        return cls.objects.create(name=name, products=products, package=package, opens_at=opens_at,
                                  early_at=opens_at - timedelta(hours=hours), made_by=by)  # fmt: skip

    def first_ones(self) -> models.QuerySet[Customer]:
        """Who sees them first: holders of the package today."""
        held = HeldPackage.objects.standing().filter(customer=OuterRef("pk"), package=self.package_id)
        held = held.filter(Q(until=None) | Q(until__gt=timezone.now()))
        return Customer.objects.living().filter(Exists(held))

    def call_off(self) -> None:
        """Raises TransitionRefused the second time."""
        if not Release.objects.filter(pk=self.pk, called_off_at=None).update(called_off_at=timezone.now()):
            raise TransitionRefused(gettext("This is over already."))


class EarlyWord(models.Model):
    """That one customer was told of new goods, and what came of it. Once; taken back within ten minutes it is gone."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="words", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="early_words", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    said = models.CharField(max_length=WORDS, blank=True)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("word on new goods"), _("words on new goods")
        constraints = [
            models.UniqueConstraint(
                "release", "customer", models.functions.Coalesce("came_as", 0), name="early_word_once"
            ),
        ]
        indexes = [models.Index(fields=["customer", "-at"], name="early_word_customer")]

    def __str__(self) -> str:
        return f"{self.release_id}: {self.customer_id}"

    @classmethod
    @transaction.atomic
    def tell(cls, release: Release, customer: Customer, *, by: User, said: str = "") -> "EarlyWord":
        """Raises TransitionRefused outside the days ahead, or for who does not see them first. Twice is once."""
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        known = cls.objects.filter(release=release, customer=held).first()
        if known is not None:
            return known
        if not Release.objects.ahead().filter(pk=release.pk).exists():
            raise TransitionRefused(gettext("These goods are not ahead of everybody any more."))
        if not release.first_ones().filter(pk=held.pk).exists():
            raise TransitionRefused(gettext("This customer does not see them first."))
        made = cls.objects.create(release=release, customer=held, by=by, said=" ".join(said.split())[:WORDS])
        held.record("release.told", by=by, name=dict(release.name), said=made.said)
        return made

    @transaction.atomic
    def take_back(self, *, by: User) -> None:
        """A slip. Raises TransitionRefused after ten minutes, or for somebody else's."""
        gone, _rows = EarlyWord.objects.filter(pk=self.pk, by=by, at__gte=timezone.now() - TAKE_BACK).delete()
        if not gone:
            raise TransitionRefused(gettext("Only who wrote it takes it back, within ten minutes."))
        self.customer.record("release.taken_back", by=by, name=dict(self.release.name))

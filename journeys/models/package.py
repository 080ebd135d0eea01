"""Service packages: what a kind of customer is given, as versions that never change once they run."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from journeys.models.outlook import WORDS
from scrm.kernel.words import Words, WordsField
from staff.models import User

YEAR = timedelta(days=365)
TERMS = ("first", "onsite", "end", "boost")


class Scene(models.TextChoices):
    BUYING = "buying", _("Buying")
    AFTER = "after", _("After the sale")
    MEMBER = "member", _("Member life")


class Benefit(models.TextChoices):
    ADVISOR = "advisor", _("Advisor")
    COUPON = "coupon", _("Coupon")
    SAMPLE = "sample", _("Sample")
    CONTENT = "content", _("Guide or film")
    SLOT = "slot", _("Delivery or visit slot")
    SERVICE = "service", _("Service")


class ServicePackage(models.Model):
    """One package. draft → live (a version is published) → live with a later version; live → retired → live.

    `version` is the number that runs, 0 for none.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("In use")
        RETIRED = "retired", _("Out of use")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField(_("name"))
    state = models.CharField(max_length=7, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("service package"), _("service packages")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="draft", version=0) | (~Q(state="draft") & Q(version__gt=0)),
                name="package_live_has_a_version",
            ),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code

    @property
    def running(self) -> "PackageVersion | None":
        return self.versions.filter(number=self.version).first()

    @property
    def draft(self) -> "PackageVersion | None":
        return self.versions.filter(state=PackageVersion.State.DRAFT).first()


class PackageVersion(models.Model):
    """Lines, promised terms and cells as they run; once published a row never changes (a trigger keeps it).

    A line: {"key", "scene", "kind", "words" in three languages, "quota" a year or null, "minutes" of a colleague}.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Runs")
        PAST = "past", _("Past")

    package = models.ForeignKey(ServicePackage, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=5, choices=State, default=State.DRAFT)
    lines = models.JSONField(default=list)
    terms = models.JSONField(default=dict)  # of TERMS: minutes, and points ahead in the queue
    cells = models.JSONField(default=list)  # “high.personal”
    note = models.CharField(max_length=WORDS, blank=True)
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    published_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("version of a package"), _("versions of packages")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["package", "number"], name="package_version_once"),
            models.UniqueConstraint(fields=["package"], condition=Q(state="draft"), name="package_one_draft"),
            models.UniqueConstraint(fields=["package"], condition=Q(state="live"), name="package_one_runs"),
            models.CheckConstraint(
                condition=Q(state="draft", published_at=None) | (~Q(state="draft") & Q(published_at__isnull=False)),
                name="package_published_has_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.package_id} · {self.number}"

    def line(self, key: str) -> dict[str, Any] | None:
        return next((line for line in self.lines if line["key"] == key), None)

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The lines with their words in the reader's language."""
        return [line | {"says": str(Words(line["words"])), "scene_says": Scene(line["scene"]).label,
                        "kind_says": Benefit(line["kind"]).label} for line in self.lines]  # fmt: skip


class PackageCell(models.Model):
    """Which running package a cell of value × need gets: one at most."""

    cell = models.CharField(max_length=16, primary_key=True)
    package = models.ForeignKey(ServicePackage, on_delete=models.PROTECT, related_name="cells")

    class Meta:
        verbose_name, verbose_name_plural = _("package of a cell"), _("packages of cells")

    def __str__(self) -> str:
        return f"{self.cell}: {self.package_id}"


class HeldPackageQuerySet(models.QuerySet["HeldPackage"]):
    def standing(self) -> Self:
        return self.filter(ended_at=None)

    def visible_to(self, user: User) -> Self:
        return self.filter(Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))))


class HeldPackage(models.Model):
    """That a customer has a package, in the version of the day it was given, and why."""

    class Source(models.TextChoices):
        HAND = "hand", _("given by hand")
        GRID = "grid", _("by value and need")
        PILOT = "pilot", _("in a pilot")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="packages", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another
    package = models.ForeignKey(ServicePackage, on_delete=models.PROTECT, related_name="holders", db_index=False)
    version = models.ForeignKey(PackageVersion, on_delete=models.PROTECT, related_name="holders", db_index=False)
    source = models.CharField(max_length=5, choices=Source)
    why = models.CharField(max_length=WORDS)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    objects = HeldPackageQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("package held"), _("packages held")
        constraints = [
            # Two records joined may each bring the same package: both stand until one is ended.
            models.UniqueConstraint(
                "customer", "package", models.functions.Coalesce("came_as", 0), condition=Q(ended_at=None),
                name="held_package_once",
            ),
            models.CheckConstraint(condition=~Q(why=""), name="held_package_says_why"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["package", "-id"], name="held_package_people", condition=Q(ended_at=None)),
            models.Index(fields=["customer", "-id"], name="held_package_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.package_id}"

    @property
    def year_from(self) -> Any:
        """When the running year of this holding began: quotas count from there."""
        return self.since + YEAR * max(0, (timezone.now() - self.since) // YEAR)

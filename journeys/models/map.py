"""A journey map: stages in order, places in each, how each feels, what hurts and delights there."""

from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import User
from touchpoints.models.touchpoint import Stage

UNDO = timedelta(minutes=10)
MOST_NOTES = 40


class Overtaken(TransitionRefused):
    """Somebody else changed the place since it was read; both are kept for the reader to choose from."""


class JourneyMap(models.Model):
    """One map. In use → out of use → in use."""

    class Trade(models.TextChoices):
        APPAREL = "apparel", _("Clothes and shoes")
        COFFEE = "coffee", _("Coffee and food")
        APPLIANCE = "appliance", _("Appliances and service")
        BUSINESS = "business", _("Business customers")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField(_("name"))
    trade = models.CharField(max_length=9, choices=Trade)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("journey map"), _("journey maps")
        ordering = ["pk"]

    def __str__(self) -> str:
        return str(self.name) or self.code


class MapStage(models.Model):
    """One stage of one map in the words of its trade; `kind` is what every trade shares."""

    map = models.ForeignKey(JourneyMap, on_delete=models.CASCADE, related_name="stages", db_index=False)
    kind = models.CharField(max_length=6, choices=Stage)
    place = models.PositiveSmallIntegerField()
    name = WordsField()
    doing = WordsField()

    class Meta:
        verbose_name, verbose_name_plural = _("stage of a map"), _("stages of maps")
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["map", "place"], name="map_stage_once")]

    def __str__(self) -> str:
        return str(self.name)


class MapPoint(models.Model):
    """One place in a stage: the touchpoints and topics it is measured by, and how it feels in tenths, −10 to 10.

    Every change counts `version` up by a conditional UPDATE: of two editors the slower one is told.
    """

    stage = models.ForeignKey(MapStage, on_delete=models.CASCADE, related_name="points")
    place = models.PositiveSmallIntegerField()
    name = WordsField()
    touchpoints = models.JSONField(default=list, blank=True)  # their codes
    topics = models.JSONField(default=list, blank=True)  # their codes
    feeling = models.SmallIntegerField(null=True)
    felt_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    felt_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name, verbose_name_plural = _("place of a map"), _("places of maps")
        ordering = ["place", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(feeling=None) | Q(feeling__range=(-10, 10)), name="map_feeling_range"),
            models.CheckConstraint(condition=Q(feeling=None) | Q(felt_at__isnull=False), name="map_feeling_has_a_day"),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @transaction.atomic
    def feel(self, tenths: int, *, by: User | None, version: int, at: datetime | None = None) -> None:
        """Set how it feels. Raises Overtaken for an older version, TransitionRefused outside −1 to 1."""
        if not -10 <= tenths <= 10:
            raise TransitionRefused(gettext("A feeling lies between −1 and 1."))
        before = {"feeling": self.feeling, "by": self.felt_by_id, "at": self.felt_at and self.felt_at.isoformat()}
        at = at or timezone.now()
        self._step(version, feeling=tenths, felt_by=by, felt_at=at)
        self._keep(MapChange.What.FEELING, by, before=before, after={"feeling": tenths})

    @transaction.atomic
    def measure(self, touchpoints: list[str], topics: list[str], *, by: User | None, version: int) -> None:
        """Say which touchpoints and topics it is measured by. Raises Overtaken for an older version."""
        before = {"touchpoints": self.touchpoints, "topics": self.topics}
        self._step(version, touchpoints=touchpoints, topics=topics)
        self._keep(MapChange.What.MEASURE, by, before=before, after={"touchpoints": touchpoints, "topics": topics})

    @transaction.atomic
    def note(self, kind: str, words: str, *, by: User | None, verbatim: bool, version: int) -> "MapNote":
        """Add a pain or a delight. Raises Overtaken, or TransitionRefused without words or beyond forty."""
        words = " ".join(words.split())[:300]
        if kind not in MapNote.Kind.values or not words:
            raise TransitionRefused(gettext("Write the pain or delight in a few words."))
        self._step(version)
        if self.notes.filter(removed_at=None).count() >= MOST_NOTES:
            raise TransitionRefused(gettext("A place holds forty pains and delights at most."))
        made = MapNote.objects.create(point=self, kind=kind, words=words, verbatim=verbatim, by=by)
        self._keep(MapChange.What.ADDED, by, note=made)
        return made

    @transaction.atomic
    def drop(self, note: "MapNote", *, by: User, version: int) -> None:
        """Take a pain or delight out; the row stays. Raises Overtaken, or TransitionRefused the second time."""
        self._step(version)
        if not self.notes.filter(pk=note.pk, removed_at=None).update(removed_at=timezone.now(), removed_by=by):
            raise TransitionRefused(gettext("It is not on the map any more."))
        self._keep(MapChange.What.REMOVED, by, note=note)

    def _step(self, version: int, **values: Any) -> None:
        if not MapPoint.objects.filter(pk=self.pk, version=version).update(version=F("version") + 1, **values):
            raise Overtaken(gettext("Somebody was faster: this place has changed since you opened it."))
        self.version = version + 1
        for name, value in values.items():
            setattr(self, name, value)

    def _keep(self, what: str, by: User | None, **told: Any) -> None:
        MapChange.objects.create(point=self, what=what, by=by, version=self.version, **told)


class MapNote(models.Model):
    """A pain or a delight, in a customer's own words or a colleague's."""

    class Kind(models.TextChoices):
        PAIN = "pain", _("Pain")
        DELIGHT = "delight", _("Delight")

    point = models.ForeignKey(MapPoint, on_delete=models.CASCADE, related_name="notes")
    kind = models.CharField(max_length=7, choices=Kind)
    words = models.CharField(max_length=300)
    verbatim = models.BooleanField(default=False)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name, verbose_name_plural = _("pain or delight"), _("pains and delights")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(words=""), name="map_note_says_something")]

    def __str__(self) -> str:
        return self.words


class MapChange(models.Model):
    """One change of one place, with what stood before: it is undone while nothing came after."""

    class What(models.TextChoices):
        FEELING = "feeling", _("Feeling set")
        MEASURE = "measure", _("Measured otherwise")
        ADDED = "added", _("Pain or delight added")
        REMOVED = "removed", _("Pain or delight taken out")
        UNDONE = "undone", _("Undone")

    point = models.ForeignKey(MapPoint, on_delete=models.CASCADE, related_name="changes")
    what = models.CharField(max_length=7, choices=What)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    note = models.ForeignKey(MapNote, null=True, on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()  # the point's after it
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("change of a map"), _("changes of maps")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["point", "version"], name="map_change_once")]

    def __str__(self) -> str:
        return f"{self.point_id}: {self.what}"


class MapFigure(models.Model):
    """A number the maps show, counted in the background: “topic.returns”, “stage.buy”, “step.first”."""

    name = models.CharField(max_length=60, primary_key=True)
    number = models.BigIntegerField()
    reckoned_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("figure of the maps"), _("figures of the maps")

    def __str__(self) -> str:
        return f"{self.name}: {self.number}"

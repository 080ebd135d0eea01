"""What cases are about, and how the brand calls the states they stand in."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from scrm.kernel.words import WordsField
from staff.models import Team


class Urgency(models.IntegerChoices):
    LOW = 1, _("can wait")
    NORMAL = 2, _("ordinary")
    HIGH = 3, _("pressing")
    CRITICAL = 4, _("at once")


class Risk(models.TextChoices):
    NONE = "", _("none")
    SAFETY = "safety", _("Safety")
    LEGAL = "legal", _("Legal")


class State(models.TextChoices):
    """The fixed categories; what a brand calls them is free (`Status`)."""

    NEW = "new", _("New")
    OPEN = "open", _("In work")
    WAITING = "waiting", _("Waits for the customer")
    HELD = "held", _("Waits for something else")
    RESOLVED = "resolved", _("All done")
    CLOSED = "closed", _("Closed")
    MERGED = "merged", _("Joined to another")


LIVE = (State.NEW, State.OPEN, State.WAITING, State.HELD)
OURS = (State.NEW, State.OPEN)  # the ball is with us: clocks run


class Topic(models.Model):
    """One matter cases are sorted by: how pressing it is, whose desk, which words point to it."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField(_("name"))
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, default=Urgency.NORMAL)
    risk = models.CharField(_("risk"), max_length=6, choices=Risk, default=Risk.NONE, blank=True)
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    hints = models.JSONField(
        _("words that point to it"), default=list, blank=True,
        help_text=_("A list of words; a first message that holds one is proposed this topic."),
    )  # fmt: skip
    place = models.PositiveSmallIntegerField(_("place"), default=50)
    used = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("topic of cases"), _("topics of cases")
        ordering = ["place", "code"]
        constraints = [models.CheckConstraint(condition=Q(urgency__range=(1, 4)), name="topic_urgency_known")]

    def __str__(self) -> str:
        return str(self.name) or self.code


class Status(models.Model):
    """The brand's own name for a state; several may share one category."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField(_("name"))
    state = models.CharField(_("category"), max_length=8, choices=State)
    place = models.PositiveSmallIntegerField(_("place"), default=50)
    used = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("status of cases"), _("statuses of cases")
        ordering = ["place", "code"]

    def __str__(self) -> str:
        return str(self.name) or self.code

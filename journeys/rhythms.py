"""Whom an advisor has not seen for longer than the rhythm kept with them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Task
from journeys.models import CareMark, ClientRhythm, LevelRhythm
from loyalty.models import LevelMembership
from touchpoints.models import Message, Visit


@dataclass(frozen=True)
class Kept:
    """Once in `days`, by the client's own rhythm or the level's; last seen `away` days ago."""

    days: int
    own: bool
    away: int
    seen: bool  # or only joined

    @property
    def is_due(self) -> bool:
        return self.away > self.days

    @property
    def why(self) -> str:
        since = (
            _("last in touch %(away)s days ago") if self.seen else _("not in touch in the %(away)s days since joining")
        )
        rhythm = _("every %(days)s days as agreed") if self.own else _("every %(days)s days by the level")
        return f"{since % {'away': self.away}} · {rhythm % {'days': self.days}}"


def with_rhythm(customers: QuerySet[Any]) -> QuerySet[Any]:
    """With how often each is to be seen, and when one of us last saw them or wrote: visit, care, step done, answer."""
    mine = {"customer": OuterRef("pk")}
    own = ClientRhythm.objects.filter(came_as=None, **mine)
    stands = LevelMembership.objects.filter(ended_on=None, **mine).order_by("-rank")
    of_level = LevelRhythm.objects.filter(level=OuterRef("stands_in"))
    visits = Visit.objects.filter(mistaken=False, **mine).order_by("-arrived_at")
    cares = CareMark.objects.filter(did=CareMark.Did.DONE, **mine).order_by("-at")
    steps = Task.objects.filter(state=Task.State.DONE, **mine).order_by("-ended_at")
    answers = Message.objects.filter(direction="out", author__isnull=False, **mine).order_by("-at")
    return customers.annotate(stands_in=_of(stands, "level")).annotate(
        own_rhythm=_of(own, "days"), level_rhythm=_of(of_level, "days"),
        last_seen=Greatest(_of(visits, "arrived_at"), _of(cares, "at"), _of(steps, "ended_at"),
                           _of(answers, "at")),
    )  # fmt: skip


def _of(rows: QuerySet[Any], column: str) -> Subquery:
    return Subquery(rows.values(column)[:1])


def kept_with(client: Any, today: date) -> Kept | None:
    """The rhythm of somebody found by `with_rhythm`; None without one."""
    days = client.own_rhythm or client.level_rhythm
    if not days:
        return None
    away = (today - timezone.localdate(client.last_seen or client.joined_at)).days
    return Kept(days, client.own_rhythm is not None, away, client.last_seen is not None)

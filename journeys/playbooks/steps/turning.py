"""Steps that move people and make nothing: wait, fork, out."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_time
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, Event, Segment, SegmentMember
from journeys.models import Enrolment, StepRun
from journeys.playbooks.steps.kind import Look, Outcome, Result, Step, StepKind, Walk
from journeys.playbooks.words import HEARABLE
from loyalty.models import Level
from loyalty.models.giving import levels_of
from scrm.kernel.segment_field import Number, OneOf, Several, Wrong, remembered

HOURS = [(f"{hour:02}:00", f"{hour}:00") for hour in range(24)]


def live_segments() -> list[tuple[str, Any]]:
    return [(segment.code, segment.name) for segment in Segment.objects.live().order_by("code")]


def levels() -> list[tuple[str, Any]]:
    return [(level.code, level.name) for level in Level.objects.filter(programme__code="main").order_by("rank")]


SEGMENTS, LEVELS = remembered(live_segments), remembered(levels)


class Wait(StepKind):
    name, words, icon, makes = "wait", gettext_lazy("Wait"), "hourglass", False
    slots = (
        Number("days", gettext_lazy("Days"), 7, 0, 730, "days"),
        Number("hours", gettext_lazy("Hours"), 0, 0, 23),
        OneOf("at", gettext_lazy("Then at this hour"), "", lambda: HOURS),
        Several("events", gettext_lazy("Or until the customer"), "", lambda: list(HEARABLE.items())),
    )
    optional = frozenset({"days", "hours", "at", "events"})

    def read(self, given: dict[str, Any]) -> Step:
        step = super().read(given)
        if not (step.get("days") or step.get("hours") or step.get("at")):
            raise Wrong(_("Say how long at most: days, hours, or until which hour."))
        return step

    def says(self, step: Step) -> str:
        days, hours, at = step.get("days", 0), step.get("hours", 0), step.get("at", "")
        parts = [self.shown(step, "days")] if days else []
        parts += [_("%(n)s h") % {"n": hours}] if hours else []
        span = " ".join(parts)
        if at and span:
            span = _("%(span)s, then until %(at)s") % {"span": span, "at": at}
        elif at:
            span = _("until %(at)s") % {"at": at}
        if step.get("events"):
            return _("Wait %(span)s, or until the customer %(events)s") % {
                "span": span, "events": self.shown(step, "events"),
            }  # fmt: skip
        return _("Wait %(span)s") % {"span": span}

    def small(self, step: Step) -> str:
        return _("Whichever comes first") if step.get("events") else ""

    @staticmethod
    def ends(step: Step, since: datetime) -> datetime:
        end = since + timedelta(days=step.get("days", 0), hours=step.get("hours", 0))
        if not step.get("at"):
            return end
        # The brand's own hour, whoever reads.
        local = timezone.localtime(end, timezone.get_default_timezone())
        hour = parse_time(step["at"])
        assert hour is not None
        then = local.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
        return then if then >= local else then + timedelta(days=1)

    def take(self, walk: Walk) -> Outcome:
        if walk.doing.get("heard"):
            return Outcome(Result.HEARD)
        begun = walk.doing.get("until")
        until = datetime.fromisoformat(begun) if begun else self.ends(walk.step, walk.now)
        if walk.now >= until:
            return Outcome(Result.OVER)
        return Outcome(until=until, awaits=tuple(walk.step.get("events", ())), doing={"until": until.isoformat()})

    def foresee(self, look: Look) -> None:
        until = self.ends(look.step, look.at)
        wanted = look.step.get("events", [])
        heard = min((at for kind, at in look.supposed if kind in wanted and look.at <= at <= until), default=None)
        look.heard = heard is not None
        look.say(self.icon, self.says(look.step))
        look.at = heard or until


class Fork(StepKind):
    name, words, icon, makes = "fork", gettext_lazy("Two ways"), "arrows-split-2", False
    slots = (
        OneOf("by", gettext_lazy("By what"), "heard", lambda: [
            ("heard", gettext_lazy("what was waited for happened")), ("segment", gettext_lazy("is in a segment")),
            ("level", gettext_lazy("is in a level")), ("did", gettext_lazy("did something since coming in")),
            ("random", gettext_lazy("by chance")),
        ]),
        OneOf("segment", gettext_lazy("Segment"), "", SEGMENTS),
        Several("levels", gettext_lazy("Levels"), "", LEVELS),
        Several("events", gettext_lazy("What the customer did"), "", lambda: list(HEARABLE.items())),
        Number("share", gettext_lazy("Per cent on the first way"), 50, 1, 99),
    )  # fmt: skip
    optional = frozenset({"segment", "levels", "events", "share"})
    NEEDS = {"segment": "segment", "level": "levels", "did": "events", "random": "share"}

    def read(self, given: dict[str, Any]) -> Step:
        needed = self.NEEDS.get(str(given.get("by")), "")
        step = super().read({name: value for name, value in given.items() if name in ("by", needed)})
        if needed and needed not in step:
            slot = next(slot for slot in self.slots if slot.name == needed)
            raise Wrong(_("%(slot)s: this is needed.") % {"slot": slot.words})
        return step

    def says(self, step: Step) -> str:
        if step["by"] == "segment":
            return _("In the segment “%(name)s”?") % {"name": self.shown(step, "segment")}
        if step["by"] == "level":
            return _("In level %(levels)s?") % {"levels": self.shown(step, "levels")}
        if step["by"] == "did":
            return _("Since coming in: %(events)s?") % {"events": self.shown(step, "events")}
        if step["by"] == "random":
            return _("By chance, %(n)s per cent") % {"n": step["share"]}
        return _("Did what was waited for happen?")

    def _way(self, step: Step, customer: Customer, since: datetime, heard: bool, draw: str) -> bool:
        if step["by"] == "heard":
            return heard
        if step["by"] == "segment":
            inside = SegmentMember.objects.inside().filter(segment__code=step["segment"])
            return inside.filter(customer=customer.pk).exists()
        if step["by"] == "level":
            return bool(levels_of(customer.pk) & set(step["levels"]))
        if step["by"] == "did":
            return Event.objects.filter(customer=customer.pk, at__gte=since, kind__in=step["events"]).exists()
        # As crowd draws it for many.
        return int(hashlib.md5(draw.encode()).hexdigest()[:8], 16) % 100 < int(step["share"])  # noqa: S324

    def take(self, walk: Walk) -> Outcome:
        heard = False
        if walk.step["by"] == "heard":
            waits = StepRun.objects.filter(enrolment=walk.enrolment, result__in=(Result.HEARD, Result.OVER))
            heard = waits.order_by("-at", "-pk").values_list("result", flat=True).first() == Result.HEARD
        draw = f"{walk.enrolment.playbook.salt}:{walk.key}"
        yes = self._way(walk.step, walk.customer, walk.enrolment.entered_at, heard, draw)
        return Outcome(Result.YES if yes else Result.NO, way="yes" if yes else "no")

    def foresee(self, look: Look) -> None:
        since = look.entered_at or look.at
        yes = self._way(look.step, look.customer, since, look.heard, f"trial:{look.customer.pk}:{look.step['key']}")
        if look.step["by"] == "did":
            yes = yes or any(kind in look.step["events"] and since <= at <= look.at for kind, at in look.supposed)
        look.way = "yes" if yes else "no"
        look.say(self.icon, self.says(look.step), _("Yes") if yes else _("No"))


class Out(StepKind):
    name, words, icon, makes = "out", gettext_lazy("Show out"), "logout", False

    def says(self, step: Step) -> str:
        return _("The way ends here")

    def take(self, walk: Walk) -> Outcome:
        return Outcome(Result.DONE, end=Enrolment.End.STEP)

    def foresee(self, look: Look) -> None:
        super().foresee(look)
        look.over = True

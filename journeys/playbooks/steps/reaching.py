"""Steps by which somebody hears of us or somebody of ours acts: a message, a colleague's step, a case."""

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, Task
from journeys.models import Cover, Enrolment, StepRun
from journeys.playbooks.steps.kind import GLANCE, Look, Outcome, Result, Step, StepKind, Stuck, Walk
from journeys.playbooks.words import TASK_ENDED
from loyalty.models import CouponTemplate
from scrm.kernel.segment_field import Number, OneOf, Slot, remembered
from scrm.kernel.words import words
from staff.models import Absence, Membership, Role, User
from tickets.models import Ticket, Topic
from touchpoints.models import Outreach, OutreachScene, Template
from touchpoints.outreach import plan_outreach
from touchpoints.restraint import decide

TROUBLE = Enrolment.Trouble
UNSENT = (Outreach.State.REFUSED, Outreach.State.FAILED, Outreach.State.CANCELLED)


def scenes() -> list[tuple[str, Any]]:
    return [(scene.code, scene.name) for scene in OutreachScene.objects.order_by("code")]


def texts() -> list[tuple[str, Any]]:
    return [(text.code, text.name) for text in Template.objects.filter(is_active=True).order_by("code")]


def topics() -> list[tuple[str, Any]]:
    return [(topic.code, topic.name) for topic in Topic.objects.filter(used=True)]


class Tell(StepKind):
    name, words, icon = "message", gettext_lazy("Contact"), "send"
    slots = (
        OneOf("scene", gettext_lazy("Occasion"), "", remembered(scenes)),
        OneOf("text", gettext_lazy("Text"), "", remembered(texts)),
    )
    optional = frozenset({"text"})

    def says(self, step: Step) -> str:
        return self.shown(step, "text") or self.shown(step, "scene")

    def small(self, step: Step) -> str:
        return _("By the rules of contact of “%(scene)s”: consent, quiet hours, cap, way by level") % {
            "scene": self.shown(step, "scene")
        }

    def _of(self, step: Step) -> tuple[OutreachScene, Template | None]:
        scene = OutreachScene.objects.filter(code=step["scene"]).first()
        if scene is None:
            raise Stuck(TROUBLE.GONE, step["scene"])
        offered = Template.objects.filter(is_active=True)
        if step.get("text"):
            return scene, offered.filter(code=step["text"]).first()
        return scene, offered.filter(scene=scene).order_by("code").first()

    def take(self, walk: Walk) -> Outcome:
        scene, template = self._of(walk.step)
        made = plan_outreach(
            walk.customer, scene, key=f"playbook:{walk.key}", template=template, values=given_before(walk.enrolment)
        )
        if made.state == Outreach.State.HELD:
            # Held back for a while only: the person stays here until the contact went out or its time was over.
            return Outcome(until=max(made.until or walk.now, walk.now) + GLANCE, doing={"outreach": made.pk})
        details = {"outreach": made.pk, "way": made.way, "reason": made.reason}
        return Outcome(Result.HELD if made.state in UNSENT else Result.DONE, details)

    def foresee(self, look: Look) -> None:
        scene, template = self._of(look.step)
        until = look.at + scene.lifetime
        for _again in range(3):
            said = decide(look.customer, scene, template=template, values={}, until=until, now=look.at, draw=False)
            if said.chosen is not None:
                chosen = said.chosen
                look.say("user-check" if chosen.owner else self.icon, f"{chosen.way_words} · {self.says(look.step)}",
                         str(chosen.owner or chosen.body[:80]))  # fmt: skip
                return
            if said.until is None:
                break
            look.say("send-off", _("Not now: %(why)s") % {"why": said.reason_words}, ghost=True)
            look.at = said.until
        look.say("send-off", _("Not sent: %(why)s") % {"why": said.reason_words}, ghost=True)


class Ask(StepKind):
    name, words, icon = "human", gettext_lazy("Ask a colleague"), "user-check"
    slots = (
        Slot("what", gettext_lazy("What is to be done, 简体")),
        Slot("what_hant", gettext_lazy("What is to be done, 繁體")),
        Slot("what_en", gettext_lazy("What is to be done, English")),
        OneOf("who", gettext_lazy("Who"), "advisor", lambda: [
            ("advisor", gettext_lazy("the advisor, else the store's lead")), ("lead", gettext_lazy("the store's lead")),
        ]),
        Number("days", gettext_lazy("Within days"), 2, 0, 60, "days"),
    )  # fmt: skip
    optional = frozenset({"what_hant", "what_en"})

    def _words(self, step: Step) -> Any:
        return words(step["what"], step.get("what_hant", ""), step.get("what_en", ""))

    def says(self, step: Step) -> str:
        return str(self._words(step))

    def small(self, step: Step) -> str:
        return _("%(who)s, within %(span)s") % {"who": self.shown(step, "who"), "span": self.shown(step, "days")}

    def take(self, walk: Walk) -> Outcome:
        if "task" not in walk.doing:
            owner = who_does(walk.customer, walk.step["who"])
            if owner is None:
                raise Stuck(TROUBLE.NOBODY)
            day = timezone.localdate(walk.now) + timedelta(days=walk.step["days"])
            with translation.override(owner.language):
                what = self.says(walk.step)
            task = Task.plan(walk.customer, what, by=None, owner=owner, due_on=day)
            # The whole of its last day is in time.
            until = timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
            return Outcome(until=until, awaits=TASK_ENDED, doing={"task": task.pk, "until": until.isoformat()})
        task = Task.objects.get(pk=walk.doing["task"])
        details, until = {"task": task.pk, "owner": task.owner_id}, datetime.fromisoformat(walk.doing["until"])
        if task.state != Task.State.OPEN:
            return Outcome(Result.DONE if task.state == Task.State.DONE else Result.DROPPED, details)
        if walk.now >= until:
            return Outcome(Result.LATE, details)
        return Outcome(until=until, awaits=TASK_ENDED, doing={"task": task.pk, "until": until.isoformat()})

    def foresee(self, look: Look) -> None:
        owner = who_does(look.customer, look.step["who"])
        if owner is None:
            look.say("user-off", self.says(look.step), _("Nobody is there to do it"), ghost=True)
            look.over = True
            return
        last = timezone.localdate(look.at) + timedelta(days=look.step["days"])
        look.say(self.icon, self.says(look.step), _("%(who)s, until %(day)s") % {"who": owner, "day": f"{last:%m-%d}"})
        # A trial takes it as done on its last day.
        look.at = max(look.at, timezone.make_aware(datetime.combine(last, time(12))))


class OpenCase(StepKind):
    name, words, icon = "case", gettext_lazy("Open a case"), "inbox"
    slots = (
        OneOf("topic", gettext_lazy("Topic"), "", remembered(topics)),
        Slot("subject", gettext_lazy("What it is about")),
    )

    def says(self, step: Step) -> str:
        return str(step["subject"])

    def small(self, step: Step) -> str:
        return self.shown(step, "topic")

    def take(self, walk: Walk) -> Outcome:
        topic = Topic.objects.filter(code=walk.step["topic"], used=True).first()
        if topic is None:
            raise Stuck(TROUBLE.GONE, walk.step["topic"])
        case, _new = Ticket.open(
            walk.customer, walk.step["subject"], topic=topic, source="playbook", source_ref=walk.key
        )
        return Outcome(Result.DONE, {"case": case.number})


def who_does(customer: Customer, who: str) -> User | None:
    """The customer's advisor or who covers, while here, else a lead of the home store; None when nobody may."""
    away = Absence.objects.filter(starts_on__lte=timezone.localdate(), ends_on__gte=timezone.localdate())
    here = User.objects.filter(is_active=True).exclude(pk__in=away.values("user"))
    if who == "advisor" and customer.advisor_id:
        cover = Cover.objects.on(timezone.localdate()).filter(away=customer.advisor_id).values("by")
        both = list(here.filter(Q(pk=customer.advisor_id) | Q(pk__in=cover)))
        # Who covers comes first: the cover is there because the advisor is not.
        for one in sorted(both, key=lambda one: one.pk == customer.advisor_id):
            return one
    store = customer.home_store
    if store is None:
        return None
    places = Q(store=store) | Q(region=store.region_id) if store.region_id else Q(store=store)
    leads = Membership.objects.current().filter(places, role=Role.LEAD)
    return here.filter(pk__in=leads.values("user")).order_by("pk").first()


def given_before(enrolment: Enrolment) -> dict[str, str]:
    """What a text may say of what this way has given: the last coupon with its end, the points."""
    said: dict[str, str] = {}
    runs = StepRun.objects.filter(enrolment=enrolment, result=Result.DONE).order_by("pk")
    for details in runs.values_list("details", flat=True):
        if "coupon" in details:
            template = CouponTemplate.objects.filter(code=details["coupon"]).first()
            said["coupon"] = str(template.name) if template else ""
            if details.get("until"):
                said["until"] = f"{timezone.localtime(datetime.fromisoformat(details['until'])):%Y-%m-%d}"
        if "points" in details:
            said["points"] = f"{details['points']:,}"
    return said

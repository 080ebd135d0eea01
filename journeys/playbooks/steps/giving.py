"""Steps that give: a coupon, points, what a campaign gives, a tag, a package."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Tag, TagDimension, TagValue
from journeys import packages
from journeys.models import Enrolment, HeldPackage, ServicePackage
from journeys.playbooks.steps.kind import Look, Outcome, Result, Step, StepKind, Stuck, Walk
from loyalty import campaigns
from loyalty.models import Campaign, CouponTemplate, PointsAccount, PointsEntry
from loyalty.models.giving import levels_of, why_not
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.segment_field import Number, OneOf, remembered

GONE = Enrolment.Trouble.GONE


def coupons() -> list[tuple[str, Any]]:
    rows = CouponTemplate.objects.filter(state=CouponTemplate.State.PUBLISHED)
    return [(row.code, row.name) for row in rows.order_by("code").only("code", "name")]


def timed_campaigns() -> list[tuple[str, Any]]:
    return [(row.code, row.name) for row in campaigns.running(Campaign.Kind.STEP)]


def tag_values() -> list[tuple[str, Any]]:
    rows = TagValue.objects.filter(dimension__used=True).select_related("dimension").order_by("dimension__place", "pk")
    return [(f"{row.dimension.code}.{row.code}", f"{row.dimension} · {row}") for row in rows]


def live_packages() -> list[tuple[str, Any]]:
    return [(row.code, row.name) for row in ServicePackage.objects.filter(state=ServicePackage.State.LIVE)]


class GiveCoupon(StepKind):
    name, words, icon = "coupon", gettext_lazy("Give a coupon"), "ticket"
    slots = (OneOf("coupon", gettext_lazy("Coupon"), "", remembered(coupons)),)

    def says(self, step: Step) -> str:
        return self.shown(step, "coupon")

    def take(self, walk: Walk) -> Outcome:
        template = CouponTemplate.objects.filter(code=walk.step["coupon"]).first()
        if template is None:
            raise Stuck(GONE, walk.step["coupon"])
        try:
            made = template.issue_to(walk.customer, by=None, source="playbook", key=walk.key)
        except TransitionRefused as refusal:
            if not CouponTemplate.objects.given_out().filter(pk=template.pk).exists():
                raise Stuck(GONE, str(refusal)) from refusal
            return Outcome(Result.HELD, {"reason": self._refused(template, walk.customer.pk), "coupon": template.code})
        return Outcome(Result.DONE, {"coupon": template.code, "id": made.pk, "until": made.valid_until.isoformat()
                                     if made.valid_until else ""})  # fmt: skip

    @staticmethod
    def _refused(template: CouponTemplate, customer: int) -> str:
        return "level" if template.levels and not levels_of(customer) & set(template.levels) else "enough"

    def foresee(self, look: Look) -> None:
        template = CouponTemplate.objects.filter(code=look.step["coupon"]).first()
        says = self.says(look.step)
        if template is None or not CouponTemplate.objects.given_out(look.at).filter(pk=template.pk).exists():
            look.say(self.icon, says, _("This coupon is not given any more."), ghost=True)
            look.over = True
        else:
            why = why_not(template, look.customer.pk)
            look.say(self.icon, says, why, ghost=bool(why))


class GivePoints(StepKind):
    name, words, icon = "points", gettext_lazy("Give points"), "coins"
    slots = (Number("points", gettext_lazy("Points"), 100, 1, 100_000),)

    def says(self, step: Step) -> str:
        return _("%(n)s points") % {"n": f"{step['points']:,}"}

    def take(self, walk: Walk) -> Outcome:
        entry = PointsAccount.objects.of(walk.customer).earn(
            walk.step["points"], reason=PointsEntry.Reason.CAMPAIGN, source="playbook", key=walk.key,
            explanation={"playbook": walk.enrolment.playbook.code},
        )  # fmt: skip
        return Outcome(Result.DONE, {"points": walk.step["points"], "entry": entry.pk})


class GiveByCampaign(StepKind):
    """What a campaign gives, within its budget, at the time the playbook says."""

    name, words, icon = "campaign", gettext_lazy("Give what a campaign gives"), "confetti"
    slots = (OneOf("campaign", gettext_lazy("Campaign"), "", remembered(timed_campaigns)),)

    def says(self, step: Step) -> str:
        return self.shown(step, "campaign")

    def take(self, walk: Walk) -> Outcome:
        code = walk.step["campaign"]
        campaign = Campaign.objects.filter(code=code, kind=Campaign.Kind.STEP).first()
        if campaign is None:
            raise Stuck(GONE, code)
        if campaign not in campaigns.running(campaign.kind):
            return Outcome(Result.HELD, {"reason": "stopped", "campaign": code})
        row = walk.enrolment
        made = campaigns.grant(campaign, walk.customer, occasion=f"playbook:{walk.key}", came_as=row.came_as)
        if made is None:
            return Outcome(Result.HELD, {"reason": "budget", "campaign": code})
        return Outcome(Result.DONE, {"campaign": code, "grant": made.pk})

    def foresee(self, look: Look) -> None:
        running = dict(timed_campaigns())
        small = "" if look.step["campaign"] in running else _("This campaign does not go on.")
        look.say(self.icon, self.says(look.step), small, ghost=bool(small))


class PutTag(StepKind):
    name, words, icon = "tag", gettext_lazy("Put a tag"), "tag"
    slots = (
        OneOf("tag", gettext_lazy("Tag"), "", remembered(tag_values)),
        Number("days", gettext_lazy("For days"), 90, 1, 730, "days"),
    )
    optional = frozenset({"days"})

    def says(self, step: Step) -> str:
        return self.shown(step, "tag")

    def small(self, step: Step) -> str:
        return _("for %(span)s") % {"span": self.shown(step, "days")} if step.get("days") else ""

    def take(self, walk: Walk) -> Outcome:
        code, _dot, value = walk.step["tag"].partition(".")
        dimension = TagDimension.objects.filter(code=code, used=True).first()
        if dimension is None:
            raise Stuck(GONE, walk.step["tag"])
        days = walk.step.get("days")
        made = Tag.put(
            walk.customer, dimension, value, origin=Tag.Origin.RULE, expires_at=walk.now + timedelta(days=days)
            if days else None, evidence=[{"what": "playbook", "of": dict(walk.enrolment.playbook.name)}],
        )  # fmt: skip
        return Outcome(Result.DONE, {"tag": made.pk}) if made else Outcome(Result.HELD, {"reason": "said"})


class GivePackage(StepKind):
    name, words, icon = "package", gettext_lazy("Give a package"), "package"
    slots = (
        OneOf("package", gettext_lazy("Package"), "", remembered(live_packages)),
        Number("days", gettext_lazy("For days"), 90, 1, 730, "days"),
    )
    optional = frozenset({"days"})

    def says(self, step: Step) -> str:
        return self.shown(step, "package")

    def small(self, step: Step) -> str:
        return _("for %(span)s") % {"span": self.shown(step, "days")} if step.get("days") else ""

    def take(self, walk: Walk) -> Outcome:
        package = ServicePackage.objects.filter(code=walk.step["package"], state=ServicePackage.State.LIVE).first()
        if package is None:
            raise Stuck(GONE, walk.step["package"])
        by_hand = HeldPackage.objects.standing().filter(customer=walk.customer, package=package, source="hand")
        if by_hand.exists():
            return Outcome(Result.HELD, {"reason": "enough", "package": package.code})
        days = walk.step.get("days")
        until = timezone.now() + timedelta(days=days) if days else None
        held = packages.give(walk.customer, package, by=None, why=str(walk.enrolment.playbook), until=until)
        return Outcome(Result.DONE, {"package": package.code, "held": held.pk})

    def foresee(self, look: Look) -> None:
        held = HeldPackage.objects.standing().filter(customer=look.customer.pk, package__code=look.step["package"])
        if held.filter(source="hand").exists():
            look.say(self.icon, self.says(look.step), _("This customer has the package already."), ghost=True)
        else:
            look.say(self.icon, self.says(look.step), self.small(look.step))

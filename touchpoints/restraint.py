"""What the rules of contact say at one moment: reads only, with the numbers they said it by."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from customers.models import Consent, Customer, Identity, Preference, Purpose, Segment, SegmentMember
from customers.models.preference import quiet_until
from scrm.kernel.registry import grades
from scrm.kernel.words import LANGUAGES
from staff.models import User
from touchpoints.channels.protocol import Kind
from touchpoints.models import Channel, ChannelChoice, Hand, Outreach, OutreachScene, Restraint, Template, Variant, Way
from touchpoints.models.channel import IDENTITIES
from touchpoints.models.outreach import CONSENT_OF, WAYS
from touchpoints.models.template import blanks_of, filled

MARKETING = Kind.MARKETING.value
CALLS = (Hand.CALL, Way.PHONE)
Reason = Outreach.Reason


@dataclass(frozen=True)
class Chosen:
    """How it would go out: the way, and the text as it would be read."""

    way: str
    channel: Channel | None = None
    identity: Identity | None = None
    variant: Variant | None = None
    owner: User | None = None
    subject: str = ""
    body: str = ""

    @property
    def way_words(self) -> str:
        return str(dict(WAYS).get(self.way, self.way))


@dataclass(frozen=True)
class Decision:
    """What the rules say at one moment, with the numbers they said it by."""

    reason: str = ""
    until: datetime | None = None
    chosen: Chosen | None = None
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def reason_words(self) -> str:
        return str(Reason(self.reason).label) if self.reason else ""


def decide(
    customer: Customer, scene: OutreachScene, *, template: Template | None, values: dict[str, str],
    until: datetime, now: datetime, tried: list[str] | None = None, own: int | None = None, draw: bool = True,
) -> Decision:  # fmt: skip
    """What would happen with this contact now: consent → quiet hours → cap → holdout → channel.

    Changes nothing but the draw of who is kept out, and without `draw` not even that.
    """
    if customer.merged_into_id or customer.erased_at:
        return Decision(Reason.CLOSED)
    rules = Restraint.now()
    said = Preference.objects.filter(customer=customer).first()
    grade, ways = _ways(customer, scene)
    ways = [way for way in ways if way not in (tried or [])]
    numbers: dict[str, Any] = {"grade": grade, "ways": ways}
    if scene.kind == MARKETING:
        if said and said.paused_until and said.paused_until > now:
            return _later(Reason.PAUSED, said.paused_until, until, numbers)
        allowed = _allowed(customer, ways)
        if ways and not allowed:
            return Decision(Reason.NO_CONSENT, numbers=numbers)
        ways = allowed
    if quiet := _quiet(scene, ways, rules, said, now):
        return _later(Reason.QUIET, quiet, until, numbers)
    if scene.kind == MARKETING:
        counted = list(_felt(customer, now - timedelta(days=max(rules.days, rules.call_days)), own))
        recent = [at for at, _way in counted if at > now - timedelta(days=rules.days)]
        if full := _full(recent, rules.most, rules.days):
            return _later(Reason.CAP, full.pop("free"), until, numbers | full)
        calls = [at for at, way in counted if way in CALLS and at > now - timedelta(days=rules.call_days)]
        if full := _full(calls, rules.most_calls, rules.call_days):
            left = [way for way in ways if way not in CALLS]
            if ways and not left:
                return _later(Reason.CALLS, full.pop("free"), until, numbers | full)
            ways = left
        if scene.holdout and scene.keeps_out(customer, keep=draw):
            return Decision(Reason.HOLDOUT, numbers=numbers | {"holdout": scene.holdout})
    return _choose(customer, scene, ways, template, values, numbers)


def preview(customer: Customer, scene: OutreachScene, template: Template | None) -> Chosen | None:
    """How it would read and which way it would take if no rule stood before it."""
    _grade, ways = _ways(customer, scene)
    return _choose(customer, scene, ways, template, {}, {}).chosen


def _later(reason: str, free: datetime | None, until: datetime, numbers: dict[str, Any]) -> Decision:
    """Held back until a moment, or not sent at all when that is after its own."""
    if free is None or free > until:
        return Decision(reason, numbers=numbers | ({"free": free.isoformat()} if free else {}))
    return Decision(reason, until=free, numbers=numbers | {"free": free.isoformat()})


def _full(felt: list[datetime], most: int | None, days: int) -> dict[str, Any]:
    """When a cap is reached: its numbers and the moment one contact falls out of it. Not set is never full."""
    if most is None or len(felt) < most:
        return {}
    free = sorted(felt)[len(felt) - most] + timedelta(days=days) if most else None
    return {"counted": len(felt), "most": most, "days": days, "free": free}


def _ways(customer: Customer, scene: OutreachScene) -> tuple[str, list[str]]:
    grade = next((found for grade_of in grades.all() if (found := grade_of(customer.pk))), "")
    inside = SegmentMember.objects.inside().filter(
        customer=customer.pk, segment=OuterRef("segment"), segment__state=Segment.State.LIVE
    )  # fmt: skip
    meant = Q(segment=None, grade__in=[grade, ""]) | Q(Exists(inside), segment__isnull=False)
    rows = ChannelChoice.objects.filter(meant, scene=scene).select_related("segment").order_by("segment__code")
    choices: dict[str, list[str]] = {}
    for row in rows:
        if row.segment is not None:
            return f"segment:{row.segment.code}", list(row.ways)
        choices[row.grade] = row.ways
    return grade, list(choices.get(grade, choices.get("", [])))


def _allowed(customer: Customer, ways: list[str]) -> list[str]:
    given = {
        row.channel
        for row in Consent.objects.filter(customer=customer, purpose=Purpose.MARKETING).last_words()
        if row.given
    }
    return [way for way in ways if not (asks := CONSENT_OF.get(way, way)) or asks in given]  # type: ignore[call-overload]


def _quiet(
    scene: OutreachScene, ways: list[str], rules: Restraint, said: Preference | None, now: datetime
) -> datetime | None:
    """When the quiet ends that forbids this contact now; a step on a colleague's list disturbs nobody."""
    if scene.kind == Kind.CODE.value or scene.urgent or (ways and ways[0] in Hand.values):
        return None
    ends = [quiet_until(now, rules.quiet_from, rules.quiet_to, rules.zone)]
    if said is not None:
        ends.append(quiet_until(now, said.quiet_from, said.quiet_to, said.zone))
    return max((end for end in ends if end is not None), default=None)


def _felt(customer: Customer, since: datetime, own: int | None) -> Any:
    rows = Outreach.objects.counted().filter(customer=customer, felt_at__gt=since)
    rows = rows if own is None else rows.exclude(pk=own)
    return rows.values_list("felt_at", "way")


def _choose(
    customer: Customer, scene: OutreachScene, ways: list[str], template: Template | None, values: dict[str, str],
    numbers: dict[str, Any],
) -> Decision:  # fmt: skip
    channels = {channel.way: channel for channel in Channel.objects.on().filter(way__in=ways)}
    variants = list(template.variants.all()) if template and template.is_active else []
    held: dict[str, Identity] = {}
    for identity in customer.identities.live().filter(shared=False, suspended_at=None).order_by("-verified_at", "pk"):
        held.setdefault(identity.kind, identity)
    skipped: dict[str, str] = {}
    for way in ways:
        if way in Hand.values:
            owner = customer.advisor
            if owner is None or not owner.is_active:
                skipped[way] = "no_advisor"
                continue
            return Decision(chosen=Chosen(way, owner=owner), numbers=numbers | {"skipped": skipped})
        channel = channels.get(way)
        address = next((held[kind] for kind in IDENTITIES[Way(way)] if kind in held), None)
        variant = _variant(variants, way, customer.locale)
        if channel is None or address is None or variant is None:
            skipped[way] = "channel_off" if channel is None else "no_address" if address is None else "no_text"
            continue
        said = {**values, **blanks_of(customer, variant.locale)}
        chosen = Chosen(
            way, channel, address, variant, subject=filled(variant.subject, said, one_line=True),
            body=filled(variant.body, said),
        )  # fmt: skip
        return Decision(chosen=chosen, numbers=numbers | {"skipped": skipped})
    only_text = bool(skipped) and set(skipped.values()) == {"no_text"}
    return Decision(Reason.NO_TEXT if only_text else Reason.NO_WAY, numbers=numbers | {"skipped": skipped})


def _variant(variants: list[Variant], way: str, locale: str) -> Variant | None:
    found = {variant.locale: variant for variant in variants if variant.way == way}
    return next((found[code] for code in (locale, *LANGUAGES) if code in found), None)

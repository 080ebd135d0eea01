"""The one door out: a contact is planned, held back with its reason, or put on its way."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone, translation

from customers.models import Customer, Identity, Task
from scrm.kernel.refusals import TransitionRefused
from staff.models import User
from touchpoints.models import Channel, Conversation, Message, Outreach, OutreachScene, Template
from touchpoints.models.template import blanks_of
from touchpoints.restraint import Chosen, Decision, Reason, decide


@transaction.atomic
def plan_outreach(
    customer: Customer, scene: OutreachScene, *, key: str, template: Template | None = None,
    values: dict[str, str] | None = None, by: User | None = None, valid_until: datetime | None = None,
    campaign: str = "",
) -> Outreach:  # fmt: skip
    """Contact the customer, or write down why not. The same key again is the same contact.

    Two at once for one customer wait for each other, so the cap holds however many plan.
    """
    now = timezone.now()
    holder, came_as = Customer.objects.holder_of(customer.pk)
    held = Customer.objects.select_for_update(no_key=True).get(pk=holder)
    if known := Outreach.objects.filter(key=key).first():
        return known
    outreach = Outreach(
        customer=held, scene=scene, kind=scene.kind, key=key, planned_by=by, planned_at=now,
        template=template.code if template else "", values=values or {},
        valid_until=valid_until or now + scene.lifetime, campaign=campaign, came_as=came_as,
    )  # fmt: skip
    _carry_out(
        outreach, decide(held, scene, template=template, values=values or {}, until=outreach.valid_until, now=now)
    )
    return outreach


def replan(pk: int) -> bool:
    """Look again at a contact that was held back and whose time has come; whether it was still held."""
    with transaction.atomic():
        asked = Outreach.objects.filter(pk=pk, state=Outreach.State.HELD).values_list("customer", flat=True).first()
        if asked is None:
            return False
        # The customer before the contact, as everybody locks them.
        held = Customer.objects.select_for_update(no_key=True).get(pk=asked)
        outreach = (
            Outreach.objects.select_for_update(of=("self",))
            .select_related("scene", "planned_by")
            .filter(pk=pk, state=Outreach.State.HELD, customer=held)
            .first()
        )
        if outreach is None:
            return False
        outreach.customer = held
        _again(outreach)
        return True


def try_another_way(outreach: Outreach) -> None:
    """The chosen way did not reach the customer: the next one in the list, by the same rules. In a transaction."""
    held = Customer.objects.select_for_update(no_key=True).get(pk=outreach.customer_id)
    outreach.customer, outreach.message = held, None
    outreach.tried = [*outreach.tried, outreach.way]
    _again(outreach)


def _again(outreach: Outreach) -> None:
    template = Template.objects.filter(code=outreach.template).first()
    now = timezone.now()
    if now > outreach.valid_until:
        _carry_out(outreach, Decision(Reason.TOO_LATE))
        return
    decision = decide(
        outreach.customer, outreach.scene, template=template, values=outreach.values, until=outreach.valid_until,
        now=now, tried=outreach.tried, own=outreach.pk,
    )  # fmt: skip
    if decision.reason == Reason.NO_WAY and outreach.tried:
        decision = Decision(Reason.UNREACHED, numbers=decision.numbers)
    _carry_out(outreach, decision)


def _carry_out(outreach: Outreach, decision: Decision) -> None:
    outreach.explanation = decision.numbers
    outreach.reason = decision.reason
    outreach.until = decision.until
    now = timezone.now()
    if decision.chosen is None:
        outreach.state = Outreach.State.HELD if decision.until else Outreach.State.REFUSED
        outreach.ended_at = None if decision.until else now
        outreach.felt_at = None
        outreach.save()
        kind = "outreach.held" if decision.until else "outreach.refused"
        said: dict[str, Any] = {"until": decision.until.isoformat()} if decision.until else {}
        outreach.customer.record(
            kind,
            by=outreach.planned_by,
            outreach=outreach.pk,
            scene=outreach.scene.code,
            reason=decision.reason,
            **said,
        )
        return
    chosen = decision.chosen
    outreach.way, outreach.state, outreach.felt_at, outreach.ended_at = chosen.way, Outreach.State.QUEUED, now, None
    if chosen.owner is not None:
        try:
            with transaction.atomic():
                outreach.task = _step(outreach, chosen.owner)
        except TransitionRefused:
            outreach.tried = [*outreach.tried, chosen.way]
            _again(outreach)
            return
    else:
        outreach.message = _message(outreach, chosen)
    outreach.save()


def _step(outreach: Outreach, owner: User) -> Task:
    with translation.override(owner.language):
        what = f"{outreach.get_way_display()} · {outreach.scene}"
    return Task.plan(
        outreach.customer, what, by=outreach.planned_by, owner=owner,
        due_on=min(timezone.localdate(), timezone.localdate(outreach.valid_until)),
    )  # fmt: skip


def _message(outreach: Outreach, chosen: Chosen) -> Message:
    assert chosen.channel is not None
    assert chosen.variant is not None
    talk = conversation_with(outreach.customer, chosen.channel, chosen.identity)
    source_ref = f"{outreach.key}:{chosen.way}"
    place, known = talk.next_place("outreach", source_ref)
    if known is not None:
        return known
    now = timezone.now()
    said = {**outreach.values, **blanks_of(outreach.customer, chosen.variant.locale)}
    return Message.objects.create(
        conversation=talk, customer=outreach.customer, channel=chosen.channel, direction="out",
        author=outreach.planned_by, place=place, subject=chosen.subject, body=chosen.body, at=now, due_at=now,
        state=Message.State.QUEUED, kind=outreach.kind, template=chosen.variant.provider_code,
        values={name: str(said[name]) for name in sorted(said) if chosen.variant.provider_code},
        automatic=outreach.planned_by is None, source="outreach", source_ref=source_ref,
    )  # fmt: skip


def conversation_with(
    customer: Customer, channel: Channel, identity: Identity | None, *, route: str = "", thread: str = ""
) -> Conversation:
    """The thread with a person on a channel: the one they wrote in last, where the provider names several."""
    mark = f"i{identity.pk}" if identity else f"c{customer.pk}"
    if not route and not thread and identity is not None:
        known = Conversation.objects.filter(customer=customer, channel=channel, identity=identity)
        if (found := known.order_by("-last_at").first()) is not None:
            return found
    talk, _made = Conversation.objects.get_or_create(
        channel=channel, thread=thread or (f"{route}|{mark}" if route else mark),
        defaults={"customer": customer, "identity": identity, "route": route},
    )  # fmt: skip
    return talk

"""Phone calls: a ringing opens the customer's card, an ended one is on the timeline, a missed one is called back."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from customers.models import Customer, Identity, Task
from scrm.kernel.nudges import nudge
from scrm.kernel.reading import Mistaken
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import Intake, intakes
from staff.models import User
from touchpoints.channels.phone.contract import TYPES, call_of
from touchpoints.channels.phone.story import Story, pops_up, told
from touchpoints.channels.protocol import Call, Malformed, Person
from touchpoints.models import Channel, PhoneCall
from touchpoints.news import whom
from touchpoints.outreach import conversation_with

MISSED = ("missed", "abandoned")


@transaction.atomic
def take_in(channel: Channel, said: Call) -> int | None:
    """One moment of a call; whose it was. A hint shows, and writes no line and no record."""
    row, _made = PhoneCall.objects.get_or_create(
        channel=channel, call=said.call, leg=said.leg,
        defaults={"state": said.moment, "began_at": said.at, "hint": said.hint},
    )  # fmt: skip
    row = PhoneCall.objects.select_for_update().get(pk=row.pk)
    before = _story(row)
    story = before.with_(said)
    row.told = {moment: _kept(one) for moment, one in story.known.items()}
    row.state, row.hint, row.direction = story.state, story.is_hint, story.direction
    row.began_at = min(one.at for one in story.known.values())
    row.agent = _agent(channel, story.agent)
    if row.customer_id is None and said.person is not None:
        row.customer = _caller(channel, said)
    row.outcome = str(story.details.get("outcome", ""))[:10]
    row.talk_seconds = story.details.get("talk_seconds")
    row.save()
    if row.agent is not None and pops_up(before, said, now=timezone.now()):
        nudge(f"user.{row.agent_id}", "calls")
    if not row.hint and row.customer is not None and not row.customer.erased_at:
        _write_down(row, story)
    return row.customer_id


def from_event(letter: Any) -> int | None:
    """A call told as a signed event, by the switchboard whose channel names this client."""
    channel = Channel.objects.on().filter(adapter="phone", settings__source=letter.source).first()
    if channel is None:
        raise Mistaken("No phone channel belongs to this client.")
    try:
        said = call_of(letter.kind, letter.data, hint=False, region=channel.settings.get("region", "CN"))
    except Malformed as trouble:
        raise Mistaken(str(trouble)) from None
    return take_in(channel, said)


def register() -> None:
    for kind in TYPES:
        intakes.add(kind, Intake(kind, _of_call, from_event))


def _of_call(data: dict[str, Any]) -> tuple[str, str] | None:
    call = data.get("call")
    return ("call", call) if isinstance(call, str) and call else None


def card_of(user: User) -> list[dict[str, Any]]:
    """What rings at a colleague now: the customer where they may see them, else the end of the number only."""
    cards = []
    for row in PhoneCall.objects.going_on(user).select_related("customer").order_by("-began_at")[:3]:
        seen = row.customer_id and Customer.objects.visible_to(user).filter(pk=row.customer_id).first()
        tail = ""
        if row.customer is not None:
            held = row.customer.identities.live().filter(kind="phone").values_list("tail", flat=True).first()
            tail = held or ""
        cards.append({"call": row, "customer": seen if seen and not row.hint else None, "tail": tail})
    return cards


def _write_down(row: PhoneCall, story: Story) -> None:
    assert row.customer is not None
    if "ended" in story.known and not row.booked:
        row.booked = True
        row.save(update_fields=["booked"])
        kind = "call.missed" if row.outcome in MISSED else "call.made"
        row.customer.record(
            kind, by=row.agent, at=row.began_at, channel="phone", call=row.pk, seconds=row.talk_seconds or 0,
            direction=row.direction,
        )  # fmt: skip
        if kind == "call.missed" and row.direction == "in":
            _call_back(row)
    if (written := story.known.get("transcribed")) is not None:
        _entries(row, written)


def _call_back(row: PhoneCall) -> None:
    """One step a customer while it is open, however often they tried."""
    assert row.customer is not None
    owner = row.customer.advisor or row.agent
    if owner is None or not owner.is_active:
        return
    with translation.override(owner.language):
        what = _("Call back: tried to reach us")
    if Task.objects.open().filter(customer=row.customer, what=what).exists():
        return
    try:
        with transaction.atomic():
            Task.plan(row.customer, what, by=None, owner=owner, due_on=timezone.localdate())
    except TransitionRefused:
        pass  # nobody who may see the customer: the line on the timeline tells


def _entries(row: PhoneCall, said: Call) -> None:
    """What was said on the phone, as words of the conversation; a later revision adds nothing twice."""
    assert row.customer is not None
    talk = conversation_with(row.customer, row.channel, None, thread=f"call|{row.pk}")
    for place, part in enumerate(said.details.get("segments", [])):
        words = str(part.get("text", "")).strip()
        if words and part.get("speaker") == "customer":
            moment = said.at + timedelta(seconds=float(part.get("start") or 0))
            talk.hear(words, at=moment, source=row.channel.code, source_ref=f"{row.pk}:{place}", machine=True)


def _caller(channel: Channel, said: Call) -> Customer | None:
    """Who holds the number; a household's names nobody, and a hint makes no record."""
    person = said.person
    assert person is not None
    held = Identity.objects.holding(person.kind, person.value).select_related("customer").first()
    if held is not None:
        pk = Customer.objects.holder_of(held.customer_id)[0]
        found = Customer.objects.get(pk=pk)
        return None if held.shared or found.erased_at else found
    # A number can be forged: it names somebody, and proves nothing.
    return None if said.hint else whom(channel, Person(person.kind, person.value, person.name))[0]


def _agent(channel: Channel, name: str) -> User | None:
    username = channel.settings.get("agents", {}).get(name, name)
    return User.objects.filter(username=username, is_active=True).first() if name else None


def _kept(one: Call) -> dict[str, Any]:
    """A moment without the number, which lies sealed with the customer."""
    details = {name: value for name, value in one.details.items() if name not in ("recording", "segments")}
    return {"at": one.at.isoformat(), "direction": one.direction, "line": one.line, "agent": one.agent,
            "details": details, "hint": one.hint}  # fmt: skip


def _story(row: PhoneCall) -> Story:
    return told(
        Call(
            call=row.call, leg=row.leg, moment=moment, at=datetime.fromisoformat(one["at"]),
            direction=one["direction"], line=one["line"], agent=one["agent"], details=one["details"], hint=one["hint"],
        )
        for moment, one in row.told.items()
    )  # fmt: skip

"""What this room does when something happens below: a no stops what was to leave, a done step is a made contact."""

from typing import Any

from django.utils import timezone

from scrm.kernel.registry import Reaction, reactions
from touchpoints.models import Outreach, OutreachScene, Waiting
from touchpoints.models.outreach import stop_queued
from touchpoints.outreach import plan_outreach


def withdrawn(event: Any) -> None:
    """Consent went: nothing that waits leaves any more."""
    if event.details.get("purpose") == "marketing" and event.channel:
        stop_queued(event.customer_id, event.channel)


def step_done(event: Any) -> None:
    outreach = Outreach.objects.select_related("scene", "customer").filter(task=event.details.get("task")).first()
    if outreach is not None and outreach.move({"queued"}, Outreach.State.SENT):
        outreach.customer.record(
            "outreach.sent", channel="phone" if outreach.way == "call" else "store", outreach=outreach.pk,
            scene_name=outreach.scene.name,
        )  # fmt: skip


def step_dropped(event: Any) -> None:
    """Nobody was contacted: it is not felt, and the cap forgets it."""
    outreach = Outreach.objects.filter(task=event.details.get("task")).first()
    if outreach is not None:
        outreach.move({"queued"}, Outreach.State.CANCELLED)


def place_offered(event: Any) -> None:
    """Somebody on a waiting list has a place: they hear of it at once, by the way they allow."""
    scene = OutreachScene.objects.filter(code="place_free").first()
    waiting = Waiting.objects.select_related("slot__store").filter(pk=event.details.get("waiting")).first()
    if scene is None or waiting is None or waiting.state != Waiting.State.OFFERED or waiting.offer_until is None:
        return
    starts = timezone.localtime(waiting.slot.starts_at)
    plan_outreach(
        event.customer, scene, key=f"place:{waiting.pk}:{waiting.offer_until:%Y%m%d%H%M}",
        template=scene.templates.filter(is_active=True).order_by("code").first(), valid_until=waiting.offer_until,
        values={"time": f"{starts:%m-%d %H:%M}", "until": f"{timezone.localtime(waiting.offer_until):%H:%M}",
                "place": str(waiting.slot.store)},
    )  # fmt: skip


def register() -> None:
    for reaction in (
        Reaction("touchpoints.withdrawn", ("consent.withdrawn",), withdrawn),
        Reaction("touchpoints.step_done", ("task.done",), step_done),
        Reaction("touchpoints.step_dropped", ("task.dropped",), step_dropped),
        Reaction("touchpoints.place_offered", ("appointment.offered",), place_offered),
    ):
        reactions.add(reaction.name, reaction)

"""What this room does when something happens below: a no stops what was to leave, a done step is a made contact."""

from typing import Any

from scrm.kernel.registry import Reaction, reactions
from touchpoints.models import Outreach
from touchpoints.models.outreach import stop_queued


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


def register() -> None:
    for reaction in (
        Reaction("touchpoints.withdrawn", ("consent.withdrawn",), withdrawn),
        Reaction("touchpoints.step_done", ("task.done",), step_done),
        Reaction("touchpoints.step_dropped", ("task.dropped",), step_dropped),
    ):
        reactions.add(reaction.name, reaction)

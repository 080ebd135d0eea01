"""The kinds of steps a playbook may have."""

from journeys.playbooks.steps.giving import GiveByCampaign, GiveCoupon, GivePackage, GivePoints, PutTag
from journeys.playbooks.steps.kind import Line, Look, Outcome, StepKind, Stuck, Walk
from journeys.playbooks.steps.reaching import Ask, OpenCase, Tell
from journeys.playbooks.steps.turning import Fork, Out, Wait

KINDS: dict[str, StepKind] = {
    kind.name: kind
    for kind in (
        Wait(), Fork(), Ask(), Tell(), GiveCoupon(), GivePoints(), GiveByCampaign(), PutTag(), GivePackage(),
        OpenCase(), Out(),
    )
}  # fmt: skip

__all__ = ["KINDS", "Line", "Look", "Outcome", "StepKind", "Stuck", "Walk"]

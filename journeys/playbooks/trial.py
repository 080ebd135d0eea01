"""A trial: what a flow would do with one customer while the clock is turned. Reads only: nothing is sent or kept."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from customers.models import Customer
from journeys.models import PlaybookVersion
from journeys.playbooks import flow
from journeys.playbooks.settings import trigger_says
from journeys.playbooks.steps import KINDS, Line, Look, Stuck

MOST = 120


@dataclass
class Trial:
    """The lines up to the day the clock was turned to, and where the customer stands then ("" when it is over)."""

    lines: list[Line] = field(default_factory=list)
    stands: str = ""
    until: datetime | None = None


def try_out(
    version: PlaybookVersion, customer: Customer, *, begin: datetime, until: datetime,
    supposed: list[tuple[str, datetime]] | None = None,
) -> Trial:  # fmt: skip
    """Walk as it would be walked from `begin`, as if only what is supposed happened on the way."""
    steps, supposed = version.steps, supposed or []
    behind, trial = flow.following(steps), Trial(until=until)
    trial.lines.append(Line(begin, "flag-3", trigger_says(version.content.get("trigger", {}))))
    leave = version.content.get("rules", {}).get("leave", [])
    at, node, heard = begin, flow.first(steps), False
    for _step in range(MOST):
        step = flow.find(steps, node) if node else None
        if step is None:
            trial.lines.append(Line(at, "flag-check", _("Walked to the end")))
            return trial
        kind = KINDS[step["kind"]]
        look = Look(customer, step, at, supposed, begin, heard)
        try:
            kind.foresee(look)
        except Stuck as stuck:
            look.say("alert-triangle", kind.says(step), stuck.text, ghost=True)
            look.over = True
        gone = min((when for what, when in supposed if what in leave and at < when <= look.at
                    and what not in step.get("events", [])), default=None)  # fmt: skip
        trial.lines += [line for line in look.lines if line.at <= until]
        if gone is not None and gone <= until:
            trial.lines.append(Line(gone, "logout", _("Ends early by what happened")))
            return trial
        if look.at > until:
            trial.stands = kind.says(step)
            return trial
        if look.over:
            return trial
        at, heard = look.at, look.heard
        node = behind[node].get(look.way, "")
    return trial

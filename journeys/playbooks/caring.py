"""Seeing to everybody who is stuck for one reason at once."""

from dataclasses import dataclass
from typing import Self

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from journeys.models import Enrolment, Playbook
from journeys.models.enrolment import ADVANCE
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.wake import wake
from staff.models import User, audit

ALIKE = ("playbook", "version", "node", "trouble")


@dataclass(frozen=True)
class Stuck:
    """What those have in common who stopped at one step of one version for one reason."""

    playbook: int
    version: int
    node: str
    trouble: str

    @classmethod
    def of(cls, row: Enrolment) -> Self:
        return cls(row.playbook_id, row.version_id, row.node, row.trouble)

    @classmethod
    def read(cls, key: str) -> Self | None:
        """As a page sends it; None for what no page sends."""
        parts = key.split(".")
        if len(parts) != 4 or not all(one.isascii() and one.isdigit() and len(one) < 19 for one in parts[:2]):
            return None
        if parts[3] not in Enrolment.Trouble.values or "\0" in parts[2]:
            return None
        return cls(int(parts[0]), int(parts[1]), parts[2][:12], parts[3])

    @property
    def key(self) -> str:
        return f"{self.playbook}.{self.version}.{self.node}.{self.trouble}"


@transaction.atomic
def retry_all(stuck: Stuck, *, by: User) -> int:
    """The step once more for all of one's customers who are stuck so; how many.

    Each stays on the version they came in by. Raises TransitionRefused when nobody is stuck so any more.
    """
    rows = Enrolment.objects.visible_to(by).parked().filter(
        playbook=stuck.playbook, version=stuck.version, node=stuck.node, trouble=stuck.trouble
    )  # fmt: skip
    # Whom somebody has in hand at this moment is passed over, so nobody waits for each other.
    free = rows.select_for_update(skip_locked=True, of=("self",), no_key=True).values("pk")
    n = Enrolment.objects.filter(pk__in=free).update(
        state=Enrolment.State.ACTIVE, due_at=timezone.now(), parked_at=None, trouble="", trouble_text="", tries=0
    )
    if not n:
        raise TransitionRefused(_("Somebody has seen to this already."))
    audit("playbook.retried_all", by=by, of=Playbook.objects.get(pk=stuck.playbook), node=stuck.node,
          trouble=stuck.trouble, n=n)  # fmt: skip
    wake(ADVANCE, queue="bulk")
    return n

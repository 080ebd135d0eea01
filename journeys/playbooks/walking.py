"""Moving people on: who is due is taken in hand for a while, then each takes one step in a transaction of its own.

A worker that dies leaves its people due again when its lease ends; what a step made stands in the transaction that
notes it, so nobody takes a step twice. What breaks for one person parks that person.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from customers.models import Customer
from journeys.models import Enrolment, Playbook, StepRun
from journeys.models.enrolment import call_off
from journeys.playbooks import crowd, flow
from journeys.playbooks.steps import KINDS, Outcome, Stuck, Walk
from scrm.kernel.refusals import TransitionRefused

log = logging.getLogger("scrm.playbooks")

AT_ONCE = 2000
SPARE = timedelta(seconds=15)  # before a lease ends no new step is begun
TRIES = 5
FREE_STEPS = 100  # a flow has sixty steps at most
State, End, Trouble = Enrolment.State, Enrolment.End, Enrolment.Trouble


def advance(*, seconds: float = 20, at_once: int = AT_ONCE) -> int:
    """Move on everybody who is due, for so long at most; how many steps were taken. Any number of workers may."""
    ends, taken = timezone.now() + timedelta(seconds=seconds), 0
    while timezone.now() < ends:
        due = 0
        for playbook in Playbook.objects.exclude(state__in=(Playbook.State.DRAFT, Playbook.State.PAUSED)):
            try:
                lease, ids, found = crowd.take(playbook, at_once)
            except Exception:
                log.exception("Playbook %s is not moved on.", playbook.code)
                continue
            due += found
            taken += found - len(ids)
            for place, pk in enumerate(ids):
                if timezone.now() > lease - SPARE:
                    give_back(ids[place:], lease)
                    break
                taken += walk(pk, lease)
        if not due:
            break
    return taken


def give_back(ids: list[int], lease: datetime) -> None:
    """Whom there was no time for is due again at once, and was not tried."""
    ours = Enrolment.objects.filter(pk__in=ids, state=State.ACTIVE, due_at=lease)
    ours.update(due_at=timezone.now(), tries=Greatest(F("tries") - 1, 0))


def walk(pk: int, lease: datetime) -> int:
    """Step by step until there is something to wait for; how many steps. Nothing when somebody else has this one."""
    taken = 0
    while True:
        try:
            more = _one(pk, lease)
        except OperationalError:
            # Two waited for each other, or the database went away: due again when the lease ends.
            log.warning("Way %s is tried again later.", pk)
            return taken
        if more is None:
            return taken
        taken += 1
        if not more:
            return taken


@transaction.atomic
def _one(pk: int, lease: datetime) -> bool | None:
    """One step that makes something, and the moves around it; whether there is more at once, None when not ours."""
    whose = Enrolment.objects.filter(pk=pk, state=State.ACTIVE, due_at=lease).values_list("customer", flat=True).first()
    if whose is None:
        return None
    # The customer before the way, as everybody locks them.
    customer = Customer.objects.select_for_update(no_key=True).get(pk=whose)
    if customer.erased_at or customer.merged_into_id:
        return None  # what comes of a join or of forgetting brings the way home, or away
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related("version", "playbook")
    row = rows.filter(pk=pk, state=State.ACTIVE, due_at=lease, customer=customer).first()
    if row is None:
        return None
    now = timezone.now()
    if row.playbook.state == Playbook.State.PAUSED:
        _stay(row, now, tries=0)
        return False
    if row.tries > TRIES:
        park(row, Trouble.CRASHED)
        return False
    if _is_later(row):
        finish(row, End.JOINED)
        return False
    return _steps(row, customer, now)


def _steps(row: Enrolment, customer: Customer, now: datetime) -> bool:
    steps = row.version.steps
    behind = flow.following(steps)
    known = dict(StepRun.objects.filter(enrolment=row).values_list("node", "result"))
    for _free in range(FREE_STEPS):
        step = flow.find(steps, row.node) if row.node else None
        if step is None:
            finish(row, End.WALKED)
            return False
        if row.node in known:
            ways = behind[row.node]
            _on(row, next(ways[way] for way in (known[row.node], "", "no") if way in ways))
            continue
        try:
            kind = KINDS[step["kind"]]
            # What a broken step wrote is taken back; that it broke is written down.
            with transaction.atomic():
                outcome = kind.take(Walk(row, customer, step, now))
        except Stuck as stuck:
            park(row, stuck.trouble, stuck.text)
            return False
        except TransitionRefused as refusal:
            park(row, Trouble.REFUSED, str(refusal))
            return False
        except OperationalError:
            raise
        except Exception as error:
            log.exception("Way %s parked at %s.", row.pk, row.node)
            park(row, Trouble.BROKEN, f"{type(error).__name__}: {error}")
            return False
        if not outcome.result:
            _wait(row, outcome, now)
            return False
        StepRun.objects.create(enrolment=row, version_id=row.version_id, node=row.node, result=outcome.result,
                               details=outcome.details, at=now)  # fmt: skip
        if outcome.end:
            _on(row, "")
            finish(row, outcome.end)
            return False
        _on(row, behind[row.node][outcome.way])
        if kind.makes:
            _stay(row, row.due_at, tries=1)
            return True
    park(row, Trouble.BROKEN, "round")
    return False


def _on(row: Enrolment, node: str) -> None:
    row.node, row.doing, row.awaits = node, {}, []


def _wait(row: Enrolment, outcome: Outcome, now: datetime) -> None:
    row.doing, row.awaits = outcome.doing, list(outcome.awaits)
    _stay(row, outcome.until or now, tries=0)


def _stay(row: Enrolment, until: datetime | None, *, tries: int) -> None:
    row.due_at, row.tries = until, tries
    row.save(update_fields=["node", "doing", "awaits", "due_at", "tries"])


def _is_later(row: Enrolment) -> bool:
    """Whether the same person was on the way here before, under another record that was joined since."""
    others = Enrolment.objects.filter(customer=row.customer_id, playbook=row.playbook_id).exclude(pk=row.pk)
    before = others.filter(Q(entered_at__lt=row.entered_at) | Q(entered_at=row.entered_at, pk__lt=row.pk))
    return before.filter(Q(ended_at=None) | Q(ended_at__gt=row.entered_at)).exists()


def park(row: Enrolment, trouble: str, text: str = "") -> None:
    """Only this person stops, at this step, with the reason."""
    row.state, row.parked_at, row.due_at = State.PARKED, timezone.now(), None
    row.trouble, row.trouble_text, row.awaits = Trouble(trouble), " ".join(text.replace("\0", "").split())[:200], []
    row.save(update_fields=["state", "parked_at", "due_at", "trouble", "trouble_text", "awaits", "node", "doing"])


def finish(row: Enrolment, end: str) -> None:
    row.state, row.end, row.ended_at, row.due_at = State.ENDED, End(end), timezone.now(), None
    row.awaits, row.parked_at, row.trouble = [], None, ""
    row.save(update_fields=["state", "end", "ended_at", "due_at", "awaits", "node", "doing", "parked_at", "trouble"])
    call_off([row.pk])


def show_out_parked(before: datetime) -> int:
    """Whom nobody helped since then: out, and it says so."""
    rows: Any = Enrolment.objects.parked().filter(parked_at__lt=before)
    found: int = rows.update(state=State.ENDED, end=End.PARKED, ended_at=timezone.now(), parked_at=None,
                             node=F("node"))  # fmt: skip
    return found

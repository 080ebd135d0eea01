"""What people do with a pilot: plan it, start it, note a change, decide at the gate, go on to the next step."""

import secrets
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from journeys.models import Pilot, PilotAsk, PilotChange, PilotGate, PilotStep, PilotStore
from journeys.models.outlook import WORDS
from journeys.pilots.drawing import fill, take_away
from journeys.pilots.figures import Compared, compute, read
from journeys.pilots.gates import judge
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.wake import wake
from staff.models import Store, User, audit

State, Kind, Decision = Pilot.State, PilotStep.Kind, PilotGate.Decision


def plan(code: str, *, by: User | None, at: datetime | None = None, salt: str = "", **said: Any) -> Pilot:
    """A new pilot that has not begun. Raises TransitionRefused for a code that is taken."""
    now = at or timezone.now()
    try:
        with transaction.atomic():
            pilot = Pilot.objects.create(code=code, salt=salt or secrets.token_hex(8), by=by, made_at=now, **said)
            PilotChange.objects.create(pilot=pilot, kind="made", by=by, at=now)
    except IntegrityError as error:
        raise TransitionRefused(_("There is a pilot with this code.")) from error
    if by is not None:
        audit("pilot.made", by=by, of=pilot)
    return pilot


@transaction.atomic
def start(pilot: Pilot, *, by: User | None, at: datetime | None = None) -> PilotStep:
    """Draw the first people and give one arm the package.

    Raises TransitionRefused the second time, for a package out of use, or when another pilot tries the same package.
    """
    row = _held(pilot, State.PLANNED, _("This pilot has begun already."))
    step = _begin(row, Kind.PEOPLE, [], by=by, at=at or timezone.now())
    if not row.members.exists():
        raise TransitionRefused(_("Nobody can be drawn: the segment is empty, or everybody has the package."))
    return step


@transaction.atomic
def note(pilot: Pilot, said: str, *, by: User | None, at: datetime | None = None) -> None:
    """A line in the log; it stays as it is. Raises TransitionRefused without words or after the end."""
    said = " ".join(said.split())[:WORDS]
    if not said:
        raise TransitionRefused(_("Say what was changed."))
    row = Pilot.objects.select_for_update(no_key=True).get(pk=pilot.pk)
    if row.state == State.STOPPED:
        raise TransitionRefused(_("This pilot is over."))
    PilotChange.objects.create(pilot=row, step=row.steps.last(), kind="noted", said=said, by=by,
                               at=at or timezone.now())  # fmt: skip


@transaction.atomic
def measure(pilot: Pilot, *, at: datetime | None = None) -> None:
    """The figures of the step that runs, as of this moment: what a decision goes by, and the page shows."""
    if running := pilot.steps.filter(ended_at=None, filled_at__isnull=False).first():
        compute(running, at=at or timezone.now())


@transaction.atomic
def ask(pilot: Pilot, *, by: User, why: str, step: int, at: datetime | None = None) -> PilotAsk:
    """Ask a second person to let the step pass before its gate is met. Raises TransitionRefused when it is met."""
    now, why = at or timezone.now(), _why(why)
    row, running = _at_the_gate(pilot, step)
    if _is_met(row, running, compute(running, at=now), at=now):
        raise TransitionRefused(_("All that should be true is true: you can decide."))
    if PilotAsk.objects.open().filter(step=running).exists():
        raise TransitionRefused(_("Somebody asked already: a second person has to answer."))
    made = PilotAsk.objects.create(step=running, why=why, by=by, at=now)
    PilotChange.objects.create(pilot=row, step=running, kind="asked", said=why, by=by, at=now)
    audit("pilot.asked", by=by, of=row, step=running.number)
    return made


@transaction.atomic
def agree(pilot: Pilot, *, by: User, step: int, at: datetime | None = None) -> PilotGate:
    """The second person lets the step pass.

    Raises TransitionRefused for who asked, when nobody asks any more, or when who asked may not decide any more.
    """
    asked = _asked(pilot, step)
    if asked.by_id == by.pk:
        raise TransitionRefused(_("Who asked cannot agree: a second person has to."))
    if not (asked.by.is_active and asked.by.may("pilot.decide")):
        raise TransitionRefused(_("Who asked may not decide any more: decline, and ask yourself."))
    now = at or timezone.now()
    PilotAsk.objects.filter(pk=asked.pk).update(state=PilotAsk.State.AGREED, answered_by=by, answered_at=now)
    audit("pilot.agreed", by=by, of=asked.step.pilot, step=step)
    return decide(pilot, Decision.GO, by=asked.by, why=asked.why, step=step, at=now, agreed_by=by)


@transaction.atomic
def decline(pilot: Pilot, *, by: User, why: str, step: int) -> None:
    """Not before its time, and why; who asked may take it back so. Raises TransitionRefused when nobody asks."""
    why, asked, now = _why(why), _asked(pilot, step), timezone.now()
    PilotAsk.objects.filter(pk=asked.pk).update(state=PilotAsk.State.DECLINED, answered_by=by, answered_at=now)
    PilotChange.objects.create(pilot=asked.step.pilot, step=asked.step, kind="declined", said=why, by=by, at=now)
    audit("pilot.declined", by=by, of=asked.step.pilot, step=step)


@transaction.atomic
def decide(
    pilot: Pilot, decision: str, *, by: User | None, why: str, step: int, at: datetime | None = None,
    agreed_by: User | None = None,
) -> PilotGate:  # fmt: skip
    """The gate of the step that runs: go on, change the package and go on with the same people, or stop.

    The figures are computed now and frozen. Of two who decide one wins: `step` is the one the reader saw. Before what
    should be true is true a step passes only with a second person's `agreed_by`.
    """
    now, why = at or timezone.now(), _why(why)
    if decision not in Decision.values:
        raise TransitionRefused(_("This is not on offer."))
    row, running = _at_the_gate(pilot, step)
    latest = row.package.running
    if decision == Decision.CHANGE and (latest is None or latest.pk == running.version_id):
        raise TransitionRefused(_("Publish the changed package first, then decide."))
    frozen = compute(running, at=now)
    early = not _is_met(row, running, frozen, at=now)
    if decision == Decision.GO and early and (agreed_by is None or agreed_by == by):
        raise TransitionRefused(_("Not all is true yet that should be: ask a second person to agree."))
    gate = PilotGate.objects.create(step=running, decision=decision, figures=frozen, why=why, by=by, at=now,
                                    early=early, agreed_by=agreed_by)  # fmt: skip
    PilotAsk.objects.open().filter(step=running).update(state=PilotAsk.State.OVER, answered_by=by, answered_at=now)
    PilotChange.objects.create(pilot=row, step=running, kind=decision, said=why, by=by, at=now)
    running.ended_at = now
    running.save(update_fields=["ended_at"])
    if decision == Decision.STOP:
        _to(row, State.STOPPED)
        take_away(row, at=now)
    elif decision == Decision.GO:
        _to(row, State.GATED)
    else:
        stores = list(running.stores.values_list("store", flat=True))
        _begin(row, Kind(running.kind), stores, by=by, at=now)
    if by is not None:
        audit("pilot.decided", by=by, of=row, decision=decision)
    pilot.refresh_from_db()
    return gate


@transaction.atomic
def go_on(pilot: Pilot, *, by: User | None, stores: list[Store] | None, at: datetime | None = None) -> PilotStep:
    """The next step behind the gate: these stores (those of the step before stay in), or everybody (None).

    Raises TransitionRefused when the gate was not passed, or no store is new.
    """
    row = _held(pilot, State.GATED, _("The gate comes first."))
    if stores is None:
        return _begin(row, Kind.ALL, [], by=by, at=at or timezone.now())
    known = set(PilotStore.objects.filter(step__pilot=row).values_list("store", flat=True))
    chosen = {one.pk for one in stores}
    if not chosen - known:
        raise TransitionRefused(_("Choose a store that is not in it yet."))
    return _begin(row, Kind.STORES, sorted(known | chosen), by=by, at=at or timezone.now())


@transaction.atomic
def stop(pilot: Pilot, *, by: User | None, why: str, at: datetime | None = None) -> None:
    """Behind a gate or before the start; what it gave ends. A step that runs is stopped at its gate."""
    now, why = at or timezone.now(), _why(why)
    row = Pilot.objects.select_for_update(no_key=True).get(pk=pilot.pk)
    if row.state not in (State.PLANNED, State.GATED):
        raise TransitionRefused(_("This pilot is over, or its step is decided at the gate."))
    _to(row, State.STOPPED)
    take_away(row, at=now)
    PilotChange.objects.create(pilot=row, step=row.steps.last(), kind="stop", said=why, by=by, at=now)
    if by is not None:
        audit("pilot.decided", by=by, of=row, decision="stop")
    pilot.refresh_from_db()


def _why(said: str) -> str:
    said = " ".join(said.split())[:WORDS]
    if not said:
        raise TransitionRefused(_("Say in a few words why."))
    return said


def _at_the_gate(pilot: Pilot, step: int) -> tuple[Pilot, PilotStep]:
    """The pilot, locked, and the step that runs, which must be the one the reader saw."""
    row = _held(pilot, State.RUNNING, _("Nothing runs here that could be decided."))
    running = row.steps.select_related("pilot__package", "version").get(ended_at=None)
    if running.number != step:
        raise TransitionRefused(_("Somebody decided meanwhile. Look again."))
    if running.filled_at is None:
        raise TransitionRefused(_("Its people are still being drawn. Try again in a minute."))
    return row, running


def _asked(pilot: Pilot, step: int) -> PilotAsk:
    _row, running = _at_the_gate(pilot, step)
    asked = PilotAsk.objects.open().filter(step=running).select_related("by", "step__pilot").first()
    if asked is None:
        raise TransitionRefused(_("Somebody has answered this already."))
    return asked


def _is_met(row: Pilot, running: PilotStep, frozen: dict[str, dict[str, Any]], *, at: datetime) -> bool:
    return judge(row, running, read(frozen).get(row.metric, Compared()), at=at).is_met


def _held(pilot: Pilot, state: str, refusal: str) -> Pilot:
    row = Pilot.objects.select_for_update(of=("self",), no_key=True).select_related("package").get(pk=pilot.pk)
    if row.state != state:
        raise TransitionRefused(refusal)
    return row


def _to(row: Pilot, state: str) -> None:
    row.state = state
    row.save(update_fields=["state"])


def _begin(row: Pilot, kind: PilotStep.Kind, stores: list[int], *, by: User | None, at: datetime) -> PilotStep:
    version = row.package.running
    if version is None or row.package.state != "live":
        raise TransitionRefused(_("This package is not in use."))
    try:
        with transaction.atomic():
            _to(row, State.ROLLED_OUT if kind == Kind.ALL else State.RUNNING)
    except IntegrityError as error:
        raise TransitionRefused(_("Another pilot tries this package. One at a time.")) from error
    number = row.steps.count() + 1
    step = PilotStep.objects.create(pilot=row, number=number, kind=kind, version=version, began_at=at)
    PilotStore.objects.bulk_create(PilotStore(step=step, store_id=one) for one in stores)
    PilotChange.objects.create(pilot=row, step=step, kind="begun", by=by, at=at)
    if kind != Kind.PEOPLE:
        # Whole stores, or everybody, are many: a worker does it, the nightly run if that one was lost.
        wake("journeys.tasks.fill_pilots", queue="slow")
    else:
        fill(step, at=at)
    if by is not None:
        audit("pilot.begun", by=by, of=row, step=number)
    return step


def fill_open() -> int:
    """Steps that were begun and whose people are not in yet."""
    count = 0
    for step in PilotStep.objects.filter(filled_at=None).select_related("pilot"):
        fill(step, at=timezone.now())
        count += 1
    return count

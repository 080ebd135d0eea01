"""A macro runs: each step by the verb that does it otherwise, all in one transaction; and is taken back."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext

from customers.models import Task
from scrm.kernel.refusals import TransitionRefused
from staff.models import Team, User
from tickets.case_page import talks_of
from tickets.forms import moment_of
from tickets.models import Macro, MacroRun, Outdated, State, Status, Ticket, Topic
from tickets.models.macro import Do
from touchpoints.models.template import BLANK, blanks_of, filled
from touchpoints.scripts import chosen_for

Step = dict[str, Any]


@dataclass
class Outcome:
    """What came of a run; `text` and `script` are for the answer, which nobody has sent."""

    run: MacroRun
    text: str = ""
    script: str = ""
    missing: list[str] = field(default_factory=list)


@transaction.atomic
def run(macro: Macro, ticket: Ticket, *, by: User, batch: str, alone: bool = True) -> Outcome:
    """Do the steps of a macro on a case; what is refused is named with its reason and stops no other.

    The same batch again does nothing more. With `alone` false (several cases at once) no text is laid ready.
    """
    try:
        with transaction.atomic():
            row = MacroRun.objects.create(macro=macro, ticket=ticket, by=by, batch=batch)
    except IntegrityError:  # the second of two clicks
        return Outcome(MacroRun.objects.get(by=by, batch=batch, ticket=ticket))
    outcome = Outcome(row)
    for step in macro.steps:
        ticket.refresh_from_db()
        try:
            with transaction.atomic():
                if step["do"] == Do.REPLY:
                    done = _lay_ready(step, ticket, outcome, alone=alone)
                else:
                    done = DEEDS[step["do"]](step, ticket, by)
            row.done.append({"do": step["do"]} | done)
        except Outdated:
            row.refused.append(
                {"do": step["do"], "why": gettext("Somebody was faster: look at what stands there now.")}
            )
        except TransitionRefused as refusal:
            row.refused.append({"do": step["do"], "why": str(refusal)})
    row.save(update_fields=["done", "refused"])
    macro.count_use()
    ticket.refresh_from_db()
    return outcome


@transaction.atomic
def undo(row: MacroRun, *, by: User) -> list[Step]:
    """Take a run back, the last step first, each by its verb; what could not be, with its reason.

    Raises TransitionRefused for somebody else's, after ten minutes, and a second time.
    """
    if row.by_id != by.pk or not row.may_be_undone:
        raise TransitionRefused(gettext("This cannot be taken back any more."))
    if not MacroRun.objects.filter(pk=row.pk, undone_at=None).update(undone_at=timezone.now()):
        raise TransitionRefused(gettext("This cannot be taken back any more."))
    left: list[Step] = []
    ticket = row.ticket
    for done in reversed(row.done):
        ticket.refresh_from_db()
        try:
            with transaction.atomic():
                if (back := UNDOES.get(done["do"])) is not None:
                    back(done, ticket, by)
                elif done["do"] == Do.NOTE:
                    left.append({"do": Do.NOTE, "why": gettext("What was written down stays.")})
        except (Outdated, TransitionRefused) as refusal:
            why = str(refusal) if isinstance(refusal, TransitionRefused) else _changed()
            left.append({"do": done["do"], "why": why})
    row.refresh_from_db()
    return left


# Done


def _set_topic(step: Step, ticket: Ticket, by: User) -> Step:
    topic = _named(Topic.objects.filter(used=True), step["to"])
    was, risk = ticket.topic_id, ticket.risk
    ticket.describe(by=by, version=ticket.version, topic=topic, risk=topic.risk)
    return {"was": was, "risk": risk, "now": topic.pk}


def _set_urgency(step: Step, ticket: Ticket, by: User) -> Step:
    was = ticket.urgency
    ticket.describe(by=by, version=ticket.version, urgency=step["to"])
    return {"was": was, "now": step["to"]}


def _assign(step: Step, ticket: Ticket, by: User) -> Step:
    was = {"was": ticket.owner_id, "team": ticket.team_id}
    if step["to"] == "me":
        ticket.assign(by, by=by)
        return was | {"now": by.pk, "now_team": ticket.team_id}
    team = _named(Team.objects.all(), step["to"].removeprefix("team:"))
    ticket.assign(None, by=by, team=team)
    return was | {"now": None, "now_team": team.pk}


def _note(step: Step, ticket: Ticket, by: User) -> Step:
    return {"entry": ticket.note(step["words"], by=by).pk}


def _plan(step: Step, ticket: Ticket, by: User) -> Step:
    due = timezone.localdate() + timedelta(days=step["days"])
    return {"task": Task.plan(ticket.customer, step["words"], by=by, owner=by, due_on=due).pk}


def _snooze(step: Step, ticket: Ticket, by: User) -> Step:
    was = ticket.snoozed_until.isoformat() if ticket.snoozed_until else None
    ticket.snooze(moment_of(step["to"]), by=by)
    assert ticket.snoozed_until is not None
    return {"was": was, "now": ticket.snoozed_until.isoformat()}


def _move(step: Step, ticket: Ticket, by: User) -> Step:
    was, to = ticket.state, step["to"]
    status = _named(Status.objects.filter(used=True), step["status"]) if step.get("status") else None
    if to == State.WAITING:
        ticket.wait(by=by, status=status)
    elif to == State.HELD:
        ticket.hold(by=by, reason=step["words"], status=status)
    elif to == State.RESOLVED:
        ticket.resolve(by=by, status=status)
    elif was in (State.RESOLVED, State.CLOSED):
        ticket.reopen(by=by)
    else:
        ticket.resume(by=by)
    return {"was": was, "now": to}


def _lay_ready(step: Step, ticket: Ticket, outcome: Outcome, *, alone: bool) -> Step:
    if not alone:
        raise TransitionRefused(gettext("A text is laid ready in one case at a time."))
    if code := step.get("script"):
        talk = next(iter(talks_of(ticket)), None)
        if talk is None:
            raise TransitionRefused(gettext("There is no conversation that may be answered now."))
        wording = chosen_for(talk, code)
        if wording is None:
            raise TransitionRefused(gettext("This script may not be said here, or not any more."))
        outcome.text, outcome.script, outcome.missing = wording.text, code, wording.missing
        return {"script": code}
    values = blanks_of(ticket.customer, ticket.customer.locale)
    outcome.text = filled(step["words"], values)
    outcome.missing = [name for name in dict.fromkeys(BLANK.findall(step["words"])) if not values.get(name)]
    return {}


# Taken back


def _topic_back(done: Step, ticket: Ticket, by: User) -> None:
    if ticket.topic_id != done["now"]:
        raise TransitionRefused(_changed())
    topic = Topic.objects.filter(pk=done["was"]).first()
    ticket.describe(by=by, version=ticket.version, topic=topic, risk=done["risk"])


def _urgency_back(done: Step, ticket: Ticket, by: User) -> None:
    if ticket.urgency != done["now"]:
        raise TransitionRefused(_changed())
    ticket.describe(by=by, version=ticket.version, urgency=done["was"])


def _assign_back(done: Step, ticket: Ticket, by: User) -> None:
    if (ticket.owner_id, ticket.team_id) != (done["now"], done["now_team"]):
        raise TransitionRefused(_changed())
    owner, team = User.objects.filter(pk=done["was"]).first(), Team.objects.filter(pk=done["team"]).first()
    ticket.assign(owner, by=by, team=team, no_team=team is None)


def _task_back(done: Step, ticket: Ticket, by: User) -> None:
    task = Task.objects.select_related("customer").filter(pk=done["task"]).first()
    if task is None:
        raise TransitionRefused(_changed())
    task.drop(by=by, why=gettext("A macro was taken back."))


def _snooze_back(done: Step, ticket: Ticket, by: User) -> None:
    if ticket.snoozed_until != parse_datetime(done["now"]):
        raise TransitionRefused(_changed())
    was = parse_datetime(done["was"]) if done["was"] else None
    if was is not None and was > timezone.now():
        ticket.snooze(was, by=by)
    else:
        ticket.wake(by=by)


def _move_back(done: Step, ticket: Ticket, by: User) -> None:
    if ticket.state != done["now"] or done["was"] == State.HELD:
        raise TransitionRefused(_changed() if ticket.state != done["now"] else gettext("Say what it waits for."))
    if done["now"] == State.RESOLVED:
        ticket.reopen(by=by)
    elif done["now"] == State.OPEN:
        if done["was"] == State.WAITING:
            ticket.wait(by=by)
        else:
            ticket.resolve(by=by)
        return
    elif done["was"] in (State.NEW, State.OPEN):
        ticket.resume(by=by)
    if done["was"] == State.WAITING:
        ticket.wait(by=by)


def _named(rows: Any, code: str) -> Any:
    found = rows.filter(code=code).first()
    if found is None:
        raise TransitionRefused(gettext("This is not here any more: look again."))
    return found


def _changed() -> str:
    return gettext("Somebody changed it since.")


DEEDS = {
    Do.TOPIC: _set_topic, Do.URGENCY: _set_urgency, Do.ASSIGN: _assign, Do.NOTE: _note, Do.TASK: _plan,
    Do.SNOOZE: _snooze, Do.MOVE: _move,
}  # fmt: skip
UNDOES = {
    Do.TOPIC: _topic_back, Do.URGENCY: _urgency_back, Do.ASSIGN: _assign_back, Do.TASK: _task_back,
    Do.SNOOZE: _snooze_back, Do.MOVE: _move_back,
}  # fmt: skip

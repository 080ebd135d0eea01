"""Several things done to a case by one click, each by the verb that does it otherwise."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit
from tickets.models.ticket import Ticket
from tickets.models.tool import Scope, Tool
from tickets.models.topic import State, Urgency
from touchpoints.models.script import script_trouble

LATER = {"hour": _("In an hour"), "evening": _("This evening"), "morning": _("Tomorrow morning"),
         "monday": _("Next Monday")}  # fmt: skip
UNDO = timedelta(minutes=10)
WORDS = 2000


class Do(models.TextChoices):
    """What a step may do, in the order in which it is done."""

    TOPIC = "topic", _("Topic")
    URGENCY = "urgency", _("Urgency")
    ASSIGN = "assign", _("Pass to")
    NOTE = "note", _("Note")
    TASK = "task", _("Next step for the customer")
    SNOOZE = "snooze", _("Later")
    MOVE = "move", _("Status")
    REPLY = "reply", _("Text in the answer, not sent")


# What a step carries beside what it does, and whether it must.
SHAPES: dict[str, dict[str, bool]] = {
    Do.TOPIC: {"to": True}, Do.URGENCY: {"to": True}, Do.ASSIGN: {"to": True}, Do.NOTE: {"words": True},
    Do.TASK: {"words": True, "days": True}, Do.SNOOZE: {"to": True},
    Do.MOVE: {"to": True, "status": False, "words": False}, Do.REPLY: {"script": False, "words": False},
}  # fmt: skip
MOVES = (State.OPEN, State.WAITING, State.HELD, State.RESOLVED)
LONGEST = {"to": 60, "status": 40, "script": 60, "words": WORDS}


def trouble_with_steps(steps: Any) -> str:
    """Why a list of steps is none, or nothing; whether topics and texts stand there is asked when it runs."""
    if not isinstance(steps, list) or not steps:
        return gettext("Choose at least one thing it does.")
    done = [step.get("do") if isinstance(step, dict) else None for step in steps]
    order = [code for code in Do.values if code in done]
    if done != order:  # each known, once, in the order of the list
        return gettext("This is not a list of steps.")
    return next((trouble for step in steps if (trouble := _trouble_with(step))), "")


def _trouble_with(step: dict[str, Any]) -> str:
    shape, broken = SHAPES[step["do"]], gettext("This is not a list of steps.")
    given = set(step) - {"do"}
    if not given <= set(shape) or not {name for name, must in shape.items() if must} <= given:
        return broken
    for name in given - {"days"}:
        value = step[name]
        if step["do"] == Do.URGENCY:
            if type(value) is not int or value not in Urgency.values:
                return broken
        elif not isinstance(value, str) or not value.strip() or len(value) > LONGEST[name] or "\0" in value:
            return broken
    do, to = step["do"], step.get("to", "")
    if do == Do.TASK and not (type(step["days"]) is int and 0 <= step["days"] <= 365):
        return broken
    if do == Do.SNOOZE and to not in LATER:
        return broken
    if do == Do.ASSIGN and to != "me" and not to.startswith("team:"):
        return broken
    if do == Do.MOVE and (to not in MOVES or (to == State.HELD and not step.get("words"))):
        return gettext("Say what it waits for.") if to == State.HELD else broken
    if do == Do.REPLY:
        if len(given) != 1:
            return broken
        return script_trouble(step.get("words", ""))
    return ""


class Macro(Tool):
    """A list of steps under a name."""

    steps = models.JSONField(default=list)
    uses = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)

    class Meta(Tool.Meta):
        verbose_name, verbose_name_plural = _("macro"), _("macros")
        constraints = [
            *Tool.Meta.constraints,
            models.CheckConstraint(condition=~Q(steps=[]), name="macro_does_something"),
        ]
        indexes = [
            models.Index(fields=["owner"], name="macro_owner"),
            models.Index(fields=["removed_at"], name="macro_removed", condition=~Q(removed_at=None)),
        ]

    def clean(self) -> None:
        if trouble := trouble_with_steps(self.steps):
            raise ValidationError({"steps": trouble})

    @classmethod
    @transaction.atomic
    def keep_new(cls, name: str, *, by: User, **what: Any) -> "Macro":
        """As Tool.keep_new; refuses a list that is none of steps too."""
        if trouble := trouble_with_steps(what.get("steps")):
            raise TransitionRefused(trouble)
        made = super().keep_new(name, by=by, **what)
        if made.scope != Scope.ME:
            audit("macro.made", by=by, of=made, name=made.name, scope=made.scope)
        return made

    @transaction.atomic
    def change(self, name: str, steps: list[dict[str, Any]], *, by: User) -> None:
        """Raises TransitionRefused for a name that is taken, a list that is none, or when it was removed."""
        if trouble := trouble_with_steps(steps):
            raise TransitionRefused(trouble)
        self.rename(name, by=by)
        self.steps = steps
        self.save(update_fields=["steps"])
        if self.scope != Scope.ME:
            audit("macro.changed", by=by, of=self, name=self.name, scope=self.scope)

    @transaction.atomic
    def remove(self, *, by: User) -> None:
        super().remove(by=by)
        if self.scope != Scope.ME:
            audit("macro.removed", by=by, of=self, name=self.name, scope=self.scope)

    @transaction.atomic
    def restore(self, *, by: User) -> None:
        super().restore(by=by)
        if self.scope != Scope.ME:
            audit("macro.restored", by=by, of=self, name=self.name, scope=self.scope)

    def count_use(self) -> None:
        Macro.objects.filter(pk=self.pk).update(uses=F("uses") + 1, last_used_at=timezone.now())


class MacroRun(models.Model):
    """That a macro ran on a case: what it did, with how it stood before, and what was refused and why.

    The same click twice is one run (`batch`); whoever ran it takes it back within ten minutes.
    """

    macro = models.ForeignKey(Macro, on_delete=models.CASCADE, related_name="runs", db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+", db_index=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    batch = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now)
    done = models.JSONField(default=list)
    refused = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("run of a macro"), _("runs of macros")
        constraints = [models.UniqueConstraint(fields=["by", "batch", "ticket"], name="macro_run_once")]
        indexes = [
            models.Index(fields=["at"], name="macro_run_at"),
            models.Index(fields=["macro"], name="macro_run_macro"),
            models.Index(fields=["ticket"], name="macro_run_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.macro_id} {self.ticket_id} {self.at}"

    @property
    def may_be_undone(self) -> bool:
        undoable = any(one["do"] not in (Do.NOTE, Do.REPLY) for one in self.done)
        return undoable and self.undone_at is None and self.at > timezone.now() - UNDO

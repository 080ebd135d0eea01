"""What people lay ready for their work on cases: saved views and macros."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from staff.models import Team, User
from tickets.models import FILTERS, LATER, VIEWS, Macro, Scope, State, Status, Topic, Urgency
from tickets.models.macro import WORDS, Do, trouble_with_steps
from tickets.models.tool import NAME, teams_of
from touchpoints.models import Script

# Signs that turn the reading direction, and those of no shape: a name is read as it is written.
UNSEEN = re.compile("[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]")


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name of it"), max_length=NAME, error_messages={
        "required": _("Give it a name."), "max_length": _("A name holds 60 signs."),
    })  # fmt: skip

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if UNSEEN.search(name):
            raise forms.ValidationError(_("This name holds signs nobody can see."))
        return " ".join(name.split())


class SharedForm(NameForm):
    """With a name, for whom: `me`, `team-<code>` of a team one works in or leads, `all` where one may."""

    for_whom = forms.ChoiceField(
        label=_("For whom"), required=False, error_messages={"invalid_choice": _("Choose for whom.")}
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams = {f"team-{team.code}": team for team in teams_of(user)[:50]} if user.may("cases.work") else {}
        self.fields["for_whom"].choices = [  # type: ignore[attr-defined]
            ("me", Scope.ME.label), *((code, str(team)) for code, team in self.teams.items()),
            *([("all", Scope.ALL.label)] if user.may("cases.share") else []),
        ]  # fmt: skip

    def shared(self) -> dict[str, Any]:
        """Scope and team as the models take them."""
        whom = self.cleaned_data["for_whom"] or Scope.ME
        team: Team | None = self.teams.get(whom)
        return {"scope": Scope.TEAM if team else whom, "team": team}


class SavedViewForm(SharedForm):
    """The view one looks at, under a name."""

    view = forms.ChoiceField(choices=[(code, words) for code, words in VIEWS.items()], error_messages={
        "required": _("This cannot be kept as a view."), "invalid_choice": _("This cannot be kept as a view."),
    })  # fmt: skip
    channel = forms.SlugField(max_length=40, required=False)
    topic = forms.SlugField(max_length=40, required=False)
    state = forms.SlugField(max_length=40, required=False)

    def filters(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in FILTERS if self.cleaned_data.get(name)}


class MacroForm(SharedForm):
    """Each thing a macro may do, once; what is left empty it does not do."""

    topic = forms.ChoiceField(label=_("Set the topic"), required=False)
    urgency = forms.TypedChoiceField(label=_("Set the urgency"), choices=[("", "—"), *Urgency.choices], coerce=int,
                                     required=False,
                                     empty_value=None)  # fmt: skip
    assign = forms.ChoiceField(label=_("Pass it to"), required=False)
    note = forms.CharField(label=_("Write a note for colleagues; @ and a sign-in name tells one"), max_length=WORDS,
                           required=False, widget=forms.Textarea({"rows": 3}))  # fmt: skip
    task = forms.CharField(label=_("Put a next step on my list"), max_length=200, required=False)
    days = forms.IntegerField(label=_("in how many days"), min_value=0, max_value=365, required=False, error_messages={
        "min_value": _("Within a year."), "max_value": _("Within a year."), "invalid": _("Give a number of days."),
    })  # fmt: skip
    snooze = forms.ChoiceField(label=_("Put it off"), choices=[("", "—"), *LATER.items()], required=False)
    move = forms.ChoiceField(label=_("Set the status"), required=False)
    waits_for = forms.CharField(label=_("What it waits for, if it does"), max_length=200, required=False)
    script = forms.ChoiceField(label=_("Lay a script ready in the answer"), required=False)
    reply = forms.CharField(label=_("or a text of its own; nothing is sent by itself"), max_length=WORDS,
                            required=False, widget=forms.Textarea({"rows": 4}))  # fmt: skip

    def __init__(self, *args: Any, user: User, macro: Macro | None = None, **kwargs: Any) -> None:
        if macro is not None:
            kwargs["initial"] = {"name": macro.name} | _as_fields(macro.steps)
        super().__init__(*args, user=user, **kwargs)
        self.macro = macro
        self._offer("topic", [(one.code, str(one)) for one in Topic.objects.filter(used=True)])
        teams = [(f"team:{one.code}", str(one)) for one in Team.objects.order_by("code")[:200]]
        self._offer("assign", [("me", _("Whoever runs it")), *teams])
        statuses = [(f"{one.state}:{one.code}", str(one)) for one in Status.objects.filter(used=True)]
        self._offer(
            "move", [(state, State(state).label) for state in ("open", "waiting", "held", "resolved")] + statuses
        )
        scripts = Script.objects.offered().only("code", "name").order_by("code")
        self._offer("script", [(one.code, str(one)) for one in scripts[:300]])

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("move", "").startswith("held") and not said.get("waits_for"):
            self.add_error("waits_for", _("Say what it waits for."))
        if said.get("script") and said.get("reply"):
            self.add_error("reply", _("Choose a script or write a text, not both."))
        if not self.errors and (trouble := trouble_with_steps(self.steps())):
            self.add_error("reply" if said.get("reply") and self.steps() else None, trouble)
        return said

    def steps(self) -> list[dict[str, Any]]:
        """As the model keeps them, in the order in which they are done."""
        said = self.cleaned_data
        state, _colon, status = said.get("move", "").partition(":")
        found: dict[str, dict[str, Any]] = {
            Do.TOPIC: {"to": said.get("topic")}, Do.URGENCY: {"to": said.get("urgency")},
            Do.ASSIGN: {"to": said.get("assign")}, Do.NOTE: {"words": said.get("note")},
            Do.TASK: {"words": said.get("task"), "days": said.get("days") or 0}, Do.SNOOZE: {"to": said.get("snooze")},
            Do.MOVE: {"to": state, "status": status, "words": said.get("waits_for") if state == "held" else ""},
            Do.REPLY: {"script": said.get("script"), "words": said.get("reply")},
        }  # fmt: skip
        steps = []
        for do, what in found.items():
            given = {name: value for name, value in what.items() if value or name == "days"}
            if set(given) - {"days"}:
                steps.append({"do": str(do)} | given)
        return steps

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = [("", "—"), *choices]  # type: ignore[attr-defined]


def _as_fields(steps: list[dict[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for step in steps:
        do, to = step["do"], step.get("to", "")
        if do == Do.MOVE:
            fields |= {"move": f"{to}:{step['status']}" if step.get("status") else to,
                       "waits_for": step.get("words", "")}  # fmt: skip
        elif do == Do.REPLY:
            fields |= {"script": step.get("script", ""), "reply": step.get("words", "")}
        elif do == Do.TASK:
            fields |= {"task": step["words"], "days": step["days"]}
        else:
            fields[do] = to or step.get("words", "")
    return fields

"""What staff type into cases."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from staff.models import Membership, Role, Store, User
from tickets.models import LATER, CaseLink, Status, Ticket, Topic, Urgency
from touchpoints.models import Conversation
from touchpoints.models.talk import LONGEST


class CaseForm(forms.Form):
    """A new case at a counter, on the phone."""

    subject = forms.CharField(max_length=120, error_messages={"required": _("Say in a few words what it is about.")})
    topic = forms.SlugField(max_length=40, required=False)
    body = forms.CharField(max_length=LONGEST, required=False)
    channel = forms.ChoiceField(choices=[("store", ""), ("phone", "")], required=False)
    token = forms.CharField(max_length=40, required=False)

    def clean_topic(self) -> Topic | None:
        return _offered(Topic.objects.filter(used=True), self.cleaned_data["topic"])


class WordForm(forms.Form):
    """One word in a case: to the customer (`talk-<id>`), about a call or a visit, or for colleagues only."""

    how = forms.CharField(max_length=20)
    text = forms.CharField(max_length=LONGEST, required=False, error_messages={
        "max_length": _("A message holds 4,000 signs: shorten it."),
    })  # fmt: skip
    token = forms.CharField(max_length=40, required=False)
    script = forms.SlugField(max_length=60, required=False)
    wait = forms.BooleanField(required=False)
    seen = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)  # the newest entry on the page
    anyway = forms.BooleanField(required=False)

    def __init__(self, *args: Any, talks: Any, with_files: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.talks, self.with_files = talks, with_files

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text and not self.with_files:
            raise forms.ValidationError(_("Write what you want to say."))
        return text

    def clean_how(self) -> str | Conversation:
        how: str = self.cleaned_data["how"]
        if how in ("phone", "store", "note"):
            return how
        number = how.removeprefix("talk-")
        talk: Conversation | None = self.talks.filter(pk=int(number)).first() if _is_id(number) else None
        if talk is None:
            raise forms.ValidationError(_("Choose by which channel."))
        return talk


class DescribeForm(forms.Form):
    """What the case is about, as the reader saw it at `version`."""

    subject = forms.CharField(max_length=120)
    topic = forms.SlugField(max_length=40, required=False)
    urgency = forms.TypedChoiceField(choices=Urgency.choices, coerce=int)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1)

    def clean_subject(self) -> str:
        return " ".join(self.cleaned_data["subject"].split())

    def clean_topic(self) -> Topic | None:
        return _offered(Topic.objects.all(), self.cleaned_data["topic"])


class MoveForm(forms.Form):
    status = forms.SlugField(max_length=40, required=False)
    reason = forms.CharField(max_length=200, required=False)
    until = forms.ChoiceField(choices=[(code, "") for code in LATER], required=False)

    def clean_status(self) -> Status | None:
        return _offered(Status.objects.filter(used=True), self.cleaned_data["status"])


class PromiseForm(forms.Form):
    """A word of one's own: what, by which hour of today or a moment ahead."""

    words = forms.CharField(max_length=200, error_messages={"required": _("Say what you promise.")})
    due = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M"], error_messages={
        "required": _("Say by when."), "invalid": _("Say by when."),
    })  # fmt: skip

    def clean_due(self) -> datetime:
        due: datetime = self.cleaned_data["due"]
        if due <= timezone.now() or due > timezone.now() + timedelta(days=90):
            raise forms.ValidationError(_("Choose a moment ahead, within three months."))
        return due


class AssignForm(forms.Form):
    """A colleague of the desk, by name; nobody gives it back to the queue."""

    to = forms.CharField(max_length=150, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_to(self) -> User | None:
        wanted = self.cleaned_data["to"]
        if not wanted:
            return None
        found = hands_of(self.user).filter(username=wanted).first()
        if found is None:
            raise forms.ValidationError(_("Choose a colleague who works on cases here."))
        return found


class HandoverForm(forms.Form):
    store = forms.CharField(max_length=40)
    note = forms.CharField(max_length=300, required=False)

    def clean_store(self) -> Store:
        found: Store | None = Store.objects.filter(code=self.cleaned_data["store"], closed_on=None).first()
        if found is None:
            raise forms.ValidationError(_("Choose a store."))
        return found


class JoinForm(forms.Form):
    """Another case of the same customer, by its number."""

    other = forms.IntegerField(min_value=1, max_value=2**31 - 1, error_messages={
        "required": _("Choose which case."), "invalid": _("Choose which case."),
    })  # fmt: skip


class LinkForm(forms.Form):
    """Another case by its number, and how the two belong together."""

    other = forms.IntegerField(min_value=1, max_value=2**31 - 1, error_messages={
        "required": _("Write the number of the other case."), "invalid": _("Write the number of the other case."),
        "min_value": _("Write the number of the other case."), "max_value": _("Write the number of the other case."),
    })  # fmt: skip
    kind = forms.ChoiceField(choices=CaseLink.Kind.choices, required=False, error_messages={
        "invalid_choice": _("Choose how they belong together."),
    })  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_other(self) -> Ticket:
        """A case the writer may see; another's is the same as none."""
        found = Ticket.objects.visible_to(self.user).filter(number=self.cleaned_data["other"]).first()
        if found is None:
            raise forms.ValidationError(_("There is no case of this number here."))
        if found.merged_into_id:
            return Ticket.objects.get(pk=found.merged_into_id)
        return found

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or CaseLink.Kind.RELATED


class SplitForm(forms.Form):
    """Which words are another matter, and what it is called."""

    subject = forms.CharField(max_length=120, error_messages={"required": _("Say in a few words what it is about.")})


def hands_of(user: User) -> Any:
    """Who works on cases in the reader's teams and stores today, and the advisors there."""
    where = Q(team__in=user.team_ids) | Q(store__in=user.store_ids) | Q(region__stores__in=user.store_ids)
    there = Membership.objects.current().filter(role__in=[Role.AGENT, Role.LEAD, Role.ADVISOR])
    there = there if user.sees_whole_brand else there.filter(where)
    return (
        User.objects.filter(is_active=True, pk__in=there.values("user"))
        .order_by("username")
        .only("username", "full_name", "first_name", "last_name")
    )


def moment_of(code: str, now: datetime | None = None) -> datetime:
    """When “later” is, in the reader's zone."""
    here = timezone.localtime(now)
    if code == "hour":
        return here + timedelta(hours=1)
    if code == "evening":
        evening = datetime.combine(here.date(), time(18), here.tzinfo)
        return evening if evening > here else here + timedelta(hours=2)
    days = 1 if code == "morning" else 7 - here.weekday()
    return datetime.combine(here.date() + timedelta(days=days), time(9), here.tzinfo)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _offered(rows: Any, code: str) -> Any:
    if not code:
        return None
    found = rows.filter(code=code).first()
    if found is None:
        raise forms.ValidationError(_("This is not here any more: look again."))
    return found

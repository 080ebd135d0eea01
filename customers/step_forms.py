"""A need in two taps, and the next step for a customer."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import NeedKind, Scene
from staff.models import Membership, User


class NeedForm(forms.Form):
    scene = forms.CharField(max_length=40, required=False)
    kind = forms.CharField(max_length=40, required=False)
    words = forms.CharField(max_length=300, required=False, label=_("In their words"))

    def clean_scene(self) -> Scene | None:
        return _offered(Scene.objects.filter(used=True), self.cleaned_data["scene"])

    def clean_kind(self) -> NeedKind | None:
        return _offered(NeedKind.objects.filter(used=True), self.cleaned_data["kind"])

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not self.errors and not said.get("kind") and not said.get("words", "").strip():
            raise forms.ValidationError(_("Choose a need, or write it in a few words."))
        return said


class TaskForm(forms.Form):
    what = forms.CharField(max_length=200, label=_("What is to be done"))
    due_on = forms.DateField(required=False, label=_("By when"))
    owner = forms.CharField(max_length=150, required=False, label=_("Who"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_due_on(self) -> Any:
        return self.cleaned_data["due_on"] or timezone.localdate() + timedelta(days=1)

    def clean_owner(self) -> User:
        """Oneself, or a colleague of one's stores."""
        wanted = self.cleaned_data["owner"]
        if not wanted or wanted == self.user.username:
            return self.user
        found = colleagues_of(self.user).filter(username=wanted).first()
        if found is None:
            raise forms.ValidationError(_("Choose a colleague of your own stores."))
        return found


def colleagues_of(user: User) -> Any:
    """Who works in one's stores today, oneself left out."""
    there = Membership.objects.current().filter(store__in=user.store_ids)
    return User.objects.filter(is_active=True, pk__in=there.values("user")).exclude(pk=user.pk).order_by("username")


def _offered(rows: Any, code: str) -> Any:
    if not code:
        return None
    if (found := rows.filter(code=code).first()) is None:
        raise forms.ValidationError(_("This is not offered any more: choose another."))
    return found

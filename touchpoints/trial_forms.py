"""A piece tried on, with its result; an answer to a proposal; a customer passed on."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commerce.models import Product
from staff.models import Absence, Membership, Role, Store, User
from touchpoints.fitting_room import PARTS, Fitting
from touchpoints.models import MatchAnswer, Trial

FLOOR = (Role.ASSOCIATE, Role.ADVISOR, Role.LEAD)


class TrialForm(forms.Form):
    key = forms.UUIDField()
    piece = forms.CharField(max_length=60, error_messages={"required": _("Choose the piece first.")})
    result = forms.ChoiceField(choices=Trial.Result, required=False)
    why = forms.ChoiceField(choices=Trial.Why, required=False)
    reason = forms.CharField(max_length=200, required=False)
    size = forms.CharField(max_length=40, required=False)
    part = forms.ChoiceField(choices=[(part, part) for part in PARTS], required=False)
    centimetres = forms.IntegerField(
        min_value=-30, max_value=30, required=False,
        error_messages={"min_value": _("Thirty centimetres at most."), "max_value": _("Thirty centimetres at most."),
                        "invalid": _("Write whole centimetres, such as -3.")},
    )  # fmt: skip

    def clean_piece(self) -> Product:
        found = Product.objects.filter(code=self.cleaned_data["piece"], kind=Product.Kind.GOODS).first()
        if found is None:
            raise forms.ValidationError(_("We do not know this piece: look it up by its code or name."))
        return found

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if self.errors:
            return said
        # A tap on a reason says the result with it.
        result = said["result"] or (Trial.Result.REFUSED if said["why"] or said["reason"] else "")
        if not result:
            raise forms.ValidationError(_("Say what came of it."))
        part, by = said.pop("part"), said.pop("centimetres")
        if part and not by:
            raise forms.ValidationError(_("Write whole centimetres, such as -3."))
        return said | {"result": result, "fitting": Fitting(part, by) if part else None}


class MatchAnswerForm(forms.Form):
    said = forms.ChoiceField(choices=MatchAnswer.Said)


class HandoverForm(forms.Form):
    colleague = forms.CharField(max_length=150, error_messages={"required": _("Choose a colleague of this store.")})
    held_by = forms.IntegerField(required=False)
    note = forms.CharField(
        max_length=300, error_messages={"required": _("Say in a few words what the customer told you.")}
    )

    def __init__(self, *args: Any, store: Store, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.store = store

    def clean_colleague(self) -> User:
        found = floor_of(self.store).filter(username=self.cleaned_data["colleague"]).first()
        if found is None:
            raise forms.ValidationError(_("Choose a colleague of this store."))
        return found


def floor_of(store: Store) -> Any:
    """Who may receive customers in this store today."""
    today = timezone.localdate()
    there = Membership.objects.current().filter(store=store, role__in=FLOOR)
    away = Absence.objects.filter(starts_on__lte=today, ends_on__gte=today)
    here = User.objects.filter(is_active=True, pk__in=there.values("user")).exclude(pk__in=away.values("user"))
    return here.order_by("username")

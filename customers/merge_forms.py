"""What a person says when joining two records or taking them apart."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, MergeSuggestion
from staff.models import User

AT_ONCE = 100
NO_REASON = _("Give a reason. It is needed to unmerge.")


def reason_field() -> forms.CharField:
    return forms.CharField(max_length=300, label=_("Why one person"), error_messages={"required": NO_REASON})


class MergePair(forms.Form):
    """Which of the pair stays, and why they are one."""

    keep = forms.ModelChoiceField(Customer.objects.none(), to_field_name="number")
    reason = reason_field()

    def __init__(self, *args: Any, pair: MergeSuggestion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        both = Customer.objects.filter(pk__in=[pair.first_id, pair.second_id])
        self.fields["keep"].queryset = both  # type: ignore[attr-defined]


class MergeMany(forms.Form):
    """Pairs that were ticked, with one reason for all."""

    pairs = forms.ModelMultipleChoiceField(
        MergeSuggestion.objects.none(), error_messages={"required": _("Tick at least one pair.")}
    )
    reason = reason_field()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pairs"].queryset = (  # type: ignore[attr-defined]
            MergeSuggestion.objects.waiting().visible_to(user)
            .select_related("first__metrics", "second__metrics")
        )  # fmt: skip

    def clean_pairs(self) -> list[MergeSuggestion]:
        chosen = list(self.cleaned_data["pairs"])
        if len(chosen) > AT_ONCE:
            raise forms.ValidationError(_("At most a hundred pairs at once."))
        return chosen


class Unmerge(forms.Form):
    reason = forms.CharField(
        max_length=300, label=_("Why two people"),
        error_messages={"required": _("Give a reason. It stays in both histories.")},
    )  # fmt: skip


class OtherRecord(forms.Form):
    """The number of the record that may be the same person."""

    other = forms.CharField(max_length=40)

"""What an auditor asks of the audit."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from staff.audit_words import found, words_of
from staff.models import AuditEntry, User


class AuditSearch(forms.Form):
    """By whom, which deed, to whom, when, from where; all may be left open."""

    who = forms.CharField(label=_("Who"), max_length=60, required=False)
    what = forms.ChoiceField(label=_("Did what"), required=False)
    number = forms.CharField(label=_("Customer number, or code"), max_length=40, required=False)
    day_from = forms.DateField(label=_("From day"), required=False)
    day_to = forms.DateField(label=_("To day"), required=False)
    address = forms.GenericIPAddressField(label=_("From where"), required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["what"].choices = [("", _("All")), *words_of.items()]  # type: ignore[attr-defined]
        self.fields["address"].error_messages["invalid"] = _("Write a whole network address, such as 10.0.0.7.")
        for name in ("day_from", "day_to"):
            self.fields[name].error_messages["invalid"] = _("This day does not exist.")

    def clean_day_to(self) -> object:
        first, last = self.cleaned_data.get("day_from"), self.cleaned_data["day_to"]
        if first and last and last < first:
            raise forms.ValidationError(_("The last day lies before the first."))
        return last

    def narrow(self, rows: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        asked = self.cleaned_data
        if asked["what"]:
            rows = rows.filter(what=asked["what"])
        if asked["who"]:
            known = User.objects.filter(Q(username__icontains=asked["who"]) | Q(full_name__icontains=asked["who"]))
            rows = rows.filter(who__in=known.values("pk"))
        if asked["number"]:
            about = Q(pk=None)
            for kind, ids in found(asked["number"]).items():
                about |= Q(object_kind=kind, object_id__in=[str(pk) for pk in ids])
            rows = rows.filter(about)
        if asked["address"]:
            rows = rows.filter(address=asked["address"])
        if asked["day_from"]:
            rows = rows.filter(at__gte=_midnight(asked["day_from"]))
        if asked["day_to"] and asked["day_to"] < date.max:
            rows = rows.filter(at__lt=_midnight(asked["day_to"]) + timedelta(days=1))
        return rows


def _midnight(day: object) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))  # type: ignore[arg-type]

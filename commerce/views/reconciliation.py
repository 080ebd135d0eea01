"""Payments per till and day, to hold against the till's own report."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from commerce.models import Payment
from commerce.queries import TillDay, payments_per_till_and_day
from scrm.kernel import money
from staff.doors import StaffRequest, door
from staff.names import store_name

LONGEST = 92


class Days(forms.Form):
    day_from = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}))
    day_to = forms.DateField(label=gettext_lazy("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, object] | None:
        given = super().clean()
        first, last = self.cleaned_data.get("day_from"), self.cleaned_data.get("day_to")
        if first and last and not first <= last <= first + timedelta(days=LONGEST):
            raise forms.ValidationError(
                _("Choose at most %(days)s days, the first before the last.") % {"days": LONGEST}
            )
        return given


@door("payments.reconcile")
def index(request: StaffRequest) -> HttpResponse:
    today = timezone.localdate()
    days = Days(request.GET or {"day_from": today - timedelta(days=6), "day_to": today})
    rows = []
    if days.is_valid():
        stores = None if request.user.sees_whole_brand else request.user.store_ids
        first, last = days.cleaned_data["day_from"], days.cleaned_data["day_to"]
        rows = [_shown(row) for row in payments_per_till_and_day(first, last, stores)]
    context = {"days": days, "rows": rows}
    return render(request, "commerce/reconciliation/index.html", context, status=200 if days.is_valid() else 422)


def _shown(row: TillDay) -> dict[str, object]:
    names = dict(Payment.Kind.choices)
    amounts = {
        name: money.written(getattr(row, name), settings.BASE_CURRENCY, exact=True)
        for name in ("captured", "refunded", "net")
    }
    return amounts | {
        "store": store_name(row.store), "till": row.till, "day": row.day, "count": row.count,
        "tender": names.get(row.tender, row.tender),
    }  # fmt: skip

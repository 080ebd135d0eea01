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
MOST = 600  # lines of one page
AMOUNTS = ("captured", "refunded", "net")
WRONG = {"required": gettext_lazy("Give both days."), "invalid": gettext_lazy("Write a day as 2026-11-30.")}


class Days(forms.Form):
    day_from = forms.DateField(
        label=gettext_lazy("First day"), error_messages=WRONG, widget=forms.DateInput(attrs={"type": "date"})
    )
    day_to = forms.DateField(
        label=gettext_lazy("Last day"), error_messages=WRONG, widget=forms.DateInput(attrs={"type": "date"})
    )

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
    found: list[TillDay] = []
    if days.is_valid():
        stores = None if request.user.sees_whole_brand else request.user.store_ids
        first, last = days.cleaned_data["day_from"], days.cleaned_data["day_to"]
        found = payments_per_till_and_day(first, last, stores, limit=MOST + 1)
    cut = MOST if len(found) > MOST else 0
    context = {
        "days": days, "rows": [_shown(row) for row in found[:MOST]], "cut": cut, "sums": None if cut else _sums(found),
    }  # fmt: skip
    return render(request, "commerce/reconciliation/index.html", context, status=200 if days.is_valid() else 422)


def _sums(rows: list[TillDay]) -> dict[str, object]:
    amounts = {name: _written(sum(getattr(row, name) for row in rows)) for name in AMOUNTS}
    return amounts | {"count": sum(row.count for row in rows)}


def _written(minor: int) -> str:
    return money.written(minor, settings.BASE_CURRENCY, exact=True)


def _shown(row: TillDay) -> dict[str, object]:
    names = dict(Payment.Kind.choices)
    amounts = {name: _written(getattr(row, name)) for name in AMOUNTS}
    return amounts | {
        "store": store_name(row.store), "till": row.till, "day": row.day, "count": row.count,
        "tender": names.get(row.tender, row.tender),
    }  # fmt: skip

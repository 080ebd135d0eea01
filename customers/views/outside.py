"""What others say: studies and reports with source, licence and expiry, apart from own figures."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from customers.circle_forms import SignalForm
from customers.models import Company, OutsideSignal
from scrm.kernel.keyset import page_of
from staff.doors import StaffRequest, door


@door("signal.read")
def index(request: StaffRequest, *, form: SignalForm | None = None) -> HttpResponse:
    """Current findings, newest first; those past their day on request, marked as such."""
    expired = request.GET.get("show") == "expired"
    rows = OutsideSignal.objects.select_related("company")
    rows = rows.exclude(pk__in=OutsideSignal.objects.current().values("pk")) if expired else rows.current()
    mine = Company.objects.visible_to(request.user).values("pk")
    rows = rows.filter(company=None) | rows.filter(company__in=mine)
    page = page_of(rows, order=("-published_on", "-id"), cursor=request.GET.get("after"))
    context = {"page": page, "expired": expired, "form": form or SignalForm(user=request.user),
               "may_add": request.user.may("signal.add"), "open": bool(form)}  # fmt: skip
    return render(request, "customers/signals/index.html", context, status=422 if form and form.errors else 200)


@door("signal.add")
@require_POST
def create(request: StaffRequest) -> HttpResponse:
    form = SignalForm(request.POST, user=request.user)
    if not form.is_valid():
        return index(request, form=form)
    form.instance.added_by = request.user
    form.save()
    return redirect("customers:signals")

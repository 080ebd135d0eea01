"""“Prove it”: what must hold of points and coupons, whether it does, and what stands out."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commerce.pictures import bars
from loyalty import liability, proofs
from loyalty.models import LedgerProof, LiabilityDay, Programme
from staff.doors import StaffRequest, door
from staff.models import audit


@door("ledger.prove")
def show(request: StaffRequest) -> HttpResponse:
    last = LedgerProof.objects.order_by("-pk").first()
    broken = {one["proof"]: one for one in last.findings} if last else {}
    programme = Programme.objects.main()
    standing = LiabilityDay.objects.filter(programme=programme).order_by("-on").first()
    context: dict[str, Any] = {
        "last": last, "proofs": [(proof, broken.get(proof.code)) for proof in proofs.PROOFS], "standing": standing,
        "broken": len(broken), "rows": sum(one["rows"] for one in broken.values()), "programme": programme,
        "budgets": liability.budgets(),
    }  # fmt: skip
    if standing is not None:
        months = [(month[2:] or "∞", points) for month, points in standing.by_month[:14]]
        context |= {
            "worth": programme.worth(standing.available), "months": standing.by_month,
            "picture": bars(months, says=_("Usable points by the month they end, numbers in the table below")),
        }  # fmt: skip
    return render(request, "loyalty/ledger/show.html", context)


@door("ledger.prove")
@require_POST
def prove(request: StaffRequest) -> HttpResponse:
    """Run every proof now, and reckon anew what stands out."""
    result = proofs.verify()
    liability.compute(Programme.objects.main())
    audit("ledger.proved", by=request.user, holds=result.holds, entries=result.entries)
    if result.holds:
        messages.success(request, _("All of it holds."))
    else:
        messages.warning(request, _("Something does not hold: it is named below."))
    return redirect("loyalty:ledger")

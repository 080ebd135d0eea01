"""Merges: join a pair, join many, look at one, take it apart."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from customers.merge_forms import MergeMany, MergePair, Unmerge
from customers.merging import merge, moved_by, unmerge
from customers.models import MergeOperation, MergeSuggestion
from customers.resolution.reasons import sentences
from customers.views import pairs
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("customer.merge")
@require_POST
def create(request: StaffRequest, pair_id: int) -> HttpResponse:
    """Join the two, then show the next pair with the way back."""
    pair = pairs.pair_of(request, pair_id)
    form = MergePair(request.POST, pair=pair)
    if not form.is_valid():
        return pairs.show(request, pair_id, form=form, trouble=_first_error(form))
    try:
        operation = _merged(request, pair, form.cleaned_data["keep"], form.cleaned_data["reason"])
    except TransitionRefused as refusal:
        return pairs.show(request, pair_id, form=form, trouble=str(refusal))
    following = (
        MergeSuggestion.objects.waiting().visible_to(request.user).filter(state="open").order_by("-score", "-id")
    )
    if (further := following.first()) is not None:
        return redirect(f"{reverse('customers:pair', args=[further.pk])}?done={operation.pk}")
    return redirect("customers:merge", operation.pk)


@door("customer.merge")
@require_POST
def create_many(request: StaffRequest) -> HttpResponse:
    """Join every ticked pair; each stands or falls alone."""
    form = MergeMany(request.POST, user=request.user)
    if not form.is_valid():
        ticked = frozenset(request.POST.getlist("pairs"))
        return pairs.index(request, trouble=_first_error(form), ticked=ticked)
    refused = []
    for pair in form.cleaned_data["pairs"]:
        try:
            _merged(request, pair, pair.likely_survivor, form.cleaned_data["reason"])
        except TransitionRefused as refusal:
            refused.append(str(refusal))
    joined = len(form.cleaned_data["pairs"]) - len(refused)
    messages.success(request, ngettext("%(n)s pair joined.", "%(n)s pairs joined.", joined) % {"n": joined})
    if refused:
        messages.warning(request, _("%(n)s not: %(why)s") % {"n": len(refused), "why": refused[0]})
    return redirect("customers:pairs")


@door("customer.merge")
def show(request: StaffRequest, operation_id: int, *, form: Unmerge | None = None, trouble: str = "") -> HttpResponse:
    """One merge: who, why, what moved, and the way back."""
    rows = MergeOperation.objects.visible_to(request.user).select_related("survivor", "loser", "by", "undone_by")
    operation = get_object_or_404(rows, pk=operation_id)
    context = {
        "operation": operation, "moved": moved_by(operation), "form": form, "trouble": trouble,
        "reasons": sentences(operation.evidence.get("reasons", [])),
    }  # fmt: skip
    return render(request, "customers/merges/show.html", context, status=422 if trouble else 200)


@door("customer.merge")
@require_POST
def destroy(request: StaffRequest, operation_id: int) -> HttpResponse:
    """Take the two records apart again."""
    operation = get_object_or_404(MergeOperation.objects.visible_to(request.user), pk=operation_id)
    form = Unmerge(request.POST)
    if not form.is_valid():
        return show(request, operation_id, form=form, trouble=_first_error(form))
    try:
        unmerge(operation, by=request.user, reason=form.cleaned_data["reason"], address=request.META.get("REMOTE_ADDR"))
    except TransitionRefused as refusal:
        return show(request, operation_id, form=form, trouble=str(refusal))
    messages.success(request, _("Taken apart. Everything is back where it was."))
    return redirect("customers:merge", operation.pk)


def _merged(request: StaffRequest, pair: MergeSuggestion, keep: object, reason: str) -> MergeOperation:
    kept, joined = (pair.first, pair.second) if keep == pair.first else (pair.second, pair.first)
    evidence = {"score": pair.score, "reasons": pair.reasons}
    address = request.META.get("REMOTE_ADDR")
    return merge(kept, joined, by=request.user, reason=reason, evidence=evidence, address=address)


def _first_error(form: MergePair | MergeMany | Unmerge) -> str:
    return str(next(iter(form.errors.values()))[0])

"""Pairs that may be one person: the list, one pair side by side, and what is said of it."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.merge_forms import MergePair, OtherRecord
from customers.merging import preview, suggest
from customers.models import Customer, MergeOperation, MergeSuggestion
from customers.queries import Found, find
from customers.resolution.reasons import Said, sentences
from scrm.kernel.keyset import page_of
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door

COUNTED = 1000


@door("customer.merge")
def index(request: StaffRequest, *, trouble: str = "", ticked: frozenset[str] = frozenset()) -> HttpResponse:
    """The pairs to look at, the likeliest first, and the last merges."""
    pairs = MergeSuggestion.objects.waiting().visible_to(request.user)
    rows = pairs.select_related("first__home_store", "second__home_store", "first__metrics", "second__metrics")
    page = page_of(rows, order=("-score", "-id"), cursor=request.GET.get("after"), size=25)
    done = MergeOperation.objects.visible_to(request.user).select_related("survivor", "loser", "by").defer("journal")
    context = {
        "page": page, "pairs": [(pair, _in_short(sentences(pair.reasons))) for pair in page.rows],
        "waiting": pairs[: COUNTED + 1].count(), "counted": COUNTED, "done": done.order_by("-pk")[:10],
        "trouble": trouble, "ticked": ticked,
    }  # fmt: skip
    return render(request, "customers/pairs/index.html", context, status=422 if trouble else 200)


@door("customer.merge")
def show(request: StaffRequest, pair_id: int, *, form: MergePair | None = None, trouble: str = "") -> HttpResponse:
    """Both records, what would stand afterwards, and why they may be one."""
    pair = pair_of(request, pair_id)
    wanted = (form.data if form else request.GET).get("keep") or pair.likely_survivor.number
    kept, joined = (pair.first, pair.second) if wanted == pair.first.number else (pair.second, pair.first)
    context = {
        "pair": pair, "preview": preview(kept, joined), "reasons": sentences(pair.reasons), "form": form,
        "trouble": trouble or (form.errors.get("reason", [""])[0] if form else ""), "last": _just_done(request),
    }  # fmt: skip
    return render(request, "customers/pairs/show.html", context, status=422 if context["trouble"] else 200)


@door("customer.merge")
@require_POST
def update(request: StaffRequest, pair_id: int) -> HttpResponse:
    """Two people, or another day."""
    pair = pair_of(request, pair_id)
    decisions = {"different": pair.call_different, "later": pair.put_aside}
    decide = decisions.get(request.POST.get("decision", ""))
    if decide is None:
        raise Http404
    try:
        decide(by=request.user)
    except TransitionRefused as refusal:
        return show(request, pair_id, trouble=str(refusal))
    said = {"different": _("Noted: two people. They are not proposed again."), "later": _("Put aside.")}
    messages.success(request, said[request.POST["decision"]])
    return redirect("customers:pairs")


@door("customer.merge")
def new(request: StaffRequest, number: str) -> HttpResponse:
    """Somebody knows of a second record: find it, then compare the two."""
    customer = visible_customer(request, number)
    found: Found | None = None
    trouble = ""
    if request.method == "POST" and "other" in request.POST:
        form = OtherRecord(request.POST)
        rows = Customer.objects.visible_to(request.user).living()
        other = rows.filter(number=form.cleaned_data["other"]).first() if form.is_valid() else None
        if other is None:
            raise Http404
        try:
            return redirect("customers:pair", suggest(customer, other, by=request.user).pk)
        except TransitionRefused as refusal:
            trouble = str(refusal)
    elif request.method == "POST":
        found = find(request.user, request.POST.get("q", ""))
        found.hits = [hit for hit in found.hits if not hit.needs_grant and hit.customer != customer]
    merges = MergeOperation.objects.filter(Q(survivor=customer) | Q(loser=customer)).defer("journal").order_by("-pk")
    pairs = MergeSuggestion.objects.waiting().visible_to(request.user).filter(Q(first=customer) | Q(second=customer))
    context = {
        "customer": customer, "found": found, "trouble": trouble,
        "merges": merges.select_related("survivor", "loser", "by", "undone_by")[:20],
        "pairs": pairs.select_related("first", "second").order_by("-score")[:20],
    }  # fmt: skip
    return render(request, "customers/pairs/new.html", context, status=422 if trouble else 200)


def _in_short(said: list[Said]) -> list[Said]:
    """The two strongest reasons, and the gravest doubt if there is one."""
    return [*[one for one in said if not one.doubtful][:2], *[one for one in said if one.doubtful][-1:]]


def pair_of(request: StaffRequest, pair_id: int) -> MergeSuggestion:
    rows = MergeSuggestion.objects.visible_to(request.user).waiting()
    people = [f"{side}__{name}" for side in ("first", "second") for name in ("home_store", "advisor", "metrics")]
    return get_object_or_404(rows.select_related(*people), pk=pair_id)


def _just_done(request: StaffRequest) -> MergeOperation | None:
    """The merge this page follows, while its maker may take it back at once."""
    number = request.GET.get("done", "")
    if not number.isdigit() or len(number) > 18:
        return None
    return MergeOperation.objects.select_related("survivor", "loser").filter(
        pk=int(number), by=request.user, undone_at=None
    ).first()  # fmt: skip

"""What fits a customer, on their page: three pieces with their reasons, and what became of each."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer
from journeys.models import SuggestionWord
from journeys.recommending import Found, for_customer
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door

SHOWN = 3


@door("customer.read")
def show(request: StaffRequest, number: str) -> HttpResponse:
    return _block(request, visible_customer(request, number))


@door("fact.write")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    """Suggested, or not for her."""
    customer, article = visible_customer(request, number), request.POST.get("article", "")[:60]
    word = SuggestionWord.objects.today().filter(customer=customer, article=article.replace("\0", "")).first()
    if word is not None and word.said == request.POST.get("said"):
        return _seen(request, customer)  # said already, in another tab
    pick = next((one for one in _found(request, customer).picks if one.article == article), None)
    if pick is None:
        return _block(request, customer, gone=True)
    kinds = [reason.kind for reason in pick.reasons]
    try:
        SuggestionWord.say(customer, article, request.POST.get("said", ""), by=request.user, reasons=kinds)
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    return _seen(request, customer)


@door("fact.write")
@require_POST
def destroy(request: StaffRequest, number: str, word_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    word = get_object_or_404(SuggestionWord, pk=min(word_id, 2**62), customer=customer)
    try:
        word.take_back(by=request.user)
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    return _seen(request, customer)


def _seen(request: StaffRequest, customer: Customer) -> HttpResponse:
    return _block(request, customer) if request.htmx else redirect("journeys:fits", customer.number)


def _found(request: StaffRequest, customer: Customer) -> Found:
    return for_customer(customer, store=request.user.counter_store, count=SHOWN)


def _block(request: StaffRequest, customer: Customer, *, trouble: str = "", gone: bool = False) -> HttpResponse:
    found = _found(request, customer)
    said = {word.article: word for word in SuggestionWord.objects.today().filter(customer=customer)}
    mine = [word for word in said.values() if word.said == SuggestionWord.Said.NOT and word.by_id == request.user.pk]
    context = {
        "customer": customer, "found": found, "lines": [(pick, said.get(pick.article)) for pick in found.picks],
        "dropped": mine, "trouble": trouble, "gone": gone, "may_write": request.user.may("fact.write"),
    }  # fmt: skip
    part = "_block.html" if request.htmx else "show.html"
    return render(request, f"journeys/fits/{part}", context, status=422 if trouble or gone else 200)

"""Questions at one customer: those left to ask, an answer in two taps, and the slip taken back."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer
from journeys import bank
from journeys.models import QuestionAnswer, Told
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("customer.read")
def show(request: StaffRequest, number: str) -> HttpResponse:
    return _block(request, visible_customer(request, number))


@door("fact.write")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    customer, said = visible_customer(request, number), request.POST.get("answer", "")
    pk = int(said) if said.isascii() and said.isdigit() and len(said) < 18 else 0
    answer = get_object_or_404(QuestionAnswer.objects.select_related("question__scene", "question__dimension"), pk=pk)
    try:
        Told.tell(customer, answer, by=request.user)
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    return _seen(request, customer)


@door("fact.write")
@require_POST
def destroy(request: StaffRequest, number: str, told_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    rows = Told.objects.select_related("customer", "tag__dimension", "need__customer", "answer__question")
    told = get_object_or_404(rows, pk=min(told_id, 2**62), customer=customer)
    try:
        told.take_back(by=request.user)
    except TransitionRefused as refusal:
        return _block(request, customer, trouble=str(refusal))
    return _seen(request, customer)


def _seen(request: StaffRequest, customer: Customer) -> HttpResponse:
    return _block(request, customer) if request.htmx else redirect("journeys:questions_of", customer.number)


def _block(request: StaffRequest, customer: Customer, *, trouble: str = "") -> HttpResponse:
    scene = (request.POST if request.method == "POST" else request.GET).get("scene", "")
    context = {"customer": customer, "trouble": trouble} | bank.of_customer(customer, request.user, scene)
    part = "_block.html" if request.htmx else "of_customer.html"
    return render(request, f"journeys/questions/{part}", context, status=422 if trouble else 200)

"""Conversations on a customer's page: read, answered, and a fact taken from them with one tap."""

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.doors import visible_customer
from customers.models import Customer, Fact
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from touchpoints.channels.protocol import Kind
from touchpoints.models import Conversation, Message, Template
from touchpoints.outreach import plan_outreach
from touchpoints.restraint import decide, preview
from touchpoints.scripts import chosen_for, say_with
from touchpoints.sending import send_soon
from touchpoints.talk_forms import ContactForm, ProposedFactForm, ReplyForm
from touchpoints.talks import contacts_of, reached_today, talk_of


@door("talk.answer")
def show(request: StaffRequest, number: str) -> HttpResponse:
    """The block of the customer page, or a page of its own."""
    return _page(request, visible_customer(request, number))


@door("talk.answer")
@require_POST
def create(request: StaffRequest, number: str) -> HttpResponse:
    """Answer in one conversation."""
    customer = visible_customer(request, number)
    form = ReplyForm(request.POST, talks=Conversation.objects.filter(customer=customer).select_related("channel"))
    if not form.is_valid():
        return _page(request, customer, trouble=_first(form), text=request.POST.get("text", ""))
    given = form.cleaned_data
    token = f"{request.user.pk}:{given['token']}" if given["token"] else ""
    try:
        message = say_with(given["talk"], given["text"], by=request.user, token=token, code=given["script"])
    except TransitionRefused as refusal:
        return _page(request, customer, trouble=str(refusal), text=given["text"])
    send_soon(message)
    return _page(request, customer) if request.htmx else redirect("talks:show", customer.number)


@door("talk.answer")
@require_POST
def tell(request: StaffRequest, number: str, message_id: int) -> HttpResponse:
    """Write down what a message told, with one tap: told by the customer, on that channel, at that time."""
    customer = visible_customer(request, number)
    message = get_object_or_404(Message.objects.select_related("channel"), pk=message_id, customer=customer)
    form = ProposedFactForm(request.POST)
    if not request.user.may("fact.write") or message.direction != "in":
        raise Http404
    if not form.is_valid():
        return _page(request, customer, trouble=_first(form))
    kind = form.cleaned_data["key"]
    try:
        Fact.objects.hear(
            customer, kind.code, form.cleaned_data["value"], by=request.user, channel=message.channel.way,
            store=request.user.counter_store, concern=kind.concern, pinned=kind.pinned, note=message.body[:200],
            at=message.at,
        )  # fmt: skip
    except TransitionRefused as refusal:
        return _page(request, customer, trouble=str(refusal))
    return _page(request, customer, just=str(kind)) if request.htmx else redirect("talks:show", customer.number)


@door("talk.answer")
def contacts(request: StaffRequest, number: str) -> HttpResponse:
    """What was planned, sent, held back and why; and the way to a new contact."""
    customer = visible_customer(request, number)
    context = {"customer": customer, "contacts": contacts_of(customer), "reached": reached_today(customer)}
    part = "_contacts.html" if request.htmx else "contacts.html"
    return render(request, f"touchpoints/talks/{part}", context)


@door("talk.answer")
def contact(request: StaffRequest, number: str) -> HttpResponse:
    """Contact the customer for an occasion: first what would happen and how it reads, then the button."""
    customer = visible_customer(request, number)
    asked = request.POST if request.method == "POST" else request.GET
    form = ContactForm(asked) if "scene" in asked else ContactForm()
    by_hand = Template.objects.filter(is_active=True, scene__kind=Kind.MARKETING.value)
    templates = list(by_hand.select_related("scene").order_by("scene", "code")[:60])
    context = {
        "customer": customer, "form": form, "templates": templates, "reached": reached_today(customer),
        "token": asked.get("token") or uuid.uuid4().hex,
    }  # fmt: skip
    if form.is_bound and form.is_valid():
        scene, template = form.cleaned_data["scene"], form.cleaned_data["template"]
        if request.method == "POST":
            plan_outreach(
                customer, scene, key=f"hand:{request.user.pk}:{context['token']}", template=template, by=request.user
            )
            return redirect("talks:contacts", customer.number)
        context["decision"] = decide(
            customer,
            scene,
            template=template,
            values={},
            until=timezone.now() + scene.lifetime,
            now=timezone.now(),
            draw=False,
        )
        context["chosen"], context["reads"] = template, preview(customer, scene, template)
    status = 422 if request.method == "POST" else 200
    return render(request, "touchpoints/talks/contact.html", context, status=status)


def _page(
    request: StaffRequest, customer: Customer, *, trouble: str = "", text: str = "", just: str = ""
) -> HttpResponse:
    item = talk_of(customer, chosen=request.GET.get("talk", request.POST.get("talk", "")))
    code = request.GET.get("script", request.POST.get("script", "") if trouble else "")
    wording = chosen_for(item["talk"], code) if item["may_reply"] else None
    context = {
        "customer": customer, "item": item, "wording": wording,
        "trouble": trouble, "text": text or (wording.text if wording and not trouble else ""), "just": just,
        "token": uuid.uuid4().hex,
        "may_write": request.user.may("fact.write"),
    }  # fmt: skip
    part = "_talk.html" if request.htmx else "show.html"
    return render(request, f"touchpoints/talks/{part}", context, status=422 if trouble else 200)


def _first(form: ReplyForm | ProposedFactForm) -> str:
    return next((str(errors[0]) for errors in form.errors.values()), _("This cannot be kept."))

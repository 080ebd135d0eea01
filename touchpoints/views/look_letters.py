"""The customer's own page of a look board: looking changes nothing, the buttons answer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from customers.letters import as_letter, gone, language_of
from scrm.kernel.refusals import TransitionRefused
from staff.api_key import counted
from staff.doors import open_door
from touchpoints import look_answers, looks
from touchpoints.look_forms import LookAnswerForm
from touchpoints.models import LookLink

OPENINGS, ANSWERS = 120, 30  # a minute, of one address


@csrf_exempt  # the token is the key: no session is used, so none can be ridden on
@open_door
def mine(request: HttpRequest, token: str) -> HttpResponse:
    acts, address = request.method == "POST", request.META.get("REMOTE_ADDR")
    if counted(f"look-{'answer' if acts else 'open'}:{address}", 60) > (ANSWERS if acts else OPENINGS):
        return as_letter(render(request, "touchpoints/looks/wait.html", status=429))
    link = LookLink.opening(token)
    if link is None:
        return gone(request)
    with translation.override(language_of(request, link.board.customer.locale)):
        pieces = looks.for_the_customer(link.board)
        form = LookAnswerForm(request.POST, items=[item.pk for item, _sold in pieces]) if acts else None
        trouble = _answer(request, link, form) if form else ""
        language = translation.get_language()
        if acts and not trouble:
            return as_letter(
                redirect(f"{request.path}?language={language}&told={'try' if _wants(request) else 'sent'}")
            )
        if form:
            for item, _sold in pieces:
                item.said = form.data.get(f"piece-{item.pk}", "")  # what was marked stays
        context = {
            "board": link.board, "pieces": pieces, "until": link.until, "language": language, "trouble": trouble,
            "words": form.data.get("words", "") if form else link.board.words,
            "told": request.GET.get("told", "") if not acts and link.board.answered_at is not None else "",
        }  # fmt: skip
        return as_letter(render(request, "touchpoints/looks/letter.html", context, status=422 if trouble else 200))


def _answer(request: HttpRequest, link: LookLink, form: LookAnswerForm) -> str:
    """Say what was answered; what could not be kept."""
    if not form.is_valid():
        return next((str(errors[0]) for errors in form.errors.values()), _("This cannot be kept."))
    if not (_wants(request) or form.marks or form.cleaned_data["words"] or link.board.words):
        return _("Nothing is marked yet: say of a piece whether you like it, or write a line.")
    try:
        look_answers.answer(link.board, form.marks, form.cleaned_data["words"], wants=_wants(request))
    except TransitionRefused as refusal:
        return str(refusal)
    return ""


def _wants(request: HttpRequest) -> bool:
    return request.POST.get("do") == "try"

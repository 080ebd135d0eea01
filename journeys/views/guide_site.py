"""Doors of online guides for pages of the brand's own site, and a page of our own. No cookie, no secret."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.letters import as_letter, gone, language_of
from journeys import guides
from journeys.models import Guide, GuideSession
from scrm.kernel.refusals import TransitionRefused
from staff.doors import open_door
from touchpoints import chat
from touchpoints.models import Visitor
from touchpoints.views.site import body_of, cross_site, own_origin, text_of, too_many

STARTS, DEEDS = 30, 60  # a minute, of one address and of one session
LANGUAGES = {"zh-hans", "zh-hant", "en"}


@open_door
def show(request: HttpRequest, code: str) -> HttpResponse:
    """The guide on a page of its own, to link to."""
    guide = Guide.objects.in_use().select_related("channel").filter(code=code, channel__state="on").first()
    if guide is None:
        return gone(request)
    with translation.override(language_of(request, "zh-hans")):
        context = {"guide": guide, "language": translation.get_language()}
        return as_letter(render(request, "journeys/guides/page.html", context))


@cross_site
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin: a token for this page, the words of the guide and what is asked first."""
    if too_many(f"guide-start:{request.META.get('REMOTE_ADDR')}", STARTS):
        return HttpResponse(status=429)
    said = body_of(request)
    code = text_of(said, "guide", 40).replace("\0", "")
    guide = Guide.objects.in_use().select_related("channel").filter(code=code).first()
    origin = request.headers.get("Origin", "")
    if guide is None or chat.site(guide.channel.code, origin, own=own_origin(request)) is None:
        return HttpResponse(status=404)
    language = text_of(said, "language", 8)
    visitor = _visitor(request)
    visitor = visitor if visitor is not None and visitor.channel_id == guide.channel_id else None
    session, token = GuideSession.begin(guide, language=language if language in LANGUAGES else "zh-hans",
                                        visitor=visitor)  # fmt: skip
    with translation.override(session.language):
        words = {
            "name": str(guide), "hello": str(guide.hello), "talk": _("Talk to a person"), "take": _("Take the coupon"),
            "who": _("Tell us in the chat who you are, and the coupon is yours."), "open": _("Have a look"),
            "nothing": _("Nothing fits exactly. A person finds it for you."), "goods": _("This fits"),
            "code": _("Show this code at the till:"), "again": _("That did not go through. Please try again."),
        }  # fmt: skip
        answer = {"token": token, "site": guide.channel.code, "say": words} | guides.state_of(session)
    return JsonResponse(answer)


@cross_site
@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """One tap at a question; then the next one, or the goods."""

    def tap(session: GuideSession, said: dict[str, Any]) -> dict[str, Any]:
        session.answer(text_of(said, "question", 40).replace("\0", ""), text_of(said, "value", 60).replace("\0", ""))
        return guides.state_of(session)

    return _do(request, tap)


@cross_site
@require_POST
def opened(request: HttpRequest) -> HttpResponse:
    """One of the goods shown was opened."""

    def look(session: GuideSession, said: dict[str, Any]) -> dict[str, Any]:
        code = text_of(said, "piece", 60)
        if code not in session.shown:
            raise TransitionRefused(_("This is not on offer."))
        session.note("opened", opened=code)
        return {}

    return _do(request, look)


@cross_site
@require_POST
def coupon(request: HttpRequest) -> HttpResponse:
    """The coupon, for somebody known, once a person."""
    return _do(request, lambda session, said: guides.told_of(guides.take_coupon(session)))


@cross_site
@require_POST
def talk(request: HttpRequest) -> HttpResponse:
    """To a person, in the chat whose token the page sends; the answers are its first words."""
    visitor = _visitor(request)
    if visitor is None:
        return HttpResponse(status=404)

    def pass_on(session: GuideSession, said: dict[str, Any]) -> dict[str, Any]:
        guides.hand_over(session, visitor)
        return {}

    return _do(request, pass_on)


def _visitor(request: HttpRequest) -> Visitor | None:
    return Visitor.holding(request.headers.get("X-Chat-Token", ""))


def _do(request: HttpRequest, deed: Any) -> HttpResponse:
    said = body_of(request)
    session = GuideSession.holding(text_of(said, "token", 64))
    if session is None:
        return HttpResponse(status=404)
    if too_many(f"guide-do:{session.pk}", DEEDS):
        return HttpResponse(status=429)
    with translation.override(session.language):
        try:
            guides.recognise(session, _visitor(request))
            return JsonResponse(deed(session, said))
        except TransitionRefused as refusal:
            return JsonResponse({"why": str(refusal)}, status=422)

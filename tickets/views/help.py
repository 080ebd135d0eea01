"""Help that anybody may read, without a sign-in: by topic, by words, one article, and whether it helped."""

import re
import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from customers.letters import gone, language_of
from scrm.kernel.words import LANGUAGES
from staff.api_key import counted
from staff.doors import open_door
from staff.middleware import HTML
from tickets.help_desk import by_topic, for_words, public, way_to_write
from tickets.models import ArticleVersion, ArticleVote
from tickets.suggestions import suggest

VISIT = "__Host-visit" if settings.SECURE else "visit"  # set with the first answer, gone with the browser
VOTES_AN_HOUR = 30  # of one address; more are thanked and not counted


@open_door
def index(request: HttpRequest) -> HttpResponse:
    """What we know, by topic; with words, what holds them, else what comes near."""
    words = request.GET.get("words", "").replace("\0", "").strip()[:100]
    language = _language(request)
    with translation.override(language):
        context: dict[str, Any] = {"words": words}
        context |= {"found": for_words(words, language)} if words else {"groups": by_topic()}
        return _letter(request, "tickets/knowledge/help.html", context)


@csrf_exempt
@open_door
def show(request: HttpRequest, code: str) -> HttpResponse:
    """One article; the answer to “solved?” is a POST and counts once a visit."""
    version = public(code)
    if version is None:
        return gone(request)
    if request.method == "POST":
        return _answered(request, version)
    language = _language(request)
    with translation.override(language):
        locale = version.locale_for(language)
        near = suggest(str(version.title), version.topic, locale=language, staff=False, most=4)
        said = request.GET.get("said", "")
        context = {
            "version": version, "locale": locale, "is_fallback": locale != language,
            "title": version.title.get(locale, ""), "body": version.body.get(locale, ""),
            "near": [one for one in near if one.version.pk != version.pk], "said": said,
            "write": way_to_write() if said == "no" else "",
        }  # fmt: skip
        return _letter(request, "tickets/knowledge/help_article.html", context)


def _answered(request: HttpRequest, version: ArticleVersion) -> HttpResponse:
    helped = request.POST.get("helped", "")
    asked = request.GET.get("language", "")
    query = [f"language={asked}"] if asked in LANGUAGES else []
    query += [f"said={helped}"] if helped in ("yes", "no") else []
    answer = redirect(f"{reverse('knowledge:help_article', args=[version.article.code])}?{'&'.join(query)}#solved")
    if helped not in ("yes", "no"):
        return answer
    visit = request.COOKIES.get(VISIT, "")
    if not re.fullmatch(r"[\w-]{22}", visit, re.ASCII):
        visit = secrets.token_urlsafe(16)
        answer.set_cookie(VISIT, visit, secure=settings.SECURE, httponly=True, samesite="Lax")
    if counted(f"help-vote:{request.META.get('REMOTE_ADDR')}", 3600) <= VOTES_AN_HOUR:
        ArticleVote.of_visit(version, visit, helped=helped == "yes")
    return answer


def _language(request: HttpRequest) -> str:
    return language_of(request, translation.get_language() or "")


def _letter(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A letter to everybody: in the reader's language, and unlike the others it may be found by search engines."""
    language = translation.get_language() or ""
    asked = request.GET.get("language", "")
    context |= {
        "language": language, "html_language": HTML.get(language, "en"), "languages": LANGUAGES,
        "carry": f"?language={asked}" if asked in LANGUAGES else "",
    }  # fmt: skip
    response = render(request, template, context)
    response["Content-Language"] = HTML.get(language, "en")
    response["Referrer-Policy"] = "no-referrer"
    return response

"""Articles for colleagues: the shelves, one article with its versions, writing, and its way to approval."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.models import Scene
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door
from tickets.article_forms import ArticleDayForm, ArticleForm
from tickets.articles import SHELVES, begin, listed, read_by
from tickets.models import ArticleVersion, Audience, Topic
from tickets.sheets import facts_of

REVIEW = timedelta(days=180)


@door("article.read")
def index(request: StaffRequest) -> HttpResponse:
    """What is known, the newest wording first; who writes has a shelf for each step."""
    may_write = request.user.may("article.write")
    asked = {name: request.GET.get(name, "").replace("\0", "")[:100]
             for name in ("shelf", "words", "topic", "audience", "product", "scene")}  # fmt: skip
    if not may_write or asked["shelf"] not in SHELVES:
        asked["shelf"] = "live"
    page = listed(request.user, **asked, after=request.GET.get("after"))
    context = {"page": page, "asked": asked, "may_write": may_write, "topics": list(Topic.objects.filter(used=True)),
               "scenes": list(Scene.objects.filter(used=True)), "audiences": Audience.choices}  # fmt: skip
    return render(request, "tickets/knowledge/index.html", context)


@door("article.write")
def new(request: StaffRequest) -> HttpResponse:
    initial = {"review_by": timezone.localdate() + REVIEW, "audience": Audience.STAFF}
    form = ArticleForm(request.POST) if request.method == "POST" else ArticleForm(initial=initial)
    if form.is_bound and form.is_valid():
        try:
            version = begin(
                form.cleaned_data["code"], form.words("title"), form.words("body"), by=request.user,
                review_by=form.cleaned_data["review_by"], **form.columns(),
            )  # fmt: skip
            return _shown(version)
        except TransitionRefused as refusal:
            form.add_error("code", str(refusal))
    status = 422 if form.is_bound else 200
    return render(request, "tickets/knowledge/write.html", {"form": form}, status=status)


@door("article.read")
def show(request: StaffRequest, code: str) -> HttpResponse:
    return _page(request, _asked(request, code, request.GET.get("version", "")))


@door("article.write")
def write(request: StaffRequest, code: str) -> HttpResponse:
    """The next version: it begins with the words of the draft, else of what is live."""
    versions = ArticleVersion.objects.filter(article__code=code).select_related("article", "topic", "scene")
    draft = versions.filter(state__in=("draft", "submitted")).first()
    version = draft or _asked(request, code)
    form = ArticleForm(request.POST, version=version) if request.method == "POST" else ArticleForm(version=version)
    if form.is_bound and form.is_valid():
        read = request.POST.get("read", "")
        try:
            made = version.article.write(
                form.words("title"), form.words("body"), by=request.user,
                read=int(read) if read.isdecimal() and len(read) < 18 else None, **form.columns(),
            )  # fmt: skip
            return _shown(made)
        except TransitionRefused as refusal:
            form.add_error(None, str(refusal))
    context = {"form": form, "version": version, "read": draft.pk if draft else ""}
    return render(request, "tickets/knowledge/write.html", context, status=422 if form.errors else 200)


@door("article.write")
@require_POST
def turn(request: StaffRequest, code: str, verb: str) -> HttpResponse:
    """Lay before a second person, approve, send back, take out of use, look at again: what was read."""
    number = request.POST.get("version", "")
    version = _asked(request, code, number if number.isdecimal() else "0")
    by, may_approve = request.user, request.user.may("article.approve")
    until = ArticleDayForm({"review_by": request.POST.get("review_by", "")})
    deeds: dict[str, tuple[bool, Callable[[], Any]]] = {
        "submit": (True, lambda: version.submit(by=by)),
        "send-back": (may_approve or version.written_by_id == by.pk, lambda: version.send_back(by=by)),
        "approve": (may_approve, lambda: version.approve(by=by)),
        "retire": (may_approve, lambda: version.retire(by=by)),
        "still-holds": (
            may_approve, lambda: version.article.still_holds(by=by, review_by=until.cleaned_data["review_by"])
        ),
    }  # fmt: skip
    allowed, deed = deeds.get(verb, (False, None))
    if not allowed or deed is None:
        raise Http404
    if verb == "still-holds" and not until.is_valid():
        return _page(request, version, trouble=_("Choose a day that is still to come."))
    try:
        deed()
    except TransitionRefused as refusal:
        return _page(request, _asked(request, code, number), trouble=str(refusal))
    return _shown(version)


def _asked(request: StaffRequest, code: str, number: str = "") -> ArticleVersion:
    if (version := read_by(request.user, code, number)) is None:
        raise Http404
    return version


def _shown(version: ArticleVersion) -> HttpResponse:
    return redirect(f"{reverse('knowledge:show', args=[version.article.code])}?version={version.number}")


def _page(request: StaffRequest, version: ArticleVersion, *, trouble: str = "") -> HttpResponse:
    may_write = request.user.may("article.write")
    asked = request.GET.get("language", "")
    asked = asked if asked in version.locales else ""
    locale = version.locale_for(asked or get_language() or "")
    versions = ArticleVersion.objects.visible_to(request.user).filter(article=version.article_id)
    context = {
        "version": version, "locale": locale, "title": version.title.get(locale, ""),
        "body": version.body.get(locale, ""), "is_fallback": locale != (asked or get_language()), "trouble": trouble,
        "facts": facts_of(version, locale),
        "versions": versions.exclude(pk=version.pk).select_related("written_by").order_by("-number")[:12],
        "may_write": may_write, "may_approve": request.user.may("article.approve"),
        "wrote_it": version.written_by_id == request.user.pk, "review_by": timezone.localdate() + REVIEW,
    }  # fmt: skip
    return render(request, "tickets/knowledge/show.html", context, status=422 if trouble else 200)

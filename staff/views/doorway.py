"""In and out: name and password, the six digits, the language of a stranger."""

from typing import Any

import django_otp
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from django_otp.plugins.otp_totp.models import TOTPDevice

from staff.doors import StaffRequest, open_door
from staff.forms import CodeForm, SignInForm
from staff.menu import home_of
from staff.models import audit
from staff.second_factor import picture_of, unconfirmed_device
from staff.sign_in import Locked, tries_left


@open_door
def root(request: StaffRequest) -> HttpResponse:
    """`/` leads each role to its own home."""
    if not request.user.is_authenticated:
        return redirect("staff:sign_in")
    return redirect(home_of(request.user.main_role))


@open_door
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST or None)
    trouble = ""
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["username"]
        try:
            user = authenticate(request, username=name, password=form.cleaned_data["password"])
        except Locked:
            return _sign_in_page(request, form, resting(), status=429)
        if user is not None:
            _let_in(request, user)
            return redirect(_next(request))
        left = tries_left(name)
        trouble = _("Name or password is wrong.") + (
            " "
            + _("%(left)s more wrong tries and this account rests for %(minutes)s minutes.")
            % {"left": left, "minutes": settings.LOCK_MINUTES}
            if left
            else " " + resting()
        )
    elif request.method == "POST":
        trouble = _("Give both the name and the password.")
    return _sign_in_page(request, form, trouble, status=422 if trouble else 200)


@open_door
@never_cache
@require_http_methods(["GET", "POST"])
def code(request: StaffRequest) -> HttpResponse:
    """The second factor: asked of who has one, set up by who has none."""
    if not request.user.is_authenticated:
        return redirect("staff:sign_in")
    device = TOTPDevice.objects.devices_for_user(request.user, confirmed=True).first()
    new = device is None
    device = device or unconfirmed_device(request.user)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if _fits(device, form.cleaned_data["code"].strip()):
            if new:
                TOTPDevice.objects.filter(pk=device.pk).update(confirmed=True)
            django_otp.login(request, device)
            audit("signin.code", by=request.user, address=request.META.get("REMOTE_ADDR"))
            return redirect(_next(request))
        form.add_error("code", _("This code does not fit. Wait for the next one and copy it again."))
    context: dict[str, Any] = {"form": form, "new": new, "next": request.POST.get("next") or request.GET.get("next")}
    if new:
        context |= {"picture": picture_of(device.config_url), "secret": device.bin_key}
    return render(request, "staff/door/code.html", context, status=422 if form.errors else 200)


@open_door
@require_POST
def sign_out(request: StaffRequest) -> HttpResponse:
    if request.user.is_authenticated:
        audit("signin.out", by=request.user, address=request.META.get("REMOTE_ADDR"))
    logout(request)
    return redirect("staff:sign_in")


@open_door
@require_POST
def language(request: StaffRequest) -> HttpResponse:
    """The reader's language: kept on the person, or in a cookie for a stranger."""
    chosen = request.POST.get("language", "")
    answer = redirect(_next(request))
    if chosen in dict(settings.LANGUAGES):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen, max_age=365 * 24 * 3600, secure=settings.SECURE, httponly=True,
            samesite="Lax",
        )  # fmt: skip
        if request.user.is_authenticated:
            request.user.language = chosen
            request.user.save(update_fields=["language"])
    return answer


def _let_in(request: HttpRequest, user: Any) -> None:
    login(request, user)
    request.session["device"] = request.headers.get("User-Agent", "")[:200]
    request.session["address"] = request.META.get("REMOTE_ADDR")
    request.session["started_at"] = timezone.now().isoformat()
    audit("signin.in", by=user, address=request.META.get("REMOTE_ADDR"))


@transaction.atomic
def _fits(device: TOTPDevice, code: str) -> bool:
    # One at a time: a crowd of guesses must not pass between the count of the last failure and the next look.
    own = TOTPDevice.objects.select_for_update().get(pk=device.pk)
    return bool(own.verify_is_allowed()[0] and own.verify_token(code))


def resting() -> str:
    """What somebody reads whose account rests."""
    return _("This account rests for %(minutes)s minutes after too many wrong tries.") % {
        "minutes": settings.LOCK_MINUTES
    }


def _sign_in_page(request: HttpRequest, form: SignInForm, trouble: str, *, status: int) -> HttpResponse:
    context = {"form": form, "trouble": trouble, "next": request.POST.get("next") or request.GET.get("next", "")}
    return render(request, "staff/door/sign_in.html", context, status=status)


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wanted if own else reverse("root")

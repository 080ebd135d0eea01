"""One's own page: language and time, password, where one is signed in."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from staff.doors import StaffRequest, door
from staff.forms import PasswordForm, PreferencesForm
from staff.models import AuditEntry, SignInLock, StaffSession, audit
from staff.views.doorway import resting


@door("self.manage")
def show(request: StaffRequest) -> HttpResponse:
    return _page(request)


@door("self.manage")
@require_POST
def update(request: StaffRequest) -> HttpResponse:
    form = PreferencesForm(request.POST, instance=request.user)
    if not form.is_valid():
        return _page(request, preferences=form, status=422)
    form.save()
    return redirect("staff:me")


@door("self.manage")
@require_POST
@sensitive_post_parameters()
def password(request: StaffRequest) -> HttpResponse:
    form = PasswordForm(request.POST, user=request.user)
    # Whoever finds an open browser guesses no faster here than at the door.
    if SignInLock.book(request.user.username) < 0:
        form = PasswordForm(user=request.user)
        messages.error(request, resting())
        return _page(request, password=form, status=429)
    fits = form.is_valid()
    if "old" not in form.errors:
        SignInLock.forget(request.user.username)
    if not fits:
        return _page(request, password=form, status=422)
    request.user.set_password(form.cleaned_data["new"])
    request.user.save(update_fields=["password"])
    update_session_auth_hash(request, request.user)
    _others(request).delete()
    audit("signin.password", by=request.user, address=request.META.get("REMOTE_ADDR"))
    messages.success(request, _("Your password is changed. Everywhere else you are signed out."))
    return redirect("staff:me")


@door("self.manage")
@require_POST
def end_session(request: StaffRequest, mark: str) -> HttpResponse:
    """End one of one's own sessions by its mark, or all others."""
    for session in _others(request):
        if mark in ("others", session.mark):
            session.delete()
            audit("signin.ended", by=request.user, address=request.META.get("REMOTE_ADDR"))
    return redirect("staff:me")


def _others(request: StaffRequest):  # type: ignore[no-untyped-def]
    return StaffSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)


def _page(request: StaffRequest, *, preferences: PreferencesForm | None = None, password: PasswordForm | None = None,
          status: int = 200) -> HttpResponse:  # fmt: skip
    sessions = StaffSession.objects.filter(user=request.user).order_by("-seen_at")[:20]
    context = {
        "preferences": preferences or PreferencesForm(instance=request.user),
        "password": password or PasswordForm(user=request.user),
        "sessions": sessions,
        "own_key": request.session.session_key,
        "comings": AuditEntry.objects.filter(who=request.user, what__startswith="signin.").order_by("-at", "-id")[:8],
    }
    return render(request, "staff/me/show.html", context, status=status)

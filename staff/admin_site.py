"""The admin behind our own door: same sign-in, same second factor, same table of permissions."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _


class OperatorsSite(AdminSite):
    site_header = _("Set-up")
    site_title = "SCRM"
    index_title = _("Set-up and raw facts")
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        # The shared secret of a second factor is nobody's business, operators' included.
        models = model_or_iterable if isinstance(model_or_iterable, list | tuple) else [model_or_iterable]
        shown = [model for model in models if not model._meta.app_label.startswith("otp_")]
        super().register(shown, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        if not (user.is_authenticated and user.may("setup.read")):
            return False
        return not settings.SECOND_FACTOR or user.is_verified()

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        user: Any = request.user
        if user.is_authenticated and not user.may("setup.read"):
            from scrm.kernel.failures import forbidden

            return forbidden(request)
        door = "staff:code" if user.is_authenticated else "staff:sign_in"
        return redirect(f"{reverse(door)}?{urlencode({'next': request.GET.get('next', reverse('admin:index'))})}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from staff.views.doorway import sign_out

        return sign_out(request)


class OperatorsAdminConfig(AdminConfig):
    default_site = "staff.admin_site.OperatorsSite"

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        from scrm.kernel.registry import wrapped
        from staff import loading, personal
        from staff.audit_words import name_by_code
        from staff.models import ApiClient

        loading.register()
        name_by_code(ApiClient, _("API client"))
        personal.register()
        wrapped.add("signing keys of API clients", "staff_signingsecret.key")

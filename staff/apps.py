from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StaffConfig(AppConfig):
    name = "staff"
    verbose_name = _("Staff")

    def ready(self) -> None:
        from staff import loading, personal
        from staff.audit_words import name_by_code
        from staff.models import ApiClient

        loading.register()
        name_by_code(ApiClient, _("API client"))
        personal.register()

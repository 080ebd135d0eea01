from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("Cases")

    def ready(self) -> None:
        from staff.audit_words import name_by_code
        from tickets import (
            kinds,
            live,
            loading,
            merging,
            panels,
            personal,
            privacy,
            reactions,
            retention,
            segment_fields,
        )
        from tickets.models import Article

        kinds.register()
        live.register()
        loading.register()
        panels.register()
        merging.register()
        personal.register()
        privacy.register()
        reactions.register()
        retention.register()
        segment_fields.register()
        name_by_code(Article, _("article"))

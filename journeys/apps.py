from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JourneysConfig(AppConfig):
    name = "journeys"
    verbose_name = _("Journeys")

    def ready(self) -> None:
        from journeys import kinds, merging, outlook, panels, personal, privacy, retention, segment_fields
        from scrm.kernel.registry import outboxes

        kinds.register()
        merging.register()
        panels.register()
        personal.register()
        privacy.register()
        retention.register()
        segment_fields.register()
        outboxes.add("outlook", outlook.heard_of)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TouchpointsConfig(AppConfig):
    name = "touchpoints"
    verbose_name = _("Touchpoints")

    def ready(self) -> None:
        from scrm.kernel.registry import outboxes
        from touchpoints import kinds, loading, merging, panels, personal, privacy, webhooks

        kinds.register()
        panels.register()
        loading.register()
        merging.register()
        personal.register()
        privacy.register()
        outboxes.add("webhooks", webhooks.write_down)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    verbose_name = _("Loyalty")

    def ready(self) -> None:
        from loyalty import kinds, merging, panels, personal, privacy, reactions, segment_fields
        from loyalty.loading import campaigns
        from loyalty.loading import kinds as load_kinds
        from loyalty.models import giving
        from scrm.kernel import registry

        kinds.register()
        load_kinds.register()
        merging.register()
        panels.register()
        personal.register()
        privacy.register()
        reactions.register()
        segment_fields.register()
        registry.grades.add("level", giving.grade_of)
        registry.campaigns.add("loyalty", campaigns.called)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommerceConfig(AppConfig):
    name = "commerce"
    verbose_name = _("Commerce")

    def ready(self) -> None:
        from commerce import (
            actions,
            finders,
            intake,
            kinds,
            merging,
            panels,
            personal,
            privacy,
            queries,
            segment_fields,
        )
        from commerce.loading import kinds as load_kinds
        from scrm.kernel.registry import named_at_last, spending, tag_counters

        kinds.register()
        spending.add("orders", queries.spent_between)
        tag_counters.add("bought", queries.bought_of)
        named_at_last.add("orders", actions.bring_home)
        intake.register()
        finders.register()
        panels.register()
        load_kinds.register()
        merging.register()
        personal.register()
        privacy.register()
        segment_fields.register()

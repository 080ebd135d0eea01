from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from customers import audited, intake, kinds, panels, personal, retention
        from customers.loading import kinds as load_kinds
        from customers.merging.own import register_own
        from customers.privacy import own as privacy
        from customers.segments import dirty, uses
        from customers.segments import fields as segment_fields
        from customers.tags import heard_of
        from scrm.kernel.registry import outboxes, wrapped

        audited.register()
        kinds.register()
        intake.register()
        panels.register()
        load_kinds.register()
        register_own()
        personal.register()
        privacy.register()
        retention.register()
        outboxes.add("tags", heard_of)
        outboxes.add("segments", dirty.heard_of)
        segment_fields.register()
        uses.register()
        wrapped.add("keys of customers", "customers_datakey.wrapped")

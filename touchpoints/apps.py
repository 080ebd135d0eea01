from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TouchpointsConfig(AppConfig):
    name = "touchpoints"
    verbose_name = _("Touchpoints")

    def ready(self) -> None:
        from scrm.kernel.registry import named_at_last, outboxes, withdrawals, wrapped
        from staff.audit_words import name_by_code
        from touchpoints import (
            calls,
            chat,
            intake,
            kinds,
            merging,
            panels,
            personal,
            privacy,
            reaching,
            reactions,
            retention,
            segment_uses,
            webhooks,
        )
        from touchpoints.loading import kinds as load_kinds
        from touchpoints.models import Channel, Script, WebhookEndpoint
        from touchpoints.models.outreach import stop_queued

        kinds.register()
        chat.register()
        calls.register()
        panels.register()
        load_kinds.register()
        merging.register()
        personal.register()
        privacy.register()
        reaching.register()
        reactions.register()
        withdrawals.add("messages", stop_queued)
        named_at_last.add("arrivals", intake.named_at_last)
        retention.register()
        segment_uses.register()
        name_by_code(Channel, _("channel"))
        name_by_code(Script, _("script"))
        wrapped.add("keys of channels", "touchpoints_channel.key")
        outboxes.add("webhooks", webhooks.write_down)
        name_by_code(WebhookEndpoint, _("webhook"))
        wrapped.add("keys of webhooks", "touchpoints_webhookendpoint.key")

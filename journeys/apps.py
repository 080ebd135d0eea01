from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JourneysConfig(AppConfig):
    name = "journeys"
    verbose_name = _("Journeys")

    def ready(self) -> None:
        from journeys import kinds, merging, outlook, panels, personal, playbooks, privacy, retention, segment_fields
        from journeys.models import Guide, JourneyMap, Playbook, Question, ServicePackage
        from journeys.models.cover import covered_clients
        from journeys.playbooks import uses
        from scrm.kernel.registry import outboxes, segment_listeners, sights
        from staff.audit_words import name_by_code

        kinds.register()
        merging.register()
        panels.register()
        personal.register()
        privacy.register()
        retention.register()
        segment_fields.register()
        name_by_code(JourneyMap, _("journey map"))
        name_by_code(Guide, _("online guide"))
        name_by_code(Question, _("question"))
        outboxes.add("outlook", outlook.heard_of)
        outboxes.add("playbooks", playbooks.heard_of)
        uses.register()
        sights.add("cover", covered_clients)
        segment_listeners.add("playbooks", playbooks.came_into)
        name_by_code(ServicePackage, _("service package"))
        name_by_code(Playbook, _("playbook"))

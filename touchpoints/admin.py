from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from scrm.kernel.admin import FactAdmin, SetupAdmin
from touchpoints.models import (
    Appointment,
    AppointmentKind,
    Capacity,
    Channel,
    ChannelChoice,
    LookBoard,
    Message,
    Outreach,
    OutreachScene,
    Restraint,
    ScriptTopic,
    Template,
    Touchpoint,
    Trial,
    Variant,
    Visit,
)


@admin.register(Visit)
class VisitAdmin(FactAdmin):
    list_display = ["arrived_at", "customer", "store", "received_by", "recognised_by", "left_at"]
    list_select_related = ["customer", "store", "received_by"]
    ordering = ["-id"]


@admin.register(Trial)
class TrialAdmin(FactAdmin):
    list_display = ["visit", "sku", "result", "reason"]
    ordering = ["-id"]


@admin.register(LookBoard)
class LookBoardAdmin(FactAdmin):
    list_display = ["changed_at", "customer", "title", "state", "owner"]
    list_select_related = ["customer", "owner"]
    ordering = ["-id"]


@admin.register(Channel)
class ChannelAdmin(SetupAdmin):
    list_display = ["code", "name", "way", "adapter", "state"]
    fields = ["code", "name", "way", "adapter", "settings"]


class ChoiceInline(admin.TabularInline):
    model = ChannelChoice
    extra = 0


@admin.register(OutreachScene)
class OutreachSceneAdmin(SetupAdmin):
    list_display = ["code", "name", "kind", "hours", "holdout"]
    inlines = [ChoiceInline]


class VariantInline(admin.StackedInline):
    model = Variant
    extra = 0


@admin.register(Template)
class TemplateAdmin(SetupAdmin):
    list_display = ["code", "name", "scene", "is_active"]
    list_select_related = ["scene"]
    inlines = [VariantInline]


@admin.register(Restraint)
class RestraintAdmin(SetupAdmin):
    """One row; not set is not zero."""

    list_display = ["name", "quiet_from", "quiet_to", "most", "days", "most_calls", "call_days"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not Restraint.objects.exists() and super().has_add_permission(request)


@admin.register(Outreach)
class OutreachAdmin(FactAdmin):
    list_display = ["planned_at", "customer", "scene", "way", "state", "reason", "until"]
    list_select_related = ["customer", "scene"]
    ordering = ["-id"]


@admin.register(Message)
class MessageAdmin(FactAdmin):
    list_display = ["at", "customer", "channel", "direction", "state"]
    list_select_related = ["customer", "channel"]
    ordering = ["-id"]


@admin.register(AppointmentKind)
class AppointmentKindAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What can be booked; what is no longer offered stays in what was booked."""

    list_display = ["code", "name", "minutes", "where", "place", "used"]

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Capacity)
class CapacityAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Which store offers what, for how many at once."""

    list_display = ["store", "kind", "at_once"]
    list_select_related = ["store", "kind"]
    list_filter = ["kind"]


@admin.register(Appointment)
class AppointmentAdmin(FactAdmin):
    list_display = ["starts_at", "store", "kind", "customer", "state"]
    list_select_related = ["store", "kind", "customer"]
    ordering = ["-id"]


@admin.register(ScriptTopic)
class ScriptTopicAdmin(SetupAdmin):
    list_display = ["code", "name", "place"]


@admin.register(Touchpoint)
class TouchpointAdmin(SetupAdmin):
    list_display = ["code", "name", "stage", "way", "store", "owner", "standard", "used"]
    list_select_related = ["store", "owner"]
    list_filter = ["stage", "way"]

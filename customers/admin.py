from typing import Any

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _

from customers.models import (
    Consent,
    ConsentText,
    Customer,
    Event,
    Fact,
    FactKey,
    FactRule,
    Identity,
    ImportRun,
    LifecycleChange,
    Metrics,
    MetricsRun,
    NeedKind,
    NeedLog,
    RecordKind,
    Scene,
    Segment,
    SegmentLeaving,
    SegmentMember,
    SegmentVersion,
    TagDimension,
    TagRule,
    TagValue,
    Task,
    Wakeup,
)
from scrm.kernel.admin import FactAdmin, SetupAdmin


@admin.register(Customer)
class CustomerAdmin(FactAdmin):
    list_display = ["number", "display_name", "home_store", "advisor", "locale", "joined_at"]
    list_select_related = ["home_store", "advisor"]
    search_fields = ["number__exact", "display_name__startswith"]
    search_help_text = _("Member number, or how the name begins")
    exclude = ["attributes"]


@admin.register(Identity)
class IdentityAdmin(FactAdmin):
    list_display = ["kind", "hint", "customer", "verified_at", "shared", "active"]
    list_select_related = ["customer"]
    fields = ["customer", "kind", "hint", "source", "verified_at", "shared", "active", "created_at"]


@admin.register(Event)
class EventAdmin(FactAdmin):
    list_display = ["at", "kind", "customer", "channel", "source"]
    list_select_related = ["customer"]
    ordering = ["-id"]


@admin.register(Fact)
class FactAdminPage(FactAdmin):
    list_display = ["customer", "key", "value", "concern", "pinned", "told_at"]
    list_select_related = ["customer"]
    ordering = ["-id"]


@admin.register(Metrics)
class MetricsAdmin(FactAdmin):
    list_display = ["customer", "lifecycle", "r", "f", "m", "orders", "spent", "last_on"]
    list_select_related = ["customer"]
    ordering = ["-customer_id"]


@admin.register(MetricsRun)
class MetricsRunAdmin(FactAdmin):
    list_display = ["as_of", "ran_at", "customers", "seconds"]


@admin.register(LifecycleChange)
class LifecycleChangeAdmin(FactAdmin):
    list_display = ["on", "customer", "before", "after"]
    list_select_related = ["customer"]
    ordering = ["-id"]


@admin.register(ImportRun)
class ImportRunAdmin(FactAdmin):
    list_display = ["kind", "source", "file_name", "state", "read", "created", "updated", "failed", "started_at"]


@admin.register(Wakeup)
class WakeupAdmin(FactAdmin):
    """What reactions still owe; the dead ones may be given new tries."""

    list_display = ["event", "reaction", "state", "tries", "due_at", "error"]
    list_filter = ["state"]
    ordering = ["-id"]
    actions = ["replay"]  # type: ignore[assignment]

    @admin.action(description=_("Give dead ones eight new tries"), permissions=["replay"])
    def replay(self, request, queryset):
        dead = list(queryset.filter(state="dead"))
        for wakeup in dead:
            wakeup.replay()
        self.message_user(request, _("%(n)s put back to work.") % {"n": len(dead)}, messages.SUCCESS)

    def has_replay_permission(self, request):
        return request.user.may("setup.change")


@admin.register(FactKey)
class FactKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What this brand wants to know of its customers; a code stays as it is once something was told under it."""

    list_display = ["code", "name", "concern", "pinned", "shelf_days", "place"]

    def get_readonly_fields(self, request: Any, obj: FactKey | None = None) -> list[str]:
        return ["code"] if obj else []


@admin.register(ConsentText)
class ConsentTextAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A new version of the words; one that was shown stays as it is."""

    list_display = ["purpose", "version", "since"]

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Consent)
class ConsentAdmin(FactAdmin):
    list_display = ["at", "customer", "purpose", "channel", "given", "origin"]
    list_select_related = ["customer"]
    ordering = ["-id"]


@admin.register(Scene, NeedKind)
class TapAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Scenes and needs as the counter taps them; what is no longer offered stays in what was heard."""

    list_display = ["code", "name", "place", "used"]

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(NeedLog)
class NeedLogAdmin(FactAdmin):
    list_display = ["at", "customer", "kind", "scene", "met", "store"]
    list_select_related = ["customer", "kind", "scene", "store"]
    ordering = ["-id"]


@admin.register(Task)
class TaskAdmin(FactAdmin):
    list_display = ["due_on", "customer", "what", "owner", "state"]
    list_select_related = ["customer", "owner"]
    ordering = ["-id"]


@admin.register(FactRule)
class FactRuleAdmin(SetupAdmin):
    list_display = ["phrase", "kind", "value", "is_active"]
    list_select_related = ["kind"]


class TagValueInline(admin.TabularInline):
    model = TagValue
    extra = 0


@admin.register(TagDimension)
class TagDimensionAdmin(SetupAdmin):
    list_display = ["code", "name", "exclusive", "half_days", "place", "used"]
    inlines = [TagValueInline]


@admin.register(TagRule)
class TagRuleAdmin(SetupAdmin):
    list_display = ["dimension", "value", "what", "key", "times", "days", "confidence", "used"]
    list_select_related = ["dimension"]


@admin.register(RecordKind)
class RecordKindAdmin(SetupAdmin):
    list_display = ["code", "name", "sensitive", "place", "used"]


@admin.register(Segment)
class SegmentAdmin(FactAdmin):
    """Made and changed on their own pages, where a rule is tried first."""

    list_display = ["code", "name", "state", "version", "people", "refreshed_at", "checked_at"]


@admin.register(SegmentVersion)
class SegmentVersionAdmin(FactAdmin):
    list_display = ["segment", "number", "by", "at"]
    list_select_related = ["segment", "by"]
    ordering = ["-id"]


@admin.register(SegmentMember)
class SegmentMemberAdmin(FactAdmin):
    list_display = ["segment", "customer", "via", "entered_at", "by", "until"]
    list_select_related = ["segment", "customer", "by"]
    ordering = ["-id"]


@admin.register(SegmentLeaving)
class SegmentLeavingAdmin(FactAdmin):
    list_display = ["segment", "customer", "cause", "at", "by"]
    list_select_related = ["segment", "customer", "by"]
    ordering = ["-id"]

from typing import Any

from django.contrib import admin

from scrm.kernel.admin import FactAdmin
from touchpoints.models import Appointment, AppointmentKind, Capacity, Trial, Visit


@admin.register(Visit)
class VisitAdmin(FactAdmin):
    list_display = ["arrived_at", "customer", "store", "received_by", "recognised_by", "left_at"]
    list_select_related = ["customer", "store", "received_by"]
    ordering = ["-id"]


@admin.register(Trial)
class TrialAdmin(FactAdmin):
    list_display = ["visit", "sku", "result", "reason"]
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

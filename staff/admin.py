from django.contrib import admin

from scrm.kernel.admin import FactAdmin, SetupAdmin
from staff.models import (
    Absence,
    ApiClient,
    AuditEntry,
    Calendar,
    CalendarDay,
    CalendarHours,
    Membership,
    Region,
    Store,
    Team,
    User,
)


class HoursInline(admin.TabularInline):
    model = CalendarHours
    extra = 0


class DaysInline(admin.TabularInline):
    model = CalendarDay
    extra = 0


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ["store", "team", "region"]


@admin.register(Calendar)
class CalendarAdmin(SetupAdmin):
    list_display = ["code", "name", "zone"]
    inlines = [HoursInline, DaysInline]


@admin.register(Region)
class RegionAdmin(SetupAdmin):
    list_display = ["code", "name"]
    search_fields = ["code"]


@admin.register(Store)
class StoreAdmin(SetupAdmin):
    list_display = ["code", "name", "region", "kind", "scene", "district", "closed_on"]
    list_filter = ["region", "kind", "scene"]
    list_select_related = ["region"]
    search_fields = ["code", "name"]


@admin.register(Team)
class TeamAdmin(SetupAdmin):
    list_display = ["code", "name", "store", "region"]
    list_select_related = ["store", "region"]
    search_fields = ["code"]


@admin.register(User)
class UserAdmin(SetupAdmin):
    list_display = ["username", "__str__", "email", "language", "is_active"]
    list_filter = ["is_active", "language"]
    search_fields = ["username", "email"]
    fields = ["username", "full_name", "email", "language", "zone", "is_active"]
    inlines = [MembershipInline]


@admin.register(Absence)
class AbsenceAdmin(SetupAdmin):
    list_display = ["user", "starts_on", "ends_on", "reason"]
    list_select_related = ["user"]
    autocomplete_fields = ["user"]


@admin.register(ApiClient)
class ApiClientAdmin(FactAdmin):
    """Only looked at here: keys and rights have their own page, where each change is a deed."""

    list_display = ["code", "name", "scopes", "is_active"]
    fields = ["code", "name", "scopes", "is_active", "created_at"]


@admin.register(AuditEntry)
class AuditEntryAdmin(FactAdmin):
    list_display = ["at", "who", "what", "object_kind", "object_id", "address"]
    list_select_related = ["who"]

    def has_view_permission(self, request, obj=None):
        return request.user.may("audit.read")

    def has_module_permission(self, request):
        return request.user.may("audit.read")

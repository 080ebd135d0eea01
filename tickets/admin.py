from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from scrm.kernel.admin import FactAdmin, SetupAdmin
from tickets.models import (
    Approval,
    Authority,
    BotRule,
    BotTurn,
    Capacity,
    Compensation,
    Entry,
    Handover,
    Macro,
    MacroRun,
    Notice,
    Procedure,
    ProcedureStep,
    PromiseClock,
    PromiseTarget,
    Reason,
    Rung,
    SavedView,
    ServiceTerms,
    Status,
    StoreBudget,
    Ticket,
    Topic,
    TopicLesson,
)


@admin.register(Topic)
class TopicAdmin(SetupAdmin):
    list_display = ["code", "name", "urgency", "risk", "team", "used"]


@admin.register(Status)
class StatusAdmin(SetupAdmin):
    list_display = ["code", "name", "state", "used"]


@admin.register(PromiseTarget)
class PromiseTargetAdmin(SetupAdmin):
    list_display = ["metric", "topic", "grade", "minutes", "calendar"]


@admin.register(Rung)
class RungAdmin(SetupAdmin):
    list_display = ["percent", "to", "name"]


@admin.register(ServiceTerms)
class ServiceTermsAdmin(FactAdmin):
    list_display = ["customer", "term", "value", "source", "starts_at", "ends_at"]
    ordering = ["-id"]


@admin.register(Ticket)
class TicketAdmin(FactAdmin):
    list_display = ["number", "subject", "topic", "state", "owner", "store", "opened_at"]
    list_select_related = ["topic", "owner", "store"]
    ordering = ["-id"]


@admin.register(Entry)
class EntryAdmin(FactAdmin):
    list_display = ["ticket", "direction", "channel", "author", "at"]
    list_select_related = ["ticket", "author"]
    ordering = ["-id"]


@admin.register(PromiseClock)
class PromiseClockAdmin(FactAdmin):
    list_display = ["ticket", "metric", "cycle", "due_at", "met_at", "missed_at"]
    list_select_related = ["ticket"]
    ordering = ["-id"]


@admin.register(Handover)
class HandoverAdmin(FactAdmin):
    list_display = ["ticket", "store", "handed_by", "handed_at", "picked_by", "returned_at"]
    ordering = ["-id"]


@admin.register(Notice)
class NoticeAdmin(FactAdmin):
    list_display = ["kind", "ticket", "percent", "to", "at", "seen_at"]
    list_select_related = ["ticket", "to"]
    list_filter = ["kind"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        """Of everybody: here one looks whether people are told."""
        return admin.ModelAdmin.get_queryset(self, request)


@admin.register(SavedView)
class SavedViewAdmin(FactAdmin):
    """Kept on their page: here one looks who shares what."""

    list_display = ["name", "scope", "team", "owner", "view", "made_at", "removed_at"]
    list_select_related = ["team", "owner"]
    list_filter = ["scope"]
    ordering = ["-id"]


@admin.register(Macro)
class MacroAdmin(FactAdmin):
    """Made on their page: here one looks who shares what, and how often it is used."""

    list_display = ["name", "scope", "team", "owner", "uses", "last_used_at", "removed_at"]
    list_select_related = ["team", "owner"]
    list_filter = ["scope"]
    ordering = ["-id"]


@admin.register(MacroRun)
class MacroRunAdmin(FactAdmin):
    list_display = ["macro", "ticket", "by", "at", "undone_at"]
    list_select_related = ["macro", "ticket", "by"]
    ordering = ["-id"]


@admin.register(BotRule)
class BotRuleAdmin(SetupAdmin):
    list_display = ["code", "words", "topic", "article", "lookup", "place", "used"]
    list_select_related = ["topic", "article"]
    list_filter = ["used", "lookup"]


@admin.register(BotTurn)
class BotTurnAdmin(FactAdmin):
    """Every decision of the bot with its reason; what was said stands in the case."""

    list_display = ["at", "ticket", "rule", "matched", "did", "because"]
    list_select_related = ["ticket", "rule"]
    list_filter = ["did", "because"]
    ordering = ["-id"]


@admin.register(Reason)
class ReasonAdmin(SetupAdmin):
    list_display = ["code", "name", "points", "coupons", "used"]


@admin.register(Authority)
class AuthorityAdmin(SetupAdmin):
    list_display = ["role", "kind", "reason", "grade", "per_act", "per_case", "per_day", "per_customer",
                    "exception_max"]  # fmt: skip
    list_select_related = ["reason"]
    list_filter = ["role", "kind"]


@admin.register(StoreBudget)
class StoreBudgetAdmin(SetupAdmin):
    list_display = ["store", "month", "limit", "used"]
    list_select_related = ["store"]


@admin.register(Compensation)
class CompensationAdmin(FactAdmin):
    list_display = ["ticket", "kind", "amount", "reason", "state", "is_exception", "by", "given_at"]
    list_select_related = ["ticket", "reason", "by"]
    ordering = ["-id"]


@admin.register(Approval)
class ApprovalAdmin(FactAdmin):
    list_display = ["compensation", "asked", "deadline", "decision", "decided_by"]
    list_select_related = ["compensation__template", "compensation__reason", "asked", "decided_by"]
    ordering = ["-id"]


@admin.register(TopicLesson)
class TopicLessonAdmin(FactAdmin):
    list_display = ["made_at", "cases", "right", "offered", "right_offered"]
    ordering = ["-id"]


@admin.register(Capacity)
class CapacityAdmin(SetupAdmin):
    list_display = ["user", "most"]
    filter_horizontal = ["topics"]


class StepInline(admin.TabularInline):
    model = ProcedureStep
    extra = 0


@admin.register(Procedure)
class ProcedureAdmin(SetupAdmin):
    list_display = ["topic", "name", "used"]
    inlines = [StepInline]

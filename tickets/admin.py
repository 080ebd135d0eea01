from django.contrib import admin

from scrm.kernel.admin import FactAdmin, SetupAdmin
from tickets.models import (
    BotRule,
    BotTurn,
    Entry,
    Handover,
    Notice,
    PromiseClock,
    PromiseTarget,
    Rung,
    ServiceTerms,
    Status,
    Ticket,
    Topic,
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
    list_display = ["ticket", "percent", "to", "at"]
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

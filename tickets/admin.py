from django.contrib import admin

from scrm.kernel.admin import FactAdmin, SetupAdmin
from tickets.models import BotRule, BotTurn


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

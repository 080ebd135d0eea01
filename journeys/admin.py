"""What advisors noted, to read; it is written on the pages."""

from django.contrib import admin

from journeys.models import (
    CareMark,
    CareScript,
    ClientRhythm,
    ContentUse,
    Enrolment,
    HealthWord,
    LevelRhythm,
    NeedWord,
    OpenInterest,
    Outlook,
    OutlookChange,
    OutlookRun,
    PilotAsk,
    PilotChange,
    PilotGate,
    PilotMember,
    Reservation,
    SuggestionWord,
    ValueBorders,
)
from scrm.kernel.admin import FactAdmin, SetupAdmin


@admin.register(OpenInterest)
class OpenInterestAdmin(FactAdmin):
    list_display = ["customer", "what", "stage", "owner", "began_at"]
    list_select_related = ["customer", "owner"]


@admin.register(HealthWord)
class HealthWordAdmin(FactAdmin):
    list_display = ["customer", "week", "word", "said_by"]
    list_select_related = ["customer", "said_by"]


@admin.register(LevelRhythm)
class LevelRhythmAdmin(SetupAdmin):
    list_display = ["level", "days"]
    list_select_related = ["level"]


@admin.register(CareScript)
class CareScriptAdmin(SetupAdmin):
    list_display = ["reason", "script"]


@admin.register(SuggestionWord)
class SuggestionWordAdmin(FactAdmin):
    list_display = ["customer", "article", "said", "by", "at"]
    list_select_related = ["customer", "by"]


@admin.register(ClientRhythm)
class ClientRhythmAdmin(FactAdmin):
    list_display = ["customer", "days", "set_by", "set_at"]
    list_select_related = ["customer", "set_by"]


@admin.register(CareMark)
class CareMarkAdmin(FactAdmin):
    list_display = ["customer", "day", "reason", "did", "by"]
    list_select_related = ["customer", "by"]


@admin.register(Outlook)
class OutlookAdmin(FactAdmin):
    list_display = ["customer", "value", "need", "potential", "churn", "upsell", "as_of"]
    list_select_related = ["customer"]


@admin.register(OutlookChange)
class OutlookChangeAdmin(FactAdmin):
    list_display = ["customer", "on", "before", "after", "why"]
    list_select_related = ["customer"]


@admin.register(NeedWord)
class NeedWordAdmin(FactAdmin):
    list_display = ["customer", "need", "why", "by", "at", "taken_back_at"]
    list_select_related = ["customer", "by"]


@admin.register(OutlookRun)
class OutlookRunAdmin(FactAdmin):
    list_display = ["as_of", "ran_at", "seconds"]


@admin.register(ValueBorders)
class ValueBordersAdmin(FactAdmin):
    list_display = ["middle_from", "high_from", "premium_from", "set_by", "set_at"]
    list_select_related = ["set_by"]


@admin.register(Enrolment)
class EnrolmentAdmin(FactAdmin):
    list_display = ["customer", "playbook", "state", "entered_at", "end"]
    list_select_related = ["customer", "playbook"]


@admin.register(Reservation)
class ReservationAdmin(FactAdmin):
    list_display = ["resource", "unit", "customer", "starts_at", "ends_at", "by", "released_at"]
    list_select_related = ["resource", "customer", "by"]


@admin.register(ContentUse)
class ContentUseAdmin(FactAdmin):
    list_display = ["content", "customer", "step", "by", "at"]
    list_select_related = ["content", "customer", "by"]


@admin.register(PilotMember)
class PilotMemberAdmin(FactAdmin):
    list_display = ["pilot", "customer", "arm", "draw", "joined_at"]
    list_select_related = ["pilot", "customer"]


@admin.register(PilotChange)
class PilotChangeAdmin(FactAdmin):
    list_display = ["pilot", "kind", "said", "by", "at"]
    list_select_related = ["pilot", "by"]


@admin.register(PilotGate)
class PilotGateAdmin(FactAdmin):
    list_display = ["step", "decision", "early", "why", "by", "agreed_by", "at"]
    list_select_related = ["step", "by", "agreed_by"]


@admin.register(PilotAsk)
class PilotAskAdmin(FactAdmin):
    list_display = ["step", "state", "why", "by", "answered_by", "at"]
    list_select_related = ["step", "by", "answered_by"]

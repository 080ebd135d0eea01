"""What advisors noted, to read; it is written on the pages."""

from django.contrib import admin

from journeys.models import CareMark, HealthWord, OpenInterest
from scrm.kernel.admin import FactAdmin


@admin.register(OpenInterest)
class OpenInterestAdmin(FactAdmin):
    list_display = ["customer", "what", "stage", "owner", "began_at"]
    list_select_related = ["customer", "owner"]


@admin.register(HealthWord)
class HealthWordAdmin(FactAdmin):
    list_display = ["customer", "week", "word", "said_by"]
    list_select_related = ["customer", "said_by"]


@admin.register(CareMark)
class CareMarkAdmin(FactAdmin):
    list_display = ["customer", "day", "reason", "did", "by"]
    list_select_related = ["customer", "by"]

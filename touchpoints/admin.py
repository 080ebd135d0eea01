from django.contrib import admin

from scrm.kernel.admin import FactAdmin
from touchpoints.models import Trial, Visit


@admin.register(Visit)
class VisitAdmin(FactAdmin):
    list_display = ["arrived_at", "customer", "store", "received_by", "recognised_by", "left_at"]
    list_select_related = ["customer", "store", "received_by"]
    ordering = ["-id"]


@admin.register(Trial)
class TrialAdmin(FactAdmin):
    list_display = ["visit", "sku", "result", "reason"]
    ordering = ["-id"]

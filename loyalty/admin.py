"""Set-up of programme, levels and gifts; the ledger, coupons and grants are only looked at."""

from django.contrib import admin

from loyalty.models import (
    BulkIssue,
    CampaignGrant,
    Coupon,
    Gift,
    LedgerProof,
    Level,
    LevelEvaluation,
    LevelMembership,
    LiabilityDay,
    PointsAccount,
    PointsEntry,
    Privilege,
    Programme,
    Redemption,
    Referral,
)
from scrm.kernel.admin import FactAdmin, SetupAdmin


@admin.register(Programme)
class ProgrammeAdmin(SetupAdmin):
    list_display = ["code", "name", "rounding", "pending_days", "lot_months", "qualify_by"]


class PrivilegeInline(admin.TabularInline):
    model = Privilege
    extra = 1
    can_delete = False


@admin.register(Level)
class LevelAdmin(SetupAdmin):
    list_display = ["code", "rank", "name", "threshold", "visits", "factor"]
    inlines = [PrivilegeInline]


@admin.register(Gift)
class GiftAdmin(SetupAdmin):
    list_display = ["code", "name", "points", "stock", "taken", "is_active"]
    readonly_fields = ["taken"]


@admin.register(PointsAccount)
class PointsAccountAdmin(FactAdmin):
    list_display = ["id", "customer_id", "available", "pending", "debt"]
    raw_id_fields = ["customer"]
    ordering = ["-id"]


@admin.register(PointsEntry)
class PointsEntryAdmin(FactAdmin):
    list_display = ["id", "account_id", "kind", "delta", "balance_after", "reason", "at", "source", "source_ref"]
    list_filter = ["kind", "reason"]
    raw_id_fields = ["account", "reverses", "rule"]
    exclude = ["digest"]
    ordering = ["-id"]


@admin.register(LevelMembership)
class LevelMembershipAdmin(FactAdmin):
    list_display = ["id", "customer_id", "level", "origin", "since", "until", "ended_on"]
    list_select_related = ["level"]
    list_filter = ["origin"]
    raw_id_fields = ["customer", "given_by"]
    ordering = ["-id"]


@admin.register(LevelEvaluation)
class LevelEvaluationAdmin(FactAdmin):
    list_display = ["on", "members", "raised", "kept", "warned", "lowered", "took_ms"]
    ordering = ["-id"]


@admin.register(Coupon)
class CouponAdmin(FactAdmin):
    # A code is money: its last four signs are enough to tell one from another.
    list_display = ["id", "template", "tail", "state", "customer_id", "issued_at", "valid_until"]
    list_select_related = ["template"]
    list_filter = ["state"]
    raw_id_fields = ["customer", "given_by", "drop"]
    exclude = ["code"]
    ordering = ["-id"]


@admin.register(Redemption)
class RedemptionAdmin(FactAdmin):
    list_display = ["id", "coupon_id", "at", "store", "off", "currency", "order_ref", "undone_at"]
    list_select_related = ["store"]
    raw_id_fields = ["coupon", "by", "undone_by"]
    ordering = ["-id"]


@admin.register(CampaignGrant)
class CampaignGrantAdmin(FactAdmin):
    list_display = ["id", "campaign", "customer_id", "at", "cost"]
    list_select_related = ["campaign"]
    raw_id_fields = ["customer"]
    ordering = ["-id"]


@admin.register(Referral)
class ReferralAdmin(FactAdmin):
    list_display = ["id", "referrer_id", "friend_id", "made_at", "rewarded_at"]
    raw_id_fields = ["referrer", "friend"]
    ordering = ["-id"]


@admin.register(BulkIssue)
class BulkIssueAdmin(FactAdmin):
    list_display = ["id", "template", "state", "wanted", "done", "issued"]
    list_select_related = ["template"]
    ordering = ["-id"]


@admin.register(LedgerProof)
class LedgerProofAdmin(FactAdmin):
    list_display = ["at", "entries", "took_ms", "holds"]
    ordering = ["-id"]


@admin.register(LiabilityDay)
class LiabilityDayAdmin(FactAdmin):
    list_display = ["on", "available", "pending", "debt", "earned", "spent", "expired"]
    ordering = ["-id"]

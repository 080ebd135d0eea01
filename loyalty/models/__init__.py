from loyalty.models.account import OtherPayload, PointsAccount
from loyalty.models.bulk import BulkIssue
from loyalty.models.campaign import BudgetShard, Campaign, CampaignGrant, Gift, GiftTaken, Referral
from loyalty.models.coupon import Coupon
from loyalty.models.drop import Drop, DropTry
from loyalty.models.earning import EarnRule
from loyalty.models.ledger import LedgerProof, LiabilityDay, LotUse, PointsEntry, PointsLot
from loyalty.models.level import Level, LevelEvaluation, LevelMembership, Privilege, PrivilegeUse
from loyalty.models.programme import Programme
from loyalty.models.redemption import Redemption
from loyalty.models.template import CouponTemplate
from loyalty.models.using import Use

__all__ = [
    "BudgetShard", "BulkIssue", "Campaign", "CampaignGrant", "Coupon", "CouponTemplate", "Drop", "DropTry",
    "EarnRule", "Gift", "GiftTaken", "LedgerProof", "Level", "LevelEvaluation", "LevelMembership", "LiabilityDay",
    "LotUse", "OtherPayload", "PointsAccount", "PointsEntry", "PointsLot", "Privilege", "PrivilegeUse", "Programme",
    "Redemption", "Referral", "Use",
]  # fmt: skip

"""The kinds of file this room takes in."""

from django.utils.translation import gettext_lazy as _

from customers.loading.kinds import CHANNEL, CUSTOMER, KEY, STORE
from loyalty.loading import campaigns, coupons, points
from loyalty.models import Campaign, CouponTemplate
from scrm.kernel.loading import Field, LoadKind
from scrm.kernel.registry import load_kinds

ANYBODY = Field("customer", _("Customer"), "customer", length=120)
NAMES = (
    Field("code", _("Code"), length=40),
    Field("name", _("Name"), length=200),
    Field("name_hant", _("Name, traditional"), length=200),
    Field("name_en", _("Name, English"), length=200),
)
CAMPAIGN = Field("campaign", _("Campaign"), length=120)
TEMPLATE = Field("template", _("Coupon template"), length=120)

KINDS = (
    LoadKind(
        "campaigns", _("Campaigns"),
        (
            KEY, *NAMES,
            Field("type", _("Sort of campaign"), length=40),
            Field("kind", _("Kind of campaign"), "choice", choices=tuple(str(kind) for kind in Campaign.Kind)),
            Field("starts_on", _("First day"), "date"),
            Field("ends_on", _("Last day"), "date"),
            Field("budget", _("Budget"), "money", least=0),
            Field("state", _("State"), "choice", choices=("running", "stopped", "ended")),
            ANYBODY,
            Field("at", _("Reached"), "moment"),
        ),
        campaigns.campaigns, key=("source_ref", "customer"), tables=("loyalty_campaign", "loyalty_campaigngrant"),
    ),
    LoadKind(
        "coupon_templates", _("Coupon templates"),
        (
            KEY, *NAMES,
            Field("kind", _("Kind of coupon"), "choice", choices=tuple(str(kind) for kind in CouponTemplate.Kind)),
            Field("amount", _("Amount off"), "money", least=0),
            Field("percent", _("Percent off"), "integer", least=0),
            Field("threshold", _("From a basket of"), "money", least=0),
            Field("most_off", _("At most off"), "money", least=0),
            Field("pieces", _("Pieces"), "integer", least=1),
            Field("product", _("Product code"), length=60),
            Field("category", _("Category"), length=60),
            STORE, CAMPAIGN,
            Field("starts_at", _("Begins"), "moment"),
            Field("ends_at", _("Ends"), "moment"),
            Field("days_valid", _("Days valid"), "integer", least=0),
            Field("per_customer", _("For each customer"), "integer", least=1),
            Field("group", _("Group"), "choice", choices=tuple(str(group) for group in CouponTemplate.Group)),
            Field("cost", _("Cost of one use"), "money", least=0),
            Field("state", _("State"), "choice", choices=("published", "paused", "ended")),
        ),
        coupons.templates, collects="source_ref", tables=("loyalty_coupontemplate",), batch=1000,
    ),
    LoadKind(
        "coupons", _("Coupons"),
        (
            KEY, Field("template", TEMPLATE.label, required=True, length=120), CUSTOMER,
            Field("code", _("Coupon code"), length=20),
            Field("issued_at", _("Given"), "dated"),
            Field("valid_from", _("Valid from"), "moment"),
            Field("valid_until", _("Valid until"), "moment"),
            Field("state", _("State"), "choice", choices=coupons.STATES_GIVEN),
            CHANNEL,
        ),
        coupons.coupons, tables=("loyalty_coupon", "customers_event"),
    ),
    LoadKind(
        "redemptions", _("Redemptions"),
        (
            KEY, Field("coupon", _("Coupon"), length=120), Field("code", _("Coupon code"), length=20),
            TEMPLATE, ANYBODY,
            Field("at", _("Used"), "dated", required=True),
            Field("business_date", _("Business day"), "date"),
            STORE, CHANNEL,
            Field("order", _("Order"), length=120),
            Field("off", _("Taken off"), "money", least=0),
            Field("basket", _("Basket"), "money", least=0),
            Field("currency", _("Currency"), length=3),
        ),
        coupons.redemptions, tables=("loyalty_coupon", "loyalty_redemption", "customers_event"),
    ),
    LoadKind(
        "points", _("Points"),
        (
            KEY, CUSTOMER,
            Field("points", _("Points"), "integer", least=0),
            Field("at", _("Count since"), "moment"),
            Field("ends", _("Last day they count"), "date"),
            Field("qualifying", _("Counted for levels"), "integer", least=0),
            Field("level", _("Level"), length=20),
            Field("level_since", _("In the level since"), "date"),
            Field("level_until", _("In the level until"), "date"),
        ),
        points.points, tables=("loyalty_pointsaccount", "loyalty_pointsentry", "loyalty_pointslot"),
    ),
)  # fmt: skip


def register() -> None:
    for kind in KINDS:
        load_kinds.add(kind.name, kind)

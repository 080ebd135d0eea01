"""What campaigns of one source did: whom they reached, who used their coupons, who bought again, what was sold.

Days are the business days that stand on orders and redemptions. An event is a distinct (customer, template, day) of
standing redemptions; a repurchase is an order of the same customer on one of the thirty days after it, counted only
where all thirty lie within the data.
"""

from typing import Any

from django.conf import settings
from django.db import connection

from scrm.kernel import money

WINDOW = 30  # days

EVENTS = """
with campaign as (
  select id, source_ref, starts_on, ends_on, coalesce(nullif(type, ''), kind) as type
  from loyalty_campaign where source = %(source)s),
event as (
  select distinct c.customer_id, c.template_id, r.business_date as day, t.campaign_id
  from loyalty_redemption r
  join loyalty_coupon c on c.id = r.coupon_id
  join loyalty_coupontemplate t on t.id = c.template_id
  join campaign on campaign.id = t.campaign_id
  where r.undone_at is null)
"""

CAMPAIGNS = (
    EVENTS
    + """,
used as (select campaign_id, count(*) as redemptions, count(distinct customer_id) as redeemers
         from event group by 1),
reached as (select g.campaign_id, count(distinct g.customer_id) as targeted
            from loyalty_campaigngrant g join campaign on campaign.id = g.campaign_id group by 1)
select source_ref, type, starts_on, ends_on, coalesce(targeted, 0), coalesce(redemptions, 0), coalesce(redeemers, 0)
from campaign left join reached on reached.campaign_id = id left join used on used.campaign_id = id
order by length(source_ref), source_ref
"""
)

REPURCHASE = (
    EVENTS
    + """,
bought as (select id, customer_id, business_date as day from commerce_order
           where source = %(source)s and state <> 'cancelled' and customer_id is not null),
whole as (select event.*, event.day + %(window)s <= (select max(day) from bought) as whole from event)
select campaign.type, count(*), count(*) filter (where whole), count(*) filter (where whole and again),
       count(*) filter (where whole and same)
from whole join campaign on campaign.id = whole.campaign_id
cross join lateral (
  select exists (select from bought o where o.customer_id = whole.customer_id
                   and o.day between whole.day + 1 and whole.day + %(window)s) as again,
         exists (select from bought o join commerce_orderline l on l.order_id = o.id
                 join loyalty_coupontemplate t on t.id = whole.template_id
                 where o.customer_id = whole.customer_id
                   and o.day between whole.day + 1 and whole.day + %(window)s and t.products ? l.sku) as same) after
group by 1 order by 1
"""
)

# What reached customers bought, while the campaign ran, of the products its coupons name.
SALES = """
with piece as (
  select distinct c.id as campaign_id, p.sku
  from loyalty_campaign c join loyalty_coupontemplate t on t.campaign_id = c.id
  cross join lateral jsonb_array_elements_text(t.products) p(sku)
  where c.source = %(source)s),
reached as (
  select distinct g.campaign_id, g.customer_id, c.source_ref, c.starts_on, c.ends_on
  from loyalty_campaigngrant g join loyalty_campaign c on c.id = g.campaign_id where c.source = %(source)s)
select r.source_ref, sum(round(l.total * o.rate))::bigint, count(distinct r.customer_id)
from reached r
join commerce_order o on o.customer_id = r.customer_id and o.source = %(source)s and o.state <> 'cancelled'
 and o.business_date >= r.starts_on and (r.ends_on is null or o.business_date <= r.ends_on)
join commerce_orderline l on l.order_id = o.id
join piece on piece.campaign_id = r.campaign_id and piece.sku = l.sku
group by 1 order by length(r.source_ref), r.source_ref
"""


def effect(source: str) -> dict[str, Any]:
    """All figures of a source, shares to six digits, sales in units of the house currency."""
    found = campaigns(source)
    return {
        "source": source,
        "campaigns": found,
        "by_type": by_type(found),
        "repurchase_30d_after_redemption": repurchases(source),
        "targeted_sales_on_couponed_products_in_window": targeted_sales(source),
    }


def campaigns(source: str) -> list[dict[str, Any]]:
    """Per campaign: how many people it reached, uses of its coupons, who used one, and their share."""
    return [
        {
            "campaign_id": _key(ref), "type": kind, "start": starts_on.isoformat(),
            "end": ends_on.isoformat() if ends_on else None, "targeted": targeted, "redemptions": redemptions,
            "redeemers": redeemers, "redeemer_rate": share(redeemers, targeted),
        }
        for ref, kind, starts_on, ends_on, targeted, redemptions, redeemers in _ask(CAMPAIGNS, source)
    ]  # fmt: skip


def by_type(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same summed per sort of campaign: whoever three campaigns reached counts three times."""
    sums: dict[str, dict[str, Any]] = {}
    for one in sorted(found, key=lambda each: str(each["type"])):
        mine = sums.setdefault(one["type"], {"targeted": 0, "redemptions": 0, "redeemers": 0})
        for name in mine:
            mine[name] += one[name]
    return {
        kind: mine | {"redeemer_rate_touch_level": share(mine["redeemers"], mine["targeted"])}
        for kind, mine in sums.items()
    }


def repurchases(source: str) -> dict[str, dict[str, Any]]:
    """Per sort: uses, those with all thirty days behind them, after how many anything, and the same, was bought."""
    return {
        kind: {
            "events": events, "events_with_full_30d_window": whole, "any_purchase_within_30d": again,
            "any_rate": share(again, whole), "same_coupon_product_within_30d": same,
            "same_product_rate": share(same, whole),
        }
        for kind, events, whole, again, same in _ask(REPURCHASE, source)
    }  # fmt: skip


def targeted_sales(source: str) -> dict[str, dict[str, Any]]:
    """Per campaign that sold any: sales of couponed products to reached customers while it ran, and to how many."""
    digits = money.digits(settings.BASE_CURRENCY)
    return {
        ref: {"sales": round(minor / 10**digits, digits), "households": households}
        for ref, minor, households in _ask(SALES, source)
    }


def share(part: int, whole: int) -> float:
    return round(part / whole, 6) if whole else 0.0


def _key(ref: str) -> int | str:
    return int(ref) if ref.isdecimal() and str(int(ref)) == ref else ref


def _ask(sql: str, source: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"source": source, "window": WINDOW})
        return cursor.fetchall()

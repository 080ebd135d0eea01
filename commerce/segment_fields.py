"""What was bought and looked at, as fields of segments."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from commerce.models import Category
from scrm.kernel.registry import segment_fields
from scrm.kernel.segment_field import Asked, Given, Number, OneOf, minor, remembered
from scrm.kernel.segment_rows import counted, in_each_month, local_month, since

BOUGHT, LOOKED = _("Bought within a time"), _("Looked at")
ANY = ("any", _("anything"))
CLICKS = 90  # days clicks are kept
MONEY = ("(select customer_id, business_date, base_total as amount from commerce_order where not (state = 'cancelled') "
         "union all select customer_id, business_date, -base_amount from commerce_refund)")  # fmt: skip


def _categories() -> list[tuple[str, Any]]:
    return [ANY, *((one.code, one.name or one.code) for one in Category.objects.order_by("code"))]


CATEGORY = OneOf("category", _("Of what"), "any", remembered(_categories))
PRICE = Number("price", _("Price from"), 0, 0, 10_000_000, "money")


def _of(asked: Asked, given: Given, column: str) -> str:
    """The category itself and those right below it."""
    if given["category"] == "any":
        return ""
    code = asked.put(given["category"])
    return (f" and {column} in (select k.code from commerce_category k left join commerce_category u "
            f"on u.id = k.parent_id where {code} in (k.code, u.code))")  # fmt: skip


def _orders(asked: Asked, given: Given) -> str:
    return (f"from commerce_order x where not (x.state = 'cancelled') "
            f"and x.business_date >= {asked.put(asked.day_before(given['days']))}::date")  # fmt: skip


def _money(asked: Asked, given: Given) -> str:
    return f"from {MONEY} x where x.business_date >= {asked.put(asked.day_before(given['days']))}::date"


def _goods(asked: Asked, given: Given) -> str:
    text = ("from commerce_order x join commerce_orderline l on l.order_id = x.id "
            "left join commerce_product p on p.id = l.product_id left join commerce_category g on g.id = p.category_id "
            "where not (x.state = 'cancelled') and l.quantity > 0")  # fmt: skip
    return text + _of(asked, given, "g.code")


def _bought(asked: Asked, given: Given) -> str:
    return f"{_goods(asked, given)} and x.business_date >= {asked.put(asked.day_before(given['days']))}::date"


def _clicks(asked: Asked, given: Given) -> str:
    text = "from customers_browse x where true" + _of(asked, given, "x.category")
    if given.get("price"):
        price = asked.put(minor(given["price"]))
        text += f" and x.product in (select p.code from commerce_product p where p.price >= {price})"
    return text


def _looked(asked: Asked, given: Given) -> str:
    return f"{_clicks(asked, given)} and x.at >= {since(asked, given['days'])}"


def register() -> None:
    days = Number("days", _("Within days"), 30, 1, CLICKS, "days")
    for field in (
        counted("orders_within", BOUGHT, _("Purchases"), _orders, default=2),
        counted("spent_within", BOUGHT, _("Spent"), _money, sql="coalesce(sum(x.amount), 0)", unit="money",
                default=1000),
        counted("bought", BOUGHT, _("Bought"), _bought, slots=(CATEGORY,), sql="count(distinct x.id)",
                sentence=_("%(field)s of “%(category)s” within %(days)s: %(op)s %(n)s")),
        in_each_month("bought_months", BOUGHT, _("Bought month after month"), _goods, slots=(CATEGORY,),
                      month_of=lambda asked: "date_trunc('month', x.business_date)::date",
                      sentence=_("%(field)s: “%(category)s” in each of %(months)s on end, %(times)s a month or more")),
        counted("looked", LOOKED, _("Looked at"), _looked, slots=(CATEGORY, PRICE, days), default=3, windowed=False,
                sentence=_("%(field)s “%(category)s” from %(price)s within %(days)s: %(op)s %(n)s"), clock=True),
        in_each_month("looked_months", LOOKED, _("Looked at month after month"), _clicks, slots=(CATEGORY, PRICE),
                      month_of=local_month("x.at"), most=3,
                      sentence=_("%(field)s: “%(category)s” from %(price)s in each of %(months)s on end, "
                                 "%(times)s a month or more")),
    ):  # fmt: skip
        segment_fields.add(field.name, field)

"""Templates and uses as the tests of coupons need them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from loyalty.models import Coupon, CouponTemplate, Use
from scrm.kernel.words import words


def template(code: str = "MJ80", **more: Any) -> CouponTemplate:
    sets = {
        "kind": "amount", "amount": 8000, "group": "amount", "state": "published",
        "starts_at": timezone.now() - timedelta(days=1), "name": words("换季满减", "換季滿減", "Season ¥80 off"),
    }  # fmt: skip
    return CouponTemplate.objects.create(code=code, **(sets | more))


def use(key: str = "k1", **more: Any) -> Use:
    return Use(**({"source": "till", "key": key, "basket": 80000, "off": 8000} | more))


def fresh(coupon: Coupon) -> Coupon:
    return Coupon.objects.select_related("template").get(pk=coupon.pk)

"""The door of tills and shops to coupons: give, choose, hold, use, let go."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Customer
from loyalty.api import LoyaltyView
from loyalty.api_shapes import (
    BestCoupons,
    HeldCode,
    IssueCoupon,
    RedeemCoupon,
    ReserveCoupon,
    ShownBest,
    ShownCoupon,
)
from loyalty.basket_of import Scanned, basket_of, best_for
from loyalty.baskets import Basket
from loyalty.best import Verdict, verdict
from loyalty.coupon_actions import find_by_code, redeem_code, release_code, reserve_code
from loyalty.guesses import Asker
from loyalty.models import Coupon, CouponTemplate, Use
from scrm.kernel.refusals import TransitionRefused
from staff.api import KEY_HEADER, problems

REFUSALS = problems(409, 413, 415, 422)


class Issue(LoyaltyView):
    """Give one coupon of a published template."""

    @extend_schema(operation_id="coupons_issue", parameters=[KEY_HEADER], request=IssueCoupon,
                   responses={200: ShownCoupon, 201: ShownCoupon, **problems(404, 409, 413, 415, 422)})  # fmt: skip
    def post(self, request: Request) -> Response:
        given = self.read(IssueCoupon, request)
        template = CouponTemplate.objects.filter(code=given["template"].replace("\0", "")).first()
        if template is None:
            raise Http404
        key = self.key(request, "issue")

        def given_out() -> tuple[int, dict[str, Any]]:
            customer = given["customer"]
            return 201, _shown(template.issue_to(customer, by=None, channel="api", source=self.client.code, key=key))

        return self.once(request, given_out)


class Best(LoyaltyView):
    """What the customer may use on a basket: the best combination, and the rest with its reasons. Changes nothing."""

    @extend_schema(operation_id="coupons_best", request=BestCoupons, responses={200: ShownBest, **problems(413, 415)})
    def post(self, request: Request) -> Response:
        given = self.read(BestCoupons, request)
        customer = Customer.objects.get(pk=Customer.objects.holder_of(given["customer"].pk)[0])
        found = best_for(customer, _basket(given, customer))
        named = {coupon.pk: coupon for coupon in Coupon.objects.filter(customer=customer).select_related("template")}
        return Response({"off": found.off, "chosen": [_choice(one, named) for one in found.chosen],
                         "others": [_choice(one, named) for one in found.others]})  # fmt: skip


class Reserve(LoyaltyView):
    """Hold a code for one basket of this client's."""

    @extend_schema(operation_id="coupons_reserve", parameters=[KEY_HEADER], request=ReserveCoupon,
                   responses={200: ShownCoupon, **REFUSALS})  # fmt: skip
    def post(self, request: Request) -> Response:
        given = self.read(ReserveCoupon, request)

        def held() -> tuple[int, dict[str, Any]]:
            coupon, until = reserve_code(given["code"], holder=self._holder(given), asker=self._asker(request),
                                         minutes=given.get("minutes", 30))  # fmt: skip
            coupon.refresh_from_db()
            return 200, _shown(coupon) | {"held_until": until.isoformat()}

        return self.once(request, held)

    def _holder(self, given: dict[str, Any]) -> str:
        return f"till:{self.client.code}:{given['hold']}"[:120] if given.get("hold") else ""

    def _asker(self, request: Request) -> Asker:
        return Asker(client=self.client.code, address=request.META.get("REMOTE_ADDR"))


class Release(Reserve):
    """Let go of a code that this client holds."""

    @extend_schema(operation_id="coupons_release", parameters=[KEY_HEADER], request=HeldCode,
                   responses={200: ShownCoupon, **REFUSALS})  # fmt: skip
    def post(self, request: Request) -> Response:
        given = self.read(HeldCode, request)

        def freed() -> tuple[int, dict[str, Any]]:
            coupon = release_code(given["code"], holder=self._holder(given), asker=self._asker(request))
            coupon.refresh_from_db()
            return 200, _shown(coupon)

        return self.once(request, freed)


class Redeem(Reserve):
    """Use a code. With `lines` what it takes off is worked out here; without them the till says it with `off`."""

    @extend_schema(operation_id="coupons_redeem", parameters=[KEY_HEADER], request=RedeemCoupon,
                   responses={200: ShownCoupon, 201: ShownCoupon, **REFUSALS})  # fmt: skip
    def post(self, request: Request) -> Response:
        given = self.read(RedeemCoupon, request)
        key = self.key(request, "redeem")

        def used() -> tuple[int, dict[str, Any]]:
            holder = self._holder(given)
            use = self._use(given, key, holder, self._asker(request))
            redemption = redeem_code(given["code"], use, asker=self._asker(request), holder=holder)
            redemption.coupon.refresh_from_db()
            return 201, _shown(redemption.coupon) | {"off": redemption.off}

        return self.once(request, used)

    def _use(self, given: dict[str, Any], key: str, holder: str, asker: Asker) -> Use:
        plain = Use(source=self.client.code, key=key, basket=given.get("total", 0), off=given.get("off", 0),
                    store=given.get("store"), channel=given.get("channel", ""), order_source=self.client.code,
                    order_ref=given.get("order", ""), holds=frozenset(given.get("holds", ())))  # fmt: skip
        if not given.get("lines"):
            return plain
        coupon = find_by_code(given["code"], asker=asker, holder=holder)
        basket = _basket(given, coupon.customer)
        found = verdict(coupon.held, basket)
        if not found.usable:
            raise TransitionRefused(str(found.why))
        return Use(source=plain.source, key=key, basket=basket.total, off=found.off, store=plain.store,
                   channel=plain.channel, order_source=plain.order_source, order_ref=plain.order_ref, checked=True,
                   explanation={"lines": list(found.lines), "fee": found.fee})  # fmt: skip


def _basket(given: dict[str, Any], customer: Customer | None) -> Basket:
    rows = [Scanned(line["sku"], line["amount"], line.get("quantity", 1)) for line in given.get("lines", ())]
    return basket_of(rows, customer=customer, store=given.get("store"), channel=given.get("channel", ""),
                     delivery_fee=given.get("delivery_fee", 0), holds=given.get("holds", ()))  # fmt: skip


def _shown(coupon: Coupon) -> dict[str, Any]:
    return {"code": coupon.shown_code, "state": coupon.state, "name": str(coupon.template),
            "valid_until": coupon.valid_until.isoformat() if coupon.valid_until else None}  # fmt: skip


def _choice(one: Verdict, named: dict[int, Coupon]) -> dict[str, Any]:
    coupon = named[one.coupon.id]
    return {"code": coupon.shown_code, "name": str(coupon.template), "usable": one.usable, "off": one.off,
            "why": str(one.why) if one.why else ""}  # fmt: skip

"""Coupons an order names: used before, held for this till, taken without a line, or a conflict; never refused."""

from datetime import timedelta

import pytest
from django.utils import timezone

from commerce.models import Order
from customers.models import Customer
from loyalty.codes import new_code
from loyalty.coupon_actions import take_for_order
from loyalty.models import Coupon, Redemption
from loyalty.tests.coupon_cast import fresh, template, use


@pytest.fixture
def coupon(mei) -> Coupon:
    return template().issue_to(mei, by=None)


def order(customer: Customer, ref: str = "A-1", source: str = "till", **more) -> Order:
    return Order.objects.create(
        customer=customer, source=source, source_ref=ref, currency="CNY", total=72000, discount=8000, base_total=72000,
        business_date=timezone.localdate(), **({"placed_at": timezone.now(), "coupons": ["x"]} | more),
    )  # fmt: skip


def test_one_that_nobody_used_is_used_by_the_order_once(coupon, mei) -> None:
    one = order(mei)

    assert [take_for_order(coupon.code, one) for _time in range(3)] == ["redeemed"] * 3

    row = Redemption.objects.get()
    assert (row.off, row.basket, row.order_source, row.order_ref) == (8000, 80000, "till", "A-1")


def test_one_used_by_command_before_learns_its_order(coupon, mei) -> None:
    coupon.redeem(use())

    assert take_for_order(coupon.code, order(mei)) == "redeemed"
    assert Redemption.objects.get().order_ref == "A-1"
    assert take_for_order(coupon.code, order(mei, "A-2")) == "conflict"  # it belongs to the first order


def test_one_held_for_this_till_is_used_and_one_held_elsewhere_is_a_conflict(coupon, mei) -> None:
    coupon.reserve(holder="till:other:1")
    assert take_for_order(coupon.code, order(mei)) == "conflict"
    coupon.release(holder="till:other:1")
    coupon.reserve(holder="till:till:77")

    assert take_for_order(coupon.code, order(mei, "A-2")) == "redeemed"
    assert fresh(coupon).state == "redeemed"


def test_unknown_foreign_and_used_ones_leave_the_order_as_it_is(coupon, mei) -> None:
    other = Customer.objects.create(number="X")

    assert take_for_order(new_code(), order(mei)) == "unknown"
    assert take_for_order(coupon.code, order(other, "B-1")) == "conflict"
    coupon.redeem(use(source="web", order_ref="W-1"))
    assert take_for_order(coupon.code, order(mei, "A-3")) == "conflict"


def test_of_two_orders_without_a_line_the_earlier_keeps_it_whichever_comes_first(mei) -> None:
    some = template(offline=True).issue_to(mei, by=None)
    Coupon.objects.update(valid_from=timezone.now() - timedelta(days=1))
    at = timezone.now() - timedelta(hours=2)
    late, early = (
        order(mei, "A-9", "till-b", placed_at=at + timedelta(minutes=5)),
        order(mei, "A-1", "till-a", placed_at=at),
    )

    assert take_for_order(some.code, late) == "redeemed"
    assert take_for_order(some.code, early) == "redeemed"
    assert take_for_order(some.code, late) == "conflict"

    assert {row.order_ref: row.undone_why for row in Redemption.objects.all()} == {"A-1": "", "A-9": "conflict"}

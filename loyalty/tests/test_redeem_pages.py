"""The counter uses the best coupons with one tap and takes them back with one; refusals say what to do."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from commerce.models import Order, OrderLine
from loyalty.models import Coupon, CouponTemplate, PointsAccount, Redemption
from loyalty.proofs import verify
from scrm.kernel.words import words


@pytest.fixture
def coupons(mei) -> list[Coupon]:
    season = CouponTemplate.objects.create(
        code="MJ80", name=words("换季满减", "換季滿減", "Season ¥80 off"), kind="amount", group="amount", amount=8000,
        threshold=60000, state="published", not_with=["percent"],
    )  # fmt: skip
    tenth = CouponTemplate.objects.create(
        code="BD10", name=words("生日季九折", "生日季九折", "Birthday 10 %"), kind="percent", group="percent", percent=10,
        state="published",
    )  # fmt: skip
    return [season.issue_to(mei, by=None, key="a"), tenth.issue_to(mei, by=None, key="b")]


@pytest.fixture
def basket(mei, west_lake) -> Order:
    """What the till has rung up and not been paid for."""
    order = Order.objects.create(
        customer=mei, source="till", source_ref="A-1", store=west_lake, state="placed", placed_at=timezone.now(),
        business_date=timezone.localdate(), currency="CNY", total=81700, base_total=81700,
    )  # fmt: skip
    for n, amount in enumerate((29900, 45900, 5900)):
        OrderLine.objects.create(
            order=order, line_ref=str(n), sku=f"SKU{n}", name=f"Thing {n}", quantity=1, total=amount
        )
    return order


def form(page, **more) -> dict:
    laid = page.context["laid"]
    return {
        "key": page.context["key"], "chosen": "1", "till": laid.from_till, "row": [row.mark for row in laid.rows],
        "coupon": [str(choice.coupon.pk) for choice in laid.choices if choice.on], **more,
    }  # fmt: skip


def test_the_tills_basket_and_the_best_coupons_are_there_already(mei, ke, coupons, basket, client: Client) -> None:
    client.force_login(ke)

    page = client.get(reverse("loyalty:redeem", args=[mei.number]))

    laid = page.context["laid"]
    assert (laid.total, laid.off, laid.due) == (81700, 8170, 73530)
    assert [choice.coupon.template.code for choice in laid.choices if choice.on] == ["BD10"]
    other = next(choice for choice in laid.choices if not choice.on)
    assert (other.verdict.usable, other.verdict.loss) == (False, 170)


def test_one_tap_uses_and_one_tap_takes_back(mei, ke, coupons, basket, client: Client) -> None:
    client.force_login(ke)
    page = client.get(reverse("loyalty:redeem", args=[mei.number]))
    asked = form(page)

    done = client.post(reverse("loyalty:redeem_create", args=[mei.number]), asked, follow=True)
    again = client.post(reverse("loyalty:redeem_create", args=[mei.number]), asked)

    assert (done.status_code, done.context["done"].off) == (200, 8170)
    assert again.status_code == 302
    assert Redemption.objects.get().order_ref == "A-1"
    undone = client.post(reverse("loyalty:redeem_undo", args=[asked["key"]]), follow=True)
    assert undone.status_code == 200
    assert Coupon.objects.get(template__code="BD10").state == "issued"
    client.post(reverse("loyalty:redeem_undo", args=[asked["key"]]))
    assert Redemption.objects.filter(undone_at=None).count() == 0
    assert verify().findings == []


def test_points_on_top_are_spent_and_come_back(mei, ke, coupons, basket, client: Client) -> None:
    account = PointsAccount.objects.of(mei)
    account.earn(8460, reason="campaign", source="t", key="e", at=timezone.now() - timedelta(minutes=1))
    client.force_login(ke)
    page = client.get(reverse("loyalty:redeem", args=[mei.number]))
    assert page.context["laid"].points_most == 8400

    asked = form(page, points="1")
    client.post(reverse("loyalty:redeem_create", args=[mei.number]), asked)
    account.refresh_from_db()
    assert account.available == 60
    client.post(reverse("loyalty:redeem_undo", args=[asked["key"]]))

    account.refresh_from_db()
    assert account.available == 8460
    assert verify().findings == []


def test_a_typed_amount_and_a_threshold_that_is_missed(mei, ke, coupons, client: Client) -> None:
    client.force_login(ke)
    address = reverse("loyalty:redeem", args=[mei.number])

    page = client.post(address, {"add": "1", "amount": "558", "sku": ""})
    assert page.context["laid"].total == 55800
    season = next(choice for choice in page.context["laid"].choices if choice.coupon.template.code == "MJ80")
    assert "42" in str(season.verdict.why)
    for amount in ("nonsense", "-5", "0", "1e99", "9" * 40, "' OR 1=1"):
        assert client.post(address, {"add": "1", "amount": amount}).status_code == 422
    assert client.post(address, {"add": "1", "amount": "5", "sku": "NO-SUCH"}).status_code == 422
    assert client.post(address, {"row": ["x|y|z"]}).status_code == 422


def test_a_coupon_used_meanwhile_is_refused_whole_and_says_so(mei, ke, coupons, basket, client: Client) -> None:
    client.force_login(ke)
    asked = form(client.get(reverse("loyalty:redeem", args=[mei.number])))
    Coupon.objects.filter(template__code="BD10").update(state="frozen")

    answer = client.post(reverse("loyalty:redeem_create", args=[mei.number]), asked)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Redemption.objects.exists()


def test_two_that_exclude_each_other_are_refused_together(mei, ke, coupons, basket, client: Client) -> None:
    client.force_login(ke)
    page = client.get(reverse("loyalty:redeem", args=[mei.number]))

    asked = form(page) | {"coupon": [str(coupon.pk) for coupon in coupons]}
    assert client.post(reverse("loyalty:redeem", args=[mei.number]), asked).context["laid"].trouble
    assert client.post(reverse("loyalty:redeem_create", args=[mei.number]), asked).status_code == 422
    assert not Redemption.objects.exists()


def test_somebody_elses_coupon_and_somebody_elses_use_stay_closed(mei, ke, he, coupons, basket, client: Client) -> None:
    from customers.models import Customer

    stranger = Customer.objects.create(number="X")
    foreign = CouponTemplate.objects.get(code="MJ80").issue_to(stranger, by=None, key="x")
    client.force_login(ke)
    page = client.get(reverse("loyalty:redeem", args=[mei.number]))
    asked = form(page) | {"coupon": [str(foreign.pk)]}
    assert client.post(reverse("loyalty:redeem_create", args=[mei.number]), asked).status_code == 422
    good = form(page)
    client.post(reverse("loyalty:redeem_create", args=[mei.number]), good)

    other = Client()
    other.force_login(he)
    assert other.get(reverse("loyalty:redeemed", args=[good["key"]])).status_code == 404
    assert other.post(reverse("loyalty:redeem_undo", args=[good["key"]])).status_code == 404
    assert client.get(reverse("loyalty:redeemed", args=[uuid.uuid4()])).status_code == 404
    foreign.refresh_from_db()
    assert foreign.state == "issued"


def test_the_page_stays_within_its_queries(
    mei, ke, coupons, basket, client: Client, django_assert_max_num_queries
) -> None:
    template = CouponTemplate.objects.create(code="MANY", name=words("多"), kind="amount", group="amount", amount=100,
                                             per_customer=30, state="published")  # fmt: skip
    for n in range(30):
        template.issue_to(mei, by=None, key=f"m{n}")
    client.force_login(ke)
    client.get(reverse("loyalty:redeem", args=[mei.number]))

    with django_assert_max_num_queries(14):
        client.get(reverse("loyalty:redeem", args=[mei.number]))

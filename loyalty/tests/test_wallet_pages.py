"""The wallet: everything with its reason for staff, a letter for the customer, nothing for strangers."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import CustomerLink
from loyalty.models import Coupon, CouponTemplate, Level, LevelMembership, PointsAccount, Privilege, Programme
from scrm.kernel.words import words


@pytest.fixture
def rich(mei) -> PointsAccount:
    account = PointsAccount.objects.of(mei)
    account.earn(333, reason="purchase", source="till", key="a", source_ref="A-1", qualifying=33393,
                 explanation={"basis": 33393, "rule": "base", "version": 1, "points": 1, "per": 100,
                              "rounding": "floor", "left_out": {"tenders": 1000}})  # fmt: skip
    account.earn(50, reason="review", source="till", key="b", pending_days=7)
    for rank, (code, threshold) in enumerate([("friend", 0), ("silver", 100000), ("gold", 300000)]):
        level = Level.objects.create(programme=account.programme, code=code, rank=rank, name=words(code),
                                     threshold=threshold)  # fmt: skip
        Privilege.objects.create(level=level, code="hemming", name=words("改裤", en="Hemming"), quota=rank + 1)
    template = CouponTemplate.objects.create(code="MJ80", name=words("换季满减", en="Season"), kind="amount",
                                             group="amount", amount=8000, state="published")  # fmt: skip
    template.issue_to(mei, by=None, key="c")
    return account


def test_staff_see_points_level_and_reasons(mei, ke, rich, client: Client, django_assert_max_num_queries) -> None:
    client.force_login(ke)
    address = reverse("loyalty:wallet", args=[mei.number])
    client.get(address)

    with django_assert_max_num_queries(14):
        page = client.get(address).content.decode()

    assert "333" in page
    assert "Season" in page
    assert "333.93" in page  # the amount that earned
    assert "¥666.07" in page  # missing to silver
    assert "Hemming" in page


def test_another_stores_people_find_no_wallet(mei, zhao, rich, client: Client) -> None:
    client.force_login(zhao)

    assert client.get(reverse("loyalty:wallet", args=[mei.number])).status_code == 404


def test_a_lead_corrects_with_a_reason_and_an_associate_does_not(mei, ke, he, rich, client: Client) -> None:
    body = {"points": "-33", "reason": "correction", "note": "Counted twice",
            "key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}  # fmt: skip
    address = reverse("loyalty:correct", args=[mei.number])
    client.force_login(ke)
    assert client.post(address, body).status_code == 403

    client.force_login(he)
    assert client.post(address, body).status_code == 302
    assert client.post(address, body).status_code == 302  # a second click is the same command
    rich.refresh_from_db()
    assert rich.available == 300
    assert client.post(address, body | {"note": ""}).status_code == 422
    assert (
        client.post(address, body | {"points": "-5000", "key": "8e03978e-40d5-43e8-bc93-6894a57f9325"}).status_code
        == 422
    )
    rich.refresh_from_db()
    assert rich.available == 300


def test_a_level_by_hand_has_a_reason_and_an_end(mei, he, rich, client: Client) -> None:
    client.force_login(he)
    gold = Level.objects.get(code="gold")
    until = (timezone.localdate() + timedelta(days=90)).isoformat()
    address = reverse("loyalty:give_level", args=[mei.number])

    assert client.post(address, {"level": gold.pk, "until": until, "reason": " "}).status_code == 422
    assert client.post(address, {"level": gold.pk, "until": "2020-01-01", "reason": "x"}).status_code == 422
    assert (
        client.post(address, {"level": gold.pk, "until": until, "reason": "A friend of the house"}).status_code == 302
    )

    now = LevelMembership.objects.get(customer=mei, ended_on=None)
    assert (now.level, now.origin, now.given_by) == (gold, "given", he)


def test_a_privilege_is_used_so_many_times_a_year(mei, ke, rich, client: Client) -> None:
    client.force_login(ke)
    address = reverse("loyalty:use_privilege", args=[mei.number, "hemming"])

    client.post(address)
    refused = client.post(address, follow=True)

    assert "Used up" in refused.content.decode()


def test_a_coupon_is_given_once_per_click(mei, ke, rich, client: Client) -> None:
    client.force_login(ke)
    template = CouponTemplate.objects.get()
    CouponTemplate.objects.update(per_customer=2)
    body = {"template": template.pk, "reason": "goodwill", "key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}

    for _click in range(2):
        assert client.post(reverse("loyalty:give_coupon", args=[mei.number]), body).status_code == 302
    assert Coupon.objects.count() == 2
    more = client.post(reverse("loyalty:give_coupon", args=[mei.number]),
                       body | {"key": "8e03978e-40d5-43e8-bc93-6894a57f9325"})  # fmt: skip
    assert more.status_code == 422


def test_the_letter_shows_what_is_the_customers_and_nothing_of_the_staffs(mei, ke, rich, client: Client) -> None:
    client.force_login(ke)
    made = client.post(reverse("loyalty:send_link", args=[mei.number]))
    token = made.context["url"].rstrip("/").split("/")[-2]
    outside = Client()

    page = outside.get(reverse("loyalty:my_wallet", args=[token]) + "?language=en")

    text = page.content.decode()
    assert page.status_code == 200
    assert "333" in text
    assert "Season" in text
    assert "19900001234" not in text
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "no-store"
    coupon = Coupon.objects.get()
    assert coupon.shown_code in outside.get(reverse("loyalty:my_coupon", args=[token, coupon.pk])).content.decode()


def test_wrong_old_and_ended_links_look_the_same(mei, rich, client: Client) -> None:
    _link, token = CustomerLink.make(mei, purpose="wallet", until=timezone.now() + timedelta(days=1))
    _old, old_token = CustomerLink.make(mei, purpose="wallet", until=timezone.now() - timedelta(days=1))
    _other, other_token = CustomerLink.make(mei, purpose="survey", until=timezone.now() + timedelta(days=1))
    seen = {
        (answer.status_code, len(answer.content))
        for answer in (client.get(f"/c/{each}/wallet/") for each in ("x" * 32, old_token, other_token, token[:-1], "a"))
    }
    assert len(seen) == 1
    assert seen.pop()[0] == 404

    assert client.get(f"/c/{token}/not-mine/").status_code == 404  # looking ends nothing
    assert client.get(f"/c/{token}/wallet/").status_code == 200
    client.post(f"/c/{token}/not-mine/")
    assert client.get(f"/c/{token}/wallet/").status_code == 404


def test_the_customer_page_has_the_wallet_in_one_query_more(mei, ke, rich, client: Client) -> None:
    client.force_login(ke)
    page = client.get(reverse("customers:show", args=[mei.number])).content.decode()

    assert 'id="s-wallet"' in page
    assert "friend" in page
    assert Programme.objects.count() == 1

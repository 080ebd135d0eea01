"""The loyalty commands of the API: one effect per key, clear refusals, nothing of another client's."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from loyalty.models import Coupon, CouponTemplate, PointsAccount, PointsEntry
from loyalty.proofs import verify
from scrm.kernel.words import words
from staff.models import ApiClient

MEI = {"kind": "member_no", "value": "20418837"}


@pytest.fixture
def till(mei) -> str:
    cache.clear()
    return ApiClient.objects.create(code="till", name="Till", scopes=["loyalty", "orders"]).new_secret()


def post(secret: str, path: str, body: dict[str, Any], key: str = "k1") -> Any:
    return Client().post(
        f"/api/v1/{path}", json.dumps(body), content_type="application/json",
        headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": key},
    )  # fmt: skip


def test_points_are_earned_spent_and_taken_back(till) -> None:
    earned = post(till, "points/earn/", {"customer": MEI, "points": 500, "reason": "campaign"})
    assert (earned.status_code, earned.json()["available"], earned.json()["worth"]) == (201, 500, 500)

    spent = post(till, "points/spend/", {"customer": MEI, "points": 200, "order": "A-1", "bill": 1000}, "k2")
    assert spent.json()["available"] == 300
    again = post(till, "points/spend/", {"customer": MEI, "points": 200, "order": "A-1", "bill": 1000}, "k2")
    assert (again.json(), again["Idempotency-Replayed"]) == (spent.json(), "true")

    back = post(till, "points/reverse/", {"entry": spent.json()["entry"], "points": 50}, "k3")
    assert back.json()["available"] == 350
    assert post(till, "points/reverse/", {"entry": spent.json()["entry"], "points": 151}, "k4").status_code == 422
    assert verify().findings == []


def test_a_bill_limits_what_points_may_pay(till) -> None:
    post(till, "points/earn/", {"customer": MEI, "points": 5000, "reason": "campaign"})

    for points, bill in ((600, 1000), (150, 1000)):
        answer = post(till, "points/spend/", {"customer": MEI, "points": points, "bill": bill}, f"b{points}")
        assert answer.status_code == 422
        assert "500" in answer.json()["detail"]


def test_the_key_holds_in_the_ledger_longer_than_its_answer(till) -> None:
    from scrm.kernel.models import IdempotencyRecord

    post(till, "points/earn/", {"customer": MEI, "points": 500, "reason": "campaign"})
    IdempotencyRecord.objects.all().delete()

    again = post(till, "points/earn/", {"customer": MEI, "points": 500, "reason": "campaign"})

    assert again.status_code == 201
    assert PointsEntry.objects.count() == 1
    assert post(till, "points/earn/", {"customer": MEI, "points": 501, "reason": "campaign"}).status_code == 422


@pytest.mark.parametrize("body", [
    {}, {"customer": MEI}, {"customer": MEI, "points": 0, "reason": "campaign"},
    {"customer": MEI, "points": -5, "reason": "campaign"}, {"customer": MEI, "points": 5, "reason": "purchase"},
    {"customer": MEI, "points": "5; drop table", "reason": "campaign"},
    {"customer": {"kind": "member_no", "value": "nobody"}, "points": 5, "reason": "campaign"},
    {"customer": MEI, "points": 10**12, "reason": "campaign"},
    {"customer": [MEI], "points": 5, "reason": "campaign"},
    {"customer": MEI, "points": 5, "reason": "campaign", "store": "NO-STORE"},
])  # fmt: skip
def test_what_cannot_be_is_refused_and_changes_nothing(till, body) -> None:
    answer = post(till, "points/earn/", body)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert not PointsEntry.objects.exists()


def test_another_clients_line_cannot_be_taken_back(till) -> None:
    other = ApiClient.objects.create(code="other", scopes=["loyalty"]).new_secret()
    entry = post(till, "points/earn/", {"customer": MEI, "points": 500, "reason": "campaign"}).json()["entry"]

    assert post(other, "points/reverse/", {"entry": entry}).status_code == 400
    assert PointsEntry.objects.count() == 1


def test_a_key_without_the_scope_does_nothing(mei) -> None:
    secret = ApiClient.objects.create(code="till", scopes=["orders"]).new_secret()

    for path in ("points/earn/", "points/spend/", "coupons/issue/", "coupons/redeem/"):
        assert post(secret, path, {"customer": MEI, "points": 5, "reason": "campaign"}).status_code == 403


def test_the_wallet_tells_what_ends_when(till, mei) -> None:
    post(till, "points/earn/", {"customer": MEI, "points": 500, "reason": "campaign"})

    answer = Client().get("/api/v1/points/20418837/", headers={"Authorization": f"Bearer {till}"})

    assert answer.json()["available"] == 500
    assert [one["points"] for one in answer.json()["ending"]] == [500]
    assert Client().get("/api/v1/points/none/", headers={"Authorization": f"Bearer {till}"}).status_code == 404


@pytest.fixture
def template(gu) -> CouponTemplate:
    return CouponTemplate.objects.create(
        code="MJ80", name=words("换季满减", "換季滿減", "Season ¥80 off"), kind="amount", group="amount", amount=8000,
        threshold=60000, per_customer=2, state="published",
    )  # fmt: skip


def test_a_coupon_is_given_held_used_and_let_go(till, mei, template, west_lake) -> None:
    given = post(till, "coupons/issue/", {"customer": MEI, "template": "MJ80"})
    assert given.status_code == 201, given.content
    code = given.json()["code"]

    best = post(till, "coupons/best/", {"customer": MEI, "lines": [{"sku": "A", "amount": 70000}], "store": "HZ01"})
    assert (best.json()["off"], best.json()["chosen"][0]["code"]) == (8000, code)
    short = post(till, "coupons/best/", {"customer": MEI, "lines": [{"sku": "A", "amount": 55800}]})
    assert (short.json()["off"], short.json()["others"][0]["usable"]) == (0, False)
    assert "42" in short.json()["others"][0]["why"]

    held = post(till, "coupons/reserve/", {"code": code, "hold": "basket-1"}, "k2")
    assert (held.status_code, held.json()["state"]) == (200, "reserved")
    foreign = post(till, "coupons/redeem/", {"code": code, "hold": "basket-2", "total": 70000, "off": 8000}, "k3")
    assert foreign.status_code == 422
    assert post(till, "coupons/release/", {"code": code, "hold": "basket-1"}, "k4").json()["state"] == "issued"
    used = post(till, "coupons/redeem/", {"code": code, "lines": [{"sku": "A", "amount": 70000}], "store": "HZ01",
                                          "order": "A-1"}, "k5")  # fmt: skip
    assert (used.status_code, used.json()["state"], used.json()["off"]) == (201, "redeemed", 8000)
    assert post(till, "coupons/redeem/", {"code": code, "total": 70000}, "k6").status_code == 422
    assert Coupon.objects.get().redemptions.get().off == 8000
    assert verify().findings == []


def test_wrong_codes_all_look_the_same_and_are_slowed_down(till, template) -> None:
    answers = {post(till, "coupons/redeem/", {"code": f"WRONG{n:05}", "total": 1}, f"w{n}").json()["detail"]
               for n in range(10)}  # fmt: skip
    assert len(answers) == 1

    code = post(till, "coupons/issue/", {"customer": MEI, "template": "MJ80"}, "i").json()["code"]
    assert post(till, "coupons/redeem/", {"code": code, "total": 70000, "off": 8000}, "r").status_code == 422


def test_a_till_hears_at_once_what_a_sale_earned_and_what_became_of_its_coupon(till, mei, template, west_lake) -> None:
    code = post(till, "coupons/issue/", {"customer": MEI, "template": "MJ80"}).json()["code"]
    body = {"type": "order.paid", "data": {
        "source_ref": "A-9", "store": "HZ01", "customer": MEI, "placed_at": "2026-11-20T12:00:00+08:00",
        "business_date": "2026-11-20", "currency": "CNY", "total": 62000, "discount": 8000,
        "discounts": [{"kind": "coupon", "code": code, "amount": 8000}],
        "lines": [{"line": 1, "sku": "A", "quantity": "1", "total": 70000}],
        "payments": [{"kind": "cash", "amount": 62000}]}}  # fmt: skip

    answer = post(till, "orders/", body, "o1")

    assert answer.status_code == 201, answer.content
    assert answer.json()["points"]["earned"] == 620
    assert answer.json()["coupons"] == [{"code": code, "state": "redeemed"}]
    again = post(till, "orders/", body, "o2")
    assert again.json()["state"] == "unchanged"
    account = PointsAccount.objects.get()
    assert account.pending + account.available == 620
    assert verify().findings == []

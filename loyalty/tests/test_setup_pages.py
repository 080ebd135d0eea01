"""Operators build coupons, rules and campaigns on pages that say what comes of it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from loyalty.bulk_issuing import go_on
from loyalty.models import BulkIssue, Campaign, Coupon, CouponTemplate, EarnRule, LedgerProof, Programme
from loyalty.proofs import verify


@pytest.fixture
def operator(gu, client: Client) -> Client:
    client.force_login(gu)
    return client


NIGHT = {
    "code": "NIGHT", "kind": "amount", "name_hans": "加班晚餐券", "name_en": "Overtime dinner", "amount": "30",
    "threshold": "100", "pieces": "1", "starts_at": "2026-01-01T00:00", "days_valid": "14", "stock": "100",
    "per_customer": "1", "group": "amount", "on_refund": "back", "weekdays": ["0", "1"], "from_time": "19:00",
    "until_time": "22:30", "cost": "12",
}  # fmt: skip


def test_a_coupon_is_built_published_and_given_to_many(mei, operator, gu) -> None:
    made = operator.post(reverse("loyalty:new_template"), NIGHT, follow=True)
    assert made.status_code == 200, made.content
    template = CouponTemplate.objects.get()
    assert (template.amount, template.threshold, template.weekdays, template.state) == (3000, 10000, [0, 1], "draft")

    operator.post(reverse("loyalty:turn_template", args=["NIGHT", "submit"]))
    template.refresh_from_db()
    assert template.state == "published"
    bulk = operator.post(reverse("loyalty:new_bulk", args=["NIGHT"]), {"numbers": f"{mei.number}\nnobody"}, follow=True)
    assert bulk.context["bulk"].wanted == 2
    operator.post(reverse("loyalty:turn_bulk", args=[BulkIssue.objects.get().pk, "start"]))
    go_on()

    assert Coupon.objects.get().customer == mei
    done = operator.get(reverse("loyalty:bulk", args=[BulkIssue.objects.get().pk]), headers={"HX-Request": "true"})
    assert "hx-get" not in done.content.decode()
    assert verify().findings == []


def test_the_preview_says_who_what_it_costs_and_how_it_reads(mei, operator) -> None:
    page = operator.post(reverse("loyalty:preview"), NIGHT)

    text = page.content.decode()
    assert page.context["who"].qualify == 1
    assert "¥1,200" in text
    assert "¥30" in text
    assert not CouponTemplate.objects.exists()
    assert operator.post(reverse("loyalty:preview"), {}).status_code == 200


@pytest.mark.parametrize("wrong", [
    {"amount": "-1"}, {"code": "' OR 1=1"}, {"name_hans": ""}, {"kind": "nothing"}, {"stock": "0"},
    {"starts_at": "yesterday"}, {"percent": "101"}, {"amount": "9" * 40}, {"per_customer": ""},
])  # fmt: skip
def test_what_is_wrong_is_marked_and_nothing_is_kept(operator, wrong) -> None:
    answer = operator.post(reverse("loyalty:new_template"), NIGHT | wrong)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not CouponTemplate.objects.exists()


def test_a_costly_coupon_waits_for_somebody_else(operator, gu, he) -> None:
    operator.post(reverse("loyalty:new_template"), NIGHT | {"stock": "100000"})
    operator.post(reverse("loyalty:turn_template", args=["NIGHT", "submit"]))
    operator.post(reverse("loyalty:turn_template", args=["NIGHT", "publish"]))
    assert CouponTemplate.objects.get().state == "waiting"

    lead = Client()
    lead.force_login(he)
    lead.post(reverse("loyalty:turn_template", args=["NIGHT", "publish"]))

    assert CouponTemplate.objects.get().state == "published"
    lead.post(reverse("loyalty:turn_template", args=["NIGHT", "end"]))
    assert CouponTemplate.objects.get().state == "published"  # ending is the operators'


def test_what_is_given_out_keeps_its_rule_but_not_its_stock(operator) -> None:
    operator.post(reverse("loyalty:new_template"), NIGHT)
    operator.post(reverse("loyalty:turn_template", args=["NIGHT", "submit"]))

    operator.post(reverse("loyalty:edit_template", args=["NIGHT"]), NIGHT | {"amount": "99"})
    operator.post(reverse("loyalty:change_template", args=["NIGHT"]), {"stock": "150"})

    template = CouponTemplate.objects.get()
    assert (template.amount, template.stock) == (3000, 150)


def test_a_rule_is_drafted_published_and_tried(operator) -> None:
    body = {"code": "night", "kind": "multiplier", "name_hans": "夜宵双倍", "points": "0", "per": "1", "factor": "2",
            "occasion": "order", "starts_on": "2026-01-01", "from_time": "19:00", "until_time": "22:30"}  # fmt: skip
    Programme.objects.main()
    operator.post(reverse("loyalty:new_rule"), body)
    again = operator.post(reverse("loyalty:new_rule"), body)
    assert again.status_code == 422
    rule = EarnRule.objects.get(code="night")
    basket = {"rows": "299", "on": "2026-11-20", "at": "20:00"}
    assert operator.post(reverse("loyalty:try_rules"), basket).context["tried"].earned.points == 299

    operator.post(reverse("loyalty:publish_rule", args=[rule.pk]))

    assert operator.post(reverse("loyalty:try_rules"), basket).context["tried"].earned.points == 598
    assert operator.post(reverse("loyalty:try_rules"), basket | {"at": "12:00"}).context["tried"].earned.points == 299
    assert operator.post(reverse("loyalty:publish_rule", args=[rule.pk])).status_code == 422
    for rows in ("", "nonsense", "a b c", "-5", "1e400", "5.123"):
        assert operator.post(reverse("loyalty:try_rules"), basket | {"rows": rows}).status_code == 422


def test_a_campaign_is_made_started_and_stopped(operator) -> None:
    body = {"code": "hello", "kind": "welcome", "name_hans": "见面礼", "starts_on": "2026-01-01", "points": "200",
            "budget": "1000"}  # fmt: skip
    assert operator.post(reverse("loyalty:new_campaign"), body).status_code == 302
    assert operator.post(reverse("loyalty:new_campaign"), body).status_code == 422

    operator.post(reverse("loyalty:turn_campaign", args=["hello", "start"]))
    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.budget, campaign.recipe) == ("running", 100000, {"points": 200})
    operator.post(reverse("loyalty:turn_campaign", args=["hello", "nonsense"]))
    operator.post(reverse("loyalty:turn_campaign", args=["hello", "stop"]))
    assert Campaign.objects.get().state == "stopped"
    assert "¥1,000" in operator.get(reverse("loyalty:campaigns")).content.decode()


def test_the_ledger_page_proves_and_shows_what_stands_out(mei, operator, lu) -> None:
    from loyalty.models import PointsAccount

    PointsAccount.objects.of(mei).open_with(
        8460, source="old", key="o", at=timezone.now(), ends_at=timezone.now() + timedelta(days=40)
    )
    assert "Not proved yet" in operator.get(reverse("loyalty:ledger")).content.decode()

    page = operator.post(reverse("loyalty:prove"), follow=True).content.decode()
    assert "0 rows differ" in page
    assert "¥84.60" in page
    assert LedgerProof.objects.get().holds
    PointsAccount.objects.update(debt=3)
    red = operator.post(reverse("loyalty:prove"), follow=True).content.decode()
    assert "does not hold" in red
    auditor = Client()
    auditor.force_login(lu)
    assert auditor.get(reverse("loyalty:ledger")).status_code == 200


@pytest.mark.parametrize("name", ["templates", "rules", "campaigns", "new_template", "ledger"])
def test_the_floor_has_no_way_in(ke, client: Client, name: str) -> None:
    client.force_login(ke)

    assert client.get(reverse(f"loyalty:{name}")).status_code == 403


@pytest.mark.parametrize("name", ["templates", "rules", "campaigns", "new_template", "ledger"])
def test_each_page_takes_few_queries(operator, name: str, django_assert_max_num_queries) -> None:
    for n in range(30):
        CouponTemplate.objects.create(code=f"T{n}", name={"en": f"T{n}"}, kind="amount", group="amount", amount=1)
        campaign = Campaign.objects.create(code=f"c{n}", name={"en": f"C{n}"}, budget=100)
        campaign.shards.create(shard=0, given=100, left=100)
    operator.get(reverse(f"loyalty:{name}"))

    with django_assert_max_num_queries(12):
        operator.get(reverse(f"loyalty:{name}"))

"""Campaigns, coupons and balances from a stranger's files: in once, whole, by the rules of the house."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from commerce.models import Order
from customers.loading.engine import Load, kind_called, run_for
from customers.models import Customer, Event, ImportRun, Wakeup
from loyalty.codes import is_well_formed
from loyalty.models import (
    Campaign,
    CampaignGrant,
    Coupon,
    CouponTemplate,
    Level,
    LevelMembership,
    PointsAccount,
    PointsEntry,
    PointsLot,
    Programme,
    Redemption,
)
from loyalty.proofs import verify
from scrm.kernel import registry
from scrm.kernel.words import words

BY_NUMBER = 'customer = { column = "member", by = "number" }'
CAMPAIGNS = """
[fields]
source_ref = "id"
name = "name"
type = "sort"
starts_on = "from"
ends_on = "to"
budget = "budget"
"""
TEMPLATES = """
[fields]
source_ref = "id"
kind = "kind"
amount = "off"
threshold = "over"
product = "sku"
campaign = "campaign"
"""
COUPONS = f"""
[fields]
source_ref = "id"
template = "template"
code = "code"
issued_at = "given"
valid_until = "until"
{BY_NUMBER}
"""
REDEMPTIONS = f"""
[fields]
source_ref = "id"
coupon = "coupon"
template = "template"
at = "at"
off = "off"
order = "order"
{BY_NUMBER}
"""
POINTS = f"""
[fields]
source_ref = "id"
points = "points"
ends = "ends"
qualifying = "growth"
level = "level"
{BY_NUMBER}
"""


@pytest.fixture
def load(db, tmp_path):
    def one(kind: str, mapping: str, text: str, *, live: bool = False) -> ImportRun:
        path = tmp_path / f"{kind}.csv"
        path.write_text(text, "utf-8")
        run = run_for(kind_called(kind), path, source="old", mapping=tomllib.loads(mapping), live=live)
        return Load(run).go()

    return one


def said(run: ImportRun) -> tuple[int, int, int, int]:
    counts = run.counts()
    return counts["created"], counts["updated"], counts["unchanged"], counts["failed"]


def reasons(run: ImportRun) -> list[str]:
    return list(run.row_errors.order_by("line").values_list("reason", flat=True))


@pytest.fixture
def levels(db) -> dict[str, Level]:
    programme = Programme.objects.main()
    return {
        code: Level.objects.create(programme=programme, code=code, rank=rank, name=words(code, code, code))
        for rank, code in enumerate(("friend", "silver", "gold"))
    }


@pytest.fixture
def autumn(load) -> Campaign:
    load("campaigns", CAMPAIGNS, "id,name,sort,from,to,budget\nH1,秋,Mail,2025-09-01,2025-10-31,500.00\n")
    return Campaign.objects.get()


@pytest.fixture
def template(load, autumn) -> CouponTemplate:
    load("coupon_templates", TEMPLATES, "id,kind,off,over,sku,campaign\nT,amount,20,99,B,H1\nT,,,,A,\nT,,,,B,\n")
    return CouponTemplate.objects.get()


# Campaigns and whom they reached


def test_a_campaign_keeps_its_own_words_and_is_over(autumn: Campaign) -> None:
    assert (autumn.type, autumn.kind, autumn.state, autumn.budget) == ("Mail", "plain", "ended", 50_000)
    assert (str(autumn.starts_on), str(autumn.ends_on), autumn.code) == ("2025-09-01", "2025-10-31", "old-h1")


def test_what_a_campaign_says_differently_is_written(load, autumn: Campaign) -> None:
    run = load("campaigns", CAMPAIGNS, "id,name,sort,from,to,budget\nH1,,Post,2025-09-01,2025-11-30,\nH2,冬,,,,\n")

    autumn.refresh_from_db()
    assert said(run) == (1, 1, 0, 0)
    assert (autumn.type, str(autumn.ends_on), autumn.budget, str(autumn.name)) == ("Post", "2025-11-30", 50_000, "秋")


def test_a_row_with_a_customer_says_whom_a_campaign_reached(load, autumn: Campaign, mei: Customer) -> None:
    mapping = f'[fields]\nsource_ref = "id"\n{BY_NUMBER}\n'
    rows = "id,member\nH1,20418837\nH1,20418837\nH9,20418837\nH1,nobody\n"

    first, second = load("campaigns", mapping, rows), load("campaigns", mapping, rows + "\n")

    grant = CampaignGrant.objects.get()
    assert (grant.customer, grant.campaign, grant.cost, grant.gave) == (mei, autumn, 0, {})
    assert said(first) == (1, 0, 1, 2)
    assert said(second) == (0, 0, 2, 2)
    assert Campaign.objects.count() == 1


# Coupons


def test_a_template_comes_row_by_row_of_what_it_applies_to(load, template: CouponTemplate, autumn: Campaign) -> None:
    assert template.products == ["A", "B"]
    assert (template.amount, template.threshold, template.group, template.state) == (2000, 9900, "amount", "ended")
    assert template.campaign == autumn
    assert timezone.localtime(template.starts_at).isoformat() == "2025-09-01T00:00:00+08:00"
    assert timezone.localtime(template.ends_at).isoformat() == "2025-11-01T00:00:00+08:00"

    same = load("coupon_templates", TEMPLATES, "id,kind,off,over,sku,campaign\nT,,,,B,\nT,amount,20,99,A,H1\n")
    more = load("coupon_templates", TEMPLATES, "id,kind,off,over,sku,campaign\nT,,30,,B,\nT,,,,C,\nU,gift,,,,H7\n")

    template.refresh_from_db()
    assert (said(same), said(more)) == ((0, 0, 2, 0), (0, 2, 0, 1))
    assert (template.products, template.amount, template.threshold) == (["B", "C"], 3000, 9900)


def test_coupons_that_are_over_come_in_over(load, template: CouponTemplate, mei: Customer) -> None:
    soon = (timezone.localtime() + timedelta(days=9)).date()
    rows = (f"id,template,code,given,until,member\n1,T,ABC,2025-09-02T10:00:00,,20418837\n2,T,,,{soon},20418837\n"
            "3,X,,,,20418837\n4,T,ABC,,,20418837\n5,T,,,,\n")  # fmt: skip

    run = load("coupons", COUPONS, rows)

    over, usable = Coupon.objects.order_by("source_ref")
    assert (over.code, over.state, over.nth, over.record) == ("ABC", "expired", 1, mei.pk)
    assert (usable.state, usable.nth, is_well_formed(usable.code)) == ("issued", 2, True)
    assert said(run) == (2, 0, 0, 3)
    assert Event.objects.filter(kind="coupon.issued").count() == 1
    template.refresh_from_db()
    assert template.issued == 2
    assert said(load("coupons", COUPONS, rows + "\n")) == (0, 0, 2, 3)


def test_a_use_finds_its_coupon_and_happens_once(load, template: CouponTemplate, mei: Customer, west_lake) -> None:
    load("coupons", COUPONS, "id,template,code,given,until,member\n1,T,ABC,,,20418837\n2,T,,,,20418837\n")
    Order.objects.create(source="old", source_ref="A1", customer=mei, store=west_lake, total=12_000, base_total=12_000,
                         placed_at=timezone.now(), business_date=timezone.localdate(), currency="CNY")  # fmt: skip
    rows = ("id,coupon,template,at,off,order,member\nR1,1,,2025-09-05 12:00,20,A1,\nR2,1,,2025-09-06 12:00,20,,\n"
            "R3,,T,2025-09-07 12:00,20,,20418837\nR4,,,2025-09-07,20,,20418837\nR5,77,,2025-09-07,1,,\n")  # fmt: skip

    first, second = load("redemptions", REDEMPTIONS, rows), load("redemptions", REDEMPTIONS, rows + "\n")

    one, unlisted = Redemption.objects.order_by("source_ref")
    assert (one.coupon.source_ref, one.off, one.store, one.order_ref) == ("1", 2000, west_lake, "A1")
    assert (str(one.business_date), one.record) == ("2025-09-05", mei.pk)
    assert (unlisted.coupon.state, unlisted.coupon.nth, unlisted.coupon.source_ref) == ("redeemed", 3, "R3")
    assert said(first) == (2, 0, 0, 3)
    assert said(second) == (0, 0, 2, 3)
    assert Coupon.objects.filter(state="redeemed").count() == 2
    assert Event.objects.filter(kind="coupon.redeemed", customer=mei).count() == 2


def test_a_used_coupon_stays_used_whatever_a_file_of_coupons_says(load, template, mei: Customer) -> None:
    rows = "id,template,code,given,until,member\n1,T,ABC,,,20418837\n"
    load("coupons", COUPONS, rows)
    load("redemptions", REDEMPTIONS, "id,coupon,template,at,off,order,member\nR1,1,,2025-09-05,20,,\n")

    run = load("coupons", COUPONS.replace("[fields]", '[fields]\nstate = { constant = "issued" }'), rows)

    assert said(run) == (0, 0, 1, 0)
    assert Coupon.objects.get().state == "redeemed"


def test_history_wakes_nobody(load, template, mei: Customer, monkeypatch) -> None:
    known: registry.Registry[registry.Reaction] = registry.Registry()
    known.add("note", registry.Reaction("note", ("coupon.issued", "coupon.redeemed"), lambda event: None))
    monkeypatch.setattr(registry, "reactions", known)
    load("coupons", COUPONS, "id,template,code,given,until,member\n1,T,,2025-09-02,,20418837\n")
    load("redemptions", REDEMPTIONS, "id,coupon,template,at,off,order,member\nR1,1,,2025-09-05,20,,\n")
    assert not Wakeup.objects.exists()

    load("coupons", COUPONS, "id,template,code,given,until,member\n2,T,,2025-09-02,,20418837\n", live=True)

    assert Wakeup.objects.count() == 1


# Points

TITLE = "id,points,ends,growth,level,member\n"


def test_a_balance_is_one_line_one_lot_and_an_account(load, mei: Customer, levels) -> None:
    end = timezone.localdate() + timedelta(days=40)
    rows = f"{TITLE}1,600,{end},5340,gold,20418837\n2,7860,,,,20418837\n"

    first, second = load("points", POINTS, rows), load("points", POINTS, rows + "\n")

    account = PointsAccount.objects.get()
    assert (account.customer, account.available, account.pending, account.debt) == (mei, 8460, 0, 0)
    assert list(PointsEntry.objects.order_by("pk").values_list("kind", "delta", "balance_after", "qualifying")) == [
        ("opening", 600, 600, 5340), ("opening", 7860, 8460, 0)]  # fmt: skip
    lot = PointsLot.objects.order_by("pk").first()
    assert lot is not None
    assert timezone.localtime(lot.ends_at).isoformat() == f"{end + timedelta(days=1)}T00:00:00+08:00"
    assert LevelMembership.objects.values_list("level__code", "origin").get() == ("gold", "loaded")
    assert (said(first), said(second)) == ((2, 0, 0, 0), (0, 0, 2, 0))
    assert verify().findings == []
    assert not Event.objects.filter(kind__startswith="points.").exists()


def test_the_account_spends_what_was_loaded_and_knows_the_line_again(load, mei: Customer) -> None:
    load("points", POINTS, f"{TITLE}1,600,,,,20418837\n")
    account = PointsAccount.objects.of(mei)

    again = account.open_with(600, source="old", key="opening:1", at=timezone.now())
    account.spend(500, reason="payment", source="till", key="s")

    assert again.pk == PointsEntry.objects.get(kind="opening").pk
    assert PointsAccount.objects.get().available == 100


def test_another_balance_under_the_same_key_fails(load, mei: Customer) -> None:
    load("points", POINTS, f"{TITLE}1,600,,,,20418837\n")

    run = load("points", POINTS, f"{TITLE}1,601,,,,20418837\n2,5,,,platinum,20418837\n3,-5,,,,20418837\n")

    assert said(run) == (0, 0, 0, 3)
    assert PointsAccount.objects.get().available == 600


def test_a_loaded_level_lifts_and_never_lowers(load, mei: Customer, levels) -> None:
    LevelMembership.objects.create(customer=mei, programme=Programme.objects.main(), level=levels["silver"], rank=1,
                                   origin="reached", since=timezone.localdate())  # fmt: skip

    lower = load("points", POINTS, f"{TITLE}1,0,,,friend,20418837\n")
    assert LevelMembership.objects.get(ended_on=None).level == levels["silver"]
    load("points", POINTS, f"{TITLE}2,0,,,gold,20418837\n")

    assert LevelMembership.objects.get(ended_on=None).level == levels["gold"]
    assert LevelMembership.objects.exclude(ended_on=None).count() == 1
    assert reasons(lower) == ["这位客户在这里的等级更高，予以保留。"]


def test_the_points_of_a_joined_record_lie_with_its_holder(load, mei: Customer) -> None:
    Customer.objects.create(number="B", merged_into=mei)

    load("points", POINTS, f"{TITLE}1,600,,,,20418837\n2,40,,,,B\n")

    assert PointsAccount.objects.values_list("customer", "available").get() == (mei.pk, 640)
    assert PointsLot.objects.exclude(record=mei.pk).get().amount == 40


def test_a_killed_load_goes_on_where_it_stopped(load, mei: Customer, tmp_path: Path) -> None:
    rows = TITLE + "".join(f"{n},10,,,,20418837\n" for n in range(5))
    (tmp_path / "points.csv").write_text(rows)
    run = run_for(kind_called("points"), tmp_path / "points.csv", source="old", mapping=tomllib.loads(POINTS))

    def kill(run: ImportRun) -> None:
        if run.rows_done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Load(run, progress=kill, size=2).go()
    assert PointsAccount.objects.get().available == 20
    Load(ImportRun.objects.get(pk=run.pk), size=2).go()

    assert PointsAccount.objects.get().available == 50
    assert PointsEntry.objects.count() == 5


def test_the_effect_of_a_source_without_campaigns_is_empty(db, capsys: Any) -> None:
    call_command("campaign_effect", "--source", "nobody")

    assert '"campaigns": []' in capsys.readouterr().out

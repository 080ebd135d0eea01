"""Twenty hands at once on real PostgreSQL: the last point, two refunds, one balance to many, merges both ways."""

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import OperationalError, connections

from commerce.actions import record_order
from commerce.models import Order
from commerce.receipts import read_receipt
from customers.merging import merge, unmerge
from customers.models import Customer, MergeOperation
from loyalty import campaigns
from loyalty.models import Campaign, CampaignGrant, Gift, GiftTaken, PointsAccount, PointsEntry, Programme, Referral
from loyalty.proofs import verify
from loyalty.purchases import settle
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words

pytestmark = pytest.mark.django_db(transaction=True)
HANDS = 20
Reason = PointsEntry.Reason


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """Each deed in a thread of its own, all let go at one moment: what each brought, or how it was refused."""
    gate = threading.Barrier(len(deeds))
    done: list[Any] = [None] * len(deeds)

    def run(place: int) -> None:
        try:
            gate.wait(30)
            done[place] = deeds[place]()
        except (TransitionRefused, OperationalError) as refusal:
            done[place] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return done


def account_of(number: str, points: int = 0) -> PointsAccount:
    account = PointsAccount.objects.of(Customer.objects.create(number=number, display_name=number))
    if points:
        account.earn(points, reason=Reason.CAMPAIGN, source="test", key=f"first-{number}")
    return account


def fresh(account: PointsAccount) -> PointsAccount:
    return PointsAccount.objects.select_related("programme", "customer").get(pk=account.pk)


def won(results: list[Any]) -> int:
    assert not any(isinstance(one, OperationalError) for one in results), results
    return sum(not isinstance(one, Exception) for one in results)


def test_the_last_point_is_spent_once() -> None:
    account = account_of("A", 100)

    results = at_once([
        lambda n=n: fresh(account).spend(100, reason=Reason.PAYMENT, source="till", key=f"s{n}") for n in range(HANDS)
    ])  # fmt: skip

    assert won(results) == 1
    assert fresh(account).available == 0
    assert verify().findings == []


def test_one_command_on_twenty_connections_has_one_effect() -> None:
    account = account_of("A")

    results = at_once([
        lambda: fresh(account).earn(10, reason=Reason.CAMPAIGN, source="till", key="same").pk for _n in range(HANDS)
    ])  # fmt: skip

    assert (won(results), len(set(results))) == (HANDS, 1)
    assert fresh(account).available == 10


def test_one_key_for_two_people_has_one_effect() -> None:
    accounts = [account_of(f"P{n}") for n in range(HANDS)]

    results = at_once([
        lambda a=a: fresh(a).earn(10, reason=Reason.CAMPAIGN, source="till", key="same") for a in accounts
    ])  # fmt: skip

    assert won(results) == 1
    assert PointsEntry.objects.count() == 1
    assert verify().findings == []


def test_a_purchase_is_taken_back_once() -> None:
    account = account_of("A")
    entry = account.earn(333, reason=Reason.PURCHASE, source="till", key="e")

    results = at_once([
        lambda n=n: fresh(account).reverse(entry, 200, reason=Reason.REFUND, source="till", key=f"r{n}")
        for n in range(HANDS)
    ])  # fmt: skip

    assert won(results) == 1
    assert fresh(account).available == 133
    assert verify().findings == []


def test_one_balance_given_to_twenty_people_reaches_one() -> None:
    Programme.objects.main()
    Programme.objects.update(transfers=True)
    account = account_of("A", 100)
    others = [account_of(f"P{n}") for n in range(HANDS)]

    results = at_once([
        lambda n=n: fresh(account).transfer_to(fresh(others[n]), 100, source="page", key=f"t{n}", by=None)
        for n in range(HANDS)
    ])  # fmt: skip

    assert won(results) == 1
    assert sorted(fresh(one).available for one in others) == [0] * (HANDS - 1) + [100]
    assert verify().findings == []


def test_points_going_both_ways_do_not_wait_for_each_other_for_ever() -> None:
    Programme.objects.main()
    Programme.objects.update(transfers=True)
    one, other = account_of("A", 1000), account_of("B", 1000)

    results = at_once([
        lambda n=n: fresh([one, other][n % 2]).transfer_to(
            fresh([other, one][n % 2]), 7, source="page", key=f"t{n}", by=None)
        for n in range(HANDS)
    ])  # fmt: skip

    assert won(results) == HANDS
    assert (fresh(one).available, fresh(other).available) == (1000, 1000)
    assert verify().findings == []


def test_one_order_replayed_by_twenty_earns_once(west_lake, mei) -> None:
    Programme.objects.main()
    receipt = read_receipt(
        {"source_ref": "A-1", "store": "HZ01", "placed_at": "2026-11-20T12:00:00+08:00",
         "business_date": "2026-11-20", "currency": "CNY", "total": 10000,
         "customer": {"kind": "member_no", "value": mei.number},
         "lines": [{"line": "1", "sku": "A", "quantity": "1", "total": 10000}],
         "payments": [{"ref": "1", "kind": "cash", "amount": 10000}]},
        state="paid",
    )  # fmt: skip

    def send() -> None:
        row = record_order(receipt, source="till").row
        assert isinstance(row, Order)
        settle(row)

    assert won(at_once([send for _n in range(HANDS)])) == HANDS

    assert list(PointsEntry.objects.filter(kind="earn").values_list("delta", flat=True)) == [100]
    assert verify().findings == []


@pytest.mark.parametrize("seed", range(3))
def test_points_survive_merges_both_ways_at_once(seed: int) -> None:
    one, other = account_of("A", 100 + seed), account_of("B", 200)
    people = [Customer.objects.get(pk=account.customer_id) for account in (one, other)]
    deeds: list[Callable[[], Any]] = [
        lambda: merge(people[0], people[1], by=None, reason="same"),
        lambda: merge(people[1], people[0], by=None, reason="same"),
    ]
    for n in range(8):
        deeds.append(lambda n=n: PointsAccount.objects.of(people[n % 2]).earn(
            5, reason=Reason.CAMPAIGN, source="till", key=f"e{n}"))  # fmt: skip
        deeds.append(lambda n=n: PointsAccount.objects.of(people[n % 2]).spend(
            3, reason=Reason.PAYMENT, source="till", key=f"s{n}"))  # fmt: skip

    at_once(deeds)

    assert MergeOperation.objects.filter(undone_at=None).count() == 1
    held = sum(account.available for account in PointsAccount.objects.all())
    earned = PointsEntry.objects.filter(source="till").values_list("delta", flat=True)
    assert held == 300 + seed + sum(earned)
    assert verify().findings == []
    unmerge(MergeOperation.objects.get(undone_at=None), by=None, reason="not the same")
    assert verify().findings == []


def test_a_budget_is_never_overdrawn() -> None:
    campaign = Campaign.objects.create(code="c", name=words("c"), kind="plain", state="running", recipe={"points": 100},
                                       starts_on=date(2026, 1, 1))  # fmt: skip
    campaigns.set_budget(campaign, 700, by=None)
    people = [Customer.objects.create(number=f"P{n}") for n in range(HANDS)]

    results = at_once([
        lambda n=n: campaigns.grant(Campaign.objects.get(pk=campaign.pk), people[n], occasion=f"o{n}")
        for n in range(HANDS)
    ])  # fmt: skip

    given = sum(isinstance(one, CampaignGrant) for one in results)
    assert given == CampaignGrant.objects.count() == 7
    assert PointsEntry.objects.count() == 7
    assert verify().findings == []


def test_one_occasion_gives_once() -> None:
    campaign = Campaign.objects.create(code="c", name=words("c"), state="running", recipe={"points": 100})
    person = Customer.objects.create(number="P")

    results = at_once([lambda: campaigns.grant(campaign, person, occasion="once") for _n in range(HANDS)])

    assert sum(isinstance(one, CampaignGrant) for one in results) == 1
    assert PointsEntry.objects.count() == 1


def test_the_last_gift_is_handed_out_once() -> None:
    gift = Gift.objects.create(programme=Programme.objects.main(), code="mug", name=words("杯"), points=100, stock=1)
    accounts = [account_of(f"P{n}", 100) for n in range(HANDS)]

    results = at_once([
        lambda n=n: campaigns.take_gift(fresh(accounts[n]).customer, gift, by=None, key=f"g{n}") for n in range(HANDS)
    ])  # fmt: skip

    assert won(results) == GiftTaken.objects.count() == 1
    assert sorted(fresh(one).available for one in accounts) == [0] + [100] * (HANDS - 1)
    assert verify().findings == []


def test_two_who_recommend_each_other_at_once_make_no_circle() -> None:
    people = [Customer.objects.create(number=f"P{n}") for n in range(4)]

    at_once([
        lambda n=n: campaigns.recommend(people[n % 4], people[(n + 1) % 4]) for n in range(HANDS)
    ])  # fmt: skip

    pairs = dict(Referral.objects.values_list("friend", "referrer"))
    assert 1 <= len(pairs) <= 3
    for friend in pairs:
        here, steps = pairs[friend], 0
        while here in pairs:
            here, steps = pairs[here], steps + 1
            assert steps < 5

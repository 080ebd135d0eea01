"""Merge and unmerge over all rooms: nothing is lost, everything returns, whatever the order."""

import random
import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections, models
from django.utils import timezone, translation

from commerce.actions import record_order, record_refund
from commerce.metrics import everybody, sweep_dirty
from commerce.models import Order, Refund
from commerce.receipts import read_receipt, read_return
from customers.actions import add_identity, tie_to_store
from customers.merging import gather, merge, preview, unmerge
from customers.models import (
    Address,
    BrowseSession,
    Customer,
    Event,
    Fact,
    Identity,
    MergeOperation,
    MergeSuggestion,
    Metrics,
    StoreTie,
    VisitGrant,
)
from loyalty.merging import points_apart
from loyalty.models import Coupon, CouponTemplate, Level, LevelMembership, PointsAccount
from loyalty.proofs import verify
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import merge_moves
from scrm.kernel.words import words
from staff.models import User
from touchpoints.models import Visit

ROOMS = {"customers", "commerce", "touchpoints", "loyalty", "tickets", "journeys", "staff"}
# What a merge writes on purpose, beside what it moves.
OF_THE_MERGE = {"customers_mergeoperation", "customers_mergesuggestion", "customers_metricsdirty", "customers_wakeup",
                "journeys_outlookdirty",
                "staff_auditentry",
                # The ledger is only added to: its sums come back, its lines say how they went.
                "loyalty_pointsaccount", "loyalty_pointsentry", "loyalty_pointslot", "loyalty_lotuse"}  # fmt: skip


def columns_naming_customers() -> list[tuple[type[models.Model], str]]:
    found = []
    for model in apps.get_models():
        if model._meta.app_label not in ROOMS:
            continue
        for field in model._meta.local_fields:
            if (isinstance(field, models.ForeignKey) and field.related_model is Customer) or (
                field.name == "customer_id" and not isinstance(field, models.ForeignKey)
            ):
                found.append((model, field.name))
    return found


@pytest.mark.parametrize(("model", "field"), columns_naming_customers(), ids=lambda each: str(each))
def test_every_column_that_names_a_customer_has_a_move(model: type[models.Model], field: str) -> None:
    assert merge_moves.get(f"{model._meta.label}.{field}") is not None, "register how its rows move in a merge"


def test_no_move_is_registered_for_a_column_that_is_gone() -> None:
    known = {f"{model._meta.label}.{field}" for model, field in columns_naming_customers()} | {"customers.Customer"}
    assert set(merge_moves.names()) == known


def state() -> dict[str, list[str]]:
    """Every row of every room's table, but for what a merge writes on purpose."""
    tables: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            if model._meta.app_label in ROOMS and table not in OF_THE_MERGE:
                said = "where kind not in ('customer.merged', 'customer.unmerged')"
                extra = said if table == "customers_event" else ""
                cursor.execute(f"select to_jsonb(t)::text from {table} t {extra} order by 1")
                tables[table] = [row[0] for row in cursor.fetchall()]
    return tables


def differences(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, Any]:
    return {
        table: (sorted(set(before[table]) - set(after[table])), sorted(set(after[table]) - set(before[table])))
        for table in before if before[table] != after[table]
    }  # fmt: skip


def somebody(number: str, **columns: Any) -> Customer:
    return Customer.objects.create(number=number, display_name=columns.pop("display_name", number), **columns)


def buys(number: str, ref: str, *, store: str = "HZ01", amount: int = 5000, days_ago: int = 0) -> Order:
    """The till sends a sale of whoever shows this member number."""
    moment = (timezone.now() - timedelta(days=days_ago)).isoformat()
    receipt = read_receipt(
        {"source_ref": ref, "store": store, "placed_at": moment, "business_date": moment[:10], "currency": "CNY",
         "total": amount, "customer": {"kind": "member_no", "value": number},
         "lines": [{"line": "1", "sku": "A", "name": "A", "quantity": "1", "total": amount}],
         "payments": [{"ref": "1", "kind": "cash", "amount": amount}]},
        state="paid",
    )  # fmt: skip
    row = record_order(receipt, source="till").row
    assert isinstance(row, Order)
    return row


def with_a_life(number: str, stores: list[Any], user: User, *, seed: int) -> Customer:
    """A customer with a row in every table that names one, colliding with every other of its kind."""
    chance = random.Random(seed)
    customer = somebody(number, home_store=chance.choice([None, *stores]), birth_month=chance.choice([None, 3]),
                        birth_day=3, attributes={"seed": seed}) if seed % 3 else somebody(number)  # fmt: skip
    add_identity(customer, kind="member_no", value=number, source="test")
    add_identity(customer, kind="phone", value=f"199{seed:08}", source="test")
    Address.objects.create(customer=customer, city="杭州", street=f"{seed} 号")
    for store in stores:
        tie_to_store(customer, store, on=date(2026, 1, 1) + timedelta(days=chance.randrange(200)))
        VisitGrant.objects.create(customer=customer, store=store, opened_by=user, until=UNTIL)
        Visit.objects.create(customer=customer, store=store, received_by=user)
    Fact.objects.create(customer=customer, key="top", value=chance.choice("SML"), concern="sizes", pinned=True)
    Fact.objects.create(customer=customer, key="allergy", value=chance.choice(["wool", "nuts"]), concern="safety")
    BrowseSession.objects.create(
        customer=customer, source="web", session=f"s{seed}", started_at=UNTIL, ended_at=UNTIL, counts={}
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into customers_browse (at, customer_id, source, session, kind)
               values (now(), %s, 'web', 's', 'view')""",
            [customer.pk],
        )
    for place in range(1 + seed % 3):
        buys(number, f"T{seed}-{place}", store=chance.choice(stores).code, amount=1000 * seed + 9, days_ago=30 + place)
    customer.record("customer.joined", by=user)
    holds(customer, seed)
    return customer


def holds(customer: Customer, seed: int) -> None:
    """Points that end on different days, some pending; a level and coupons."""
    account = PointsAccount.objects.of(customer)
    account.open_with(
        100 + seed, source="old", key=f"o{seed}", at=timezone.now(), ends_at=UNTIL + timedelta(days=400 + seed)
    )
    account.earn(30 + seed, reason="campaign", source="test", key=f"e{seed}", pending_days=seed % 3)
    level, _made = Level.objects.get_or_create(
        programme=account.programme, code=f"l{seed % 3}", defaults={"rank": seed % 3, "name": words("级")}
    )
    LevelMembership.objects.create(customer=customer, programme=account.programme, level=level, rank=level.rank,
                                   origin="reached", since=date(2026, 1, 1 + seed))  # fmt: skip
    template, _made = CouponTemplate.objects.get_or_create(
        code="MJ80", defaults={"name": words("满减"), "kind": "amount", "group": "amount", "amount": 8000,
                               "state": "published", "per_customer": 1}
    )  # fmt: skip
    template.issue_to(customer, by=None, source="test", key=f"c{seed}")


def wallets() -> dict[int, tuple[int, int, int]]:
    """What every record holds: available, pending, owed."""
    return {
        account.customer_id: (account.available, account.pending, account.debt)
        for account in PointsAccount.objects.all() if account.available or account.pending or account.debt
    }  # fmt: skip


UNTIL = datetime(2026, 11, 22, 14, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def lives(west_lake, jingan, ke) -> list[Customer]:
    people = [with_a_life(f"M{seed:04}", [west_lake, jingan], ke, seed=seed) for seed in range(5)]
    everybody()
    return people


def test_two_who_collide_everywhere_are_joined_and_come_apart_row_for_row(lives, gu) -> None:
    first, second = lives[:2]
    before, held = state(), wallets()

    operation = merge(first, second, by=gu, reason="The customer said so")
    sweep_dirty()
    with connection.cursor() as cursor:
        for model, field in columns_naming_customers():
            move = merge_moves.get(f"{model._meta.label}.{field}")
            if type(move).__name__ in ("Stay", "Points") or model is Customer:  # an account stays, and is empty
                continue
            column = model._meta.get_field(field).column
            cursor.execute(f"select count(*) from {model._meta.db_table} where {column} = %s", [second.pk])
            assert cursor.fetchone()[0] == 0, f"{model.__name__} stayed behind"
    assert Metrics.objects.get(customer=first).orders == 3
    joint = [sum(each) for each in zip(held[first.pk], held[second.pk], strict=True)]
    assert wallets()[first.pk] == tuple(joint)
    assert Coupon.objects.filter(customer=first).count() == 2
    assert LevelMembership.objects.get(customer=first, ended_on=None).rank == 1
    unmerge(operation, by=gu, reason="Two sisters")
    sweep_dirty()

    assert differences(before, state()) == {}
    assert wallets() == held
    assert verify().findings == []


@pytest.mark.parametrize("first_spends", [True, False])
def test_what_one_side_spent_of_the_other_is_booked_to_who_spent_it(lives, gu, first_spends: bool) -> None:
    kept, joined = lives[:2]
    held = wallets()
    operation = merge(kept, joined, by=gu, reason="same")
    spender = kept if first_spends else joined
    mine = held[spender.pk][0]
    PointsAccount.objects.of(spender).spend(mine + 40, reason="payment", source="till", key="s")

    shown = points_apart(operation)
    unmerge(operation, by=gu, reason="Two sisters")

    other = joined if first_spends else kept
    assert wallets()[other.pk] == held[other.pk]
    left = wallets().get(spender.pk, (0, 0, 0))
    assert (left[0], left[2]) == (0, 40)
    assert shown[("by_survivor" if first_spends else "by_loser")] > 0
    assert verify().findings == []


@pytest.mark.parametrize("seed", range(12))
def test_chains_come_apart_in_any_order(lives, gu, seed) -> None:
    chance = random.Random(seed)
    before, held = state(), wallets()
    for _round in range(2):
        operations = []
        while len(living := list(Customer.objects.living().order_by("pk"))) > 1 + seed % 2:
            kept, joined = chance.sample(living, 2)
            operations.append(merge(kept, joined, by=None, reason="same", origin="batch"))
            if chance.random() < 0.5:
                sweep_dirty()
        chance.shuffle(operations)
        for operation in operations:
            unmerge(operation, by=None, reason="not the same")
            if chance.random() < 0.5:
                sweep_dirty()
        sweep_dirty()

        assert differences(before, state()) == {}
        assert wallets() == held


def test_what_came_since_under_the_old_number_goes_home_with_it(lives, gu, west_lake) -> None:
    kept, joined = lives[:2]
    operation = merge(kept, joined, by=gu, reason="same")

    order = buys("M0001", "LATER")
    assert (order.customer_id, order.came_as) == (kept.pk, joined.pk)
    refund = record_refund(read_return(
        {"source_ref": "R1", "order": "LATER", "refunded_at": timezone.now().isoformat(),
         "currency": "CNY", "business_date": timezone.localdate().isoformat(),
         "payments": [{"kind": "cash", "amount": 1000}]}), source="till").row  # fmt: skip
    own = buys("M0000", "OWN")
    unmerge(operation, by=gu, reason="not the same")

    assert Order.objects.get(pk=order.pk).customer_id == joined.pk
    assert Refund.objects.get(pk=refund.pk).customer_id == joined.pk
    lines = Event.objects.filter(customer=joined, source_ref__in=["LATER", "R1"])
    assert sorted(lines.values_list("kind", flat=True)) == ["order.paid", "refund.made"]
    assert Order.objects.get(pk=own.pk).customer_id == kept.pk
    assert not Order.objects.exclude(came_as=None).exists()


def test_rows_that_reached_the_joined_record_by_accident_are_gathered(lives, gu, west_lake) -> None:
    kept, joined = lives[:2]
    before_merge = StoreTie.objects.get(customer=kept, store=west_lake).last_on
    operation = merge(kept, joined, by=gu, reason="same")
    stray = Event.objects.record(customer=joined, kind="customer.joined")
    tie_to_store(joined, west_lake, on=date(2026, 11, 1))

    assert gather() == 2
    stray.refresh_from_db()
    assert (stray.customer_id, stray.came_as) == (kept.pk, joined.pk)
    assert StoreTie.objects.get(customer=kept, store=west_lake).last_on == date(2026, 11, 1)
    assert gather() == 0

    unmerge(operation, by=gu, reason="not the same")
    stray.refresh_from_db()
    assert stray.customer_id == joined.pk
    assert StoreTie.objects.get(customer=kept, store=west_lake).last_on == before_merge


def test_a_late_arrival_comes_home_through_a_chain_taken_apart_from_its_end(lives, gu) -> None:
    last, middle, first = lives[:3]
    inner = merge(middle, first, by=gu, reason="same")
    outer = merge(last, middle, by=gu, reason="same")
    late = Address.objects.create(customer=first, city="绍兴")
    assert gather() == 1

    unmerge(outer, by=gu, reason="not the same")
    late.refresh_from_db()
    assert late.customer == middle
    unmerge(inner, by=gu, reason="not the same")

    late.refresh_from_db()
    assert late.customer == first


def test_a_record_joined_anew_past_an_older_merge_comes_apart_from_where_it_stands(gu) -> None:
    kept, middle, last = somebody("K"), somebody("M"), somebody("L")
    inner = merge(middle, last, by=gu, reason="same")
    outer = merge(kept, middle, by=gu, reason="same")
    unmerge(inner, by=gu, reason="not the same")
    again = merge(kept, last, by=gu, reason="same after all")

    unmerge(outer, by=gu, reason="not the same")
    last.refresh_from_db()
    assert last.merged_into == kept
    unmerge(again, by=gu, reason="not the same")

    assert not Customer.objects.exclude(merged_into=None).exists()


def test_blanks_are_filled_and_given_back(west_lake, gu) -> None:
    kept = somebody("K1", birth_year=1990)
    joined = somebody("J1", home_store=west_lake, birth_month=4, birth_day=5, birth_year=1980)

    operation = merge(kept, joined, by=gu, reason="same")
    kept.refresh_from_db()
    assert (kept.home_store, kept.birthday, kept.birth_year) == (west_lake, "04-05", 1990)

    kept.birth_month = 6
    kept.save()
    unmerge(operation, by=gu, reason="not the same")
    kept.refresh_from_db()
    assert (kept.home_store, kept.birth_month) == (None, 6), "what a person corrected meanwhile stays"


def test_refusals_change_nothing(lives, gu) -> None:
    kept, joined, third = lives[:3]
    with pytest.raises(TransitionRefused):
        merge(kept, joined, by=gu, reason="  ")
    with pytest.raises(TransitionRefused):
        merge(kept, kept, by=gu, reason="same")
    operation = merge(kept, joined, by=gu, reason="same")
    with pytest.raises(TransitionRefused):
        merge(joined, kept, by=gu, reason="the other way round")
    with pytest.raises(TransitionRefused):
        merge(kept, joined, by=gu, reason="again")
    unmerge(operation, by=gu, reason="not the same")
    with pytest.raises(TransitionRefused):
        unmerge(operation, by=gu, reason="again")
    Customer.objects.filter(pk=third.pk).update(erased_at=timezone.now())
    with pytest.raises(TransitionRefused):
        merge(kept, third, by=gu, reason="same")
    assert MergeOperation.objects.count() == 1


def test_a_chain_is_followed_to_its_end(lives, gu) -> None:
    first, second, third = lives[:3]
    merge(first, second, by=gu, reason="same")

    operation = merge(second, third, by=gu, reason="same")

    assert operation.survivor == first
    third.refresh_from_db()
    assert third.merged_into == first


def test_the_safety_of_both_and_the_newest_size_are_kept(west_lake, gu) -> None:
    kept, joined = somebody("K2"), somebody("J2")
    old = Fact.objects.create(customer=joined, key="top", value="L", concern="sizes",
                              told_at=timezone.now() - timedelta(days=900))  # fmt: skip
    new = Fact.objects.create(customer=kept, key="top", value="M", concern="sizes")
    Fact.objects.create(customer=kept, key="allergy", value="wool", concern="safety")
    Fact.objects.create(customer=joined, key="allergy", value="nuts", concern="safety")

    operation = merge(kept, joined, by=gu, reason="same")

    standing = kept.facts.filter(superseded_by=None)
    assert sorted(standing.values_list("value", flat=True)) == ["M", "nuts", "wool"]
    old.refresh_from_db()
    assert old.superseded_by == new
    unmerge(operation, by=gu, reason="not the same")
    old.refresh_from_db()
    assert (old.superseded_by, old.customer) == (None, joined)


def test_unmerging_by_a_person_says_that_they_are_two(lives, gu) -> None:
    operation = merge(lives[0], lives[1], by=None, reason="score", origin="batch")

    unmerge(operation, by=gu, reason="sisters")

    pair = MergeSuggestion.objects.get()
    assert (pair.first, pair.second, pair.state) == (lives[0], lives[1], "different")


def test_the_preview_counts_what_both_bring(lives) -> None:
    with translation.override("en"):
        shown = {line.words: line for line in preview(lives[0], lives[2]).lines}

    assert (shown["Orders"].survivor, shown["Orders"].loser, shown["Orders"].after) == ("1", "3", "4")
    assert shown["Phone"].sign == "plus"
    assert shown["Phone"].after == "199****0000, 199****0002"


@pytest.mark.django_db(transaction=True)
def test_of_two_opposite_merges_at_once_one_wins(west_lake, gu) -> None:
    one, two = somebody("A1"), somebody("A2")
    outcomes = at_once([
        lambda: merge(one, two, by=gu, reason="same"), lambda: merge(two, one, by=gu, reason="same"),
    ] * 5)  # fmt: skip

    assert sum(isinstance(each, MergeOperation) for each in outcomes) == 1
    assert sum(isinstance(each, TransitionRefused) for each in outcomes) == 9
    assert Customer.objects.living().count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_undo_pressed_ten_times_is_one_undo(west_lake, gu) -> None:
    operation = merge(somebody("A1"), somebody("A2"), by=gu, reason="same")

    outcomes = at_once([lambda: unmerge(operation, by=gu, reason="not the same")] * 10)

    assert sum(isinstance(each, MergeOperation) for each in outcomes) == 1
    assert Customer.objects.living().count() == 2


@pytest.mark.django_db(transaction=True)
def test_orders_that_arrive_during_merges_all_end_with_the_living(west_lake, gu) -> None:
    kept, joined = somebody("K3"), somebody("J3")
    for each in (kept, joined):
        add_identity(each, kind="member_no", value=each.number)

    def there_and_back() -> None:
        unmerge(merge(kept, joined, by=gu, reason="same"), by=gu, reason="not the same")

    outcomes = at_once([
        lambda place=place: buys("J3", f"N{place}") if place % 3 else there_and_back() for place in range(20)
    ])  # fmt: skip

    assert not [each for each in outcomes if isinstance(each, Exception) and not isinstance(each, TransitionRefused)]
    joined.refresh_from_db()
    holder = joined.merged_into_id or joined.pk
    assert set(Order.objects.values_list("customer", flat=True)) == {holder}
    assert Order.objects.count() == 13


def at_once(works: list[Any]) -> list[Any]:
    gate = threading.Barrier(len(works))
    outcomes: list[Any] = []

    def run(work: Any) -> None:
        gate.wait()
        try:
            outcomes.append(work())
        except Exception as error:  # noqa: BLE001 — the outcome is what the test looks at
            outcomes.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_an_identity_keeps_its_key_and_stays_readable_through_it_all(lives, gu) -> None:
    kept, joined = lives[:2]
    operation = merge(kept, joined, by=gu, reason="same")
    added = add_identity(kept, kind="mail", value="a@example.com")
    assert added
    assert added.key.customer_id == kept.pk

    unmerge(operation, by=gu, reason="not the same")

    assert {row.in_clear() for row in joined.identities.all()} == {"M0001", "+8619900000001"}
    assert Identity.objects.filter(customer=kept, kind="mail").get().in_clear() == "a@example.com"

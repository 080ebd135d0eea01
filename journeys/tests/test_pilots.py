"""Pilots: arms by stored hash, the package to one arm alone, steps behind a gate, versions that stay."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from customers.merging import merge, unmerge
from customers.models import Customer
from customers.privacy import Person
from journeys import packages, pilots, privacy
from journeys.models import (
    HeldPackage,
    Pilot,
    PilotChange,
    PilotGate,
    PilotMember,
    PilotStep,
    ServicePackage,
)
from journeys.packages.drafting import put_line
from journeys.pilots.drawing import fill
from journeys.pilots.running import fill_open
from journeys.tests.test_packages import VISIT, a_package, at_once, stands
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from staff.models import Store
from tickets.models import ServiceTerms


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def people(count: int, *, store: Store | None = None, begin: int = 0) -> list[Customer]:
    long_ago = timezone.now() - timedelta(days=400)
    return Customer.objects.bulk_create(
        Customer(number=f"p{begin + at}", family_name="白", given_name=str(at), display_name=f"白{at}", home_store=store,
                 joined_at=long_ago)
        for at in range(count)
    )  # fmt: skip


def a_pilot(package: ServicePackage | None = None, code: str = "guide", **said: Any) -> Pilot:
    given = {
        "name": words("指南", "指南", "Guide"), "hypothesis": "A guide brings them back", "segment": None,
        "package": package or a_package(first=60), "metric": "repurchase", "days": 30, "size": 10, "control": 50,
        "baseline": 28, "effect": 9, "salt": "salt",
    } | said  # fmt: skip
    return pilots.plan(code, by=None, **given)


def arms(pilot: Pilot) -> dict[int, str]:
    return dict(pilot.members.values_list("customer", "arm"))


def publish_next(package: ServicePackage, **said: Any) -> None:
    put_line(package, "", VISIT)
    package.refresh_from_db()
    packages.publish(package, package.version + 1, by=None, instead_of=package.version, **said)


def test_so_many_of_each_arm_are_drawn_once_by_hash(cast, gu) -> None:
    people(60)
    pilot = a_pilot()

    step = pilots.start(pilot, by=gu)

    drawn = arms(pilot)
    assert sorted(drawn.values()) == ["control"] * 10 + ["pilot"] * 10
    assert all((row.draw < 5000) == (row.arm == "control") for row in pilot.members.all())
    held = dict(HeldPackage.objects.values_list("customer", "source"))
    assert held == {customer: "pilot" for customer, arm in drawn.items() if arm == "pilot"}
    assert ServiceTerms.objects.count() == 10
    fill(step, at=timezone.now())
    assert arms(pilot) == drawn
    with pytest.raises(TransitionRefused, match="begun already"):
        pilots.start(pilot, by=gu)


def test_the_hash_alone_says_who_is_in(cast) -> None:
    people(60)
    first = a_pilot()
    pilots.start(first, by=None)
    drawn = arms(first)
    pilots.decide(first, "stop", by=None, why="Again", step=1)
    assert not HeldPackage.objects.standing().exists()
    assert not ServiceTerms.objects.filter(ends_at=None).exists()

    again, other = a_pilot(first.package, "again"), a_pilot(a_package("two"), "other", salt="pepper")
    pilots.start(again, by=None)
    pilots.start(other, by=None)

    assert arms(again) == drawn
    assert arms(other) != drawn


def test_a_draw_an_arm_a_log_line_and_a_gate_never_change(cast, gu) -> None:
    people(60)
    pilot = a_pilot()
    pilots.start(pilot, by=gu)
    pilots.note(pilot, "Wool was added", by=gu)
    pilots.decide(pilot, "go", by=gu, why="Fine", step=1, agreed_by=cast.he)
    publish_next(pilot.package)
    other = pilot.package.running

    for rows, change in (
        (PilotMember, {"arm": "pilot", "draw": 1}), (PilotChange, {"said": "x"}), (PilotGate, {"why": "x"}),
        (PilotStep, {"version": other}), (Pilot, {"salt": "x"}),
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.objects.update(**change)  # type: ignore[attr-defined]
    for rows in (PilotChange, PilotGate):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.objects.all().delete()
    row = pilot.members.select_related("step", "customer").first()
    with pytest.raises(IntegrityError), transaction.atomic():
        PilotMember.objects.create(pilot=pilot, step=row.step, customer=row.customer, draw=1, arm="pilot",
                                   joined_at=row.joined_at)  # fmt: skip


def test_a_grid_and_a_version_changed_meanwhile_touch_no_member(cast, gu) -> None:
    crowd, package = people(60), a_package(cells=("high.standard",))
    for one in crowd:
        stands(one, "high", "standard")
    pilot = a_pilot(package)
    step = pilots.start(pilot, by=gu)
    control = {customer for customer, arm in arms(pilot).items() if arm == "control"}

    packages.assign()
    publish_next(package, move=True)
    packages.assign()
    packages.assign(at=timezone.now() + timedelta(days=400))

    holders = HeldPackage.objects.standing().filter(package=package)
    assert not control & set(holders.values_list("customer", flat=True))
    assert set(holders.filter(source="pilot").values_list("version", flat=True)) == {step.version_id}
    assert holders.filter(source="grid").count() == 40
    with pytest.raises(TransitionRefused, match="control group"):
        packages.give(Customer.objects.get(pk=min(control)), package, by=gu, why="She asked")
    pilots.decide(pilot, "stop", by=gu, why="Over", step=1)
    packages.assign()
    assert holders.count() == 60


def test_change_goes_on_with_the_same_people_and_the_new_version(cast, gu) -> None:
    people(60)
    pilot = a_pilot()
    pilots.start(pilot, by=gu)
    drawn = arms(pilot)
    with pytest.raises(TransitionRefused, match="Publish the changed"):
        pilots.decide(pilot, "change", by=gu, why="Old goods asked for", step=1)
    publish_next(pilot.package)

    pilots.decide(pilot, "change", by=gu, why="Old goods asked for", step=1)

    steps = list(pilot.steps.all())
    assert [(one.kind, one.version.number) for one in steps] == [("people", 1), ("people", 2)]
    assert set(HeldPackage.objects.values_list("version", flat=True)) == {steps[1].version_id}
    assert arms(pilot) == drawn
    with pytest.raises(TransitionRefused, match="decided meanwhile"):
        pilots.decide(pilot, "go", by=gu, why="Fine", step=1, agreed_by=cast.he)


def test_the_steps_come_one_behind_the_other(cast, gu, west_lake, jingan) -> None:
    people(60)
    people(40, store=west_lake, begin=100)
    people(30, store=jingan, begin=200)
    pilot = a_pilot()
    pilots.start(pilot, by=gu)
    first = arms(pilot)
    with pytest.raises(TransitionRefused, match="gate comes first"):
        pilots.go_on(pilot, by=gu, stores=[west_lake])
    with pytest.raises(TransitionRefused, match="few words why"):
        pilots.decide(pilot, "go", by=gu, why=" ", step=1)
    pilots.decide(pilot, "go", by=gu, why="Fine", step=1, agreed_by=cast.he)

    pilots.go_on(pilot, by=gu, stores=[west_lake])
    with pytest.raises(TransitionRefused, match="still being drawn"):
        pilots.decide(pilot, "go", by=gu, why="Fine", step=2, agreed_by=cast.he)
    fill_open()
    members = arms(pilot)
    assert first.items() <= members.items()
    assert set(Customer.objects.filter(home_store=west_lake).values_list("pk", flat=True)) <= set(members)
    assert not pilot.members.filter(customer__home_store=jingan, step__number=2).exists()
    pilots.decide(pilot, "go", by=gu, why="Fine", step=2, agreed_by=cast.he)
    with pytest.raises(TransitionRefused, match="not in it yet"):
        pilots.go_on(pilot, by=gu, stores=[west_lake])
    pilots.go_on(pilot, by=gu, stores=None)
    fill_open()

    pilot.refresh_from_db()
    assert pilot.state == "rolled_out"
    assert HeldPackage.objects.standing().filter(source="pilot").count() == Customer.objects.count()
    assert fill_open() == 0
    for deed in (
        lambda: pilots.decide(pilot, "go", by=gu, why="x", step=3, agreed_by=cast.he), lambda: pilots.stop(pilot, by=gu, why="x"),
        lambda: pilots.decide(pilot, "odd", by=gu, why="x", step=3),
    ):  # fmt: skip
        with pytest.raises(TransitionRefused):
            deed()
    kinds = list(PilotChange.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["made", "begun", "go", "begun", "go", "begun"]


def test_one_package_is_tried_by_one_pilot_and_nobody_is_no_pilot(cast, gu) -> None:
    package = a_package()
    lone = a_pilot(package)
    with pytest.raises(TransitionRefused, match="Nobody can be drawn"):
        pilots.start(lone, by=gu)
    assert Pilot.objects.get().state == "planned"
    people(20)
    pilots.start(lone, by=gu)

    with pytest.raises(TransitionRefused, match="One at a time"):
        pilots.start(a_pilot(package, "second"), by=gu)
    with pytest.raises(TransitionRefused, match="this code"):
        a_pilot(package, "second")
    packages.retire(package, by=gu)
    pilots.decide(lone, "go", by=gu, why="Fine", step=1, agreed_by=cast.he)
    with pytest.raises(TransitionRefused, match="not in use"):
        pilots.go_on(lone, by=gu, stores=None)
    pilots.stop(lone, by=gu, why="Nobody wants it")
    with pytest.raises(TransitionRefused, match="over"):
        pilots.note(lone, "Late", by=gu)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_start_and_two_who_decide_one_wins(cast, gu) -> None:
    people(60)
    pilot, he = a_pilot(), cast.he

    assert len(at_once(*[lambda: pilots.start(Pilot.objects.get(), by=None)] * 4)) == 3
    refused = at_once(*[lambda: pilots.decide(Pilot.objects.get(), "go", by=gu, why="Fine", step=1, agreed_by=he)] * 4)

    assert len(refused) == 3
    assert (PilotGate.objects.count(), pilot.members.count()) == (1, 20)


def test_records_joined_bring_their_places_and_take_them_back(cast, gu, mei) -> None:
    people(60)
    pilot = a_pilot()
    pilots.start(pilot, by=gu)
    one, two = (row.customer for row in (pilot.members.filter(arm="pilot")[0], pilot.members.filter(arm="control")[0]))
    before = arms(pilot)

    done = merge(one, two, by=gu, reason="Same person")
    assert PilotMember.objects.filter(customer=one).count() == 2
    unmerge(done, by=gu, reason="Not the same")

    assert arms(pilot) == before


def test_who_joined_the_brand_later_is_not_drawn_into_an_earlier_step(cast) -> None:
    people(20)

    with pytest.raises(TransitionRefused, match="Nobody can be drawn"):
        pilots.start(a_pilot(), by=None, at=timezone.now() - timedelta(days=500))


def test_a_person_forgotten_leaves_and_the_frozen_figures_stay(cast, gu) -> None:
    people(60)
    pilot = a_pilot()
    pilots.start(pilot, by=gu)
    gate = pilots.decide(pilot, "go", by=gu, why="Fine", step=1, agreed_by=cast.he)
    gone = pilot.members.filter(arm="pilot")[0].customer

    assert privacy.held([gone.pk])["pilots"][0]["arm"] == "pilot"
    privacy.forget(Person([gone.pk], frozenset(), frozenset()))

    assert pilot.members.count() == 19
    gate.refresh_from_db()
    assert gate.figures["repurchase"]["people"] == 0


@pytest.mark.django_db(transaction=True)
def test_nobody_is_given_by_hand_what_the_draw_just_kept_from_them(cast, gu) -> None:
    crowd = people(40)
    pilot = a_pilot()

    def by_hand(one: Customer) -> Any:
        def deed() -> None:
            packages.give(Customer.objects.get(pk=one.pk), pilot.package, by=None, why="She asked")

        return deed

    at_once(lambda: pilots.start(Pilot.objects.get(), by=None), *[by_hand(one) for one in crowd[:20]])

    control = pilot.members.filter(arm="control").values_list("customer", flat=True)
    assert len(control) > 0
    assert not HeldPackage.objects.standing().filter(customer__in=list(control)).exists()

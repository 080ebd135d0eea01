"""Packages: drafted, published once, given by value and need or by hand, used no more than there is."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation

from customers.merging import merge, unmerge
from customers.models import Customer, Event
from customers.privacy import Person
from journeys import packages, privacy
from journeys.models import EntitlementUse, HeldPackage, Outlook, PackageCell, PackageVersion, ServicePackage
from journeys.packages.assigning import Given
from journeys.packages.drafting import move_line, put_line, remove_line, set_terms
from journeys.packages.pages import difference, shares
from journeys.tests.test_outlook import somebody
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from tickets.models import Metric, ServiceTerms, Ticket
from tickets.promises import target_of

VISIT: dict[str, Any] = {
    "scene": "after", "kind": "service", "words": words("上门", "上門", "Visit"), "quota": 2, "minutes": 30,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def a_package(code: str = "care", cells: tuple[str, ...] = (), **terms: int) -> ServicePackage:
    package = packages.make(code, words("照顾", "照顧", "Care"), by=None)
    put_line(package, "", VISIT)
    set_terms(package, dict(terms), list(cells))
    packages.publish(package, 1, by=None, instead_of=0)
    return package


def stands(customer: Customer, value: str, need: str) -> None:
    Outlook.objects.update_or_create(
        customer=customer, defaults={"value": value, "need": need, "paid": 100, "as_of": timezone.localdate()}
    )


def at_once(*deeds: Any) -> list[str]:
    gate, refused = Barrier(len(deeds)), []

    def run(deed: Any) -> None:
        try:
            gate.wait(10)
            deed()
        except TransitionRefused as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    threads = [Thread(target=run, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_a_published_version_never_changes_and_a_draft_does(cast, gu) -> None:
    package = a_package()
    runs = package.running
    assert runs is not None

    with pytest.raises(IntegrityError), transaction.atomic():
        PackageVersion.objects.filter(pk=runs.pk).update(lines=[])
    with pytest.raises(IntegrityError), transaction.atomic():
        PackageVersion.objects.filter(pk=runs.pk).delete()

    key = runs.lines[0]["key"]
    put_line(package, "", VISIT | {"words": words("指南", "指南", "Guide"), "quota": None})
    put_line(package, key, VISIT | {"quota": 5})
    draft = package.draft
    assert draft is not None
    assert difference(draft, runs) == [("changed", "Visit"), ("new", "Guide")]
    move_line(package, key, 1)
    remove_line(package, key)
    with pytest.raises(TransitionRefused, match="not in the draft"):
        remove_line(package, key)
    assert difference(package.draft, runs) == [("new", "Guide"), ("gone", "Visit")]


def test_a_version_is_published_once_and_a_cell_has_one_package(cast, gu) -> None:
    package = a_package(cells=("high.personal",))

    with pytest.raises(TransitionRefused, match="meanwhile"):
        packages.publish(package, 1, by=gu, instead_of=0)
    with pytest.raises(TransitionRefused, match="not a draft"):
        packages.publish(package, 1, by=gu, instead_of=1)
    with pytest.raises(TransitionRefused, match="one package"):
        a_package("other", cells=("high.personal",))
    assert PackageCell.objects.get().package == package
    packages.retire(package, by=gu)
    with pytest.raises(TransitionRefused, match="not in use"):
        packages.retire(package, by=gu)


def test_bad_lines_and_promises_are_refused(cast) -> None:
    package = a_package()

    for wrong in ({"words": {}}, {"scene": "odd"}, {"kind": "odd"}, {"quota": 0}, {"minutes": -1}):
        with pytest.raises(TransitionRefused):
            put_line(package, "", VISIT | wrong)
    for terms, cells in (({"first": 0}, []), ({"boost": 101}, []), ({"odd": 1}, []), ({}, ["odd.cell"])):
        with pytest.raises(TransitionRefused):
            set_terms(package, terms, cells)


def test_given_by_hand_it_promises_until_it_ends(mei, gu, ruoan) -> None:
    package = a_package(first=30, boost=20)
    case = Ticket.open(mei, "Leggings pill")[0]

    held = packages.give(mei, package, by=ruoan, why="Best client")

    target = target_of(case, Metric.FIRST, at=timezone.now())
    assert target is not None
    assert target[0] == 30
    assert target[2]["by"] == "package"
    with pytest.raises(TransitionRefused, match="already"):
        packages.give(mei, package, by=ruoan, why="Again")
    packages.end(held, by=ruoan)
    with pytest.raises(TransitionRefused, match="has ended"):
        packages.end(held, by=ruoan)
    assert not ServiceTerms.objects.filter(customer=mei, ends_at=None).exists()
    with pytest.raises(TransitionRefused, match="has ended"):
        EntitlementUse.use(held, held.version.lines[0]["key"], by=ruoan, key="late")
    kinds = Event.objects.filter(customer=mei, kind__startswith="package.").order_by("pk")
    assert [event.sentence for event in kinds] == ["Has the package Care · Best client", "The package Care ended"]


def test_the_cell_gives_and_takes_and_leaves_alone_what_a_hand_gave(mei, ruoan, db) -> None:
    high, low = a_package("high", ("high.personal",), first=30), a_package("low", ("low.standard",), first=480)
    gift = a_package("gift")
    stands(mei, "low", "standard")
    packages.give(mei, gift, by=ruoan, why="Because")

    assert packages.assign().given == 1
    assert packages.assign() == Given(0, 0, 0)
    stands(mei, "high", "personal")
    assert packages.assign() == Given(1, 1, 0)

    standing = HeldPackage.objects.standing().filter(customer=mei).order_by("pk")
    assert [row.package for row in standing] == [gift, high]
    assert ServiceTerms.objects.get(customer=mei, ends_at=None).value == 30
    assert HeldPackage.objects.get(package=low).ended_at is not None
    # What a colleague ended is not given anew the next night.
    packages.end(HeldPackage.objects.standing().get(package=high), by=ruoan)
    assert packages.assign().given == 0


def test_two_records_joined_hold_a_package_of_their_cell_once(mei, gu, db) -> None:
    other = somebody("V-2")
    package = a_package(cells=("high.personal",), first=30)
    for customer in (mei, other):
        stands(customer, "high", "personal")
    packages.assign()

    operation = merge(mei, other, by=gu, reason="same")
    stands(mei, "high", "personal")
    packages.assign()
    joined = HeldPackage.objects.standing().filter(package=package)
    assert [row.customer for row in joined] == [mei]
    assert ServiceTerms.objects.filter(customer=mei, ends_at=None).count() == 1

    unmerge(operation, by=gu, reason="two sisters")
    for customer in (mei, other):
        stands(customer, "high", "personal")
    packages.assign()
    assert {row.customer for row in joined.all()} == {mei, other}


def test_holders_move_when_the_publisher_says_so_and_keep_what_they_used(mei, ruoan, gu) -> None:
    package = a_package(first=30)
    held = packages.give(mei, package, by=ruoan, why="Because")
    key = held.version.lines[0]["key"]
    EntitlementUse.use(held, key, by=ruoan, key="one")
    put_line(package, key, VISIT | {"quota": 1})
    set_terms(package, {"first": 20}, [])

    packages.publish(package, 2, by=gu, instead_of=1, note="Faster", move=True)

    held.refresh_from_db()
    assert held.version.number == 2
    assert ServiceTerms.objects.get(customer=mei, ends_at=None).value == 20
    with pytest.raises(TransitionRefused, match="Nothing is left"):
        EntitlementUse.use(held, key, by=ruoan, key="two")
    assert shares([package])[package.pk].part == 1


def test_who_stays_gets_the_running_version_when_the_year_turns(mei, ruoan, gu) -> None:
    package = a_package(first=30)
    begun = timezone.now() - timedelta(days=364, hours=23)
    held = packages.give(mei, package, by=ruoan, why="Because", since=begun)
    set_terms(package, {"first": 20}, [])
    packages.publish(package, 2, by=gu, instead_of=1)
    assert packages.assign().renewed == 0

    assert packages.assign(at=timezone.now() + timedelta(hours=2)).renewed == 1

    held.refresh_from_db()
    assert held.version.number == 2
    assert list(ServiceTerms.objects.filter(customer=mei, ends_at=None).values_list("value", flat=True)) == [20]


def test_a_second_click_is_the_same_use_and_a_slip_is_undone_once(mei, ruoan) -> None:
    held = packages.give(mei, a_package(), by=ruoan, why="Because")
    key = held.version.lines[0]["key"]

    used = EntitlementUse.use(held, key, by=ruoan, key="one")
    assert EntitlementUse.use(held, key, by=ruoan, key="one") == used
    used.take_back(by=ruoan)
    with pytest.raises(TransitionRefused, match="once"):
        used.take_back(by=ruoan)
    with pytest.raises(TransitionRefused, match="not in the package"):
        EntitlementUse.use(held, "odd", by=ruoan, key="odd")
    assert EntitlementUse.objects.standing().count() == 0


def test_after_its_last_day_it_gives_and_promises_nothing(mei, ruoan, gu) -> None:
    package = a_package(first=30)
    held = packages.give(mei, package, by=ruoan, why="Because", until=timezone.now() + timedelta(days=1))
    assert ServiceTerms.objects.get(customer=mei).ends_at == held.until
    HeldPackage.objects.filter(pk=held.pk).update(until=timezone.now() - timedelta(minutes=1))

    with pytest.raises(TransitionRefused, match="has ended"):
        EntitlementUse.use(held, held.version.lines[0]["key"], by=ruoan, key="late")
    set_terms(package, {"first": 20}, [])
    packages.publish(package, 2, by=gu, instead_of=1, move=True)
    assert not ServiceTerms.objects.filter(customer=mei, value=20).exists()


@pytest.mark.django_db(transaction=True)
def test_a_crowd_never_uses_more_than_there_is(mei, ruoan) -> None:
    held = packages.give(mei, a_package(), by=ruoan, why="Because")
    key = held.version.lines[0]["key"]

    def use(number: int) -> Any:
        return lambda: EntitlementUse.use(held, key, by=ruoan, key=f"crowd{number}")

    refused = at_once(*(use(number) for number in range(8)))

    assert len(refused) == 6
    assert EntitlementUse.objects.standing().count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_publishers_one_wins(cast, gu) -> None:
    package = a_package()
    put_line(package, "", VISIT)

    def publish() -> None:
        packages.publish(package, 2, by=None, instead_of=1)

    assert len(at_once(publish, publish)) == 1
    assert PackageVersion.objects.filter(state="live").count() == 1


def test_a_person_forgotten_leaves_no_package(mei, ruoan) -> None:
    held = packages.give(mei, a_package(), by=ruoan, why="Because")
    EntitlementUse.use(held, held.version.lines[0]["key"], by=ruoan, key="one")
    assert privacy.held([mei.pk])["packages"][0]["package__code"] == "care"

    privacy.forget(Person([mei.pk], frozenset(), frozenset()))

    assert not HeldPackage.objects.exists()

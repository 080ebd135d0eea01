"""A crowd in a playbook: many workers, some die, some people are poisoned; each step once, nobody lost."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, F
from django.utils import timezone

from customers.models import Customer, Segment, SegmentMember
from journeys import playbooks
from journeys.models import Enrolment, PlaybookDay, PlaybookVersion, StepRun
from journeys.playbooks import crowd, news, walking
from journeys.tests.test_packages import at_once
from journeys.tests.test_playbooks import POINTS, a_playbook
from loyalty.models import Coupon, CouponTemplate, Level, LevelMembership, PointsAccount, PointsEntry, Programme
from scrm.kernel import segment_field
from scrm.kernel.words import words

WORKERS = 4


class Killed(BaseException):
    """A worker that dies here does nothing more."""


def workers(deed: Any, n: int = WORKERS) -> None:
    gate = Barrier(n)

    def run() -> None:
        try:
            gate.wait(10)
            deed()
        except Killed:
            pass
        finally:
            connection.close()

    threads = [Thread(target=run) for _one in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_everyone_takes_each_step_once_though_workers_die_and_some_are_poisoned(cast, monkeypatch) -> None:
    people = [Customer.objects.create(number=f"C-{n:03}") for n in range(60)]
    poisoned = {people[7].pk, people[31].pk}
    CouponTemplate.objects.create(code="OLD50", name=words("老朋友"), kind="amount", group="amount", amount=5000,
                                  stock=40, state="published")  # fmt: skip
    segment_field.forget()
    playbook = a_playbook(POINTS, {"kind": "coupon", "coupon": "OLD50"}, {**POINTS, "points": 20})
    playbooks.enrol(playbook, [one.pk for one in people], why={})
    real, deaths = PointsAccount.earn, [people[3].pk, people[40].pk]

    def earn(account: Any, points: int, **more: Any) -> Any:
        made = real(account, points, **more)
        if account.customer_id in poisoned and points == 20:
            raise ZeroDivisionError
        if account.customer_id in deaths and points == 50:
            deaths.remove(account.customer_id)
            raise Killed  # after the effect, before the commit
        return made

    monkeypatch.setattr(PointsAccount, "earn", earn)
    workers(lambda: playbooks.advance(seconds=30, at_once=5))
    # Whom the dead had in hand are due again when their lease ends.
    left = Enrolment.objects.filter(state=Enrolment.State.ACTIVE)
    assert 2 <= left.count() <= 10
    left.update(due_at=F("due_at") - crowd.LEASE - timedelta(seconds=1))
    workers(lambda: playbooks.advance(seconds=30, at_once=5))

    assert not Enrolment.objects.filter(state=Enrolment.State.ACTIVE).exists()
    assert Coupon.objects.count() == 40, "the stock to the unit"
    parked = Enrolment.objects.parked()
    assert {row.customer_id for row in parked if row.trouble == "broken"} <= poisoned
    assert parked.filter(trouble="gone").count() == 20
    assert not StepRun.objects.values("enrolment", "node").annotate(n=Count("pk")).filter(n__gt=1)
    entries = PointsEntry.objects.filter(source="playbook").values("account__customer", "delta")
    assert not entries.annotate(n=Count("pk")).filter(n__gt=1)
    assert PointsEntry.objects.filter(source="playbook", delta=50).count() == 60
    done = PointsEntry.objects.filter(source="playbook", delta=20).values_list("account__customer", flat=True)
    assert set(done) == set(Enrolment.objects.filter(end="walked").values_list("customer", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_crowd_of_triggers_takes_each_person_in_once(cast) -> None:
    people = [Customer.objects.create(number=f"C-{n:03}") for n in range(40)]
    playbook = a_playbook({"kind": "wait", "days": 1})
    for one in people:
        for _time in range(3):
            one.record("visit.made", visit=1)

    def deed() -> None:
        news.sweep()
        playbooks.enrol(playbook, [one.pk for one in people], why={"hand": True})

    workers(deed)
    news.sweep()

    assert Enrolment.objects.count() == 40


@pytest.mark.django_db(transaction=True)
def test_of_two_publishers_one_wins(cast, gu) -> None:
    playbook = a_playbook(POINTS)
    playbooks.draft_of(playbook)

    refused = at_once(*[lambda: playbooks.publish(playbook, 2, by=gu, instead_of=1)] * 2)

    assert len(refused) == 1
    assert PlaybookVersion.objects.filter(playbook=playbook, state="live").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_second_retry_is_refused(cast, gu) -> None:
    customer = Customer.objects.create(number="C-1")
    playbook = a_playbook({"kind": "human", "what": "打电话", "who": "advisor", "days": 1})
    playbooks.enrol(playbook, [customer.pk], why={})
    playbooks.advance()
    row = Enrolment.objects.get()

    refused = at_once(*[lambda: Enrolment.objects.get(pk=row.pk).retry(by=gu)] * 3)

    assert len(refused) == 2
    assert Enrolment.objects.get().state == Enrolment.State.ACTIVE
    assert Enrolment.objects.get().due_at <= timezone.now()


ALONE = {"holdout": 0, "alone": "yes"}


@pytest.mark.django_db(transaction=True)
def test_of_two_playbooks_that_want_somebody_alone_one_has_each_person(cast) -> None:
    people = [Customer.objects.create(number=f"C-{n:03}").pk for n in range(20)]
    first, second = (a_playbook({"kind": "wait", "days": 1}, code=code, rules=ALONE) for code in ("one", "two"))
    taken: list[list[int]] = []

    def beside() -> None:
        try:
            taken.append(playbooks.enrol(second, people, why={}))
        finally:
            connection.close()

    # The second one looks while the first has taken them in and not yet committed.
    late = Thread(target=beside)
    with transaction.atomic():
        assert len(playbooks.enrol(first, people[:15], why={})) == 15
        late.start()
        late.join(1)
    late.join()

    assert taken == [people[15:]]
    inside = Enrolment.objects.on_the_way()
    assert not inside.values("customer").annotate(n=Count("pk")).filter(n__gt=1)
    assert dict(PlaybookDay.objects.filter(playbook=second).values_list("what", "n")) == {"on": 5, "other": 15}
    row = inside.filter(playbook=first)[0]
    with pytest.raises(IntegrityError, match="enrolment_alone"), transaction.atomic():
        inside.filter(playbook=second).update(customer=row.customer_id)


@pytest.mark.django_db(transaction=True)
def test_two_who_take_in_for_several_such_playbooks_do_not_wait_for_each_other(cast) -> None:
    low, high = (Customer.objects.create(number=f"C-{n}").pk for n in range(2))
    made = [a_playbook({"kind": "wait", "days": 1}, code=code, rules=ALONE) for code in ("one", "two", "three")]
    taken: list[int] = []
    failed: list[BaseException] = []

    def beside() -> None:
        try:
            taken.extend(playbooks.enrol(made[1], [low, high], why={}))
        except BaseException as error:  # noqa: BLE001 — whatever it is, the test tells
            failed.append(error)
        finally:
            connection.close()

    late = Thread(target=beside)
    with transaction.atomic():
        assert playbooks.enrol(made[0], [high], why={}) == [high]
        late.start()
        late.join(1)
        assert playbooks.enrol(made[2], [low], why={}) == [low]
    late.join()

    assert (taken, failed) == ([], [])


FORKS: list[dict[str, Any]] = [
    {"by": "random", "share": 40}, {"by": "did", "events": ["visit.made"]}, {"by": "segment", "segment": "bench"},
    {"by": "level", "levels": ["gold"]}, {"by": "level", "levels": ["friend"]}, {"by": "heard"},
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("by", FORKS, ids=lambda by: f"{by['by']}{''.join(by.get('levels', []))}")
def test_many_at_once_go_the_ways_they_go_one_by_one(cast, by) -> None:
    main = Programme.objects.main()
    levels = {
        code: Level.objects.get_or_create(programme=main, code=code, defaults={"rank": rank, "name": words(code)})[0]
        for rank, code in ((0, "friend"), (7, "gold"))
    }
    segment = Segment.objects.create(code="bench", name=words("人群"), state="live", version=1)
    people = [Customer.objects.create(number=f"C-{n:03}") for n in range(60)]
    wait = {"kind": "wait", "days": 1, "events": ["order.paid"]}
    fork = {"kind": "fork", **by, "yes": [{"key": "y", "kind": "wait", "days": 9}], "no": [{"key": "n", "kind": "out"}]}
    playbook = a_playbook(wait, fork)
    playbooks.enrol(playbook, [one.pk for one in people], why={})
    for n, one in enumerate(people):
        if n % 3 == 0:
            one.record("visit.made", visit=1)
            SegmentMember.objects.create(segment=segment, customer=one, via="block" if n % 2 else "rule",
                                         why="x" if n % 2 else "")  # fmt: skip
        if n % 4 == 0:
            LevelMembership.objects.create(customer=one, programme=main, level=levels["gold"], rank=7,
                                           since=timezone.localdate(), origin="given")  # fmt: skip
        if n % 5 == 0:
            Enrolment.objects.filter(customer=one).update(doing={"heard": "order.paid"})
        else:
            Enrolment.objects.filter(customer=one).update(
                doing={"until": (timezone.now() - timedelta(hours=1)).isoformat()}
            )
    ways = list(Enrolment.objects.values("pk", "node", "due_at", "doing"))

    def outcome() -> list[tuple[Any, ...]]:
        rows = Enrolment.objects.order_by("pk").values_list("customer", "node", "state", "end", "awaits")
        runs = StepRun.objects.order_by("enrolment", "node").values_list("enrolment", "node", "result", "details")
        return [(*row[:4], str(row[4])) for row in rows] + [(*run[:3], str(run[3])) for run in runs]

    playbooks.advance()
    together = outcome()
    StepRun.objects.all().delete()
    for row in ways:
        Enrolment.objects.filter(pk=row["pk"]).update(
            node=row["node"], due_at=row["due_at"], doing=row["doing"], state="active", end="", ended_at=None, awaits=[]
        )
    for row in ways:
        walking.walk(row["pk"], row["due_at"])
    assert outcome() == together
    assert {state for _customer, _node, state, *_rest in together[:60]} == {"active", "ended"}

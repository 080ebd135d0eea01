"""What a step of a playbook costs for many who are due and many who wait; what it costs to find what fits somebody."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from commerce.models import OrderLine
from customers.models import Customer
from journeys import playbooks
from journeys.models import Enrolment, Playbook, StepRun
from journeys.recommending import for_customer
from scrm.kernel.measure import Measure
from scrm.kernel.words import words
from staff.models import Store

CODE = "bench"
DUE, FEW, ASKED = 100_000, 100, 200
CONTENT: dict[str, Any] = {
    "trigger": {"kind": "event", "event": "level.warned"}, "goal": {"events": [], "days": 30}, "rules": {"holdout": 0},
    "steps": [{"key": "first", "kind": "wait", "days": 7}, {"key": "fork", "kind": "fork", "by": "random", "share": 50,
                                                            "yes": [], "no": []},
              {"key": "last", "kind": "wait", "days": 700}],
}  # fmt: skip
# The two rows a person leaves: that the wait was over, and which way the fork went.
BARE = """
insert into bench_steprun (enrolment_id, version_id, node, result, details, at)
select e.id, e.version_id, n.node, n.result, '{}'::jsonb, now()
from journeys_enrolment e cross join (values ('first', 'over'), ('fork', 'yes')) n (node, result)
where e.playbook_id = %s and e.id <= %s
"""


def measures(size: int) -> list[Measure]:
    playbook = _playbook(size)
    ids = list(
        Enrolment.objects.filter(playbook=playbook).order_by("pk").values_list("pk", flat=True)[: min(DUE, size)]
    )

    def ours() -> int:
        playbooks.advance(seconds=600)
        return len(ids)

    def reference() -> int:
        with connection.cursor() as cursor:
            cursor.execute(BARE, [playbook.pk, ids[-1]])
        return len(ids)

    def few() -> int:
        playbooks.advance(seconds=600)
        return 1

    def due(number: int) -> None:
        _due(playbook, ids[:number])

    def after() -> None:
        _due(playbook, [])

    return [
        Measure(
            f"playbook step, {len(ids):,} due", "people/s", 0.1, "INSERT … SELECT of the same rows", ours, reference,
            before=lambda: due(len(ids)), after=after,
        ),
        Measure(
            f"playbook step, {FEW} due of {size:,}", "ms", 0.02, "playbooks.advance with everybody due", few,
            _everybody(playbook, ids), before=lambda: due(FEW), after=after,
        ),
        Measure("what fits a customer", "ms", 20.0, "one read of the customer's last 100 order lines", _fits, _lines),
    ]  # fmt: skip


def _buyers() -> list[Customer]:
    return list(Customer.objects.living().filter(metrics__orders__gte=3).order_by("pk")[:ASKED])


def _fits() -> int:
    people, store = _buyers(), Store.objects.order_by("pk").first()
    for one in people:
        for_customer(one, store=store)
    return len(people)


def _lines() -> int:
    people = _buyers()
    for one in people:
        list(OrderLine.objects.filter(order__customer=one).order_by("-order__placed_at").values_list("product")[:100])
    return len(people)


def _everybody(playbook: Playbook, ids: list[int]) -> Any:
    def run() -> int:
        _due(playbook, ids)
        playbooks.advance(seconds=600)
        return 1

    return run


def _playbook(size: int) -> Playbook:
    playbook = Playbook.objects.filter(code=CODE).first()
    if playbook is None:
        playbook = playbooks.make(CODE, words("测速", "測速", "Bench"), by=None, content=CONTENT)
        playbooks.publish(playbook, 1, by=None, instead_of=0)
        ids = Customer.objects.living().order_by("pk").values_list("pk", flat=True)[:size]
        playbooks.enrol(playbook, list(ids), why={})
        with connection.cursor() as cursor:
            cursor.execute(
                "create unlogged table if not exists bench_steprun "
                "(like journeys_steprun including defaults including indexes including identity)"
            )
    return playbook


def _due(playbook: Playbook, ids: list[int]) -> None:
    """These are due with their wait over; everybody else waits for long."""
    now = timezone.now()
    StepRun.objects.filter(enrolment__playbook=playbook).delete()
    far = {"until": (now + timedelta(days=600)).isoformat()}
    rows = Enrolment.objects.filter(playbook=playbook)
    rows.update(node="last", doing=far, due_at=now + timedelta(days=600), state="active", ended_at=None, end="")
    over = {"until": (now - timedelta(hours=1)).isoformat()}
    for start in range(0, len(ids), 10_000):
        some = ids[start : start + 10_000]
        rows.filter(pk__in=some).update(node="first", doing=over, due_at=now - timedelta(minutes=1), tries=0)
    with connection.cursor() as cursor:
        cursor.execute("truncate bench_steprun")
        cursor.execute("vacuum analyze journeys_enrolment")

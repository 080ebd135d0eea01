"""A crowd in a playbook: what it begins with, one worker's work, and what must be true at its end."""

import os
import time
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from customers.models import Customer, Segment
from customers.models.segment import Rule
from customers.segments.verbs import publish as publish_segment
from customers.segments.verbs import save
from journeys import playbooks
from journeys.models import Enrolment, Playbook, PlaybookVersion
from journeys.playbooks import crowd as hand
from journeys.playbooks import walking
from loyalty.models import CouponTemplate, PointsAccount
from scrm.kernel import segment_field
from scrm.kernel.words import words

FIRST, SECOND = 50, 20  # points of the two steps that give
AT_ONCE = 20_000
MANY = 10_000  # from so many on each hundredth takes the steps that make something, else each fifth
CAP = 0.9  # of the coupons that are asked for


def parts(people: int) -> tuple[int, int]:
    """(one in so many takes the steps that make something, one in so many is poisoned: a tenth of those)."""
    given = 100 if people >= MANY else 5
    return given, 10 * given


def steps(code: str) -> list[dict[str, Any]]:
    """A wait, gifts for those of the segment, a wait."""
    gifts = [{"key": "first", "kind": "points", "points": FIRST}, {"key": "coupon", "kind": "coupon", "coupon": code},
             {"key": "second", "kind": "points", "points": SECOND}]  # fmt: skip
    return [
        {"key": "wait", "kind": "wait", "days": 1},
        {"key": "fork", "kind": "fork", "by": "segment", "segment": code, "yes": gifts, "no": []},
        {"key": "last", "kind": "wait", "days": 1},
    ]


def prepare(how_many: str) -> dict[str, Any]:
    """So many on the way at its first step, due now."""
    people = int(how_many)
    given, _poisoned = parts(people)
    code = f"crowd-{int(time.time())}"
    segment = Segment.objects.create(code=code, name=words("演练"))
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into customers_segmentmember (segment_id, customer_id, via, entered_at, evidence, why) select %s, "
            "id, 'pin', now(), '{}', 'drill' from customers_customer where id %% %s = 0 and merged_into_id is null "
            "and erased_at is null", [segment.pk, given],
        )  # fmt: skip
    template = CouponTemplate.objects.create(code=code, name=words("演练"), kind="amount", group="amount", amount=500,
                                             state="published", stock=int(people / given * CAP))  # fmt: skip
    segment_field.forget()
    rule: Rule = {"all": [{"field": "orders", "op": "at_least", "n": 1_000_000}]}
    publish_segment(segment, save(segment, rule, by=None).number, by=None, instead_of=0)
    playbook = playbooks.make(code, words("演练"), by=None, content={
        "trigger": {"kind": "event", "event": "level.warned"}, "goal": {"events": [], "days": 30},
        "rules": {"holdout": 0}, "steps": steps(code),
    })  # fmt: skip
    playbooks.publish(playbook, 1, by=None, instead_of=0)
    ids = list(Customer.objects.living().order_by("pk").values_list("pk", flat=True)[:people])
    begun = time.monotonic()
    for start in range(0, len(ids), AT_ONCE):
        playbooks.enrol(playbook, ids[start : start + AT_ONCE], why={"hand": True})
    return {"playbook": code, "people": len(ids), "seconds": round(time.monotonic() - begun, 1), "cap": template.stock}


def work(code: str, *, lease: int) -> dict[str, Any]:
    """One worker until nobody is due for a while; who is poisoned breaks it after their second points are written."""
    real = PointsAccount.earn
    people = Enrolment.objects.filter(playbook__code=code).count()
    _given, poisoned = parts(people)
    hand.LEASE = timedelta(seconds=lease)
    walking.SPARE = min(walking.SPARE, hand.LEASE / 8)

    def earn(account: Any, points: int, **more: Any) -> Any:
        made = real(account, points, **more)
        if points == SECOND and account.customer_id % poisoned == 0:
            raise ZeroDivisionError
        return made

    PointsAccount.earn = earn  # type: ignore[method-assign, assignment]
    taken, begun = 0, time.monotonic()
    rows = Enrolment.objects.filter(playbook__code=code, state=Enrolment.State.ACTIVE)
    while rows.filter(due_at__lt=timezone.now() + timedelta(minutes=5)).exists():
        moved = playbooks.advance(seconds=30, at_once=max(10, min(walking.AT_ONCE, people // 16)))
        taken += moved
        if not moved:
            time.sleep(1)
    return {"worker": os.getpid(), "steps": taken, "seconds": round(time.monotonic() - begun, 1)}


def time_goes_by(code: str) -> int:
    """The wait of everybody in it is over; how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update journeys_enrolment set due_at = now(), doing = '{\"until\": \"2020-01-01T00:00:00+00:00\"}' "
            "where state = 'active' and playbook_id = (select id from journeys_playbook where code = %s)", [code],
        )  # fmt: skip
        return cursor.rowcount


def check(code: str) -> dict[str, Any]:
    """What does not hold: somebody lost, a step twice, an effect without its step or twice, a cap passed."""
    playbook = Playbook.objects.get(code=code)
    version = PlaybookVersion.objects.get(playbook=playbook)
    template = CouponTemplate.objects.get(code=code)
    asked = {
        "people": "select count(*) from journeys_enrolment where playbook_id = %(playbook)s",
        "walked": "select count(*) from journeys_enrolment where playbook_id = %(playbook)s and \"end\" = 'walked'",
        "parked": "select count(*) from journeys_enrolment where playbook_id = %(playbook)s and state = 'parked'",
        "on the way": "select count(*) from journeys_enrolment where playbook_id = %(playbook)s and state = 'active'",
        "given": "select count(*) from loyalty_coupon where template_id = %(template)s",
    }
    wrong = {
        "a step twice": "select enrolment_id from journeys_steprun where version_id = %(version)s "
                        "group by enrolment_id, node having count(*) > 1",
        "walked without both waits": "select e.id from journeys_enrolment e where e.playbook_id = %(playbook)s and "
                                     "e.\"end\" = 'walked' and (select count(*) from journeys_steprun r where "
                                     "r.enrolment_id = e.id and r.node in ('wait', 'fork', 'last')) <> 3",
        "points twice": "select key from loyalty_pointsentry where source = 'playbook' and at > %(since)s "
                        "group by 1 having count(*) > 1",
        "points without their step": "select p.id from loyalty_pointsentry p where p.source = 'playbook' and p.at > "
                                     "%(since)s and not exists (select from journeys_steprun r where r.version_id = "
                                     "%(version)s and (r.details ->> 'entry')::bigint = p.id)",
        "a step without its points": "select r.id from journeys_steprun r where r.version_id = %(version)s and r.node "
                                     "in ('first', 'second') and r.result = 'done' and not exists (select from "
                                     "loyalty_pointsentry p where p.id = (r.details ->> 'entry')::bigint)",
        "poisoned and went on": "select e.id from journeys_enrolment e join journeys_steprun r on r.enrolment_id = "
                                "e.id and r.node = 'second' where e.playbook_id = %(playbook)s and e.customer_id "
                                "%% %(poisoned)s = 0",
        "parked without poison": "select e.id from journeys_enrolment e where e.playbook_id = %(playbook)s and e.state "
                                 "= 'parked' and e.customer_id %% %(poisoned)s <> 0 and e.trouble <> 'gone'",
    }  # fmt: skip
    _given, poisoned = parts(Enrolment.objects.filter(playbook=playbook).count())
    values = {"playbook": playbook.pk, "version": version.pk, "template": template.pk, "since": version.published_at,
              "poisoned": poisoned}  # fmt: skip
    found: dict[str, Any] = {"violations": {}}
    with connection.cursor() as cursor:
        for name, statement in asked.items():
            cursor.execute(statement, values)
            found[name] = cursor.fetchone()[0]
        for name, statement in wrong.items():
            cursor.execute(f"select count(*) from ({statement}) x", values)
            if count := cursor.fetchone()[0]:
                found["violations"][name] = count
    found["lost"] = found["people"] - found["walked"] - found["parked"] - found["on the way"]
    if found["given"] > (template.stock or 0):
        found["violations"]["cap passed"] = found["given"] - (template.stock or 0)
    return found

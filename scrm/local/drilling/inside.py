"""Work inside the drill's own database: what it begins with, and what must be true at its end."""

import json
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from customers.models import Customer, Wakeup
from customers.wakeups import sweep
from loyalty import drops
from loyalty.models import Coupon, CouponTemplate, Drop, PointsAccount, PointsEntry, Redemption
from loyalty.proofs import verify
from scrm.kernel.words import words
from staff.models import ApiClient, User

PEOPLE = 120
SOURCE = "drill"


def prepare() -> dict[str, Any]:
    """Customers with points that end at different times, a till, a coupon, a drop of half as many slots."""
    client = ApiClient.objects.create(code=SOURCE, name="Drill", scopes=["loyalty", "orders"])
    people = Customer.objects.bulk_create(
        Customer(number=f"DRILL{n:05}", display_name=f"Drill {n}") for n in range(PEOPLE)
    )
    for n, customer in enumerate(people):
        account = PointsAccount.objects.of(customer)
        for part in range(3):
            account.open_with(50 + n, source="old", key=f"{n}-{part}", at=timezone.now() - timedelta(days=300),
                              ends_at=timezone.now() + timedelta(days=40 - part))  # fmt: skip
    CouponTemplate.objects.create(code="DRILL", name=words("演练"), kind="amount", group="amount", amount=500,
                                  per_customer=30000, state="published")  # fmt: skip
    CouponTemplate.objects.create(code="SLOT", name=words("演练"), kind="amount", group="amount", amount=800,
                                  state="published")  # fmt: skip
    drop = Drop.objects.create(
        code="drill", name=words("演练"), opens_at=timezone.now(), ends_at=timezone.now() + timedelta(days=1),
        prizes=[{"template": "SLOT", "slots": PEOPLE // 2}],
    )  # fmt: skip
    drops.arm(drop, by=User.objects.create(username="drill"))
    return {"secret": client.new_secret(), "people": [customer.number for customer in people]}


def check(journal: list[dict[str, Any]]) -> dict[str, Any]:
    """What was acknowledged and is not there, what is there twice, and what does not prove."""
    for _try in range(200):
        sweep()
        if not Wakeup.objects.filter(state=Wakeup.State.WAITING).exists():
            break
        Wakeup.objects.filter(state=Wakeup.State.WAITING).update(due_at=timezone.now())
    done = [deed for deed in journal if 200 <= deed["status"] < 300]
    people = list(Customer.objects.filter(number__startswith="DRILL").order_by("number").values_list("pk", flat=True))
    violations = [*verify().findings, *_balances(done, people)]
    dead = Wakeup.objects.filter(state=Wakeup.State.DEAD).values_list("error", flat=True)
    violations += [{"proof": "reactions", "rows": len(dead), "examples": list(dead[:3])}] if dead else []
    return {"lost": _lost(done, people), "doubled": _doubled(done), "violations": violations}


def _lost(done: list[dict[str, Any]], people: list[int]) -> int:
    entries = set(PointsEntry.objects.filter(source=SOURCE).values_list("key", flat=True))
    orders = set(PointsEntry.objects.filter(source=SOURCE, kind="earn").values_list("source_ref", flat=True))
    coupons = set(Coupon.objects.filter(source=SOURCE).values_list("source_ref", flat=True))
    uses = set(Redemption.objects.filter(source=SOURCE).values_list("source_ref", flat=True))
    won = dict(Coupon.objects.exclude(drop=None).exclude(record=None).values_list("record", "code"))
    lost = 0
    for deed in done:
        verb, key = deed["verb"], f"{deed['verb']}:{deed['key']}"
        if verb in ("earn", "spend", "reverse"):
            lost += key not in entries
        elif verb == "issue":
            lost += key not in coupons
        elif verb == "redeem":
            lost += key not in uses
        elif verb == "order":
            lost += deed["answer"].get("order") not in orders
        elif verb == "claim" and deed["answer"]["outcome"] == "won":
            lost += won.get(people[deed["who"]]) != deed["answer"]["code"].replace("-", "")
    return lost


def _doubled(done: list[dict[str, Any]]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """select (select count(*) from (select from loyalty_pointsentry where source = %(s)s
                        group by key having count(*) > 1) a)
                    + (select count(*) from (select from loyalty_redemption where undone_at is null
                        group by coupon_id having count(*) > 1) b)
                    + (select count(*) from (select from loyalty_coupon where drop_id is not null and record is not null
                        group by drop_id, record having count(*) > 1) c)
                    + (select count(*) from (select from loyalty_coupon where source = %(s)s
                        group by source_ref having count(*) > 1) d)""",
            {"s": SOURCE},
        )
        twice = int(cursor.fetchone()[0])
    whole = Counter(deed["answer"].get("code", "") for deed in done if deed["verb"] == "redeem")
    codes: dict[str, set[int]] = defaultdict(set)
    for deed in done:
        if deed["verb"] == "claim" and deed["answer"]["outcome"] == "won":
            codes[deed["answer"]["code"]].add(deed["who"])
    return twice + sum(n - 1 for n in whole.values() if n > 1) + sum(len(who) - 1 for who in codes.values())


def _balances(done: list[dict[str, Any]], people: list[int]) -> list[dict[str, Any]]:
    """Every person's points against the sum of what the tills were told."""
    told: dict[int, int] = {n: 3 * (50 + n) for n in range(len(people))}
    for deed in done:
        answer = deed["answer"]
        if deed["verb"] in ("earn", "spend", "reverse"):
            told[deed["who"]] += answer["points"]
        elif deed["verb"] == "order":
            told[deed["who"]] += answer["points"]["earned"]
        elif deed["verb"] == "refund":
            told[deed["who"]] += (answer["total"] - answer["back"]) // 100 - answer["total"] // 100
    held = {account.customer_id: account.balance for account in PointsAccount.objects.filter(customer__in=people)}
    wrong = [{"person": n, "told": told[n], "held": held.get(pk, 0)} for n, pk in enumerate(people)
             if told[n] != held.get(pk, 0)]  # fmt: skip
    return [{"proof": "balances", "rows": len(wrong), "examples": wrong[:5]}] if wrong else []


def answer(what: str, journal: str) -> str:
    if what == "prepare":
        return json.dumps(prepare())
    with open(journal) as file:
        return json.dumps(check(json.load(file)))

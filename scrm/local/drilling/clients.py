"""Clients of the drill: they send until they are answered, and remember every answer."""

import contextlib
import http.client
import json
import random
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

TWICE = 0.15  # of the commands go out on two connections at one moment


@dataclass
class Deed:
    """One command that was answered: what it was, its key, and what the house said."""

    verb: str
    key: str
    who: int
    status: int
    answer: dict[str, Any]


@dataclass
class Journal:
    """All that was answered. A command is in it once, however often it was sent."""

    deeds: list[Deed] = field(default_factory=list)
    troubles: int = 0  # answers that never came, or 5xx
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, deed: Deed) -> None:
        with self.lock:
            self.deeds.append(deed)

    @property
    def acked(self) -> int:
        return sum(200 <= deed.status < 300 for deed in self.deeds)

    def written(self) -> str:
        return json.dumps([deed.__dict__ for deed in self.deeds])


class Client:
    """One till. `people` are member numbers; everything it sends has a key of its own."""

    def __init__(
        self, number: int, *, port: int, secret: str, people: list[str], journal: Journal, until: float
    ) -> None:
        self.port, self.secret, self.people, self.journal, self.until = port, secret, people, journal, until
        self.chance = random.Random(number)  # noqa: S311
        self.pool = ThreadPoolExecutor(2)
        self.earned: list[tuple[int, int]] = []
        self.spent: list[tuple[int, int]] = []
        self.coupons: list[tuple[int, str]] = []
        self.orders: list[tuple[int, str, int]] = []

    def run(self) -> None:
        verbs = [self.earn, self.earn, self.spend, self.spend, self.take_back, self.give_coupon, self.use_coupon,
                 self.claim, self.buy, self.bring_back]  # fmt: skip
        while time.monotonic() < self.until:
            self.chance.choice(verbs)()
        self.pool.shutdown()

    # what a till does

    def earn(self) -> None:
        who = self.somebody()
        body = {"points": self.chance.randint(1, 200), "reason": "campaign"}
        for deed in self.send("earn", "points/earn/", who, self.named(who) | body):
            if deed.status == 201:
                self.earned.append((who, deed.answer["entry"]))

    def spend(self) -> None:
        who = self.somebody()
        for deed in self.send("spend", "points/spend/", who, self.named(who) | {"points": self.chance.randint(1, 300)}):
            if deed.status == 201:
                self.spent.append((who, deed.answer["entry"]))

    def take_back(self) -> None:
        """The same line taken back whole by two commands at one moment: one of them is refused."""
        kept = self.earned if self.chance.random() < 0.5 else self.spent
        if kept:
            who, entry = kept.pop(self.chance.randrange(len(kept)))
            self.both([("reverse", "points/reverse/", who, {"entry": entry})] * 2)

    def give_coupon(self) -> None:
        who = self.somebody()
        for deed in self.send("issue", "coupons/issue/", who, self.named(who) | {"template": "DRILL"}):
            if deed.status == 201:
                self.coupons.append((who, deed.answer["code"]))

    def use_coupon(self) -> None:
        """One code used in two places at one moment: one of them is refused."""
        if self.coupons:
            who, code = self.coupons.pop(self.chance.randrange(len(self.coupons)))
            body = {"code": code, "total": 10000, "off": 500}
            self.both([("redeem", "coupons/redeem/", who, body)] * 2)

    def claim(self) -> None:
        who = self.somebody()
        self.both([("claim", "drops/drill/claim/", who, self.named(who))] * 2)

    def buy(self) -> None:
        who, ref, total = self.somebody(), uuid.uuid4().hex, self.chance.randint(100, 60000)
        day = time.strftime("%Y-%m-%d")
        body = {"type": "order.paid", "data": self.named(who) | {
            "source_ref": ref, "placed_at": f"{day}T00:00:01+08:00", "business_date": day, "currency": "CNY",
            "total": total, "lines": [{"line": 1, "sku": "X", "quantity": "2", "total": total}],
            "payments": [{"kind": "cash", "amount": total}]}}  # fmt: skip
        for deed in self.send("order", "orders/", who, body):
            if deed.status in (200, 201):
                self.orders.append((who, ref, total))

    def bring_back(self) -> None:
        if not self.orders:
            return
        who, ref, total = self.orders.pop(self.chance.randrange(len(self.orders)))
        amount, day = self.chance.randint(1, total), time.strftime("%Y-%m-%d")
        body = {"type": "refund.made", "data": {
            "source_ref": f"R{ref}", "order": ref, "refunded_at": f"{day}T00:00:02+08:00", "business_date": day,
            "currency": "CNY", "payments": [{"kind": "cash", "amount": amount}]}}  # fmt: skip
        self.send("refund", "orders/", who, body, said={"order": ref, "total": total, "back": amount})

    # how it speaks

    def somebody(self) -> int:
        return self.chance.randrange(len(self.people))

    def named(self, who: int) -> dict[str, Any]:
        return {"customer": {"kind": "member_no", "value": self.people[who]}}

    def send(
        self, verb: str, path: str, who: int, body: dict[str, Any], said: dict[str, Any] | None = None
    ) -> list[Deed]:
        """One command, now and then on two connections at once under its one key: it is one command all the same."""
        key = uuid.uuid4().hex
        again = 2 if self.chance.random() < TWICE else 1
        answers = list(self.pool.map(lambda _n: self.until_answered(path, key, body), range(again)))
        status, answer = answers[0]
        deed = Deed(verb, key, who, status, answer | (said or {}))
        self.journal.note(deed)
        return [deed]

    def both(self, commands: list[tuple[str, str, int, dict[str, Any]]]) -> None:
        keys = [uuid.uuid4().hex for _command in commands]
        sent = self.pool.map(
            lambda n: self.until_answered(commands[n][1], keys[n], commands[n][3]), range(len(commands))
        )
        for (verb, _path, who, _body), key, (status, answer) in zip(commands, keys, sent, strict=True):
            self.journal.note(Deed(verb, key, who, status, answer))

    def until_answered(self, path: str, key: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Send the same again until the house answers for good; a house that is down is waited for."""
        while True:
            status, answer = self.once(path, key, body)
            if status and status < 500 and status not in (409, 429):
                return status, answer
            if status != 409:
                self.journal.troubles += 1
            time.sleep(0.05 + self.chance.random() * 0.1)

    def once(self, path: str, key: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", f"/api/v1/{path}", json.dumps(body), {
                "Content-Type": "application/json", "Authorization": f"Bearer {self.secret}", "Idempotency-Key": key,
            })  # fmt: skip
            answer = connection.getresponse()
            text = answer.read()
            with contextlib.suppress(ValueError):
                return answer.status, json.loads(text)
            return answer.status, {}
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()

"""What the tests of goodwill share: giving in a few words, and many hands at once."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, OperationalError, connections

from customers.models import Customer
from loyalty.models import PointsAccount
from scrm.kernel.refusals import TransitionRefused
from staff.models import User
from tickets import goodwill
from tickets.models import Authority, Compensation, Reason, Ticket

State = Compensation.State
HANDS = 20


def limits(role: str, kind: str = "points", **sets: Any) -> None:
    Authority.objects.filter(role=role, kind=kind).update(**sets)


def points_of(customer: Customer) -> int:
    return PointsAccount.objects.shown_of(customer).available


def give(ticket: Ticket, amount: int, reason: Reason, *, by: User, key: str, **more: Any) -> Compensation:
    return goodwill.grant(ticket, more.pop("kind", "points"), amount, reason, by=by, key=key, **more)


def at_once(deeds: list[Callable[[], Any]]) -> list[Any]:
    """Each deed in a thread of its own, all let go at one moment: what each brought, or how it was refused."""
    gate = threading.Barrier(len(deeds))
    done: list[Any] = [None] * len(deeds)

    def run(place: int) -> None:
        try:
            gate.wait(30)
            done[place] = deeds[place]()
        except (TransitionRefused, OperationalError, IntegrityError) as refusal:
            done[place] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert not any(thread.is_alive() for thread in threads)
    assert not any(isinstance(one, OperationalError | IntegrityError) for one in done), done
    return done


def granted(results: list[Any]) -> int:
    return sum(isinstance(one, Compensation) and one.state == State.GRANTED for one in results)

"""What the inbox, a case and a search among cases cost, beside the bare Django page of a customer."""

import itertools
from typing import Any

from django.db import connection
from django.test import Client

from customers.bench import BARE
from scrm.kernel.measure import Measure
from staff.models import Membership, Role, Team, User
from tickets.models import Ticket

# Two thirds of the brand's cases open again: as many as a house of that size has in a bad month.
OPEN = """
update tickets_ticket set state = 'open', resolved_at = null, closed_at = null, next_due_at = now() + id %% 9000 *
  interval '1 minute', owner_id = case when id %% 20 = 0 then %s end where source = 'demo' and id %% 3 <> 0
"""
WORDS = ("起球", "快递", "发票", "尺码", "积分", "开胶")


def measures(size: int) -> list[Measure]:
    client = Client(SERVER_NAME="127.0.0.1")
    leads = Client(SERVER_NAME="127.0.0.1")
    numbers: Any = None
    customers: Any = None

    def ready() -> None:
        nonlocal numbers, customers
        if numbers is not None:
            return
        agent = _agent()
        client.force_login(agent)
        with connection.cursor() as cursor:
            cursor.execute(OPEN, [agent.pk])
            cursor.execute("analyze tickets_ticket, tickets_entry, tickets_promiseclock")
        mine = Ticket.objects.visible_to(agent).live().order_by("pk")
        numbers = itertools.cycle(list(mine.values_list("number", flat=True)[:500]))
        customers = itertools.cycle(list(mine.values_list("customer__number", flat=True)[:500]))

    words = itertools.cycle(WORDS)

    def visits(path_of: Any, *, post: Any = None, by: str = "") -> Any:
        def run() -> int:
            ready()
            if by:
                leads.force_login(User.objects.get(username=by))
            browser = leads if by else client
            for _time in range(30):
                answer = browser.post(path_of(), post()) if post else browser.get(path_of())
                if answer.status_code != 200:
                    raise RuntimeError(f"The page answered {answer.status_code}.")
            return 30

        return run

    bare = visits(lambda: f"/bench/{next(customers)}/")
    return [
        Measure("case list", "ms", 2.0, BARE, visits(lambda: "/inbox/?view=all"), bare),
        Measure("case page", "ms", 1.8, BARE, visits(lambda: f"/cases/{next(numbers)}/"), bare),
        Measure("lead's board", "ms", 4.0, BARE, visits(lambda: "/board/", by="qing.he"), bare),
        Measure("case search by two characters", "ms", 2.0, BARE,
                visits(lambda: "/inbox/search/", post=lambda: {"text": next(words)}), bare),
    ]  # fmt: skip


def _agent() -> User:
    user, made = User.objects.get_or_create(username="bench.agent", defaults={"language": "zh-hans"})
    if made:
        Membership.objects.create(user=user, role=Role.AGENT, team=Team.objects.get(code="desk-hangzhou"))
    return user

"""What the inbox, a case and a search among cases cost, beside a bare Django page of the same rows."""

import itertools
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.test import Client
from django.urls import path

from scrm.kernel.measure import Measure
from staff.models import Membership, Role, Team, User
from tickets.models import Entry, PromiseClock, Ticket

BARE_LIST = """<!doctype html><html><head><title>Cases</title></head><body><table>
{% for t in tickets %}<tr><td>{{ t.number }}</td><td>{{ t.subject }}</td><td>{{ t.customer.display_name }}</td>
<td>{{ t.state }}</td><td>{{ t.opened_at|date:"Y-m-d H:i" }}</td><td>{{ t.topic.code }}</td></tr>{% endfor %}
</table></body></html>"""
BARE_CASE = """<!doctype html><html><head><title>{{ t.subject }}</title></head><body><h1>{{ t.subject }}</h1>
<p>{{ t.customer.display_name }} {{ t.state }} {{ t.opened_at }}</p><ul>{% for e in entries %}
<li>{{ e.at|date:"Y-m-d H:i" }} {{ e.direction }} {{ e.body }}</li>{% endfor %}</ul>
<ul>{% for c in clocks %}<li>{{ c.metric }} {{ c.due_at }}</li>{% endfor %}</ul></body></html>"""
# Two thirds of the brand's cases open again: as many as a house of that size has in a bad month.
OPEN = """
update tickets_ticket set state = 'open', resolved_at = null, closed_at = null, next_due_at = now() + id %% 9000 *
  interval '1 minute', owner_id = case when id %% 20 = 0 then %s end where source = 'demo' and id %% 3 <> 0
"""
WORDS = ("起球", "快递", "发票", "尺码", "积分", "开胶")
_kept: dict[str, Any] = {}


@login_required
def bare_list(request: HttpRequest) -> HttpResponse:
    """The reference: session, user, one query of 25 rows, one template."""
    rows = Ticket.objects.live().select_related("customer", "topic").order_by("ordinary", "rank_at", "pk")
    return HttpResponse(_template(BARE_LIST).render({"tickets": list(rows[:25])}, request))


@login_required
def bare_case(request: HttpRequest, number: int) -> HttpResponse:
    """The reference: session, user, three queries, one template."""
    ticket = Ticket.objects.select_related("customer").get(number=number)
    context = {
        "t": ticket, "entries": list(Entry.objects.filter(ticket=ticket).order_by("at")[:60]),
        "clocks": list(PromiseClock.objects.filter(ticket=ticket)),
    }  # fmt: skip
    return HttpResponse(_template(BARE_CASE).render(context, request))


urlpatterns = [path("bench/cases/", bare_list), path("bench/cases/<int:number>/", bare_case)]


def measures(size: int) -> list[Measure]:
    client = Client(SERVER_NAME="127.0.0.1")
    leads = Client(SERVER_NAME="127.0.0.1")
    numbers: Any = None

    def ready() -> None:
        nonlocal numbers
        if numbers is not None:
            return
        agent = _agent()
        client.force_login(agent)
        with connection.cursor() as cursor:
            cursor.execute(OPEN, [agent.pk])
            cursor.execute("analyze tickets_ticket, tickets_entry, tickets_promiseclock")
        mine = Ticket.objects.visible_to(agent).live()
        numbers = itertools.cycle(list(mine.order_by("pk").values_list("number", flat=True)[:500]))

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

    listed = visits(lambda: "/inbox/?view=all")
    plain_list = visits(lambda: "/bench/cases/")
    case, plain_case = visits(lambda: f"/cases/{next(numbers)}/"), visits(lambda: f"/bench/cases/{next(numbers)}/")
    boarded, lead = visits(lambda: "/board/", by="qing.he"), visits(lambda: "/bench/cases/", by="qing.he")
    found = visits(lambda: "/inbox/search/", post=lambda: {"text": next(words)})
    a_list = "tickets.bench.bare_list: session, user, one query of 25 rows, one template"
    a_case = "tickets.bench.bare_case: session, user, three queries, one template"
    return [
        Measure("case list", "ms", 2.0, a_list, listed, plain_list),
        Measure("case page", "ms", 1.8, a_case, case, plain_case),
        Measure("lead's board", "ms", 4.0, a_list, boarded, lead),
        Measure("case search by two characters", "ms", 2.0, a_list, found, plain_list),
    ]


def _agent() -> User:
    user, made = User.objects.get_or_create(username="bench.agent", defaults={"language": "zh-hans"})
    if made:
        Membership.objects.create(user=user, role=Role.AGENT, team=Team.objects.get(code="desk-hangzhou"))
    return user


def _template(text: str) -> Any:
    if text not in _kept:
        _kept[text] = engines["django"].from_string(text)
    return _kept[text]

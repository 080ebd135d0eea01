"""The people behind the counts of a playbook, and those who are stuck for one reason seen to at once."""

import re

import pytest
from django.test import Client

from customers.models import Customer
from journeys import playbooks
from journeys.models import Enrolment, Playbook, StepRun
from journeys.playbooks import caring, drafting, figures
from journeys.tests.test_playbook_crowd import at_once
from journeys.tests.test_playbooks import CALL, POINTS, WEEK, _english, a_playbook, happens, put_in, way  # noqa: F401
from staff.models import AuditEntry

PARKED = "/playbooks/parked/"


def keys(page: str) -> list[str]:
    return re.findall(r'name="all" value="([^"]+)"', page)


def crowd(n: int, store=None) -> list[Customer]:
    return [Customer.objects.create(number=f"C-{at:02}", home_store=store) for at in range(n)]


def stuck(n: int, *steps, store=None) -> tuple[Playbook, list[Customer]]:
    playbook, people = a_playbook(*(steps or (CALL,))), crowd(n, store)
    put_in(playbook, *people)
    playbooks.advance()
    return playbook, people


def test_all_who_are_stuck_for_one_reason_try_again_in_one_go(cast, ruoan, gu, client: Client) -> None:
    _playbook, people = stuck(12)
    client.force_login(gu)
    page = client.get(PARKED).content.decode()
    assert "12 customers are stuck" in page
    assert "and 4 more" in page
    assert page.count('name="who"') == 8
    (key,) = keys(page)

    for odd in ("", "x", "1.2.k0", f"{key}x", "9" * 30 + ".1.k0.nobody", "1.1.a\0.nobody", "٢.1.k0.nobody"):
        assert client.post(PARKED, {"all": odd}).status_code == 422
    Customer.objects.update(advisor=ruoan)
    assert "12 customers try again" in client.post(PARKED, {"all": key}, follow=True).content.decode()
    again = client.post(PARKED, {"all": key})
    assert again.status_code == 422
    assert "seen to this already" in again.content.decode()
    playbooks.advance()

    assert {way(one).state for one in people} == {"active"}
    assert AuditEntry.objects.get(what="playbook.retried_all").details["n"] == 12


def test_a_lead_lets_only_the_own_customers_try_again(west_lake, jingan, he, client: Client) -> None:
    _playbook, (mine, other) = stuck(2)
    Customer.objects.filter(pk=mine.pk).update(home_store=west_lake)
    Customer.objects.filter(pk=other.pk).update(home_store=jingan)
    key = caring.Stuck.of(way(mine)).key
    client.force_login(he)

    client.post(PARKED, {"all": key})

    assert (way(mine).state, way(other).state) == ("active", "parked")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_let_all_try_again_one_is_told(cast, gu) -> None:
    _playbook, people = stuck(3)
    reason = caring.Stuck.of(way(people[0]))

    assert len(at_once(*[lambda: caring.retry_all(reason, by=gu)] * 2)) == 1


def test_the_page_says_what_a_later_version_did_and_moves_nobody(cast, gu, client: Client) -> None:
    playbook, people = stuck(2, CALL, POINTS)
    client.force_login(gu)

    def published(number: int, change) -> str:
        change()
        page = client.get("/playbooks/nurture/").content.decode()
        playbooks.publish(playbook, number, by=None, instead_of=number - 1)
        return page

    figures.reckon(playbook)
    page = published(2, lambda: drafting.put_step(playbook, {**POINTS, "points": 9}, key="k1"))
    assert "2 stuck stay stuck: publishing moves nobody on" in page
    assert "Version 2, which runs by now, has the same step." in client.get(PARKED).content.decode()
    published(3, lambda: drafting.put_step(playbook, {**CALL, "days": 5}, key="k0"))
    assert "Version 3, which runs by now, has changed this step." in client.get(PARKED).content.decode()
    published(4, lambda: drafting.remove_step(playbook, "k0"))
    page = client.get(PARKED).content.decode()
    assert "Version 4, which runs by now, has no such step." in page
    assert "version 1" in page
    client.post(PARKED, {"all": keys(page)[0]})
    playbooks.advance()

    assert {(row.state, row.version.number) for row in Enrolment.objects.all()} == {("parked", 1)}
    # Each version is a group of its own: its step may need another remedy.
    client.post(PARKED, {"do": "out", "who": [way(people[0]).pk]})
    assert way(people[0]).end == "hand"


def test_each_count_leads_to_its_people(mei, gu, client: Client) -> None:
    fork = {"kind": "fork", "by": "heard", "yes": [{"key": "y", **POINTS}], "no": [{"key": "n", "kind": "out"}]}
    playbook = a_playbook(POINTS, WEEK, fork, CALL, rules={"holdout": 20, "leave": ["consent.withdrawn"]})
    put_in(playbook, mei, *(people := crowd(30)))
    playbooks.advance()
    for one in people[:12]:
        happens(one, "order.paid")
    playbooks.advance()
    # Whoever the draw left on the way: of those who are compared nobody leaves.
    happens(next(one for one in people[12:] if way(one).state == "active"), "consent.withdrawn", purpose="marketing")
    StepRun.objects.filter(node="k0").order_by("pk").first().enrolment.runs.filter(node="k0").update(
        result="held", details={"reason": "cap"})  # fmt: skip
    figures.reckon(playbook)
    client.force_login(gu)

    page = client.get("/playbooks/nurture/").content.decode()
    links = re.findall(r'<a href="(/playbooks/nurture/people/[^"]*)">(?:[^<]*<b class="num">)?([\d,]+)', page)
    assert {link.partition("?")[2].replace("&amp;", "&") for link, _n in links} >= {
        "state=active", "state=control", "state=on", "state=reached", "state=parked", "at=k0&came=done",
        "at=k0&came=held&why=cap", "at=k1&state=active", "at=k2&came=yes", "end=event",
    }  # fmt: skip
    for link, n in links:
        shown = client.get(link.replace("&amp;", "&")).content.decode()
        assert shown.count('<li class="s-line">') == min(int(n), 25), link

    lists = client.get("/playbooks/nurture/people/").context["states"]
    counts = {code: n for code, _words, n in lists}
    assert counts[""] == counts["control"] + counts["on"] == 31
    assert counts["on"] == counts["active"] + counts["parked"] + counts["ended"]

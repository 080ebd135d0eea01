"""The steps of a kind of case: frozen when it begins, each done once, the last one asked after the end."""

import pytest
from django.urls import reverse

from customers.models import Task
from scrm.kernel.refusals import TransitionRefused
from tickets.models import CaseStep, ProcedureStep, Ticket, Topic


@pytest.fixture
def ticket(mei, lin, he) -> Ticket:
    made, _new = Ticket.open(mei, "Leggings pill", topic=Topic.objects.get(code="fault"), channel="app")
    made.assign(lin, by=he)
    return made


def test_a_case_carries_the_steps_of_its_topic_as_they_stood(ticket) -> None:
    ProcedureStep.objects.all().delete()

    assert [step.where for step in ticket.steps.all()] == ["desk", "desk", "desk", "store", "after"]


def test_a_step_is_done_once_says_how_long_and_comes_back(ticket, lin) -> None:
    first = ticket.steps.first()
    first.tick(by=lin)
    with pytest.raises(TransitionRefused):
        CaseStep.objects.get(pk=first.pk).tick(by=lin)

    first.refresh_from_db()
    assert (first.done_by, first.took) == (lin, 0)
    first.untick(by=lin)
    with pytest.raises(TransitionRefused):
        first.untick(by=lin)


def test_another_topic_brings_its_steps_and_keeps_what_was_done(ticket, lin) -> None:
    ticket.steps.first().tick(by=lin)

    ticket.describe(by=lin, version=ticket.version, topic=Topic.objects.get(code="return"))

    steps = list(ticket.steps.values_list("place", "done_at"))
    assert [place for place, _done in steps] == [1, 2, 3, 4, 5]
    assert [done is not None for _place, done in steps] == [True, False, False, False, False]


def test_what_comes_after_the_end_is_on_somebodys_list(ticket, lin, mei) -> None:
    ticket.resolve(by=lin)

    task = Task.objects.get(customer=mei)
    assert task.owner == lin
    assert str(ticket.number) in task.what
    assert (task.due_on - task.made_at.date()).days in (6, 7, 8)
    ticket.refresh_from_db()
    with pytest.raises(TransitionRefused):
        ticket.steps.filter(done_at=None).first().tick(by=lin)


def test_a_step_of_another_case_is_not_here(client, ticket, mei, lin) -> None:
    other, _new = Ticket.open(mei, "Parcel", topic=Topic.objects.get(code="return"))
    client.force_login(lin)

    path = reverse("tickets:step", args=[ticket.number, other.steps.first().pk])
    assert client.post(path, {"done": "1"}).status_code == 404
    own = reverse("tickets:step", args=[ticket.number, ticket.steps.first().pk])
    assert client.post(own, {"done": "1"}).status_code == 302
    assert client.post(own, {"done": "1"}).status_code == 422
    assert client.post(own, {"done": "0"}).status_code == 302

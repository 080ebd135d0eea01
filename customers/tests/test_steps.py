"""Needs in two taps and the next steps: written, settled, taken back; one's own list; twenty hands at once."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from customers.models import Customer, Event, NeedKind, NeedLog, Scene, Task
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words


@pytest.fixture
def taps(db) -> tuple[Scene, NeedKind]:
    scene, _new = Scene.objects.get_or_create(code="gift", defaults={"name": words("送礼", "送禮", "A gift")})
    kind, _new = NeedKind.objects.get_or_create(code="fit", defaults={"name": words("尺码", "尺碼", "Fit")})
    return scene, kind


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def step(mei: Customer, ke, **more) -> Task:
    return Task.plan(mei, "回电", **({"by": ke, "owner": ke, "due_on": timezone.localdate()} | more))


def test_two_taps_write_a_need_with_its_scene(mei, ke, west_lake, taps) -> None:
    path = f"/customers/{mei.number}/needs/"
    answer = client_of(ke).post(path, {"scene": "gift", "kind": "fit"}, headers={"HX-Request": "true"})

    need = NeedLog.objects.get(customer=mei)
    assert answer.status_code == 200
    assert (need.scene, need.kind, need.met, need.heard_by, need.store) == (*taps, "open", ke, west_lake)
    line = Event.objects.get(customer=mei, kind="need.heard")
    assert line.details["scene_name"] == dict(taps[0].name)
    assert "送礼" in line.sentence or "A gift" in line.sentence


def test_a_second_press_writes_no_second_need(mei, ke, taps) -> None:
    first, second = (NeedLog.hear(mei, by=ke, kind=taps[1], scene=taps[0]) for _press in range(2))

    assert first == second
    assert Event.objects.filter(customer=mei, kind="need.heard").count() == 1


@pytest.mark.parametrize("body", [{}, {"scene": "gift"}, {"kind": "nothing"}, {"words": "  "}, {"words": "x" * 301}])
def test_a_need_that_says_nothing_is_refused(mei, ke, taps, body) -> None:
    answer = client_of(ke).post(f"/customers/{mei.number}/needs/", body, headers={"HX-Request": "true"})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not NeedLog.objects.exists()


def test_a_need_is_met_or_not_or_was_a_slip(mei, ke, ruoan, taps) -> None:
    need = NeedLog.hear(mei, by=ke, words="裤长减三厘米")

    need.settle("unmet", by=ruoan)
    need.settle("met", by=ruoan)
    with pytest.raises(TransitionRefused):
        need.settle("met", by=ke)
    with pytest.raises(TransitionRefused):
        need.settle("open", by=ke)
    with pytest.raises(TransitionRefused):
        need.take_back(by=ruoan)
    need.take_back(by=ke)
    with pytest.raises(TransitionRefused):
        need.settle("unmet", by=ke)
    assert list(Event.objects.filter(customer=mei, kind__startswith="need.").order_by("pk").values_list("kind", flat=True)) == [
        "need.heard", "need.unmet", "need.met", "need.taken_back",
    ]  # fmt: skip


def test_a_step_is_planned_done_once_and_opened_again_by_who_did_it(mei, ke, ruoan) -> None:
    task = step(mei, ke)

    task.finish(by=ruoan, outcome="说好周六来")
    with pytest.raises(TransitionRefused):
        task.finish(by=ke)
    with pytest.raises(TransitionRefused):
        task.reopen(by=ke)
    task.reopen(by=ruoan)
    with pytest.raises(TransitionRefused):
        task.drop(by=ke, why=" ")
    task.drop(by=ke, why="已经买了")
    task.refresh_from_db()
    assert (task.state, task.outcome, task.ended_by) == ("dropped", "已经买了", ke)
    Task.objects.update(ended_at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(TransitionRefused):
        task.reopen(by=ke)


@pytest.mark.parametrize("more", [
    {"due_on": timezone.localdate() - timedelta(days=1)}, {"due_on": timezone.localdate() + timedelta(days=731)},
])  # fmt: skip
def test_a_step_has_a_day_to_come(mei, ke, more) -> None:
    with pytest.raises(TransitionRefused):
        step(mei, ke, **more)
    with pytest.raises(TransitionRefused):
        Task.plan(mei, " ", by=ke, owner=ke, due_on=timezone.localdate())

    assert not Task.objects.exists()


def test_a_step_goes_to_nobody_who_may_not_see_the_customer(mei, ke, zhao, ruoan) -> None:
    with pytest.raises(TransitionRefused):
        step(mei, ke, owner=zhao)
    client = client_of(ke)
    for owner, status in (("qi.zhao", 422), ("nobody", 422), ("ruoan.shen", 302), ("", 302)):
        answer = client.post(f"/customers/{mei.number}/tasks/", {"what": "回电", "owner": owner})
        assert answer.status_code == status, owner

    assert set(Task.objects.values_list("owner__username", flat=True)) == {"ruoan.shen", "ke.chen"}
    assert set(Task.objects.values_list("due_on", flat=True)) == {timezone.localdate() + timedelta(days=1)}


def test_ones_list_holds_ones_own_and_ends_them(mei, ke, ruoan, zhao) -> None:
    mine, hers = step(mei, ke), step(mei, ke, owner=ruoan)
    client = client_of(ke)

    page = client.get("/tasks/").content.decode()
    assert f"/tasks/{mine.pk}/" in page
    assert f"/tasks/{hers.pk}/" not in page
    assert f"/tasks/{hers.pk}/" in client.get("/tasks/?whose=all").content.decode()
    path = f"/customers/{mei.number}/tasks/{mine.pk}/"
    assert client.post(path, {"state": "done", "outcome": "打通了", "at": "list"}).url == "/tasks/"
    assert client.post(path, {"state": "done", "at": "list"}).status_code == 422
    assert client.post(path, {"state": "whatever"}).status_code == 404
    assert mei.number not in client_of(zhao).get("/tasks/?whose=all").content.decode()
    assert client_of(zhao).post(path, {"state": "open"}).status_code == 404


def test_the_list_keeps_to_its_queries(mei, ke, django_assert_max_num_queries) -> None:
    client = client_of(ke)
    for _n in range(30):
        step(mei, ke)
    client.get("/tasks/")

    with django_assert_max_num_queries(12):
        first = client.get("/tasks/")
    assert first.content.decode().count('<li class="s-line s-wrap s-steprow"') == 25


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_end_a_step_one_did(mei, ke) -> None:
    task, gate, done = step(mei, ke), threading.Barrier(20), []

    def end(n: int) -> None:
        gate.wait(30)
        try:
            Task.objects.select_related("customer").get(pk=task.pk).finish(by=ke, outcome=f"{n}")
            done.append(n)
        except TransitionRefused:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=end, args=(n,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    task.refresh_from_db()
    assert done == [int(task.outcome)]
    assert Event.objects.filter(kind="task.done").count() == 1

"""Trying on: one piece, one row, whatever was tapped twice; what the fitting taught is told once."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from commerce.models import Category, Product, Stock
from customers import fact_names
from customers.models import Fact, FactKey
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from touchpoints import actions, fitting_room
from touchpoints.fitting_room import Fitting
from touchpoints.models import Trial, Visit


@pytest.fixture
def vest(west_lake) -> Product:
    yoga = Category.objects.create(code="yoga", name=words("瑜伽", "瑜伽", "Yoga"))
    vest = Product.objects.create(
        code="Y03-PN-M", parent="Y03", name=words("云感运动背心 松绿", "雲感運動背心 松綠", "Cloud sports top pine"),
        category=yoga, price=29900, size="M", attributes={"worn": "top", "ean": "2991000000001"},
    )  # fmt: skip
    Stock.objects.create(store=west_lake, product=vest, quantity=3, counted_at=timezone.now())
    return vest


@pytest.fixture(autouse=True)
def hem(db) -> None:
    name = words("裤长", "褲長", "Hem")
    FactKey.objects.get_or_create(code="hem", defaults={"name": name, "concern": "sizes", "pinned": True})
    fact_names.forget()


@pytest.fixture
def visit(mei, ke, west_lake) -> Visit:
    return actions.receive(mei, by=ke, store=west_lake)


def form(**said: str) -> dict[str, str]:
    return {"key": str(uuid.uuid4()), "piece": "Y03-PN-M", **said}


def test_a_refused_piece_keeps_its_reason_and_the_timeline_says_it(mei, ke, visit, vest, client: Client) -> None:
    client.force_login(ke)

    answer = client.post(f"/counter/customers/{mei.number}/trials/new/", form(why="tight"))

    assert answer.status_code == 302
    trial = Trial.objects.get()
    assert (trial.product, trial.size, trial.result, trial.why, trial.logged_by) == (vest, "M", "refused", "tight", ke)
    with translation.override("en"):
        said = mei.events.get(kind="trial.noted").sentence
    assert said == "Tried on Cloud sports top pine M: not taken · Too tight"


def test_pressed_twice_is_tried_once(mei, ke, visit, vest, client: Client) -> None:
    client.force_login(ke)
    said = form(result="bought")

    for _press in range(2):
        assert client.post(f"/counter/customers/{mei.number}/trials/new/", said).status_code == 302

    assert Trial.objects.count() == 1
    assert mei.events.filter(kind="trial.noted").count() == 1


def test_a_refusal_without_a_why_is_asked_for_it(mei, ke, visit, vest, client: Client) -> None:
    client.force_login(ke)

    for said in (form(result="refused"), form(), form(result="bought", piece="NO"), form(result="x"),
                 form(result="kept", part="hem", centimetres="300")):  # fmt: skip
        answer = client.post(f"/counter/customers/{mei.number}/trials/new/", said)
        assert answer.status_code == 422
        assert "s-err" in answer.content.decode()

    assert not Trial.objects.exists()


def test_what_the_fitting_taught_is_a_fact_and_goes_with_the_slip(mei, ke, visit, vest) -> None:
    trial = fitting_room.log_trial(visit, vest, "kept", by=ke, key=uuid.uuid4(), fitting=Fitting("hem", -3))

    fact = Fact.objects.live().get(customer=mei)
    assert (fact.key, fact.value, fact.pinned, fact.concern) == ("hem", "裤长 −3 cm", True, "sizes")

    fitting_room.take_trial_back(trial, by=ke)
    assert not Fact.objects.live().filter(customer=mei).exists()
    with pytest.raises(TransitionRefused):
        fitting_room.take_trial_back(trial, by=ke)
    assert mei.events.filter(kind="trial.taken_back").count() == 1


def test_what_was_known_before_stays_when_the_piece_goes(mei, ke, visit, vest) -> None:
    Fact.objects.hear(mei, "hem", "裤长 −3 cm", by=None, channel="wecom", concern="sizes")
    trial = fitting_room.log_trial(visit, vest, "kept", by=ke, key=uuid.uuid4(), fitting=Fitting("hem", -3))

    fitting_room.take_trial_back(trial, by=ke)

    assert Fact.objects.live().get(customer=mei).value == "裤长 −3 cm"


def test_after_ten_minutes_or_by_another_it_stays(mei, ke, ruoan, visit, vest) -> None:
    trial, _new = Trial.log(visit, vest, "kept", by=ke, key=uuid.uuid4())

    with pytest.raises(TransitionRefused):
        trial.take_back(by=ruoan)
    Trial.objects.update(logged_at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(TransitionRefused):
        trial.take_back(by=ke)


def test_nothing_is_tried_on_after_the_visit(mei, ke, visit, vest, client: Client) -> None:
    actions.see_off(visit, by=ke)
    client.force_login(ke)

    with pytest.raises(TransitionRefused):
        Trial.log(visit, vest, "kept", by=ke, key=uuid.uuid4())
    assert client.post(f"/counter/customers/{mei.number}/trials/new/", form(result="kept")).status_code == 404
    assert "Receive the customer first" in client.get(f"/counter/customers/{mei.number}/trials/").content.decode()


def test_an_outsider_logs_and_takes_back_nothing(mei, ke, zhao, visit, vest, client: Client) -> None:
    trial, _new = Trial.log(visit, vest, "kept", by=ke, key=uuid.uuid4())
    client.force_login(zhao)

    assert client.get(f"/counter/customers/{mei.number}/trials/").status_code == 404
    assert client.post(f"/counter/customers/{mei.number}/trials/new/", form(result="kept")).status_code == 404
    assert client.post(f"/counter/customers/{mei.number}/trials/{trial.pk}/take-back/").status_code == 404
    trial.refresh_from_db()
    assert Trial.objects.count() == 1
    assert trial.taken_back_at is None


@pytest.mark.parametrize("text", ["y03-pn", "2991000000001", "背心", "Cloud sports"])
def test_a_piece_is_found_by_code_label_or_name(text, mei, ke, visit, vest, client: Client) -> None:
    client.force_login(ke)

    page = client.get(f"/counter/customers/{mei.number}/trials/", {"q": text}).content.decode()

    assert 'value="Y03-PN-M" required checked' in page

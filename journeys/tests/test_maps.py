"""Maps: begun from a template, changed by versions, undone, counted; questions told once and taken back whole."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone, translation

from commerce.models import Order
from customers.models import Customer, Event, NeedKind, NeedLog, Scene, Tag, TagDimension
from customers.privacy import Person
from journeys import bank, maps, privacy
from journeys.maps import pages
from journeys.maps.trades import TRADES
from journeys.models import JourneyMap, MapChange, MapFigure, MapPoint, Overtaken, Question, Told
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from tickets.models import Ticket, Topic
from touchpoints.models import TouchDay, Touchpoint


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def a_map(code: str = "shoes", trade: str = "apparel") -> JourneyMap:
    return maps.make(code, words("鞋", "鞋", "Shoes"), trade, by=None)


def a_point(row: JourneyMap, name: str = "Exchanges") -> MapPoint:
    return MapPoint.objects.get(stage__map=row, name__en=name)


def a_question(value: str = "parents", need: str = "advice") -> Question:
    question = bank.make("gift-for", words("送给谁？", "送給誰？", "Who is it for?"), by=None,
                         scene=Scene.objects.get(code="gift"), dimension=TagDimension.objects.get(code="liking"))  # fmt: skip
    bank.put_answer(question, value, words("爸妈", "爸媽", "Parents"), need=NeedKind.objects.filter(code=need).first(),
                    by=None)  # fmt: skip
    return question


@pytest.mark.parametrize("trade", JourneyMap.Trade.values)
def test_each_template_makes_a_whole_map(db, gu, trade: str) -> None:
    made = maps.make("one", words("一", "一", "One"), trade, by=gu)

    assert [stage.kind for stage in made.stages.all()] == ["know", "decide", "buy", "use", "again", "tell"]
    known = set(Topic.objects.values_list("code", flat=True))
    for _kind, name, doing, places in TRADES[trade]:
        assert len(name) == len(doing) == 3
        assert places
        assert all(set(place.topics) <= known for place in places)
    with pytest.raises(TransitionRefused):
        maps.make("one", words("一"), trade, by=gu)
    with pytest.raises(TransitionRefused):
        maps.make("two", words("二"), "odd", by=gu)


def test_of_two_editors_the_slower_is_told_and_nothing_is_lost(db, gu, he) -> None:
    point = a_point(a_map())
    other = MapPoint.objects.get(pk=point.pk)

    point.feel(-8, by=gu, version=1)
    with pytest.raises(Overtaken):
        other.feel(5, by=he, version=1)
    with pytest.raises(Overtaken):
        other.note("pain", "Waited", by=he, verbatim=False, version=1)

    point.refresh_from_db()
    assert (point.feeling, point.felt_by, point.version, point.notes.count()) == (-8, gu, 2, 0)
    with pytest.raises(TransitionRefused):
        point.feel(11, by=gu, version=2)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_exactly_one_wins(gu) -> None:
    point, won, gate = a_point(a_map()), [], Barrier(2)

    def set_it(tenths: int) -> None:
        mine = MapPoint.objects.get(pk=point.pk)
        gate.wait()
        try:
            mine.feel(tenths, by=gu, version=1)
            won.append(tenths)
        except Overtaken:
            pass
        finally:
            connection.close()

    threads = [Thread(target=set_it, args=[tenths]) for tenths in (3, -3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    point.refresh_from_db()
    assert [point.feeling] == won
    assert MapChange.objects.count() == 1


def test_the_last_changes_are_undone_one_by_one(db, gu) -> None:
    row = a_map()
    point = a_point(row)
    point.feel(2, by=gu, version=1)
    note = point.note("pain", "Four  days", by=gu, verbatim=True, version=2)
    point.drop(note, by=gu, version=3)
    with pytest.raises(TransitionRefused):
        point.drop(note, by=gu, version=4)
    point = MapPoint.objects.get(pk=point.pk)
    point.measure(["till"], ["fault"], by=gu, version=4)

    assert [maps.undo(row, by=gu).what for _time in range(4)] == ["measure", "removed", "added", "feeling"]

    point = MapPoint.objects.get(pk=point.pk)
    assert (point.feeling, point.topics, point.notes.filter(removed_at=None).count()) == (None, ["return"], 0)
    with pytest.raises(TransitionRefused):
        maps.undo(row, by=gu)


def test_what_another_changed_since_or_long_ago_is_not_undone(db, gu, he) -> None:
    row = a_map()
    point = a_point(row)
    point.feel(2, by=gu, version=1)
    point.feel(3, by=he, version=2)

    with pytest.raises(TransitionRefused):
        maps.undo(row, by=gu)
    MapChange.objects.update(at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(TransitionRefused):
        maps.undo(row, by=he)

    assert MapPoint.objects.get(pk=point.pk).feeling == 3


def test_a_place_shows_contacts_cases_and_answers_in_time(mei, gu) -> None:
    row = a_map()
    touch = Touchpoint.objects.create(code="exchange-chat", name=words("换货"), stage="use", way="wecom")
    for ago, volume in ((1, 20), (2, 30), (40, 999)):
        TouchDay.objects.create(touchpoint=touch, day=timezone.localdate() - timedelta(days=ago), volume=volume,
                                asked=20, within=10, reckoned_at=timezone.now())  # fmt: skip
    Ticket.open(mei, "Wrong size", topic=Topic.objects.get(code="return"))
    twin = Touchpoint.objects.create(code="style-chat", name=words("搭配"), stage="use", way="wecom")
    TouchDay.objects.create(touchpoint=twin, day=timezone.localdate(), volume=50, asked=40, within=20,
                            reckoned_at=timezone.now())  # fmt: skip
    a_point(row).measure(["style-chat", "exchange-chat"], ["return"], by=gu, version=1)
    maps.reckon()

    shown = pages.shown([a_point(row)], pages.figures()[0], gu)[0]

    assert (shown.volume, shown.cases, shown.share, shown.gap, shown.tone) == (50, 1, 50, "", "low")
    assert "answered in time 50 %" in pages.the_map(row, gu)["finding"]
    a_point(row).feel(-8, by=gu, version=2)
    assert pages.the_map(row, gu)["finding"] == "Stuck at “Uses”: Exchanges feels −0.8, 1 case open"
    touch.days.update(asked=10, within=10)
    assert pages.shown([a_point(row)], {}, gu)[0].share is None


def test_milestones_count_each_person_with_the_full_time(db, west_lake) -> None:
    today = timezone.localdate()
    for number in range(40):
        one = Customer.objects.create(number=f"7000{number:04}", home_store=west_lake)
        Customer.objects.filter(pk=one.pk).update(joined_at=timezone.now() - timedelta(days=200))
        for ago in (190, 150)[: 2 if number < 10 else 1 if number < 25 else 0]:
            day = today - timedelta(days=ago)
            Order.objects.create(customer=one, source="t", source_ref=f"{number}-{ago}", placed_at=timezone.now(),
                                 business_date=day, currency="CNY", total=1, base_total=1)  # fmt: skip

    maps.reckon()

    steps = pages.steps(pages.figures()[0])
    assert [step["n"] for step in steps] == [40, 25, 25, 10]
    assert (steps[1]["lost"], steps[1]["part"]) == (15, 38)
    MapFigure.objects.filter(name="step.came").update(number=29)
    assert pages.steps(pages.figures()[0]) == []


def test_an_answer_becomes_a_tag_and_a_need_once(mei, ke, ruoan) -> None:
    question = a_question()
    answer = question.answers.get()

    told = Told.tell(mei, answer, by=ke)

    assert Told.tell(mei, answer, by=ke) == told
    assert (told.tag.value, told.tag.by, told.need.kind.code, told.need.scene.code) == ("parents", ke, "advice", "gift")
    assert Event.objects.filter(customer=mei, kind="question.answered").count() == 1
    with pytest.raises(TransitionRefused):
        Told.tell(mei, answer, by=ruoan)
    line = bank.of_customer(mei, ke)["lines"][0]
    assert (line.known, line.told) == (["Parents"], told)
    with pytest.raises(TransitionRefused):
        told.take_back(by=ruoan)


def test_a_slip_takes_tag_and_need_with_it(mei, ke) -> None:
    told = Told.tell(mei, a_question(need="").answers.get(), by=ke)
    assert told.need.words == "Parents"

    told.take_back(by=ke)

    assert not Tag.objects.live().filter(customer=mei).exists()
    assert NeedLog.objects.get(customer=mei).taken_back_at is not None
    with pytest.raises(TransitionRefused):
        told.take_back(by=ke)
    again = Told.tell(mei, Question.objects.get().answers.get(), by=ke)
    Told.objects.filter(pk=again.pk).update(at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(TransitionRefused):
        again.take_back(by=ke)


def test_what_is_retired_is_not_asked(mei, ke, gu) -> None:
    question = a_question()
    answer = question.answers.get()
    bank.retire(question, by=gu)

    with pytest.raises(TransitionRefused):
        Told.tell(mei, answer, by=ke)
    with pytest.raises(TransitionRefused):
        bank.retire(question, by=gu)
    assert bank.of_customer(mei, ke)["lines"] == []
    bank.retire(question, by=gu, back=True)
    bank.retire_answer(answer, by=gu)
    answer.refresh_from_db()
    with pytest.raises(TransitionRefused):
        Told.tell(mei, answer, by=ke)


def test_answers_go_with_the_person(mei, ke) -> None:
    Told.tell(mei, a_question().answers.get(), by=ke)
    assert privacy.held([mei.pk])["answers"][0]["answer__value"] == "parents"

    privacy.forget(Person([mei.pk], frozenset(), frozenset()))

    assert not Told.objects.exists()

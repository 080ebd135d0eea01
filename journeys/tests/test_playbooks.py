"""Playbooks at work: people come in once, take each step once, wait, fork, stop alone when something breaks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from customers.merging import merge, unmerge
from customers.models import Customer, Segment, SegmentMember, Tag, TagDimension, TagValue, Task
from customers.segments.refreshing import refresh
from customers.segments.verbs import publish as publish_segment
from customers.segments.verbs import save
from journeys import playbooks
from journeys.models import Enrolment, Playbook, PlaybookDay, PlaybookNews, PlaybookVersion, StepRun
from journeys.playbooks import crowd, dates, drafting, figures, flow, news, walking
from journeys.playbooks.enrolling import why_not
from journeys.tests.test_packages import a_package
from loyalty import campaigns
from loyalty.models import Campaign, CampaignGrant, Coupon, CouponTemplate, PointsAccount, Programme
from scrm.kernel import segment_field
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from tickets.models import Ticket, Topic
from touchpoints.models import ChannelChoice, Outreach, OutreachScene

State, End = Enrolment.State, Enrolment.End


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    segment_field.forget()
    with translation.override("en"):
        yield


def a_playbook(*steps: dict[str, Any], code: str = "nurture", **parts: Any) -> Playbook:
    """Runs at once; nobody is kept as control unless said."""
    content = {
        "trigger": {"kind": "event", "event": "visit.made"}, "goal": {"events": ["order.paid"], "days": 60},
        "rules": {"holdout": 0, "leave": ["consent.withdrawn"]},
        "steps": [{"key": f"k{n}", **step} for n, step in enumerate(steps)], **parts,
    }  # fmt: skip
    playbook = playbooks.make(code, words("养护", "養護", "Nurture"), by=None, content=content)
    playbooks.publish(playbook, 1, by=None, instead_of=0)
    return playbook


def put_in(playbook: Playbook, *customers: Customer, **more: Any) -> list[int]:
    return playbooks.enrol(playbook, [one.pk for one in customers], why={"hand": True}, **more)


def way(customer: Customer) -> Enrolment:
    return Enrolment.objects.filter(customer=customer).latest("pk")


def later(**span: float) -> None:
    """Time goes by for everybody who waits."""
    for row in Enrolment.objects.filter(state=State.ACTIVE):
        doing = dict(row.doing)
        if doing.get("until"):
            moved = timezone.datetime.fromisoformat(doing["until"]) - timedelta(**span)
            doing["until"] = moved.isoformat()
        Enrolment.objects.filter(pk=row.pk).update(due_at=row.due_at - timedelta(**span), doing=doing)


def happens(customer: Customer, kind: str, **details: Any) -> None:
    customer.record(kind, **details)
    news.sweep()


def results(customer: Customer) -> list[str]:
    return [run.result for run in StepRun.objects.filter(enrolment__customer=customer).order_by("pk")]


@pytest.fixture
def old_friend(cast) -> CouponTemplate:
    return CouponTemplate.objects.create(
        code="OLD50", name=words("老朋友", "老朋友", "Old friend"), kind="amount", group="amount", amount=5000, stock=2,
        state="published",
    )  # fmt: skip


POINTS = {"kind": "points", "points": 50}
WEEK = {"kind": "wait", "days": 7, "events": ["order.paid"]}
CALL = {"kind": "human", "what": "打电话", "what_en": "Call", "who": "advisor", "days": 2}
COUPON = {"kind": "coupon", "coupon": "OLD50"}


def test_each_step_once_and_then_the_end(mei) -> None:
    playbook = a_playbook(POINTS, {**POINTS, "points": 20})

    assert put_in(playbook, mei) == [mei.pk]
    playbooks.advance()
    playbooks.advance()

    assert PointsAccount.objects.of(mei).available == 70
    assert results(mei) == ["done", "done"]
    assert (way(mei).state, way(mei).end) == (State.ENDED, End.WALKED)


def test_nobody_comes_in_twice_and_again_only_after_its_days(mei) -> None:
    playbook = a_playbook(WEEK, rules={"holdout": 0, "again": 30})

    put_in(playbook, mei)
    assert put_in(playbook, mei) == []
    with pytest.raises(IntegrityError), transaction.atomic():
        Enrolment.objects.create(
            customer=mei, playbook=playbook, version=playbook.running, due_at=timezone.now(), goal_until=timezone.now()
        )
    Enrolment.objects.update(
        state=State.ENDED, end=End.WALKED, due_at=None, ended_at=timezone.now() - timedelta(days=29)
    )
    assert (put_in(playbook, mei), why_not(playbook, mei.pk)) == ([], "again")
    Enrolment.objects.update(ended_at=timezone.now() - timedelta(days=31))
    assert put_in(playbook, mei) == [mei.pk]
    assert dict(PlaybookDay.objects.values_list("what", "n")) == {"on": 2, "in_it": 1, "again": 1}


def test_who_is_in_another_one_or_has_a_case_stays_out(mei, ruoan) -> None:
    put_in(a_playbook(WEEK, code="first"), mei)
    second = a_playbook(WEEK, code="second", rules={"holdout": 0, "alone": "yes", "no_case": "yes"})

    assert (put_in(second, mei), why_not(second, mei.pk)) == ([], "other")
    way(mei).take_out(by=ruoan)
    Ticket.open(mei, "Zip broke")
    assert (put_in(second, mei), why_not(second, mei.pk)) == ([], "case")


def test_the_control_is_drawn_once_and_hears_nothing(cast, mei) -> None:
    people = [Customer.objects.create(number=f"C-{n}") for n in range(300)]
    playbook = a_playbook(POINTS, rules={"holdout": 20, "again": 1})

    put_in(playbook, *people)
    playbooks.advance()

    control = set(Enrolment.objects.filter(state=State.CONTROL).values_list("customer", flat=True))
    assert 30 <= len(control) <= 90
    assert not PointsAccount.objects.filter(customer__in=control, available__gt=0).exists()
    Enrolment.objects.update(ended_at=timezone.now() - timedelta(days=2))
    # A later version keeps out nobody new, and still nobody changes sides.
    drafting.put_settings(playbook, "rules", {"holdout": "0", "again": "1"})
    playbooks.publish(playbook, 2, by=None, instead_of=1)
    put_in(playbook, *people)
    again = Enrolment.objects.filter(state=State.CONTROL).values_list("customer", flat=True)
    assert set(again) == control
    assert len(again) == 2 * len(control)


def test_a_wait_ends_by_time_or_by_what_happens(mei, cast) -> None:
    other = Customer.objects.create(number="C-2")
    fork = {"kind": "fork", "by": "heard", "yes": [{"key": "y", **POINTS}], "no": [{"key": "n", "kind": "out"}]}
    put_in(a_playbook(WEEK, fork), mei, other)
    playbooks.advance()

    happens(mei, "order.paid")
    playbooks.advance()
    assert (results(mei), results(other)) == (["heard", "yes", "done"], [])
    assert way(mei).goal_at is not None

    later(days=6)
    playbooks.advance()
    assert results(other) == []
    later(days=2)
    playbooks.advance()
    assert results(other) == ["over", "no", "done"]
    assert way(other).end == End.STEP
    assert way(other).goal_at is None


def test_what_is_in_the_list_ends_the_way_early(mei) -> None:
    put_in(a_playbook(WEEK, POINTS, rules={"holdout": 0, "leave": ["case.opened", "order.paid"]}), mei)
    playbooks.advance()

    happens(mei, "order.paid")  # waited for: goes on
    assert way(mei).state == State.ACTIVE
    Enrolment.objects.update(awaits=[])
    happens(mei, "case.opened", case="1", subject="Zip")

    assert (way(mei).state, way(mei).end) == (State.ENDED, End.EVENT)


def test_a_colleagues_step_is_waited_for(mei, ruoan) -> None:
    Customer.objects.filter(pk=mei.pk).update(advisor=ruoan)
    put_in(a_playbook(CALL, POINTS), mei)
    playbooks.advance()

    task = Task.objects.get(customer=mei)
    assert (task.owner, task.what in ("打电话", "Call")) == (ruoan, True)
    assert results(mei) == []
    task.finish(by=ruoan, outcome="Comes on Friday")
    news.sweep()
    playbooks.advance()

    assert results(mei) == ["done", "done"]
    assert Task.objects.filter(customer=mei).count() == 1


def test_a_colleagues_step_that_is_late_holds_nobody_up(mei, ruoan) -> None:
    Customer.objects.filter(pk=mei.pk).update(advisor=ruoan)
    put_in(a_playbook(CALL, POINTS), mei)
    playbooks.advance()

    later(days=4)
    playbooks.advance()

    assert results(mei) == ["late", "done"]
    assert Task.objects.get(customer=mei).state == "open"


def test_nobody_there_parks_this_one_and_a_retry_goes_on(mei, ruoan) -> None:
    Customer.objects.filter(pk=mei.pk).update(advisor=None, home_store=None)
    other = Customer.objects.create(number="C-2", advisor=ruoan)
    put_in(a_playbook(CALL), mei, other)
    playbooks.advance()

    row = way(mei)
    assert (row.state, row.trouble, way(other).state) == (State.PARKED, "nobody", State.ACTIVE)
    Customer.objects.filter(pk=mei.pk).update(advisor=ruoan)
    row.retry(by=ruoan)
    with pytest.raises(TransitionRefused):
        row.retry(by=ruoan)
    playbooks.advance()
    assert Task.objects.filter(customer=mei).count() == 1


def test_a_coupon_is_given_once_and_what_is_gone_parks(mei, old_friend, ruoan) -> None:
    people = [mei, *(Customer.objects.create(number=f"C-{n}") for n in range(3))]
    put_in(a_playbook(COUPON, POINTS), *people)
    playbooks.advance()

    assert Coupon.objects.count() == 2
    parked = Enrolment.objects.parked()
    assert {row.trouble for row in parked} == {"gone"}
    assert len(parked) == 2
    parked[0].skip(by=ruoan)
    CouponTemplate.objects.update(stock=10)
    Enrolment.objects.parked()[0].retry(by=ruoan)
    playbooks.advance()
    assert Coupon.objects.count() == 3
    assert Enrolment.objects.filter(end=End.WALKED).count() == 4
    assert StepRun.objects.filter(result="skipped").count() == 1


def test_who_had_enough_is_held_back_and_goes_on(mei, old_friend) -> None:
    old_friend.issue_to(mei, by=None)
    put_in(a_playbook(COUPON, POINTS), mei)
    playbooks.advance()

    assert results(mei) == ["held", "done"]
    assert StepRun.objects.get(result="held").details["reason"] == "enough"


def test_a_campaign_gives_at_the_time_of_the_playbook_within_its_budget(mei, old_friend, gu) -> None:
    campaign = Campaign.objects.create(code="autumn", kind="step", state="running", name=words("秋", "秋", "Autumn"),
                                       recipe={"points": 20, "coupons": ["OLD50"]})  # fmt: skip
    cost = Programme.objects.main().worth(20) + old_friend.cost
    campaigns.set_budget(campaign, cost, by=None)
    other, third = (Customer.objects.create(number=f"C-{n}") for n in range(2))
    playbook = a_playbook({"kind": "campaign", "campaign": "autumn"}, POINTS)

    put_in(playbook, mei)
    playbooks.advance()
    put_in(playbook, other)
    playbooks.advance()
    campaigns.stop(campaign, by=gu)
    put_in(playbook, third)
    playbooks.advance()

    assert [results(one) for one in (mei, other, third)] == [["done", "done"], ["held", "done"], ["held", "done"]]
    reasons = StepRun.objects.filter(result="held").order_by("pk").values_list("details__reason", flat=True)
    assert list(reasons) == ["budget", "stopped"]
    assert (Coupon.objects.count(), CampaignGrant.objects.get().cost) == (1, cost)


def test_what_breaks_stops_one_person_only(cast, mei, monkeypatch) -> None:
    other = Customer.objects.create(number="C-2")
    put_in(a_playbook(POINTS, {**POINTS, "points": 5}), mei, other)
    real = PointsAccount.earn

    def earn(account, points, **more):
        if points == 5 and account.customer_id == mei.pk:
            real(account, points, **more)
            raise ZeroDivisionError("poison")
        return real(account, points, **more)

    monkeypatch.setattr(PointsAccount, "earn", earn)
    playbooks.advance()

    assert (way(mei).state, way(mei).trouble) == (State.PARKED, "broken")
    assert "ZeroDivisionError" in way(mei).trouble_text
    assert PointsAccount.objects.of(mei).available == 50, "what the broken step gave is taken back"
    assert way(other).state == State.ENDED


def test_tags_cases_and_packages(mei, gu) -> None:
    a_package()
    dimension = TagDimension.objects.create(code="care", name=words("养护"))
    TagValue.objects.create(dimension=dimension, code="woken", name=words("唤醒过"))
    topic = Topic.objects.filter(used=True).first() or Topic.objects.create(code="any", name=words("事"))
    segment_field.forget()
    put_in(a_playbook(
        {"kind": "tag", "tag": "care.woken", "days": 30}, {"kind": "case", "topic": topic.code, "subject": "Look again"},
        {"kind": "package", "package": "care", "days": 30},
    ), mei)  # fmt: skip
    playbooks.advance()

    assert Tag.objects.get(customer=mei, dimension=dimension).value == "woken"
    assert Ticket.objects.get(customer=mei, source="playbook").subject == "Look again"
    assert mei.packages.get().package.code == "care"
    assert results(mei) == ["done", "done", "done"]


def test_a_segment_brings_people_in(mei) -> None:
    segment = Segment.objects.create(code="all", name=words("所有人"))
    save(segment, {"all": [{"field": "last_order", "op": "at_least", "n": 0}]}, by=None)
    publish_segment(segment, 1, by=None, instead_of=0)
    segment_field.forget()
    playbook = a_playbook(WEEK, trigger={"kind": "segment", "segment": "all"})

    SegmentMember.objects.all().delete()
    found = refresh(segment)

    assert set(Enrolment.objects.values_list("customer", flat=True)) == set(found.came)
    assert Playbook.objects.get(pk=playbook.pk).hears == "segment:all"


def test_an_event_brings_people_in_at_its_place_and_hour(mei, west_lake) -> None:
    trigger = {"kind": "event", "event": "visit.made", "stores": [west_lake.code], "from": "17:00", "until": "21:00"}
    a_playbook(WEEK, trigger=trigger)
    evening = timezone.localtime().replace(hour=18, minute=0) - timedelta(days=1)

    mei.record("visit.made", at=evening.replace(hour=12), store=west_lake.pk, visit=1)
    mei.record("visit.made", at=evening, visit=1)
    news.sweep()
    assert not Enrolment.objects.exists()
    mei.record("visit.made", at=evening, store=west_lake.pk, visit=1)
    news.sweep()

    assert way(mei).why["event"] == "visit.made"
    assert not PlaybookNews.objects.exists()


def test_a_day_brings_people_in_once_and_catches_up(mei) -> None:
    today = timezone.localdate()
    Customer.objects.filter(pk=mei.pk).update(birth_month=today.month, birth_day=today.day)
    playbook = a_playbook(WEEK, trigger={"kind": "date", "of": "birthday", "days": 7})

    assert dates.take_in(today - timedelta(days=8)) == 0
    assert dates.take_in(today - timedelta(days=5)) == 1, "the day itself was missed, the house was down"
    assert dates.take_in(today - timedelta(days=5)) == 0
    assert way(mei).why == {"date": "birthday", "on": str(today - timedelta(days=7))}
    assert Playbook.objects.get(pk=playbook.pk).dated_on == today - timedelta(days=5)


def test_paused_nobody_moves_and_nobody_is_lost(mei, gu) -> None:
    playbook = a_playbook(POINTS)
    playbooks.pause(playbook, by=gu)

    assert put_in(playbook, mei) == [mei.pk]
    playbooks.advance()
    assert results(mei) == []
    with pytest.raises(TransitionRefused):
        playbooks.pause(playbook, by=gu)
    playbooks.resume(playbook, by=gu)
    playbooks.advance()
    assert results(mei) == ["done"]


def test_people_stay_on_their_version(mei, cast) -> None:
    other = Customer.objects.create(number="C-2")
    playbook = a_playbook({"kind": "wait", "days": 1}, POINTS)
    put_in(playbook, mei)
    playbooks.advance()
    drafting.put_step(playbook, {"kind": "points", "points": "7"}, key="k1")
    playbooks.publish(playbook, 2, by=None, instead_of=1)
    put_in(playbook, other)
    playbooks.advance()

    later(days=2)
    playbooks.advance()

    assert PointsAccount.objects.of(mei).available == 50
    assert PointsAccount.objects.of(other).available == 7


def test_a_published_version_never_changes(cast) -> None:
    playbook = a_playbook(POINTS)

    with pytest.raises(IntegrityError), transaction.atomic():
        PlaybookVersion.objects.filter(playbook=playbook).update(content={})
    with pytest.raises(IntegrityError), transaction.atomic():
        PlaybookVersion.objects.filter(playbook=playbook).delete()


def test_a_message_goes_by_the_rules_and_says_why_not(mei) -> None:
    scene = OutreachScene.objects.create(code="hello", name=words("问候", "問候", "Hello"))
    ChannelChoice.objects.create(scene=scene, ways=["sms"])
    segment_field.forget()
    put_in(a_playbook({"kind": "message", "scene": "hello"}, POINTS), mei)
    playbooks.advance()

    run = StepRun.objects.filter(enrolment__customer=mei).order_by("pk")[0]
    assert (run.result, run.details["reason"]) == ("held", "no_consent")
    assert Outreach.objects.get(customer=mei).pk == run.details["outreach"]
    assert results(mei) == ["held", "done"]


def test_figures_count_each_side_and_say_nothing_too_early(cast) -> None:
    people = [Customer.objects.create(number=f"C-{n}") for n in range(200)]
    playbook = a_playbook(WEEK, rules={"holdout": 50})
    put_in(playbook, *people)
    playbooks.advance()

    assert figures.effect(figures.reckon(playbook)) is None, "nobody's time for the goal is over"
    Enrolment.objects.update(goal_until=timezone.now() - timedelta(hours=1))
    on = Enrolment.objects.exclude(state=State.CONTROL)
    on.filter(pk__in=list(on.values_list("pk", flat=True)[:60])).update(goal_at=timezone.now())
    found = figures.reckon(playbook)
    effect = figures.effect(found)

    assert effect is not None
    assert effect.control.reached == 0
    assert effect.sure
    assert effect.low < effect.points < effect.high
    assert found["inside"] == found["sides"]["on"]["people"] == found["here"]["k0"]


def test_wilson_and_newcombe_as_published() -> None:
    """Newcombe 1998, table II, first row: 56/70 against 48/80, 95 %: 0.0524 to 0.3339."""
    effect = figures.effect({"sides": {
        "on": {"ripe": 70, "ripe_reached": 56}, "control": {"ripe": 80, "ripe_reached": 48},
    }})  # fmt: skip

    assert effect is not None
    assert (round(effect.low, 2), round(effect.high, 2)) == (5.24, 33.39)


def test_a_flow_is_changed_in_place() -> None:
    steps: list[dict[str, Any]] = []
    steps = flow.insert(steps, "", {"kind": "fork", "by": "random", "share": 50})
    fork = steps[0]["key"]
    steps = flow.insert(steps, fork, {"kind": "out"})
    steps = flow.insert(steps, f"{fork}.yes", {"kind": "points", "points": 1})
    yes = steps[0]["yes"][0]["key"]

    assert flow.following(steps) == {
        fork: {"yes": yes, "no": steps[1]["key"]}, yes: {"": steps[1]["key"]}, steps[1]["key"]: {"": ""},
    }  # fmt: skip
    assert flow.change(steps, fork, {"kind": "fork", "by": "random", "share": 10})[0]["yes"] == steps[0]["yes"]
    assert [one["kind"] for one in flow.move(steps, fork, 1)] == ["out", "fork"]
    assert flow.remove(steps, fork) == steps[1:]
    with pytest.raises(TransitionRefused):
        flow.insert(steps, "gone", {"kind": "out"})


def test_parked_for_a_week_and_out(mei) -> None:
    Customer.objects.filter(pk=mei.pk).update(advisor=None, home_store=None)
    put_in(a_playbook(CALL), mei)
    playbooks.advance()

    assert walking.show_out_parked(timezone.now() - timedelta(days=7)) == 0
    assert walking.show_out_parked(timezone.now() + timedelta(seconds=1)) == 1
    assert way(mei).end == End.PARKED


def test_of_two_records_joined_the_later_way_ends(mei, gu) -> None:
    other = Customer.objects.create(number="C-2")
    playbook = a_playbook(POINTS)
    for first, second in ((mei, other), (other, mei)):
        Enrolment.objects.all().delete()
        put_in(playbook, first, at=timezone.now() - timedelta(minutes=5))
        put_in(playbook, second)
        done = merge(mei, other, by=gu, reason="One person")
        playbooks.advance()

        rows = Enrolment.objects.order_by("entered_at")
        assert [row.end for row in rows] == [End.WALKED, End.JOINED]
        unmerge(done, by=gu, reason="two sisters")


def test_of_two_news_in_one_sweep_each_counts(mei) -> None:
    put_in(a_playbook(WEEK, rules={"holdout": 0, "leave": ["consent.withdrawn"]}, code="leaves"), mei)
    waits = {"kind": "wait", "days": 7, "events": ["visit.made"]}
    put_in(a_playbook(waits, code="visits"), mei)
    playbooks.advance()

    mei.record("case.opened", case="1", subject="Zip")
    mei.record("visit.made", visit=1)
    mei.record("consent.withdrawn", purpose="marketing", channel="sms")
    news.sweep()
    playbooks.advance()

    ends = dict(Enrolment.objects.values_list("playbook__code", "end"))
    assert ends == {"leaves": End.EVENT, "visits": End.EVENT}
    Enrolment.objects.all().delete()
    put_in(a_playbook(WEEK, code="buys"), mei)
    put_in(a_playbook(waits, code="comes"), mei)
    playbooks.advance()
    mei.record("visit.made", visit=1)
    mei.record("order.paid", number="A-1")
    news.sweep()
    playbooks.advance()
    assert set(results(mei)) == {"heard"}
    assert len(results(mei)) == 2


def test_a_contact_held_back_is_not_made_when_the_way_is_over(mei, ruoan) -> None:
    scene = OutreachScene.objects.create(code="hello", name=words("问候", "問候", "Hello"))
    segment_field.forget()
    put_in(a_playbook({"kind": "message", "scene": "hello"}), mei)
    soon = timezone.now() + timedelta(hours=9)
    held = Outreach.objects.create(customer=mei, scene=scene, kind="marketing", key="k", state="held", reason="quiet",
                                   until=soon, valid_until=soon)  # fmt: skip
    Enrolment.objects.update(doing={"outreach": held.pk})

    way(mei).take_out(by=ruoan)

    held.refresh_from_db()
    assert held.state == Outreach.State.CANCELLED


def test_one_playbook_that_cannot_run_stops_no_other(mei, monkeypatch) -> None:
    broken = a_playbook(POINTS, code="broken")
    put_in(broken, mei)
    put_in(a_playbook(POINTS, code="fine"), mei)
    real = crowd.take

    def take(playbook, at_most):
        if playbook == broken:
            raise KeyError("odd")
        return real(playbook, at_most)

    monkeypatch.setattr(crowd, "take", take)
    playbooks.advance()

    assert PointsAccount.objects.of(mei).available == 50


def test_whom_there_is_no_time_for_is_given_back_untried(cast, monkeypatch) -> None:
    people = [Customer.objects.create(number=f"C-{n}") for n in range(5)]
    put_in(a_playbook(POINTS), *people)
    lease, ids, _found = crowd.take(Playbook.objects.get(), 5)

    walking.give_back(ids, lease)

    assert set(Enrolment.objects.values_list("tries", flat=True)) == {0}
    playbooks.advance()
    assert Enrolment.objects.filter(end=End.WALKED).count() == 5

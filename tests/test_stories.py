"""Stories of the brand replayed with the ready playbooks: S5 comes back, S6 the birthday, S8 the potential customer."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from customers.models import Consent, Customer, Event, Identity, Metrics, Segment, Task
from customers.segments.refreshing import refresh
from customers.segments.verbs import pin, save
from customers.segments.verbs import publish as publish_segment
from journeys import packages, playbooks
from journeys.models import Enrolment, HeldPackage, Playbook, StepRun
from journeys.packages.drafting import put_line
from journeys.playbooks import dates, news
from journeys.playbooks.people import of_customer
from journeys.playbooks.ready import ready
from journeys.tests.test_packages import VISIT
from journeys.tests.test_playbooks import later
from loyalty.models import Coupon, CouponTemplate, Level, LevelMembership, PointsAccount, Programme
from scrm.demo import channels
from scrm.kernel import segment_field
from scrm.kernel.words import words
from touchpoints.models import Outreach

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _brand(cast) -> Iterator[None]:
    channels.plant_set_up()
    CouponTemplate.objects.create(code="OLD50", name=words("老朋友"), kind="amount", group="amount", amount=5000,
                                  state="published", days_valid=30)  # fmt: skip
    main = Programme.objects.main()
    for rank, code in enumerate(("friend", "gold", "black")):
        Level.objects.get_or_create(programme=main, code=code, defaults={"rank": rank, "name": words(code)})
    with translation.override("en"):
        yield


def segment(code: str, rule: dict[str, Any]) -> Segment:
    made = Segment.objects.create(code=code, name=words(code))
    publish_segment(made, save(made, rule, by=None).number, by=None, instead_of=0)
    refresh(made)
    return made


def runs(code: str) -> Playbook:
    """The ready flow, published with nobody kept out."""
    segment_field.forget()
    one = ready(code)
    assert one is not None
    content = {**one.content, "rules": {**one.content["rules"], "holdout": 0}}
    playbook = playbooks.make(code, one.name, by=None, content=content)
    playbooks.publish(playbook, 1, by=None, instead_of=0)
    return playbook


def reachable(customer: Customer, advisor: Any) -> None:
    Customer.objects.filter(pk=customer.pk).update(advisor=advisor)
    Consent.objects.create(customer=customer, purpose="marketing", channel="sms", given=True)
    assert Identity.objects.filter(customer=customer, kind="phone").exists()


def steps(customer: Customer) -> list[tuple[str, str]]:
    return list(StepRun.objects.filter(enrolment__customer=customer).order_by("pk").values_list("node", "result"))


def test_s5_half_a_year_away_a_coupon_the_advisors_call_and_back(mei, ruoan) -> None:
    reachable(mei, ruoan)
    away = segment("away-180", {"all": [{"field": "last_order", "op": "at_least", "n": 180}]})
    runs("wake")
    day = timezone.localdate() - timedelta(days=187)
    Metrics.objects.filter(customer=mei).delete()
    Metrics.objects.create(customer=mei, first_on=day, last_on=day, orders=1, days=1, spent=80_000, r=1, f=1, m=3,
                           r_cut=1, f_cut=1, m_cut=3, lifecycle="dormant", as_of=timezone.localdate())  # fmt: skip

    refresh(away)
    playbooks.advance()
    assert Coupon.objects.get(customer=mei).template.code == "OLD50"
    contact = Outreach.objects.get(customer=mei)
    if contact.state == "held":  # the night is quiet: the person waits at the step
        assert contact.reason == "quiet"
        assert steps(mei) == [("give", "done")]
        Outreach.objects.filter(pk=contact.pk).update(state="sent", until=None, reason="")
        Enrolment.objects.update(due_at=timezone.now())
        playbooks.advance()
    assert steps(mei) == [("give", "done"), ("greet", "done")]
    later(days=8)
    playbooks.advance()
    call = Task.objects.get(customer=mei, state="open")
    assert (call.owner, call.what) == (ruoan, "打电话问候，或者约到店") or call.owner == ruoan
    call.finish(by=ruoan, outcome="Comes on Saturday")
    news.sweep()
    playbooks.advance()
    mei.record("order.paid", number="A-1")
    news.sweep()

    way = Enrolment.objects.get(customer=mei)
    assert (way.state, way.end, way.goal_at is not None) == ("ended", "walked", True)
    assert steps(mei)[2:] == [("week", "over"), ("came", "no"), ("call", "done")]
    assert Event.objects.filter(customer=mei, kind="task.done").exists()
    told = of_customer(mei, ruoan)["ways"][0]
    assert told.came_by == "came into the segment “away-180”"


def test_s6_the_highest_levels_are_called_others_get_points_and_a_wish(mei, ruoan) -> None:
    reachable(mei, ruoan)
    soon = timezone.localdate() + timedelta(days=3)
    other = Customer.objects.create(number="C-2", home_store=mei.home_store)
    Customer.objects.filter(pk__in=[mei.pk, other.pk]).update(birth_month=soon.month, birth_day=soon.day)
    gold = Level.objects.get(programme=Programme.objects.main(), code="gold")
    LevelMembership.objects.filter(customer=mei).delete()
    LevelMembership.objects.create(customer=mei, programme=gold.programme, level=gold, rank=gold.rank,
                                   since=timezone.localdate(), origin="given")  # fmt: skip
    runs("birthday")

    assert dates.take_in() == 2
    playbooks.advance()
    later(days=4)
    playbooks.advance()

    assert "Birthday" in Task.objects.get(customer=mei).what or "生日" in Task.objects.get(customer=mei).what
    assert PointsAccount.objects.of(other).available == 200
    assert steps(other)[-1] == ("wish", "held"), "nobody asked for letters: it says why nothing was sent"
    assert StepRun.objects.get(enrolment__customer=other, node="wish").details["reason"] in ("no_consent", "no_way")


def test_s8_who_looks_at_premium_goods_gets_a_package_and_is_invited(mei, ruoan, gu) -> None:
    reachable(mei, ruoan)
    looks = segment("premium-lookers", {"all": [{"field": "spent", "op": "at_least", "n": 1_000_000}]})
    package = packages.make("after-work", words("下班回血", "下班回血", "After work"), by=None)
    put_line(package, "", VISIT)
    packages.publish(package, 1, by=None, instead_of=0)
    runs("potential")

    pin(looks, mei, by=gu, why="Three months of massage chairs")
    playbooks.advance()
    assert HeldPackage.objects.get(customer=mei).package == package
    Enrolment.objects.update(due_at=timezone.now())
    Outreach.objects.filter(state="held").update(state="sent", until=None, reason="")
    playbooks.advance()
    mei.record("trial.logged", name="H08")
    news.sweep()
    playbooks.advance()

    assert [result for _node, result in steps(mei)][-2:] == ["heard", "yes"]
    assert Task.objects.get(customer=mei, state="open").owner == ruoan

"""The pages of playbooks: made, changed, published, paused; who is where, who is stuck; tried without a trace."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Customer, Event, Segment, Task
from journeys import playbooks
from journeys.models import Enrolment, Playbook, PlaybookVersion, StepRun
from journeys.playbooks import drafting, figures
from journeys.playbooks.ready import READY
from journeys.playbooks.uses import of_segment
from journeys.tests.test_playbooks import CALL, POINTS, WEEK, _english, a_playbook, put_in, way  # noqa: F401
from loyalty.models import Coupon, CouponTemplate
from scrm.kernel import segment_field
from scrm.kernel.words import words
from touchpoints.models import Outreach

HTMX = {"HX-Request": "true"}
EDIT = "/playbooks/calm/edit/"


def edition() -> str:
    draft = Playbook.objects.get(code="calm").draft
    return str(draft.edition if draft else 0)


def test_an_operator_makes_one_from_nothing(cast, gu, client: Client) -> None:
    client.force_login(gu)

    assert client.post("/playbooks/new/", {"code": "calm", "name_en": "Calm"}).url == EDIT
    assert client.post("/playbooks/new/", {"code": "calm", "name_en": "Calm"}).status_code == 422
    assert client.post("/playbooks/new/", {"code": "parked", "name_en": "Calm"}).status_code == 422
    trigger = {"do": "trigger", "kind": "event", "s-event": "order.paid", "edition": edition()}
    assert client.post(EDIT, {**trigger, "s-event": "odd"}).status_code == 422
    assert client.post(EDIT, trigger).status_code == 302
    stale = client.post(EDIT, {"do": "put", "kind": "points", "s-points": "77", "place": "", "edition": "1"})
    assert stale.status_code == 422
    assert "77" in stale.content.decode()
    assert client.post(EDIT, {"do": "put", "kind": "points", "s-points": "0", "edition": edition()}).status_code == 422
    assert client.post(EDIT, {"do": "put", "kind": "odd", "edition": edition()}).status_code == 422
    assert client.post(EDIT, {"do": "put", "kind": "points", "s-points": "20", "edition": edition()}).status_code == 302
    key = Playbook.objects.get(code="calm").draft.steps[0]["key"]
    fork = {"do": "put", "kind": "fork", "s-by": "random", "s-share": "50", "place": key, "edition": edition()}
    assert client.post(EDIT, fork).status_code == 302
    fork_key = Playbook.objects.get(code="calm").draft.steps[1]["key"]
    out = {"do": "put", "kind": "out", "place": f"{fork_key}.no", "edition": edition()}
    assert client.post(EDIT, out).status_code == 302
    change = {"do": "put", "kind": "points", "s-points": "30", "key": key, "edition": edition()}
    assert client.post(EDIT, change).status_code == 302
    assert client.post(EDIT, {"do": "down", "key": key, "edition": edition()}).status_code == 302
    assert client.post(EDIT, {"do": "up", "key": key, "edition": edition()}).status_code == 302
    assert client.post(EDIT, {"do": "remove", "key": "gone", "edition": edition()}).status_code == 422
    rules = {"do": "rules", "s-holdout": "20", "s-again": "", "s-leave": ["refund.made"], "edition": edition()}
    assert client.post(EDIT, rules).status_code == 302
    assert client.post(EDIT, {"do": "goal", "s-days": "900", "edition": edition()}).status_code == 422

    page = client.get(EDIT).content.decode()
    assert "30 points" in page
    assert "20 per cent hear nothing" in page
    assert client.post("/playbooks/calm/publish/", {"number": "1", "instead_of": "0"}).status_code == 302
    assert client.post("/playbooks/calm/publish/", {"number": "1", "instead_of": "0"}).status_code == 422
    assert client.post("/playbooks/calm/turn/", {"do": "odd"}).status_code == 422
    for deed in ("pause", "resume", "retire"):
        assert client.post("/playbooks/calm/turn/", {"do": deed}).status_code == 302
        assert client.post("/playbooks/calm/turn/", {"do": deed}).status_code == 422


def test_what_cannot_run_is_not_published(cast, gu, client: Client) -> None:
    client.force_login(gu)
    client.post("/playbooks/new/", {"code": "calm", "name_en": "Calm", "ready": "wake"})

    page = client.get("/playbooks/calm/").content.decode()
    assert "choose one of those on offer" in page, "its coupon and segment are not there"
    assert client.post("/playbooks/calm/publish/", {"number": "1", "instead_of": "0"}).status_code == 422
    assert Playbook.objects.get(code="calm").state == "draft"
    assert PlaybookVersion.objects.get().state == "draft"


@pytest.mark.parametrize("one", READY, ids=lambda one: one.code)
def test_ready_ones_have_the_shape_of_a_draft(cast, gu, client: Client, one) -> None:
    client.force_login(gu)
    client.post("/playbooks/new/", {"code": one.code, "name_en": one.code, "ready": one.code})

    assert client.get(f"/playbooks/{one.code}/edit/").status_code == 200
    assert client.get(f"/playbooks/{one.code}/").status_code == 200
    kinds = {part for part, _words in drafting.troubles(one.content)}
    assert not kinds & {"goal", "rules", "steps"}


def test_the_pages_ask_little(mei, gu, client: Client, django_assert_max_num_queries) -> None:
    people = [Customer.objects.create(number=f"C-{n}") for n in range(30)]
    for code in ("one", "two", "three"):
        playbook = a_playbook(
            WEEK, {"kind": "fork", "by": "heard", "yes": [{"key": "y", **POINTS}], "no": []}, CALL, code=code
        )
        put_in(playbook, mei, *people)
    playbooks.advance()
    Enrolment.objects.filter(customer__in=people[:5]).update(
        state="parked", due_at=None, parked_at=timezone.now(), trouble="nobody"
    )
    figures.reckon_all()
    client.force_login(gu)

    for path, most in (
        ("/playbooks/", 12), ("/playbooks/one/", 14), ("/playbooks/one/edit/", 14), ("/playbooks/one/people/", 12),
        ("/playbooks/parked/", 12), (f"/clients/{mei.number}/playbooks/", 14),
    ):  # fmt: skip
        client.get(path)
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200, path


def test_a_trial_writes_nothing(mei, ruoan, gu, client: Client) -> None:
    Customer.objects.filter(pk=mei.pk).update(advisor=ruoan)
    CouponTemplate.objects.create(code="OLD50", name=words("老朋友", "老朋友", "Old friend"), kind="amount",
                                  group="amount", amount=5000, state="published")  # fmt: skip
    segment_field.forget()
    fork = {"kind": "fork", "by": "heard", "yes": [{"key": "y", **POINTS}], "no": [{"key": "n", **CALL}]}
    a_playbook({"kind": "coupon", "coupon": "OLD50"}, WEEK, fork)
    client.force_login(gu)
    ask = {"number": mei.number, "until": str(timezone.localdate() + timedelta(days=30))}
    before = Event.objects.count()

    quiet = client.get("/playbooks/nurture/trial/", ask).content.decode()
    buys = client.get("/playbooks/nurture/trial/", {**ask, "event": "order.paid", "after": "3"}).content.decode()
    early = client.get("/playbooks/nurture/trial/", {**ask, "until": str(timezone.localdate())}).content.decode()

    trial = re.search(r'<ol class="b-run b-mt">.*?</ol>', quiet, re.DOTALL)[0]
    assert "Old friend" in trial
    assert "Call" in trial
    assert "50 points" in re.search(r'<ol class="b-run b-mt">.*?</ol>', buys, re.DOTALL)[0]
    assert "Stands here" in early
    assert (Event.objects.count(), Coupon.objects.count(), Task.objects.count(), Enrolment.objects.count()) == (
        before, 0, 0, 0,
    )  # fmt: skip
    assert not Outreach.objects.exists()
    for odd in ({"number": "no-such"}, {"until": "2020-01-01"}, {"event": "odd"}, {"after": "-1"}, {"number": "a\0b"}):
        assert client.get("/playbooks/nurture/trial/", {**ask, **odd}).status_code == 422


def test_a_trial_of_a_stranger_is_refused(mei, ruoan, client: Client) -> None:
    stranger = Customer.objects.create(number="C-9")
    a_playbook(POINTS)
    client.force_login(ruoan)

    ask = {"number": stranger.number, "until": str(timezone.localdate())}
    assert client.get("/playbooks/nurture/trial/", ask).status_code == 422


def test_stuck_people_are_seen_to_in_one_go(mei, ruoan, gu, client: Client) -> None:
    people = [Customer.objects.create(number=f"C-{n}") for n in range(3)]
    put_in(a_playbook(CALL), *people)
    playbooks.advance()
    client.force_login(gu)

    page = client.get("/playbooks/parked/").content.decode()
    assert "3 customers are stuck" in page
    assert client.post("/playbooks/parked/", {"do": "retry"}).status_code == 422
    assert client.post("/playbooks/parked/", {"do": "odd", "who": ["1"]}).status_code == 422
    ids = [way(one).pk for one in people]
    assert client.post("/playbooks/parked/", {"do": "skip", "who": ids[:2]}).status_code == 302
    again = client.post("/playbooks/parked/", {"do": "out", "who": [*ids, "x", "9" * 30]}, follow=True)
    assert "3 customers seen to" in again.content.decode(), "out goes whoever is still inside"
    assert StepRun.objects.filter(result="skipped").count() == 2
    assert set(Enrolment.objects.values_list("end", flat=True)) == {"hand"}


def test_a_lead_sees_only_customers_of_the_own_stores_stuck(mei, he, client: Client) -> None:
    stranger = Customer.objects.create(number="C-9")
    put_in(a_playbook(CALL), stranger)
    playbooks.advance()
    client.force_login(he)

    assert "Nobody is stuck" in client.get("/playbooks/parked/").content.decode()
    client.post("/playbooks/parked/", {"do": "out", "who": [way(stranger).pk]})
    assert way(stranger).state == "parked"
    assert stranger.number not in client.get("/playbooks/nurture/people/").content.decode()


def test_the_customers_page_says_why_and_lets_out(mei, gu, client: Client) -> None:
    put_in(a_playbook(POINTS, WEEK), mei)
    playbooks.advance()
    client.force_login(gu)
    path = f"/clients/{mei.number}/playbooks/"

    page = client.get(path).content.decode()
    assert "50 points" in page
    assert "Wait 7 days" in page
    out = f"{path}{way(mei).pk}/out/"
    assert client.post(out, headers=HTMX).status_code == 200
    assert client.post(out, headers=HTMX).status_code == 422
    assert "Taken out of the playbook" in client.get(f"/customers/{mei.number}/").content.decode()


def test_people_are_listed_by_step_and_result(mei, gu, client: Client) -> None:
    other = Customer.objects.create(number="C-2")
    put_in(a_playbook(POINTS, WEEK), mei, other)
    playbooks.advance()
    client.force_login(gu)

    for question, n in (("", 2), ("?at=k1", 2), ("?at=k0&came=done", 2), ("?at=k0&came=held", 0), ("?state=control", 0),
                        ("?at=%00&came=x&state=odd&after=odd", 0)):  # fmt: skip
        page = client.get(f"/playbooks/nurture/people/{question}")
        assert page.status_code == 200
        if question != "?at=%00&came=x&state=odd&after=odd":
            assert len(re.findall(r'<li class="s-line">', page.content.decode())) == n, question


def test_a_segment_says_which_playbooks_use_it(cast, gu, client: Client) -> None:
    Segment.objects.create(code="bench", name=words("人群"), state="live", version=1)
    segment_field.forget()
    a_playbook(WEEK, code="by-segment", trigger={"kind": "segment", "segment": "bench"})
    fork = {"kind": "fork", "by": "segment", "segment": "bench", "yes": [], "no": []}
    a_playbook(fork, code="by-fork")
    a_playbook(WEEK, code="not-at-all")

    effects = {use.url: use.effect for use in of_segment("bench")}

    assert set(effects) == {"/playbooks/by-segment/", "/playbooks/by-fork/"}
    assert "walks on" in effects["/playbooks/by-segment/"]

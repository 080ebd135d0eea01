"""The pages of maps and questions: what is shown, done and refused, to two editors and to outsiders."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conftest import person
from journeys import bank
from journeys.models import JourneyMap, MapFigure, MapNote, Question, QuestionAnswer, Told
from journeys.tests.test_maps import a_map, a_point, a_question
from scrm.kernel.words import words
from staff.models import Role
from tickets.models import Topic
from touchpoints.models import TouchDay, Touchpoint

HTMX = {"HX-Request": "true"}


def at(point, deed: str = "") -> str:
    return f"/journeys/shoes/{point.pk}/{deed}"


def test_an_operator_begins_a_map_and_draws_on_it(cast, gu, client: Client) -> None:
    client.force_login(gu)

    assert client.post("/journeys/new/", {"code": "new", "trade": "apparel", "en": "Shoes"}).status_code == 422
    assert client.post("/journeys/new/", {"code": "shoes", "trade": "odd", "en": "Shoes"}).status_code == 422
    made = client.post("/journeys/new/", {"code": "shoes", "trade": "apparel", "en": "Shoes"})
    assert made.url == "/journeys/shoes/"
    assert client.post("/journeys/new/", {"code": "shoes", "trade": "apparel", "en": "x"}).status_code == 422
    point = a_point(JourneyMap.objects.get())
    assert client.post(at(point, "feel/"), {"feeling": "-0.8", "version": "1"}).status_code == 302
    assert client.post(at(point, "notes/"), {"kind": "pain", "words": "Four days", "verbatim": "on",
                                             "version": "2"}).status_code == 302  # fmt: skip
    drawn = client.get("/journeys/shoes/").content.decode()

    assert "Exchanges feels −0.8" in drawn
    assert "Four days" in drawn
    assert "<svg viewBox" in drawn
    assert 'style="' not in drawn
    dropped = client.post(at(point, "notes/drop/"), {"note": str(MapNote.objects.get().pk), "version": "3"})
    assert dropped.status_code == 302
    assert client.post("/journeys/shoes/undo/", headers=HTMX).status_code == 200
    assert client.post("/journeys/shoes/retire/").status_code == 302
    assert client.post("/journeys/shoes/retire/").status_code == 422
    assert "Out of use" in client.get("/journeys/").content.decode()


def test_the_slower_editor_sees_both_and_may_set_the_own_over_it(db, gu, client: Client) -> None:
    point = a_point(a_map())
    point.feel(3, by=gu, version=1)
    client.force_login(gu)

    for sent_from, shown in (("", "Set mine over it"), ("map", 'id="map"')):
        late = client.post(at(point, "feel/"), {"feeling": "-0.5", "version": "1", "from": sent_from}, headers=HTMX)
        page = late.content.decode()
        assert late.status_code == 409
        assert "Somebody was faster" in page
        assert "<dd>+0.3</dd>" in page
        assert "<dd>-0.5</dd>" in page
        assert shown in page
    late = client.post(at(point, "notes/"), {"kind": "pain", "words": "My <b>words", "version": "1"})
    assert late.status_code == 409
    assert "My &lt;b&gt;words" in late.content.decode()
    point.refresh_from_db()
    assert point.feeling == 3
    assert client.post(at(point, "feel/"), {"feeling": "-0.5", "version": "2"}).status_code == 302


@pytest.mark.parametrize(
    ("deed", "sent"),
    [
        ("feel/", {"feeling": "1.1", "version": "1"}), ("feel/", {"feeling": "NaN", "version": "1"}),
        ("feel/", {"feeling": "0.1"}), ("feel/", {"feeling": "0.1", "version": "9" * 30}),
        ("feel/", {"feeling": "0.1", "version": "1\0"}), ("notes/", {"kind": "odd", "words": "x", "version": "1"}),
        ("notes/", {"kind": "pain", "words": "a\0b", "version": "1"}),
        ("notes/", {"kind": "pain", "words": " ", "version": "1"}),
        ("measure/", {"topics": "gone", "version": "1"}), ("notes/drop/", {"note": "x", "version": "1"}),
    ],
)  # fmt: skip
def test_odd_input_is_refused_and_changes_nothing(db, gu, client: Client, deed: str, sent: dict[str, str]) -> None:
    point = a_point(a_map())
    client.force_login(gu)

    for more in ({}, {"from": "map"}):
        assert client.post(at(point, deed), sent | more).status_code == 422

    point.refresh_from_db()
    assert (point.version, point.feeling) == (1, None)


def test_what_is_not_there_is_404(db, gu, client: Client) -> None:
    point = a_point(a_map())
    a_map("other")
    client.force_login(gu)

    for path in (f"/journeys/other/{point.pk}/", f"/journeys/shoes/{10**30}/", "/journeys/gone/", "/questions/gone/"):
        assert client.get(path).status_code == 404
    gone = client.post(at(point, "notes/drop/"), {"note": "999", "version": "1"})
    assert gone.status_code == 404


def test_who_sees_not_the_whole_brand_sees_feelings_and_the_figures_of_the_own_stores(
    cast, he, gu, client: Client
) -> None:
    point = a_point(a_map())
    point.feel(-4, by=gu, version=1)
    for code, store, volume in (("here", cast.west_lake, 417), ("there", cast.jingan, 3333), ("all", None, 7777)):
        touch = Touchpoint.objects.create(code=code, name=words(code), stage="buy", way="store", store=store)
        TouchDay.objects.create(touchpoint=touch, day=timezone.localdate(), volume=volume, asked=40, within=30,
                                reckoned_at=timezone.now())  # fmt: skip
    topic = Topic.objects.filter(used=True)[0].code
    point.measure(["here", "there", "all"], [topic], by=gu, version=2)
    for name, number in ((f"topic.{topic}", 888), ("stage.buy", 6666), ("step.came", 5555), ("step.met", 4444)):
        MapFigure.objects.create(name=name, number=number, reckoned_at=timezone.now())
    paths = ("/journeys/shoes/", at(point))

    def seen() -> str:
        return " ".join(client.get(path).content.decode() for path in paths)

    client.force_login(gu)
    brand = seen()
    client.force_login(he)
    own = seen()

    for number in ("11,527", "888", "6,666", "5,555"):
        assert number in brand
    for number in ("11,527", "3,333", "7,777", "888", "6,666", "5,555", "4,444"):
        assert number not in own
    assert own.count("417") == 2
    assert own.count("75 %") == 2
    assert "feels −0.4" in own
    assert "whole brand" in own
    point.measure(["there"], [topic], by=gu, version=3)
    assert "not counted yet" not in seen()


def test_the_pages_ask_little(mei, gu, ke, client: Client, django_assert_max_num_queries) -> None:
    point = a_point(a_map())
    point.note("pain", "x", by=gu, verbatim=False, version=1)
    a_question()
    client.force_login(gu)

    of_mei = reverse("journeys:questions_of", args=[mei.number])
    for path, most in (("/journeys/", 12), ("/journeys/shoes/", 14), (at(point), 14), ("/questions/", 12),
                       ("/questions/gift-for/", 14), (of_mei, 14)):  # fmt: skip
        client.get(path)
        with django_assert_max_num_queries(most):
            assert client.get(path).status_code == 200


def test_an_operator_writes_a_question_and_its_answers(cast, gu, client: Client) -> None:
    client.force_login(gu)

    new = {"code": "who", "scene": "gift", "dimension": "liking", "en": "Who is it for?"}
    assert client.post("/questions/new/", new | {"scene": "odd"}).status_code == 422
    assert client.post("/questions/new/", new).url == "/questions/who/"
    assert client.post("/questions/new/", new).status_code == 422
    page = "/questions/who/"
    answer = {"do": "answer", "value": "parents", "en": "Parents", "need": "advice"}
    assert client.post(page, answer | {"need": "odd"}).status_code == 422
    assert client.post(page, answer | {"value": "a\0"}).status_code == 422
    assert client.post(page, {"do": "odd"}).status_code == 422
    assert client.post(page, answer).status_code == 302
    assert client.post(page, answer | {"en": "Mum and Dad"}).status_code == 302
    assert str(QuestionAnswer.objects.get().words) == "Mum and Dad"
    assert "Mum and Dad" in client.get("/questions/").content.decode()
    assert client.post(page, {"do": "remove", "value": "parents"}).status_code == 302
    assert client.post(page, {"do": "remove", "value": "parents"}).status_code == 422
    assert client.post(page, {"do": "retire"}).status_code == 302
    assert client.post(page, {"do": "retire"}).status_code == 422
    bank.make("next", words("", "", "Next?"), by=None, scene=Question.objects.get().scene,
              dimension=Question.objects.get().dimension)  # fmt: skip
    client.post("/questions/next/up/")
    assert [one.code for one in Question.objects.all()] == ["next", "who"]


def test_an_answer_is_two_taps_and_is_not_asked_again(mei, ke, client: Client) -> None:
    answer = a_question().answers.get()
    client.force_login(ke)
    tell = reverse("journeys:tell", args=[mei.number])

    assert "Parents" in client.get(reverse("journeys:questions_of", args=[mei.number]) + "?scene=gift").content.decode()
    page = client.post(tell, {"answer": str(answer.pk), "scene": "gift"}, headers=HTMX).content.decode()
    assert "Known:" in page
    assert "Nothing left to ask" in page
    for odd in ("", "x", "٣", "9" * 40, "-1"):
        assert client.post(tell, {"answer": odd}, headers=HTMX).status_code == 404
    back = reverse("journeys:take_back_told", args=[mei.number, Told.objects.get().pk])
    assert "Known:" not in client.post(back, {"scene": "a\0"}, headers=HTMX).content.decode()
    assert client.post(back, headers=HTMX).status_code == 422


def test_outsiders_find_nothing(mei, ke, zhao, cast, client: Client) -> None:
    point, answer = a_point(a_map()), a_question().answers.get()
    told = Told.tell(mei, answer, by=ke)
    client.force_login(zhao)

    assert client.get(reverse("journeys:questions_of", args=[mei.number])).status_code == 404
    assert client.post(reverse("journeys:tell", args=[mei.number]), {"answer": str(answer.pk)}).status_code == 404
    assert client.post(reverse("journeys:take_back_told", args=[mei.number, told.pk])).status_code == 404
    for path in ("/journeys/", "/journeys/shoes/", at(point), "/questions/", "/questions/gift-for/"):
        assert client.get(path).status_code == 403
    client.force_login(person("elsewhere", Role.LEAD, store=cast.jingan, hans="远", hant="遠", en="Elsewhere"))
    assert client.get("/journeys/shoes/").status_code == 200
    for path in (at(point, "feel/"), at(point, "notes/"), "/journeys/shoes/undo/", "/questions/gift-for/"):
        assert client.post(path, {"feeling": "0.1", "version": "1"}).status_code == 403

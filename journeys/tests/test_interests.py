"""Open interests and the word of the week: their moves, what refuses them, what stands of them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Event
from customers.privacy import erase
from journeys.interests import book_of
from journeys.models import HealthWord, OpenInterest
from journeys.models.health import week_of
from scrm.kernel.refusals import TransitionRefused


@pytest.fixture
def shoes(mei, ruoan) -> OpenInterest:
    return OpenInterest.begin(mei, "Running shoes", by=ruoan, worth=129_000)


def test_from_first_word_to_bought(shoes, ruoan) -> None:
    shoes.move(by=ruoan, stage="tried", next_step="Offer", next_on=timezone.localdate() + timedelta(days=2))
    shoes.win(by=ruoan)

    shoes.refresh_from_db()
    assert (shoes.stage, shoes.before_end) == ("won", "tried")
    kinds = list(Event.objects.filter(kind__startswith="interest.").order_by("pk").values_list("kind", flat=True))
    assert kinds == ["interest.began", "interest.moved", "interest.won"]


def test_over_is_over_and_a_slip_is_taken_back(shoes, ruoan, he) -> None:
    shoes.lose(by=ruoan, why="Too narrow")

    for verb in (lambda: shoes.win(by=ruoan), lambda: shoes.move(by=ruoan, stage="tried"),
                 lambda: shoes.reopen(by=he)):  # fmt: skip
        with pytest.raises(TransitionRefused):
            verb()
    shoes.reopen(by=ruoan)
    shoes.refresh_from_db()
    assert (shoes.stage, shoes.lost_why, shoes.is_open) == ("wants", "", True)


def test_without_words_without_a_reason_and_with_a_strange_stage_it_is_refused(mei, shoes, ruoan) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    for verb in (
        lambda: OpenInterest.begin(mei, "  ", by=ruoan), lambda: shoes.lose(by=ruoan, why=" "),
        lambda: shoes.move(by=ruoan, stage="won"), lambda: shoes.move(by=ruoan, stage="tried", next_on=yesterday),
        lambda: OpenInterest.begin(mei, "Shoes", by=ruoan, worth=-1),
    ):  # fmt: skip
        with pytest.raises(TransitionRefused):
            verb()
    assert OpenInterest.objects.get().stage == "wants"


def test_the_funnel_counts_what_stands_and_what_ended(mei, shoes, ruoan) -> None:
    OpenInterest.begin(mei, "Massage chair", by=ruoan, worth=580_000)
    OpenInterest.begin(mei, "Gift box", by=ruoan).win(by=ruoan)
    OpenInterest.begin(mei, "Jacket", by=ruoan).lose(by=ruoan, why="Too long a wait")

    book = book_of(ruoan, whose="mine", cursor=None)

    assert [(step.code, step.people, step.worth) for step in book.steps][:2] == [("wants", 2, 709_000), ("tried", 0, 0)]
    assert (book.won, book.lost, book.share_won, book.whys) == (1, 1, 50, [("Too long a wait", 1)])


def test_nobody_elsewhere_sees_or_moves_it(client, shoes, mei, zhao, ke) -> None:
    for user, status in ((zhao, 403), (ke, 403)):
        client.force_login(user)
        answer = client.post(reverse("journeys:interest", args=[mei.number, shoes.pk]), {"verb": "won"})
        assert answer.status_code == status
    assert OpenInterest.objects.get().is_open


def test_one_word_a_week_and_a_worry_needs_its_reason(mei, ruoan) -> None:
    with pytest.raises(TransitionRefused):
        HealthWord.say(mei, "leaving", by=ruoan)
    with pytest.raises(TransitionRefused):
        HealthWord.say(mei, "in love", by=ruoan, why="x")
    HealthWord.say(mei, "close", by=ruoan)
    HealthWord.say(mei, "cooling", by=ruoan, why="Short answers")

    [word] = HealthWord.objects.all()
    assert (word.word, word.why, word.week) == ("cooling", "Short answers", week_of(timezone.localdate()))


def test_an_erased_customers_interests_and_words_are_gone(mei, shoes, ruoan, gu) -> None:
    HealthWord.say(mei, "close", by=ruoan)

    erase(mei, by=gu)

    assert not OpenInterest.objects.exists()
    assert not HealthWord.objects.exists()

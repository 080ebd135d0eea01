"""A customer's wish to try on, and who finds it: once, again after a change, and never with nobody."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connections
from django.utils import timezone

from customers.models import Customer, Task
from staff.models import User
from touchpoints import look_answers, looks
from touchpoints.models import Channel, Conversation, LookBoard, LookLink, Message
from touchpoints.outreach import conversation_with
from touchpoints.tests import test_looks

pytestmark = pytest.mark.django_db
coat, bag, board = test_looks.coat, test_looks.bag, test_looks.board


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


@pytest.fixture
def talk(mei):
    channel = Channel.objects.create(code="web", way="web", adapter="web", settings={"origins": []})
    talk = conversation_with(mei, channel, None, thread="v-1")
    talk.hear("在吗", at=timezone.now(), source="web", source_ref="v-1:1")
    return talk


def test_a_second_wish_after_a_change_is_heard(mei, ruoan, board) -> None:
    board.share(by=ruoan)
    assert look_answers.answer(board, {}, "", wants=True)
    board.take_back(by=ruoan)
    board.refresh_from_db()
    assert board.wanted_at is None
    board.share(by=ruoan)

    assert look_answers.answer(board, {}, "", wants=True)
    assert not look_answers.answer(board, {}, "", wants=True)
    assert mei.events.filter(kind="look.wanted").count() == 2
    assert Task.objects.count() == 1  # still on the list

    Task.objects.get().finish(by=ruoan)
    assert look_answers.answer(board, {}, "", wants=True)
    assert Task.objects.filter(state="open").count() == 1


def test_a_wish_on_a_saved_board_taken_back_and_made_again_is_one_step(mei, ruoan, bag) -> None:
    Customer.objects.filter(pk=mei.pk).update(advisor=ruoan)
    board = look_answers.save_from(mei, "Weekend", [bag], source="shop", key="k1")
    assert look_answers.answer(board, {}, "", wants=True)
    board.take_back(by=ruoan)
    board.share(by=ruoan)

    assert look_answers.answer(board, {}, "", wants=True)

    seen, wish = Task.objects.order_by("pk")
    assert (seen.state, wish.state) == ("open", "open")
    board.refresh_from_db()
    assert (board.task, board.wanted_at is not None) == (wish, True)
    wish.finish(by=ruoan)
    assert look_answers.answer(board, {}, "", wants=True)
    assert Task.objects.filter(state="open").count() == 2, "done, and wished once more"


def test_the_letter_says_what_was_just_done_and_that_nothing_was(client, ruoan, board) -> None:
    path = f"/l/{board.share(by=ruoan)}/"
    empty = client.post(path, {"do": "send", "words": " "})
    assert empty.status_code == 422
    assert 'role="alert"' in empty.content.decode()

    tried = client.post(path, {"do": "try"}, follow=True).content.decode()
    sent = client.post(path, {"do": "send", "words": "好"}, follow=True).content.decode()

    assert "备好" in tried or "準備" in tried or "准备" in tried
    assert 'role="status"' in sent
    assert sent.count("改") > tried.count("改")


@pytest.mark.parametrize("once", ["a\0b", "x" * 9999, "٢", "no"])
def test_a_strange_mark_of_a_press_is_refused_in_words(client, ruoan, board, talk, once) -> None:
    client.force_login(ruoan)

    assert client.post(f"/looks/{board.pk}/send/", {"once": once}).status_code == 422
    assert not Message.objects.filter(direction="out").exists()


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_send_one_living_link(own_connections, ruoan, board, talk) -> None:
    once = str(uuid4())

    def press(_number: int) -> int:
        try:
            one, by = LookBoard.objects.get(pk=board.pk), User.objects.get(pk=ruoan.pk)
            said_in = Conversation.objects.get(pk=talk.pk)
            return look_answers.send_in(said_in, one, by=by, once=once, address=lambda token: token).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        sent = set(pool.map(press, range(6)))

    assert len(sent) == 1
    assert LookLink.objects.filter(board=board, ended_at=None).count() == 1


@pytest.mark.parametrize("gone", [False, True])
def test_without_an_advisor_the_store_finds_what_was_saved(
    client, mei, ruoan, ke, he, zhao, bag, west_lake, gone
) -> None:  # fmt: skip
    if gone:
        User.objects.filter(pk=ruoan.pk).update(is_active=False)
    else:
        Customer.objects.filter(pk=mei.pk).update(advisor=None)

    saved = look_answers.save_from(mei, "Weekend", [bag], source="shop", key="k1")

    assert saved.owner is None
    assert Task.objects.get().owner == he
    assert looks.listed(he, whose="mine", state="", cursor=None).rows == [saved]
    assert looks.listed(zhao, whose="mine", state="", cursor=None).rows == []
    User.objects.filter(pk=he.pk).update(is_active=False)
    look_answers.save_from(mei, "Evening", [bag], source="shop", key="k2")
    assert Task.objects.latest("pk").owner == ke
    assert Task.objects.latest("pk").due_on == timezone.localdate()

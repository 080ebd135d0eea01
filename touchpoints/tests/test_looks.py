"""Look boards: laid out, checked, shared by a link nobody guesses, answered once however often it is sent."""

import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.utils import timezone

from commerce.models import Product, Stock
from customers.merging import merge, unmerge
from customers.models import Customer, Event, Fact, Task
from customers.privacy import erase
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import words
from touchpoints import look_answers
from touchpoints.models import LookBoard, LookItem, LookLink

pytestmark = pytest.mark.django_db


@pytest.fixture
def coat(west_lake) -> Product:
    coat = Product.objects.create(
        code="R09-BK-M", parent="R09", name=words("轻暖羽绒服 黑", "輕暖羽絨服 黑", "Light down jacket"), price=89900,
        size="M", attributes={"worn": "top", "contains": ["down"]},
    )  # fmt: skip
    Stock.objects.create(store=west_lake, product=coat, quantity=3, counted_at=timezone.now())
    return coat


@pytest.fixture
def bag(db) -> Product:
    return Product.objects.create(code="H16-1", parent="H16", name=words("真皮通勤包", "", "Leather tote"), price=79900)


@pytest.fixture
def board(mei, ruoan, coat, bag) -> LookBoard:
    board = LookBoard.begin(mei, "3 looks for a Chengdu trip", by=ruoan, key="k")
    LookItem.add(board, coat, word="with the tote")
    LookItem.add(board, bag)
    return board


def marks(board: LookBoard, *said: str) -> dict[int, str]:
    return dict(zip(board.items.order_by("place").values_list("pk", flat=True), said, strict=False))


def allergic(mei: Customer) -> Fact:
    return Fact.objects.hear(mei, "allergy", "羽绒过敏", by=None, channel="store", concern="safety", pinned=True)


def test_a_board_begins_once_a_key_and_holds_a_piece_once(mei, ruoan, board, coat) -> None:
    assert LookBoard.begin(mei, "Another", by=ruoan, key="k") == board
    LookItem.add(board, coat)
    assert board.items.count() == 2
    for number in range(10):
        LookItem.add(board, Product.objects.create(code=f"P{number}"))
    with pytest.raises(TransitionRefused, match="十二"):
        LookItem.add(board, Product.objects.create(code="P99"))
    for wrong in ("", "  "):
        with pytest.raises(TransitionRefused):
            LookBoard.begin(mei, wrong, by=ruoan, key="x")


def test_pieces_move_go_and_come_back(board) -> None:
    coat, bag = board.items.order_by("place")

    bag.move(by=-1)
    bag.move(by=-1)
    assert list(board.items.order_by("place")) == [bag, coat]
    coat.remove()
    coat.remove()
    assert list(LookItem.objects.on().filter(board=board)) == [bag]
    coat.put_back()
    coat.put_back()
    assert list(LookItem.objects.on().filter(board=board).order_by("place")) == [bag, coat]


def test_what_the_customer_must_not_have_stops_the_sharing_until_it_is_off(mei, ruoan, board) -> None:
    allergic(mei)

    with pytest.raises(TransitionRefused, match="不能碰"):
        board.share(by=ruoan)
    board.items.order_by("place")[0].remove()
    board.share(by=ruoan)

    assert LookBoard.objects.get().state == "shared"


def test_told_later_it_is_not_shown_any_more(client, mei, ruoan, board) -> None:
    token = board.share(by=ruoan)
    assert "羽绒服" in client.get(f"/l/{token}/").content.decode()

    allergic(mei)

    page = client.get(f"/l/{token}/").content.decode()
    assert "羽绒服" not in page
    assert "真皮通勤包" in page


def test_sharing_is_one_move_and_a_second_link_another_key_to_it(mei, ruoan, board) -> None:
    first, second = board.share(by=ruoan), board.share(by=ruoan)

    assert first != second
    assert len(first) >= 32
    assert LookLink.opening(first)
    assert LookLink.opening(second)
    assert mei.events.filter(kind="look.shared").count() == 1
    assert not LookLink.objects.filter(digest=first.encode()).exists()
    with pytest.raises(TransitionRefused, match="先收回"):
        board.items.first().remove()
    with pytest.raises(TransitionRefused):
        LookBoard.begin(mei, "Empty", by=ruoan, key="e").share(by=ruoan)


def test_wrong_old_ended_and_shortened_links_look_the_same(client, ruoan, board) -> None:
    token = board.share(by=ruoan)
    opened = client.get(f"/l/{token}/")
    assert opened.status_code == 200
    assert (opened["X-Robots-Tag"], opened["Referrer-Policy"], opened["Cache-Control"]) == (
        "noindex", "no-referrer", "no-store",
    )  # fmt: skip

    wrong = client.get(f"/l/{'x' * 32}/")
    LookLink.objects.update(until=timezone.now())
    old = client.get(f"/l/{token}/")
    LookLink.objects.update(until=timezone.now() + timedelta(days=1))
    board.take_back(by=ruoan)
    ended = client.get(f"/l/{token}/")

    assert {one.status_code for one in (wrong, old, ended)} == {404}
    assert len({re.sub(rb'"X-CSRFToken": "\w+"', b"", one.content) for one in (wrong, old, ended)}) == 1
    with pytest.raises(TransitionRefused):
        board.take_back(by=ruoan)


def test_an_answer_is_heard_once_however_often_it_is_sent(client, mei, ruoan, board) -> None:
    path = f"/l/{board.share(by=ruoan)}/"
    said = {f"piece-{pk}": mark for pk, mark in marks(board, "like", "pass").items()} | {"words": "黑色的很好"}

    for _again in range(2):
        assert client.post(path, said | {"do": "try"}).status_code == 302

    board.refresh_from_db()
    assert (board.state, board.words, board.wanted_at is not None) == ("answered", "黑色的很好", True)
    answered = mei.events.get(kind="look.answered").details
    assert (answered["liked"], answered["declined"]) == (1, 1)
    assert mei.events.filter(kind="look.wanted").count() == 1
    step = Task.objects.get()
    assert (step.owner, step.due_on) == (ruoan, timezone.localdate())
    assert "Chengdu" in step.what


def test_looking_changes_nothing_and_other_fields_do_nothing(client, ruoan, board) -> None:
    path, before = f"/l/{board.share(by=ruoan)}/", Event.objects.count()

    client.get(path + "?told=1&do=try")
    other = LookItem.objects.create(board=LookBoard.begin(board.customer, "x", by=ruoan, key="o"), place=1,
                                    product=board.items.first().product)  # fmt: skip
    client.post(path, {f"piece-{other.pk}": "like", "piece-abc": "like"})

    other.refresh_from_db()
    assert (other.said, Event.objects.count()) == ("", before)


@pytest.mark.parametrize(("field", "value"), [("words", "x" * 301), ("words", "a\0b"), ("piece", "love")])
def test_a_strange_answer_is_refused_in_words(client, ruoan, board, field, value) -> None:
    path = f"/l/{board.share(by=ruoan)}/"
    field = f"piece-{board.items.first().pk}" if field == "piece" else field

    answer = client.post(path, {field: value})

    assert answer.status_code == 422
    board.refresh_from_db()
    assert board.answered_at is None


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_make_one_step(own_connections, mei, ruoan, board) -> None:
    board.share(by=ruoan)

    def tap(_number: int) -> bool:
        try:
            return look_answers.answer(LookBoard.objects.get(pk=board.pk), marks(board, "like"), "", wants=True)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(tap, range(8)))

    assert told.count(True) == 1
    assert Task.objects.count() == 1
    assert mei.events.filter(kind="look.answered").count() == 1


def test_nobody_guesses_by_asking_often(client, settings) -> None:
    cache.clear()
    for _number in range(120):
        client.get(f"/l/{'x' * 32}/")

    assert client.get(f"/l/{'x' * 32}/").status_code == 429
    cache.clear()


def test_boards_go_along_in_a_merge_and_home_again_and_are_forgotten(mei, ruoan, gu, board, west_lake) -> None:
    other = Customer.objects.create(number="9", display_name="雨晴", home_store=west_lake)

    joined = merge(other, mei, by=None, reason="same")
    assert LookBoard.objects.get().customer == other
    unmerge(joined, by=gu, reason="not the same")
    assert LookBoard.objects.get().customer == mei

    erase(Customer.objects.get(pk=mei.pk), by=gu)
    assert not LookBoard.objects.exists()
    assert not LookItem.objects.exists()


def test_one_tap_puts_a_piece_on_and_the_hits_stay(client: Client, ruoan, board, coat) -> None:
    client.force_login(ruoan)
    for text in ("羽绒", "R0", "down"):
        assert client.get(f"/looks/{board.pk}/", {"q": text}).context["found"] == [coat]
    assert client.get(f"/looks/{board.pk}/", {"q": "羽"}).context["found"] == []

    answer = client.post(f"/looks/{board.pk}/pieces/", {"piece": coat.code, "q": "羽绒"})

    assert answer.status_code == 302
    assert "q=" in answer["Location"]


def test_an_outsider_finds_no_board(client, zhao, board) -> None:
    client.force_login(zhao)

    for path in (f"/looks/{board.pk}/", "/customers/20418837/looks/"):
        assert client.get(path).status_code == 404
    assert client.post(f"/looks/{board.pk}/share/").status_code == 404
    assert client.get("/looks/?whose=all").context["page"].rows == []


@pytest.mark.parametrize("what", [{"piece": "NO"}, {"piece": ""}, {"piece": "x\0"}, {"piece": "x" * 70}])
def test_an_unknown_piece_is_refused_in_words(client, ruoan, board, what) -> None:
    client.force_login(ruoan)

    assert client.post(f"/looks/{board.pk}/pieces/", what).status_code == 422
    assert board.items.count() == 2


def test_pages_ask_little(client, ruoan, mei, board, django_assert_max_num_queries) -> None:
    for number in range(30):
        LookItem.add(
            LookBoard.begin(mei, f"Board {number}", by=ruoan, key=uuid.uuid4().hex), board.items.first().product
        )
    client.force_login(ruoan)

    with django_assert_max_num_queries(12):
        assert len(client.get("/looks/").context["page"].rows) == 20
    with django_assert_max_num_queries(14):
        assert client.get(f"/looks/{board.pk}/", {"q": "羽绒"}).status_code == 200
    for strange in ("?after=x", "?state=open&whose=us", "?state=%00"):
        assert client.get(f"/looks/{strange}").status_code == 200

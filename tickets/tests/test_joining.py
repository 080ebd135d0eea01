"""Cases joined, split and put back: nothing is deleted, no word is lost, no two wait for each other."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from tickets import hearing
from tickets.models import CaseJoin, CaseLink, Entry, State, Ticket
from touchpoints.models import Channel, Conversation


def case(mei, subject: str) -> Ticket:
    made, _new = Ticket.open(mei, subject, channel="app")
    made.hear(f"word of {subject}", channel="app", at=timezone.now(), source="t", source_ref=subject)
    return Ticket.objects.get(pk=made.pk)


def words_of(ticket: Ticket) -> list[str]:
    return list(Entry.objects.filter(ticket=ticket).order_by("pk").values_list("body", flat=True))


@pytest.fixture
def three(mei) -> list[Ticket]:
    return [case(mei, name) for name in "ABC"]


def test_joined_and_back_again_nothing_is_lost(three, lin) -> None:
    a, b, _c = three
    clocks = list(b.clocks.values_list("pk", "due_at"))

    join = CaseJoin.merge(a, b, by=lin)
    assert words_of(a) == ["word of A", "word of B"]
    b.refresh_from_db()
    assert (b.state, b.merged_into, b.entries_count) == (State.MERGED, a, 0)
    assert not b.clocks.filter(dropped_at=None).exists()
    join.undo(by=lin)

    b.refresh_from_db()
    assert (b.state, b.merged_into, words_of(b), words_of(a)) == (State.NEW, None, ["word of B"], ["word of A"])
    assert list(b.clocks.filter(dropped_at=None).values_list("pk", "due_at")) == clocks
    assert b.waiting_since is not None
    with pytest.raises(TransitionRefused):
        join.undo(by=lin)


def test_a_case_is_not_joined_to_itself(three, lin) -> None:
    with pytest.raises(TransitionRefused):
        CaseJoin.merge(three[0], three[0], by=lin)


def test_two_customers_cases_are_not_one(three, west_lake, lin) -> None:
    other = case(Customer.objects.create(number="OTHER", home_store=west_lake), "D")

    with pytest.raises(TransitionRefused):
        CaseJoin.merge(three[0], other, by=lin)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_chain_of_three_comes_apart_in_any_order(three, lin, order) -> None:
    a, b, c = three
    joins = [CaseJoin.merge(b, a, by=lin), CaseJoin.merge(c, b, by=lin)]
    assert words_of(c) == ["word of A", "word of B", "word of C"]
    assert set(Ticket.objects.filter(pk__in=[a.pk, b.pk]).values_list("merged_into", flat=True)) == {c.pk}

    for place in order:
        joins[place].undo(by=lin)

    assert [words_of(one) for one in (a, b, c)] == [["word of A"], ["word of B"], ["word of C"]]
    assert set(Ticket.objects.filter(pk__in=[a.pk, b.pk, c.pk]).values_list("merged_into", flat=True)) == {None}


@pytest.mark.django_db(transaction=True)
def test_x_into_y_while_y_goes_into_x(three, lin, own_connections) -> None:
    a, b, _c = three
    start, refused = Barrier(2), []

    def join(one: Ticket, other: Ticket) -> None:
        start.wait()
        try:
            CaseJoin.merge(one, other, by=lin)
        except TransitionRefused:
            refused.append(one)
        connections.close_all()

    threads = [Thread(target=join, args=pair) for pair in ((a, b), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert Ticket.objects.filter(pk__in=[a.pk, b.pk], state=State.MERGED).count() == 1
    assert Entry.objects.filter(ticket__merged_into=None, customer=a.customer).count() == 3


def test_a_word_to_a_joined_case_reaches_the_one_that_stands(three, lin) -> None:
    a, b, _c = three
    CaseJoin.merge(a, b, by=lin)

    b.hear("And?", channel="app", at=timezone.now(), source="t", source_ref="late")

    assert words_of(a)[-1] == "And?"
    assert Ticket.objects.get(pk=b.pk).state == State.MERGED


def test_a_message_of_its_conversation_finds_the_one_that_stands(mei, lin) -> None:
    channel = Channel.objects.create(code="box", adapter="sandbox", way="app", state=Channel.State.ON)
    talk = Conversation.objects.create(customer=mei, channel=channel, thread="mei")
    hearing.heard(talk.hear("It pills", at=timezone.now(), source="box", source_ref="1"))
    first = Ticket.objects.get()
    second = case(mei, "B")
    CaseJoin.merge(second, first, by=lin)

    hearing.heard(talk.hear("And?", at=timezone.now(), source="box", source_ref="2"))

    assert words_of(second) == ["It pills", "word of B", "And?"]


def test_split_and_put_back(three, lin) -> None:
    a, _b, _c = three
    a.hear("And the invoice", channel="app", at=timezone.now(), source="t", source_ref="inv")
    invoice = Entry.objects.get(body="And the invoice")

    join, made = CaseJoin.split(a, [invoice.pk], "Invoice", by=lin)
    assert (words_of(a), words_of(made), made.customer) == (["word of A"], ["And the invoice"], a.customer)
    join.undo(by=lin)

    assert words_of(a) == ["word of A", "And the invoice"]
    made.refresh_from_db()
    assert made.state == State.MERGED


def test_what_cannot_be_split(three, lin) -> None:
    a, b, _c = three
    own, foreign = Entry.objects.get(ticket=a), Entry.objects.get(ticket=b)
    for chosen in ([], [own.pk], [own.pk, foreign.pk], [foreign.pk]):
        with pytest.raises(TransitionRefused):
            CaseJoin.split(a, chosen, "Other", by=lin)


def test_after_thirty_days_it_stays(three, lin) -> None:
    join = CaseJoin.merge(three[0], three[1], by=lin)
    CaseJoin.objects.update(at=timezone.now() - timedelta(days=31))

    with pytest.raises(TransitionRefused):
        join.undo(by=lin)


def test_belonging_together_is_noted_once(three, lin) -> None:
    a, b, _c = three
    assert CaseLink.tie(a, b, by=lin) == CaseLink.tie(b, a, by=lin)
    with pytest.raises(TransitionRefused):
        CaseLink.tie(a, a, by=lin)


def test_on_the_page_only_with_what_one_may_see(client, three, jingan, west_lake, lin) -> None:
    a, b, _c = three
    far = Customer.objects.create(number="FAR")
    foreign, _new = Ticket.open(far, "Far", store=None)
    client.force_login(lin)

    for other in (foreign.number, 10**8, "x", ""):
        assert client.post(reverse("tickets:join", args=[a.number]), {"other": other}).status_code == 422
    assert client.get(reverse("tickets:form", args=[a.number, "join"])).status_code == 200
    assert client.post(reverse("tickets:join", args=[a.number]), {"other": b.number}).status_code == 302
    # The joined case's address leads to the one that stands.
    assert client.get(reverse("tickets:show", args=[b.number])).url == reverse("tickets:show", args=[a.number])
    join = CaseJoin.objects.get()
    assert client.post(reverse("tickets:undo_join", args=[a.number, join.pk])).status_code == 302
    assert Ticket.objects.get(pk=b.pk).state == State.NEW

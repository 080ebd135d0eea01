"""One matter, one case: opened once, every word in it once, and moved by one hand at a time."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.utils import timezone

from scrm.kernel.refusals import TransitionRefused
from tickets import hearing
from tickets.models import Entry, Outdated, State, Status, Ticket, Topic
from tickets.priority import aged, rank_at, reckon
from touchpoints.models import Channel, Conversation


@pytest.fixture
def ticket(mei) -> Ticket:
    return Ticket.open(mei, "Leggings pill", topic=Topic.objects.get(code="fault"), channel="wecom")[0]


@pytest.fixture
def talk(mei) -> Conversation:
    channel = Channel.objects.create(code="box", adapter="sandbox", way="app", state=Channel.State.ON)
    return Conversation.objects.create(customer=mei, channel=channel, thread="mei")


def say(talk: Conversation, text: str, ref: str, **more):
    return talk.hear(text, at=more.pop("at", timezone.now()), source="box", source_ref=ref, **more)


# Opened once


def test_a_case_has_a_number_a_reason_and_its_promises(ticket, mei) -> None:
    assert ticket.number >= 10001
    assert (ticket.state, ticket.store, ticket.urgency) == (State.NEW, mei.home_store, 3)
    assert ticket.reasons[0] == {"code": "urgency", "points": 50, "urgency": 3}
    assert sorted(ticket.clocks.values_list("metric", flat=True)) == ["end", "first"]
    assert ticket.next_due_at == min(ticket.clocks.values_list("due_at", flat=True))
    assert mei.events.filter(kind="case.opened", details__case=ticket.number).count() == 1


def test_a_case_needs_words_and_an_open_record(mei) -> None:
    with pytest.raises(TransitionRefused):
        Ticket.open(mei, "  ")
    mei.erased_at = timezone.now()
    mei.save()
    with pytest.raises(TransitionRefused):
        Ticket.open(mei, "Something")


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_words_make_one_case_with_fifty_entries(mei, talk, own_connections) -> None:
    messages = [say(talk, f"word {number}", f"m{number}") for number in range(50)]
    start = Barrier(10)

    def work(share) -> None:
        start.wait()
        for message in share:
            hearing.heard(message)
        connections.close_all()

    threads = [Thread(target=work, args=(messages[place::10],)) for place in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Ticket.objects.filter(customer=mei).count() == 1
    assert Entry.objects.filter(ticket__customer=mei).count() == 50
    assert Ticket.objects.get(customer=mei).entries_count == 50


def test_the_same_message_three_times_is_one_entry(mei, talk) -> None:
    message = say(talk, "It pills", "m1")

    for _time in range(3):
        hearing.heard(message)

    assert Entry.objects.filter(customer=mei).count() == 1


def test_the_database_itself_allows_one_live_case_of_a_key(mei) -> None:
    from django.db import IntegrityError, transaction

    first, _new = Ticket.open(mei, "One", dedup_key="talk")
    other, _new = Ticket.open(mei, "Two")

    with pytest.raises(IntegrityError), transaction.atomic():
        Ticket.objects.filter(pk=other.pk).update(dedup_key="talk")
    first.resolve(by=None)
    assert Ticket.objects.filter(pk=other.pk).update(dedup_key="talk") == 1


# What is said


def test_another_channel_goes_on_with_the_same_case(mei, talk) -> None:
    hearing.heard(say(talk, "The app says the machine stops", "m1"))
    phone = Channel.objects.create(code="tel", adapter="sandbox", way="phone", state=Channel.State.ON)
    call = Conversation.objects.create(customer=mei, channel=phone, thread="mei-tel")

    hearing.heard(say(call, "It is me again", "m2"))

    case = Ticket.objects.get(customer=mei)
    assert case.channels == ["app", "phone"]
    assert case.entries_count == 2


def test_a_word_sets_waiting_and_an_answer_ends_it(ticket, lin) -> None:
    ticket.hear("Hello", channel="wecom", at=timezone.now(), source="t", source_ref="1")
    assert ticket.waiting_since is not None

    ticket.answer("We look into it", by=lin, channel="wecom")

    ticket.refresh_from_db()
    assert (ticket.waiting_since, ticket.state, ticket.owner) == (None, State.OPEN, lin)
    assert ticket.clocks.get(metric="first").was_kept is True


def test_a_word_to_a_done_case_opens_it_again_but_thanks_do_not(mei, talk, lin) -> None:
    hearing.heard(say(talk, "It pills", "m1"))
    case = Ticket.objects.get(customer=mei)
    case.resolve(by=lin)

    hearing.heard(say(talk, "谢谢！", "m2"))
    assert Ticket.objects.get(customer=mei).state == State.RESOLVED
    hearing.heard(say(talk, "It pills again", "m3"))

    case.refresh_from_db()
    assert (case.state, case.reopened, case.entries_count) == (State.OPEN, 1, 3)
    assert case.clocks.filter(metric="end").count() == 2


def test_a_word_after_a_week_is_a_new_case(mei, talk, lin) -> None:
    hearing.heard(say(talk, "It pills", "m1"))
    Ticket.objects.get().resolve(by=lin)
    Ticket.objects.update(resolved_at=timezone.now() - timedelta(days=8))
    assert hearing.close_quiet() == 1

    hearing.heard(say(talk, "Where is my parcel", "m2"))

    assert list(Ticket.objects.order_by("number").values_list("state", "entries_count")) == [("closed", 1), ("new", 1)]


def test_an_auto_reply_opens_nothing_and_moves_nothing(mei, talk, lin) -> None:
    assert hearing.heard(say(talk, "I am out of office", "m1", machine=True)) is None
    hearing.heard(say(talk, "It pills", "m2"))
    case = Ticket.objects.get()
    case.answer("What size?", by=lin, channel="app", then=State.WAITING)

    hearing.heard(say(talk, "I am out of office", "m3", machine=True))

    case.refresh_from_db()
    assert (case.state, case.waiting_since, case.entries_count) == (State.WAITING, None, 3)


def test_what_is_answered_in_the_conversation_stands_in_the_case(mei, talk, lin) -> None:
    hearing.heard(say(talk, "It pills", "m1"))

    message = talk.say("We are sorry", by=lin)
    hearing.said(message)
    hearing.said(message)

    assert Ticket.objects.get().entries.filter(direction="out", message=message).count() == 1


def test_a_picture_without_words_has_a_subject_still(mei, talk) -> None:
    hearing.heard(say(talk, "", "m1"))

    assert Ticket.objects.get().subject == "…"


def test_a_first_message_is_sorted_by_its_words_safety_first(db) -> None:
    assert hearing.topic_of("快递还没到，没收到").code == "delivery"
    assert hearing.topic_of("快递到了，孩子误吞了扣子").code == "safety"
    assert hearing.topic_of("你好") is None


def test_entries_are_never_changed_nor_deleted(ticket, lin) -> None:
    from django.db import DatabaseError, transaction

    entry = ticket.note("Checked", by=lin)

    for deed in (lambda: Entry.objects.filter(pk=entry.pk).update(body="x"), entry.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()
    Entry.objects.filter(pk=entry.pk).update(body="")


# Moves


def test_of_two_who_take_it_one_wins_and_the_other_reads_who(ticket, lin, he) -> None:
    same = Ticket.objects.get(pk=ticket.pk)
    ticket.take(by=lin)

    with pytest.raises(TransitionRefused, match="林舒"):
        same.take(by=he)
    ticket.take(by=lin)  # a second click of the same hand changes nothing

    assert Ticket.objects.get(pk=ticket.pk).owner == lin


@pytest.mark.django_db(transaction=True)
def test_two_close_it_at_once_and_one_does(ticket, lin, he, own_connections) -> None:
    start, refused = Barrier(2), []

    def close(user) -> None:
        start.wait()
        try:
            Ticket.objects.get(pk=ticket.pk).resolve(by=user)
        except TransitionRefused:
            refused.append(user)
        connections.close_all()

    threads = [Thread(target=close, args=(user,)) for user in (lin, he)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert ticket.customer.events.filter(kind="case.resolved").count() == 1


def test_a_status_belongs_to_its_state_and_holding_needs_a_reason(ticket, lin) -> None:
    quote, done = Status.objects.get(code="wait-quote"), Status.objects.get(code="helped")

    with pytest.raises(TransitionRefused):
        ticket.hold(by=lin, reason=" ", status=quote)
    with pytest.raises(TransitionRefused):
        ticket.hold(by=lin, reason="a quote", status=done)
    ticket.hold(by=lin, reason="a quote", status=quote)

    assert (ticket.state, str(ticket.state_name)) == (State.HELD, "等报价")
    ticket.resume(by=lin)
    with pytest.raises(TransitionRefused):
        ticket.resume(by=lin)


def test_what_was_put_off_and_then_done_never_comes_back(ticket, lin) -> None:
    ticket.snooze(timezone.now() + timedelta(hours=2), by=lin)
    assert not Ticket.objects.awake().filter(pk=ticket.pk).exists()

    ticket.resolve(by=lin)

    assert Ticket.objects.get(pk=ticket.pk).snoozed_until is None
    assert not Ticket.objects.live().awake(timezone.now() + timedelta(days=1)).exists()
    with pytest.raises(TransitionRefused):
        ticket.snooze(timezone.now() + timedelta(hours=2), by=lin)


def test_the_customers_word_wakes_what_was_put_off(ticket, lin) -> None:
    ticket.snooze(timezone.now() + timedelta(hours=2), by=lin)

    ticket.hear("And?", channel="wecom", at=timezone.now(), source="t", source_ref="1")

    assert Ticket.objects.awake().filter(pk=ticket.pk).exists()


def test_who_changes_an_old_version_loses_nothing(ticket, lin) -> None:
    before = ticket.version
    assert ticket.describe(by=lin, version=before, subject="Leggings pill, exchange") == ["subject"]

    with pytest.raises(Outdated) as outdated:
        ticket.describe(by=lin, version=before, subject="Other words")

    assert outdated.value.ticket.subject == "Leggings pill, exchange"


# Priority


def test_safety_is_first_whoever_asks() -> None:
    rich = reckon(urgency=4, risk="", rank=4, boost=40, again=3)
    hat = reckon(urgency=1, risk="safety")

    assert (hat.points, hat.reasons) == (100, [{"code": "safety", "points": 100}])
    assert rich.points == 95


def test_the_oldest_ordinary_case_overtakes_every_newer_one() -> None:
    now = timezone.now()
    old = rank_at(reckon(urgency=1, risk="").points, now - timedelta(hours=41))
    fresh = rank_at(reckon(urgency=4, risk="", rank=4, boost=40).points, now)

    assert old < fresh
    assert aged(15, now - timedelta(hours=10), now) == (35, 20)
    assert aged(15, now - timedelta(days=30), now) == (95, 80)
    assert aged(100, now - timedelta(days=30), now, risk="safety") == (100, 0)


def test_the_queue_is_safety_then_rank(mei) -> None:
    now = timezone.now()
    late, _new = Ticket.open(mei, "late", at=now - timedelta(hours=50))
    fresh, _new = Ticket.open(mei, "fresh", topic=Topic.objects.get(code="fault"), at=now)
    hat, _new = Ticket.open(mei, "hat", topic=Topic.objects.get(code="safety"), at=now)

    assert list(Ticket.objects.live().queue()) == [hat, late, fresh]


def test_a_second_case_within_a_month_weighs_more(mei) -> None:
    Ticket.open(mei, "one")
    second, _new = Ticket.open(mei, "two")

    assert {"code": "again", "points": 5, "times": 1} in second.reasons


# Who sees it


def test_the_same_set_for_everybody_who_asks(ticket, lin, he, ke, zhao, ruoan, gu, lu, mei) -> None:
    seen = {user.username: Ticket.objects.visible_to(user).filter(pk=ticket.pk).exists()
            for user in (lin, he, ke, zhao, ruoan, gu, lu)}  # fmt: skip

    assert seen == {
        "shu.lin": True, "qing.he": True, "ke.chen": False, "qi.zhao": False, "ruoan.shen": True, "yan.gu": True,
        "zhixing.lu": True,
    }  # fmt: skip


def test_two_signs_of_chinese_are_found_by_an_index(ticket, lin) -> None:
    ticket.note("瑜伽裤起球，要换一条", by=lin)

    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off")
        cursor.execute("explain select 1 from tickets_entry where tickets_pairs(body) @@ to_tsquery('simple', '起球')")
        plan = " ".join(row[0] for row in cursor.fetchall())
        cursor.execute("select count(*) from tickets_entry where tickets_pairs(body) @@ '''起球'''::tsquery")
        found = cursor.fetchone()[0]

    assert "entry_pairs" in plan
    assert found == 1

"""Cases and their words from files: repeated without harm, a bad row named, a published set as it was counted."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Count

from customers.loading.engine import Load, kind_called, run_for
from customers.loading.mapping import read_map
from customers.models import Customer, SourceKey, Wakeup
from tickets.models import Entry, PromiseClock, Ticket

DATA = settings.ROOT.parent / "shared" / "data"
MAPS = settings.ROOT / "docs" / "maps" / "stc3_weibo_helpdesk"


@pytest.fixture
def desk(tmp_path: Path, mei: Customer) -> Any:
    SourceKey.objects.create(source="desk", kind="customers", source_ref="c1", object_id=mei.pk)

    def load(kind: str, rows: list[str], fields: dict[str, Any]) -> Any:
        file = tmp_path / f"{kind}.csv"
        file.write_text("\n".join(rows) + "\n")
        return Load(run_for(kind_called(kind), file, source="desk", mapping={"fields": fields})).go()

    return load


CASES = {
    "source_ref": "no",
    "customer": "who",
    "subject": "about",
    "topic": "topic",
    "opened_at": "at",
    "resolved_at": "done",
}
ENTRIES = {"source_ref": "no", "case": "case", "direction": "dir", "body": "text", "place": "place"}


def test_cases_and_words_twice_are_there_once_and_wake_nobody(desk) -> None:
    cases = ["no,who,about,topic,at,done", "1,c1,Broken strap,fault,2025-05-01 10:00,2025-05-02 10:00",
             "2,c1,,,2025-06-01 10:00,", "3,c9,x,,2025-06-01 10:00,", "4,c1,x,nonsense,2025-06-01 10:00,",
             "5,c1,x,,2025-06-02 10:00,2025-06-01 10:00"]  # fmt: skip
    words = [
        "no,case,dir,text,place",
        "a,1,in,it broke,0",
        "b,1,out,we mend it,1",
        "c,2,in,where is it,0",
        "d,9,in,lost,0",
    ]

    first = [desk("cases", cases, CASES).counts(), desk("entries", words, ENTRIES).counts()]
    second = [desk("cases", cases, CASES).counts(), desk("entries", words, ENTRIES).counts()]

    assert [(one["created"], one["failed"]) for one in first] == [(2, 3), (3, 1)]
    assert [(one["created"], one["unchanged"], one["failed"]) for one in second] == [(0, 2, 3), (0, 3, 1)]
    done, waiting = Ticket.objects.order_by("opened_at")
    assert (done.state, done.entries_count, done.waiting_since, done.urgency) == ("closed", 2, None, 3)
    assert (waiting.state, waiting.subject, waiting.waiting_since) == ("open", "where is it", waiting.opened_at)
    assert not PromiseClock.objects.exists()
    assert not Wakeup.objects.exists()


@pytest.mark.skipif(not DATA.exists() and "CI" not in os.environ, reason="the published sets are not on this machine")
def test_the_published_dialogues_wait_for_us_where_the_last_word_is_the_customers(db) -> None:
    truth = json.loads((DATA / "TRUTH.json").read_text())["text"]["stc3_dev"]
    folder = DATA / "stc3_weibo_helpdesk"
    for kind, file, name in (("customers", "dialogues", "customers"), ("cases", "dialogues", "cases"),
                             ("entries", "messages", "entries"), ("entries", "messages", "translations")):  # fmt: skip
        mapping = read_map(MAPS / f"{name}.toml")
        counts = (
            Load(run_for(kind_called(kind), folder / f"{file}.csv.gz", source="stc3", mapping=mapping)).go().counts()
        )
        assert counts["failed"] == 0, counts

    entries = Entry.objects.filter(source="stc3")
    assert Ticket.objects.count() == truth["dialogues"]
    assert entries.count() == truth["messages_zh"]
    assert entries.filter(body="").count() <= truth["empty_messages"]
    assert entries.exclude(translations={}).count() == truth["messages_en"]
    assert entries.exclude(translations={}).aggregate(n=Count("ticket", distinct=True))["n"] == truth["with_english"]
    assert Ticket.objects.exclude(waiting_since=None).count() == truth["last_turn_by_customer"]
    assert Ticket.objects.filter(state="open").count() == truth["last_turn_by_customer"]
    assert Ticket.objects.filter(state="waiting").count() == truth["dialogues"] - truth["last_turn_by_customer"]

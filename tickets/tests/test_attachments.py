"""Files of cases and conversations: looked at, sealed, handed out to be saved, and gone when they must be gone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers import wakeups
from customers.merging import merge, unmerge
from customers.models import Customer, DataKey
from customers.privacy import erase, held_about
from scrm.kernel import sealed_files
from scrm.kernel.retention import retain
from scrm.kernel.words import words
from staff.models import User
from tickets.models import CaseJoin, Entry, Handover, NoteFile, Ticket, Topic
from tickets.tests.file_cast import GOOD, HOSTILE, HTML, NAMES, TEN, docx, jpeg, packed, pdf, png
from touchpoints import chat, file_upkeep, intake
from touchpoints.channels.protocol import File, MessageIn, Person
from touchpoints.file_kinds import NotTaken, clean_name, look
from touchpoints.models import Attachment, Channel, Conversation, Message, Visitor
from touchpoints.news import message_in
from touchpoints.sending import outgoing_of, relay

HTMX = {"HX-Request": "true"}
CANARY = "蓝孔雀笔记"


@pytest.fixture
def box(db: None) -> Channel:
    return Channel.objects.create(code="box", name=words("应用"), adapter="sandbox", way="app", state=Channel.State.ON)


@pytest.fixture
def talk(mei: Customer, box: Channel) -> Conversation:
    made = Conversation.objects.create(customer=mei, channel=box, thread="mei")
    made.hear("It pills", at=timezone.now(), source="box", source_ref="m0")
    return made


@pytest.fixture
def ticket(mei: Customer, lin: User, he: User) -> Ticket:
    made, _new = Ticket.open(mei, "Leggings pill", topic=Topic.objects.get(code="fault"), channel="app")
    made.assign(lin, by=he)
    return made


@pytest.fixture
def saved(django_capture_on_commit_callbacks: Any) -> Any:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def given(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/x-whatever")


def said(client: Client, ticket: Ticket, *files: SimpleUploadedFile, how: str = "note", **more: str) -> Any:
    data = {"how": how, "text": "", "token": "k1"} | more
    return client.post(reverse("tickets:say", args=[ticket.number]), {**data, "files": list(files)})


def file_at(ticket: Ticket, file: Attachment) -> str:
    return reverse("tickets:file", args=[ticket.number, file.pk])


def noted(ticket: Ticket, by: User, *files: tuple[str, bytes]) -> list[Attachment]:
    entry = ticket.note("See", by=by, files=[look(*one, most=TEN) for one in files])
    return list(Attachment.objects.filter(note_file__entry=entry).order_by("pk"))


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def on_disk() -> list[Path]:
    return [path for path in sealed_files.root().rglob("*") if path.is_file()]


# What a file is


@pytest.mark.parametrize(("name", "data", "kind"), GOOD, ids=[one[0] for one in GOOD])
def test_what_we_take_is_known_by_its_content(name: str, data: bytes, kind: str) -> None:
    assert look(name, data, most=TEN).kind == kind
    assert look("", data, most=TEN).name.startswith("file.")


@pytest.mark.parametrize(
    ("name", "data", "why"), HOSTILE, ids=[f"{n}-{one[0][:20]!r}" for n, one in enumerate(HOSTILE)]
)
def test_what_we_do_not_take_says_why(name: str, data: bytes, why: str) -> None:
    with pytest.raises(NotTaken) as refused:
        look(name, data, most=TEN)
    assert refused.value.why == why


@pytest.mark.parametrize("cut", [1, 7, 20, 60, -1, -12])
@pytest.mark.parametrize(("name", "data", "kind"), GOOD, ids=[one[0] for one in GOOD])
def test_a_torn_file_is_refused_or_is_still_of_its_kind(name: str, data: bytes, kind: str, cut: int) -> None:
    try:
        assert look(name, data[:cut], most=TEN).kind in (kind, "txt", "csv")
    except NotTaken:
        pass


@pytest.mark.parametrize(("name", "shown"), NAMES)
def test_a_name_is_cleaned_to_be_shown(name: str, shown: str) -> None:
    assert look(name, b"words", most=TEN).name == shown


def test_a_name_of_300_signs_keeps_its_end() -> None:
    name = clean_name("长" * 300 + ".docx")
    assert len(name) == 120
    assert name.endswith("长.docx")
    assert len(clean_name("x" * 300)) == 120


# The store


@pytest.mark.parametrize("size", [0, 1, sealed_files.PIECE, sealed_files.PIECE + 1, 3 * sealed_files.PIECE])
def test_a_sealed_file_comes_back_whole_and_lies_there_unreadable(size: int) -> None:
    key, data = bytes(range(32)), (b"secret words " * (size // 13 + 1))[:size]

    name = sealed_files.write(data, key)

    assert b"".join(sealed_files.read(name, size, key)) == data
    (path,) = on_disk()
    assert b"secret" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0


def test_a_changed_a_swapped_and_a_cut_file_are_not_handed_out() -> None:
    key, size = bytes(range(32)), sealed_files.PIECE + 5
    one, other = (sealed_files.write(bytes([n]) * size, key) for n in (1, 2))
    first, second = (next(path for path in on_disk() if path.name == name) for name in (one, other))
    whole = first.read_bytes()

    for wrong in (second.read_bytes(), whole[:-1], whole + b"x", bytes([whole[0] ^ 1]) + whole[1:], b""):
        first.write_bytes(wrong)
        with pytest.raises(sealed_files.Missing):
            sealed_files.read(one, size, key)
    first.write_bytes(whole)
    with pytest.raises(sealed_files.Missing):
        sealed_files.read(one, size, bytes(32))
    for name in ("../../etc/passwd", "a" * 31, "A" * 32, ""):
        with pytest.raises(sealed_files.Missing):
            sealed_files.read(name, 1, key)


# What colleagues add


def test_a_note_with_files_shows_them_and_gives_them_back(client: Client, ticket: Ticket, lin: User) -> None:
    client.force_login(lin)
    answer = said(client, ticket, given("Beleg 1.PDF", pdf(CANARY.encode())), given("pic.png", png()), text="From her")

    assert answer.status_code == 302
    assert NoteFile.objects.count() == 2
    page = client.get(reverse("tickets:show", args=[ticket.number])).content.decode()
    assert "Beleg 1.PDF" in page
    paper, picture = Attachment.objects.order_by("pk")
    assert f'src="{file_at(ticket, picture)}"' in page
    assert f'src="{file_at(ticket, paper)}"' not in page
    assert content(client.get(file_at(ticket, paper))) == pdf(CANARY.encode())
    assert all(CANARY.encode() not in path.read_bytes() for path in on_disk())
    assert not any("Beleg" in str(path) or path.suffix for path in on_disk())


def test_a_file_alone_is_an_entry_and_nothing_at_all_is_none(client: Client, ticket: Ticket, lin: User) -> None:
    client.force_login(lin)
    assert said(client, ticket).status_code == 422
    assert said(client, ticket, given("a.txt", b"words")).status_code == 302
    assert Entry.objects.get(ticket=ticket).body == ""


@pytest.mark.parametrize("how", ["note", "talk"])
def test_a_double_press_keeps_each_file_once(
    client: Client, ticket: Ticket, talk: Conversation, lin: User, how
) -> None:
    client.force_login(lin)
    for _press in range(2):
        said(client, ticket, given("a.png", png()), given("copy.png", png()), text="Look",
             how="note" if how == "note" else f"talk-{talk.pk}")  # fmt: skip

    assert ticket.entries.count() == 1
    assert Attachment.objects.count() == len(on_disk()) == 1


@pytest.mark.parametrize(("name", "data"), [(one[0], one[1]) for one in HOSTILE[:32]])
def test_a_colleagues_bad_file_is_refused_whole_and_the_words_stay(
    client: Client, ticket: Ticket, lin: User, name: str, data: bytes
) -> None:
    client.force_login(lin)
    answer = said(client, ticket, given("good.png", png()), given(name, data), text="Typed words")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Typed words" in page
    assert "was not kept" in page
    assert "<script>alert" not in page
    assert not ticket.entries.exists()
    assert on_disk() == []


def test_six_files_and_one_too_large_are_refused(client: Client, ticket: Ticket, lin: User, settings: Any) -> None:
    client.force_login(lin)
    six = said(client, ticket, *(given(f"{n}.txt", f"words {n}".encode()) for n in range(6)))
    assert six.status_code == 422
    assert "At most 5 files" in six.content.decode()
    settings.ATTACHMENT_BYTES = 1000
    assert said(client, ticket, given("a.txt", b"a" * 1000)).status_code == 302
    assert "too large" in said(client, ticket, given("b.txt", b"b" * 1001), token="k2").content.decode()


def test_an_answer_takes_its_files_along(client: Client, ticket: Ticket, talk: Conversation, lin: User, saved) -> None:
    client.force_login(lin)
    with saved():
        said(client, ticket, given("label.pdf", pdf()), text="Your label", how=f"talk-{talk.pk}")

    message = Message.objects.get(direction="out")
    assert message.state == "sent"
    (out,) = outgoing_of(message, None).files
    assert (out.name, out.content, out.content_type) == ("label.pdf", pdf(), "application/pdf")
    for path in (reverse("tickets:show", args=[ticket.number]), reverse("talks:show", args=[ticket.customer.number])):
        assert "label.pdf" in client.get(path).content.decode()


def test_a_channel_that_hands_no_files_on_says_so(client: Client, ticket: Ticket, mei: Customer, lin: User) -> None:
    sms = Channel.objects.create(code="sms", adapter="sandbox", way="sms")
    thread = Conversation.objects.create(customer=mei, channel=sms, thread="s")
    thread.hear("Hi", at=timezone.now(), source="sms", source_ref="1")
    client.force_login(lin)

    answer = said(client, ticket, given("label.pdf", pdf()), text="Your label", how=f"talk-{thread.pk}")

    assert answer.status_code == 422
    assert "hands no files on" in answer.content.decode()
    assert "Your label" in answer.content.decode()
    assert not Message.objects.filter(direction="out").exists()


def test_a_message_whose_file_is_gone_does_not_leave_without_it(ticket: Ticket, talk: Conversation, lin: User) -> None:
    message = talk.say("Here", by=lin, files=[look("a.pdf", pdf(), most=TEN)])
    on_disk()[0].unlink()

    relay(only=message.pk, at_most=1)

    message.refresh_from_db()
    assert (message.state, message.code) == ("failed", "file_missing")


# Handed out


def test_a_download_can_only_be_saved(client: Client, ticket: Ticket, lin: User) -> None:
    (file,) = noted(ticket, lin, ("尺寸\u202e表.png", png()))
    client.force_login(lin)

    for answer in (client.get(file_at(ticket, file)), client.head(file_at(ticket, file))):
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "no-store"
        assert answer["Content-Type"] == "image/png"
        assert answer["Content-Length"] == str(len(png()))
        assert "\n" not in answer["Content-Disposition"]
    assert client.head(file_at(ticket, file)).content == b""
    assert client.post(file_at(ticket, file)).status_code == 405


def test_who_does_not_see_the_case_finds_no_file(client: Client, ticket: Ticket, lin: User, zhao: User, mei) -> None:
    (file,) = noted(ticket, lin, ("a.txt", b"words"))
    other, _new = Ticket.open(mei, "Another")

    client.force_login(zhao)
    assert client.get(file_at(ticket, file)).status_code == 404
    client.force_login(lin)
    assert client.get(file_at(other, file)).status_code == 404
    assert client.get(reverse("tickets:file", args=[ticket.number, 10**12])).status_code == 404
    assert client.get(reverse("talks:file", args=[mei.number, file.pk])).status_code == 404  # a note is no talk
    client.logout()
    assert client.get(file_at(ticket, file)).status_code == 302


def test_the_floor_has_no_file_of_the_desks_notes(client: Client, ticket: Ticket, west_lake, lin, ke) -> None:
    (hidden,) = noted(ticket, lin, ("hidden.txt", b"words"))
    done = ticket.note("Done", by=lin, on_behalf=True, files=[look("open.txt", b"words", most=TEN)])
    Handover.to_store(ticket, west_lake, by=lin, note="")
    client.force_login(ke)

    page = client.get(reverse("tickets:show", args=[ticket.number])).content.decode()

    assert "hidden.txt" not in page
    assert "open.txt" in page
    assert client.get(file_at(ticket, hidden)).status_code == 404
    assert client.get(file_at(ticket, Attachment.objects.get(note_file__entry=done))).status_code == 200


@pytest.mark.parametrize("harm", ["gone", "cut", "changed", "key"])
def test_a_file_that_is_missing_says_so(client: Client, ticket: Ticket, lin: User, harm: str) -> None:
    (file,) = noted(ticket, lin, ("a.txt", b"words"))
    (path,) = on_disk()
    if harm == "gone":
        path.unlink()
    elif harm == "key":
        DataKey.objects.filter(pk=file.key_id).update(wrapped=b"", destroyed_at=timezone.now())
    else:
        path.write_bytes(path.read_bytes()[:-3] if harm == "cut" else b"x" * path.stat().st_size)
    client.force_login(lin)

    answer = client.get(file_at(ticket, file))

    assert answer.status_code == 410
    assert "is missing in the store" in answer.content.decode()


def test_pages_with_many_files_ask_no_more_often(client: Client, ticket: Ticket, lin: User) -> None:
    client.force_login(lin)
    path = reverse("tickets:show", args=[ticket.number])
    noted(ticket, lin, ("0.txt", b"0"))
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for n in range(1, 6):
        noted(ticket, lin, (f"{n}.txt", b"%d" % n))
    with CaptureQueriesContext(connection) as many:
        client.get(path)

    assert len(many) == len(few)


# From customers


def heard(channel: Channel, *files: File, ref: str = "r1", text: str = "See") -> Message:
    message_in(channel, MessageIn(Person("app", "mei-app"), text, timezone.now(), ref, files=files))
    return Message.objects.get(source=channel.code, source_ref=ref)


def test_a_customers_files_stand_in_the_talk_and_in_the_case(client: Client, box: Channel, lin: User) -> None:
    message = heard(box, File("fault.png", png()), text="")
    wakeups.sweep()

    entry = Entry.objects.get(message=message)
    assert entry.ticket.subject == "fault.png"
    client.force_login(lin)
    page = client.get(reverse("tickets:show", args=[entry.ticket.number])).content.decode()
    assert "fault.png" in page
    assert content(client.get(file_at(entry.ticket, message.attachments.get()))) == png()


@pytest.mark.parametrize(
    ("name", "data", "why"), HOSTILE, ids=[f"{n}-{one[0][:20]!r}" for n, one in enumerate(HOSTILE)]
)
def test_a_customers_bad_file_is_named_and_left_out(box: Channel, name: str, data: bytes, why: str) -> None:
    message = heard(box, File(name, data), File("good.png", png()))

    bad = message.attachments.exclude(left_out="").get()
    assert (bad.left_out, bad.stored, bad.key) == (why, "", None)
    assert bad.name == clean_name(name)
    assert message.attachments.here().get().name == "good.png"
    assert len(on_disk()) == 1


def test_left_out_files_are_shown_with_why(client: Client, box: Channel, lin: User) -> None:
    message = heard(box, File("<b>evil</b>.svg", HTML))
    wakeups.sweep()
    ticket = Entry.objects.get(message=message).ticket
    client.force_login(lin)

    page = client.get(reverse("tickets:show", args=[ticket.number])).content.decode()

    assert "it can hold a program or a script" in page
    assert "<b>evil" not in page
    assert client.get(file_at(ticket, message.attachments.get())).status_code == 410


def test_more_than_five_and_more_than_a_day_holds_are_left_out(box: Channel, settings: Any) -> None:
    message = heard(box, *(File(f"{n}.txt", f"{n}".encode()) for n in range(30)))
    assert message.attachments.here().count() == 5
    assert set(message.attachments.exclude(left_out="").values_list("left_out", flat=True)) == {"many"}
    assert message.attachments.count() <= 15

    settings.ATTACHMENTS_A_DAY = 6
    later = heard(box, *(File(f"x{n}.txt", f"x{n}".encode()) for n in range(3)), ref="r2")
    assert [one.left_out for one in later.attachments.order_by("pk")] == ["", "day", "day"]
    settings.ATTACHMENTS_A_DAY, settings.ATTACHMENT_BYTES_A_DAY = 100, 20
    assert heard(box, File("y.txt", b"y" * 30), ref="r3").attachments.get().left_out == "day"
    settings.ATTACHMENT_BYTES_A_DAY, settings.ATTACHMENT_BYTES_A_DAY_OF_ALL = TEN, 20
    assert heard(box, File("y.txt", b"y" * 30), ref="r4").attachments.get().left_out == "day"
    Attachment.objects.update(at=F("at") - timezone.timedelta(days=2))
    settings.ATTACHMENT_BYTES_A_DAY_OF_ALL = 30
    assert heard(box, File("y.txt", b"y" * 30), ref="r5").attachments.get().left_out == ""


def test_the_same_message_again_brings_no_second_file(box: Channel) -> None:
    for _again in range(2):
        heard(box, File("a.txt", b"words"), File("b.txt", b"words"))

    assert Attachment.objects.count() == len(on_disk()) == 1


def test_the_played_customer_sends_files(client: Client, mei: Customer, box: Channel, gu: User, lin: User) -> None:
    client.force_login(gu)
    data = {"channel": "box", "text": "", "token": "t1", "files": [given("bad.html", HTML), given("a.png", png())]}
    assert client.post(reverse("talks:sandbox_say", args=[mei.number]), data).status_code == 302

    message = Message.objects.get(direction="in")
    assert sorted(message.attachments.values_list("name", "left_out")) == [("a.png", ""), ("bad.html", "active")]
    page = client.get(reverse("talks:sandbox_phone", args=[mei.number])).content.decode()
    assert "a.png" in page
    client.force_login(lin)
    assert content(client.get(reverse("talks:file", args=[mei.number, message.attachments.here().get().pk]))) == png()


# The site's form and chat


@pytest.fixture
def web(db: None) -> Channel:
    return Channel.objects.create(code="web", name=words("官网"), way="web", adapter="web", settings={"origins": []})


def test_the_form_of_the_site_takes_files_without_script(client: Client, web: Channel) -> None:
    data = {"words": "It pills", "contact": "19900001234", "name": "Mei"}
    answer = client.post("/c/write/web/?language=en", data | {"files": [given("a.jpg", jpeg()), given("b.exe", b"MZ")]})

    assert "It is with us" in answer.content.decode()
    assert sorted(Attachment.objects.values_list("name", "left_out")) == [("a.jpg", ""), ("b.exe", "active")]


@pytest.mark.parametrize("length", [str(10**9), "-1", "x", "9" * 30])
def test_a_body_that_announces_too_much_is_not_read(client: Client, web: Channel, length: str) -> None:
    _visitor, token = Visitor.begin(web)
    for path, headers in (("/c/write/web/", {}), ("/c/chat/send/", {"X-Chat-Token": token})):
        answer = client.post(path, {"words": "x", "contact": "y"}, CONTENT_LENGTH=length, headers=headers)
        assert answer.status_code in (413, 422)
    assert not Message.objects.exists()


def test_a_visitor_sends_and_fetches_files_of_the_own_chat_only(client: Client, web: Channel, lin: User, saved) -> None:
    (mine, my_key), (_other, other_key) = Visitor.begin(web), Visitor.begin(web)
    sent = client.post("/c/chat/send/", {"client_id": "1", "body": "", "files": given("a.png", png())},
                       headers={"X-Chat-Token": my_key})  # fmt: skip
    assert sent.json() == {"ack": "1", "seq": 1}
    visitor = Visitor.objects.get(pk=mine.pk)
    assert visitor.conversation is not None
    with saved():
        message = visitor.conversation.say("Here", by=lin, files=[look("label.pdf", pdf(), most=TEN)])
    waiting = message.attachments.get()

    def fetch(key: str) -> Any:
        return client.get(f"/c/chat/files/{waiting.pk}/", headers={"X-Chat-Token": key})

    assert fetch(my_key).status_code == 404  # not sent yet
    relay(only=message.pk, at_most=1)
    lines = client.get("/c/chat/messages/", headers={"X-Chat-Token": my_key}).json()["messages"]
    assert lines[1]["files"] == [{"id": waiting.pk, "name": "label.pdf", "size": len(pdf())}]
    answer = fetch(my_key)
    assert content(answer) == pdf()
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    for key in (other_key, "", "x" * 32):
        assert fetch(key).status_code == 404
    on_disk()[0].unlink()
    on_disk()[0].unlink()
    assert fetch(my_key).status_code == 410


def test_words_with_a_script_in_multipart_are_words(client: Client, web: Channel) -> None:
    visitor, key = Visitor.begin(web)
    client.post("/c/chat/send/", {"client_id": "1", "body": "<b>hi</b>"}, headers={"X-Chat-Token": key})
    assert chat.lines(Visitor.objects.get(pk=visitor.pk).conversation, after=0)[0]["body"] == "<b>hi</b>"


# Staying, going, going along


def test_a_joined_case_takes_its_files_along_and_gives_them_back(client: Client, ticket: Ticket, mei, lin, he) -> None:
    other, _new = Ticket.open(mei, "The same again")
    (file,) = noted(other, lin, ("a.txt", b"words"))
    client.force_login(lin)

    join = CaseJoin.merge(ticket, other, by=lin)
    assert client.get(file_at(ticket, file)).status_code == 200
    join.undo(by=lin)

    assert client.get(file_at(ticket, file)).status_code == 404
    assert client.get(file_at(Ticket.objects.get(pk=other.pk), file)).status_code == 200


def test_files_go_along_when_records_are_joined_and_taken_apart(mei: Customer, lin: User, gu: User, west_lake) -> None:
    double = Customer.objects.create(number="D1", home_store=west_lake)
    case, _new = Ticket.open(double, "Theirs")
    (file,) = noted(case, lin, ("a.txt", b"words"))

    operation = merge(mei, double, by=gu, reason="same")
    file.refresh_from_db()
    assert file.customer_id == mei.pk
    assert b"".join(file.pieces()) == b"words"
    unmerge(operation, by=gu, reason="not the same")
    file.refresh_from_db()
    assert file.customer_id == double.pk


def test_after_an_erasure_no_file_is_there_and_no_copy_can_be_read(ticket, talk, mei, lin, gu, saved) -> None:
    (file,) = noted(ticket, lin, (f"{CANARY}.txt", CANARY.encode()))
    talk.say("Here", by=lin, files=[look("b.txt", b"more", most=TEN)])
    copies = {path: path.read_bytes() for path in on_disk()}  # as an older backup holds them
    key = file.key
    assert key is not None
    assert len(copies) == 2

    with saved():
        erase(mei, by=gu)

    assert not Attachment.objects.exists()
    assert not NoteFile.objects.exists()
    assert on_disk() == []
    for path, data in copies.items():
        path.write_bytes(data)
    key.refresh_from_db()
    file.key = key
    with pytest.raises(sealed_files.Missing):
        file.pieces()


def test_everything_held_on_a_person_holds_their_files(ticket: Ticket, box: Channel, mei, lin, gu, monkeypatch) -> None:
    noted(ticket, lin, ("a.txt", CANARY.encode()))
    document = json.loads(json.dumps(held_about(mei, by=gu), default=str))

    (file,) = document["touchpoints"]["files"]
    import base64

    assert base64.b64decode(file["content"]).decode() == CANARY
    assert (file["name"], file["from"]) == ("a.txt", "us")
    monkeypatch.setattr("touchpoints.privacy.FILES_TOLD", 3)
    assert "content" not in held_about(mei, by=gu)["touchpoints"]["files"][0]


def test_what_was_kept_long_enough_goes_and_its_line_stays(
    client: Client, ticket: Ticket, lin, saved, monkeypatch
) -> None:
    old, new = noted(ticket, lin, ("old.txt", b"old"), ("new.txt", b"new"))
    Attachment.objects.filter(pk=old.pk).update(at=timezone.now() - timezone.timedelta(days=1096))

    with saved():
        assert retain()["attachments"] == 1

    assert len(on_disk()) == 1
    client.force_login(lin)
    page = client.get(reverse("tickets:show", args=[ticket.number])).content.decode()
    assert re.search(r"old\.txt.*kept long enough", page, re.DOTALL)
    answer = client.get(file_at(ticket, old))
    assert answer.status_code == 410
    assert "kept long enough" in answer.content.decode()
    assert client.get(file_at(ticket, new)).status_code == 200


def test_a_sweep_removes_what_nobody_names_and_tells_what_is_missing(ticket: Ticket, lin: User, caplog) -> None:
    kept, lost = noted(ticket, lin, ("kept.txt", b"kept"), ("lost.txt", b"lost"))
    orphan = sealed_files.write(b"orphan", bytes(32))
    half = sealed_files.root() / "ab" / ("ab" * 16 + ".part")
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half")
    sealed_files.remove(lost.stored)

    assert file_upkeep.tend().removed == 0  # their transaction may still be open
    done = file_upkeep.tend(rests=-1)

    assert (done.removed, done.missing) == (2, [lost.pk])
    assert [path.name for path in on_disk()] == [kept.stored]
    assert orphan not in caplog.text
    assert "files are missing" in caplog.text


def test_a_refused_entry_leaves_no_row_and_the_sweep_clears_its_file(ticket: Ticket, lin: User, monkeypatch) -> None:
    monkeypatch.setattr("tickets.models.entry.NoteFile.objects.bulk_create", lambda rows: list(rows) and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ticket.note("x", by=lin, files=[look("a.txt", b"words", most=TEN)])

    assert not Attachment.objects.exists()
    assert file_upkeep.tend(rests=-1).removed == 1


def test_a_mails_files_come_with_it(box: Channel, mei: Customer) -> None:
    from email.message import EmailMessage

    from touchpoints.channels.mail.adapter import Adapter
    from touchpoints.channels.mail.reading import item_of
    from touchpoints.channels.protocol import Account

    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = "Mei <mei@example.com>", "Fault", "<1@example.com>"
    mail.set_content("See")
    mail.add_attachment(png(), maintype="image", subtype="png", filename="Fehler 照片.png")
    mail.add_attachment(packed(("a", b"b")), maintype="image", subtype="png", filename="b.png")
    mail.add_attachment(docx(), maintype="application", subtype="octet-stream", filename="../c.docx")
    post = Channel.objects.create(code="post", way="mail", adapter="mail")
    adapter = Adapter(Account("post"))

    intake.store_items(post, [item_of(mail.as_bytes(), timezone.now(), box=adapter.box)])
    intake.work_off()

    message = Message.objects.get(channel=post)
    assert sorted(message.attachments.values_list("name", "kind", "left_out")) == [
        ("Fehler 照片.png", "png", ""), ("b.png", "", "packed"), ("c.docx", "docx", ""),
    ]  # fmt: skip


def test_an_answer_by_mail_carries_its_files() -> None:
    from email import message_from_bytes

    from touchpoints.channels.mail.adapter import Adapter
    from touchpoints.channels.mail.addresses import Keys
    from touchpoints.channels.mail.sending import composed
    from touchpoints.channels.protocol import Kind, Outgoing

    settings = {**Adapter.settings, "from_address": "help@example.com", "from_name": "Help"}
    out = Outgoing("m1", Kind.NOTICE, "mei@example.com", "See", files=[File("尺寸.pdf", pdf(), "application/pdf"),
                   File("a.txt", "尺".encode(), "text/plain; charset=utf-8")])  # fmt: skip
    raw, _envelope, _to = composed(out, settings, Keys.of("A" * 24), domain="example.com")  # type: ignore[misc]

    parts = [(part.get_filename(), part.get_payload(decode=True)) for part in message_from_bytes(raw).walk()]
    assert parts[-2:] == [("尺寸.pdf", pdf()), ("a.txt", "尺".encode())]

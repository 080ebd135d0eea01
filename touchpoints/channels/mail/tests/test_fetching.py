"""Fetching, from a server that keeps numbers: nothing lost, nothing doubled, nothing marked."""

import base64
import ssl
from typing import Any

import pytest

from touchpoints.channels.mail import fetching
from touchpoints.channels.mail.adapter import Adapter
from touchpoints.channels.mail.tests.conftest import account_of
from touchpoints.channels.mail.tests.server import House, Mailbox
from touchpoints.channels.protocol import Forged, Incoming, Item, Refusal, Refused, Unavailable


def letter(number: int, *, extra: str = "", body: str = "hello") -> bytes:
    return (f"From: Mei <mei@example.com>\r\nTo: care@brand.example\r\nSubject: {number}\r\n"
            f"Message-ID: <m{number}@example.com>\r\n{extra}\r\n{body} {number}\r\n").encode()  # fmt: skip


def all_of(adapter: Adapter, cursor: dict[str, Any] | None = None) -> tuple[list[Item], dict[str, Any]]:
    items: list[Item] = []
    cursor = cursor or {}
    for _slice in range(100):
        got = adapter.fetch(cursor)
        items += got.items
        cursor = got.cursor
        if not got.more:
            return items, cursor
    raise AssertionError("it never ends")


@pytest.fixture
def fetcher(house: House) -> Adapter:
    return Adapter(account_of(house=house))


@pytest.fixture
def box(house: House) -> Mailbox:
    return house.boxes["INBOX"]


@pytest.mark.parametrize("says_next", [True, False])
def test_two_hundred_mails_come_in_order_in_slices_and_once(fetcher, house, box, says_next: bool) -> None:
    house.says_next = says_next
    for number in range(200):
        box.put(letter(number))

    first = fetcher.fetch({})
    items, cursor = all_of(fetcher)

    assert (len(first.items), first.more) == (50, True)
    assert [fetcher.read(item)[0].subject for item in items] == [str(number) for number in range(200)]
    assert len({item.source_ref for item in items}) == 200
    assert cursor == {"uidvalidity": 7, "last_uid": 200}
    assert all_of(fetcher, cursor) == ([], cursor)
    box.put(letter(200))
    assert len(all_of(fetcher, cursor)[0]) == 1
    assert house.changed_by_reading == 0


def test_an_empty_box_and_one_with_great_gaps(fetcher: Adapter, box: Mailbox, monkeypatch) -> None:
    monkeypatch.setattr(fetching, "WINDOW", 10)
    monkeypatch.setattr(fetching, "WINDOWS", 3)

    assert all_of(fetcher)[0] == []
    box.next_uid = 1000
    box.put(letter(1))
    box.next_uid = 1200
    items, cursor = all_of(fetcher)
    assert len(items) == 1
    assert cursor["last_uid"] >= 1000
    assert all_of(fetcher, cursor)[0] == []


def test_a_new_uidvalidity_means_all_again_under_the_same_names(fetcher: Adapter, box: Mailbox) -> None:
    for number in range(3):
        box.put(letter(number))
    before, cursor = all_of(fetcher)
    box.validity, box.letters, box.next_uid = 8, [], 1
    for number in range(4):
        box.put(letter(number))

    again, cursor = all_of(fetcher, cursor)

    assert cursor == {"uidvalidity": 8, "last_uid": 4}
    assert [item.source_ref for item in again[:3]] == [item.source_ref for item in before]


def test_a_connection_cut_in_the_middle_loses_nothing(fetcher: Adapter, house: House, box: Mailbox) -> None:
    for number in range(3):
        box.put(letter(number))
    house.faults = ["", "cut"]

    with pytest.raises(Unavailable) as caught:
        fetcher.fetch({})
    assert caught.value.result.refusal is Refusal.RETRY_LATER
    house.faults = []
    assert len(all_of(fetcher)[0]) == 3


def test_one_mail_in_two_boxes_is_one_and_one_id_used_twice_is_two(
    fetcher: Adapter, house: House, box: Mailbox
) -> None:
    house.boxes["Sales"] = Mailbox(validity=1, next_uid=90)
    box.put(letter(1, extra="Received: by a\r\n"))
    house.boxes["Sales"].put(letter(1, extra="Received: by b\r\nDelivered-To: sales@brand.example\r\n"))
    box.put(letter(1, body="something else"))
    other = Adapter(account_of(house=house, mailbox="Sales"))

    (one, reused), (copy,) = all_of(fetcher)[0], all_of(other)[0]

    assert one.source_ref == copy.source_ref != reused.source_ref


def test_a_mail_over_the_limit_leaves_its_head(fetcher: Adapter, house: House, box: Mailbox) -> None:
    small = Adapter(account_of(house=house, limits={"bytes": 2000}))
    box.put(letter(1, body="x" * 5000))
    box.put(letter(2))

    big, normal = all_of(small)[0]

    assert big.kind == "mail.cut"
    assert len(base64.b64decode(big.body)) < 300
    assert small.read(big)[0].note.split() == ["sender_unverified", "too_large"]
    assert small.read(normal)[0].text == "hello 2"


def test_great_mails_come_in_smaller_slices(house: House, box: Mailbox) -> None:
    adapter = Adapter(account_of(house=house, limits={"slice_bytes": 10_000}))
    for number in range(7):
        box.put(letter(number, body="x" * 4000))

    assert len(adapter.fetch({}).items) == 2
    assert len(all_of(adapter)[0]) == 7


def test_a_server_that_sends_more_than_it_said_is_cut_off(fetcher: Adapter, house: House, box: Mailbox) -> None:
    box.put(letter(1))
    house.faults = ["", "huge"]
    house.faults = ["huge"]

    with pytest.raises(Unavailable) as caught:
        fetcher.fetch({})
    assert caught.value.result == Refused(Refusal.RETRY_LATER, "too_large")


def test_a_server_that_names_the_number_behind_the_mail(fetcher: Adapter, house: House, box: Mailbox) -> None:
    box.put(letter(1))
    house.faults = ["uid_behind"]

    assert len(all_of(fetcher)[0]) == 1


def test_a_poisoned_mail_does_not_hold_the_others(fetcher: Adapter, box: Mailbox) -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2000))
    for raw in (b"", b"\x00" * 100, b"no header at all", deep, letter(1)):
        box.put(raw)

    items, _cursor = all_of(fetcher)

    assert len(items) == 5
    assert len({item.source_ref for item in items}) == 5
    assert fetcher.read(items[4])[0].subject == "1"


@pytest.mark.parametrize(("change", "result"), [
    ({"mailbox": "Nowhere"}, Refused(Refusal.FIX_SETUP, "mailbox")),
    ({"mailbox": 'a"b\\c'}, Refused(Refusal.FIX_SETUP, "mailbox")),
    ({"mailbox": "INBOX\r\nx DELETE INBOX"}, Refused(Refusal.FIX_SETUP, "bad_setting")),
    ({"imap_port": 1}, Refused(Refusal.RETRY_LATER, "unreached")),
    ({"imap_security": "tls"}, Refused(Refusal.FIX_SETUP, "tls")),
])  # fmt: skip
def test_what_keeps_us_out(house: House, change: dict[str, Any], result: Refused) -> None:
    with pytest.raises(Unavailable) as caught:
        Adapter(account_of(house=house, **change)).fetch({})
    assert caught.value.result == result


def test_a_wrong_password_and_a_busy_server(fetcher: Adapter, house: House, box: Mailbox) -> None:
    box.put(letter(1))
    house.faults = ["no"]
    with pytest.raises(Unavailable) as caught:
        fetcher.fetch({})
    assert caught.value.result == Refused(Refusal.RETRY_LATER, "refused", known=False)
    house.password = "changed"
    with pytest.raises(Unavailable) as caught:
        fetcher.fetch({})
    assert caught.value.result == Refused(Refusal.FIX_SETUP, "login")


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1"])
def test_no_setting_points_us_inside(settings, host: str) -> None:
    with pytest.raises(Unavailable) as caught:
        Adapter(account_of(imap_host=host, imap_port=993, imap_security="tls")).fetch({})
    assert caught.value.result == Refused(Refusal.FIX_SETUP, "unsafe_target")


def test_a_server_of_the_house_needs_the_word_of_the_machines_operator(settings, monkeypatch) -> None:
    settings.CHANNEL_HOSTS = {"10.0.0.1"}
    tried: list[Any] = []

    def connect(address: Any, *args: Any, **kwargs: Any) -> Any:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(Unavailable) as caught:
        Adapter(account_of(imap_host="10.0.0.1", imap_port=993, imap_security="tls")).fetch({})
    assert tried == [("10.0.0.1", 993)]
    assert caught.value.result == Refused(Refusal.RETRY_LATER, "unreached")


@pytest.mark.parametrize("trusted", [True, False])
def test_the_servers_certificate_is_checked(settings, certificate, monkeypatch, trusted: bool) -> None:
    settings.OUTGOING_LOOPBACK = True
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(certificate)
    house = House(inside)
    house.boxes["INBOX"].put(letter(1))
    if trusted:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(certificate)
        monkeypatch.setattr(ssl, "create_default_context", lambda: context)
    monkeypatch.setattr("touchpoints.channels.mail.fetching.server", lambda *args, **kwargs: "127.0.0.1")
    made = {"house": house, "imap_security": "tls"}
    try:
        if trusted:
            assert len(Adapter(account_of(**made, imap_host="localhost")).fetch({}).items) == 1
        for name in ["other.example", *([] if trusted else ["localhost"])]:
            with pytest.raises(Unavailable) as caught:
                Adapter(account_of(**made, imap_host=name)).fetch({})
            assert caught.value.result == Refused(Refusal.FIX_SETUP, "tls")
    finally:
        house.close()
    assert ("LOGIN" in house.commands) == trusted


def test_without_encryption_no_password_leaves(settings, monkeypatch) -> None:
    monkeypatch.setattr("touchpoints.channels.mail.fetching.server", lambda *args, **kwargs: "127.0.0.1")
    with pytest.raises(Unavailable) as caught:
        Adapter(account_of(imap_host="imap.example.com")).fetch({})
    assert caught.value.result == Refused(Refusal.FIX_SETUP, "no_tls")


def test_no_box_is_no_fetching_and_nobody_may_call(adapter: Adapter) -> None:
    assert adapter.fetch({"a": 1}).cursor == {"a": 1}
    with pytest.raises(Forged):
        adapter.receive(Incoming("POST", "/", {}, {}, b""))

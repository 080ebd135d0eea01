"""Writing mails, to a real SMTP server: one id for all attempts, no second header, each answer its meaning."""

import ssl
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest

from touchpoints.channels.mail import addresses
from touchpoints.channels.mail.adapter import Adapter
from touchpoints.channels.mail.tests.conftest import account_of
from touchpoints.channels.mail.tests.server import Post
from touchpoints.channels.protocol import Kind, Outgoing, Refusal, Refused, Sent, Unknown

NOTICE = Outgoing("ab12cd34", Kind.NOTICE, "mei@example.com", "林小姐，您好。\n.\n包裹已寄出。", subject="您的订单",
                  thread="case:C202600042", references=["first1", "<their.id@example.com>"])  # fmt: skip
OFFER = replace(NOTICE, kind=Kind.MARKETING, thread="", references=[],
                unsubscribe="https://scrm.example.com/c/token/unsubscribe")  # fmt: skip


def sent(post: Post, message: Outgoing, **changes: Any) -> Any:
    adapter = Adapter(account_of(post=post, **changes))
    assert adapter.send(message) == Sent()
    return message_from_bytes(post.arrived[-1].raw, policy=policy.default)


def test_a_mail_arrives_whole(post: Post) -> None:
    mail = sent(post, NOTICE)

    assert post.arrived[0].to == ["mei@example.com"]
    assert (mail["Subject"], mail["To"]) == ("您的订单", "mei@example.com")
    assert str(mail["From"]) == "示例品牌 <care@brand.example>"
    assert mail.get_content().replace("\r\n", "\n") == "林小姐，您好。\n.\n包裹已寄出。\n"
    assert mail["Date"]
    assert mail["List-Unsubscribe"] is None
    assert mail["Auto-Submitted"] is None


def test_the_id_never_changes_and_answers_to_it_are_known(post: Post) -> None:
    adapter = Adapter(account_of(post=post))
    first, second = sent(post, NOTICE), sent(post, NOTICE)

    assert first["Message-ID"] == second["Message-ID"]
    assert addresses.sent_by_us(adapter.keys, first["Message-ID"], domain="brand.example") == ["ab12cd34"]
    ours, theirs = first["References"].split()
    assert theirs == first["In-Reply-To"] == "<their.id@example.com>"
    assert addresses.sent_by_us(adapter.keys, ours, domain="brand.example") == ["first1"]


def test_answers_come_to_the_case_and_bounces_to_the_message(post: Post) -> None:
    adapter = Adapter(account_of(post=post))
    mail = sent(post, NOTICE)

    assert addresses.case_of(adapter.keys, mail["Reply-To"], domain="reply.example.com", now=adapter.clock()) == (
        "C202600042", True,
    )  # fmt: skip
    assert addresses.bounced(adapter.keys, post.arrived[0].sender, domain="bounce.brand.example") == "ab12cd34"


def test_only_an_offer_carries_the_way_out_on_one_line(post: Post) -> None:
    long = replace(OFFER, unsubscribe="https://scrm.example.com/c/" + "x" * 150)
    mail = sent(post, OFFER)
    sent(post, long)

    assert mail["List-Unsubscribe"] == "<https://scrm.example.com/c/token/unsubscribe>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"List-Unsubscribe: <{long.unsubscribe}>\r\n".encode() in post.arrived[-1].raw


@pytest.mark.parametrize("way_out", ["", "http://scrm.example.com/c/x", "mailto:x@y.example", "https://a b",
                                     "https://scrm.example.com/" + "x" * 200, "https://x/>, <https://evil.example"])  # fmt: skip
def test_an_offer_without_a_way_out_goes_nowhere(post: Post, way_out: str) -> None:
    result = Adapter(account_of(post=post)).send(replace(OFFER, unsubscribe=way_out))

    assert result == Refused(Refusal.FIX_SETUP, "marketing_without_way_out")
    assert post.arrived == []


def test_what_goes_by_itself_says_so(post: Post) -> None:
    mail = sent(post, replace(NOTICE, automatic=True))
    sent(post, replace(NOTICE, automatic=True), bounce_domain="")

    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert post.arrived[-1].sender in ("", "<>")
    assert sent(post, replace(OFFER, automatic=True))["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(("change", "code"), [
    ({"to": "mei@example.com\r\nBcc: all@example.com"}, "bad_address"), ({"to": "a@example.com, b@example.com"}, "bad_address"),
    ({"to": "mei@example.com\n"}, "bad_address"), ({"to": ""}, "bad_address"), ({"to": "Mei <mei@example.com>"}, "bad_address"),
    ({"to": "mei@exam ple.com"}, "bad_address"), ({"to": "@example.com"}, "bad_address"),
    ({"subject": "Hello\r\nBcc: all@example.com"}, "bad_header"), ({"subject": "Hello\nX: y"}, "bad_header"),
    ({"reply_to": "x@y.example\r\nBcc: z@example.com"}, "bad_header"), ({"reply_to": "no address"}, "bad_address"),
    ({"references": ["<a@b>\r\nBcc: z@example.com"]}, "bad_header"), ({"unsubscribe": "https://x\r\nBcc: y"}, "bad_header"),
    ({"id": "a\r\nb"}, "bad_id"), ({"id": ""}, "bad_id"),
])  # fmt: skip
def test_nothing_begins_a_header_of_its_own(post: Post, change: dict[str, Any], code: str) -> None:
    assert Adapter(account_of(post=post)).send(replace(NOTICE, **change)) == Refused(Refusal.NEVER, code)
    assert post.arrived == []


def test_a_name_with_a_line_end_makes_no_header(post: Post) -> None:
    mail = sent(post, NOTICE, from_name="Brand\r\nBcc: all@example.com")

    assert mail["Bcc"] is None


@pytest.mark.parametrize(("step", "answer", "result"), [
    ("to", "550 5.1.1 no such user", Refused(Refusal.NOT_REACHABLE, "550 5.1.1")),
    ("to", "550 no such user mei@example.com", Refused(Refusal.NOT_REACHABLE, "550")),
    ("to", "552 5.2.2 mailbox full", Refused(Refusal.NOT_REACHABLE, "552 5.2.2")),
    ("to", "551 not here", Refused(Refusal.NOT_REACHABLE, "551")),
    ("to", "550 5.7.1 policy", Refused(Refusal.NEVER, "550 5.7.1")),
    ("to", "554 no", Refused(Refusal.NEVER, "554")),
    ("to", "451 4.3.0 later", Refused(Refusal.RETRY_LATER, "451 4.3.0")),
    ("to", "450 greylisted", Refused(Refusal.RETRY_LATER, "450")),
    ("to", "530 5.7.0 authenticate", Refused(Refusal.FIX_SETUP, "530 5.7.0")),
    ("from", "421 4.7.0 slow down", Refused(Refusal.RETRY_LATER, "421 4.7.0")),
    ("from", "553 5.1.8 sender unknown", Refused(Refusal.FIX_SETUP, "553 5.1.8")),
    ("data", "554 5.7.1 spam", Refused(Refusal.NEVER, "554 5.7.1")),
    ("data", "552 5.3.4 too big", Refused(Refusal.NEVER, "552 5.3.4")),
    ("data", "452 4.3.1 no room", Refused(Refusal.RETRY_LATER, "452 4.3.1")),
])  # fmt: skip
def test_each_answer_has_its_meaning(post: Post, step: str, answer: str, result: Refused) -> None:
    post.answers[step] = answer

    assert Adapter(account_of(post=post)).send(NOTICE) == result


def test_one_lost_after_the_final_dot_may_go_again_under_its_id(post: Post) -> None:
    adapter = Adapter(account_of(post=post))
    post.answers["lost"] = "yes"

    assert adapter.send(NOTICE) == Unknown("lost_after_data")
    assert adapter.idempotent
    assert adapter.send(NOTICE) == Sent()
    ids = {message_from_bytes(one.raw)["Message-ID"] for one in post.arrived}
    assert (len(post.arrived), len(ids)) == (2, 1)


def test_a_server_that_is_away_is_tried_later(settings) -> None:
    settings.OUTGOING_LOOPBACK = True
    account = account_of(smtp_host="127.0.0.1", smtp_port=1)

    assert Adapter(account).send(NOTICE) == Refused(Refusal.RETRY_LATER, "unreached")


def test_strange_letters_in_an_address_go_where_they_are_understood(post: Post, settings) -> None:
    settings.OUTGOING_LOOPBACK = True
    old = Post(smtputf8=False)
    try:
        assert Adapter(account_of(post=old)).send(replace(NOTICE, to="梅@example.com")) == Refused(
            Refusal.NOT_REACHABLE, "no_smtputf8"
        )
    finally:
        old.close()
    sent(post, replace(NOTICE, to="梅@例子.example"))
    assert post.arrived[-1].to == ["梅@xn--fsqu00a.example"]


@pytest.mark.parametrize("change", [{"smtp_host": "10.0.0.1"}, {"smtp_host": "169.254.169.254"}, {"smtp_host": "localhost"},
                                    {"smtp_host": ""}, {"smtp_port": 25}, {"smtp_host": "mail.example.com"}])  # fmt: skip
def test_no_setting_points_us_inside(settings, change: dict[str, Any], monkeypatch) -> None:
    def look_up(host: str, port: int, **kwargs: Any) -> list[Any]:
        inner = {
            "localhost": "127.0.0.1",
            "mail.example.com": "192.168.0.9",
            "": "127.0.0.1",
            "smtp.example.com": "8.8.8.8",
        }
        return [(2, 1, 6, "", (inner.get(host, host), port))]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    made = {"smtp_host": "smtp.example.com", "smtp_port": 465, "smtp_security": "tls"} | change

    assert Adapter(account_of(**made)).send(NOTICE) == Refused(Refusal.FIX_SETUP, "unsafe_target")


def test_without_encryption_nothing_leaves_unless_a_test_says_so(settings, monkeypatch) -> None:
    monkeypatch.setattr("touchpoints.channels.mail.sending.server", lambda *args, **kwargs: "127.0.0.1")

    result = Adapter(account_of(smtp_host="smtp.example.com", smtp_port=465)).send(NOTICE)

    assert result == Refused(Refusal.FIX_SETUP, "no_tls")


def test_a_server_that_offers_no_encryption_gets_nothing(post: Post) -> None:
    assert Adapter(account_of(post=post, smtp_security="starttls")).send(NOTICE) == Refused(Refusal.FIX_SETUP, "no_tls")
    assert post.arrived == []


@pytest.mark.parametrize("way", ["tls", "starttls"])
@pytest.mark.parametrize("trusted", [True, False])
def test_the_servers_certificate_is_checked(settings, certificate, monkeypatch, way: str, trusted: bool) -> None:
    settings.OUTGOING_LOOPBACK = True
    inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    inside.load_cert_chain(certificate)
    post = Post(tls=inside) if way == "starttls" else Post(implicit=inside)
    if trusted:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(certificate)
        monkeypatch.setattr(ssl, "create_default_context", lambda: context)
    monkeypatch.setattr("touchpoints.channels.mail.sending.server", lambda *args, **kwargs: "127.0.0.1")
    try:
        result = Adapter(account_of(post=post, smtp_security=way, smtp_host="localhost")).send(NOTICE)
        elsewhere = Adapter(account_of(post=post, smtp_security=way, smtp_host="other.example")).send(NOTICE)
    finally:
        post.close()

    assert result == (Sent() if trusted else Refused(Refusal.FIX_SETUP, "tls"))
    assert elsewhere == Refused(Refusal.FIX_SETUP, "tls")
    assert [one.encrypted for one in post.arrived] == [True] * trusted


@pytest.mark.parametrize(("word", "result"), [("word", Sent()), ("other", Refused(Refusal.FIX_SETUP, "535 5.7.8"))])
def test_who_has_the_password_may_send(settings, word: str, result: object) -> None:
    settings.OUTGOING_LOOPBACK = True
    post = Post(auth=True)
    account = account_of(post=post, smtp_user="scrm")
    try:
        assert Adapter(replace(account, secrets={**account.secrets, "smtp_password": word})).send(NOTICE) == result
    finally:
        post.close()


def test_without_a_key_or_a_sender_nothing_goes(post: Post) -> None:
    account = account_of(post=post)

    for bare in (replace(account, secrets={}), replace(account, secrets={"reply_key": "c2hvcnQ="})):
        assert Adapter(bare).send(NOTICE) == Refused(Refusal.FIX_SETUP, "no_reply_key")
    assert Adapter(account_of(post=post, from_address="nobody")).send(NOTICE) == Refused(Refusal.FIX_SETUP, "no_sender")

"""Mails of all kinds read: spoofed, automatic, bounced, broken, folded, deep; what they claim and what it is worth."""

import base64
import io
import random
import time
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest

from touchpoints.channels.mail import addresses, quotes, reading
from touchpoints.channels.mail.adapter import Adapter
from touchpoints.channels.mail.charsets import decoded, header_text
from touchpoints.channels.mail.tests.conftest import account_of
from touchpoints.channels.protocol import Item, Malformed, MessageIn, News, OptOut, Outcome, Receipt

AT = datetime(2025, 12, 21, 6, 53, 20, tzinfo=UTC)
TRUE = "Authentication-Results: mx.brand.example; dmarc=pass header.from=example.com"


def mail(*headers: str, body: str | bytes = "hello", sender: str = "Mei <mei@example.com>") -> bytes:
    own = [f"From: {sender}"] if sender else []
    head = "\r\n".join([*headers, *own, "Message-ID: <m1@example.com>", "Subject: Hi"])
    return head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + (body.encode() if isinstance(body, str) else body)


def news(adapter: Adapter, raw: bytes) -> list[News]:
    return list(adapter.read(reading.item_of(raw, AT, box=adapter.box)))


def message(adapter: Adapter, raw: bytes) -> MessageIn:
    found = news(adapter, raw)[0]
    assert isinstance(found, MessageIn)
    return found


# Who


@pytest.mark.parametrize(("results", "verified"), [
    ([TRUE], True),
    (["Authentication-Results: MX.Brand.Example 1; (x; dmarc=fail) dmarc=pass (p=none) header.from=example.com"], True),
    (["Authentication-Results: mx.brand.example; dkim=pass header.d=example.com"], True),
    (["Authentication-Results: mx.brand.example; dkim=pass header.i=@example.com; spf=fail"], True),
    (["Authentication-Results: mx.brand.example;\r\n spf=pass smtp.mailfrom=bounce@example.com"], True),
    ([], False),
    (["Authentication-Results: mx.brand.example; none"], False),
    (["Authentication-Results: mx.brand.example; dmarc=fail header.from=example.com"], False),
    (["Authentication-Results: mx.brand.example; dmarc=fail; dkim=pass header.d=example.com"], False),
    (["Authentication-Results: mx.brand.example; dmarc=pass header.from=evil.example"], False),
    (["Authentication-Results: mx.brand.example; dkim=pass header.d=evil.example"], False),
    (["Authentication-Results: mx.brand.example; dkim=pass header.d=com"], False),
    (["Authentication-Results: mx.brand.example; dkim=pass header.d=sub.example.com"], False),
    (["Authentication-Results: mx.brand.example; spf=pass smtp.mailfrom=a@evil.example"], False),
    (["Authentication-Results: mx.evil.example; dmarc=pass header.from=example.com"], False),
    (["Authentication-Results: mx.evil.example; dmarc=pass", TRUE], False),
    (["Authentication-Results: mx.brand.example; none", TRUE], False),
    (["Authentication-Results: mx.brand.example.evil.example; dmarc=pass header.from=example.com"], False),
    (['Authentication-Results: "mx.brand.example; dmarc=pass"; none'], False),
    (["Authentication-Results: mx.evil.example (mx.brand.example); dmarc=pass header.from=example.com"], False),
    (['Authentication-Results: mx.brand.example; spf=none reason="x; dmarc=pass header.from=example.com"'], False),
    (["Authentication-Results: mx.brand.example; xdmarc=pass header.from=example.com"], False),
    (["X-Authentication-Results: mx.brand.example; dmarc=pass"], False),
    (["Authentication-Results: " + "(" * 5000], False),
])  # fmt: skip
def test_only_our_own_topmost_word_proves_a_sender(adapter: Adapter, results: list[str], verified: bool) -> None:
    told = message(adapter, mail(*results))

    assert told.person.proved is verified
    assert ("sender_unverified" in told.note) is not verified
    assert told.person.value == "mei@example.com"


def test_without_the_setting_nobody_is_proved() -> None:
    assert not message(Adapter(account_of(trusted_authserv_id="")), mail(TRUE)).person.proved


@pytest.mark.parametrize(("sender", "address", "name", "proved"), [
    ("Mei <mei@example.com>", "mei@example.com", "Mei", True),
    ("MEI@Example.com", "mei@example.com", "", True),
    ("=?utf-8?B?5qKF?= <mei@example.com>", "mei@example.com", "梅", True),
    ('"boss@bank.example" <mei@example.com>', "mei@example.com", "boss@bank.example", False),
    ("=?utf-8?Q?boss=40bank.example?= <mei@example.com>", "mei@example.com", "boss@bank.example", False),
    ("boss＠bank.example <mei@example.com>", "mei@example.com", "boss＠bank.example", False),
    ("boss@bank.example <mei@example.com>", None, None, False),
    ("mei@example.com, boss@example.com", "mei@example.com", "", False),
    ("mei@example.com\r\nFrom: boss@example.com", "mei@example.com", "", False),
    ("=?utf-8?Q?boss=40example.com=3E?= <mei@example.com>", "mei@example.com", "boss@example.com>", False),
    ("Mei <mei@example.com> <boss@example.com>", None, None, False),
])  # fmt: skip
def test_a_sender_that_shows_two_faces_is_not_proved(adapter, sender, address, name, proved) -> None:
    told = message(adapter, mail(TRUE, sender=sender))

    assert told.person.proved is proved
    if address:
        assert (told.person.value, told.person.name) == (address, name)


@pytest.mark.parametrize("sender", ["", "nobody", "undisclosed-recipients:;", "<>", "@", "a@b@c", "x" * 10_000])
def test_a_mail_from_nobody_cannot_be_read(adapter: Adapter, sender: str) -> None:
    with pytest.raises(Malformed):
        news(adapter, mail(sender=sender))


# What it belongs to


def test_the_address_of_a_case_leads_to_it_whoever_writes(adapter: Adapter) -> None:
    address = addresses.reply_address(adapter.keys, "C202600042", domain="reply.example.com", expiry="zzz")
    stranger = message(adapter, mail(f"To: SCRM <{address.upper()}>"))
    expired = message(adapter, mail(f"Delivered-To: {address}".replace("zzz", "1")))
    late = addresses.reply_address(adapter.keys, "C202600042", domain="reply.example.com", expiry="1")
    old = message(adapter, mail(f"To: {late}"))

    assert (stranger.case, stranger.thread) == ("C202600042", "case:C202600042")
    assert "sender_unverified" in stranger.note
    assert (expired.case, expired.note) == ("", "sender_unverified")
    assert (old.case, old.note) == ("", "sender_unverified reply_address_expired")


def test_answers_name_ours_and_only_ours(adapter: Adapter) -> None:
    ours = addresses.message_id(adapter.keys, "ab12", domain="brand.example")
    told = message(
        adapter, mail(f"In-Reply-To: {ours}", f"References: <x@y.example>\r\n {ours} <ab13.aaaa@brand.example>")
    )

    assert list(told.answers) == ["ab12"]
    assert told.ref == "<m1@example.com>"


def test_our_own_mail_come_back_is_no_news(adapter: Adapter) -> None:
    ours = addresses.message_id(adapter.keys, "ab12", domain="brand.example")
    raw = mail().replace(b"<m1@example.com>", ours.encode())

    assert news(adapter, raw) == []
    forged = mail().replace(b"<m1@example.com>", b"<ab12.aaaaaaaaaaaaaaaa@brand.example>")
    assert len(news(adapter, forged)) == 1


@pytest.mark.parametrize(("named", "ref"), [
    ("<m1@example.com>", True), ("m1@example.com", False), ("<m1>", False), ("<" + "x" * 260 + "@y>", False), ("", False),
])  # fmt: skip
def test_an_id_that_is_none_is_replaced_by_the_content(adapter: Adapter, named: str, ref: bool) -> None:
    told = message(adapter, mail().replace(b"<m1@example.com>", named.encode()))

    assert (told.ref == named) is ref
    assert ref or told.ref.startswith("mail:")


# Machines


@pytest.mark.parametrize(("header", "machine"), [
    ("Auto-Submitted: auto-replied", True), ("Auto-Submitted: auto-generated; x=y", True),
    ("Auto-Submitted: auto-notified", True), ("Auto-Submitted: no", False), ("Auto-Submitted: No (really)", False),
    ("Return-Path: <>", True), ("Return-Path: < >", True), ("Return-Path: <mei@example.com>", False),
    ("Precedence: bulk", True), ("Precedence: List", True), ("Precedence: junk", True), ("Precedence: first-class", False),
    ("List-Id: <x.example>", True), ("List-Unsubscribe: <https://x>", True), ("Feedback-ID: x", True),
    ("X-Autoreply: yes", True), ("X-Autorespond: x", True), ("X-Auto-Reply-From: x", True),
    ("X-Auto-Response-Suppress: All", False), ("X-Other: x", False),
])  # fmt: skip
def test_signs_of_a_machine(adapter: Adapter, header: str, machine: bool) -> None:
    assert message(adapter, mail(header.replace("No (really)", "no"))).machine is machine


@pytest.mark.parametrize(("subject", "machine"), [
    ("自动回复：您好", True), ("自動回覆: 休假", True), ("Out of office", True), ("Automatic reply: x", True),
    ("Re: Out of office", False), ("关于自动回复的问题", False),
])  # fmt: skip
def test_subjects_of_a_machine(adapter: Adapter, subject: str, machine: bool) -> None:
    raw = mail().replace(b"Subject: Hi", f"Subject: {subject}".encode())

    assert message(adapter, raw).machine is machine
    assert message(adapter, raw).subject == subject


@pytest.mark.parametrize(("sender", "machine"), [
    ("noreply@example.com", True), ("no-reply@example.com", True), ("MAILER-DAEMON@example.com", True),
    ("postmaster@example.com", True), ("noreply+7@example.com", True), ("noreplyer@example.com", False),
])  # fmt: skip
def test_senders_that_are_machines(adapter: Adapter, sender: str, machine: bool) -> None:
    assert message(adapter, mail(sender=sender)).machine is machine


# Leaving


@pytest.mark.parametrize(("body", "leaves"), [
    ("退订", True), ("退訂。", True), (" Unsubscribe ", True), ("unsubscribe\r\n\r\nOn Monday, we wrote:\r\n> x", True),
    ("我要退订会员卡，怎么办？", False), ("R", False), ("hello", False),
])  # fmt: skip
def test_a_wish_to_leave_is_obeyed_also_from_somebody_unproved(adapter: Adapter, body: str, leaves: bool) -> None:
    found = news(adapter, mail(body=body))

    assert [type(one) for one in found] == [MessageIn, OptOut][: 1 + leaves]


# Bounces


def bounce(
    *, to: str = "care@brand.example", action: str = "failed", status: str = "5.1.1", original: str = "<x@y.example>",
    kind: str = "delivery-status",
) -> bytes:  # fmt: skip
    fields = (f"Reporting-MTA: dns; mx.example.com\r\n\r\nFinal-Recipient: rfc822; mei@example.com\r\nAction: {action}\r\n"
              f"Status: {status}\r\nDiagnostic-Code: smtp; 550 {status} mei@example.com unknown\r\n")  # fmt: skip
    if kind == "feedback-report":
        fields = "Feedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\nOriginal-Rcpt-To: <mei@example.com>\r\n"
    return (f"From: MAILER-DAEMON@example.com\r\nTo: {to}\r\nSubject: failure\r\nReturn-Path: <>\r\n"
            f"Content-Type: multipart/report; report-type={kind}; boundary=b\r\n\r\n"
            f"--b\r\nContent-Type: text/plain\r\n\r\nsorry\r\n--b\r\nContent-Type: message/{kind}\r\n\r\n{fields}\r\n"
            f"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: care@brand.example\r\nTo: mei@example.com\r\n"
            f"Message-ID: {original}\r\n\r\nbody\r\n--b--\r\n").encode()  # fmt: skip


@pytest.fixture
def envelope(adapter: Adapter) -> str:
    return addresses.bounce_address(adapter.keys, "ab12", domain="bounce.brand.example")


@pytest.fixture
def our_id(adapter: Adapter) -> str:
    return addresses.message_id(adapter.keys, "ab12", domain="brand.example")


@pytest.mark.parametrize(("action", "status", "outcome", "code", "unreachable"), [
    ("failed", "5.1.1", Outcome.FAILED, "5.1.1", True), ("Failed", "5.1.10", Outcome.FAILED, "5.1.10", True),
    ("failed", "5.2.2", Outcome.FAILED, "5.2.2", False), ("failed", "4.4.7", Outcome.FAILED, "4.4.7", False),
    ("failed", "nonsense", Outcome.FAILED, "bounced", False),
    ("delivered", "2.0.0", Outcome.DELIVERED, "", False), ("relayed", "2.0.0", Outcome.SENT, "", False),
    ("expanded", "2.0.0", Outcome.SENT, "", False), ("delayed", "4.4.1", None, "", False), ("", "", None, "", False),
])  # fmt: skip
def test_a_report_about_ours_tells_what_became_of_it(
    adapter, envelope, action, status, outcome, code, unreachable
) -> None:
    found = news(adapter, bounce(to=envelope, action=action, status=status))

    assert found == ([Receipt(outcome, AT, "ab12", code=code, unreachable=unreachable)] if outcome else [])


def test_a_report_is_ours_by_the_id_of_the_original_too(adapter: Adapter, our_id: str) -> None:
    (receipt,) = news(adapter, bounce(original=our_id))
    headers = bounce(original=our_id).replace(b"message/rfc822", b"text/rfc822-headers")

    assert (receipt.message, receipt.unreachable) == ("ab12", True)
    assert news(adapter, headers) == [receipt]


@pytest.mark.parametrize("change", [
    {}, {"to": "b+ab12.aaaaaaaaaaaaaaaa@bounce.brand.example"}, {"original": "<ab12.aaaaaaaaaaaaaaaa@brand.example>"},
    {"original": "<ab12@brand.example>"}, {"kind": "feedback-report"}, {"kind": "other"},
])  # fmt: skip
def test_a_forged_report_changes_nothing(adapter: Adapter, change: dict[str, str]) -> None:
    assert news(adapter, bounce(**change)) == []


def test_a_complaint_ends_offers(adapter: Adapter, our_id: str) -> None:
    (out,) = news(adapter, bounce(original=our_id, kind="feedback-report"))
    hidden = bounce(original=our_id, kind="feedback-report").replace(b"Original-Rcpt-To: <mei@example.com>\r\n", b"")

    assert isinstance(out, OptOut)
    assert out.person.value == "mei@example.com"
    assert news(adapter, hidden)[0].person.value == "mei@example.com"


# What it says


@pytest.mark.parametrize(("raw", "charset", "text", "whole"), [
    ("朱镕基".encode("gb18030"), "gb2312", "朱镕基", True), ("朱镕基".encode("gbk"), "GBK", "朱镕基", True),
    ("㐀".encode("gb18030"), "gb2312", "㐀", True), ("梅雨晴".encode("gb18030"), "x-gb-unknown", "梅雨晴", True),
    ("電子郵件".encode("big5"), "big5", "電子郵件", True), ("㗎喇".encode("big5hkscs"), "big5", "㗎喇", True),
    ("電子".encode("cp950"), "x-x-big5", "電子", True),
    ("梅雨".encode(), "iso-8859-1", "梅雨", True), ("梅雨".encode("gb18030"), "iso-8859-1", "梅雨", True),
    ("梅雨".encode(), None, "梅雨", True), ("梅雨".encode("gb18030"), None, "梅雨", True), (b"hello", None, "hello", True),
    ("café ".encode("latin-1"), "iso-8859-1", "café ", True), ("梅雨".encode(), "us-ascii", "梅雨", True),
    ("梅雨".encode(), "no-such-charset", "梅雨", True), ("梅雨".encode(), "utf-8", "梅雨", True),
    ("梅雨".encode("gb18030"), "utf-8", "梅雨", True), ("日本".encode("shift_jis"), "shift_jis", "日本", True),
    ("梅雨".encode("utf-16"), "utf-16", "梅雨", True), (b"\xff\xfe\xfa", "utf-8", None, False), (b"\x80", "gb2312", None, False),
    (b"abc", "zlib", "abc", True), (b"+ADw-script+AD4-", "utf-7", "+ADw-script+AD4-", True),
    (b"\\x41", "unicode_escape", "\\x41", True), (b"abc", "punycode", "abc", True), (b"x", "\x00", "x", True),
])  # fmt: skip
def test_texts_are_read_by_what_they_are(raw: bytes, charset: str | None, text: str | None, whole: bool) -> None:
    found, fits = decoded(raw, charset)

    assert fits is whole
    assert text is None or found == text


@pytest.mark.parametrize(("raw", "text"), [
    (f"=?gb2312?B?{base64.b64encode('朱镕基'.encode('gb18030')).decode()}?=", "朱镕基"), ("=?utf-8?Q?a_b=20c?=", "a b c"), ("plain", "plain"),
    ("=?utf-8?B?5qKF?= =?utf-8?B?6Zuo?=", "梅雨"), ("=?utf-8?B?5qI=?= =?utf-8?B?hQ==?=", "梅"),
    ("=?utf-8?B?5qKF?= and =?big5?B?wXCyxQ==?=", None), ("x =?bad?B?!!!?= y", None), ("=?utf-8?B?5qKF?=\r\n\t=?utf-8?B?6Zuo?=", "梅雨"),
    ("=?utf-8?Q?a=0D=0ABcc:_x?=", "a Bcc: x"), ("梅雨".encode("gb18030").decode("ascii", "surrogateescape"), "梅雨"),
    ("梅雨".encode().decode("ascii", "surrogateescape"), "梅雨"), ("=?utf-8*en?B?5qKF?=", "梅"),
])  # fmt: skip
def test_headers_are_read_by_what_they_are(raw: str, text: str | None) -> None:
    found = header_text(raw)

    assert "\n" not in found
    assert text is None or found == text


def test_old_clients_raw_headers_and_wrong_charsets(adapter: Adapter) -> None:
    raw = ("From: 梅雨 <mei@example.com>\r\nSubject: 您好\r\nContent-Type: text/plain; charset=gb2312\r\n"
           "Content-Transfer-Encoding: 8bit\r\n\r\n朱镕基来信").encode("gb18030")  # fmt: skip

    told = message(adapter, raw)

    assert (told.person.name, told.subject, told.text) == ("梅雨", "您好", "朱镕基来信")
    assert "charset_broken" not in told.note
    assert "charset_broken" in message(adapter, raw[:-1]).note


def parts(*given: str, kind: str = "mixed") -> bytes:
    inner = "".join(f"--b\r\n{part}\r\n" for part in given)
    return mail(f"Content-Type: multipart/{kind}; boundary=b", "MIME-Version: 1.0", body=f"{inner}--b--\r\n")


PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
PAGE = "Content-Type: text/html; charset=utf-8\r\n\r\n"


@pytest.mark.parametrize(("raw", "text"), [
    (parts(f"{PLAIN}您好", f"{PAGE}<p>您好！</p>", kind="alternative"), "您好"),
    (parts(f"{PLAIN} ", f"{PAGE}<p>您好！</p><script>x()</script><style>p{{}}</style>", kind="alternative"), "您好！"),
    (parts(f"{PLAIN}Your mail client cannot display HTML.", f"{PAGE}<b>您好</b> &lt;3", kind="alternative"), "您好 <3"),
    (parts(f"{PLAIN}one", f"{PLAIN}two"), "one\ntwo"),
    (mail(body=""), ""), (mail(body="\r\n \r\n"), ""),
    (mail("Content-Type: text/html", body="<div>a<div>b</div>c<br>d"), "a\nb\nc\nd"),
    (mail("Content-Type: text/html", body="<" * 50_000), None),
    (mail("Content-Type: text/html", body="<div>" * 20_000 + "x"), "x"),
    (mail("Content-Transfer-Encoding: base64", body="5qKF6Zuo"), "梅雨"),
    (mail("Content-Transfer-Encoding: base64", body="!!!"), None),
    (mail("Content-Transfer-Encoding: nonsense", body="x"), "x"),
    (mail("Content-Type: nonsense; charset", body="x"), "x"),
    (mail("Content-Type: text/plain; charset*=utf-8''utf-8", body="梅"), "梅"),
    (mail("Content-Type: multipart/mixed", body="no boundary at all"), None),
    (mail("Content-Type: multipart/mixed; boundary=b", body="--b\r\n"), None),
    (mail(body=b"a\x00b"), "ab"),
])  # fmt: skip
def test_the_words_of_a_mail(adapter: Adapter, raw: bytes, text: str | None) -> None:
    told = message(adapter, raw)

    assert text is None or told.text == text
    assert "\x00" not in told.text


@pytest.mark.parametrize("quote", [
    "—— 请在此行以上回复 / Reply above this line ——\nold", "On Mon, 1 Jan 2026 at 10:00, Care <care@brand.example> wrote:\n> old",
    "On Mon, 1 Jan 2026 at 10:00, Care\n<care@brand.example> wrote:\n> old", "在 2026年1月1日，客服 写道：\n> old",
    "客服 <care@brand.example> 于2026年1月1日 写道：\nold", "寄件者：客服\n收件者：梅\nold", "发件人: 客服\nold",
    "-----Original Message-----\nFrom: x@y.example\nold", "------------------ 原始邮件 ------------------\nold",
    "> old\n> older", "> old\n\n> older\n\n", "-- \nMei\n10 Some Street", "________________________________\nFrom: Care\nold",
])  # fmt: skip
def test_what_is_quoted_is_folded_and_kept(quote: str) -> None:
    new, old = quotes.split(f"谢谢，收到。\n第二行\n\n{quote}")

    assert new == "谢谢，收到。\n第二行"
    assert old == quote.strip()


@pytest.mark.parametrize("text", ["> only a quote\n> and more", "On Monday, we wrote:\n> x", "On time!", "I wrote: yes",
                                  "a > b\n5 > 3", "1\n> 2\n3"])  # fmt: skip
def test_what_is_all_quote_or_none_is_shown(text: str) -> None:
    assert quotes.split(text)[0] == text.strip()


def test_a_page_folds_its_quotations(adapter: Adapter) -> None:
    for begin in ('<blockquote type="cite">', '<div class="gmail_quote">', '<div id="divRplyFwdMsg">'):
        told = message(adapter, mail("Content-Type: text/html", body=f"<p>new</p>{begin}<p>old</p></div>"))
        assert (told.text, told.quoted.splitlines()[-1]) == ("new", "old")


def test_ten_thousand_quoted_lines_are_quick(adapter: Adapter) -> None:
    began = time.monotonic()
    told = message(adapter, mail(body="new\r\n" + "> old\r\n" * 10_000))
    message(adapter, mail(body="On " + "x " * 100_000))
    message(adapter, mail(body="On x\n" * 40_000))

    assert told.text == "new"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("bit", ["<", "<!", "<!--", "</", "<a ", "<a b='", '<a b="', "<![CDATA[", "&", "&#", "&#9", "<b> </b>",
                                 "<script>", "<script></", " ", "\n", "<!-- --", "<blockquote>"])  # fmt: skip
def test_no_page_takes_long(bit: str) -> None:
    began = time.monotonic()

    quotes.split(quotes.text_of(bit * (quotes.LONGEST // len(bit))))

    assert time.monotonic() - began < 5


@pytest.mark.parametrize(("page", "text"), [
    ("<p title='a>b'>x</p>", None), ('<p title="a>b">x</p>', "x"), ("a < b and c > d", "a < b and c > d"), ("a<3", "a<3"),
    ("x<!-- <p>hidden</p> -->y", "xy"), ("x<!-- never closed", "x"), ("x<script>if (a</b>) y</script>z", "xz"),
    ("x<script>never closed", "x"), ("&amp;&lt;&#26757;&#x6885;&nope;", "&<梅梅&nope;"), ("&#" + "9" * 5000 + ";", ";"),
    ("x<STYLE>p{}</STYLE >y", "xy"), ("<head><title>no</title></head>yes", "yes"), ("x<svg/>y", "xy"),
])  # fmt: skip
def test_the_words_of_a_page(page: str, text: str | None) -> None:
    assert text is None or quotes.text_of(page) == text


# What it carries


def zipped(levels: int = 3) -> bytes:
    raw = b"\0" * 10_000_000
    for _level in range(levels):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x", raw)
        raw = out.getvalue()
    return raw


def test_a_bomb_is_counted_and_never_opened(adapter: Adapter, monkeypatch) -> None:
    bomb = base64.encodebytes(zipped()).decode()
    opened: list[Any] = []
    for name in ("zipfile.ZipFile.__init__", "zlib.decompress", "gzip.decompress"):
        monkeypatch.setattr(name, lambda *args, **kwargs: opened.append(args))

    raw = parts(f"{PLAIN}see file", f"Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n"
                                    f"Content-Disposition: attachment; filename=a.zip\r\n\r\n{bomb}",
                "Content-Type: image/png\r\nContent-ID: <x>\r\n\r\nx", "Content-Type: text/plain; name=b.txt\r\n\r\nx",
                "Content-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n\r\ninner words")  # fmt: skip
    told = message(adapter, raw)

    assert (told.text, told.note) == ("see file", "sender_unverified attachments:4")
    assert opened == []


def nested(depth: int) -> bytes:
    inner = f"{PLAIN}deep"
    for level in range(depth):
        inner = f"Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n{inner}\r\n--b{level}--"
    return mail(body="").rstrip() + b"\r\nMIME-Version: 1.0\r\n" + inner.encode()


@pytest.mark.parametrize(("depth", "seen", "note"), [
    (15, "deep", ""), (40, "", "parts_cut"), (150, "", "parts_cut"), (5000, "", "parts_cut"),
])  # fmt: skip
def test_parts_within_parts_are_opened_so_deep(adapter: Adapter, depth: int, seen: str, note: str) -> None:
    began = time.monotonic()
    told = message(adapter, nested(depth))

    assert told.text == seen
    assert ("parts_cut" in told.note) is bool(note)
    assert time.monotonic() - began < 5


def test_more_parts_than_the_limit_are_cut(adapter: Adapter) -> None:
    told = message(adapter, parts(*[f"{PLAIN}p{number}" for number in range(300)]))

    assert "parts_cut" in told.note
    assert told.text.startswith("p0\np1\n")
    assert told.text.count("\n") < 101


def test_ten_megabytes_are_read_in_seconds_and_cut(adapter: Adapter) -> None:
    began = time.monotonic()
    for body in (b"x" * 10_000_000, b"x\r\n" * 3_000_000, "梅".encode() * 3_000_000):
        told = message(adapter, mail(body=body))
        assert len(told.text) <= 20_000
    assert time.monotonic() - began < 20


def test_an_item_that_is_no_mail_is_malformed(adapter: Adapter) -> None:
    for body in ("%%%", "梅"):
        with pytest.raises(Malformed):
            adapter.read(Item("x", "mail", AT, body))


def test_nothing_of_a_mail_reaches_a_log(adapter: Adapter, caplog) -> None:
    with caplog.at_level("DEBUG"):
        news(adapter, mail(TRUE))
        news(adapter, bounce())

    assert "mei" not in caplog.text


def test_whatever_a_mail_is_it_is_read_or_malformed(adapter: Adapter, envelope: str) -> None:
    chance = random.Random(7)
    good = [bounce(to=envelope), parts(f"{PLAIN}您好", f"{PAGE}<p>您好！</p>", kind="alternative"), nested(10), mail(TRUE),
            mail("Content-Type: text/plain; charset*=gb2312'zh'gb", "Content-Disposition: attachment; filename*0*=x"),
            bounce(to=envelope, kind="feedback-report")]  # fmt: skip
    bits = [b"\r\n", b"\r\n\r\n", b"=?", b"?=", b"*=", b"''", b"\xff", b"\x00", b"<", b">", b"@", b"boundary=b", b'"', b"(",
            b"Content-Type: message/rfc822\r\n", b"Content-Type: message/delivery-status\r\n", b"--b\r\n", b";", b"=",
            b"Content-Transfer-Encoding: x-uuencode\r\n", b"multipart/report", "梅".encode(), "梅".encode("gb18030")]  # fmt: skip
    for _each in range(2000):
        raw = bytearray(chance.choice(good))
        for _cut in range(chance.randint(1, 6)):
            at = chance.randrange(len(raw) + 1)
            raw[at : at + chance.choice([0, 0, 1, 5, 40])] = chance.choice(bits)
        item = reading.item_of(bytes(raw), AT, box=adapter.box)
        assert len(item.source_ref) < 120
        try:
            for one in adapter.read(item):
                assert "\x00" not in str(one)
        except Malformed:
            pass

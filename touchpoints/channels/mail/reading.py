"""A mail as it came, read into news: who, what, whether a machine, whether about one of ours."""

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import Any

from touchpoints.channels.mail import addresses, quotes
from touchpoints.channels.mail.addresses import Keys
from touchpoints.channels.mail.authentication import vouched
from touchpoints.channels.mail.charsets import decoded, header_text
from touchpoints.channels.protocol import File, Item, Malformed, MessageIn, News, OptOut, Outcome, Person, Receipt
from touchpoints.channels.texts import plain

ADDRESS = re.compile(r"[^\s@<>\"(),;:\\\x00-\x1f\x7f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
# A mail that names more envelopes than this is not opened: the parser walks through all of them for every line.
OPENED = 200
ARRIVED_AT = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
AUTOMATIC = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply-From")
BULK = ("List-Id", "List-Unsubscribe", "Feedback-ID")
AWAY = re.compile(r"(?i)^\s*(自动回复|自動回覆|自動回復|out of office|automatic reply|auto[- ]?reply)")
MACHINES = re.compile(r"(?i)(no-?reply|do-?not-?reply|mailer-daemon|postmaster)(\+.*)?")
LEAVES = re.compile(r"(?i)\s*(退订|退訂|取消订阅|取消訂閱|unsubscribe)[\s。.!！]*")


@dataclass(frozen=True)
class Box:
    """What reading needs of the channel."""

    keys: Keys
    domain: str
    reply_domain: str
    bounce_domain: str
    trusted: str
    limits: Mapping[str, int]


@dataclass(frozen=True)
class Content:
    text: str
    attachments: Sequence[bytes]  # a hash each
    notes: Sequence[str]
    files: Sequence[File] = ()  # as they came; what they are is looked at by who keeps them


def item_of(raw: bytes, at: datetime, *, box: Box, cut: bool = False) -> Item:
    """The raw mail to store, named by its content: copies in two boxes are one, an id used twice is two."""
    kind = "mail.cut" if cut else "mail"
    body = base64.b64encode(raw).decode()
    try:
        mail = _parsed(raw)
        sender, named, content = _sender(mail)[0], _message_id(mail), _content(mail, box.limits)
    except Malformed:
        sender = ""
    if not sender or mail.get("X-Not-Opened"):
        return Item(f"mail:raw:{hashlib.sha256(raw).hexdigest()}", kind, at, body)
    words = [named, sender, _header(mail, "Date"), header_text(_header(mail, "Subject")),
             "\n".join(line.rstrip() for line in content.text.strip().splitlines()),
             *(mark.hex() for mark in content.attachments)]  # fmt: skip
    ref = hashlib.sha256("\0".join(words).encode("utf-8", "replace")).hexdigest()
    return Item(f"mail:{ref}", kind, at, body, sender[:120])


def news_of(item: Item, *, box: Box, now: float) -> Sequence[News]:
    try:
        raw = base64.b64decode(item.body, validate=True)
    except ValueError:
        raise Malformed("This is no mail.") from None
    mail = _parsed(raw)
    named = _message_id(mail)
    if addresses.sent_by_us(box.keys, named, domain=box.domain):
        return []  # our own, come back in a copy
    report = _report_kind(mail)
    if report:
        return _report(mail, report, item, box)
    sender, name, plain_sender = _sender(mail)
    if not sender:
        raise Malformed("Nobody is named as the sender.")
    verified = plain_sender and vouched(
        _all(mail, "Authentication-Results"), trusted=box.trusted, domain=sender.rpartition("@")[2]
    )
    content = _content(mail, box.limits)
    new, quoted = quotes.split(content.text)
    subject = plain(header_text(_header(mail, "Subject")), most=300)
    case, case_note = _case(mail, box, now)
    notes = [*([] if verified else ["sender_unverified"]), *content.notes, *case_note]
    if content.attachments:
        notes.append(f"attachments:{len(content.attachments)}")
    if item.kind == "mail.cut":
        notes.append("too_large")
    person = Person("mail", sender, name, proved=verified)
    ours = addresses.sent_by_us(
        box.keys, f"{_header(mail, 'In-Reply-To')} {_header(mail, 'References')}"[:20_000], domain=box.domain
    )
    machine = is_machine(mail, sender, subject)
    message = MessageIn(
        person, plain(new), item.at, named or item.source_ref, thread=f"case:{case}" if case else "", subject=subject,
        answers=list(dict.fromkeys(ours)), machine=machine, note=" ".join(notes), case=case, quoted=plain(quoted),
        files=content.files,
    )  # fmt: skip
    # A wish to leave is obeyed from whomever it comes; it is also a message somebody should see.
    leaves = not machine and bool(LEAVES.fullmatch(new) or (LEAVES.fullmatch(subject) and len(new) < 40))
    return [message, OptOut(person, item.at, item.source_ref)] if leaves else [message]


def is_machine(mail: Message, sender: str, subject: str) -> bool:
    submitted = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    precedence = _header(mail, "Precedence").strip().lower()
    return (
        submitted not in ("", "no")
        or _header(mail, "Return-Path").replace(" ", "") == "<>"
        or precedence in ("bulk", "list", "junk", "auto_reply")
        or any(mail.get(name) is not None for name in (*AUTOMATIC, *BULK))
        or bool(AWAY.match(subject))
        or bool(MACHINES.fullmatch(sender.partition("@")[0]))
    )


def asks_for_silence(mail: Message) -> bool:
    """It asks not to be answered by machines; that makes it no machine."""
    return mail.get("X-Auto-Response-Suppress") is not None


# Reports


def _report_kind(mail: Message) -> str:
    if mail.get_content_type() != "multipart/report":
        return ""
    kind = str(mail.get_param("report-type") or "").lower()
    return kind if kind in ("delivery-status", "feedback-report") else "other"


def _report(mail: Message, kind: str, item: Item, box: Box) -> Sequence[News]:
    """About one of ours only when an address or an id of it carries our mark; anything else changes nothing."""
    parts = list(_parts(mail, box.limits)[0])
    ours = next(
        (found for address in _addresses(mail, *ARRIVED_AT)
         if (found := addresses.bounced(box.keys, address, domain=box.bounce_domain))), "",
    )  # fmt: skip
    original = next(
        (part for part in parts if part.get_content_type() in ("message/rfc822", "text/rfc822-headers")), None
    )
    about = _original(original)
    if not ours and about is not None:
        ours = next(iter(addresses.sent_by_us(box.keys, _message_id(about), domain=box.domain)), "")
    if not ours:
        return []
    status = next((part for part in parts if part.get_content_type() == f"message/{kind}"), None)
    fields = _fields(status)
    if kind == "feedback-report":
        whom = next((address for name in ("original-rcpt-to", "removal-recipient")
                     for address in _found(fields.get(name, ""))), "")  # fmt: skip
        if not whom and about is not None:
            whom = next(iter(_addresses(about, "To")), "")
        return [OptOut(Person("mail", whom), item.at, item.source_ref)] if whom else []
    action, code = fields.get("action", "").lower(), fields.get("status", "")
    code = code if re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", code) else ""
    if action == "failed":
        return [Receipt(Outcome.FAILED, item.at, ours, code=code or "bounced", unreachable=code.startswith("5.1."))]
    if action in ("delivered", "relayed", "expanded"):
        return [Receipt(Outcome.DELIVERED if action == "delivered" else Outcome.SENT, item.at, ours)]
    return []


def _fields(part: Message | None) -> dict[str, str]:
    """The fields of the first recipient that has some, over those of the report."""
    found: dict[str, str] = {}
    blocks = part.get_payload() if part is not None and part.is_multipart() else None
    for block in blocks if isinstance(blocks, list) else []:
        if not isinstance(block, Message):
            continue
        for name, value in block.raw_items():
            found.setdefault(name.lower(), header_text(str(value)))
    if part is not None and not isinstance(blocks, list):
        text = _payload(part)
        for name, value in BytesHeaderParser(policy=policy.compat32).parsebytes(text).raw_items():
            found.setdefault(name.lower(), header_text(str(value)))
    return found


def _original(part: Message | None) -> Message | None:
    if part is None:
        return None
    inner = part.get_payload() if part.is_multipart() else None
    if isinstance(inner, list):
        return inner[0] if inner and isinstance(inner[0], Message) else None
    return BytesHeaderParser(policy=policy.compat32).parsebytes(_payload(part))


# Parts


def _parsed(raw: bytes) -> Message:
    envelopes = len(re.findall(rb"(?i)boundary\s*=|message/rfc822|message/partial", raw))
    try:
        if envelopes > OPENED:
            head = BytesHeaderParser(policy=policy.compat32).parsebytes(re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0])
            head["X-Not-Opened"] = "yes"
            return head
        return message_from_bytes(raw, policy=policy.compat32)
    except (RecursionError, ValueError, LookupError, AssertionError, IndexError, TypeError):
        raise Malformed("This is no mail we can open.") from None


def _parts(mail: Message, limits: Mapping[str, int]) -> tuple[list[Message], bool]:
    """The leaves, in order; at most so many, so deep. A mail inside a mail is a leaf."""
    leaves: list[Message] = []
    cut = False
    waiting: list[tuple[Message, int]] = [(mail, 0)]
    seen = 0
    while waiting:
        part, depth = waiting.pop()
        seen += 1
        if seen > limits["parts"] or depth > limits["depth"]:
            cut = True
            continue
        inner = part.get_payload() if part.is_multipart() else None
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting += [(one, depth + 1) for one in reversed(inner) if isinstance(one, Message)][-limits["parts"] :]
        else:
            leaves.append(part)
    return leaves, cut


def _content(mail: Message, limits: Mapping[str, int]) -> Content:
    if mail.get("X-Not-Opened"):
        return Content("", [], ["parts_cut"])
    leaves, cut = _parts(mail, limits)
    texts: list[str] = []
    pages: list[str] = []
    attached: list[bytes] = []
    files: list[tuple[bool, File]] = []
    whole = True
    for part in leaves:
        kind = part.get_content_type()
        is_file = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if is_file or kind not in ("text/plain", "text/html"):
            if part.get_content_maintype() != "multipart":
                content = _payload(part)
                attached.append(hashlib.sha256(content).digest())
                named = plain(header_text(str(part.get_filename() or "")), most=300)
                files.append((part.get_content_disposition() != "attachment", File(named, content)))
            continue
        charset = _charset(part)
        text, fits = decoded(_payload(part)[: quotes.LONGEST * 4], charset)
        whole &= fits
        (texts if kind == "text/plain" else pages).append(text)
    text = "\n".join(texts).strip()
    if (not text or (len(text) < 300 and quotes.STUB.search(text))) and pages:
        text = "\n".join(quotes.text_of(page) for page in pages).strip()
    notes = [*(["parts_cut"] if cut else []), *([] if whole else ["charset_broken"])]
    # What was attached goes before what only decorates the text, a logo for instance.
    return Content(text, attached, notes, [file for _inside, file in sorted(files, key=lambda one: one[0])])


def _payload(part: Message) -> bytes:
    try:
        if isinstance(part.get_param("charset"), tuple):
            part.del_param("charset")  # written as RFC 2231 lets one, and the parser stumbles over it
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, TypeError):
        return b""
    if payload is None:  # a mail inside a mail
        try:
            return part.as_bytes()
        except (ValueError, LookupError, UnicodeError, AttributeError, KeyError, RecursionError, TypeError):
            return b""
    return _bytes(payload)


def _charset(part: Message) -> str:
    charset = part.get_param("charset")
    return str(charset[2] if isinstance(charset, tuple) else charset or "")[:60]


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value or "").encode("utf-8", "surrogateescape")


# Headers


def _all(mail: Message, name: str) -> list[str]:
    """As they came: the parser's own way out replaces bytes it does not know."""
    return [str(value) for given, value in mail.raw_items() if given.lower() == name.lower()]


def _header(mail: Message, name: str) -> str:
    return next(iter(_all(mail, name)), "")[:20_000]


def _message_id(mail: Message) -> str:
    named = _header(mail, "Message-ID").strip()
    return named if len(named) <= 250 and re.fullmatch(r"<[^<>\s@\x00-\x1f]+@[^<>\s@\x00-\x1f]+>", named) else ""


def _sender(mail: Message) -> tuple[str, str, bool]:
    """Address, name, and whether the header is plain: one From, one address, no other address in the name."""
    headers = _all(mail, "From")
    if not headers:
        return "", "", False
    header = headers[0][:2000]
    # Encoded words are opened after the addresses were found: what they hold is never an address.
    found = getaddresses([header.encode("utf-8", "surrogateescape").decode("utf-8", "replace")])
    right = [(name, address) for name, address in found if ADDRESS.fullmatch(address)]
    if not right:
        return "", "", False
    name = plain(header_text(right[0][0] if header.isascii() else header.rpartition("<")[0].strip(' "')), most=100)
    address = right[0][1].lower()
    single = len(headers) == len(found) == len(right) == 1 and header.count("<") <= 1
    return address, name, single and "@" not in name.replace("＠", "@").replace("﹫", "@")


def _addresses(mail: Message, *names: str) -> Iterator[str]:
    for name in names:
        for value in _all(mail, name)[:20]:
            yield from _found(value)


def _found(text: str) -> list[str]:
    return ADDRESS.findall(text[:4000])[:50]


def _case(mail: Message, box: Box, now: float) -> tuple[str, list[str]]:
    for address in _addresses(mail, *ARRIVED_AT):
        found = addresses.case_of(box.keys, address, domain=box.reply_domain, now=now)
        if found:
            return (found[0], []) if found[1] else ("", ["reply_address_expired"])
    return "", []


def received_at(text: str) -> datetime:
    """IMAP's own date of arrival."""
    for form in ("%d-%b-%Y %H:%M:%S %z", "%d-%b-%Y %H:%M:%S"):
        try:
            found = datetime.strptime(text.strip(), form)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except ValueError:
            continue
    return datetime.now(UTC)

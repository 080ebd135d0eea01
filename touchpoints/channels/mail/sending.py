"""One mail to one person by SMTP: encrypted, under an id that never changes, and what each answer means."""

import contextlib
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from django.conf import settings as django_settings

from scrm.kernel.outgoing import Unsafe
from touchpoints.channels.mail import addresses
from touchpoints.channels.mail.addresses import Keys
from touchpoints.channels.mail.reading import ADDRESS
from touchpoints.channels.protocol import Kind, Outgoing, Refusal, Refused, Result, Sent, Unknown
from touchpoints.channels.targets import server
from touchpoints.channels.texts import plain

PORTS = {465, 587, 2525}
SECONDS = 30
LONGEST_WAY_OUT = 200
LONGEST = 200_000
REFERENCES = 10
RETRY, SETUP, GONE, NEVER = Refusal.RETRY_LATER, Refusal.FIX_SETUP, Refusal.NOT_REACHABLE, Refusal.NEVER


class Plain(smtplib.SMTP):
    """Connects to the address that was checked, and goes by the name it was asked for."""

    address = ""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((self.address, port), timeout)


class Encrypted(smtplib.SMTP_SSL):
    address = ""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        talk = socket.create_connection((self.address, port), timeout)
        return self.context.wrap_socket(talk, server_hostname=host)  # type: ignore[attr-defined]


def sent(message: Outgoing, settings: Mapping[str, Any], keys: Keys, password: str, *, domain: str) -> Result:
    if not keys or not ADDRESS.fullmatch(str(settings["from_address"])):
        return Refused(SETUP, "no_reply_key" if not keys else "no_sender")
    written = composed(message, settings, keys, domain=domain)
    if isinstance(written, Refused):
        return written
    mail, envelope, to = written
    try:
        with _talk(settings) as talk:
            return _handed_over(talk, mail, envelope, to, str(settings["smtp_user"]), password)
    except Unsafe:
        return Refused(SETUP, "unsafe_target")
    except ssl.SSLError:
        return Refused(SETUP, "tls")
    except smtplib.SMTPNotSupportedError:
        return Refused(SETUP, "no_tls")
    except smtplib.SMTPResponseException as error:
        return _refused(error.smtp_code, error.smtp_error, "connect")
    except (smtplib.SMTPException, OSError, ValueError) as error:
        return Refused(RETRY, "timeout" if isinstance(error, TimeoutError) else "unreached")


def composed(
    message: Outgoing, settings: Mapping[str, Any], keys: Keys, *, domain: str
) -> tuple[bytes, str, str] | Refused:
    """The bytes, the envelope's sender and the receiver. Nothing from outside can begin a line of its own."""
    to = _ascii(message.to)
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", message.id):
        return Refused(NEVER, "bad_id")
    if not ADDRESS.fullmatch(to) or not to.isprintable():
        return Refused(NEVER, "bad_address")
    heads = [message.subject, message.reply_to, message.unsubscribe, *message.references]
    if any(re.search(r"[\r\n\x00]", head) for head in heads):
        return Refused(NEVER, "bad_header")
    way_out = message.unsubscribe
    if message.kind is Kind.MARKETING and not (
        re.fullmatch(r"https://[!-;=?-~]+", way_out) and len(way_out) < LONGEST_WAY_OUT
    ):
        return Refused(SETUP, "marketing_without_way_out")

    mail = EmailMessage(policy=policy.SMTP)
    mail["Message-ID"] = addresses.message_id(keys, message.id, domain=domain)
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["From"] = Address(re.sub(r"[\r\n]", " ", str(settings["from_name"])), addr_spec=str(settings["from_address"]))
    mail["Subject"] = plain(message.subject, most=300)
    if reply_to := _reply_to(message, settings, keys):
        if not ADDRESS.fullmatch(reply_to):
            return Refused(NEVER, "bad_address")
        mail["Reply-To"] = reply_to
    references = [_reference(keys, one, domain) for one in message.references[-REFERENCES:]]
    if references := [one for one in references if one]:
        mail["In-Reply-To"] = references[-1]
        mail["References"] = " ".join(references)
    if message.automatic:
        mail["Auto-Submitted"] = "auto-generated" if message.kind is Kind.MARKETING else "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(re.sub(r"\r\n?", "\n", plain(message.text, most=LONGEST)), charset="utf-8", cte="quoted-printable")
    for file in message.files:
        main, _slash, sub = file.content_type.partition(";")[0].partition("/")
        mail.add_attachment(file.content, maintype=main or "application", subtype=sub or "octet-stream",
                            filename=plain(file.name, most=120))  # fmt: skip
    first = f"To: {to}\r\n"
    if message.kind is Kind.MARKETING:
        # Written by hand: a folded address breaks signatures on its way.
        first += f"List-Unsubscribe: <{way_out}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    bounce_domain = str(settings["bounce_domain"])
    envelope = addresses.bounce_address(keys, message.id, domain=bounce_domain) if bounce_domain else ""
    if not envelope and not message.automatic:
        envelope = str(settings["from_address"])
    return first.encode() + mail.as_bytes(), envelope, to


def _handed_over(talk: smtplib.SMTP, mail: bytes, envelope: str, to: str, user: str, password: str) -> Result:
    if user:
        try:
            talk.login(user, password)
        except smtplib.SMTPAuthenticationError as error:
            return _refused(error.smtp_code, error.smtp_error, "auth")
        except smtplib.SMTPNotSupportedError:
            return Refused(SETUP, "no_auth")
    options = []
    if not to.isascii():
        if not talk.has_extn("smtputf8"):
            return Refused(GONE, "no_smtputf8")
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    for step, (code, words) in (("from", talk.mail(envelope, options)), ("to", talk.rcpt(to))):
        if code not in (250, 251):
            return _refused(code, words, step)
    code, words = talk.docmd("DATA")
    if code != 354:
        return _refused(code, words, "data")
    try:
        talk.send(re.sub(rb"(?m)^\.", b"..", mail.rstrip(b"\r\n")) + b"\r\n.\r\n")
        code, words = talk.getreply()
    except (smtplib.SMTPException, OSError):
        return Unknown("lost_after_data")
    if code != 250:
        return _refused(code, words, "data")
    with contextlib.suppress(smtplib.SMTPException, OSError):
        talk.quit()
    return Sent()


@contextlib.contextmanager
def _talk(settings: Mapping[str, Any]) -> Iterator[smtplib.SMTP]:
    """A greeted, encrypted talk that ends by itself. Raises Unsafe and what smtplib raises."""
    host, port, way = str(settings["smtp_host"]), int(settings["smtp_port"]), str(settings["smtp_security"])
    address = server(host, port, ports=PORTS)
    if way not in ("tls", "starttls") and not django_settings.OUTGOING_LOOPBACK:
        raise smtplib.SMTPNotSupportedError("TLS is required.")
    context = ssl.create_default_context()
    own = str(settings["from_address"]).rpartition("@")[2]
    talk: Plain | Encrypted = (
        Encrypted(local_hostname=own, timeout=SECONDS, context=context) if way == "tls"
        else Plain(local_hostname=own, timeout=SECONDS)
    )  # fmt: skip
    talk.address = address
    talk._host = host  # type: ignore[union-attr]
    # A deadline for the whole talk: a side that answers byte by byte must not hold a worker.
    timer = threading.Timer(SECONDS * 2, _cut, args=[talk])
    timer.daemon = True
    timer.start()
    try:
        code, words = talk.connect(host, port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)
        talk.ehlo_or_helo_if_needed()
        if way == "starttls":
            talk.starttls(context=context)
            talk.ehlo_or_helo_if_needed()
        yield talk
    finally:
        timer.cancel()
        talk.close()


def _cut(talk: smtplib.SMTP) -> None:
    with contextlib.suppress(OSError, AttributeError):
        talk.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]


def _refused(code: int, words: Any, step: str) -> Refused:
    """By code, enhanced code and step; the words themselves may name somebody and are dropped."""
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)
    found = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})\b", text)
    enhanced = found[1] if found else ""
    named = f"{code} {enhanced}".strip()
    if not 400 <= code < 600:
        return Refused(RETRY, named, known=False)
    if step == "auth" or code in (530, 534, 535, 538) or enhanced in ("5.7.8", "5.7.9"):
        return Refused(RETRY if code < 500 else SETUP, named)
    if code < 500:
        return Refused(RETRY, named)
    if step in ("from", "connect"):
        return Refused(SETUP, named)
    if step == "to" and (enhanced.startswith(("5.1.", "5.2.")) or (not enhanced and code in (550, 551, 553))):
        return Refused(GONE, named)
    return Refused(NEVER, named)


def _reply_to(message: Outgoing, settings: Mapping[str, Any], keys: Keys) -> str:
    """As given; else, for a thread `case:<number>`, the address that leads answers to that case."""
    number = message.thread.removeprefix("case:")
    if message.reply_to or number == message.thread or not settings["reply_domain"]:
        return message.reply_to
    days = int(settings["reply_days"])
    today = datetime.now(UTC).date().toordinal()
    expiry = addresses.expiry_of(datetime.fromordinal(today + days).date())
    return addresses.reply_address(keys, number, domain=str(settings["reply_domain"]), expiry=expiry)


def _reference(keys: Keys, one: str, domain: str) -> str:
    if re.fullmatch(r"<[!-;=?-~]+@[!-;=?-~]+>", one):
        return one
    return addresses.message_id(keys, one, domain=domain) if re.fullmatch(r"[0-9A-Za-z_-]{1,64}", one) else ""


def _ascii(address: str) -> str:
    """The host's name in the form of the wire; the part before stays as it is."""
    local, _at, host = address.rpartition("@")
    try:
        return f"{local}@{host if host.isascii() else host.encode('idna').decode()}"
    except UnicodeError:
        return ""

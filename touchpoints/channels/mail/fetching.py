"""Mails from a box by IMAP: by ascending number, never marked or moved, at most so many bytes each."""

import contextlib
import imaplib
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings as django_settings

from scrm.kernel.outgoing import Unsafe
from touchpoints.channels.mail.reading import Box, item_of, received_at
from touchpoints.channels.protocol import Fetched, Item, Refusal, Refused, Unavailable
from touchpoints.channels.targets import server

PORTS = {993, 143}
SECONDS = 30
TALK = 300
WINDOW = 5000  # numbers asked for at once: a box of years answers in lines one can read
WINDOWS = 50


class TooLarge(Exception):
    """The other side announced more than we asked for. None of imaplib's own: those it would wrap in others."""


class _Checked(imaplib.IMAP4):
    address = ""
    most = 0

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return socket.create_connection((self.address, self.port), timeout)

    def read(self, size: int) -> bytes:
        if size > self.most:
            raise TooLarge
        return super().read(size)


class Plain(_Checked):
    def __init__(self, address: str, host: str, port: int, most: int) -> None:
        self.address, self.most = address, most
        super().__init__(host, port, SECONDS)


class Encrypted(_Checked):
    def __init__(self, address: str, host: str, port: int, most: int) -> None:
        self.address, self.most = address, most
        self.context = ssl.create_default_context()
        super().__init__(host, port, SECONDS)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return self.context.wrap_socket(super()._create_socket(timeout), server_hostname=self.host)


def fetched(cursor: Mapping[str, Any], settings: Mapping[str, Any], password: str, box: Box) -> Fetched:
    """The next slice. Another UIDVALIDITY begins anew: names by content make that harmless. Raises Unavailable."""
    try:
        with _opened(settings, password, most=box.limits["bytes"] + 1024 * 1024) as talk:
            return _slice(talk, cursor, box)
    except Unsafe:
        raise Unavailable(Refused(Refusal.FIX_SETUP, "unsafe_target")) from None
    except ssl.SSLError:
        raise Unavailable(Refused(Refusal.FIX_SETUP, "tls")) from None
    except TooLarge:
        raise Unavailable(Refused(Refusal.RETRY_LATER, "too_large")) from None
    except imaplib.IMAP4.abort:
        raise Unavailable(Refused(Refusal.RETRY_LATER, "cut")) from None
    except imaplib.IMAP4.error:
        raise Unavailable(Refused(Refusal.RETRY_LATER, "refused", known=False)) from None
    except (OSError, ValueError, IndexError, TypeError):
        raise Unavailable(Refused(Refusal.RETRY_LATER, "unreached")) from None


def _slice(talk: imaplib.IMAP4, cursor: Mapping[str, Any], box: Box) -> Fetched:
    validity, next_uid = _number(talk, "UIDVALIDITY"), _number(talk, "UIDNEXT")
    last = int(cursor.get("last_uid") or 0) if cursor.get("uidvalidity") == validity else 0
    most = box.limits["slice"]
    uids, seen = _next(talk, last, next_uid)
    items: list[Item] = []
    taken = 0
    for uid, size, at in _sizes(talk, uids[:most]):
        whole = size <= box.limits["bytes"]
        taken += size if whole else 0
        if items and taken > box.limits["slice_bytes"]:
            return Fetched(items, {"uidvalidity": validity, "last_uid": uid - 1}, True)
        raw = _raw(talk, uid, whole=whole)
        if raw is not None:  # gone since it was listed
            items.append(item_of(raw, received_at(at), box=box, cut=not whole))
    more = len(uids) > most or (next_uid > 0 and seen < next_uid - 1)
    reached = uids[most - 1] if len(uids) > most else max([seen, last, *uids])
    return Fetched(items, {"uidvalidity": validity, "last_uid": reached}, more)


def _next(talk: imaplib.IMAP4, last: int, next_uid: int) -> tuple[list[int], int]:
    """The numbers after `last` in the first window that has some, and how far was looked."""
    if not next_uid:
        # Without UIDNEXT: “last:*” names the newest even when nothing is new.
        return [uid for uid in _search(talk, f"{last + 1}:*") if uid > last], last
    start = last + 1
    for _window in range(WINDOWS):
        end = min(start + WINDOW - 1, next_uid - 1)
        if start > end:
            return [], last
        if uids := [uid for uid in _search(talk, f"{start}:{end}") if start <= uid <= end]:
            return uids, end
        last, start = end, end + 1
    return [], last


def _search(talk: imaplib.IMAP4, span: str) -> list[int]:
    kind, answer = talk.uid("SEARCH", "UID", span)
    if kind != "OK":
        raise talk.error("The search was refused.")
    return sorted({int(word) for line in answer if line for word in line.split() if word.isdigit()})


def _sizes(talk: imaplib.IMAP4, uids: list[int]) -> list[tuple[int, int, str]]:
    if not uids:
        return []
    kind, answer = talk.uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE INTERNALDATE)")
    if kind != "OK":
        raise talk.error("The list was refused.")
    found = {}
    for row in answer:
        line = (row[0] if isinstance(row, tuple) else row or b"").decode("ascii", "replace")
        uid, size = re.search(r"\bUID (\d+)", line), re.search(r"RFC822\.SIZE (\d+)", line)
        if uid and size and int(uid[1]) in uids:
            at = re.search(r'INTERNALDATE "([^"]*)"', line)
            found[int(uid[1])] = (int(uid[1]), int(size[1]), at[1] if at else "")
    return [found[uid] for uid in uids if uid in found]


def _raw(talk: imaplib.IMAP4, uid: int, *, whole: bool) -> bytes | None:
    kind, answer = talk.uid("FETCH", str(uid), "(UID BODY.PEEK[])" if whole else "(UID BODY.PEEK[HEADER])")
    if kind != "OK":
        raise talk.error("The mail was refused.")
    for row in answer:
        if isinstance(row, tuple) and re.search(rf"\bUID {uid}\b", row[0].decode("ascii", "replace") + _rest(answer)):
            return bytes(row[1])
    return None


def _rest(answer: list[Any]) -> str:
    """A server may name the number behind the mail."""
    return " ".join(row.decode("ascii", "replace") for row in answer if isinstance(row, bytes))


def _number(talk: imaplib.IMAP4, name: str) -> int:
    _name, found = talk.response(name)
    return int(found[-1]) if found and found[-1] and bytes(found[-1]).isdigit() else 0


@contextlib.contextmanager
def _opened(settings: Mapping[str, Any], password: str, *, most: int) -> Iterator[imaplib.IMAP4]:
    host, port, way = str(settings["imap_host"]), int(settings["imap_port"]), str(settings["imap_security"])
    address = server(host, port, ports=PORTS)
    if way not in ("tls", "starttls") and not django_settings.OUTGOING_LOOPBACK:
        raise Unavailable(Refused(Refusal.FIX_SETUP, "no_tls"))
    mailbox = str(settings["mailbox"])
    if re.search(r"[\r\n\x00]", mailbox + str(settings["imap_user"]) + password):
        raise Unavailable(Refused(Refusal.FIX_SETUP, "bad_setting"))
    talk: imaplib.IMAP4 = (Encrypted if way == "tls" else Plain)(address, host, port, most)
    timer = threading.Timer(TALK, _cut, args=[talk])
    timer.daemon = True
    timer.start()
    try:
        if way == "starttls":
            talk.starttls(ssl.create_default_context())
        try:
            talk.login(str(settings["imap_user"]), password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            raise Unavailable(Refused(Refusal.FIX_SETUP, "login")) from None
        quoted = mailbox.replace("\\", "\\\\").replace('"', '\\"')
        if talk.select(f'"{quoted}"', readonly=True)[0] != "OK":
            raise Unavailable(Refused(Refusal.FIX_SETUP, "mailbox"))
        yield talk
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            talk.logout()
    finally:
        timer.cancel()
        with contextlib.suppress(OSError):
            talk.shutdown()


def _cut(talk: imaplib.IMAP4) -> None:
    with contextlib.suppress(OSError):
        talk.sock.shutdown(socket.SHUT_RDWR)

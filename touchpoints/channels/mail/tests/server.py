"""A mail house on loopback: a real SMTP server (aiosmtpd) that answers as told, and a small IMAP server of our own."""

import re
import shlex
import socket
import socketserver
import threading
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Arrived:
    sender: str
    to: list[str]
    raw: bytes
    encrypted: bool


class Post:
    """SMTP. `answers` names what a step says instead: from, to, data (a line), or lost (cut after the final dot)."""

    def __init__(self, *, tls: Any = None, implicit: Any = None, smtputf8: bool = True, auth: bool = False) -> None:
        self.arrived: list[Arrived] = []
        self.answers: dict[str, str] = {}
        post = self

        class Handler:
            async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str,
                                  options: list[str]) -> str:  # fmt: skip
                if "from" in post.answers:
                    return post.answers["from"]
                envelope.mail_from = address
                return "250 OK"

            async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str,
                                  options: list[str]) -> str:  # fmt: skip
                if "to" in post.answers:
                    return post.answers["to"]
                envelope.rcpt_tos.append(address)
                return "250 OK"

            async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
                if "data" in post.answers:
                    return post.answers["data"]
                encrypted = server.transport.get_extra_info("sslcontext") is not None
                post.arrived.append(
                    Arrived(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content, encrypted)
                )
                if post.answers.pop("lost", ""):
                    server.transport.abort()
                return "250 2.0.0 taken"

        def known(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
            return AuthResult(success=(given.login, given.password) == (b"scrm", b"word"), handled=False)

        more = {"auth_required": True, "auth_require_tls": False, "authenticator": known} if auth else {}
        self.controller = Controller(
            Handler(), hostname="127.0.0.1", port=_free_port(), enable_SMTPUTF8=smtputf8, tls_context=tls,
            ssl_context=implicit, **more,
        )  # fmt: skip
        self.port = self.controller.port
        self.controller.start()

    def close(self) -> None:
        self.controller.stop()


@dataclass
class Letter:
    uid: int
    raw: bytes
    said_size: int | None = None


@dataclass
class Mailbox:
    validity: int = 7
    letters: list[Letter] = field(default_factory=list)
    next_uid: int = 1

    def put(self, raw: bytes, **more: Any) -> None:
        self.letters.append(Letter(self.next_uid, raw, **more))
        self.next_uid += 1


class House:
    """IMAP. Faults spoil one command each: cut (half of a mail, then gone), no, huge, uid_behind."""

    def __init__(self, tls: Any = None) -> None:
        self.boxes = {"INBOX": Mailbox()}
        self.password = "secret"
        self.faults: list[str] = []
        self.commands: list[str] = []
        self.says_next = True
        self.changed_by_reading = 0
        house = self

        class Handler(socketserver.StreamRequestHandler):
            disable_nagle_algorithm = True

            def handle(self) -> None:
                self.box: Mailbox | None = None
                self.say("* OK ready")
                while line := self.rfile.readline():
                    tag, _blank, rest = line.decode("utf-8", "replace").strip().partition(" ")
                    house.commands.append(re.sub(r"LOGIN.*", "LOGIN", rest))
                    try:
                        if not self.do(tag, rest):
                            return
                    except OSError:
                        return

            def say(self, line: str) -> None:
                self.wfile.write(line.encode() + b"\r\n")

            def do(self, tag: str, rest: str) -> bool:
                words = shlex.split(rest) or ["?"]
                verb = words[0].upper()
                fault = house.faults[0] if house.faults and verb == "UID" else ""
                if fault == "no":
                    house.faults.pop(0)
                    self.say(f"{tag} NO busy")
                elif verb == "CAPABILITY":
                    self.say("* CAPABILITY IMAP4rev1")
                    self.say(f"{tag} OK done")
                elif verb == "LOGIN":
                    self.say(f"{tag} {'OK done' if words[2] == house.password else 'NO who?'}")
                elif verb in ("EXAMINE", "SELECT"):
                    self.select(tag, verb, words[1])
                elif verb == "LOGOUT":
                    self.say("* BYE")
                    self.say(f"{tag} OK done")
                    return False
                elif verb == "UID" and words[1].upper() == "SEARCH":
                    uids = " ".join(str(letter.uid) for letter in self.named(words[3]))
                    self.say(f"* SEARCH {uids}".rstrip())
                    self.say(f"{tag} OK done")
                elif verb == "UID" and words[1].upper() == "FETCH":
                    return self.fetch(tag, words[2], rest)
                else:
                    self.say(f"{tag} BAD what?")
                return True

            def select(self, tag: str, verb: str, name: str) -> None:
                self.box = house.boxes.get(name)
                if self.box is None:
                    self.say(f"{tag} NO no such box")
                    return
                house.changed_by_reading += verb == "SELECT"
                self.say(f"* {len(self.box.letters)} EXISTS")
                self.say(f"* OK [UIDVALIDITY {self.box.validity}] ok")
                if house.says_next:
                    self.say(f"* OK [UIDNEXT {self.box.next_uid}] ok")
                self.say(f"{tag} OK [READ-ONLY] done")

            def named(self, span: str) -> list[Letter]:
                letters = self.box.letters if self.box else []
                found = []
                for part in span.split(","):
                    first, _colon, last = part.partition(":")
                    newest = letters[-1].uid if letters else 0
                    start, end = int(first), newest if last == "*" else int(last or first)
                    start, end = min(start, end) if last == "*" else start, max(start, end) if last == "*" else end
                    found += [letter for letter in letters if start <= letter.uid <= end]
                return found

            def fetch(self, tag: str, span: str, rest: str) -> bool:
                for letter in self.named(span):
                    size = len(letter.raw) if letter.said_size is None else letter.said_size
                    if "BODY" not in rest:
                        self.say(f'* 1 FETCH (UID {letter.uid} RFC822.SIZE {size} '
                                 f'INTERNALDATE "21-Dec-2025 14:53:20 +0800")')  # fmt: skip
                        continue
                    if "PEEK" not in rest:
                        house.changed_by_reading += 1
                    raw = letter.raw.split(b"\r\n\r\n")[0] + b"\r\n\r\n" if "HEADER" in rest else letter.raw
                    fault = house.faults.pop(0) if house.faults else ""
                    size = 10**9 if fault == "huge" else len(raw)
                    before = "" if fault == "uid_behind" else f"UID {letter.uid} "
                    self.say(f"* 1 FETCH ({before}BODY[] {{{size}}}")
                    if fault == "cut":
                        self.wfile.write(raw[: len(raw) // 2])
                        self.connection.shutdown(socket.SHUT_RDWR)
                        return False
                    self.wfile.write(raw)
                    self.say(f" UID {letter.uid})" if fault == "uid_behind" else ")")
                self.say(f"{tag} OK done")
                return True

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

            def finish_request(self, request: Any, client: Any) -> None:
                try:
                    Handler(tls.wrap_socket(request, server_side=True) if tls else request, client, self)
                except OSError:
                    pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=lambda: self.server.serve_forever(0.05), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])

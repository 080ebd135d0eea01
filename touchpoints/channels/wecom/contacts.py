"""Customers as WeCom knows them: who follows whom, remarks, tags, live codes, handing over to a colleague."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from touchpoints.channels.protocol import Malformed, Refusal, Refused, Sent, Unknown
from touchpoints.channels.texts import moment, plain
from touchpoints.channels.wecom.client import CODES, Client

LONGEST = {"remark": 20, "remark_company": 20, "description": 150, "transfer_text": 200, "code_remark": 30, "state": 30}
MOST = {"staff": 100, "customers": 100, "code_staff": 100, "pages": 20}
STATES = {1: "done", 2: "waiting", 3: "refused", 4: "taker_full", 5: "no_record"}


@dataclass(frozen=True)
class Follower:
    """A colleague who has this customer as a contact."""

    colleague: str
    since: datetime | None
    remark: str = ""
    description: str = ""
    state: str = ""
    add_way: int | None = None
    tags: Sequence[str] = ()
    phones: Sequence[str] = ()


@dataclass(frozen=True)
class Contact:
    """A customer's card. Name and picture are nicknames: they prove nothing."""

    external: str
    name: str
    union: str
    followers: Sequence[Follower]


@dataclass(frozen=True)
class Contacts:
    rows: Sequence[Contact]
    cursor: str


@dataclass(frozen=True)
class LiveCode:
    """Made by machine a code shows in no console: who loses `config` has lost it."""

    config: str
    picture: str


@dataclass(frozen=True)
class Transfer:
    """Customer by customer: what came of it, `started` or a Refused; later one of STATES."""

    rows: Mapping[str, "str | Refused"]
    cursor: str = ""


Why = Refused | Unknown


class ContactBook:
    def __init__(self, client: Client) -> None:
        self.client = client

    def contact(self, external: str) -> Contact | Why:
        """One customer with all colleagues who have them."""
        cursor, followers, card = "", [], {}  # type: ignore[var-annotated]
        for _page in range(MOST["pages"]):
            told = self.client.ask("/cgi-bin/externalcontact/get", external_userid=external, cursor=cursor)
            if not isinstance(told, dict):
                return told
            card = _dict(told.get("external_contact"))
            followers += [_follower(_dict(row)) for row in _list(told.get("follow_user"))]
            cursor = plain(told.get("next_cursor"), most=500)
            if not cursor:
                break
        return Contact(external, plain(card.get("name"), most=100), plain(card.get("unionid"), most=100), followers)

    def contacts(self, staff: Sequence[str], cursor: str = "") -> Contacts | Why:
        """One page of rows (customer, colleague) of up to a hundred colleagues."""
        if len(staff) > MOST["staff"]:
            return Refused(Refusal.NEVER, "too_many")
        told = self.client.ask(
            "/cgi-bin/externalcontact/batch/get_by_user",
            {"userid_list": list(staff), "cursor": cursor, "limit": MOST["customers"]},
        )
        if not isinstance(told, dict):
            return told
        rows = []
        for row in _list(told.get("external_contact_list")):
            card = _dict(_dict(row).get("external_contact"))
            if external := plain(card.get("external_userid"), most=100):
                follower = _follower(_dict(_dict(row).get("follow_info")))
                rows.append(Contact(external, plain(card.get("name"), most=100),
                                    plain(card.get("unionid"), most=100), [follower]))  # fmt: skip
        return Contacts(rows, plain(told.get("next_cursor"), most=500))

    def remark(
        self, colleague: str, external: str, *, remark: str | None = None, description: str | None = None,
        company: str | None = None, phones: Sequence[str] | None = None,
    ) -> Sent | Why:  # fmt: skip
        """What the colleague sees beside the name; what is None stays."""
        given = {"remark": remark, "description": description, "remark_company": company}
        body = {name: value for name, value in given.items() if value is not None}
        if any(len(value) > LONGEST[name] for name, value in body.items()):
            return Refused(Refusal.NEVER, "too_long")
        body |= {"userid": colleague, "external_userid": external}
        return self._done("/cgi-bin/externalcontact/remark", body | ({} if phones is None
                          else {"remark_mobiles": list(phones)}))  # fmt: skip

    def mark_tag(
        self, colleague: str, external: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> Sent | Why:
        """WeCom calls back nothing of this: the caller writes down that it was done."""
        return self._done("/cgi-bin/externalcontact/mark_tag", {
            "userid": colleague, "external_userid": external, "add_tag": list(add), "remove_tag": list(remove),
        })  # fmt: skip

    def live_code(
        self, *, state: str, staff: Sequence[str], remark: str = "", skip_verify: bool = True
    ) -> LiveCode | Why:  # fmt: skip
        """A code that adds one of these colleagues. `state` is seen by anybody who gets events: a bare token."""
        if len(state) > LONGEST["state"] or len(remark) > LONGEST["code_remark"]:
            return Refused(Refusal.NEVER, "too_long")
        if not staff or len(staff) > MOST["code_staff"]:
            return Refused(Refusal.NEVER, "too_many")
        told = self.client.tell("/cgi-bin/externalcontact/add_contact_way", {
            "type": 1 if len(staff) == 1 else 2, "scene": 2, "remark": remark, "skip_verify": skip_verify,
            "state": state, "user": list(staff),
        })  # fmt: skip
        if not isinstance(told, dict):
            return told
        config = plain(told.get("config_id"), most=100)
        # Made and without its key: like one whose answer was lost.
        return LiveCode(config, plain(told.get("qr_code"), most=500)) if config else Unknown("no_config")

    def transfer(
        self, giver: str, taker: str, externals: Sequence[str], *, text: str = "", giver_left: bool = False
    ) -> Transfer | Why:
        """Ask customers over to a colleague. Started is not done: it takes a day, and they may refuse."""
        if not externals or len(externals) > MOST["customers"]:
            return Refused(Refusal.NEVER, "too_many")
        if len(text) > LONGEST["transfer_text"]:
            return Refused(Refusal.NEVER, "too_long")
        body: dict[str, Any] = {"handover_userid": giver, "takeover_userid": taker, "external_userid": list(externals)}
        if text and not giver_left:
            body["transfer_success_msg"] = text
        told = self.client.tell(f"/cgi-bin/externalcontact/{'resigned/' * giver_left}transfer_customer", body)
        if not isinstance(told, dict):
            return told
        rows: dict[str, str | Refused] = {}
        for row in map(_dict, _list(told.get("customer"))):
            code = row.get("errcode")
            refusal = CODES.get(code) if isinstance(code, int) else None
            rows[plain(row.get("external_userid"), most=100)] = (
                "started" if code == 0 else Refused(refusal or Refusal.NEVER, str(code)[:20], known=bool(refusal))
            )
        return Transfer(rows)

    def transfer_result(
        self, giver: str, taker: str, cursor: str = "", *, giver_left: bool = False
    ) -> Transfer | Why:  # fmt: skip
        told = self.client.ask(
            f"/cgi-bin/externalcontact/{'resigned/' * giver_left}transfer_result",
            {"handover_userid": giver, "takeover_userid": taker, "cursor": cursor},
        )
        if not isinstance(told, dict):
            return told
        rows = {plain(row.get("external_userid"), most=100): STATES.get(row.get("status", 0), "unknown")
                for row in map(_dict, _list(told.get("customer")))}  # fmt: skip
        return Transfer(dict(rows), plain(told.get("next_cursor"), most=500))

    def _done(self, path: str, body: Mapping[str, Any]) -> Sent | Why:
        told = self.client.tell(path, body)
        return Sent() if isinstance(told, dict) else told


def _follower(row: dict[str, Any]) -> Follower:
    try:
        since = moment(row.get("createtime"))
    except Malformed:
        since = None
    tags = [plain(_dict(tag).get("tag_id")) for tag in _list(row.get("tags"))] or _list(row.get("tag_id"))
    return Follower(
        plain(row.get("userid"), most=100), since, plain(row.get("remark"), most=100),
        plain(row.get("description"), most=300), plain(row.get("state"), most=100),
        row["add_way"] if isinstance(row.get("add_way"), int) else None,
        [plain(tag, most=100) for tag in tags if tag],
        [plain(one, most=40) for one in _list(row.get("remark_mobiles"))],
    )  # fmt: skip


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

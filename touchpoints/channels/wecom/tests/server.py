"""A WeCom of our own: companies, tokens, friends, talks and quotas with a clock one can set."""

import time
from typing import Any

from touchpoints.channels.protocol import Incoming
from touchpoints.channels.tests.server import Given, Got, Provider
from touchpoints.channels.wecom.crypto import Envelope

CORP, SECRET, AGENT = "ww0123456789abcdef", "app-secret", "1000002"
TOKEN, AES_KEY = "scrmtoken01", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


class WeCom(Provider):
    """Its own faults: stale (all tokens die early), code:<n>."""

    def __init__(self) -> None:
        super().__init__()
        self.own_faults: list[str] = []
        self.token_faults: list[int] = []
        self.secrets = {SECRET}
        self.tokens: dict[str, float] = {}
        self.tokens_made = 0
        self.same_token = False
        self.friends: dict[str, dict[str, Any]] = {}
        self.followers: set[tuple[str, str]] = set()
        self.staff = {"meiling", "junwei", "xiaotao"}
        self.unnamed: set[str] = set()  # without a verified name
        self.not_in_range: set[str] = set()
        self.tags: dict[tuple[str, str], set[str]] = {}
        self.remarks: dict[tuple[str, str], dict[str, Any]] = {}
        self.welcomes: dict[str, float] = {}
        self.greeted: dict[str, str] = {}
        self.greeted_elsewhere: set[str] = set()
        self.talks: dict[str, list[dict[str, Any]]] = {}
        self.last_wrote: dict[tuple[str, str], float] = {}
        self.answered: dict[tuple[str, str], int] = {}
        self.kf_sent: dict[str, dict[str, Any]] = {}
        self.kf_state: dict[str, int] = {}
        self.kf_page = 1000
        self.staff_sent: list[dict[str, Any]] = []
        self.codes: dict[str, dict[str, Any]] = {}
        self.code_quota = 500_000
        self.moves: dict[tuple[str, str, str], tuple[float, int]] = {}
        self.moved: dict[str, int] = {}
        self.envelope = Envelope(TOKEN, AES_KEY, CORP)

    # Calls

    def answer(self, got: Got) -> Given:
        if got.path == "/cgi-bin/gettoken":
            return Given(self._gettoken(got))
        fault = self.own_faults.pop(0) if self.own_faults else ""
        if fault == "stale":
            self.tokens.clear()
        if fault.startswith("code:"):
            return Given(_no(int(fault[5:])))
        ends = self.tokens.get(got.query.get("access_token", ""))
        if ends is None:
            return Given(_no(40014))
        if ends <= self.now:
            return Given(_no(42001))
        if got.body and b"\\u" in got.body:
            return Given(_no(40033))
        deed = getattr(self, got.path.removeprefix("/cgi-bin/").replace("/", "__"), None)
        return Given(deed(got)) if deed else Given("no such page", 404)

    def _gettoken(self, got: Got) -> dict[str, Any]:
        time.sleep(0.05)
        if self.token_faults:
            return _no(self.token_faults.pop(0))
        if got.query.get("corpid") != CORP:
            return _no(40013)
        if got.query.get("corpsecret") not in self.secrets:
            return _no(40001)
        self.tokens_made += 1
        token = f"token-{1 if self.same_token else self.tokens_made}"
        self.tokens[token] = self.now + 7200
        return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200}

    def externalcontact__get(self, got: Got) -> dict[str, Any]:
        external = got.query["external_userid"]
        if external not in self.friends:
            return _no(40096)
        rows = [{"userid": user, "createtime": 1766000000, "remark": "", "state": "s1", "tags": [], "add_way": 1}
                for user, who in sorted(self.followers) if who == external]  # fmt: skip
        start = int(got.query.get("cursor") or 0)
        more = start + 2 < len(rows)
        return _yes(external_contact=self.friends[external] | {"external_userid": external},
                    follow_user=rows[start : start + 2], next_cursor=str(start + 2) if more else "")  # fmt: skip

    def externalcontact__batch__get_by_user(self, got: Got) -> dict[str, Any]:
        asked = got.json()
        if set(asked["userid_list"]) & self.not_in_range:
            return _no(60011)
        rows = [{"external_contact": self.friends[who] | {"external_userid": who},
                 "follow_info": {"userid": user, "createtime": 1766000000, "tag_id": ["t1"], "remark": "R"}}
                for user, who in sorted(self.followers) if user in asked["userid_list"]]  # fmt: skip
        start, size = int(asked.get("cursor") or 0), asked["limit"]
        return _yes(external_contact_list=rows[start : start + size],
                    next_cursor=str(start + size) if start + size < len(rows) else "")  # fmt: skip

    def externalcontact__remark(self, got: Got) -> dict[str, Any]:
        asked = got.json()
        pair = asked.pop("userid"), asked.pop("external_userid")
        if pair not in self.followers:
            return _no(84061)
        self.remarks.setdefault(pair, {}).update(asked)
        return _yes()

    def externalcontact__mark_tag(self, got: Got) -> dict[str, Any]:
        asked = got.json()
        pair = asked["userid"], asked["external_userid"]
        if pair not in self.followers:
            return _no(84061)
        self.tags[pair] = (self.tags.get(pair, set()) | set(asked["add_tag"])) - set(asked["remove_tag"])
        return _yes()

    def externalcontact__send_welcome_msg(self, got: Got) -> dict[str, Any]:
        asked = got.json()
        code = asked["welcome_code"]
        if code in self.greeted:
            return _no(41051)
        if code in self.greeted_elsewhere:
            return _no(41096)
        if code not in self.welcomes or self.now > self.welcomes[code] + 20:
            return _no(41050)
        self.greeted[code] = asked["text"]["content"]
        return _yes()

    def externalcontact__add_contact_way(self, got: Got) -> dict[str, Any]:
        asked = got.json()
        if len(self.codes) >= self.code_quota:
            return _no(41045)
        if set(asked["user"]) & self.unnamed:
            return _no(41054)
        config = f"config{len(self.codes) + 1}"
        self.codes[config] = asked
        return _yes(config_id=config, qr_code=f"https://wework.qpic.cn/{config}")

    def externalcontact__transfer_customer(self, got: Got) -> dict[str, Any]:
        asked = got.json()
        giver, taker = asked["handover_userid"], asked["takeover_userid"]
        rows = []
        for who in asked["external_userid"]:
            code = 0
            if giver == taker:
                code = 40130
            elif (giver, who) not in self.followers:
                code = 40096 if who not in self.friends else 40131
            elif self.moved.get(who, 0) >= 2:
                code = 40128
            elif (giver, taker, who) in self.moves:
                code = 40129
            if code == 0:
                self.moves[giver, taker, who] = (self.now, 1)
                self.moved[who] = self.moved.get(who, 0) + 1
            rows.append({"external_userid": who, "errcode": code})
        return _yes(customer=rows)

    externalcontact__resigned__transfer_customer = externalcontact__transfer_customer

    def externalcontact__transfer_result(self, got: Got) -> dict[str, Any]:
        asked = got.json()
        rows = [{"external_userid": who, "status": end if self.now >= begun + 86400 else 2, "takeover_time": 0}
                for (giver, taker, who), (begun, end) in self.moves.items()
                if (giver, taker) == (asked["handover_userid"], asked["takeover_userid"])]  # fmt: skip
        return _yes(customer=rows, next_cursor="")

    def kf__sync_msg(self, got: Got) -> dict[str, Any]:
        asked = got.json()
        rows = self.talks.get(asked["open_kfid"], [])
        start = int(asked.get("cursor") or 0)
        end = start + min(asked["limit"], self.kf_page)
        return _yes(msg_list=rows[start:end], next_cursor=str(min(end, len(rows))), has_more=int(end < len(rows)))

    def kf__send_msg(self, got: Got) -> dict[str, Any]:
        asked = got.json()
        if asked["msgid"] in self.kf_sent:
            return _yes(msgid=asked["msgid"])
        talk = asked["open_kfid"], asked["touser"]
        if self.kf_state.get(asked["touser"], 1) not in (0, 1):
            return _no(95018)
        if talk not in self.last_wrote or self.now > self.last_wrote[talk] + 48 * 3600:
            return _no(95002)
        if self.answered.get(talk, 0) >= 5:
            return _no(95001)
        self.answered[talk] = self.answered.get(talk, 0) + 1
        self.kf_sent[asked["msgid"]] = asked
        return _yes(msgid=asked["msgid"])

    def message__send(self, got: Got) -> dict[str, Any]:
        asked = got.json()
        assert asked["enable_duplicate_check"] == 1
        if asked["touser"] not in self.staff:
            return _yes(invaliduser=asked["touser"], msgid="")
        self.staff_sent.append(asked)
        return _yes(msgid=f"m{len(self.staff_sent)}", invaliduser="")

    # Pushes

    def writes(self, account: str, who: str, text: str, **extra: Any) -> None:
        rows = self.talks.setdefault(account, [])
        self.last_wrote[account, who], self.answered[account, who] = self.now, 0
        rows.append({"msgid": f"kfmsg{len(rows) + 1}", "open_kfid": account, "external_userid": who,
                     "send_time": int(self.now), "origin": 3, "msgtype": "text", "text": {"content": text}} | extra)  # fmt: skip

    def push(self, message: str, *, envelope: Envelope | None = None, nonce: str = "nonce123") -> Incoming:
        sealer = envelope or self.envelope
        sealed = sealer.sealed(message.encode())
        body = f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        stamp = str(int(self.now))
        query = {"msg_signature": sealer.signature(stamp, nonce, sealed), "timestamp": stamp, "nonce": nonce}
        return Incoming("POST", "/hooks/wecom/x", query, {}, body.encode())

    def event(self, change: str, **fields: str) -> str:
        rows = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
        return (f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>"
                f"<CreateTime>{int(self.now)}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
                f"<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[{change}]]></ChangeType>{rows}</xml>")  # fmt: skip


def _yes(**told: Any) -> dict[str, Any]:
    return {"errcode": 0, "errmsg": "ok"} | told


def _no(code: int) -> dict[str, Any]:
    return {"errcode": code, "errmsg": f"error {code}"}

"""A call centre of our own: it plays calls and pushes them in our contract or in a vendor's shape, as told."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from touchpoints.channels.protocol import Incoming

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
CHINA = timezone(timedelta(hours=8))


class CallCentre:
    """`faults` spoil one push each: twice, wrong signature, old timestamp, other key, truncated."""

    def __init__(self) -> None:
        self.now = 1767323045.0
        self.faults: list[str] = []

    def moment(self, seconds: float = 0) -> str:
        return datetime.fromtimestamp(self.now + seconds, CHINA).isoformat()

    def event(self, kind: str, call: str = "c-778", **data: Any) -> dict[str, Any]:
        common = {"call": call, "at": self.moment()}
        if kind in ("ringing", "ended"):
            common |= {"direction": "in", "customer_number": "+8613800001234"}
        return {"type": f"call.{kind}", "timestamp": self.moment(), "data": common | data}

    def whole_call(self, call: str = "c-778") -> list[dict[str, Any]]:
        return [
            self.event("ringing", call, line="4001234567", agent="8003", at=self.moment(0)),
            self.event("answered", call, agent="8003", at=self.moment(12)),
            self.event("transferred", call, agent="8005", at=self.moment(60)),
            self.event("ended", call, agent="8005", at=self.moment(334), queue_seconds=12, talk_seconds=322,
                       ended_by="customer", outcome="answered", menu="12#"),
            self.event("recorded", call, at=self.moment(335), recording={
                "url": "https://pbx.example.com/r/778", "expires_at": self.moment(90000), "seconds": 322,
                "consent": "announced"}),
            self.event("transcribed", call, at=self.moment(400), language="zh", engine="e1", segments=[
                {"start": 0, "end": 2.5, "speaker": "customer", "text": "您好"}]),
        ]  # fmt: skip

    def push(self, body: Any, *, name: str = "evt-1", secret: str = SECRET) -> Incoming:
        fault = self.faults.pop(0) if self.faults else ""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        stamp = str(int(self.now - (400 if fault == "old timestamp" else 0)))
        key = base64.b64decode((secret if fault != "other key" else SECRET[:-4] + "AAA=").removeprefix("whsec_"))
        mark = base64.b64encode(hmac.digest(key, f"{name}.{stamp}.".encode() + raw, "sha256")).decode()
        if fault == "wrong signature":
            mark = mark[::-1]
        headers = {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": f"v9,AAAA v1,{mark}"}
        return Incoming("POST", "/hooks/phone", {}, headers, raw[: len(raw) // 2] if fault == "truncated" else raw)

    def vendor(self, shape: str) -> Any:
        """One call as that vendor would tell it."""
        text = datetime.fromtimestamp(self.now, CHINA).strftime("%Y-%m-%d %H:%M:%S")
        if shape == "ring-push":
            return [{"callId": "c1", "type": 1, "called": "13800001234", "calledInfo": "4001234567", "sipAccount": "8003",
                     "seatGroupName": "A", "noAnswerSipList": [], "callinEventTime": text, "taskId": 7}]  # fmt: skip
        if shape == "call-record":
            return {"uuid": "c1", "customuuid": "our-1", "direction": "inbound", "starttime": text, "answertime": text,
                    "endtime": text, "duration": "40", "billsec": "30", "userid": "1", "ext": "8003",
                    "disnumber": "13800001234", "destnumber": "4001234567", "hangupdirection": "caller",
                    "hangupcause": "x", "recordurl": "https://pbx.example.com/r/1", "recordfilename": "x"}  # fmt: skip
        if shape == "end-event":
            stamp = int(self.now * 1000)
            return {"event": "PnsCallEnd", "callId": "c1", "callingNumber": "8613800001234", "calledNumber": "4001234567",
                    "beginTime": stamp, "ringTime": stamp, "startTime": stamp, "stopTime": str(stamp), "duration": 30,
                    "userData": "our-1", "recordUrl": "", "hangupDirection": 1, "hangupGcode": 0}  # fmt: skip
        if shape == "work-phone":
            return [{"callTime": text, "duration": "0:01:35", "phoneid": "P9", "callnumber": "13800001234",
                     "direction": 0, "rawurl": "https://pbx.example.com/r/1"}]  # fmt: skip
        return {"callId": "c1", "startTime": text, "endTime": text, "isRecorded": "N", "isDisplayed": "Y",
                "hangupReason": "x", "signature": hashlib.md5(b"app1token-of-the-app").hexdigest()}  # noqa: S324  # fmt: skip

    def at(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)

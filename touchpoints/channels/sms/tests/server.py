"""Two providers of short messages in one server: signatures, approved texts, flow limits and money are checked."""

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from touchpoints.channels.protocol import Incoming
from touchpoints.channels.sms.signing import rpc_signature, twilio_signature, v3_request_hash, v3_signature
from touchpoints.channels.tests.server import Given, Got, Provider

KEY, SECRET = "test-key", "testSecret"
SID, TOKEN = "AC0001", "12345"


class Aliyun(Provider):
    def __init__(self) -> None:
        super().__init__()
        self.own_faults: list[str] = []
        self.nonces: set[str] = set()
        self.signs = {"示例品牌"}
        self.templates = {"SMS_100001": {"code"}, "SMS_100002": {"name"}}
        self.balance = 100
        self.sent: list[dict[str, str]] = []
        self.times: dict[str, list[float]] = {}
        self.reported: dict[str, str] = {}

    def answer(self, got: Got) -> Given:
        query = dict(got.query)
        if why := (self._v3(got, query) if "authorization" in got.headers else self._rpc(query)):
            return Given({"Code": why, "Message": why, "RequestId": "R"}, 403)
        if self.own_faults:
            return _no(self.own_faults.pop(0))
        action = got.headers.get("x-acs-action") or query.get("Action")
        return self._send(query) if action == "SendSms" else self._details(query)

    def _v3(self, got: Got, query: dict[str, str]) -> str:
        stamp = datetime.strptime(got.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        if abs(stamp - self.now) > 900:
            return "InvalidTimeStamp.Expired"
        if got.headers["x-acs-content-sha256"] != hashlib.sha256(got.body).hexdigest():
            return "SignatureDoesNotMatch"
        signed = re.search(r"SignedHeaders=([^,]+)", got.headers["authorization"])[1].split(";")
        request_hash, names = v3_request_hash(got.method, query, {name: got.headers[name] for name in signed}, got.body)
        good = f"ACS3-HMAC-SHA256 Credential={KEY},SignedHeaders={names},Signature={v3_signature(request_hash, SECRET)}"
        if got.headers["authorization"] != good or "host" not in signed:
            return "SignatureDoesNotMatch"
        return self._nonce(got.headers["x-acs-signature-nonce"])

    def _rpc(self, query: dict[str, str]) -> str:
        mark = query.pop("Signature")
        if mark != rpc_signature("POST", query, SECRET) or query["AccessKeyId"] != KEY:
            return "SignatureDoesNotMatch"
        return self._nonce(query["SignatureNonce"])

    def _nonce(self, nonce: str) -> str:
        if nonce in self.nonces:
            return "SignatureNonceUsed"
        self.nonces.add(nonce)
        return ""

    def _send(self, query: dict[str, str]) -> Given:
        number = query["PhoneNumbers"]
        if not re.fullmatch(r"1[3-9]\d{9}", number):
            return _no("isv.MOBILE_NUMBER_ILLEGAL")
        if query["SignName"] not in self.signs:
            return _no("isv.SMS_SIGNATURE_ILLEGAL")
        if query["TemplateCode"] not in self.templates:
            return _no("isv.SMS_TEMPLATE_ILLEGAL")
        values = json.loads(query["TemplateParam"])
        if any(not isinstance(value, str) for value in values.values()):
            return _no("isv.INVALID_JSON_PARAM")
        if set(values) != self.templates[query["TemplateCode"]]:
            return _no("isv.TEMPLATE_MISSING_PARAMETERS")
        if self.balance <= 0:
            return _no("isv.AMOUNT_NOT_ENOUGH")
        times = self.times.setdefault(number, [])
        for seconds, most in ((60, 1), (3600, 5), (86400, 10)):
            if sum(1 for one in times if one > self.now - seconds) >= most:
                return _no("isv.BUSINESS_LIMIT_CONTROL")
        times.append(self.now)
        self.balance -= 1
        self.sent.append(query | {"BizId": f"biz{len(self.sent) + 1}"})
        return Given({"Code": "OK", "Message": "OK", "BizId": self.sent[-1]["BizId"], "RequestId": "R"})

    def _details(self, query: dict[str, str]) -> Given:
        rows = [
            {"OutId": one["OutId"], "SendStatus": {"": 1, "DELIVERED": 3}.get(self.reported.get(one["OutId"], ""), 2),
             "ErrCode": self.reported.get(one["OutId"], ""), "ReceiveDate": "2025-12-21 15:00:00"}
            for one in self.sent
            if one["PhoneNumbers"] == query["PhoneNumber"] and query.get("BizId") in (None, one["BizId"])
        ]  # fmt: skip
        return Given({"Code": "OK", "TotalCount": len(rows), "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows}})

    def report(self, sent: dict[str, str], code: str = "DELIVERED") -> dict[str, Any]:
        return {"phone_number": sent["PhoneNumbers"], "send_time": "2025-12-21 14:53:20", "biz_id": sent["BizId"],
                "report_time": "2025-12-21 14:53:25", "success": code == "DELIVERED", "err_code": code,
                "err_msg": "", "sms_size": "1", "out_id": sent["OutId"]}  # fmt: skip


class Twilio(Provider):
    def __init__(self) -> None:
        super().__init__()
        self.own_faults: list[tuple[int, int]] = []
        self.left: set[str] = set()
        self.sent: dict[str, dict[str, Any]] = {}

    def answer(self, got: Got) -> Given:
        import base64

        if got.headers.get("authorization") != "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode():
            return Given({"code": 20003, "message": "Authenticate", "status": 401}, 401)
        if self.own_faults:
            status, code = self.own_faults.pop(0)
            return Given({"code": code, "message": "no", "status": status}, status)
        if got.method == "GET":
            sid = got.path.rpartition("/")[2].removesuffix(".json")
            return Given(self.sent[sid]) if sid in self.sent else Given({"code": 20404}, 404)
        form = {name: values[0] for name, values in parse_qs(got.body.decode()).items()}
        if not re.fullmatch(r"\+\d{6,15}", form["To"]):
            return Given({"code": 21211, "status": 400}, 400)
        if form["To"] in self.left:
            return Given({"code": 21610, "status": 400}, 400)
        sid = f"SM{len(self.sent) + 1:04}"
        self.sent[sid] = {"sid": sid, "status": "queued", "to": form["To"], "error_code": None,
                          "date_updated": "Sun, 21 Dec 2025 06:53:25 +0000", "form": form}  # fmt: skip
        return Given(self.sent[sid], 201)

    def push(
        self, form: dict[str, str], *, url: str = "https://scrm.example.com/hooks/x", token: str = TOKEN
    ) -> Incoming:
        mark = twilio_signature(url, form.items(), token)
        query = {name: values[0] for name, values in parse_qs(url.partition("?")[2]).items()}
        return Incoming("POST", "/hooks/x", query, {
            "x-twilio-signature": mark, "content-type": "application/x-www-form-urlencoded",
        }, urlencode(form).encode(), url)  # fmt: skip


def _no(code: str) -> Given:
    return Given({"Code": code, "Message": "no", "RequestId": "R"})

"""Asking WeCom: one token for each secret, renewed by one at a time, and what its codes mean."""

import hashlib
import json
import random
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache

from scrm.kernel import outgoing
from scrm.kernel.outgoing import Answer, Unsafe
from touchpoints.channels.protocol import Account, Refusal, Refused, Unknown
from touchpoints.channels.targets import address

HOSTS = {"qyapi.weixin.qq.com"}
LARGEST = 4 * 1024 * 1024
STALE = {40014, 42001}
BAD_SECRET = 40001
LEASE = 20  # seconds one may take for a new token before another tries
EARLY = 300  # a token is renewed this long before it ends

RETRY, SETUP, GONE, NEVER = Refusal.RETRY_LATER, Refusal.FIX_SETUP, Refusal.NOT_REACHABLE, Refusal.NEVER
CODES = {
    -1: RETRY, 6000: RETRY, 45009: RETRY, 45033: RETRY, 41063: RETRY, 41096: RETRY,
    40001: SETUP, 40013: SETUP, 40014: SETUP, 42001: SETUP, 48001: SETUP, 48002: SETUP, 60011: SETUP, 84074: SETUP,
    60020: SETUP, 40126: SETUP, 41045: SETUP, 40099: SETUP, 301002: SETUP, 41054: SETUP, 40098: SETUP,
    40096: GONE, 84061: GONE, 81013: GONE, 40131: GONE,
    41048: NEVER, 41050: NEVER, 95018: NEVER, 40128: NEVER, 40033: NEVER, 40097: NEVER, 40100: NEVER, 40129: NEVER,
    40130: NEVER,
}  # fmt: skip

Told = dict[str, Any]


class Client:
    """Calls of one secret. Answers are what WeCom told, or why not."""

    def __init__(self, account: Account, settings: Mapping[str, Any], clock: Callable[[], float]) -> None:
        self.account, self.settings, self.clock = account, settings, clock
        self.corp = str(settings["corp_id"])
        self.secret = account.secrets.get("secret", "")
        mark = hashlib.sha256("\n".join([str(settings["base"]), self.corp, self.secret]).encode()).hexdigest()[:40]
        self._token_key, self._lock_key = f"wecom:token:{mark}", f"wecom:lock:{mark}"
        self._refused_key, self._mark = f"wecom:refused:{mark}", mark

    def ask(self, path: str, body: Mapping[str, Any] | None = None, **query: str) -> Told | Refused | Unknown:
        """A call that changes nothing: without an answer it may simply be made again."""
        told = self.tell(path, body, **query)
        return Refused(RETRY, told.why) if isinstance(told, Unknown) else told

    def tell(self, path: str, body: Mapping[str, Any] | None = None, **query: str) -> Told | Refused | Unknown:
        """One call; once more with a new token when WeCom calls the token old."""
        if (until := cache.get(f"wecom:pause:{self._mark}:{path}")) and until > self.clock():
            return Refused(RETRY, "45009", after=int(until - self.clock()) + 1)
        token = self.token()
        if isinstance(token, Refused):
            return token
        told = self._once(path, body, query | {"access_token": token})
        if isinstance(told, dict) and told.get("errcode") in STALE | {BAD_SECRET}:
            token = self.token(not_this=token)
            if isinstance(token, Refused):
                return token
            told = self._once(path, body, query | {"access_token": token})
            if isinstance(told, dict) and told.get("errcode") in STALE | {BAD_SECRET}:
                self._keep_refusal(Refused(SETUP, str(told["errcode"])))
        if not isinstance(told, dict):
            return told
        code = told.get("errcode", 0)
        return told if code == 0 else self._refused(code, path)

    def token(self, *, not_this: str = "") -> str | Refused:
        """The token in use; a new one is fetched by whoever holds the lock, the others wait for theirs."""
        ends = time.monotonic() + LEASE
        while True:
            token = cache.get(self._token_key)
            if isinstance(token, str) and token != not_this:
                return token
            if isinstance(kept := cache.get(self._refused_key), tuple):
                return Refused(Refusal(kept[0]), kept[1])
            mine = secrets.token_hex(8)
            if cache.add(self._lock_key, mine, LEASE):
                try:
                    token = cache.get(self._token_key)
                    if isinstance(token, str) and token != not_this:
                        return token
                    return self._new_token()
                finally:
                    if cache.get(self._lock_key) == mine:  # else our lease ended, and another's began
                        cache.delete(self._lock_key)
            if time.monotonic() > ends:
                return Refused(RETRY, "token_wait")
            time.sleep(random.uniform(0.02, 0.06))  # noqa: S311 — no secret

    def _new_token(self) -> str | Refused:
        told = self._once("/cgi-bin/gettoken", None, {"corpid": self.corp, "corpsecret": self.secret})
        if isinstance(told, Unknown):
            return Refused(RETRY, told.why)
        if isinstance(told, Refused):
            return told
        token = told.get("access_token")
        if told.get("errcode", 0) == 0 and isinstance(token, str) and token:
            lasts = told.get("expires_in")
            cache.set(self._token_key, token, max(60, (lasts if isinstance(lasts, int) else 7200) - EARLY))
            return token
        refused = self._refused(told.get("errcode"), "gettoken")
        self._keep_refusal(refused)
        return refused

    def _keep_refusal(self, refused: Refused) -> None:
        """Calls that are bound to fail are counted against the company for an hour: make none for a while."""
        wait = 60 if refused.refusal is SETUP else refused.after or 1
        cache.set(self._refused_key, (refused.refusal.value, refused.code), wait)
        cache.delete(self._token_key)

    def _once(self, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str]) -> Told | Refused | Unknown:
        try:
            url = address(str(self.settings["base"]), f"{path}?{urlencode(query)}", hosts=HOSTS)
            # Their error 40033 is about \uXXXX: texts go as they are.
            sent = b"" if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
            answer = outgoing.call(
                "GET" if body is None else "POST", url, body=sent, headers={"Content-Type": "application/json"},
                at_most=LARGEST,
            )  # fmt: skip
        except Unsafe:
            return Refused(SETUP, "unsafe_target")
        return _told(answer)

    def _refused(self, code: Any, path: str) -> Refused:
        words = str(code)[:20]
        if code == 45009:
            wait = int(self.settings["block_seconds"])
            cache.set(f"wecom:pause:{self._mark}:{path}", self.clock() + wait, wait)
            return Refused(RETRY, words, after=wait)
        if code == 45033:
            return Refused(RETRY, words, after=random.randint(1, 5))  # noqa: S311 — no secret
        if isinstance(code, int) and 95000 <= code < 96000 and code not in CODES:
            return Refused(GONE, words)
        known = CODES.get(code) if isinstance(code, int) else None
        return Refused(known or RETRY, words, known=known is not None)


def _told(answer: Answer) -> Told | Refused | Unknown:
    if answer.status == 0:
        return Unknown(answer.error) if answer.left else Refused(RETRY, answer.error)
    if answer.status == 429:
        return Refused(RETRY, "http_429", after=answer.retry_after)
    if answer.status != 200:
        return Unknown(f"http_{answer.status}") if answer.status >= 500 else Refused(SETUP, f"http_{answer.status}")
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return Unknown("no_json")
    return told if isinstance(told, dict) else Unknown("no_json")

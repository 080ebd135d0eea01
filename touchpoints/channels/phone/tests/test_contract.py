"""Our contract: each field checked with a clear word, any order of telling ends the same."""

import itertools
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from touchpoints.channels.phone.contract import call_of, name_of
from touchpoints.channels.phone.story import Story, pops_up, told
from touchpoints.channels.phone.tests.server import CallCentre
from touchpoints.channels.protocol import Call, Malformed

CENTRE = CallCentre()


def read(event: dict[str, Any], *, hint: bool = False) -> Call:
    return call_of(event["type"], event["data"], hint=hint, recording_hosts={"pbx.example.com"})


def test_a_whole_call_is_read() -> None:
    ringing, answered, transferred, ended, recorded, transcribed = map(read, CENTRE.whole_call())

    assert (ringing.call, ringing.leg, ringing.direction, ringing.line, ringing.agent) == (
        "c-778", "1", "in", "4001234567", "8003",
    )  # fmt: skip
    assert ringing.person is not None
    assert (ringing.person.kind, ringing.person.value, ringing.person.proved) == ("phone", "+8613800001234", False)
    assert ringing.at == datetime.fromtimestamp(CENTRE.now, UTC)
    assert (answered.person, answered.direction, transferred.agent) == (None, "", "8005")
    assert ended.details == {"queue_seconds": 12, "talk_seconds": 322, "ended_by": "customer", "outcome": "answered",
                             "menu": "12#"}  # fmt: skip
    assert recorded.details["recording"]["url"] == "https://pbx.example.com/r/778"
    assert transcribed.details["segments"] == [{"start": 0.0, "end": 2.5, "speaker": "customer", "text": "您好"}]


@pytest.mark.parametrize(("number", "region", "found", "kind"), [
    ("13800001234", "", "+8613800001234", None), ("+85291234567", "", "+85291234567", None), ("91234567", "HK", "+85291234567", None),
    ("138-0000-1234", "", "+8613800001234", None), ("anonymous", "", None, "withheld"), ("8003", "", None, "short"),
    ("10086", "", None, "short"),
])  # fmt: skip
def test_whose_number(number: str, region: str, found: str | None, kind: str | None) -> None:
    call = read(CENTRE.event("ringing", customer_number=number, **({"region": region} if region else {})))

    assert (call.person.value if call.person else None) == found
    assert call.details.get("number") == kind


def test_a_number_that_was_lent_is_nobodys() -> None:
    call = read(CENTRE.event("ringing", number_kind="relay"))

    assert (call.person, call.details["number"]) == (None, "relay")


@pytest.mark.parametrize(("kind", "change", "words"), [
    ("ringing", {"call": None}, "call: it is missing."), ("ringing", {"call": "x" * 101}, "call: a text of at most 100"),
    ("ringing", {"call": 7}, "call: a text"), ("ringing", {"call": "a\nb"}, "call: a text"),
    ("ringing", {"direction": None}, "direction: one of in, out"), ("ringing", {"direction": "up"}, "direction: one of"),
    ("ringing", {"direction": ["in"]}, "direction: one of"),
    ("ringing", {"customer_number": None}, "customer_number: it is missing."),
    ("ringing", {"customer_number": "hello"}, "customer_number: digits"), ("ringing", {"customer_number": 13800001234}, "customer_number"),
    ("ringing", {"at": None}, "at: a time"), ("ringing", {"at": "2026-01-02T11:04:05"}, "at: a time"),
    ("ringing", {"at": 1767323045}, "at: a time"), ("ringing", {"at": "0001-01-01T00:00:00+14:00"}, "at: a time"),
    ("ringing", {"agent": {"a": 1}}, "agent: a text"), ("ringing", {"leg": "x" * 41}, "leg: a text"),
    ("ended", {"talk_seconds": -1}, "talk_seconds: a whole number"), ("ended", {"talk_seconds": "30"}, "talk_seconds"),
    ("ended", {"talk_seconds": 1.5}, "talk_seconds"), ("ended", {"talk_seconds": True}, "talk_seconds"),
    ("ended", {"talk_seconds": 10**9}, "talk_seconds"), ("ended", {"ended_by": "dog"}, "ended_by: one of"),
    ("ended", {"outcome": "good"}, "outcome: one of"), ("ended", {"menu": "12a"}, "menu: the keys"),
    ("recorded", {}, "recording: an object"), ("recorded", {"recording": {"consent": "given"}}, "url: it is missing."),
    ("recorded", {"recording": {"url": "http://pbx.example.com/r", "consent": "given"}}, "recording.url: an https"),
    ("recorded", {"recording": {"url": "https://u:p@pbx.example.com/r", "consent": "given"}}, "recording.url"),
    ("recorded", {"recording": {"url": "https://[", "consent": "given"}}, "recording.url"),
    ("recorded", {"recording": {"url": "file:///etc/passwd"}}, "recording.url"),
    ("recorded", {"recording": {"url": "https://pbx.example.com/r", "consent": "yes"}}, "consent: one of"),
    ("recorded", {"recording": {"url": "https://pbx.example.com/r", "sha256": "x"}}, "recording.sha256"),
    ("recorded", {"recording": {"url": "https://pbx.example.com/r", "expires_at": "soon"}}, "recording.expires_at"),
    ("transcribed", {}, "segments: a list"), ("transcribed", {"segments": [7]}, "segments/0: an object"),
    ("transcribed", {"segments": [{"start": 2, "end": 1, "speaker": "agent"}]}, "segments/0/end: it lies before"),
    ("transcribed", {"segments": [{"start": "a", "end": 1, "speaker": "agent"}]}, "segments/0/start"),
    ("transcribed", {"segments": [{"start": 0, "end": 1, "speaker": "dog"}]}, "segments/0/speaker"),
    ("transcribed", {"segments": [{"start": 0, "end": 1, "speaker": "agent", "text": "x" * 20_000}] * 30}, "segments: at most"),
    ("transcribed", {"segments": [{"start": float("nan"), "end": 1, "speaker": "agent"}]}, "segments/0/start"),
])  # fmt: skip
def test_what_is_wrong_is_named_and_never_quoted(kind: str, change: dict[str, Any], words: str) -> None:
    event = CENTRE.event(kind, **change)

    with pytest.raises(Malformed) as caught:
        read(event)
    assert str(caught.value).startswith(words)
    assert "13800001234" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "data"), [("call.sung", {}), (None, {}), (["call.ended"], {}), ("call.ended", None), ("call.ended", [])]
)
def test_what_is_no_event(kind: Any, data: Any) -> None:
    with pytest.raises(Malformed):
        call_of(kind, data, hint=False)


@pytest.mark.parametrize(("consent", "host", "left_out"), [
    ("announced", "pbx.example.com", None), ("given", "PBX.example.com", None), ("refused", "pbx.example.com", "consent_refused"),
    ("unknown", "pbx.example.com", "consent_unknown"), (None, "pbx.example.com", "consent_unknown"),
    ("given", "evil.example", "host_not_allowed"), ("given", "pbx.example.com.evil.example", "host_not_allowed"),
])  # fmt: skip
def test_a_recordings_link_is_kept_only_where_it_may_be(consent, host, left_out) -> None:
    found = read(CENTRE.event("recorded", recording={"url": f"https://{host}/r", "consent": consent})).details[
        "recording"
    ]

    assert found.get("left_out") == left_out
    assert ("url" in found) is (left_out is None)


def test_a_transcript_is_masked_before_anybody_sees_it() -> None:
    call = read(CENTRE.event("transcribed", segments=[
        {"start": 0, "end": 1, "speaker": "customer", "text": "卡号 4111 1111 1111 1111，验证码 123456"}]))  # fmt: skip

    assert call.details["segments"][0]["text"] == "卡号 ****，验证码 ****"


# Any order


def test_every_order_of_telling_ends_the_same() -> None:
    calls = [read(event) for event in CENTRE.whole_call()]
    stories = {repr(sorted(told(order).known.items())) for order in itertools.permutations(calls)}
    story = told(reversed(calls))

    assert len(stories) == 1
    assert story.state == "transcribed"
    assert (story.agent, story.direction, story.line) == ("8005", "in", "4001234567")
    assert story.person is not None
    assert story.at("ringing") == calls[0].at
    assert story.details["talk_seconds"] == 322


def test_fifty_tellings_corrections_and_hints_in_any_order() -> None:
    calls = [read(event) for event in CENTRE.whole_call()]
    corrected = read(CENTRE.event("transcribed", revision=2, at=CENTRE.moment(300), segments=[
        {"start": 0, "end": 1, "speaker": "customer", "text": "您好吗"}]))  # fmt: skip
    false = read(CENTRE.event("ended", agent="evil", at=CENTRE.moment(99999), talk_seconds=1), hint=True)
    chance, stories = random.Random(3), set()
    for _each in range(200):
        order = [*calls * 8, corrected, false]
        chance.shuffle(order)
        story = told(order)
        stories.add(repr(sorted(story.known.items())))

    assert len(stories) == 1
    assert (story.details["segments"][0]["text"], story.agent, story.details["talk_seconds"]) == ("您好吗", "8005", 322)
    assert told([false]).is_hint
    assert not story.is_hint


def test_the_end_without_a_beginning_makes_the_call() -> None:
    story = told([read(CENTRE.event("ended", outcome="missed"))])

    assert (story.state, story.details["outcome"]) == ("ended", "missed")
    assert Story().state == ""


def test_names_of_events() -> None:
    calls = [read(event) for event in CENTRE.whole_call()]

    assert [name_of(call) for call in calls] == [
        "c-778:ringing:1:8003", "c-778:answered:1", f"c-778:transferred:1:8005:{int(CENTRE.now) + 60}", "c-778:ended:1",
        "c-778:recorded:1", "c-778:transcribed:1:1",
    ]  # fmt: skip
    assert name_of(read(CENTRE.event("ended"), hint=True)) == "hint:c-778:ended:1"


@pytest.mark.parametrize(
    ("after", "ended", "shows"),
    [(0, False, True), (59, False, True), (61, False, False), (1, True, False), (-90, False, False)],
)
def test_a_card_opens_only_for_a_young_ring(after: int, ended: bool, shows: bool) -> None:
    ringing = read(CENTRE.event("ringing"))
    before = told([read(CENTRE.event("ended"))] if ended else [])

    assert pops_up(before, ringing, now=ringing.at + timedelta(seconds=after)) is shows
    assert not pops_up(before, read(CENTRE.event("answered")), now=ringing.at)

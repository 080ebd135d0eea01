"""What a comparison of many records found: groups that are one person, pairs to look at, each with its reasons."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from customers.resolution.blocking import Candidates
from customers.resolution.clusters import grouped
from customers.resolution.comparing import LEVELS
from customers.resolution.judging import Judge, Judged
from customers.resolution.people import BITS, Array, People
from customers.resolution.reasons import SAID
from customers.resolution.weights import LEARNT, SEED, learnt

# At which probability records are joined by themselves, and from which on a person is asked.
JOINS, ASKS = 0.95, 0.5
SLACK = 0.05  # pairs below this are forgotten as soon as they are judged


@dataclass(frozen=True)
class Pair:
    """Two customers by id, first the lower. `reasons` are codes with weights in bits, the weightiest first."""

    first: int
    second: int
    score: float
    reasons: list[dict[str, Any]]


@dataclass
class Outcome:
    """`same` are all pairs inside the groups; `direct` those among them and beside them that the score alone names."""

    records: int = 0
    candidates: int = 0
    direct: list[tuple[int, int]] = field(default_factory=list)
    same: list[Pair] = field(default_factory=list)
    groups: list[list[int]] = field(default_factory=list)  # ids, the record that stays first
    to_ask: list[Pair] = field(default_factory=list)


def compare(
    people: People, *, threshold: float = JOINS, asks: float = ASKS, apart: Iterable[tuple[int, int]] = (),
) -> Outcome:  # fmt: skip
    """Candidates, their score, the groups. `apart` are pairs of ids a person called different."""
    outcome = Outcome(records=len(people))
    found = Candidates(people)
    outcome.candidates = found.count
    if not found.count:
        return outcome
    drawn = found.sample(LEARNT, np.random.default_rng(SEED))
    judge = Judge(people, learnt(people, *drawn, out_of=found.count), _packed(people, list(apart)))
    kept: list[tuple[Array, ...]] = []
    floor = min(SLACK, threshold, asks)
    for judged in (judged for a, b in found for judged in judge.in_turns(a, b)):
        asked = judged.household & (judged.levels["given"] != 0) & ~judged.contradicted
        score = np.where(asked, np.maximum(judged.score, asks), judged.score)
        keep = (score >= floor) & ~judged.said_apart
        kept.append((judged.a[keep], judged.b[keep], score[keep], judged.score[keep], judged.may_join[keep]))
    a, b, score, own, may_join = (np.concatenate(column) for column in zip(*kept, strict=True))

    joins = may_join & (own >= threshold)
    outcome.direct = _ids(people, a[joins], b[joins])
    label = grouped(len(people), a[joins], b[joins], _bits(own[joins]), at_least=float(_bits(np.array(threshold))),
                    scorer=_scorer(judge))  # fmt: skip
    x, y = _inside(label)
    outcome.same = _pairs(judge, x, y, at_least=threshold)
    outcome.groups = _groups(people, label)
    ask = (score >= asks) & (label[a] != label[b])
    outcome.to_ask = _pairs(judge, a[ask], b[ask], at_least=asks, at_most=score[ask])
    return outcome


def _scorer(judge: Judge) -> Any:
    def score(a: Array, b: Array) -> tuple[Array, Array, Array]:
        judged = judge.judge(a, b)
        return _bits(judged.score), judged.proven_apart | judged.said_apart, judged.contradicted

    return score


def _bits(score: Array) -> Array:
    safe = np.clip(score, 1e-15, 1 - 1e-15)
    return np.log2(safe / (1 - safe))


def _packed(people: People, pairs: list[tuple[int, int]]) -> Array:
    place = {number: place for place, number in enumerate(people.ids.tolist())} if pairs else {}
    known = [sorted((place[a], place[b])) for a, b in pairs if a in place and b in place]
    return np.array([low * len(people) + high for low, high in known], np.int64)


def _ids(people: People, a: Array, b: Array) -> list[tuple[int, int]]:
    return list(zip(people.ids[a].tolist(), people.ids[b].tolist(), strict=True))


def _members(label: Array) -> list[Array]:
    order = np.argsort(label, kind="stable")
    cuts = np.flatnonzero(np.diff(label[order])) + 1
    return [members for members in np.split(order, cuts) if len(members) > 1]


def _inside(label: Array) -> tuple[Array, Array]:
    pairs = [(members[x], members[y]) for members in _members(label)
             for x, y in [np.triu_indices(len(members), 1)]]  # fmt: skip
    if not pairs:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    return np.concatenate([pair[0] for pair in pairs]), np.concatenate([pair[1] for pair in pairs])


def _groups(people: People, label: Array) -> list[list[int]]:
    """Each group's ids: first the record that says most, of equals the older; it stays, the others join it."""
    groups = []
    for members in _members(label):
        order = np.lexsort((members, -people.filled[members]))
        groups.append(people.ids[members[order]].tolist())
    return groups


def _pairs(judge: Judge, a: Array, b: Array, *, at_least: float, at_most: Array | None = None) -> list[Pair]:
    """With reasons. A pair that a third record brought together has at least the threshold as its score."""
    pairs = []
    done = 0
    for judged in judge.in_turns(a, b):
        ids = _ids(judge.people, judged.a, judged.b)
        for place, (first, second) in enumerate(ids):
            score, reasons = float(judged.score[place]), reasons_of(judge.people, judged, place)
            if at_most is None and (score < at_least or not judged.may_join[place]):
                reasons.insert(0, {"code": "rule.third", "weight": 7.0})
            said = score if at_most is None else float(at_most[done + place])
            pairs.append(Pair(first, second, max(said, at_least), reasons))
        done += len(ids)
    return pairs


def reasons_of(people: People, judged: Judged, place: int) -> list[dict[str, Any]]:
    """Codes and weights of one pair; no value of either record."""
    reasons: list[dict[str, Any]] = []
    for name in (*LEVELS, "account"):
        level, weight = int(judged.levels[name][place]), float(judged.bits[name][place])
        if level < 0 or abs(weight) < SAID:
            continue
        word = "same" if name == "account" else LEVELS[name][level]
        if name == "swapped" and word == "straight":
            continue
        reason: dict[str, Any] = {"code": f"{name}.{word}", "weight": round(weight, 1)}
        a, b = judged.a[place], judged.b[place]
        if reason["code"] == "phone.same" and people.verified[a] & people.verified[b] & BITS["phone"]:
            reason["verified"] = True
        reasons.append(reason)
    reasons.sort(key=lambda reason: -abs(reason["weight"]))
    for rule in ("household", "proven_apart", "contradicted"):
        if getattr(judged, rule)[place]:
            reasons.append({"code": f"rule.{rule}", "weight": 1.0 if rule == "household" else -7.0})
    return reasons

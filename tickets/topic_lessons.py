"""Which topic a first message is likely about, learned from cases whose topic a colleague knows.

Learning is scikit-learn's linear support vector machine on words, pairs of words and pieces of words (Chinese: one to
three signs), each marked by its checksum and weighed by its rarity. How often it is right is measured on cases left out
of the learning, each fifth in turn. A topic is proposed only where that measure says nine of ten are right.
"""

import io
import itertools
import math
import re
import unicodedata
import zlib
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from django.db.models import OuterRef, Subquery

from tickets.models import Entry, Ticket, Topic, TopicLesson

READ = 1000  # signs of a message
FEWEST, FEWEST_OF_ONE = 200, 10  # cases to learn from at all, and of one topic
MOST = 50_000
FOLDS = 5
PRECISE = 0.9
SHARED = 2  # a mark counts when so many messages have it
KEPT = 3  # lessons
SHOWN = 4  # words that explain a guess; one within another is left out
WORDS = re.compile(r"[a-z0-9][a-z0-9']*|[\u3400-\u9fff]+")


@dataclass(frozen=True)
class Measured:
    """Shares of all cases, on cases the learning had not seen."""

    cases: int
    right: float
    sure_from: float
    offered: float
    right_offered: float


@dataclass(frozen=True)
class Guess:
    """The likeliest topic, and the words that point to it most."""

    code: str
    words: list[str]


@dataclass(frozen=True)
class Learned:
    """What one lesson holds, ready to be asked."""

    topics: list[str]
    marks: Any  # sorted checksums
    rarity: Any
    weights: Any  # topics × marks
    start: Any
    sure_from: float

    def guess(self, text: str) -> Guess | None:
        """None when it is not sure enough, or no word of the text is known."""
        said = marks_of(text)
        found = _places(self.marks, [mark for _word, mark in said])
        known = [(word, place) for (word, _mark), place in zip(said, found, strict=True) if place >= 0]
        if not known:
            return None
        places = np.array([place for _word, place in known])
        values = self.rarity[places]
        values = values / np.sqrt((values**2).sum())
        scores = self.weights[:, places] @ values + self.start
        order = np.argsort(-scores)
        if scores[order[0]] - scores[order[1]] < self.sure_from:
            return None
        pull = self.weights[order[0], places] * values
        words = [known[place][0] for place in np.argsort(-pull) if pull[place] > 0]
        words = [word for word in words if not word.startswith("#")][:SHOWN]
        apart = [one for one in words if not any(one != other and one in other for other in words)]
        return Guess(self.topics[order[0]], apart)


def guess(text: str) -> Guess | None:
    """By the latest lesson; None while there is none."""
    latest = TopicLesson.objects.values_list("pk", flat=True).first()
    return None if latest is None else _learned(latest).guess(text)


def learn() -> TopicLesson | None:
    """Learn from the first messages of cases that are done and have a topic; None while these are too few."""
    first = Entry.objects.filter(ticket=OuterRef("pk"), direction="in", machine=False).order_by("at", "pk")
    done = Ticket.objects.filter(state__in=("resolved", "closed"), topic__used=True)
    rows = done.annotate(said=Subquery(first.values("body")[:1])).exclude(said=None).order_by("-opened_at")
    pairs = [(text, code) for text, code in rows.values_list("said", "topic__code")[:MOST] if text.strip()]
    often = Counter(code for _text, code in pairs)
    pairs = [(text, code) for text, code in pairs if often[code] >= FEWEST_OF_ONE]
    if len(pairs) < FEWEST or len({code for _text, code in pairs}) < 2:
        return None
    texts, codes = [text for text, _code in pairs], [code for _text, code in pairs]
    measured = measure(texts, codes)
    marks, rarity, model = _fit(texts, codes)
    lesson = TopicLesson.objects.create(
        cases=measured.cases, right=measured.right, sure_from=measured.sure_from, offered=measured.offered,
        right_offered=measured.right_offered, topics=[str(code) for code in model.classes_],
        weights=_packed(marks, rarity, model),
    )  # fmt: skip
    TopicLesson.objects.exclude(pk__in=list(TopicLesson.objects.values_list("pk", flat=True)[:KEPT])).delete()
    return lesson


def measure(texts: list[str], codes: list[str], *, folds: int = FOLDS) -> Measured:
    """Each part in turn is left out, learned without, and asked."""
    from sklearn.model_selection import StratifiedKFold

    true = np.array(codes)
    right, distance = np.zeros(len(texts), bool), np.zeros(len(texts))
    for known, left_out in StratifiedKFold(folds, shuffle=True, random_state=1).split(texts, true):
        marks, rarity, model = _fit([texts[place] for place in known], list(true[known]))
        scores = model.decision_function(_rows([texts[place] for place in left_out], marks, rarity))
        scores = np.column_stack([-scores, scores]) if scores.ndim == 1 else scores
        order = np.argsort(-scores, axis=1)
        across = np.arange(len(left_out))
        distance[left_out] = scores[across, order[:, 0]] - scores[across, order[:, 1]]
        right[left_out] = model.classes_[order[:, 0]] == true[left_out]
    sure = _sure_from(distance, right)
    offered = distance >= sure
    return Measured(
        len(texts), float(right.mean()), float(sure), float(offered.mean()),
        float(right[offered].mean()) if offered.any() else 0.0,
    )  # fmt: skip


def marks_of(text: str) -> list[tuple[str, int]]:
    """Words, their pairs and pieces, each with its checksum; pieces begin with “#”."""
    found: dict[str, None] = {}
    words = []
    for run in WORDS.findall(unicodedata.normalize("NFKC", text[:READ]).lower()):
        if run[0] < "\u3400":
            words.append(run)
            found[run] = None
            ends = f"<{run}>"
            found |= dict.fromkeys(f"#{ends[at : at + n]}" for n in (3, 4, 5) for at in range(len(ends) - n + 1))
        else:
            found |= dict.fromkeys(run[at : at + n] for n in (1, 2, 3) for at in range(len(run) - n + 1))
    found |= dict.fromkeys(f"{one} {other}" for one, other in itertools.pairwise(words))
    return [(word, zlib.crc32(word.encode())) for word in found]


def _fit(texts: list[str], codes: list[str]) -> tuple[Any, Any, Any]:
    from sklearn.svm import LinearSVC

    often: Counter[int] = Counter()
    for text in texts:
        often.update({mark for _word, mark in marks_of(text)})
    marks = np.array(sorted(mark for mark, times in often.items() if times >= SHARED), np.uint32)
    rarity = np.array([math.log((1 + len(texts)) / (1 + often[int(mark)])) + 1 for mark in marks], np.float32)
    model = LinearSVC(C=1, random_state=1).fit(_rows(texts, marks, rarity), codes)
    return marks, rarity, model


def _rows(texts: list[str], marks: Any, rarity: Any) -> Any:
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    columns, ends = [], [0]
    for text in texts:
        places = _places(marks, sorted({mark for _word, mark in marks_of(text)}))
        columns.append(places[places >= 0])
        ends.append(ends[-1] + len(columns[-1]))
    places = np.concatenate(columns) if columns else np.zeros(0, int)
    return normalize(csr_matrix((rarity[places], places, ends), shape=(len(texts), len(marks))))


def _places(marks: Any, wanted: list[int]) -> Any:
    """Where each stands among the sorted marks, −1 for one that is not there."""
    asked = np.array(wanted, np.uint32)
    if not len(marks):
        return np.full(len(asked), -1)
    places = np.minimum(np.searchsorted(marks, asked), len(marks) - 1)
    return np.where(marks[places] == asked, places, -1)


def _sure_from(distance: Any, right: Any) -> Any:
    """The smallest distance from which on PRECISE are right; beyond all when none is."""
    order = np.argsort(-distance)
    shares = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    good = np.nonzero(shares >= PRECISE)[0]
    return distance[order[good[-1]]] if len(good) else distance.max(initial=0) + 1


def _packed(marks: Any, rarity: Any, model: Any) -> bytes:
    weights, start = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # one line between two topics, written as two
        weights, start = np.vstack([-weights, weights]), np.concatenate([-start, start])
    file = io.BytesIO()
    np.savez_compressed(file, marks=marks, rarity=rarity, weights=weights.astype(np.float16), start=start)
    return file.getvalue()


@lru_cache(maxsize=2)
def _learned(pk: int) -> Learned:
    lesson = TopicLesson.objects.get(pk=pk)
    with np.load(io.BytesIO(bytes(lesson.weights)), allow_pickle=False) as kept:
        return Learned(
            lesson.topics, kept["marks"], kept["rarity"], kept["weights"].astype(np.float32), kept["start"],
            lesson.sure_from,
        )  # fmt: skip


def topic_guessed(text: str) -> tuple[Topic | None, list[str]]:
    """The topic to propose and the words that point to it."""
    found = guess(text)
    topic = Topic.objects.filter(code=found.code, used=True).first() if found else None
    return (topic, found.words) if topic and found else (None, [])

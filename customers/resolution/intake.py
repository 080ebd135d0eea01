"""The rule at intake: a live record with a strong identity that somebody else holds, one of them or two?"""

from collections.abc import Iterable

import numpy as np

from customers.models import MergeOperation
from customers.resolution.judging import STRONG, Judge
from customers.resolution.outcome import Pair, reasons_of
from customers.resolution.people import gathered
from customers.resolution.reading import persons, told_apart
from customers.resolution.run import join, suggest
from customers.resolution.weights import learnt


def meet(newcomer: int, holder: int) -> str:
    """Join the newcomer's record to the holder's, or leave a suggestion: "joined", "suggested" or "apart".

    Called where the newcomer claims a strong identity the holder has. An equal strong identity joins unless name and
    birth date both contradict, unless each has a verified number of their own of one kind, and unless a person called
    the two different. A household's number never joins; it suggests while the names do not contradict.
    """
    low, high = sorted((newcomer, holder))
    people = gathered(persons(only=[low, high]))
    if len(people) != 2:
        return "apart"  # joined to each other by now, merged or erased
    first, second = np.array([0], np.int32), np.array([1], np.int32)
    apart = np.array([1] if (low, high) in told_apart([low, high]) else [], np.int64)
    judged = Judge(people, learnt(people, first, second), apart).judge(first, second)
    if judged.said_apart[0] or not (judged.strong[0] or judged.household[0]):
        return "apart"
    pair = Pair(low, high, float(judged.score[0]), reasons_of(people, judged, 0))
    free = judged.strong[0] and not (judged.contradicted[0] or judged.proven_apart[0])
    if free:
        # Refused, it was joined by another request meanwhile: nothing is left to look at.
        return "joined" if join(holder, newcomer, pair, origin=MergeOperation.Origin.INTAKE) else "apart"
    if judged.household[0] and judged.levels["given"][0] == 0:
        return "apart"
    suggest([pair], source=MergeOperation.Origin.INTAKE)
    return "suggested"


def meet_all(claims: Iterable[tuple[int, str, int]]) -> None:
    """(newcomer, kind of identity, holder): each newcomer meets whoever holds a strong identity of theirs."""
    seen = set()
    for newcomer, kind, holder in claims:
        if kind in STRONG and newcomer != holder and (newcomer, holder) not in seen:
            seen.add((newcomer, holder))
            meet(newcomer, holder)

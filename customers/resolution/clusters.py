"""Who belongs together: pairs joined to groups, without a chain of likenesses tying different people."""

from collections.abc import Callable

import numpy as np

from customers.resolution.people import Array

# (a, b) → (bits for one person, whether a rule forbids to join, whether name and birth date contradict)
Scorer = Callable[[Array, Array], tuple[Array, Array, Array]]
LARGEST = 200
FORBIDDEN = -1e6
FAIR = 12.0  # bits beyond which more likeness adds nothing to a group's mean
CONTRADICTED = -2 * FAIR  # what a contradiction counts: more than two sure pairs must outweigh it


def grouped(count: int, a: Array, b: Array, bits: Array, *, at_least: float, scorer: Scorer) -> Array:
    """A label per place: its group. Average linkage inside what the pairs at or above `at_least` bits connect.

    Two groups join while the mean of all pairs between them speaks for one person, the best of them is at or above
    the threshold, and no pair between them is forbidden. A nameless record with the family's phone thus never ties
    the family together: the contradiction between its people outweighs it. Pairs that no key found are judged here.
    """
    label = np.arange(count, dtype=np.int32)
    sure = bits >= at_least
    for members in _connected(count, a[sure], b[sure], bits[sure], at_least):
        if len(members) == 2:
            label[members] = members.min()
            continue
        x, y = np.triu_indices(len(members), 1)
        between, forbidden, contradicted = scorer(members[x], members[y])
        between = np.where(forbidden, FORBIDDEN, np.where(contradicted, CONTRADICTED, np.clip(between, -FAIR, 60)))
        for group in _linked(len(members), x, y, between, at_least):
            label[members[group]] = members[group].min()
    return label


def _connected(count: int, a: Array, b: Array, bits: Array, at_least: float) -> list[Array]:
    """The connected sets of two and more; one that is too large is taken apart at its weaker pairs."""
    root = np.arange(count, dtype=np.int32)
    for x, y in zip(a.tolist(), b.tolist(), strict=True):
        x, y = _find(root, x), _find(root, y)
        if x != y:
            root[max(x, y)] = min(x, y)
    touched = np.unique(np.concatenate([a, b])) if len(a) else np.empty(0, np.int32)
    roots = np.array([_find(root, place) for place in touched.tolist()], np.int32)
    order = np.argsort(roots, kind="stable")
    touched, roots = touched[order], roots[order]
    sets = np.split(touched, np.flatnonzero(np.diff(roots)) + 1) if len(touched) else []
    small = [members for members in sets if len(members) <= LARGEST]
    for members in sets:
        if len(members) > LARGEST:
            higher = at_least + 2
            inside = np.isin(a, members) & (bits >= higher)
            small += _connected(count, a[inside], b[inside], bits[inside], higher)
    return small


def _find(root: Array, place: int) -> int:
    while root[place] != place:
        root[place] = root[root[place]]
        place = int(root[place])
    return place


def _linked(size: int, x: Array, y: Array, bits: Array, at_least: float) -> list[list[int]]:
    total, best = np.zeros((size, size)), np.full((size, size), FORBIDDEN)
    total[x, y] = total[y, x] = np.minimum(bits, FAIR)
    best[x, y] = best[y, x] = bits
    groups: list[list[int]] = [[place] for place in range(size)]
    weight = np.ones(size)
    while True:
        mean = total / np.outer(weight, weight)
        mean[best < at_least] = FORBIDDEN
        np.fill_diagonal(mean, FORBIDDEN)
        i, j = divmod(int(mean.argmax()), size)
        if mean[i, j] < 0:
            return [group for group in groups if len(group) > 1]
        groups[i] += groups[j]
        groups[j] = []
        weight[i] += weight[j]
        total[i] += total[j]
        total[:, i] += total[:, j]
        best[i] = np.maximum(best[i], best[j])
        best[:, i] = best[i]
        total[j], total[:, j], best[j], best[:, j] = FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN
        best[i, j] = best[j, i] = FORBIDDEN

"""Chance that can be asked again: every draw is a function of (seed, table, n, k)."""

import math
import zlib
from collections.abc import Sequence

import numpy as np

Array = np.ndarray

_GOLD = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)


def _mix(x: Array) -> Array:
    """The finaliser of splitmix64."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * _M1
        x = (x ^ (x >> np.uint64(27))) * _M2
        return x ^ (x >> np.uint64(31))


class Draws:
    """The draws of one table; `k` tells apart the questions asked about one row."""

    def __init__(self, seed: int, table: str) -> None:
        start = np.array([zlib.crc32(table.encode()) * 0x100000001 ^ (seed & 0xFFFFFFFF)], np.uint64)
        self.base = _mix(_mix(start) + _GOLD)

    def u(self, n: Array, k: int) -> Array:
        """Uniform in (0, 1)."""
        with np.errstate(over="ignore"):
            salt = _mix(self.base + np.uint64(k + 1) * _M1)
            bits = _mix(_mix(n.astype(np.uint64) * _GOLD + salt) ^ salt)
        return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53

    def below(self, n: Array, k: int, limit: int | Array) -> Array:
        return np.minimum((self.u(n, k) * limit).astype(np.int64), np.asarray(limit) - 1)

    def pick(self, n: Array, k: int, weights: "Sequence[float] | Array") -> Array:
        """An index by weight."""
        cumulated = np.cumsum(np.asarray(weights, float))
        return np.searchsorted(cumulated / cumulated[-1], self.u(n, k), side="right").clip(0, len(cumulated) - 1)

    def normal(self, n: Array, k: int) -> Array:
        """Standard normal by Box and Muller; takes the places k and k + 1."""
        return np.sqrt(-2 * np.log(self.u(n, k))) * np.cos(2 * np.pi * self.u(n, k + 1))

    def poisson(self, n: Array, k: int, mean: Array) -> Array:
        return poisson(self.u(n, k), mean)

    def geometric(self, n: Array, k: int, chance: float) -> Array:
        """Failures before the first success."""
        return np.floor(np.log(self.u(n, k)) / math.log(1 - chance)).astype(np.int64)


def poisson(u: Array, mean: "Array | float") -> Array:
    """The Poisson quantile of `u`; above 300 by the normal approximation."""
    rate: Array = np.minimum(np.broadcast_to(np.asarray(mean, float), u.shape), 600.0)
    term = np.exp(-rate)
    total = term.copy()
    count = np.zeros(u.shape, np.int64)
    open_ = np.flatnonzero(u > total)
    step = 0
    while open_.size and step < 900:
        step += 1
        term[open_] *= rate[open_] / step
        total[open_] += term[open_]
        count[open_] = step
        open_ = open_[(u[open_] > total[open_]) & ((term[open_] > 1e-15) | (step < rate[open_]))]
    return count


def quantiles(pdf: "Array", x: "Array", slots: int = 4096) -> Array:
    """The quantile table of a density on a grid: look up with `of_table(u, table)`."""
    cumulated = np.cumsum(pdf)
    return np.interp((np.arange(slots) + 0.5) / slots, cumulated / cumulated[-1], x)


def gamma_table(shape: float) -> Array:
    """Quantiles of gamma(shape) with mean 1."""
    x = np.exp(np.linspace(math.log(1e-7), math.log(40 * max(1, shape)), 60_000))
    table = quantiles(np.exp(shape * np.log(x) - x), x)
    return table / table.mean()


def beta_table(a: float, b: float) -> Array:
    x = np.linspace(1e-5, 1 - 1e-5, 20_000)
    return quantiles(x ** (a - 1) * (1 - x) ** (b - 1), x)


def of_table(u: Array, table: Array) -> Array:
    return table[np.minimum((u * len(table)).astype(np.int64), len(table) - 1)]


def spread(counts: Array) -> tuple[Array, Array]:
    """For parents with so many children each: (index of the parent, running number below the parent) per child."""
    parent = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return parent, np.arange(len(parent)) - first[parent]

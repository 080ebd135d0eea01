"""Intervals of shares, means and their differences, and how many people it takes to see one: pure arithmetic."""

from math import sqrt
from statistics import NormalDist

Interval = tuple[float, float]
Z = NormalDist().inv_cdf(0.975)  # 95 per cent, two sides
Z_POWER = NormalDist().inv_cdf(0.8)


def wilson(hits: int, people: int) -> Interval:
    """95 % score interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22:209–212).

    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    """
    p, n = hits / people, people
    middle, half = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return max(0.0, (middle - half) / (1 + Z * Z / n)), min(1.0, (middle + half) / (1 + Z * Z / n))


def newcombe(hits: int, people: int, hits_2: int, people_2: int) -> Interval:
    """95 % interval of the difference of two independent shares, first minus second.

    Hybrid score method (Newcombe 1998, Statistics in Medicine 17:873–890, method 10), l and u from Wilson:
    d − √((p₁−l₁)² + (u₂−p₂)²) to d + √((u₁−p₁)² + (p₂−l₂)²)
    """
    p, p_2 = hits / people, hits_2 / people_2
    (low, high), (low_2, high_2) = wilson(hits, people), wilson(hits_2, people_2)
    d = p - p_2
    return d - sqrt((p - low) ** 2 + (high_2 - p_2) ** 2), d + sqrt((high - p) ** 2 + (p_2 - low_2) ** 2)


def welch(mean: float, variance: float, people: int, mean_2: float, variance_2: float, people_2: int) -> Interval:
    """95 % interval of the difference of two means with unequal variances (Welch 1947, Biometrika 34:28–35).

    d ± t(0.975, ν)·√(s₁²/n₁ + s₂²/n₂), ν by Welch–Satterthwaite; variances are sample variances (n − 1).
    """
    a, b = variance / people, variance_2 / people_2
    d, spread = mean - mean_2, sqrt(a + b)
    if spread == 0:
        return d, d
    freedom = (a + b) ** 2 / (a * a / (people - 1) + b * b / (people_2 - 1))
    half = student(freedom) * spread
    return d - half, d + half


def student(freedom: float) -> float:
    """0.975 quantile of Student's t (Abramowitz & Stegun 1964, 26.7.5); off by less than 0.001 from 15 degrees on."""
    z, v = Z, freedom
    return (
        z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    )  # fmt: skip


def people_to_see(share: float, effect: float) -> int:
    """People of each arm to see a share grow by `effect`; a share that has no room above is taken as lower."""
    share = min(share, 0.99 - effect)
    return people_needed(share, share + effect)


def people_needed(share: float, share_2: float) -> int:
    """People of each arm to find the difference of two shares at 5 % with a power of 80 %.

    n = (z₀.₉₇₅·√(2p̄q̄) + z₀.₈·√(p₁q₁ + p₂q₂))² / (p₁ − p₂)² (Fleiss, Levin & Paik 2003, §4.2, without correction)
    """
    middle = (share + share_2) / 2
    root = Z * sqrt(2 * middle * (1 - middle)) + Z_POWER * sqrt(share * (1 - share) + share_2 * (1 - share_2))
    return -int(-(root**2) // (share - share_2) ** 2)

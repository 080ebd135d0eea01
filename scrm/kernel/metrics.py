"""Counting what this process answered: by route and class of status, with how long it took. Prometheus text form."""

import threading
from collections import defaultdict
from collections.abc import Iterable

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_lock = threading.Lock()
_requests: dict[tuple[str, str], int] = defaultdict(int)
_durations: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS) + 1))
_sums: dict[str, float] = defaultdict(float)


def count(route: str, status: int, seconds: float) -> None:
    place = next((place for place, edge in enumerate(BUCKETS) if seconds <= edge), len(BUCKETS))
    with _lock:
        _requests[route, f"{status // 100}xx"] += 1
        _durations[route][place] += 1
        _sums[route] += seconds


def counted() -> list[str]:
    """The lines of what was counted since this process began."""
    with _lock:
        requests, durations, sums = dict(_requests), {k: list(v) for k, v in _durations.items()}, dict(_sums)
    lines = ["# HELP scrm_requests_total Requests answered.", "# TYPE scrm_requests_total counter"]
    lines += [
        f'scrm_requests_total{{route="{route}",status="{group}"}} {n}' for (route, group), n in sorted(requests.items())
    ]
    lines += ["# HELP scrm_request_seconds How long an answer took.", "# TYPE scrm_request_seconds histogram"]
    for route, found in sorted(durations.items()):
        total = 0
        for edge, n in zip([*map(str, BUCKETS), "+Inf"], found, strict=True):
            total += n
            lines.append(f'scrm_request_seconds_bucket{{route="{route}",le="{edge}"}} {total}')
        lines.append(f'scrm_request_seconds_sum{{route="{route}"}} {sums[route]:.6f}')
        lines.append(f'scrm_request_seconds_count{{route="{route}"}} {total}')
    return lines


def gauge(name: str, words: str, values: Iterable[tuple[str, float | None]]) -> list[str]:
    """The lines of one gauge: (labels, value); what is not known is left out."""
    lines = [f"# HELP {name} {words}", f"# TYPE {name} gauge"]
    return lines + [f"{name}{labels} {value:g}" for labels, value in values if value is not None]

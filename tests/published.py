"""The published sets nobody here wrote, and what others computed from them."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from customers.loading.engine import Load, kind_called, run_for
from customers.loading.mapping import read_map

DATA = settings.ROOT.parent / "shared" / "data"
MAPS = settings.ROOT / "docs" / "maps"
here = pytest.mark.skipif(
    not DATA.exists() and "CI" not in os.environ, reason="the published sets are not on this machine"
)


def truth(name: str) -> dict[str, Any]:
    return json.loads((DATA / "TRUTH.json").read_text())[name]


def load(kind: str, file: str, source: str, map_file: str) -> dict[str, int]:
    run = run_for(kind_called(kind), DATA / file, source=source, mapping=read_map(MAPS / map_file))
    return Load(run).go().counts()


@contextmanager
def rolled_back() -> Iterator[None]:
    """One long transaction of which nothing stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def cents(amount: float) -> int:
    return round(amount * 100)


def assert_contains(found: Any, expected: Any, where: str = "rfm") -> None:
    if isinstance(expected, dict):
        for name, value in expected.items():
            assert_contains(found[name], value, f"{where}.{name}")
    else:
        assert found == pytest.approx(expected, abs=1e-9), where

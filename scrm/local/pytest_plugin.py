"""Tests run on a PostgreSQL and a Valkey of their own, quick rather than durable; loaded before the settings."""

import hashlib
import os
import tempfile
from pathlib import Path

import pytest

from scrm.local import places

# Below the temp folder, so that the database's own user may walk there wherever the project lies.
if not os.environ.get("SCRM_DATA"):
    mark = hashlib.sha256(str(places.ROOT).encode()).hexdigest()[:8]
    os.environ["SCRM_DATA"] = str(Path(tempfile.gettempdir()) / f"scrm-tests-{os.getuid()}-{mark}")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop owns the main thread


def _is_worker() -> bool:
    return "PYTEST_XDIST_WORKER" in os.environ


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    from scrm.local import postgres, valkey

    if places.uses_embedded_database():
        postgres.Postgres(places.postgres_folder(), places.postgres_socket(), durable=False).ensure()
    if places.uses_embedded_valkey():
        valkey.embedded().ensure()


def pytest_sessionstart(session: pytest.Session) -> None:
    from scrm.kernel import sealed

    # Or each five seconds one page would ask one query more than its ceiling.
    sealed.FRESH_FOR = 3600.0


def pytest_unconfigure(config: pytest.Config) -> None:
    from scrm.local import services

    if not _is_worker():
        services.stop()

"""Tests run on a PostgreSQL and a Valkey of their own, quick rather than durable; loaded before the settings."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

from scrm.local import places

XDIST_SAYS = "PYTEST_XDIST_WORKER"

# Below the temp folder, so that the database's own user may walk there wherever the project lies.
if not os.environ.get("SCRM_DATA"):
    mark = hashlib.sha256(str(places.ROOT).encode()).hexdigest()[:8]
    os.environ["SCRM_DATA"] = str(Path(tempfile.gettempdir()) / f"scrm-tests-{os.getuid()}-{mark}")
worker = os.environ.get(XDIST_SAYS, "")
if worker:  # each on a server of its own: nobody waits for another's snapshot
    os.environ["SCRM_DATA"] += f"-{worker}"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop owns the main thread


def _only_hands_out(config: pytest.Config) -> bool:
    return bool(getattr(config.known_args_namespace, "numprocesses", None)) and not worker


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    from scrm.local import postgres, valkey

    if _only_hands_out(early_config):
        return
    if places.uses_embedded_database():
        postgres.Postgres(places.postgres_folder(), places.postgres_socket(), durable=False).ensure()
    if places.uses_embedded_valkey():
        valkey.embedded().ensure()


def _look_at_the_files_once() -> None:
    """Each test client builds the middleware anew; what WhiteNoise finds on the disk is the same each time."""
    from asgiref.sync import iscoroutinefunction
    from whitenoise.middleware import WhiteNoiseMiddleware

    build, built = WhiteNoiseMiddleware.__init__, {}

    def once(self: Any, get_response: Any = None, *settings: Any) -> None:
        kind = iscoroutinefunction(get_response)
        if kind not in built:
            build(self, get_response, *settings)
            built[kind] = dict(vars(self))
        vars(self).update(built[kind], get_response=get_response)

    WhiteNoiseMiddleware.__init__ = once


# What takes a minute or more begins first, or one worker would be left alone with it at the end. A browser's loop
# stays in the thread it ran in, so those come late; last what fills the tables by the million and rolls that back:
# the pages it leaves would slow down everybody after it.
FIRST = (
    "test_state_machine", "test_drill", "test_up", "test_restore", "test_every_door", "test_demo", "test_demo_loyalty",
)  # fmt: skip
LAST = ("test_complete_journey", "test_merging_real_files", "test_resolution_real_files", "test_real_files")


def _turn(item: pytest.Item) -> int:
    name = item.path.stem
    if name in FIRST:
        return FIRST.index(name)
    return 100 + LAST.index(name) if name in LAST else 90 if "browser" in item.path.parts else 50


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def pytest_sessionstart(session: pytest.Session) -> None:
    from scrm.kernel import sealed

    _look_at_the_files_once()
    # Or each five seconds one page would ask one query more than its ceiling.
    sealed.FRESH_FOR = 3600.0


def pytest_unconfigure(config: pytest.Config) -> None:
    """Whoever hands out the work stops the servers of its workers too: these are gone before theirs are."""
    from scrm.local import services

    if worker:
        return
    home = Path(os.environ["SCRM_DATA"])
    for place in (home, *home.parent.glob(f"{home.name}-gw*")):
        os.environ["SCRM_DATA"] = str(place)
        services.stop()

"""The drill itself: a short one holds, nobody else's database is touched; its faults: loyalty/tests/test_faults.py."""

import json
import subprocess
import sys
from typing import Any

import pytest

from scrm.local import places
from scrm.local.drilling.tree import Tree
from scrm.local.tests.test_up import environment
from scrm.local.trouble import Trouble


def drill(seconds: int, *more: str) -> tuple[int, dict[str, Any]]:
    kept = {name: value for name, value in environment(places.ROOT).items() if name != "SCRM_DATA"}
    done = subprocess.run(
        [sys.executable, str(places.ROOT / "manage.py"), "drill", "--seconds", str(seconds), "--workers", "4", *more],
        env=kept, cwd=places.ROOT, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.stdout.strip(), done.stderr[-500:]
    return done.returncode, json.loads(done.stdout.strip().splitlines()[-1])


def test_nothing_acknowledged_is_lost_or_done_twice_while_it_is_killed() -> None:
    code, told = drill(12)

    assert (code, told["lost"], told["doubled"], told["violations"]) == (0, 0, 0, [])
    assert told["kills"] + told["stops"] >= 2
    assert told["acked"] >= 20


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_it_takes_no_house_but_its_own(monkeypatch, name: str) -> None:
    monkeypatch.setenv(name, "postgres://somebody@127.0.0.1/theirs")

    with pytest.raises(Trouble, match="none but its own"):
        Tree()

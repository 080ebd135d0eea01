"""What browsers run can be read: a broken bracket would silence a whole page, and only a browser would tell."""

import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

SCRIPTS = sorted((settings.ROOT / "scrm" / "static").rglob("*.js"))


@pytest.mark.skipif(shutil.which("node") is None, reason="no node on this machine")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_can_be_read(script: Path) -> None:
    said = subprocess.run(["node", "--check", str(script)], capture_output=True, text=True, timeout=60, check=False)

    assert said.returncode == 0, said.stderr

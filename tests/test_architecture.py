"""The building, checked: what the import linter cannot see."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from staff.audit_words import words_of

ROOT = Path(settings.ROOT)
ROOMS = ["staff", "customers", "commerce", "touchpoints", "loyalty", "tickets", "journeys"]
SOURCES = [path for room in [*ROOMS, "scrm"] for path in (ROOT / room).rglob("*.py") if "migrations" not in path.parts]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def own_models() -> list[type[models.Model]]:
    return [model for room in ROOMS for model in apps.get_app_config(room).get_models()]


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model.__name__)
def test_keys_point_down(model: type[models.Model]) -> None:
    height = {room: place for place, room in enumerate(ROOMS)}
    for field in model._meta.get_fields():
        if isinstance(field, models.ForeignKey) and field.related_model._meta.app_label in height:
            assert height[field.related_model._meta.app_label] <= height[model._meta.app_label], field


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_signals_and_no_rooms_that_hold_nothing_in_particular(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "services", "managers", "signals"} or path.parts[-2] == "local"
    if "tests" in path.parts:
        return
    imported = {
        alias.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module in ("django.db.models.signals", "django.dispatch")
        for alias in node.names
    }
    assert not imported


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_views_write_nothing_themselves(path: Path) -> None:
    if "views" not in path.parts and path.name != "api.py":
        return
    text = path.read_text()
    assert not re.search(r"\.objects\.(create|bulk_create|update_or_create|get_or_create)\(", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_says_what_it_shows_and_keeps_the_content_policy(path: Path) -> None:
    text = path.read_text()

    assert text.startswith("{# "), "the first line says what it shows"
    assert not re.search(r"\sstyle=", text), "widths come from classes"
    assert not re.search(r"\son[a-z]+=", text), "scripts live in files"
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text)
    assert len(text.splitlines()) <= 120


def test_scrm_is_empty() -> None:
    assert not (ROOT / "scrm" / "__init__.py").read_text()


def test_no_serializer_opens_all_fields() -> None:
    for path in SOURCES:
        if "tests" not in path.parts:
            assert '"__all__"' not in path.read_text(), path


def test_no_path_of_a_machine_and_no_word_about_its_making() -> None:
    names = re.compile(r"(?<![\w.])/(root|home|Users)/\w")
    for path in [*SOURCES, *TEMPLATES, *(ROOT / "docs").rglob("*.md"), ROOT / "Makefile", ROOT / "conftest.py"]:
        assert not names.search(path.read_text()), path


def test_every_deed_the_audit_may_hold_has_its_words() -> None:
    deed = re.compile(r"""\b(?:self\._)?audit\(\s*"([a-z_]+\.[a-z_]+)\"""")
    done = {code for path in SOURCES if "tests" not in path.parts for code in deed.findall(path.read_text())}

    assert len(done) > 20
    assert done <= set(words_of)

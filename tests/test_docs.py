"""What the documentation names is there: commands, their options, settings, files, metrics."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from scrm.kernel.registry import retentions

ROOT = Path(settings.ROOT)
PAGES = ["README.md", "SECURITY.md", "CHANGELOG.md", *(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
OPERATE = (ROOT / "docs" / "operate.md").read_text()
CODE = "\n".join(
    path.read_text()
    for room in ("scrm", "staff", "customers", "commerce", "touchpoints", "loyalty", "tickets", "journeys")
    for path in (ROOT / room).rglob("*.py")
    if "tests" not in path.parts
)
CALL = re.compile(r"manage\.py ([a-z_]+)((?: +[^\s`|&]+)*)")


def calls() -> list[tuple[str, str, str]]:
    found = [(page, *call) for page in PAGES for call in CALL.findall((ROOT / page).read_text())]
    return found + [
        ("docs/operate.md", *call) for call in re.findall(r"`([a-z]+_[a-z]+|backup|restore)( --[^`]+)`", OPERATE)
    ]


@pytest.mark.parametrize(("told_in", "command", "rest"), sorted(set(calls())))
def test_a_command_and_its_options_exist(told_in: str, command: str, rest: str) -> None:
    commands = get_commands()
    assert command in commands, f"{told_in} names {command}"
    parser = load_command_class(commands[command], command).create_parser("manage.py", command)
    known = {option for action in parser._actions for option in action.option_strings}
    for option in re.findall(r"--[a-z-]+", rest):
        assert option in known, f"{told_in}: {command} {option}"


def test_every_setting_of_the_code_stands_in_the_table_and_none_besides() -> None:
    read = set(re.findall(r'(?:environ(?:\.get)?[\[(]|_flag\()\s*"([A-Z_]+)"', CODE)) - {"DJANGO_SETTINGS_MODULE"}
    table = OPERATE.split("## Settings")[1].split("\n## ")[0]
    told = set(re.findall(r"^\| `([A-Z_]+)`", table, re.M))

    assert told == read


def test_every_retention_is_told_with_its_days() -> None:
    table = OPERATE.split("## Retention")[1].split("\n## ")[0]
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d+)", table, re.M))

    assert told == {one.name.upper(): str(one.days) for one in retentions.all()}


def test_every_figure_of_an_alarm_is_given(db, client) -> None:
    text = client.get("/metrics").content.decode() + CODE
    for name in set(re.findall(r"scrm_[a-z_]+", OPERATE.split("## Metrics")[1].split("\n## ")[0])):
        assert name in text, name


def test_every_file_that_is_named_is_there() -> None:
    for page in PAGES:
        folder = (ROOT / page).parent
        text = (ROOT / page).read_text()
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
            assert (folder / link).exists(), f"{page}: {link}"
        for path in re.findall(r"`((?:scrm|staff|customers|tests|touchpoints)/[\w/]+\.py)`", text):
            assert (ROOT / path).exists(), f"{page}: {path}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 80


def test_a_worker_knows_every_task_of_the_schedule() -> None:
    """Asked in a process of its own: here other tests have imported what a worker must find by itself."""
    import subprocess
    import sys

    ask = (
        "import django; django.setup(); from scrm.celery import app; from scrm.schedule import SCHEDULE; "
        "app.loader.import_default_modules(); print(sorted({one.task for one in SCHEDULE} - set(app.tasks)))"
    )
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"

"""A load is history unless it says that it is live."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from customers.models import Customer, Event, Wakeup
from scrm.kernel import registry

MAP = """
[fields]
source_ref = "no"
customer = { column = "member", by = "number" }
placed_at = "at"
total = "total"
"""


@pytest.mark.parametrize(("words", "owed"), [([], 0), (["--live"], 2)])
def test_only_a_live_load_wakes_who_listens(
    mei: Customer, tmp_path: Path, monkeypatch: Any, words: list[str], owed: int
) -> None:
    known: registry.Registry[registry.Reaction] = registry.Registry()
    known.add("note", registry.Reaction("note", ("order.paid",), lambda event: None))
    monkeypatch.setattr(registry, "reactions", known)
    (tmp_path / "map.toml").write_text(MAP)
    (tmp_path / "orders.csv").write_text(
        "no,member,at,total\nA1,20418837,2026-11-01T10:00:00+08:00,10\nA2,20418837,2026-11-02T10:00:00+08:00,20\n"
    )

    call_command(
        "load", "orders", str(tmp_path / "orders.csv"), "--source", "shop", "--map", str(tmp_path / "map.toml"), *words
    )

    assert Event.objects.filter(kind="order.paid").count() == 2
    assert Wakeup.objects.count() == owed
    assert {each.event for each in Wakeup.objects.all()} <= set(Event.objects.values_list("pk", flat=True))

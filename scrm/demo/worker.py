"""One process of the load: makes blocks and streams them in. Imports nothing of Django before it is set up."""

import os
import pickle
from typing import Any

STEPS = 8
_state: dict[str, Any] = {}


def start(world: bytes, address: dict[str, Any], counter: Any) -> None:
    """Set this process up; `address` holds the parameters of the connection."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
    import django
    import pyarrow as pa

    django.setup()
    pa.set_cpu_count(1)
    _state.update(world=pickle.loads(world), address=address, counter=counter)  # noqa: S301 — our own parent's


def make(number: int) -> None:
    """Block `number` in one transaction of its own connection."""
    import psycopg2

    from scrm.demo.blocks import write

    connection = _state.get("connection")
    if connection is None:
        connection = _state["connection"] = psycopg2.connect(**_state["address"])
    with connection, connection.cursor() as cursor:
        cursor.execute("set timezone = 'UTC'; set synchronous_commit = off")
        write(cursor, _state["world"], number, _note)


def _note(customers: float) -> None:
    with _state["counter"].get_lock():
        _state["counter"].value += customers

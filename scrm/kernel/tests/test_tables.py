"""Many tables in one step: made, linked to what was there, taken away again."""

import pytest
from django.db import connection, models
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState

from scrm.kernel.tables import CreateTables


def shelf_and_book() -> CreateTables:
    number = ("id", models.BigAutoField(primary_key=True))
    shelf = models.ForeignKey("kernel.Shelf", on_delete=models.PROTECT)
    return CreateTables([CreateModel("Shelf", [number]), CreateModel("Book", [number, ("shelf", shelf)])])


@pytest.mark.django_db
def test_tables_come_and_go_in_one_step() -> None:
    before, step = ProjectState(), shelf_and_book()
    before.apps  # noqa: B018 - as the executor does, who has all models at hand before each step
    after = before.clone()
    step.state_forwards("kernel", after)

    with connection.schema_editor() as editor:
        step.database_forwards("kernel", editor, before, after)
    made = set(connection.introspection.table_names())
    with connection.schema_editor() as editor:
        step.database_backwards("kernel", editor, after, before)

    assert {"kernel_shelf", "kernel_book"} <= made
    assert not {"kernel_shelf", "kernel_book"} & set(connection.introspection.table_names())
    links = after.apps.get_model("kernel", "Shelf")._meta.related_objects
    assert [link.related_model.__name__ for link in links] == ["Book"]


def test_a_model_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db.migrations.state import ModelState

    drawn, draw = [], ModelState.render
    monkeypatch.setattr(ModelState, "render", lambda state, apps: drawn.append(state.name) or draw(state, apps))
    state = ProjectState()
    state.apps  # noqa: B018

    shelf_and_book().state_forwards("kernel", state)
    state.apps  # noqa: B018

    assert sorted(drawn) == ["Book", "Shelf"]

"""Every small kind of load, once and again."""

from pathlib import Path
from typing import Any

import pytest

from commerce.models import Category, Product, Stock
from customers.loading.engine import Load, kind_called, run_for
from customers.models import Address, Customer, Event, Identity, SourceKey, StoreTie
from staff.models import Store
from touchpoints.models import Visit

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "stores": ("no;title\nSZ01;深圳店\n", {"code": "no", "name": "title"}),
    "products": (
        "sku;title;cat;above;price\nA1;杯子;杯;餐具;45.5\nA2;壶;;;\n",
        {"code": "sku", "name": "title", "category": "cat", "parent_category": "above", "price": "price"},
    ),
    "stock": ("store;sku;n\nHZ01;A1;3\n", {"store": "store", "product": "sku", "quantity": "n"}),
    "identities": ("who;what;it\nm1;mail;Mei@Example.com\n", {"customer": "who", "kind": "what", "value": "it"}),
    "addresses": (
        "id;who;street\n1;m1;西湖大道 1 号\n", {"source_ref": "id", "customer": "who", "street": "street"}),
    "events": (
        "id;who;at;key\n1;m1;2026-01-02 10:00;size\n",
        {"source_ref": "id", "customer": "who", "at": "at", "kind": {"constant": "fact.told"},
         "details": {"key": "key"}},
    ),
    "visits": (
        "id;who;came;left;sku;result;why\n1;m1;2026-01-02 10:00;2026-01-02 10:25;A1;refused;太小\n"
        "1;m1;2026-01-02 10:00;2026-01-02 10:25;A2;bought;\n",
        {"source_ref": "id", "customer": "who", "arrived_at": "came", "left_at": "left", "sku": "sku",
         "result": "result", "reason": "why", "store": {"constant": "HZ01"}},
    ),
}  # fmt: skip


def load(folder: Path, kind: str) -> dict[str, int]:
    text, fields = CASES[kind]
    path = folder / f"{kind}.csv"
    path.write_text(text, "utf-8")
    run = run_for(kind_called(kind), path, source="old", mapping={"fields": fields})
    done = Load(run).go()
    assert not list(done.row_errors.values_list("reason", flat=True))
    return done.counts()


@pytest.fixture
def known(mei: Customer) -> Customer:
    SourceKey.objects.create(source="old", kind="customers", source_ref="m1", object_id=mei.pk)
    return mei


def test_every_small_kind_goes_in_once(tmp_path: Path, known: Customer, west_lake: Store) -> None:
    first = {kind: load(tmp_path, kind) for kind in CASES}
    again = {kind: load(tmp_path, kind) for kind in CASES}

    assert {kind: counts["created"] for kind, counts in first.items()} == {
        "stores": 1, "products": 2, "stock": 1, "identities": 1, "addresses": 1, "events": 1, "visits": 1}  # fmt: skip
    assert all(counts["created"] + counts["updated"] == 0 for counts in again.values()), again
    assert (Product.objects.get(code="A1").price, Category.objects.get(code="杯").parent.code) == (4550, "餐具")  # type: ignore[union-attr]
    assert Stock.objects.get().quantity == 3
    assert Identity.objects.holding("mail", "mei@example.com").get().customer == known
    assert Address.objects.get().street == "西湖大道 1 号"
    assert Event.objects.get(kind="fact.told").details == {"key": "size"}
    visit = Visit.objects.get()
    assert visit.trials.count() == 2
    assert Event.objects.get(kind="visit.made").details == {"visit": visit.pk, "minutes": 25}
    tried = Event.objects.get(kind="trial.logged").details
    assert (tried["pieces"], tried["bought"], tried["reasons"]) == (2, 1, ["太小"])
    assert StoreTie.objects.filter(customer=known, store=west_lake).exists()

"""Stores from files."""

from django.utils.translation import gettext_lazy as _

from scrm.kernel.loading import Batch, Field, LoadKind, Row
from scrm.kernel.registry import load_kinds
from staff.models import Region, Store

COLUMNS = {
    "name": "jsonb merge", "region_id": "bigint", "kind": "text", "scene": "text", "city": "jsonb merge",
    "district": "jsonb merge", "area_m2": "integer", "zone": "text", "currency": "text", "opened_on": "date",
    "closed_on": "date",
}  # fmt: skip
BLANK = {"kind": Store.Kind.FULL.value, "scene": "", "zone": "Asia/Shanghai", "currency": "CNY"}


def stores(batch: Batch) -> None:
    regions = _regions({row.get("region") or "main" for row in batch.rows})
    known: dict[str, int] = dict(batch.ask(
        "select code, id from staff_store where code = any(%s)", [row["code"] for row in batch.rows]
    ))  # type: ignore[arg-type] # fmt: skip
    for row in batch.rows:
        _complete(row, regions, known=row["code"] in known)
    new = [row for row in batch.rows if row["code"] not in known]
    old = [row for row in batch.rows if row["code"] in known]
    batch.copy(
        "staff_store", ("code", "features", *COLUMNS),
        [(row["code"], [], *(_or_blank(row, name) for name in COLUMNS)) for row in new],
    )  # fmt: skip
    changed = batch.change(
        "staff_store", COLUMNS, [(known[row["code"]], *(row.get(name) or None for name in COLUMNS)) for row in old]
    )
    batch.created += len(new)
    batch.updated += len(changed)
    batch.unchanged += len(old) - len(changed)


def _regions(codes: set[str]) -> dict[str, int]:
    for code in sorted(codes):
        Region.objects.get_or_create(code=code[:20], defaults={"name": {"zh-hans": code}})
    return {region.code: region.pk for region in Region.objects.all()}


def _complete(row: Row, regions: dict[str, int], *, known: bool) -> None:
    row["name"] = words_of(row, "name") or ({} if known else {"zh-hans": row["code"]})
    row["city"], row["district"] = words_of(row, "city"), words_of(row, "district")
    row["region_id"] = regions[(row.get("region") or "main")[:20]] if row.get("region") or not known else None


def words_of(row: Row, name: str) -> dict[str, str]:
    """A text in up to three languages out of `name`, `name_hant` and `name_en`."""
    spellings = {"zh-hans": row.get(name), "zh-hant": row.get(f"{name}_hant"), "en": row.get(f"{name}_en")}
    return {language: text for language, text in spellings.items() if isinstance(text, str) and text}


def _or_blank(row: Row, name: str) -> object:
    value = row.get(name)
    return BLANK.get(name) if value in (None, "") else value


STORES = LoadKind(
    "stores", _("Stores"),
    (
        Field("code", _("Store code"), required=True, length=40),
        Field("name", _("Name"), length=200),
        Field("name_hant", _("Name, traditional"), length=200),
        Field("name_en", _("Name, English"), length=200),
        Field("region", _("Region code"), length=20),
        Field("kind", _("Kind of store"), "choice", choices=tuple(str(kind) for kind in Store.Kind)),
        Field("scene", _("Scene"), "choice", choices=tuple(str(scene) for scene in Store.Scene)),
        Field("city", _("City"), length=80), Field("city_en", _("City, English"), length=80),
        Field("district", _("District"), length=80),
        Field("area_m2", _("Area in m²"), "integer", least=0),
        Field("zone", _("Time zone"), length=40),
        Field("currency", _("Currency"), length=3),
        Field("opened_on", _("Opened on"), "date"), Field("closed_on", _("Closed on"), "date"),
    ),
    stores, key=("code",),
)  # fmt: skip


def register() -> None:
    load_kinds.add(STORES.name, STORES)

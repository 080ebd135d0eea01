"""Finding what rows name by the key of their source: campaigns, templates, coupons; and codes nobody has yet."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from typing import Any

from django.utils import timezone
from django.utils.text import slugify

from scrm.kernel.loading import Batch, Row


def find(batch: Batch, table: str, refs: Iterable[str | None], *columns: str) -> dict[str, Any]:
    """Rows of this source by their key: the id, or a tuple of the id and further columns."""
    wanted = sorted({ref for ref in refs if ref})
    names = ", ".join(("id", *columns))
    found = batch.ask(
        f"select source_ref, {names} from {table} where source = %s and source_ref = any(%s)", batch.source, wanted
    )
    return {ref: rest if columns else rest[0] for ref, *rest in found}


def codes_for(batch: Batch, table: str, rows: list[Row]) -> list[str]:
    """A code of at most forty signs for each new row: its own where it is free, else one of source and key."""
    made = [_code(batch.source, row) for row in rows]
    taken = {code for (code,) in batch.ask(f"select code from {table} where code = any(%s)", made)}
    for place, row in enumerate(rows):
        if made[place] in taken:
            made[place] = _marked(made[place], batch.source, row["source_ref"])
        taken.add(made[place])
    return made


def _code(source: str, row: Row) -> str:
    if row.get("code"):
        return str(slugify(row["code"])[:40]) or _marked("", source, row["source_ref"])
    named = f"{source}-{row['source_ref']}"
    plain = slugify(named)
    return plain if plain and len(plain) <= 40 else _marked(plain, source, row["source_ref"])


def _marked(code: str, source: str, ref: str) -> str:
    mark = blake2b(f"{source}\x1f{ref}".encode(), digest_size=5).hexdigest()
    return f"{code[:29]}-{mark}".lstrip("-")


def begin_of(day: date) -> datetime:
    """The first moment of a day in the brand's zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def end_of(day: date) -> datetime:
    """The first moment after a day."""
    return begin_of(day + timedelta(days=1))

"""Contacts of the past from files: what the brand said to whom, and what came of it. Nothing is sent by them."""

from datetime import datetime, time
from hashlib import blake2b
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.loading.references import find_customers, users
from customers.loading.timeline import Happening, record
from scrm.kernel.loading import Batch, Row
from scrm.kernel.registry import CalledCampaign, campaigns
from scrm.kernel.words import words
from touchpoints.models import Hand, Outreach, OutreachScene
from touchpoints.models.outreach import LOADED

State = Outreach.State
OUTCOMES = (State.SENT.value, State.DELIVERED.value, State.ANSWERED.value, State.FAILED.value)
# The occasion of contacts whose file names none; it has no way, so nothing is ever sent for it.
FROM_FILE = "from_file"
NAMED = words("文件里的联系", "檔案裡的聯絡", "From a file")
COLUMNS = (
    "id", "customer_id", "came_as", "scene_id", "kind", "way", "values", "key", "campaign", "state", "reason",
    "valid_until", "planned_by_id", "planned_at", "felt_at", "ended_at",
)  # fmt: skip
# What a later file may say better; moment, occasion and customer stay as they are on the timeline.
BETTER = {"way": "text", "values": "jsonb merge", "campaign": "text", "state": "text", "reason": "text"}
Stands = tuple[int, int, str]  # id, customer, state
HEARD_ON = {Hand.CALL.value: "phone", Hand.MEETING.value: "store", Hand.REPORT.value: "mail"}


def contacts(batch: Batch) -> None:
    find_customers(batch, required=True)
    _find_campaigns(batch)
    _find_scenes(batch)
    _find_moments(batch)
    staff = users(batch, "made_by")
    known = _known(batch)
    first: dict[str, Row] = {}
    for row in batch.standing():
        if row["key"] not in known:
            first.setdefault(row["key"], row)
    known |= _create(batch, list(first.values()), staff)
    batch.created += len(first)
    _tell_better(batch, [row for row in batch.standing() if row is not first.get(row["key"])], known)


def _find_campaigns(batch: Batch) -> None:
    """Set `called` in each row that names a campaign; a row that names an unknown one fails."""
    wanted = sorted({row["campaign"] for row in batch.rows if row.get("campaign")})
    found: dict[str, CalledCampaign] = {}
    for known in campaigns.all() if wanted else ():
        found |= known(batch.source, wanted)
    for row in batch.rows:
        row["called"] = found.get(row.get("campaign") or "")
        if row.get("campaign") and row["called"] is None:
            batch.fail(row, _("The campaign “%(ref)s” is not known here; load campaigns first.") % {
                "ref": row["campaign"]})  # fmt: skip


def _find_scenes(batch: Batch) -> None:
    """Set `occasion` in each row; a code nobody has set up fails, no code at all is an occasion of its own."""
    codes = {row.get("scene") or FROM_FILE for row in batch.standing()}
    found = {scene.code: scene for scene in OutreachScene.objects.filter(code__in=codes)}
    if FROM_FILE in codes and FROM_FILE not in found:
        found[FROM_FILE], _made = OutreachScene.objects.get_or_create(code=FROM_FILE, defaults={"name": NAMED})
    for row in batch.standing():
        row["occasion"] = found.get(row.get("scene") or FROM_FILE)
        if row["occasion"] is None:
            batch.fail(row, _("There is no occasion “%(code)s”: set it up, or let the map name another.") % {
                "code": row["scene"]})  # fmt: skip


def _find_moments(batch: Batch) -> None:
    """A contact without a moment was made on the first day of its campaign; one ahead of us is none yet."""
    now = timezone.now()
    for row in batch.standing():
        if not row.get("at") and row["called"]:
            day = row["called"].starts_on
            row["at"] = timezone.make_aware(datetime.combine(day, time.min)), day
        if not row.get("at"):
            batch.fail(row, _("Say when the contact was made, or name its campaign."))
        elif row["at"][0] > now:
            batch.fail(row, _("This contact lies ahead; only what was made already is loaded."))


def _known(batch: Batch) -> dict[str, Stands]:
    """What of this batch is here already, by its key, which each row learns."""
    for row in batch.standing():
        mark = f"{batch.source}\x1f{row['source_ref']}".encode()
        row["key"] = f"{LOADED}{blake2b(mark, digest_size=20).hexdigest()}"
    return {key: (number, customer, state) for key, number, customer, state in batch.ask(
        "select key, id, customer_id, state from touchpoints_outreach where key = any(%s)",
        [row["key"] for row in batch.standing()],
    )}  # fmt: skip


def _create(batch: Batch, rows: list[Row], staff: dict[str, int]) -> dict[str, Stands]:
    ids = batch.ids_for("touchpoints_outreach", len(rows)) if rows else []
    numbered = list(zip(ids, rows, strict=True))
    lines = []
    for number, row in numbered:
        scene, at, state = row["occasion"], row["at"][0], row.get("outcome") or OUTCOMES[0]
        lines.append((
            number, row["customer_id"], row["came_as"], scene.pk, scene.kind, row.get("channel") or "", _said(row),
            row["key"], _code(row), state, _reason(state), at, staff.get(row.get("made_by") or ""), at, at, at,
        ))  # fmt: skip
    batch.copy("touchpoints_outreach", COLUMNS, lines)
    record(batch, [_line(row, number, row.get("outcome") or OUTCOMES[0]) for number, row in numbered])
    return {row["key"]: (number, row["customer_id"], row.get("outcome") or OUTCOMES[0]) for number, row in numbered}


def _tell_better(batch: Batch, rows: list[Row], known: dict[str, Stands]) -> None:
    """Rows that are here already: what came of the contact may be known better by now, and the last word counts."""
    for row in rows:
        if known[row["key"]][1] != row["customer_id"]:
            batch.fail(row, _("This contact stands with another customer already."))
    rows = [row for row in rows if not row.reason]
    last = {known[row["key"]][0]: row for row in rows}
    changed = batch.change("touchpoints_outreach", BETTER, [
        (number, row.get("channel") or None, _said(row) or None, _code(row) or None, row.get("outcome"),
         _reason(row["outcome"]) if row.get("outcome") else None) for number, row in last.items()
    ])  # fmt: skip
    turned = [
        _line(row, number, row["outcome"]) for number, row in last.items()
        if row.get("outcome") and (row["outcome"] == State.FAILED) != (known[row["key"]][2] == State.FAILED)
    ]  # fmt: skip
    record(batch, turned)
    batch.updated += len(changed)
    batch.unchanged += len(rows) - len(changed)


def _said(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("subject", "text") if row.get(name)}


def _code(row: Row) -> str:
    return row["called"].code if row["called"] else ""


def _reason(state: str) -> str:
    return Outreach.Reason.UNREACHED.value if state == State.FAILED else ""


def _line(row: Row, number: int, state: str) -> Happening:
    at, day = row["at"]
    details: dict[str, Any] = {"outreach": number, "scene_name": dict(row["occasion"].name)}
    if row["called"]:
        details["campaign_name"] = row["called"].name
    way = row.get("channel") or ""
    return Happening(
        row["customer_id"], "outreach.failed" if state == State.FAILED else "outreach.sent", at, day, details,
        channel=HEARD_ON.get(way, way), source_ref=row["source_ref"], came_as=row["came_as"],
    )  # fmt: skip

"""Campaigns from files, and whom they reached."""

from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.loading.references import find_customers
from loyalty.loading.references import begin_of, codes_for, find
from loyalty.models import Campaign
from scrm.kernel.loading import Batch, Row
from scrm.kernel.registry import CalledCampaign
from staff.loading import words_of

CAMPAIGN = {
    "name": "jsonb merge", "kind": "text", "type": "text", "state": "text", "starts_on": "date", "ends_on": "date",
    "budget": "bigint",
}  # fmt: skip
BLANK: dict[str, Any] = {"kind": "plain", "type": "", "state": "ended"}


def campaigns(batch: Batch) -> None:
    """A row without a customer is a campaign; one with a customer says that the campaign reached somebody."""
    find_customers(batch)
    for row in batch.standing():
        if row.get("customer") and row["customer_id"] is None:
            batch.fail(row, _("The customer “%(ref)s” is not known here; load customers first.") % {
                "ref": row["customer"]})  # fmt: skip
    rows = batch.standing()
    _write(batch, [row for row in rows if not row.get("customer")])
    _reach(batch, [row for row in rows if row.get("customer")])


def called(source: str, refs: list[str]) -> dict[str, CalledCampaign]:
    """What other rooms may know of the campaigns this source loaded, by its keys."""
    found = Campaign.objects.filter(source=source, source_ref__in=refs)
    return {one.source_ref: CalledCampaign(one.code, dict(one.name), one.starts_on) for one in found}


def _write(batch: Batch, rows: list[Row]) -> None:
    for row in rows:
        row["name"] = words_of(row, "name")
    known = find(batch, "loyalty_campaign", (row["source_ref"] for row in rows))
    new = [row for row in rows if row["source_ref"] not in known]
    old = [row for row in rows if row["source_ref"] in known]
    batch.copy(
        "loyalty_campaign", ("code", "source", "source_ref", *CAMPAIGN),
        [(code, batch.source, row["source_ref"], *_values(row)) for code, row in
         zip(codes_for(batch, "loyalty_campaign", new), new, strict=True)],
    )  # fmt: skip
    changed = batch.change("loyalty_campaign", CAMPAIGN, [
        (known[row["source_ref"]], *(row.get(name) or None for name in CAMPAIGN)) for row in old
    ])  # fmt: skip
    batch.created += len(new)
    batch.updated += len(changed)
    batch.unchanged += len(old) - len(changed)


def _values(row: Row) -> list[Any]:
    given: dict[str, Any] = {
        **BLANK, "name": {"zh-hans": row["source_ref"]}, "starts_on": row.get("ends_on") or timezone.localdate()
    }  # fmt: skip
    return [row.get(name) or given.get(name) for name in CAMPAIGN]


def _reach(batch: Batch, rows: list[Row]) -> None:
    """That somebody was reached: a grant that gave nothing and cost nothing."""
    known = find(batch, "loyalty_campaign", (row["source_ref"] for row in rows), "starts_on")
    for row in rows:
        if row["source_ref"] not in known:
            batch.fail(row, _("The campaign “%(ref)s” is not known here; load campaigns first.") % {
                "ref": row["source_ref"]})  # fmt: skip
    rows = [row for row in rows if not row.reason]
    marks = {(known[row["source_ref"]][0], f"load:{batch.source}:{row['customer']}"[:80]): row for row in rows}
    campaign_ids, occasions = [mark[0] for mark in marks], [mark[1] for mark in marks]
    there = {tuple(mark) for mark in batch.ask(
        "select g.campaign_id, g.occasion from loyalty_campaigngrant g "
        "join unnest(%s::bigint[], %s::text[]) n(campaign, occasion) "
        "on g.campaign_id = n.campaign and g.occasion = n.occasion",
        campaign_ids, occasions,
    )}  # fmt: skip
    new = {mark: row for mark, row in marks.items() if mark not in there}
    batch.copy(
        "loyalty_campaigngrant", ("campaign_id", "customer_id", "came_as", "occasion", "at", "cost", "gave"),
        [(campaign, row["customer_id"], row["came_as"], occasion, _when(row, known[row["source_ref"]][1]), 0, {})
         for (campaign, occasion), row in new.items()],
    )  # fmt: skip
    batch.created += len(new)
    batch.unchanged += len(rows) - len(new)


def _when(row: Row, starts_on: date) -> Any:
    return row.get("at") or begin_of(starts_on)

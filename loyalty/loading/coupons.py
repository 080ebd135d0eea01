"""Coupons from files: their templates, who had one, and their use."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.loading.references import find_customers, find_stores
from customers.loading.timeline import Happening, record
from loyalty.codes import new_codes
from loyalty.loading.references import begin_of, codes_for, end_of, find
from scrm.kernel.loading import Batch, Row
from staff.loading import words_of

GROUPS = {
    "amount": "amount", "step": "amount", "percent": "percent", "gift": "gift", "sample": "gift",
    "delivery": "delivery", "upgrade": "service", "exchange": "service",
}  # fmt: skip
TEMPLATE = {
    "name": "jsonb merge", "kind": "text", "amount": "bigint", "percent": "smallint", "threshold": "bigint",
    "most_off": "bigint", "pieces": "smallint", "products": "jsonb", "categories": "jsonb", "stores": "jsonb",
    "starts_at": "timestamptz", "ends_at": "timestamptz", "days_valid": "smallint", "per_customer": "smallint",
    "group": "text", "cost": "bigint", "campaign_id": "bigint", "state": "text",
}  # fmt: skip
LISTS = {"products": "product", "categories": "category", "stores": "store"}
BLANK: dict[str, Any] = {
    "kind": "amount", "amount": 0, "percent": 0, "threshold": 0, "pieces": 1, "per_customer": 1, "cost": 0,
    "state": "ended", "products": [], "categories": [], "stores": [],
}  # fmt: skip


# Templates


def templates(batch: Batch) -> None:
    """A template comes as one row, or as one per product, category or store it applies to."""
    campaigns = find(
        batch, "loyalty_campaign", (row.get("campaign") for row in batch.rows), "starts_on", "ends_on"
    )  # fmt: skip
    for row in batch.rows:
        if row.get("campaign") and row["campaign"] not in campaigns:
            batch.fail(row, _("The campaign “%(ref)s” is not known here; load campaigns first.") % {
                "ref": row["campaign"]})  # fmt: skip
        else:
            _complete(row, campaigns.get(row.get("campaign") or ""))
    rows = batch.standing()
    known = find(batch, "loyalty_coupontemplate", (row["source_ref"] for row in rows))
    new = [row for row in rows if row["source_ref"] not in known]
    old = [row for row in rows if row["source_ref"] in known]
    now = timezone.now()
    batch.copy(
        "loyalty_coupontemplate", ("code", "source", "source_ref", "scenario", "published_at", *TEMPLATE),
        [(code, batch.source, row["source_ref"], {}, now, *_values(row, now)) for code, row in
         zip(codes_for(batch, "loyalty_coupontemplate", new), new, strict=True)],
    )  # fmt: skip
    changed = _change(batch, old, known)
    batch.created += sum(len(row.members) for row in new)
    batch.updated += sum(len(row.members) for row in old if known[row["source_ref"]] in changed)
    batch.unchanged += sum(len(row.members) for row in old if known[row["source_ref"]] not in changed)


def _complete(row: Row, campaign: list[Any] | None) -> None:
    row["name"] = words_of(row, "name")
    for name, field in LISTS.items():
        row[name] = sorted({str(member[field]) for member in row.members if member.get(field)})
    if campaign is not None:
        row["campaign_id"], starts_on, ends_on = campaign
        row["starts_at"] = row.get("starts_at") or begin_of(starts_on)
        row["ends_at"] = row.get("ends_at") or (end_of(ends_on) if ends_on else None)


def _values(row: Row, now: datetime) -> list[Any]:
    given: dict[str, Any] = {
        **BLANK, "name": {"zh-hans": row["source_ref"]}, "starts_at": now,
        "group": GROUPS[row.get("kind") or "amount"],
    }  # fmt: skip
    return [row.get(name) or given.get(name) for name in TEMPLATE]


def _change(batch: Batch, rows: list[Row], known: dict[str, int]) -> set[int]:
    columns = {name: kind for name, kind in TEMPLATE.items() if any(row.get(name) for row in rows)}
    return batch.change("loyalty_coupontemplate", columns, [
        (known[row["source_ref"]], *(row.get(name) or None for name in columns)) for row in rows
    ])  # fmt: skip


# Coupons of people

STATES_GIVEN = ("issued", "frozen", "cancelled", "expired")
COUPON = (
    "id", "template_id", "customer_id", "came_as", "record", "nth", "code", "state", "issued_at", "valid_from",
    "valid_until", "channel", "reason", "source", "source_ref",
)  # fmt: skip


def coupons(batch: Batch) -> None:
    """Coupons people hold or held. One that is over when it comes in is over at once: nobody is told."""
    find_customers(batch, required=True)
    found = _find_templates(batch)
    rows = batch.standing()
    known = find(batch, "loyalty_coupon", (row["source_ref"] for row in rows), "state")
    new = [row for row in rows if row["source_ref"] not in known]
    old = [row for row in rows if row["source_ref"] in known]
    give(batch, new, found)
    changed = _move(batch, old, known)
    batch.created += len([row for row in new if not row.reason])
    batch.updated += len(changed)
    batch.unchanged += len(old) - len(changed)


def _find_templates(batch: Batch) -> dict[str, list[Any]]:
    """The templates the rows name, by key: (id, starts_at, ends_at, name, code); a row that names none fails."""
    found = find(
        batch, "loyalty_coupontemplate", (row.get("template") for row in batch.rows), "starts_at", "ends_at", "name",
        "code",
    )  # fmt: skip
    for row in batch.rows:
        if row.get("template") and row["template"] not in found:
            batch.fail(row, _("The coupon template “%(ref)s” is not known here; load coupon_templates first.") % {
                "ref": row["template"]})  # fmt: skip
    return found


def give(batch: Batch, rows: list[Row], found: dict[str, list[Any]]) -> None:
    """Write coupons of these rows, each with a number that counts per template and person; sets `coupon_id`."""
    taken = {code for (code,) in batch.ask(
        "select code from loyalty_coupon where code = any(%s)", [row["code"] for row in rows if row.get("code")]
    )}  # fmt: skip
    for row in rows:
        if row.get("code") in taken:
            batch.fail(row, _("The code “%(code)s” belongs to another coupon.") % {"code": row["code"]})
        elif row.get("code"):
            taken.add(row["code"])
    rows = [row for row in rows if not row.reason]
    if not rows:
        return
    numbers, nths, codes = (
        batch.ids_for("loyalty_coupon", len(rows)),
        _numbers(batch, rows, found),
        new_codes(len(rows)),
    )
    now = timezone.now()
    given: dict[int, int] = defaultdict(int)
    lines, told = [], []
    for number, nth, fresh, row in zip(numbers, nths, codes, rows, strict=True):
        template, starts_at, ends_at, name, code = found[row["template"]]
        issued_at = row["issued_at"][0] if row.get("issued_at") else starts_at
        until = row.get("valid_until") or ends_at
        state = row.get("state") or ("expired" if until and until <= now else "issued")
        row["coupon_id"] = number
        given[template] += 1
        lines.append((
            number, template, row["customer_id"], row["came_as"], row["came_as"] or row["customer_id"], nth,
            row.get("code") or fresh, state, issued_at, row.get("valid_from") or issued_at, until,
            row.get("channel") or "", "loaded", batch.source, row["source_ref"],
        ))  # fmt: skip
        if row.get("issued_at"):
            day = row["issued_at"][1]
            told.append(Happening(
                row["customer_id"], "coupon.issued", issued_at, day, {"coupon": name, "template": code, "id": number},
                channel=row.get("channel") or "", source_ref=row["source_ref"], came_as=row["came_as"],
            ))  # fmt: skip
    batch.copy("loyalty_coupon", COUPON, lines)
    batch.run(
        "update loyalty_coupontemplate t set issued = issued + n.given "
        "from unnest(%s::bigint[], %s::int[]) n(id, given) where t.id = n.id",
        list(given), list(given.values()),
    )  # fmt: skip
    record(batch, told)


def _numbers(batch: Batch, rows: list[Row], found: dict[str, list[Any]]) -> list[int]:
    """The how-manieth of its template each is for its person, behind those there are."""
    pairs = [(found[row["template"]][0], row["came_as"] or row["customer_id"]) for row in rows]
    last: dict[tuple[int, int], int] = defaultdict(int)
    last |= {(template, person): nth for template, person, nth in batch.ask(
        "select c.template_id, c.record, max(c.nth) from loyalty_coupon c "
        "join (select distinct * from unnest(%s::bigint[], %s::bigint[]) p(template, record)) p "
        "on c.template_id = p.template and c.record = p.record where c.nth is not null group by 1, 2",
        [template for template, _person in pairs], [person for _template, person in pairs],
    )}  # fmt: skip
    numbers = []
    for pair in pairs:
        last[pair] += 1
        numbers.append(last[pair])
    return numbers


def _move(batch: Batch, rows: list[Row], known: dict[str, Any]) -> set[int]:
    """What the file says differently of coupons that are not used."""
    standing = [row for row in rows if known[row["source_ref"]][1] in STATES_GIVEN]
    columns = {"state": "text", "valid_until": "timestamptz"}
    return batch.change("loyalty_coupon", columns, [
        (known[row["source_ref"]][0], row.get("state"), row.get("valid_until")) for row in standing
    ])  # fmt: skip


# Their use

REDEMPTION = (
    "coupon_id", "record", "at", "business_date", "store_id", "channel", "source", "source_ref", "order_source",
    "order_ref", "currency", "off", "basket", "explanation",
)  # fmt: skip


def redemptions(batch: Batch) -> None:
    """Uses of coupons: of a coupon loaded before, or of one nobody listed (template and customer), made here."""
    find_customers(batch)
    find_stores(batch)
    found = _find_templates(batch)
    known = find(batch, "loyalty_redemption", (row["source_ref"] for row in batch.rows))
    new = [row for row in batch.standing() if row["source_ref"] not in known]
    _find_coupons(batch, new, found)
    new = [row for row in new if not row.reason]
    _complete_uses(batch, new)
    _use(batch, new)
    batch.created += len(new)
    batch.unchanged += len(batch.standing()) - len(new)


def _find_coupons(batch: Batch, rows: list[Row], found: dict[str, list[Any]]) -> None:
    by_key = _coupons(batch, "source_ref", [row.get("coupon") for row in rows])
    by_code = _coupons(batch, "code", [row.get("code") for row in rows])
    unlisted = []
    for row in rows:
        named = row.get("coupon") or row.get("code")
        coupon = by_key.get(row["coupon"]) if row.get("coupon") else by_code.get(row.get("code") or "")
        if coupon is not None:
            _take(batch, row, coupon)
        elif named:
            batch.fail(row, _("The coupon “%(ref)s” is not known here; load coupons first.") % {"ref": named})
        elif not row.get("template") or row["customer_id"] is None:
            batch.fail(row, _("This row names neither a coupon nor a coupon template and a customer."))
        else:
            row["coupon_words"] = tuple(found[row["template"]][3:])
            unlisted.append(row)
    give(batch, unlisted, found)


def _coupons(batch: Batch, column: str, names: list[str | None]) -> dict[str, list[Any]]:
    """Coupons by the key of this source or by their code, held until the batch is in."""
    wanted = sorted({name for name in names if name})
    found = batch.ask(
        f"""select c.{column}, c.id, c.customer_id, c.came_as, c.state, t.name, t.code
            from loyalty_coupon c join loyalty_coupontemplate t on t.id = c.template_id
            where c.{column} = any(%s) and (c.source = %s or %s) for no key update of c""",
        wanted, batch.source, column == "code",
    ) if wanted else []  # fmt: skip
    return {name: rest for name, *rest in found}


def _take(batch: Batch, row: Row, coupon: list[Any]) -> None:
    row["coupon_id"], customer, came_as, state, *words = coupon
    row["coupon_words"] = tuple(words)
    if state in ("redeemed", "reserved"):
        batch.fail(row, _("This coupon is used already."))
    elif customer is None:
        batch.fail(row, _("This coupon was never given to anybody."))
    elif row["customer_id"] not in (None, customer):
        batch.fail(row, _("This coupon belongs to another customer."))
    else:
        row["customer_id"], row["came_as"] = customer, came_as
        coupon[3] = "redeemed"  # a second row of this batch comes too late


def _complete_uses(batch: Batch, rows: list[Row]) -> None:
    orders = find(batch, "commerce_order", (row.get("order") for row in rows), "store_id", "currency", "channel")
    for row in rows:
        at, day = row["at"]
        _order, store, currency, channel = orders.get(row.get("order") or "", (None, None, "", ""))
        row |= {
            "at": at, "business_date": row.get("business_date") or day, "store_id": row["store_id"] or store,
            "currency": row.get("currency") or currency or batch.options["currency"],
            "channel": row.get("channel") or channel or "", "order_ref": row.get("order") or "",
            "order_source": batch.source if row.get("order") else "", "off": row.get("off") or 0,
            "basket": row.get("basket") or 0, "record": row["came_as"] or row["customer_id"],
            "source": batch.source, "explanation": {},
        }  # fmt: skip


def _use(batch: Batch, rows: list[Row]) -> None:
    batch.run(
        "update loyalty_coupon set state = 'redeemed', held_by = '', held_until = null where id = any(%s)",
        [row["coupon_id"] for row in rows],
    )
    batch.copy("loyalty_redemption", REDEMPTION, [tuple(row[name] for name in REDEMPTION) for row in rows])
    record(batch, [
        Happening(
            row["customer_id"], "coupon.redeemed", row["at"], row["business_date"],
            {"coupon": row["coupon_words"][0], "template": row["coupon_words"][1], "id": row["coupon_id"],
             "off": row["off"], "currency": row["currency"], "order": row["order_ref"]},
            row["store_id"], channel=row["channel"], source_ref=row["source_ref"], came_as=row["came_as"],
        )
        for row in rows
    ])  # fmt: skip

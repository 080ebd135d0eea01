"""The moves of this room: the person's own columns, and every row of customers that names a customer."""

from typing import Any

from django.utils.translation import gettext as _

from customers.merging.folding import Fold
from customers.merging.giving_way import Yield
from customers.merging.moves import Apart, Journal, Line, Move, RePoint, Stay, register
from customers.merging.rows import Row, Table
from customers.models import Customer, MergeOperation

# Columns the survivor takes over where it has nothing itself; those of one line go together.
BLANKS = (
    ("family_name", "given_name"), ("latin_name",), ("salutation",), ("birth_year",), ("birth_month", "birth_day"),
    ("company_name",), ("home_store_id",), ("advisor_id",),
)  # fmt: skip


class Person(Move):
    """The survivor's blanks are filled from the other record, and it has been a customer since the earlier day."""

    def lines(self, survivor: Customer, loser: Customer) -> list[Line]:
        sides = [_row(one) for one in (survivor, loser)]
        taken = _taking_over(*sides)
        shown = [(_("Name"), survivor.display_name, loser.display_name, "display_name")]
        if survivor.birthday or loser.birthday:
            shown.append((_("Birthday"), survivor.birthday, loser.birthday, "birth_day"))
        if survivor.home_store or loser.home_store:
            shown.append((_("Home store"), str(survivor.home_store or ""), str(loser.home_store or ""),
                          "home_store_id"))  # fmt: skip
        if survivor.advisor or loser.advisor:
            shown.append((_("Advisor"), str(survivor.advisor or ""), str(loser.advisor or ""), "advisor_id"))
        return [
            Line(words, mine or "—", theirs or "—", theirs if column in taken else mine or "—",
                 "right" if column in taken else "equal" if mine == theirs else "left")
            for words, mine, theirs, column in shown
        ]  # fmt: skip

    def merge(self, operation: MergeOperation) -> Journal:
        table = self.table()
        rows = {each: _standing(table, each) for each in (operation.survivor_id, operation.loser_id)}
        journal = self._joined(operation, rows)
        if journal["after"]:
            table.change(operation.survivor_id, journal["after"])
        return journal

    def unmerge(self, journal: Journal, apart: Apart) -> None:
        table = self.table()
        records = {each for one in apart.standing for each in (one.survivor_id, one.loser_id)}
        stored = {each: _standing(table, each) for each in records}
        rows = {each: dict(row) for each, row in stored.items()}
        for each in reversed(apart.standing):
            taken, row = each.journal[self.path], rows[each.survivor_id]
            # What somebody has corrected since is not touched.
            row |= {name: taken["before"][name] for name, value in taken["after"].items() if row[name] == value}
        for each in apart.remaining:
            each.journal[self.path] = self._joined(each, rows)
        for record, row in rows.items():
            said = {name: value for name, value in row.items() if stored[record][name] != value}
            if said:
                table.change(record, said)

    def _joined(self, operation: MergeOperation, rows: dict[int, Row]) -> Journal:
        kept = rows[operation.survivor_id]
        after = _taking_over(kept, rows[operation.loser_id])
        before = {name: kept[name] for name in after}
        kept |= after
        return {"before": before, "after": after}

    def table(self) -> Table:
        return Table("customers.Customer.id")

    def strays(self) -> list[int]:
        return []


def _standing(table: Table, customer: int) -> Row:
    row = table.one(customer)
    assert row is not None, "no record is ever deleted"
    return row


def _row(customer: Customer) -> Row:
    names = {name for line in BLANKS for name in line}
    return {name: getattr(customer, name) for name in names} | {
        "joined_at": customer.joined_at.isoformat(), "attributes": customer.attributes,
        "display_name": customer.display_name, "provisional": customer.provisional,
    }  # fmt: skip


def _taking_over(kept: Row, joined: Row) -> Row:
    """The columns of the survivor that change, by name."""
    taken: Row = {}
    for line in BLANKS:
        if not any(kept[name] for name in line) and any(joined[name] for name in line):
            taken |= {name: joined[name] for name in line}
    if kept["provisional"] and not joined["provisional"]:
        taken |= {"provisional": False, "display_name": joined["display_name"]}
    if joined["joined_at"] < kept["joined_at"]:
        taken["joined_at"] = joined["joined_at"]
    extra = {name: value for name, value in joined["attributes"].items() if name not in kept["attributes"]}
    if extra:
        taken["attributes"] = kept["attributes"] | extra
    return taken


def _later_day(kept: Row, folded: Row) -> Row:
    return {"last_on": folded["last_on"]} if folded["last_on"] > kept["last_on"] else {}


def _more_careful(kept: Row, folded: Row) -> Row:
    """Of two wishes the later word counts; a longer pause stays."""
    later = folded if folded["changed_at"] > kept["changed_at"] else kept
    sets = {name: later[name] for name in ("quiet_from", "quiet_to", "zone", "way", "changed_at")}
    pauses = [row["paused_until"] for row in (kept, folded) if row["paused_until"]]
    sets["paused_until"] = max(pauses, default=None)
    return {name: value for name, value in sets.items() if value != kept[name]}


def _same_told_twice(older: Row, newer: Row) -> tuple[Any, Row] | None:
    """Of two facts under one key the later word counts for sizes, and for the same value told twice; else both."""
    if older["told_at"] > newer["told_at"]:
        older, newer = newer, older
    if older["value"] == newer["value"] or older["concern"] == newer["concern"] == "sizes":
        return older["id"], {"superseded_by_id": newer["id"]}
    return None


def _one_tag(older: Row, newer: Row) -> tuple[Any, Row] | None:
    """What was said twice, or two values where one may stand: a person's word stays, else the later one."""
    if older["value"] != newer["value"] and not (older["alone"] and newer["alone"]):
        return None
    first, last = sorted((older, newer), key=lambda row: (row["origin"] == "manual", row["at"], row["id"]))
    return first["id"], {"ended_at": last["at"]}


def _by_hand_first(kept: Row, folded: Row) -> Row:
    """In one segment twice: what a person said stands above the rule, a block above a pin."""
    strength = ["rule", "pin", "block"]
    if strength.index(folded["via"]) <= strength.index(kept["via"]):
        return {}
    return {name: folded[name] for name in ("via", "by_id", "why", "until")}


def register_own() -> None:
    register(
        Person("customers.Customer"),
        RePoint("customers.Customer.merged_into"),
        RePoint("customers.Identity.customer", words=lambda: _("Numbers and accounts")),
        RePoint("customers.Address.customer", words=lambda: _("Addresses")),
        Yield(
            "customers.Fact.customer", on=("key",), stands=lambda row: row["superseded_by_id"] is None,
            gives_way=_same_told_twice, words=lambda: _("What was told"),
        ),
        Yield(
            "customers.Tag.customer", on=("dimension_id",), stands=lambda row: row["ended_at"] is None,
            gives_way=_one_tag, words=lambda: _("Tags"),
        ),
        Stay("customers.TagDirty.customer"),
        # By rule it is said anew; what was set by hand goes along, and of a pin and a block the block stands.
        Fold("customers.SegmentMember.customer", on=("segment_id",), taking_in=_by_hand_first),
        RePoint("customers.SegmentLeaving.customer"),
        Stay("customers.SegmentDirty.customer"),
        RePoint("customers.RecordFile.customer", words=lambda: _("Record files"), came_as=True),
        # Of both records the last word counts.
        RePoint("customers.Consent.customer", words=lambda: _("Consents")),
        Fold("customers.Preference.customer", on=(), taking_in=_more_careful),
        RePoint("customers.VisitorName.customer"),
        RePoint("customers.NeedLog.customer", words=lambda: _("Needs")),
        RePoint("customers.Task.customer", words=lambda: _("Tasks")),
        RePoint("customers.Event.customer", words=lambda: _("To and fro"), came_as=True),
        RePoint("customers.Browse.customer_id", key="id"),
        RePoint("customers.BrowseSession.customer"),
        RePoint("customers.LifecycleChange.customer"),
        RePoint("customers.CustomerLink.customer"),
        Fold("customers.StoreTie.customer", on=("store_id",), taking_in=_later_day),
        Fold("customers.VisitGrant.customer", on=("store_id", "until")),
        Fold("customers.HouseholdMember.customer", on=("household_id", "until"), words=lambda: _("Households")),
        Fold("customers.KeyPerson.customer", on=("company_id", "part", "until"), words=lambda: _("Companies")),
        # The marks are set by the verbs themselves.
        Stay("customers.MetricsDirty.customer"),
        # A key opens what was sealed for this record, whoever holds the record: erasure goes through all of them.
        Stay("customers.DataKey.customer"),
        Stay("customers.Erasure.customer"),
        Stay("customers.MergeOperation.survivor"),
        Stay("customers.MergeOperation.loser"),
        Stay("customers.MergeSuggestion.first"),
        Stay("customers.MergeSuggestion.second"),
    )  # fmt: skip

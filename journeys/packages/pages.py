"""Packages as their pages show them: share used, who holds one, what a draft would change."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.db.models import Count
from django.utils import timezone

from customers.models import Customer
from journeys.grid import name_of
from journeys.models import (
    EntitlementUse,
    HeldPackage,
    OutlookRun,
    PackageCell,
    PackageVersion,
    Pilot,
    ServicePackage,
)  # fmt: skip
from journeys.models.entitlement import TAKE_BACK
from journeys.models.package import TERMS, YEAR
from journeys.packages.drafting import CELLS
from scrm.kernel.keyset import Page, page_of
from scrm.kernel.words import Words
from staff.models import User
from tickets.models import ServiceTerms


@dataclass
class Share:
    """Of all a package may be used in a year, how much was; lines without limit only count."""

    people: int = 0
    used: dict[str, int] = field(default_factory=dict)
    quota: dict[str, int] = field(default_factory=dict)

    @property
    def part(self) -> float | None:
        most = sum(self.quota.values())
        return sum(self.used.get(key, 0) for key in self.quota) / most if most else None


def shares(packages: list[ServicePackage]) -> dict[int, Share]:
    """Per package, of those who hold it now, in the last 365 days."""
    found = {one.pk: Share() for one in packages}
    standing = HeldPackage.objects.standing().filter(package__in=packages).order_by()
    lines = dict(PackageVersion.objects.filter(package__in=packages).values_list("pk", "lines"))
    for package, version, people in standing.values_list("package", "version").annotate(Count("pk")):
        share = found[package]
        share.people += people
        for line in lines[version]:
            if line["quota"] is not None:
                share.quota[line["key"]] = share.quota.get(line["key"], 0) + people * line["quota"]
    uses = EntitlementUse.objects.standing().filter(
        held__package__in=packages, held__ended_at=None, at__gte=timezone.now() - YEAR
    )
    for package, line, times in uses.order_by().values_list("held__package", "line").annotate(Count("pk")):
        found[package].used[line] = times
    return found


def listed() -> dict[str, Any]:
    """All packages (a brand has few) and the cells, those without one too."""
    packages = list(ServicePackage.objects.all())
    share, run = shares(packages), OutlookRun.objects.first()
    whose = {row.cell: row.package for row in PackageCell.objects.select_related("package")}
    counted = run.picture.get("cells", {}) if run else {}
    cells = [{"name": name_of(cell), "package": whose.get(cell), "people": counted.get(cell, 0)} for cell in CELLS]
    rows = [(one, share[one.pk], [name_of(cell) for cell in CELLS if cell in whose and whose[cell] == one])
            for one in packages]  # fmt: skip
    return {"rows": rows, "cells": cells, "bare": sum(1 for cell in cells if not cell["package"])}


def holders(package: ServicePackage, user: User, *, cursor: str | None) -> Page[HeldPackage]:
    rows = HeldPackage.objects.standing().visible_to(user).filter(package=package)
    page = page_of(rows.select_related("customer", "version", "by"), order=["-id"], cursor=cursor)
    why = reasons(page.rows)
    for row in page.rows:
        row.reason = why[row.pk]  # type: ignore[attr-defined]
    return page


def reasons(rows: list[HeldPackage]) -> dict[int, str]:
    """Why somebody has it: the cell, the pilot, or the colleague's words."""
    codes = {row.why for row in rows if row.source == HeldPackage.Source.PILOT}
    pilots = {one.code: str(one) for one in Pilot.objects.filter(code__in=codes)} if codes else {}
    return {
        row.pk: name_of(row.why) if row.source == HeldPackage.Source.GRID else pilots.get(row.why, row.why)
        for row in rows
    }


def promised(terms: dict[str, int]) -> list[tuple[str, int]]:
    return [(str(ServiceTerms.Term(name).label), terms[name]) for name in TERMS if name in terms]


def used_lines(version: PackageVersion | None, share: Share) -> list[dict[str, Any]]:
    """Each line with how much of it was used by those who hold the package."""
    rows = []
    for line in version.shown if version else []:
        most, used = share.quota.get(line["key"], 0), share.used.get(line["key"], 0)
        rows.append(line | {"used": used, "most": most, "part": min(1, used / most) if most else None})
    return rows


def difference(draft: PackageVersion, runs: PackageVersion | None) -> list[tuple[str, str]]:
    """(“new”, “changed” or “gone”; which line) against what runs."""
    before = {line["key"]: line for line in (runs.lines if runs else [])}
    after = {line["key"]: line for line in draft.lines}
    marks = [("new" if key not in before else "changed", line) for key, line in after.items()
             if before.get(key) != line]  # fmt: skip
    marks += [("gone", line) for key, line in before.items() if key not in after]
    return [(mark, str(Words(line["words"]))) for mark, line in marks]


def held_by(customer: Customer, user: User) -> dict[str, Any]:
    """The packages of one customer: each benefit with “2 of 4”, and the slips that can still be undone."""
    rows = list(HeldPackage.objects.standing().filter(customer=customer).select_related("package", "version", "by"))
    uses = list(EntitlementUse.objects.standing().filter(
        held__in=rows, at__gte=timezone.now() - YEAR).order_by("-at", "-pk"))  # fmt: skip
    fresh = timezone.now() - TAKE_BACK
    shown, why = [], reasons(rows)
    for row in rows:
        lines = []
        for line in row.version.shown:
            own = [use for use in uses if use.held_id == row.pk and use.line == line["key"] and use.at >= row.year_from]
            lines.append(line | {
                "used": len(own), "last": own[0] if own else None,
                "undo": own[0] if own and own[0].at >= fresh else None,
                "free": line["quota"] is None or len(own) < line["quota"], "once": uuid4().hex,
            })  # fmt: skip
        shown.append({"row": row, "lines": lines, "reason": why[row.pk], "promised": promised(row.version.terms)})
    may_give = user.may("package.give")
    held = {row.package_id for row in rows if row.source == HeldPackage.Source.HAND}
    offered = ServicePackage.objects.filter(state=ServicePackage.State.LIVE).exclude(pk__in=held) if may_give else []
    return {"shown": shown, "may_use": user.may("fact.write"), "may_give": may_give, "offered": offered}

"""What operators do with a package: draft, change lines, publish, take out of use."""

import secrets
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from journeys.models import Benefit, HeldPackage, Need, PackageCell, PackageVersion, Pilot, Scene, ServicePackage, Value
from journeys.models.outlook import WORDS
from journeys.models.package import TERMS
from journeys.packages.promising import close, promise
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import LANGUAGES, Words
from staff.models import User, audit

CELLS = [f"{value}.{need}" for value in reversed(Value) for need in Need]
MOST_LINES, MOST_QUOTA, MOST_MINUTES, MOST_BOOST = 30, 999, 60 * 24 * 60, 100


def make(code: str, name: Words, *, by: User | None) -> ServicePackage:
    """A new package with an empty draft."""
    try:
        with transaction.atomic():
            package = ServicePackage.objects.create(code=code, name=name)
            PackageVersion.objects.create(package=package, number=1)
    except IntegrityError as error:
        raise TransitionRefused(_("There is a package with this code.")) from error
    if by is not None:
        audit("package.made", by=by, of=package)
    return package


@transaction.atomic
def draft_of(package: ServicePackage) -> PackageVersion:
    """The draft, begun from what runs when there is none; its row is locked."""
    held = ServicePackage.objects.select_for_update(no_key=True).get(pk=package.pk)
    draft = held.versions.select_for_update().filter(state=PackageVersion.State.DRAFT).first()
    if draft is not None:
        return draft
    newest, runs = held.versions.first(), held.running
    number = newest.number + 1 if newest else 1
    return PackageVersion.objects.create(
        package=held, number=number, lines=runs.lines if runs else [], terms=runs.terms if runs else {},
        cells=runs.cells if runs else [],
    )  # fmt: skip


@transaction.atomic
def put_line(package: ServicePackage, key: str, line: dict[str, Any]) -> None:
    """Add a line (no key) or change the one of that key, which keeps its place and what was used of it."""
    draft, line = draft_of(package), _checked(line)
    if not key:
        if len(draft.lines) >= MOST_LINES:
            raise TransitionRefused(_("A package has thirty lines at most."))
        draft.lines = [*draft.lines, {"key": secrets.token_hex(4), **line}]
    else:
        _at(draft, key)
        draft.lines = [{"key": key, **line} if one["key"] == key else one for one in draft.lines]
    draft.save(update_fields=["lines"])


@transaction.atomic
def remove_line(package: ServicePackage, key: str) -> None:
    draft = draft_of(package)
    _at(draft, key)
    draft.lines = [one for one in draft.lines if one["key"] != key]
    draft.save(update_fields=["lines"])


@transaction.atomic
def move_line(package: ServicePackage, key: str, step: int) -> None:
    """One place up (-1) or down (1); at the end it stays."""
    draft = draft_of(package)
    at = _at(draft, key)
    to = min(max(at + step, 0), len(draft.lines) - 1)
    draft.lines[at], draft.lines[to] = draft.lines[to], draft.lines[at]
    draft.save(update_fields=["lines"])


@transaction.atomic
def set_terms(package: ServicePackage, terms: dict[str, int | None], cells: list[str]) -> None:
    """What is promised, and whom it is for."""
    if set(terms) - set(TERMS) or set(cells) - set(CELLS):
        raise TransitionRefused(_("This is not on offer."))
    given = {name: value for name, value in terms.items() if value is not None}
    if any(not 1 <= value <= (MOST_BOOST if name == "boost" else MOST_MINUTES) for name, value in given.items()):
        raise TransitionRefused(_("A promise is from one minute to sixty days, points ahead from 1 to 100."))
    draft = draft_of(package)
    draft.terms, draft.cells = given, [cell for cell in CELLS if cell in cells]
    draft.save(update_fields=["terms", "cells"])


@transaction.atomic
def publish(
    package: ServicePackage, number: int, *, by: User | None, instead_of: int, note: str = "", move: bool = False,
    at: datetime | None = None,
) -> None:  # fmt: skip
    """Let the draft run instead of the version the publisher saw (0 for none).

    Who has the package stays on the old version until the year turns, or moves now; what was used stays used.
    Raises TransitionRefused when somebody else was first, without lines, or for a cell that has a package.
    """
    # A plain condition on the row itself: who waited for it sees what the first one wrote.
    own = ServicePackage.objects.filter(pk=package.pk, version=instead_of)
    drafts = PackageVersion.objects.select_for_update().filter(state=PackageVersion.State.DRAFT)
    if number < 1 or not own.update(state=ServicePackage.State.LIVE, version=number):
        raise TransitionRefused(_("Somebody published another version meanwhile. Look again."))
    draft = drafts.filter(package=package, number=number).first()
    if draft is None:
        raise TransitionRefused(_("This version is not a draft any more. Look again."))
    if not draft.lines:
        raise TransitionRefused(_("A package without a line gives nothing."))
    package.versions.filter(state=PackageVersion.State.LIVE).update(state=PackageVersion.State.PAST)
    draft.state, draft.published_at, draft.published_by = PackageVersion.State.LIVE, at or timezone.now(), by
    draft.note = " ".join(note.split())[:WORDS]
    draft.save(update_fields=["state", "published_at", "published_by", "note"])
    PackageCell.objects.filter(package=package).delete()
    try:
        with transaction.atomic():
            PackageCell.objects.bulk_create(PackageCell(cell=cell, package=package) for cell in draft.cells)
    except IntegrityError as error:
        raise TransitionRefused(_("Another package is for one of these cells. A cell has one package.")) from error
    if move:
        held = HeldPackage.objects.standing().filter(package=package).exclude(version=draft)
        # A pilot that runs keeps the version it tries.
        tried = Pilot.objects.filter(state__in=(Pilot.State.RUNNING, Pilot.State.GATED)).values("code")
        old = held.exclude(source=HeldPackage.Source.PILOT, why__in=tried)
        ids = list(old.select_for_update(no_key=True).values_list("pk", flat=True))
        close(ids)
        HeldPackage.objects.filter(pk__in=ids).update(version=draft)
        promise(ids)
    if by is not None:
        audit("package.published", by=by, of=package, version=number, moved=move)
    package.refresh_from_db()


@transaction.atomic
def retire(package: ServicePackage, *, by: User) -> None:
    """Nobody gets it any more; who has it by hand keeps it. Raises TransitionRefused the second time."""
    live = ServicePackage.objects.filter(pk=package.pk, state=ServicePackage.State.LIVE)
    if not live.update(state=ServicePackage.State.RETIRED):
        raise TransitionRefused(_("This package is not in use."))
    PackageCell.objects.filter(package=package).delete()
    audit("package.retired", by=by, of=package)


def _at(draft: PackageVersion, key: str) -> int:
    for at, line in enumerate(draft.lines):
        if line["key"] == key:
            return at
    raise TransitionRefused(_("This line is not in the draft any more."))


def _checked(line: dict[str, Any]) -> dict[str, Any]:
    said = {code: " ".join(str(line["words"].get(code, "")).split())[:120] for code in LANGUAGES}
    said = {code: text for code, text in said.items() if text}
    if not said:
        raise TransitionRefused(_("Say what the benefit is."))
    quota, minutes = line["quota"], line["minutes"]
    if line["scene"] not in Scene.values or line["kind"] not in Benefit.values:
        raise TransitionRefused(_("This is not on offer."))
    if (quota is not None and not 1 <= quota <= MOST_QUOTA) or not 0 <= minutes <= 999:
        raise TransitionRefused(_("How often a year is from 1 to 999, or empty for without limit."))
    return {"scene": line["scene"], "kind": line["kind"], "words": said, "quota": quota, "minutes": minutes}

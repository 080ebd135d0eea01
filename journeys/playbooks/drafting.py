"""What operators do with a playbook: make, change the draft, publish, pause, go on, take out of use."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from journeys.models import Playbook, PlaybookVersion
from journeys.models.enrolment import ADVANCE
from journeys.models.outlook import WORDS
from journeys.playbooks import flow, settings
from journeys.playbooks.steps import KINDS
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.segment_field import Wrong
from scrm.kernel.wake import wake
from scrm.kernel.words import Words
from staff.models import User, audit

Given = dict[str, Any]
READ = {"trigger": settings.read_trigger, "goal": settings.read_goal, "rules": settings.read_rules}


def make(
    code: str, name: Words, *, by: User | None, about: Words | None = None, content: Given | None = None
) -> Playbook:
    """A new playbook with a draft: an empty one, or a ready one's. Raises TransitionRefused for a code in use."""
    try:
        with transaction.atomic():
            playbook = Playbook.objects.create(code=code, name=name, about=about or Words())
            PlaybookVersion.objects.create(playbook=playbook, number=1, content=content or settings.DEFAULT)
    except IntegrityError as error:
        raise TransitionRefused(_("There is a playbook with this code.")) from error
    if by is not None:
        audit("playbook.made", by=by, of=playbook)
    return playbook


@transaction.atomic
def draft_of(playbook: Playbook, *, edition: int | None = None) -> PlaybookVersion:
    """The draft, begun from what runs when there is none; its row is locked.

    Raises TransitionRefused when somebody changed it since the editor saw that edition of it.
    """
    held = Playbook.objects.select_for_update(no_key=True).get(pk=playbook.pk)
    draft = held.versions.select_for_update().filter(state=PlaybookVersion.State.DRAFT).first()
    if draft is None:
        newest, runs = held.versions.first(), held.running
        draft = PlaybookVersion.objects.create(
            playbook=held, number=newest.number + 1 if newest else 1,
            content=runs.content if runs else settings.DEFAULT, edition=1,
        )  # fmt: skip
        edition = None if edition in (0, None) else edition
    if edition is not None and draft.edition != edition:
        raise TransitionRefused(_("Somebody changed this draft meanwhile. Look again; what you typed stands below."))
    return draft


@transaction.atomic
def put_step(playbook: Playbook, given: Given, *, key: str = "", place: str = "", edition: int | None = None) -> None:
    """Change the step of that key, or put a new one behind a place. Raises TransitionRefused."""
    draft = draft_of(playbook, edition=edition)
    if given.get("kind") not in KINDS:
        raise TransitionRefused(_("This is not on offer."))
    step = _read(lambda: KINDS[given["kind"]].read(given))
    if key:
        old = flow.find(draft.steps, key)
        if old is not None and old["kind"] != step["kind"]:
            raise TransitionRefused(_("This is not on offer."))
        steps = flow.change(draft.steps, key, step)
    else:
        steps = flow.insert(draft.steps, place, step)
    _keep(draft, steps=steps)


@transaction.atomic
def remove_step(playbook: Playbook, key: str, *, edition: int | None = None) -> None:
    draft = draft_of(playbook, edition=edition)
    _keep(draft, steps=flow.remove(draft.steps, key))


@transaction.atomic
def move_step(playbook: Playbook, key: str, by: int, *, edition: int | None = None) -> None:
    draft = draft_of(playbook, edition=edition)
    _keep(draft, steps=flow.move(draft.steps, key, by))


@transaction.atomic
def put_settings(playbook: Playbook, part: str, given: Given, *, edition: int | None = None) -> None:
    """The trigger, the goal or the rules. Raises TransitionRefused."""
    if part not in READ:
        raise TransitionRefused(_("This is not on offer."))
    draft = draft_of(playbook, edition=edition)
    _keep(draft, **{part: _read(lambda: READ[part](given))})


def troubles(content: Given) -> list[tuple[str, str]]:
    """What keeps this flow from running: (a step's key or the part, a sentence). Nothing when it may run."""
    found: list[tuple[str, str]] = []
    for part, read in READ.items():
        try:
            read(content.get(part, {}))
        except Wrong as wrong:
            found.append((part, str(wrong)))
    if not content.get("steps"):
        found.append(("steps", _("A playbook without a step does nothing.")))
    for step in flow.every(content.get("steps", [])):
        if step["kind"] not in KINDS:
            found.append((step["key"], _("This is not on offer.")))
            continue
        try:
            KINDS[step["kind"]].read(step)
        except Wrong as wrong:
            found.append((step["key"], str(wrong)))
    return found


@transaction.atomic
def publish(playbook: Playbook, number: int, *, by: User | None, instead_of: int, note: str = "") -> None:
    """Let the draft run instead of the version the publisher saw (0 for none); who is on the way stays on theirs.

    Raises TransitionRefused when somebody else was first, or for a flow that cannot run.
    """
    # A plain condition on the row itself: who waited for it sees what the first one wrote.
    rested = Playbook.objects.filter(pk=playbook.pk, state__in=(Playbook.State.DRAFT, Playbook.State.RETIRED)).exists()
    own = Playbook.objects.filter(pk=playbook.pk, version=instead_of)
    if number < 1 or not own.update(version=number, state=Playbook.State.LIVE):
        raise TransitionRefused(_("Somebody published another version meanwhile. Look again."))
    drafts = PlaybookVersion.objects.select_for_update().filter(state=PlaybookVersion.State.DRAFT)
    draft = drafts.filter(playbook=playbook, number=number).first()
    if draft is None:
        raise TransitionRefused(_("This version is not a draft any more. Look again."))
    wrong = troubles(draft.content)
    if wrong:
        raise TransitionRefused(wrong[0][1])
    playbook.versions.filter(state=PlaybookVersion.State.LIVE).update(state=PlaybookVersion.State.PAST)
    draft.state, draft.published_at, draft.published_by = PlaybookVersion.State.LIVE, timezone.now(), by
    draft.note = " ".join(note.split())[:WORDS]
    draft.save(update_fields=["state", "published_at", "published_by", "note"])
    hears = settings.hears(draft.content["trigger"])
    before = Playbook.objects.values_list("hears", flat=True).get(pk=playbook.pk)
    anew = {"dated_on": None} if rested or hears != before else {}
    Playbook.objects.filter(pk=playbook.pk).update(hears=hears, **anew)
    if by is not None:
        audit("playbook.published", by=by, of=playbook, version=number)
    playbook.refresh_from_db()
    wake(ADVANCE, queue="bulk")


def pause(playbook: Playbook, *, by: User) -> None:
    """Nobody is moved on; people still come in and wait."""
    _turn(playbook, {Playbook.State.LIVE}, Playbook.State.PAUSED, by=by, deed="playbook.paused")


def resume(playbook: Playbook, *, by: User) -> None:
    _turn(playbook, {Playbook.State.PAUSED}, Playbook.State.LIVE, by=by, deed="playbook.resumed")
    wake(ADVANCE, queue="bulk")


def retire(playbook: Playbook, *, by: User) -> None:
    """Nobody comes in any more; who is on the way walks to the end."""
    _turn(playbook, {Playbook.State.LIVE, Playbook.State.PAUSED}, Playbook.State.RETIRED, by=by,
          deed="playbook.retired")  # fmt: skip


@transaction.atomic
def _turn(playbook: Playbook, before: set[Any], after: Any, *, by: User, deed: str) -> None:
    if not Playbook.objects.filter(pk=playbook.pk, state__in=before).update(state=after):
        raise TransitionRefused(_("Somebody turned this playbook meanwhile. Look again."))
    audit(deed, by=by, of=playbook)
    playbook.refresh_from_db()


def _keep(draft: PlaybookVersion, **parts: Any) -> None:
    draft.content = {**settings.DEFAULT, **draft.content, **parts}
    draft.edition += 1
    draft.save(update_fields=["content", "edition"])


def _read(reader: Any) -> Any:
    try:
        return reader()
    except Wrong as wrong:
        raise TransitionRefused(str(wrong)) from wrong

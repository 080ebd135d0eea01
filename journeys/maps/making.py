"""What operators do with a whole map: begin one from a template, take it out of use, undo the last change."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from journeys.maps.trades import TRADES
from journeys.models import JourneyMap, MapChange, MapNote, MapPoint, MapStage
from journeys.models.map import UNDO
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import Words, words
from staff.models import User, audit


@transaction.atomic
def make(code: str, name: Words, trade: str, *, by: User | None) -> JourneyMap:
    """A new map with the stages and places of its trade. Raises TransitionRefused for a code in use."""
    if trade not in TRADES:
        raise TransitionRefused(_("Choose one of the templates."))
    try:
        with transaction.atomic():
            made = JourneyMap.objects.create(code=code, name=name, trade=trade, made_by=by)
    except IntegrityError as error:
        raise TransitionRefused(_("There is a map with this code.")) from error
    for place, (kind, called, doing, points) in enumerate(TRADES[trade]):
        stage = MapStage.objects.create(
            map=made, kind=kind, place=place, name=words(*called), doing=words(*doing)
        )  # fmt: skip
        MapPoint.objects.bulk_create(
            MapPoint(stage=stage, place=number, name=words(*point.name), touchpoints=list(point.touchpoints),
                     topics=list(point.topics))
            for number, point in enumerate(points)
        )  # fmt: skip
    if by is not None:
        audit("map.made", by=by, of=made)
    return made


@transaction.atomic
def retire(row: JourneyMap, *, by: User, back: bool = False) -> None:
    """Out of use, or back into it. Raises TransitionRefused when it stands so already."""
    maps = JourneyMap.objects.filter(pk=row.pk, retired_at__isnull=not back)
    if not maps.update(retired_at=None if back else timezone.now()):
        raise TransitionRefused(_("It stands like that already."))
    audit("map.restored" if back else "map.retired", by=by, of=row)


@transaction.atomic
def undo(row: JourneyMap, *, by: User) -> MapChange:
    """Take back one's own last change of this map, within ten minutes, while nobody changed that place after it.

    Raises TransitionRefused otherwise.
    """
    mine = MapChange.objects.filter(
        point__stage__map=row, by=by, undone_at=None, at__gte=timezone.now() - UNDO
    ).exclude(what=MapChange.What.UNDONE)  # fmt: skip
    last = mine.select_related("point", "note").first()
    if last is None:
        raise TransitionRefused(_("There is nothing of yours to undo from the last ten minutes."))
    point = MapPoint.objects.select_for_update().get(pk=last.point_id)
    since = list(point.changes.filter(version__gt=last.version).values_list("by", "what", "undone_at"))
    if any(who != by.pk or (what != MapChange.What.UNDONE and not undone) for who, what, undone in since):
        raise TransitionRefused(_("Somebody changed this place after you: set it anew instead."))
    if not MapChange.objects.filter(pk=last.pk, undone_at=None).update(undone_at=timezone.now()):
        raise TransitionRefused(_("It stands like that already."))
    if last.what == MapChange.What.FEELING:
        point.feeling, point.felt_by_id, point.felt_at = (last.before[key] for key in ("feeling", "by", "at"))
    elif last.what == MapChange.What.MEASURE:
        point.touchpoints, point.topics = last.before["touchpoints"], last.before["topics"]
    elif last.note is not None:
        gone = last.what == MapChange.What.ADDED
        MapNote.objects.filter(pk=last.note.pk).update(
            removed_at=timezone.now() if gone else None, removed_by=by if gone else None
        )
    point.version += 1
    point.save()
    MapChange.objects.create(point=point, what=MapChange.What.UNDONE, note=last.note, by=by, version=point.version)
    return last

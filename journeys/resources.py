"""Setting up what can be reserved, and what can be sent to read."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from journeys.models import Content, Reservation, Resource
from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit


def make(code: str, *, by: User | None, **said: Any) -> Resource:
    """Something new to reserve. Raises TransitionRefused for a code that is taken."""
    try:
        with transaction.atomic():
            made = Resource.objects.create(code=code, **said)
    except IntegrityError as error:
        raise TransitionRefused(_("There is one with this code.")) from error
    if by is not None:
        audit("resource.made", by=by, of=made)
    return made


@transaction.atomic
def change(resource: Resource, *, by: User, **said: Any) -> None:
    """Other words, hours or places; reservations stand. Raises TransitionRefused for fewer places than are reserved."""
    row = Resource.objects.select_for_update(no_key=True).get(pk=resource.pk)
    ahead = Reservation.objects.standing().filter(resource=row, ends_at__gt=timezone.now())
    if ahead.filter(unit__gt=said.get("capacity", row.capacity)).exists():
        raise TransitionRefused(_("More places than that are reserved ahead. Release those first."))
    for name, value in said.items():
        setattr(row, name, value)
    row.save(update_fields=list(said))
    audit("resource.changed", by=by, of=row)


@transaction.atomic
def retire(resource: Resource, *, by: User) -> None:
    """No new reservation; those made stand. Raises TransitionRefused the second time."""
    if not Resource.objects.in_use().filter(pk=resource.pk).update(retired_at=timezone.now()):
        raise TransitionRefused(_("This is not on offer any more."))
    audit("resource.retired", by=by, of=resource)


@transaction.atomic
def put_content(content: Content | None, *, by: User | None, retired: bool = False, **said: Any) -> Content:
    """A new piece, or other words of one; taken out of use it is sent no more."""
    row = content or Content(owner=by)
    for name, value in said.items():
        setattr(row, name, value)
    row.retired_at = (row.retired_at or timezone.now()) if retired else None
    row.save()
    if by is not None:
        audit("content.changed" if content else "content.made", by=by, of=row)
    return row

"""Who tries codes is slowed down: wrong ones are counted per person, machine, address and store."""

import threading
from dataclasses import dataclass

from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scrm.kernel.refusals import TransitionRefused
from staff.api_key import counted
from staff.models import AuditEntry, Store, User

SPAN = 10 * 60  # seconds
MOST = 10  # wrong codes within the span
MOST_OF_A_STORE = 30  # a store is many hands: one with bad eyes must not close all its tills


@dataclass(frozen=True)
class Asker:
    """Who brings a code: whatever of these is known is counted."""

    user: User | None = None
    client: str = ""
    address: str | None = None
    store: Store | None = None

    @property
    def counters(self) -> list[tuple[str, int]]:
        named = (
            (f"user:{self.user.pk}" if self.user else "", MOST),
            (f"client:{self.client}:{self.address}" if self.client else "", MOST),
            (f"address:{self.address}" if self.address and not self.user and not self.client else "", MOST),
            (f"store:{self.store.pk}" if self.store else "", MOST_OF_A_STORE),
        )
        return [(f"coupon-wrong:{name}", most) for name, most in named if name]


class TooManyGuesses(TransitionRefused):
    """Too many wrong codes: also a right one is not looked at for a while."""


def let_in(asker: Asker) -> None:
    """Raises TooManyGuesses. Without the counters nothing is allowed: their failure is the caller's."""
    counts = cache.get_many([name for name, _most in asker.counters])
    if any(counts.get(name, 0) >= most for name, most in asker.counters):
        raise TooManyGuesses(_("Too many wrong codes. Try again in ten minutes."))


def note_wrong(asker: Asker) -> None:
    """Count one wrong code; the one that is too many raises an alarm, once an hour."""
    reached = [name for name, most in asker.counters if counted(name, SPAN) == most]
    if not reached:
        return
    # The refusal that follows rolls back whatever transaction the caller is in; the alarm must outlive it.
    (_alarm_beside if connection.in_atomic_block else _alarm)(asker)


def _alarm_beside(asker: Asker) -> None:
    """On a connection of its own."""

    def tell() -> None:
        try:
            _alarm(asker)
        finally:
            connection.close()

    beside = threading.Thread(target=tell)
    beside.start()
    beside.join(5)


def _alarm(asker: Asker) -> None:
    hour = timezone.now().strftime("%Y%m%d%H")
    told = AuditEntry.objects.filter(
        who=asker.user, what="alarm.codes", object_id=hour, client=asker.client, address=asker.address
    )
    if told.exists():
        return
    try:
        with transaction.atomic():
            AuditEntry.objects.create(
                who=asker.user, client=asker.client, address=asker.address, what="alarm.codes", object_kind="hour",
                object_id=hour, details={"more_than": MOST, "store": asker.store.pk if asker.store else None},
            )  # fmt: skip
    except IntegrityError:
        pass  # another code of the same moment raised it

"""The case passed to a store, and the code by which a counter picks it up."""

import secrets
from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scrm.kernel.nudges import nudge
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User
from tickets.models.ticket import Ticket
from touchpoints.actions import receive

LIVES = timedelta(minutes=15)
DIGITS = 6


class Handover(models.Model):
    """The fact that a store has a case in hand: asked by whom, when, with what word; given back when.

    The owner stays who they were, and so do the promises.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="handovers")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    handed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    handed_at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=300, blank=True)
    picked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    picked_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    returned_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("case with a store"), _("cases with stores")
        constraints = [
            models.UniqueConstraint(fields=["ticket"], condition=Q(returned_at=None), name="case_handover_open_once")
        ]
        indexes = [models.Index(fields=["store", "-handed_at"], name="case_handover_store")]

    def __str__(self) -> str:
        return f"{self.ticket_id} → {self.store_id}"

    @classmethod
    @transaction.atomic
    def to_store(cls, ticket: Ticket, store: Store, *, by: User, note: str) -> "Handover":
        """Ask a store to go on with a live case. Of two clicks one wins; raises TransitionRefused for the other."""
        held = ticket._locked()
        if not held.is_live:
            raise TransitionRefused(gettext("This case is done and cannot be handed over."))
        try:
            with transaction.atomic():
                made = cls.objects.create(ticket=held, store=store, handed_by=by, note=" ".join(note.split())[:300])
        except IntegrityError:
            now = cls.objects.select_related("store").get(ticket=held, returned_at=None)
            raise TransitionRefused(gettext("It is with %(store)s already.") % {"store": now.store}) from None
        held._note_move("case.handed_over", by=by, store_id=store.pk, note=bool(note))
        nudge(f"store.{store.pk}", "cases")
        return made

    @transaction.atomic
    def give_back(self, *, by: User, result: str) -> None:
        """The store is finished or cannot help: what came of it. Raises TransitionRefused a second time, wordless."""
        result = " ".join(result.split())[:300]
        if not result:
            raise TransitionRefused(gettext("Say in a few words what came of it."))
        still = Handover.objects.filter(pk=self.pk, returned_at=None)
        if not still.update(returned_at=timezone.now(), returned_by=by, result=result):
            raise TransitionRefused(gettext("It was given back already."))
        Ticket.objects.filter(pk=self.ticket_id).update(handler=None)
        ticket = Ticket.objects.get(pk=self.ticket_id)
        ticket._note_move("case.returned", by=by, store_id=self.store_id)
        if ticket.owner_id:
            nudge(f"user.{ticket.owner_id}", "cases")


class PickupCode(models.Model):
    """Six digits the customer shows at a counter: one use, a quarter of an hour, only a keyed digest is kept."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="codes")
    digest = models.BinaryField(max_length=32)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    used_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name, verbose_name_plural = _("pick-up code"), _("pick-up codes")
        constraints = [
            models.UniqueConstraint(fields=["digest"], condition=Q(used_at=None), name="pickup_code_once"),
        ]
        indexes = [models.Index(fields=["until"], name="pickup_until")]

    def __str__(self) -> str:
        return f"{self.ticket_id} until {self.until}"

    @classmethod
    @transaction.atomic
    def draw(cls, ticket: Ticket, *, by: User | None = None) -> tuple["PickupCode", str]:
        """A new code, the only one that opens this case, and its row. Raises TransitionRefused when it is done."""
        held = ticket._locked()
        if not held.is_live:
            raise TransitionRefused(gettext("This case is done: there is nothing to pick up."))
        now = timezone.now()
        cls.objects.filter(Q(until__lte=now) | Q(ticket=held), used_at=None).delete()
        for _try in range(20):
            code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
            try:
                with transaction.atomic():
                    made = cls.objects.create(ticket=held, digest=_digest(code), until=now + LIVES, made_by=by)
            except IntegrityError:
                continue  # somebody else's live code: draw another
            return made, code
        raise TransitionRefused(gettext("No code can be had now. Try again in a minute."))

    @classmethod
    @transaction.atomic
    def pick_up(cls, code: str, *, by: User, store: Store, address: str | None = None) -> Ticket | None:
        """The counter goes on with the case of this code: handler, visit and sight of the customer until closing time.

        None for a wrong, used or old code, all alike. The owner and the promises stay.
        """
        now = timezone.now()
        found = cls.objects.filter(digest=_digest(code), used_at=None, until__gt=now).select_related("ticket").first()
        if found is None or not found.ticket._locked().is_live:
            return None
        if not cls.objects.filter(pk=found.pk, used_at=None).update(used_at=now, used_by=by):
            return None
        ticket = found.ticket._locked()
        handover = Handover.objects.filter(ticket=ticket, returned_at=None).first()
        if handover is not None and handover.store_id != store.pk:
            # Another house was asked, and the customer came here.
            Handover.objects.filter(pk=handover.pk).update(returned_at=now, returned_by=by)
            handover = None
        if handover is None:
            handover = Handover.objects.create(ticket=ticket, store=store, handed_at=now)
        Handover.objects.filter(pk=handover.pk).update(picked_by=by, picked_at=now)
        receive(ticket.customer, by=by, store=store, how="code", address=address)
        channels = ticket.channels if ticket.channels[-1:] == ["store"] else [*ticket.channels, "store"][-20:]
        ticket._set(handler=by, channels=channels, snoozed_until=None)
        ticket._note_move("case.picked_up", by=by, store_id=store.pk)
        return ticket


def _digest(code: str) -> bytes:
    return salted_hmac("tickets.pickup", code, algorithm="sha256").digest()

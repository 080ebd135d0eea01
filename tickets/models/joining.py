"""Two cases that are one matter, joined and taken apart; one that is two, split; and cases that belong together."""

from datetime import timedelta
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Count, F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit
from tickets.models.entry import Entry
from tickets.models.ticket import Ticket
from tickets.models.topic import LIVE, State

UNDO = timedelta(days=30)
MOST_LINKS = 30


class CaseJoin(models.Model):
    """That one case went into another, or came out of it: who, when, and how it stood before. Undone within 30 days."""

    class Kind(models.TextChoices):
        MERGE = "merge", _("joined")
        SPLIT = "split", _("split")

    kind = models.CharField(max_length=5, choices=Kind)
    survivor = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="joins", db_index=False)
    other = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="+", db_index=False)
    entries = models.JSONField(default=list)  # the ids that moved
    before = models.JSONField(default=dict)  # what the other case's columns said
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        verbose_name, verbose_name_plural = _("join of cases"), _("joins of cases")
        constraints = [
            models.CheckConstraint(condition=~Q(survivor=F("other")), name="join_of_two"),
            models.UniqueConstraint(
                fields=["other"], condition=Q(kind="merge", undone_at=None), name="case_joined_once"
            ),
        ]
        indexes = [models.Index(fields=["survivor", "-at"], name="join_survivor")]

    def __str__(self) -> str:
        return f"{self.other_id} {self.kind} {self.survivor_id}"

    @classmethod
    @transaction.atomic
    def merge(cls, survivor: Ticket, other: Ticket, *, by: User) -> "CaseJoin":
        """The other case's words go into the survivor, each knows where it was written; its promises end there.

        Raises TransitionRefused for itself, another customer's, one that is done or joined already.
        """
        from tickets.promises import drop, follow

        # In the order of ids, so that X→Y and Y→X do not wait for each other.
        held = {row.pk: row for row in Ticket.objects.select_for_update(no_key=True)
                .filter(pk__in=[survivor.pk, other.pk]).order_by("pk")}  # fmt: skip
        if len(held) < 2:
            raise TransitionRefused(gettext("A case cannot be joined to itself."))
        survivor, other = held[survivor.pk], held[other.pk]
        if survivor.customer_id != other.customer_id:
            raise TransitionRefused(gettext("These are cases of two customers: join the customers first."))
        if State.MERGED in (survivor.state, other.state):
            raise TransitionRefused(gettext("One of them was joined to another case meanwhile."))
        if survivor.state not in LIVE:
            raise TransitionRefused(gettext("Join into a case that is still open."))
        now = timezone.now()
        moved = list(Entry.objects.filter(ticket=other).values_list("pk", flat=True))
        join = cls.objects.create(kind=cls.Kind.MERGE, survivor=survivor, other=other, by=by, entries=moved, before={
            "state": other.state, "dedup_key": other.dedup_key, "status": other.status_id, "waiting_since":
            other.waiting_since.isoformat() if other.waiting_since else None, "clocks": list(
                other.clocks.filter(met_at=None, dropped_at=None).values_list("pk", flat=True)),
        })  # fmt: skip
        Entry.objects.filter(ticket=other, origin=None).update(origin=other)
        Entry.objects.filter(ticket=other).update(ticket=survivor)
        drop(other, at=now)
        Ticket.objects.filter(pk=other.pk).update(
            state=State.MERGED, merged_into=survivor, dedup_key="", next_due_at=None, status=None,
            version=F("version") + 1,
        )  # fmt: skip
        # What went into the other before goes along, so that no chain is left.
        Ticket.objects.filter(merged_into=other.pk).update(merged_into=survivor)
        if other.waiting_since and (survivor.waiting_since is None or other.waiting_since < survivor.waiting_since):
            Ticket.objects.filter(pk=survivor.pk).update(waiting_since=other.waiting_since)
        other.handovers.filter(returned_at=None).update(returned_at=now, returned_by=by)
        _recount(survivor, other)
        follow(survivor)
        survivor._note_move("case.merged", by=by, other=other.number)
        other.tell()
        return join

    @classmethod
    @transaction.atomic
    def split(cls, ticket: Ticket, entries: list[int], subject: str, *, by: User) -> tuple["CaseJoin", Ticket]:
        """These words are another matter: they go into a new case of the same customer.

        Raises TransitionRefused for no words, words of another case, or all of them.
        """
        held = ticket._locked()
        own = list(Entry.objects.filter(ticket=held, pk__in=entries).values_list("pk", flat=True))
        if not own or len(own) != len(set(entries)):
            raise TransitionRefused(gettext("Choose what is another matter."))
        if len(own) == Entry.objects.filter(ticket=held).count():
            raise TransitionRefused(gettext("Leave something in this case."))
        made, _new = Ticket.open(
            held.customer, subject, topic=held.topic, channel=held.channel, by=by, store=held.store, owner=held.owner
        )
        Entry.objects.filter(pk__in=own, origin=None).update(origin=held)
        Entry.objects.filter(pk__in=own).update(ticket=made)
        join = cls.objects.create(kind=cls.Kind.SPLIT, survivor=held, other=made, entries=own, by=by)
        _recount(held, made)
        held._note_move("case.split", by=by, other=made.number)
        return join, Ticket.objects.get(pk=made.pk)

    @transaction.atomic
    def undo(self, *, by: User) -> None:
        """As it was: each word goes back to the case it was written in. Of two clicks one wins.

        Raises TransitionRefused after 30 days, a second time, or when a case was joined further on meanwhile.
        """
        from tickets.promises import follow

        now = timezone.now()
        cases = Ticket.objects.select_for_update(no_key=True).filter(pk__in=[self.survivor_id, self.other_id])
        held = {row.pk: row for row in cases.order_by("pk")}
        still = CaseJoin.objects.filter(pk=self.pk, undone_at=None, at__gte=now - UNDO)
        if not still.update(undone_at=now, undone_by=by):
            raise TransitionRefused(gettext("This was undone already, or is older than 30 days."))
        survivor, other = held[self.survivor_id], held[self.other_id]
        if self.kind == self.Kind.SPLIT:
            if other.state == State.MERGED:
                raise TransitionRefused(gettext("One of them was joined to another case meanwhile."))
            Entry.objects.filter(ticket=other).update(ticket=survivor)
            Ticket.objects.filter(pk=other.pk).update(
                state=State.MERGED, merged_into=survivor, dedup_key="", next_due_at=None, version=F("version") + 1
            )
            from tickets.promises import drop

            drop(Ticket.objects.get(pk=other.pk), at=now)
        else:
            self._back(survivor, other, now)
        _recount(survivor, other)
        follow(Ticket.objects.get(pk=other.pk))
        Ticket.objects.get(pk=survivor.pk)._note_move("case.unmerged", by=by, other=other.number)

    def _back(self, survivor: Ticket, other: Ticket, now: Any) -> None:
        if other.state != State.MERGED:
            raise TransitionRefused(gettext("One of them was joined to another case meanwhile."))
        # The words may stand further on: where they were written says where they belong.
        where = [pk for pk in (survivor.pk, survivor.merged_into_id) if pk]
        Entry.objects.filter(pk__in=self.entries, ticket__in=where).update(ticket=other)
        inside = CaseJoin.objects.filter(kind=self.Kind.MERGE, survivor=other, undone_at=None).values("other")
        Ticket.objects.filter(pk__in=inside, merged_into=survivor).update(merged_into=other)
        taken = self.before.get("dedup_key") and Ticket.objects.filter(
            customer=other.customer_id, dedup_key=self.before["dedup_key"], state__in=LIVE
        ).exclude(pk=other.pk).exists()  # fmt: skip
        Ticket.objects.filter(pk=other.pk).update(
            state=self.before["state"], merged_into=None, status=self.before.get("status"),
            dedup_key="" if taken else self.before.get("dedup_key", ""), waiting_since=self.before.get("waiting_since"),
            version=F("version") + 1,
        )  # fmt: skip
        other.clocks.filter(pk__in=self.before.get("clocks", ())).update(dropped_at=None)


class CaseLinkQuerySet(models.QuerySet["CaseLink"]):
    def of(self, ticket: Ticket) -> Self:
        return self.filter(Q(first=ticket) | Q(second=ticket))


class CaseLink(models.Model):
    """Two cases that belong together and stay two: the same cause, one after the other. Maybe of two customers."""

    class Kind(models.TextChoices):
        RELATED = "related", _("belongs together")
        CAUSE = "cause", _("the same cause")
        FOLLOWS = "follows", _("one after the other")

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.RELATED)
    first = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+", db_index=False)
    second = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    objects = CaseLinkQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("link of cases"), _("links of cases")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="link_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="link_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id}–{self.second_id}"

    @classmethod
    @transaction.atomic
    def tie(cls, one: Ticket, other: Ticket, *, by: User, kind: str = Kind.RELATED) -> "CaseLink":
        """Link them; linked already, they are linked as told now. Raises TransitionRefused for a case and itself."""
        if one.pk == other.pk:
            raise TransitionRefused(gettext("A case cannot be linked to itself."))
        if cls.objects.of(one).exclude(Q(first=other) | Q(second=other)).count() >= MOST_LINKS:
            raise TransitionRefused(gettext("This case has %(n)s links already.") % {"n": MOST_LINKS})
        first, second = sorted((one, other), key=lambda ticket: ticket.pk)
        link, made = cls.objects.get_or_create(first=first, second=second, defaults={"by": by, "kind": kind})
        if made or link.kind != kind:
            link.kind, link.by = kind, by
            link.save(update_fields=["kind", "by"])
            audit("case.linked", by=by, of=one, other=other.number, kind=kind)
            one.tell()
            other.tell()
        return link

    @transaction.atomic
    def untie(self, *, by: User) -> None:
        """They are no longer linked; who linked what and who took it away is in the audit."""
        if CaseLink.objects.filter(pk=self.pk).delete()[0]:
            audit("case.unlinked", by=by, of=self.first, other=self.second.number, kind=self.kind)
            self.first.tell()
            self.second.tell()


def _recount(*tickets: Ticket) -> None:
    for ticket in tickets:
        found = Entry.objects.filter(ticket=ticket.pk).aggregate(n=Count("pk"), last=Max("at"))
        Ticket.objects.filter(pk=ticket.pk).update(
            entries_count=found["n"], last_at=found["last"] or ticket.last_at, version=F("version") + 1
        )

"""What a person is to know of a case: a promise that ends, a word to them, a question, a case put into their hands."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scrm.kernel.nudges import nudge
from staff.models import User
from tickets.models.promise import PromiseClock
from tickets.models.ticket import Ticket


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> Self:
        """One's own. What the case says is shown only while one may see the case."""
        return self.filter(to=user)

    def unseen(self) -> Self:
        return self.filter(seen_at=None)

    def see(self, *, at: datetime | None = None) -> int:
        """Read, all of them at one moment, by which `unsee` finds them again; how many were new."""
        return self.unseen().update(seen_at=at or timezone.now())

    def unsee(self) -> int:
        return self.exclude(seen_at=None).update(seen_at=None)


class Notice(models.Model):
    """That a person was told, once: of a promise for each rung of the ladder, of anything else for each key.

    Details hold ids and codes; the sentence is made when it is read, in the reader's language.
    """

    class Kind(models.TextChoices):
        PROMISE = "promise", _("A promise ends soon")
        MENTION = "mention", _("Somebody named me in a note")
        GIVEN = "given", _("A case was given to me")
        ASKED = "asked", _("Goodwill waits for my word")
        DECIDED = "decided", _("Goodwill I asked for was decided")

    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PROMISE)
    clock = models.ForeignKey(PromiseClock, null=True, on_delete=models.CASCADE, related_name="notices", db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="notices", db_index=False)
    percent = models.PositiveSmallIntegerField(default=0)
    to = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices", db_index=False)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=60, blank=True)
    details = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("notice"), _("notices")
        constraints = [
            models.UniqueConstraint(fields=["clock", "percent", "to"], name="notice_once"),
            models.UniqueConstraint(fields=["to", "kind", "key"], condition=~Q(key=""), name="notice_key_once"),
            models.CheckConstraint(
                condition=Q(kind="promise", clock__isnull=False) | (~Q(kind="promise") & ~Q(key="")),
                name="notice_says_of_what",
            ),
        ]
        indexes = [
            models.Index(fields=["to", "-at"], name="notice_unseen", condition=Q(seen_at=None)),
            models.Index(fields=["to", "-at", "-id"], name="notice_list"),
            models.Index(fields=["seen_at"], name="notice_seen", condition=~Q(seen_at=None)),
            models.Index(fields=["ticket"], name="notice_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.ticket_id} → {self.to_id}"

    @classmethod
    def tell(
        cls, to: int, kind: "Notice.Kind", ticket: Ticket, *, key: str, by: User | None = None, **details: Any
    ) -> bool:
        """Let a colleague know, once by kind and key; nobody hears of what they did themselves. Whether it is new."""
        if by is not None and by.pk == to:
            return False
        made = Notice.objects.bulk_create(
            [Notice(to_id=to, kind=kind, ticket=ticket, key=key, by=by, details=details)], ignore_conflicts=True
        )
        nudge(f"user.{to}", "notices")
        return bool(made)

    @classmethod
    def settle(cls, kind: "Notice.Kind", key: str) -> None:
        """What it asked for is done, by whomever: it waits for nobody any more."""
        open_ones = cls.objects.unseen().filter(kind=kind, key=key)
        for user in set(open_ones.values_list("to", flat=True)):
            nudge(f"user.{user}", "notices")
        open_ones.see()

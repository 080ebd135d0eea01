"""Whether an article helped: said once per case by a colleague, once per visit by anybody else."""

import hashlib
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from staff.models import User
from tickets.models.article import ArticleVersion
from tickets.models.ticket import Ticket


class ArticleVote(models.Model):
    """One answer. `visitor` is a digest of a number made for one visit and this version: it names nobody, and two
    answers of one visit to different articles cannot be joined."""

    version = models.ForeignKey(ArticleVersion, on_delete=models.PROTECT, related_name="votes", db_index=False)
    helped = models.BooleanField()
    ticket = models.ForeignKey(Ticket, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    visitor = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("answer to “did this help”"), _("answers to “did this help”")
        constraints = [
            models.UniqueConstraint(fields=["version", "ticket"], condition=~Q(ticket=None), name="vote_once_a_case"),
            models.UniqueConstraint(fields=["version", "visitor"], condition=~Q(visitor=""), name="vote_once_a_visit"),
            models.CheckConstraint(
                condition=Q(ticket__isnull=False, by__isnull=False, visitor="")
                | (Q(ticket=None, by=None) & ~Q(visitor="")),
                name="vote_of_case_or_visit",
            ),
        ]
        indexes = [models.Index(fields=["ticket"], name="vote_ticket", condition=~Q(ticket=None))]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.helped}"

    @classmethod
    def in_case(cls, version: ArticleVersion, ticket: Ticket, *, helped: bool, by: User) -> "ArticleVote":
        return cls._cast(version, helped, {"ticket": ticket, "visitor": ""}, by=by)

    @classmethod
    def of_visit(cls, version: ArticleVersion, visit: str, *, helped: bool) -> "ArticleVote":
        """`visit` is the random number of one visit; it is not kept."""
        digest = hashlib.sha256(f"{visit}:{version.pk}".encode()).hexdigest()
        return cls._cast(version, helped, {"ticket": None, "visitor": digest}, by=None)

    @classmethod
    @transaction.atomic
    def _cast(cls, version: ArticleVersion, helped: bool, who: dict[str, Any], *, by: User | None) -> "ArticleVote":
        """The answer of a case or a visit, counted once; another answer takes the place of the first."""
        vote, made = cls.objects.get_or_create(version=version, **who, defaults={"helped": helped, "by": by})
        sums = ArticleVersion.objects.filter(pk=version.pk)
        now, before = ("helped", "not_helped") if helped else ("not_helped", "helped")
        if made:
            sums.update(**{now: F(now) + 1})
        # Of two changes at once one finds the row as it was: the sums move with it, once.
        elif cls.objects.filter(pk=vote.pk, helped=not helped).update(helped=helped, by=by, at=timezone.now()):
            sums.update(**{now: F(now) + 1, before: F(before) - 1})
            vote.helped = helped
        version.refresh_from_db(fields=["helped", "not_helped"])
        return vote

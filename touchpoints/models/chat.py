"""A visitor of the brand's own site who may write to us: known by a token their page holds for a day."""

import secrets
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from touchpoints.models.channel import Channel, hook_digest
from touchpoints.models.talk import Conversation

LIVES = timedelta(hours=24)


class Visitor(models.Model):
    """One page's chat. There is no customer before the first word."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="visitors")
    conversation = models.ForeignKey(Conversation, null=True, on_delete=models.PROTECT, related_name="visitors")
    key = models.CharField(max_length=40, unique=True)
    digest = models.BinaryField(max_length=32, unique=True)
    until = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("visitor"), _("visitors")
        indexes = [models.Index(fields=["until"], name="chat_visitor_until")]

    def __str__(self) -> str:
        return self.key

    @classmethod
    def begin(cls, channel: Channel) -> tuple[Self, str]:
        """A new visitor and the token, which nobody can read again."""
        token = secrets.token_urlsafe(24)
        visitor = cls.objects.create(
            channel=channel, key=f"v-{secrets.token_hex(16)}", digest=hook_digest(token), until=timezone.now() + LIVES
        )
        return visitor, token

    @classmethod
    def holding(cls, token: str) -> "Visitor | None":
        """The visitor of a living token; wrong, old and shortened ones look the same."""
        if not 20 <= len(token) <= 64:
            return None
        rows = cls.objects.select_related("channel", "conversation")
        return rows.filter(digest=hook_digest(token), until__gt=timezone.now(), channel__state="on").first()

    def renew(self) -> datetime:
        """At half of its life the token lives on, while the page is open."""
        if self.until < timezone.now() + LIVES / 2:
            self.until = timezone.now() + LIVES
            Visitor.objects.filter(pk=self.pk).update(until=self.until)
        return self.until

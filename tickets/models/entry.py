"""What was said or done in a case: rows that are only ever added."""

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from staff.models import User
from tickets.models.ticket import Ticket
from touchpoints.models import Attachment, Message


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, user: User) -> Self:
        """Those of the cases a person may see; the floor reads no notes but its own store's colleagues'."""
        return self.filter(Exists(Ticket.objects.visible_to(user).filter(pk=OuterRef("ticket")))).read_by(user)

    def read_by(self, user: User) -> Self:
        """Of a case one sees: the floor reads what was said and done, its own notes and those that name it."""
        from tickets.models.mention import EntryMention

        if user.may("cases.work"):
            return self
        named = Exists(EntryMention.objects.filter(entry=OuterRef("pk"), user=user))
        return self.filter(~Q(direction="") | Q(on_behalf=True) | Q(author=user) | named)


class Entry(models.Model):
    """One line of a case: in (the customer), out (we), or neither: a note the customer does not see.

    `on_behalf` marks what a colleague did or wrote down for the customer. `origin` is the case it was written in, when
    that was joined to another: it goes back by it.
    """

    class Direction(models.TextChoices):
        NONE = "", _("note")
        IN = "in", _("in")
        OUT = "out", _("out")

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="entries", db_index=False)
    origin = models.ForeignKey(Ticket, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    direction = models.CharField(max_length=3, choices=Direction, blank=True)
    channel = models.CharField(max_length=10, blank=True)
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    on_behalf = models.BooleanField(default=False)
    machine = models.BooleanField(default=False)
    body = models.TextField(blank=True)
    translations = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))  # language → the words
    message = models.OneToOneField(Message, null=True, on_delete=models.PROTECT, related_name="entry")
    at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=60)
    source_ref = models.CharField(max_length=120)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("entry of a case"), _("entries of cases")
        constraints = [models.UniqueConstraint(fields=["source", "source_ref"], name="entry_once")]
        indexes = [
            models.Index(fields=["ticket", "at", "id"], name="entry_ticket"),
            models.Index(fields=["customer"], name="entry_customer"),
            models.Index(fields=["origin"], name="entry_origin", condition=~Q(origin=None)),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.direction} {self.at}"

    @property
    def is_note(self) -> bool:
        return not self.direction and not self.on_behalf


class NoteFile(models.Model):
    """A file of an entry that is no message: a note, or what was handed over at a counter. A message has its own."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="note_files")
    attachment = models.OneToOneField(Attachment, on_delete=models.CASCADE, related_name="note_file")

    class Meta:
        verbose_name, verbose_name_plural = _("file of a note"), _("files of notes")

    def __str__(self) -> str:
        return f"{self.entry_id} {self.attachment_id}"


def files_of(entries: models.QuerySet[Entry]) -> models.QuerySet[Attachment]:
    """The files of entries: of their messages, and of notes."""
    by_message = Q(message__in=entries.exclude(message=None).values("message"))
    return Attachment.objects.filter(by_message | Q(note_file__entry__in=entries.values("pk"))).order_by("pk")

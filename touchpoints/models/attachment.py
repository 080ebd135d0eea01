"""A file of what was said: sealed under the customer's key, or only named with why it is not here."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, DataKey
from scrm.kernel import sealed_files
from scrm.kernel.refusals import TransitionRefused
from staff.models import User
from touchpoints.channels.protocol import File
from touchpoints.file_kinds import KINDS, SHOWN_AS_PICTURE, Looked, NotTaken, clean_name, look
from touchpoints.models.talk import Message

NAMED = 10  # files of one message that are written down at all, with why they are not here


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: User) -> Self:
        """Those in the conversations of customers a person may see; a case's page begins with the case."""
        return self.filter(
            Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))), message__isnull=False
        )

    def here(self) -> Self:
        return self.filter(left_out="")


class Attachment(models.Model):
    """One file of one message, or of a note (the room above says of which). Left out: a name and why, no content."""

    class LeftOut(models.TextChoices):
        HERE = "", _("here")
        EMPTY = "empty", _("it is empty")
        LARGE = "large", _("it is too large")
        MANY = "many", _("there were too many files")
        DAY = "day", _("too much came within a day")
        KIND = "kind", _("this kind of file is not taken")
        NAME = "name", _("its name says another kind than its content")
        ACTIVE = "active", _("it can hold a program or a script")
        PACKED = "packed", _("archives are not opened")
        MIXED = "mixed", _("it is two kinds of file at once")
        BROKEN = "broken", _("it is not whole")
        LAPSED = "lapsed", _("it was kept long enough and removed")

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="attachments", db_index=False)
    message = models.ForeignKey(
        Message, null=True, on_delete=models.PROTECT, related_name="attachments", db_index=False
    )
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)  # none: outside
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, blank=True, choices=[(kind, kind) for kind in KINDS])
    size = models.PositiveIntegerField()
    left_out = models.CharField(max_length=8, blank=True, choices=LeftOut)
    stored = models.CharField(max_length=32, blank=True)  # the made-up name in the store
    key = models.ForeignKey(DataKey, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    mark = models.BinaryField(max_length=32, default=b"")  # of the content, under the customer's key
    at = models.DateTimeField(default=timezone.now)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("attachment"), _("attachments")
        constraints = [
            models.CheckConstraint(
                condition=Q(left_out="", key__isnull=False) & ~Q(stored="") & ~Q(kind="")
                | ~Q(left_out="") & Q(stored="", key=None, mark=b""),
                name="attachment_here_or_left_out",
            ),
            models.UniqueConstraint(fields=["stored"], condition=~Q(stored=""), name="attachment_stored_once"),
            models.UniqueConstraint(
                fields=["message", "mark"], condition=Q(left_out="", message__isnull=False), name="attachment_once"
            ),
        ]
        indexes = [
            models.Index(fields=["message", "id"], name="attachment_message", condition=Q(message__isnull=False)),
            models.Index(fields=["customer", "at"], name="attachment_customer"),
            models.Index(fields=["at"], name="attachment_outside", condition=Q(by=None, left_out="")),
        ]

    def __str__(self) -> str:
        return f"{self.kind or self.left_out} {self.pk}"

    # Coming in

    @classmethod
    def looked_at(cls, files: list[File]) -> list[Looked]:
        """What a colleague chose, each looked at. Raises TransitionRefused naming the first that will not do."""
        most: int = settings.ATTACHMENTS_MOST
        if len(files) > most:
            raise TransitionRefused(gettext("At most %(n)s files go with one entry.") % {"n": most})
        found = []
        for file in files:
            try:
                found.append(look(file.name, file.content, most=settings.ATTACHMENT_BYTES))
            except NotTaken as not_taken:
                words = {"name": clean_name(file.name), "why": cls.LeftOut(not_taken.why).label}
                raise TransitionRefused(gettext("“%(name)s” was not kept: %(why)s.") % words) from None
        return found

    @classmethod
    @transaction.atomic
    def keep(
        cls, customer: Customer, files: list[Looked], *, by: User | None, message: Message | None = None,
        at: datetime | None = None,
    ) -> list["Attachment"]:  # fmt: skip
        """Seal and store what was looked at; the same content twice is kept once."""
        if not files:
            return []
        holder = DataKey.of(customer)
        key, made, known = holder.key(), [], set()
        for one in files:
            mark = hmac.new(key, hashlib.sha256(one.content).digest(), hashlib.sha256).digest()
            if mark in known:
                continue
            known.add(mark)
            row = cls(customer=customer, message=message, by=by, name=one.name, kind=one.kind, size=len(one.content),
                      key=holder, mark=mark, at=at or timezone.now())  # fmt: skip
            row.stored = sealed_files.write(one.content, key)
            row.save(force_insert=True)
            made.append(row)
        return made

    @classmethod
    @transaction.atomic
    def take_in(cls, message: Message, files: list[File]) -> list["Attachment"]:
        """What came from outside with a message: kept within the limits, the rest named with why it is not here."""
        taken: list[Looked] = []
        left: list[tuple[File, str]] = []
        for file in files:
            try:
                if len(taken) >= settings.ATTACHMENTS_MOST:
                    raise NotTaken("many")
                one = look(file.name, file.content, most=settings.ATTACHMENT_BYTES)
                if not cls._has_room(message.customer_id, taken, one):
                    raise NotTaken("day")
                taken.append(one)
            except NotTaken as not_taken:
                left.append((file, not_taken.why))
        kept = cls.keep(message.customer, taken, by=None, message=message)
        named = [
            Attachment(customer_id=message.customer_id, message=message, name=clean_name(file.name),
                       size=len(file.content), left_out=why) for file, why in left[:NAMED]
        ]  # fmt: skip
        return kept + Attachment.objects.bulk_create(named)

    @classmethod
    def _has_room(cls, customer: int, taken: list[Looked], one: Looked) -> bool:
        """Of what came from outside within a day: so many files and bytes of one customer, so many bytes of all."""
        outside = cls.objects.here().filter(by=None, at__gte=timezone.now() - timedelta(days=1))
        own = outside.filter(customer=customer)
        new = sum(len(each.content) for each in taken) + len(one.content)

        def held(rows: AttachmentQuerySet) -> int:
            return int(rows.aggregate(n=Sum("size"))["n"] or 0)

        return (
            own.count() + len(taken) < settings.ATTACHMENTS_A_DAY
            and held(own) + new <= settings.ATTACHMENT_BYTES_A_DAY
            and held(outside) + new <= settings.ATTACHMENT_BYTES_A_DAY_OF_ALL
        )

    # Going out and going away

    def pieces(self) -> Iterator[bytes]:
        """The content in clear, in pieces. Raises sealed_files.Missing before the first byte."""
        if self.key is None or self.key.destroyed_at:
            raise sealed_files.Missing(self.stored)
        return sealed_files.read(self.stored, self.size, self.key.key())

    @property
    def is_stored(self) -> bool:
        return sealed_files.is_there(self.stored)

    @property
    def content_type(self) -> str:
        return KINDS[self.kind][0]

    @property
    def is_picture(self) -> bool:
        return not self.left_out and self.kind in SHOWN_AS_PICTURE

    @classmethod
    @transaction.atomic
    def forget(cls, rows: models.QuerySet["Attachment"]) -> int:
        """Rows and files, for good; how many."""
        _remove_after(rows)
        return rows.delete()[0]

    @classmethod
    @transaction.atomic
    def lapse(cls, before: datetime) -> int:
        """The content of what was kept long enough goes; that there was a file stays."""
        rows = cls.objects.here().filter(at__lt=before)
        _remove_after(rows)
        return rows.update(left_out=cls.LeftOut.LAPSED, stored="", key=None, mark=b"")


def _remove_after(rows: models.QuerySet[Attachment]) -> None:
    """The files go when the change of their rows stands: a crash between leaves a file the sweep removes."""
    for name in list(rows.exclude(stored="").values_list("stored", flat=True)):
        transaction.on_commit(lambda name=name: sealed_files.remove(name), robust=True)  # type: ignore[misc]

"""Record files of the trade: sizes, skin, the home; each save is a new row, the former ones stay."""

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models.consent import Consent, Purpose
from customers.models.customer import Customer
from customers.models.identity import DataKey
from scrm.kernel import sealed
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import Words, WordsField
from staff.models import User, audit

LONGEST = 300
FIELD_KINDS = ("text", "number", "choice")


class RecordKind(models.Model):
    """What a file holds: its fields are a list of {key, name, kind, choices: [{code, name}]}."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = WordsField(_("name"))
    fields = models.JSONField(_("fields"), default=list)
    sensitive = models.BooleanField(
        _("sensitive"), default=False, help_text=_("Needs the customer's own consent; each opening is in the audit.")
    )
    place = models.PositiveSmallIntegerField(_("place"), default=50)
    used = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("kind of record file"), _("kinds of record files")
        ordering = ["place", "code"]

    def __str__(self) -> str:
        return str(self.name) or self.code

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """A kind that becomes sensitive seals what stands in it."""
        super().save(*args, **kwargs)
        if self.sensitive:
            for row in RecordFile.objects.select_for_update().filter(kind=self, key=None):
                row.hold(row.values, sealing=True)
                row.save(update_fields=["values", "key", "sealed"])

    def clean(self) -> None:
        keys = [field.get("key") for field in self.fields] if self._is_list_of_fields() else []
        if not keys or len(keys) != len(set(keys)):
            raise ValidationError({"fields": gettext("Give a list of {key, name, kind, choices}, each key once.")})

    def _is_list_of_fields(self) -> bool:
        return isinstance(self.fields, list) and all(
            isinstance(field, dict) and field.get("key") and isinstance(field.get("name"), dict)
            and field.get("kind") in FIELD_KINDS and (field["kind"] != "choice" or field.get("choices"))
            for field in self.fields
        )  # fmt: skip

    def asked(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        """The fields for a page: name, kind, choices, what stands there and how it is said."""
        found = []
        for field in self.fields:
            value = values.get(field["key"], "")
            choices = [(one["code"], str(Words(one["name"]))) for one in field.get("choices", ())]
            found.append({"key": field["key"], "name": str(Words(field["name"])), "kind": field["kind"],
                          "choices": choices, "value": value, "said": dict(choices).get(value, value)})  # fmt: skip
        return found

    def tidy(self, given: dict[str, str]) -> dict[str, str]:
        """What was typed, by key, nothing empty. Raises TransitionRefused for what a field does not take."""
        values: dict[str, str] = {}
        for field in self.fields:
            name, text = str(Words(field["name"])), " ".join(given.get(field["key"], "").replace("\0", "").split())
            if not text:
                continue
            if len(text) > LONGEST:
                raise TransitionRefused(gettext("%(name)s: at most 300 signs.") % {"name": name})
            if field["kind"] == "choice" and text not in [one["code"] for one in field["choices"]]:
                raise TransitionRefused(gettext("%(name)s: choose one of those offered.") % {"name": name})
            values[field["key"]] = _number(name, text) if field["kind"] == "number" else text
        return values


class RecordFileQuerySet(models.QuerySet["RecordFile"]):
    def without_consent(self, before: datetime | None = None) -> Self:
        """Sensitive ones whose customer does not allow them; with `before`, since longer than that."""
        last = Consent.objects.filter(customer=OuterRef("customer"), purpose=Purpose.SENSITIVE).order_by("-at", "-id")
        rows = self.filter(kind__sensitive=True).annotate(
            allowed=Subquery(last.values("given")[:1]), said_at=Subquery(last.values("at")[:1])
        )
        rows = rows.exclude(allowed=True)
        return rows.filter(Q(said_at__lt=before) | Q(said_at=None, at__lt=before)) if before else rows


class RecordFile(models.Model):
    """One version of a file; the newest counts. Of a sensitive kind it is sealed under the customer's key."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="records", db_index=False)
    kind = models.ForeignKey(RecordKind, on_delete=models.PROTECT, related_name="+", db_index=False)
    values = models.JSONField(default=dict)  # in clear; of a sensitive kind nothing
    sealed = models.BinaryField(default=b"")
    key = models.ForeignKey(DataKey, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    came_as = models.BigIntegerField(null=True)  # the record it belongs to, while that is joined to another

    objects = RecordFileQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("record file"), _("record files")
        indexes = [
            models.Index(fields=["customer", "kind", "-at", "-id"], name="record_customer"),
            models.Index(fields=["kind", "at"], name="record_kind"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(key=None, sealed=b"") | Q(key__isnull=False, values={}) & ~Q(sealed=b""),
                name="record_sealed_or_clear",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind_id} {self.at}"

    @classmethod
    @transaction.atomic
    def write(cls, customer: Customer, kind: RecordKind, given: dict[str, str], *, by: User) -> "RecordFile":
        """Save what is known now as a new version; the same again is the same version.

        Raises TransitionRefused without consent for a sensitive kind, for what a field does not take, a closed record.
        """
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        _be_allowed(customer, kind)
        values = kind.tidy(given)
        newest = cls.newest(customer, kind)
        if newest is not None and newest.in_clear() == values:
            return newest
        if newest is None and not values:
            raise TransitionRefused(gettext("Nothing is filled in."))
        made = cls(customer=customer, kind=kind, by=by)
        made.hold(values, sealing=kind.sensitive)
        made.save()
        customer.record("record.written", by=by, record=made.pk, kind_name=dict(kind.name))
        if kind.sensitive:
            audit("record.written", by=by, of=customer, kind=kind.code)
        return made

    @classmethod
    @transaction.atomic
    def open(cls, customer: Customer, kind: RecordKind, *, by: User) -> "RecordFile | None":
        """The newest version; opening a sensitive one is audited. Raises TransitionRefused without consent."""
        _be_allowed(customer, kind)
        if kind.sensitive:
            audit("record.opened", by=by, of=customer, kind=kind.code)
        return cls.newest(customer, kind)

    @classmethod
    def newest(cls, customer: Customer, kind: RecordKind) -> "RecordFile | None":
        rows = cls.objects.filter(customer=customer, kind=kind).select_related("by", "key")
        return rows.order_by("-at", "-id").first()

    def in_clear(self) -> dict[str, str]:
        """What it says; every caller that shows a sensitive one to a person logs that."""
        if self.key is None:
            return dict(self.values)
        said: dict[str, str] = json.loads(sealed.unseal(bytes(self.sealed), self.key.key()))
        return said

    def hold(self, values: dict[str, str], *, sealing: bool) -> None:
        """Take these values in, unsaved: sealed under the key of the record they belong to, or in clear."""
        self.values, self.key, self.sealed = values, None, b""
        if sealing:
            owner = Customer.objects.get(pk=self.came_as) if self.came_as else self.customer
            self.values, self.key = {}, DataKey.of(owner)
            self.sealed = sealed.seal(json.dumps(values), self.key.key())


def _be_allowed(customer: Customer, kind: RecordKind) -> None:
    if kind.sensitive and not Consent.objects.allows(customer, Purpose.SENSITIVE):
        raise TransitionRefused(gettext("The customer has not allowed health and body notes: ask first."))


def _number(name: str, text: str) -> str:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not 0 <= number < 100_000:
        raise TransitionRefused(gettext("%(name)s: write a number.") % {"name": name})
    return f"{number.normalize():f}"

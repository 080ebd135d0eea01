"""How one channel knows the person: sealed, found by blind index, shown by its tail."""

import re
from datetime import datetime
from typing import Self

import phonenumbers
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from scrm.kernel import sealed
from staff.alarms import watch_reveals
from staff.models import User, audit

BLOCKED = {"", "0", "无", "無", "null", "none", "n/a", "na", "nan", "-", "unknown", "13800000000"}
HOME_REGION = "CN"


class DataKey(models.Model):
    """One customer's key, wrapped by the master key; destroying it makes what it sealed unreadable for ever."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="data_keys")
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"key of {self.customer_id}"

    @classmethod
    def of(cls, customer: Customer) -> "DataKey":
        """The customer's live key, made at first need."""
        found = cls.objects.filter(customer=customer, destroyed_at=None).order_by("pk").first()
        return found or cls.objects.create(customer=customer, wrapped=sealed.new_data_key()[1])

    def key(self) -> bytes:
        return sealed.unwrap(bytes(self.wrapped))


class IdentityQuerySet(models.QuerySet["Identity"]):
    def live(self) -> Self:
        return self.filter(active=True)

    def holding(self, kind: str, value: str) -> Self:
        """The live identities that hold exactly this value, in whatever way it was typed."""
        tidy = Identity.tidy(kind, value)
        return self.live().filter(kind=kind, blind_index__in=sealed.blind_indexes(kind, tidy)) if tidy else self.none()

    def naming(self, kind: str, value: str) -> Self:
        """The one that says who a person is; a household's phone or a store's device names nobody."""
        return self.holding(kind, value).filter(shared=False)


class Identity(models.Model):
    """One identifier of one customer. `shared` ones (a store's tablet, a household phone) never join people."""

    class Kind(models.TextChoices):
        PHONE = "phone", _("Phone")
        MEMBER_NO = "member_no", _("Member number")
        MAIL = "mail", _("Mail")
        WECOM = "wecom", _("WeCom")
        UNIONID = "unionid", _("WeChat")
        APP = "app", _("App account")
        WEB = "web", _("Web account")
        SHOP = "shop", _("Shop account")
        QR = "qr", _("Member code")
        DEVICE = "device", _("Device")
        ID_NUMBER = "id_number", _("ID number")

    STRONG = {Kind.PHONE, Kind.MEMBER_NO, Kind.QR, Kind.UNIONID, Kind.ID_NUMBER}

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="identities")
    kind = models.CharField(max_length=10, choices=Kind)
    blind_index = models.BinaryField(max_length=32)
    sealed = models.BinaryField()
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    tail = models.CharField(max_length=4, blank=True)
    hint = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=60, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    shared = models.BooleanField(default=False)
    active = models.BooleanField(default=True)
    suspended_at = models.DateTimeField(null=True, blank=True)  # what we send there comes back
    created_at = models.DateTimeField(auto_now_add=True)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("identity"), _("identities")
        indexes = [models.Index(fields=["tail", "kind", "customer"], name="identity_tail", condition=~Q(tail=""))]
        constraints = [
            models.UniqueConstraint(fields=["kind", "blind_index"], condition=Q(active=True), name="identity_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.hint}"

    def in_clear(self) -> str:
        """The value itself; every caller that shows it to a person logs that."""
        return sealed.unseal(bytes(self.sealed), self.key.key())

    @transaction.atomic
    def reveal(self, *, by: User, address: str | None = None) -> str:
        """The value for a person's eyes, logged; too many within an hour raise an alarm."""
        audit("customer.revealed", by=by, of=self.customer, address=address, identity=self.pk)
        watch_reveals(by)
        return self.in_clear()

    @classmethod
    def of(
        cls, customer: Customer, *, kind: str, value: str, key: DataKey, source: str = "",
        verified_at: datetime | None = None, shared: bool = False, secret: bytes | None = None,
    ) -> "Identity":  # fmt: skip
        """An unsaved identity of a tidy value (`secret` is the unwrapped key, when the caller has it)."""
        return cls(
            customer=customer, kind=kind, blind_index=sealed.blind_index(kind, value),
            sealed=sealed.seal(value, secret or key.key()), key=key, tail=cls.tail_of(kind, value),
            hint=cls.mask(kind, value), source=source, verified_at=verified_at, shared=shared,
        )  # fmt: skip

    @staticmethod
    def tidy(kind: str, value: str) -> str:
        """The one spelling of a value, or "" for one that says nothing (空, 000…, null)."""
        text = value.translate(FULL_WIDTH).strip()
        if text.casefold() in BLOCKED or re.fullmatch(r"0+", text):
            return ""
        if kind == Identity.Kind.PHONE:
            return _tidy_phone(text)
        if kind == Identity.Kind.MAIL:
            return text.casefold() if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) else ""
        if kind in (Identity.Kind.ID_NUMBER, Identity.Kind.MEMBER_NO):
            return re.sub(r"[\s-]", "", text).upper()
        return text

    @staticmethod
    def tail_of(kind: str, value: str) -> str:
        return value[-4:] if kind == Identity.Kind.PHONE else ""

    @staticmethod
    def mask(kind: str, value: str) -> str:
        """What a list may show: 199****1234, m***@example.com, otherwise two ends."""
        if kind == Identity.Kind.PHONE:
            local = value.removeprefix("+86")
            return f"{local[:3]}****{local[-4:]}" if local == value[3:] else f"{value[:4]} ****{value[-4:]}"
        if kind == Identity.Kind.MAIL:
            name, _at, host = value.partition("@")
            return f"{name[:1]}***@{host}"[:60]
        if kind == Identity.Kind.MEMBER_NO:
            return value[:60]
        return f"{value[:3]}***{value[-2:]}" if len(value) > 6 else "***"


FULL_WIDTH = {0xFF01 + step: 0x21 + step for step in range(94)} | {0x3000: 0x20}


def _tidy_phone(text: str) -> str:
    digits = re.sub(r"[\s().\-–]", "", text)
    if re.fullmatch(r"1\d{10}", digits):  # the usual case, without the library's cost
        return "" if digits in BLOCKED else f"+86{digits}"
    try:
        number = phonenumbers.parse(digits, HOME_REGION)
    except phonenumbers.NumberParseException:
        return ""
    # Possible, not valid: a number of a new range is a person too.
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

"""The one person behind all identities."""

from datetime import date, datetime, timedelta
from typing import Any, Self

from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scrm.kernel import registry
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User, audit

SCOPE_MONTHS = 24


class CustomerQuerySet(models.QuerySet["Customer"]):
    def visible_to(self, user: User) -> Self:
        """The customers a person may see: by store tie of 24 months, as own client, by an open visit grant, or by what
        is registered (who has a case of theirs in hand)."""
        if not user.may("customer.read"):
            return self.none()
        if user.sees_whole_brand:
            return self
        since = timezone.localdate() - timedelta(days=SCOPE_MONTHS * 30.4375 // 1)
        tied = StoreTie.objects.filter(customer=OuterRef("pk"), store__in=user.store_ids, last_on__gte=since)
        granted = VisitGrant.objects.filter(customer=OuterRef("pk"), store__in=user.store_ids, until__gt=timezone.now())
        seen = Q(home_store__in=user.store_ids) | Q(advisor=user) | Exists(tied) | Exists(granted)
        for sight in registry.sights.all():
            seen |= sight(user)
        return self.filter(seen)

    def living(self) -> Self:
        """Neither merged into another nor erased."""
        return self.filter(merged_into=None, erased_at=None)

    def holder_of(self, pk: int) -> tuple[int, int | None]:
        """Who holds what is brought to this record now: (the holder's id, the record's own when it was joined).

        A merge of either waits until the caller's transaction ends.
        """
        holder = self.filter(pk=pk).values_list("merged_into", flat=True).first() or pk
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                # In the order of ids, as a merge locks them.
                cursor.execute(
                    "select id, merged_into_id from customers_customer where id = any(%s) order by id for key share",
                    [[pk, holder]],
                )
                now = dict(cursor.fetchall()).get(pk) or pk
                if now == holder:
                    return holder, pk if holder != pk else None
                # Joined or taken apart meanwhile: let go before taking the next ones, or two could wait crosswise.
                transaction.set_rollback(True)
            holder = now


class Customer(models.Model):
    """A person. Provisional until a name or a strong identity is known; never deleted, only merged or erased."""

    class Salutation(models.TextChoices):
        NONE = "", "—"
        TEACHER = "teacher", _("Teacher")
        MANAGER = "manager", _("Manager")

    number = models.CharField(_("member number"), max_length=40, unique=True)
    family_name = models.CharField(_("family name"), max_length=80, blank=True)
    given_name = models.CharField(_("given name"), max_length=80, blank=True)
    display_name = models.CharField(_("name"), max_length=200)
    latin_name = models.CharField(_("Latin name"), max_length=120, blank=True)
    salutation = models.CharField(max_length=10, choices=Salutation, default=Salutation.NONE, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    birth_month = models.PositiveSmallIntegerField(null=True, blank=True)
    birth_day = models.PositiveSmallIntegerField(null=True, blank=True)
    company_name = models.CharField(max_length=200, blank=True)
    locale = models.CharField(max_length=8, default="zh-hans")
    home_store = models.ForeignKey(
        Store, null=True, blank=True, on_delete=models.PROTECT, related_name="customers", db_index=False
    )
    advisor = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="clients", db_index=False
    )
    provisional = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    attributes = models.JSONField(default=dict, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("customer"), _("customers")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["home_store", "-id"], name="customer_home"),
            models.Index(fields=["advisor", "-id"], name="customer_advisor", condition=~Q(advisor=None)),
            models.Index(fields=["display_name"], name="customer_name", opclasses=["text_pattern_ops"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(birth_month=None, birth_day=None) | Q(birth_month__range=(1, 12), birth_day__range=(1, 31)),
                name="customer_birthday_whole",
            ),
            models.CheckConstraint(condition=~Q(merged_into=models.F("id")), name="customer_not_into_itself"),
        ]

    def __str__(self) -> str:
        return self.display_name or self.number

    @property
    def birthday(self) -> str:
        return f"{self.birth_month:02}-{self.birth_day:02}" if self.birth_month and self.birth_day else ""

    def record(
        self,
        kind: str,
        *,
        by: User | None = None,
        at: datetime | None = None,
        channel: str = "",
        store: int | None = None,
        business_date: date | None = None,
        source: str = "",
        source_ref: str = "",
        came_as: int | None = None,
        **details: Any,
    ) -> Any:
        """Write one timeline line in the caller's transaction, wake who listens, nudge open pages."""
        from customers.models.event import Event

        return Event.objects.record(
            customer=self, kind=kind, by=by, at=at, channel=channel, store=store, business_date=business_date,
            source=source, source_ref=source_ref, came_as=came_as, details=details,
        )  # fmt: skip

    @transaction.atomic
    def receive(self, *, by: User, store: Store, until: datetime, address: str | None = None) -> "VisitGrant":
        """Open this customer to the store's counter until closing time, logged and counted.

        Raises TransitionRefused for a merged or erased customer, or a store that is not the receiver's.
        """
        if self.merged_into_id or self.erased_at:
            raise TransitionRefused(_("This customer's record is closed."))
        if not by.may("counter.receive") or store.pk not in by.store_ids:
            raise TransitionRefused(_("Only the counter of your own store can receive customers."))
        grant, opened = VisitGrant.objects.get_or_create(
            customer=self, store=store, until=until, defaults={"opened_by": by}
        )
        if opened:
            audit("customer.received", by=by, of=self, address=address, store=store.pk)
        return grant


class StoreTie(models.Model):
    """That a customer bought at or visited a store, last on a day: what staff of the store may see follows from it."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="store_ties", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    last_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "store"], name="store_tie_once")]
        indexes = [models.Index(fields=["store", "-last_on", "customer"], name="store_tie_store")]

    def __str__(self) -> str:
        return f"{self.customer_id}–{self.store_id} {self.last_on}"


class VisitGrant(models.Model):
    """The counter's leave to open a customer of elsewhere who stands in the store: till closing time, no longer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="visit_grants", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    opened_at = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "store", "until"], name="visit_grant_once")]

    def __str__(self) -> str:
        return f"{self.customer_id} at {self.store_id} until {self.until}"


class Address(models.Model):
    """A postal address in clear: it is searched and printed."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    label = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, default="CN")
    region = models.CharField(max_length=80, blank=True)
    city = models.CharField(max_length=80, blank=True)
    district = models.CharField(max_length=80, blank=True)
    street = models.CharField(max_length=200, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=60, blank=True)
    source_ref = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_ref"], condition=~Q(source_ref=""), name="address_source_once"
            )
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.city, self.district, self.street) if part)

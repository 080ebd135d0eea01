"""One person's coupon: held for a basket, used, given back, frozen, cancelled."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from loyalty.baskets import Held
from loyalty.codes import grouped
from loyalty.models.account import OtherPayload
from loyalty.models.redeeming import redeem_at_once
from loyalty.models.redemption import Redemption
from loyalty.models.template import CouponTemplate
from loyalty.models.using import Use, unusable
from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit

HELD_MINUTES = 30
GRACE = timedelta(days=7)  # for a coupon that comes back after its end; its terms say so


def _in_time(at: datetime) -> Q:
    return Q(valid_from__lte=at) & (Q(valid_until=None) | Q(valid_until__gt=at))


def _free(at: datetime) -> Q:
    return Q(state="issued") | Q(state="reserved", held_until__lte=at)


class CouponQuerySet(models.QuerySet["Coupon"]):
    def visible_to(self, user: User) -> Self:
        """The coupons of the customers a person may see; those not given yet only where the set-up is seen."""
        if user.sees_whole_brand and user.may("customer.read"):
            return self if user.may("setup.read") else self.exclude(customer=None)
        return self.filter(Exists(Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))))

    def usable(self, at: datetime | None = None) -> Self:
        """Issued or no longer held, begun, not over: whatever the sweeps have marked."""
        at = at or timezone.now()
        return self.filter(_free(at) & _in_time(at))


class Coupon(models.Model):
    """One coupon. minted → issued → reserved → redeemed; reserved → issued (released, or its time ran out);

    redeemed → issued (undone, or returned by a refund); issued → expired; issued ⇄ frozen; any but redeemed →
    cancelled. `record` is the customer record it was given to: `nth` counts per template and record.
    """

    class State(models.TextChoices):
        MINTED = "minted", _("Not given yet")
        ISSUED = "issued", _("Usable")
        RESERVED = "reserved", _("Held for a basket")
        REDEEMED = "redeemed", _("Used")
        EXPIRED = "expired", _("Over")
        CANCELLED = "cancelled", _("Cancelled")
        FROZEN = "frozen", _("Frozen")

    template = models.ForeignKey(CouponTemplate, on_delete=models.PROTECT, related_name="coupons", db_index=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.PROTECT, related_name="coupons", db_index=False)
    came_as = models.BigIntegerField(null=True)
    record = models.BigIntegerField(null=True)
    nth = models.PositiveSmallIntegerField(null=True)
    code = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=9, choices=State, default=State.ISSUED)
    drop = models.ForeignKey("loyalty.Drop", null=True, on_delete=models.PROTECT, related_name="slots", db_index=False)
    issued_at = models.DateTimeField(null=True)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    channel = models.CharField(max_length=10, blank=True)  # where it was given
    given_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=10, blank=True)
    source = models.CharField(max_length=60, blank=True)
    source_ref = models.CharField(max_length=120, blank=True)
    held_by = models.CharField(max_length=120, blank=True)  # who holds it for a basket: “till:<client>:<ref>”
    held_until = models.DateTimeField(null=True)

    objects = CouponQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("coupon"), _("coupons")
        constraints = [
            models.UniqueConstraint(
                fields=["template", "record", "nth"], name="coupon_within_the_customers_limit",
                condition=~Q(record=None) & ~Q(nth=None),
            ),
            models.UniqueConstraint(
                fields=["source", "source_ref"], name="coupon_source_once", condition=~Q(source_ref="")
            ),
            models.UniqueConstraint(
                fields=["drop", "record"], name="coupon_one_of_a_drop", condition=~Q(drop=None) & ~Q(record=None)
            ),
            models.CheckConstraint(
                condition=Q(state="minted", customer=None)
                | (~Q(state="minted") & (~Q(customer=None) | Q(state="cancelled"))),
                name="coupon_given_has_an_owner",
            ),
            models.CheckConstraint(
                condition=(Q(state="reserved") & ~Q(held_by="") & ~Q(held_until=None))
                | (~Q(state="reserved") & Q(held_by="")),
                name="coupon_held_has_a_holder",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["customer", "state", "valid_until"], name="coupon_customer",
                         condition=~Q(customer=None)),
            models.Index(fields=["template", "state"], name="coupon_template_state"),
            models.Index(fields=["drop", "id"], name="coupon_slot_free", condition=Q(state="minted")),
            models.Index(fields=["held_until"], name="coupon_held", condition=Q(state="reserved")),
            models.Index(fields=["valid_until"], name="coupon_over", condition=Q(state="issued")),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.code

    @property
    def tail(self) -> str:
        """What of the code is written down elsewhere."""
        return self.code[-4:]

    @property
    def shown_code(self) -> str:
        return grouped(self.code)

    @property
    def held(self) -> Held:
        """As plain values, for a basket."""
        return Held(self.pk, self.template.rule, self.valid_from, self.valid_until, self.template.name)

    # Verbs: one conditional UPDATE each. Each raises TransitionRefused; a code that cannot be used always in the same
    # words, whatever is wrong with it.

    @transaction.atomic
    def reserve(self, *, holder: str, minutes: int = HELD_MINUTES) -> datetime:
        """Hold it for one basket; the same holder may hold it longer. Until when."""
        now = timezone.now()
        until = now + timedelta(minutes=minutes)
        mine = Q(state=self.State.RESERVED, held_by=holder, held_until__gt=now)
        free = mine | (_free(now) & _in_time(now))
        if not holder or not self._move(free, state=self.State.RESERVED, held_by=holder, held_until=until):
            raise unusable()
        return until

    @transaction.atomic
    def release(self, *, holder: str) -> None:
        """The basket does without it."""
        if not self._move(Q(state=self.State.RESERVED, held_by=holder), state=self.State.ISSUED):
            raise TransitionRefused(gettext("It is not held for this basket any more."))

    @transaction.atomic
    def redeem(self, use: Use, *, holder: str = "") -> Redemption:
        """Use it, from free or from this holder's own hold. The same source and key give the first use again.

        Raises OtherPayload for a key with another content.
        """
        try:
            use.check(self.template)
        except TransitionRefused:
            if (before := Redemption.objects.same(self, use)) is not None:  # a repeat asks nothing of its own hour
                return before
            raise
        return redeem_at_once(self, use, holder)

    @transaction.atomic
    def undo(self, *, by: User) -> None:
        """Take back the use that stands, within the time the counter has."""
        standing = self.redemptions.filter(undone_at=None).first()
        if standing is None:
            raise TransitionRefused(gettext("It is not used."))
        standing.undo(by=by)
        self.refresh_from_db(fields=["state", "valid_until"])

    @transaction.atomic
    def return_for_refund(self, *, by: User | None = None) -> bool:
        """The purchase went back: so does the coupon, if its rule says so. Whether it did."""
        standing = self.redemptions.filter(undone_at=None).first()
        if standing is None or self.template.on_refund != CouponTemplate.OnRefund.BACK:
            return False
        return self._take_back(standing, why="refund", by=by)

    @transaction.atomic
    def freeze(self, *, by: User, reason: str = "") -> None:
        """Nobody can use it until it is let go."""
        if not self._move(Q(state__in=[self.State.ISSUED, self.State.RESERVED]), state=self.State.FROZEN):
            raise TransitionRefused(gettext("Only a coupon that can be used is frozen."))
        audit("coupon.frozen", by=by, of=self, template=self.template.code, tail=self.tail, reason=reason)

    @transaction.atomic
    def unfreeze(self, *, by: User) -> None:
        if not self._move(Q(state=self.State.FROZEN), state=self.State.ISSUED):
            raise TransitionRefused(gettext("It is not frozen."))
        audit("coupon.unfrozen", by=by, of=self, template=self.template.code, tail=self.tail)

    @transaction.atomic
    def cancel(self, *, by: User | None, reason: str) -> None:
        """Take it away for good; a used one stays used."""
        person, _record = self._person()
        alive = [self.State.MINTED, self.State.ISSUED, self.State.RESERVED, self.State.FROZEN]
        if not self._move(Q(state__in=alive), state=self.State.CANCELLED):
            raise TransitionRefused(gettext("A coupon that is used or over cannot be cancelled."))
        audit("coupon.cancelled", by=by, of=self, template=self.template.code, tail=self.tail, reason=reason)
        if person is not None:
            self.tell("coupon.cancelled", person, by=by)

    def tell(self, kind: str, person: Customer, *, by: User | None = None, **where: Any) -> None:
        """Its line in the timeline: never the code, only how it ends."""
        more = where.pop("details", {})
        person.record(
            kind, by=by, came_as=self.came_as, coupon=dict(self.template.name), template=self.template.code,
            id=self.pk, tail=self.tail, **more, **where,
        )  # fmt: skip

    # private

    def _person(self) -> tuple[Customer | None, int]:
        """Whose it is now: locked before the coupon, in the order a merge locks, so that neither waits crosswise."""
        if self.record is None:
            return None, 0
        holder, self.came_as = Customer.objects.holder_of(self.record)
        person = self.customer if self.customer_id == holder else Customer.objects.get(pk=holder)
        self.customer = person
        return person, self.record

    def _move(self, start: Q, *, state: "Coupon.State", **sets: Any) -> bool:
        """One conditional UPDATE; what it sets stands on this object too."""
        sets = {"held_by": "", "held_until": None} | sets | {"state": state}
        if not Coupon.objects.filter(start, pk=self.pk).update(**sets):
            return False
        for name, value in sets.items():
            setattr(self, name, value)
        return True

    def _write_use(self, use: Use, person: Customer | None, record: int, *, at: datetime, lost: str = "") -> Redemption:
        """The row of a use; `lost` is why it does not stand."""
        try:
            with transaction.atomic():
                made = Redemption.objects.create(
                    coupon=self, record=record, at=at, undone_at=timezone.now() if lost else None, undone_why=lost,
                    **use.columns(at),
                )  # fmt: skip
        except IntegrityError as error:
            if "redemption_source_once" not in str(error):
                raise
            raise OtherPayload(gettext("This key was used for something else.")) from None
        if person is not None and not lost:
            self.tell_use(use, person, made)
        return made

    def tell_use(self, use: Use, person: Customer, made: Redemption) -> None:
        self.tell(
            "coupon.redeemed", person, by=use.by, at=made.at, channel=use.channel, source=use.source,
            store=use.store.pk if use.store else None, business_date=made.business_date,
            details={"off": use.off, "currency": use.currency, "order": use.order_ref},
        )  # fmt: skip

    def _take_back(self, standing: Redemption, *, why: str, by: User | None) -> bool:
        """The coupon can be used again, and this use stands no more. The coupon's row first, as `redeem` does."""
        person, _record = self._person()
        until = self._back_until(standing)
        over = until is not None and until <= timezone.now()
        state = self.State.EXPIRED if over else self.State.ISSUED
        if not self._move(Q(state=self.State.REDEEMED), state=state, valid_until=until):
            return False
        if not Redemption.objects.filter(pk=standing.pk, undone_at=None).update(
            undone_at=timezone.now(), undone_by=by, undone_why=why
        ):
            # Another use stands by now: nothing of ours happened.
            transaction.set_rollback(True)
            return False
        if person is not None:
            self.tell("coupon.returned", person, by=by, store=standing.store_id)
        return True

    def _back_until(self, standing: Redemption) -> datetime | None:
        """Its end when it comes back: as it was; if it ended meanwhile a week from now, once."""
        now, end = timezone.now(), self.valid_until
        if end is None or end > now or end <= standing.at:
            return end
        usual = self.template.valid_until(self.issued_at) if self.issued_at else None
        return end if usual is not None and end > usual else now + GRACE

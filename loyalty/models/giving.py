"""Giving one coupon: the stock to the unit, each customer's share, the same key once."""

from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from loyalty.codes import new_code
from loyalty.models.account import OtherPayload
from loyalty.models.coupon import Coupon
from loyalty.models.level import Level, LevelMembership
from loyalty.models.template import CouponTemplate
from scrm.kernel.refusals import TransitionRefused
from staff.models import User


@transaction.atomic
def give(
    template: CouponTemplate, customer: Customer, *, by: User | None, channel: str, source: str, key: str,
    reason: str, store: int | None,
) -> Coupon:  # fmt: skip
    """It goes to whoever holds this record now, and carries the record. Raises TransitionRefused, OtherPayload.

    The stock is a conditional UPDATE; its lock also lets two at once for one person count each other.
    """
    holder, joined = Customer.objects.holder_of(customer.pk)
    record, now = joined or holder, timezone.now()
    if (before := _given_before(template, source, key, record)) is not None:
        return before
    person = customer if holder == customer.pk else Customer.objects.get(pk=holder)
    if person.erased_at:
        raise TransitionRefused(_("This customer's record is closed."))
    if other := _of_other_levels(template, holder):
        raise TransitionRefused(other)
    taken = CouponTemplate.objects.given_out(now).filter(pk=template.pk).update(issued=F("issued") + 1)
    if (before := _given_before(template, source, key, record)) is not None:  # it came while we waited for the stock
        if taken:
            CouponTemplate.objects.filter(pk=template.pk).update(issued=F("issued") - 1)
        return before
    if not taken:
        raise TransitionRefused(template.not_given_out(now))
    coupon = Coupon(
        template=template, customer=person, came_as=joined, record=record, nth=_next(template, holder, record),
        code=new_code(), issued_at=now, valid_from=now, valid_until=template.valid_until(now), channel=channel,
        given_by=by, reason=reason, source=source, source_ref=key,
    )  # fmt: skip
    _write(coupon)
    coupon.tell("coupon.issued", person, by=by, at=now, channel=channel, store=store, source=source)
    return coupon


def why_not(template: CouponTemplate, holder: int) -> str:
    """Why this customer may not have one, of level or number, before it is asked for; "" where nothing speaks
    against it. What counts is what `give` finds then."""
    if other := _of_other_levels(template, holder):
        return other
    got = Coupon.objects.filter(customer=holder, template=template).count()
    return _enough(template) if got >= template.per_customer else ""


def _of_other_levels(template: CouponTemplate, holder: int) -> str:
    other = template.levels and not levels_of(holder) & set(template.levels)
    return _("This coupon is for other levels.") if other else ""


def _enough(template: CouponTemplate) -> str:
    return _("Each customer gets %(most)s of these.") % {"most": template.per_customer}


def levels_of(holder: int) -> set[str]:
    """The codes of the levels a customer stands in; who stands in none is where everybody begins."""
    codes = set(LevelMembership.objects.filter(customer=holder, ended_on=None).values_list("level__code", flat=True))
    return codes or set(Level.objects.filter(rank=0).values_list("code", flat=True))


def grade_of(holder: int) -> str:
    """The code of the highest level a customer stands in, "" for none."""
    held = LevelMembership.objects.filter(customer=holder, ended_on=None).order_by("-level__rank")
    return held.values_list("level__code", flat=True).first() or ""


def _given_before(template: CouponTemplate, source: str, key: str, record: int) -> Coupon | None:
    found = Coupon.objects.filter(source=source, source_ref=key).first() if key else None
    if found is not None and (found.template_id, found.record) != (template.pk, record):
        raise OtherPayload(_("This key was used for something else."))
    return found


def _next(template: CouponTemplate, holder: int, record: int) -> int:
    """The coupon's number: behind all the holder ever got, and behind the record's own, which may be ahead of them
    after records came apart. Raises TransitionRefused at the limit."""
    mine = Coupon.objects.filter(Q(customer=holder) | Q(record=record), template=template)
    numbers = mine.aggregate(
        got=models.Count("pk", filter=Q(customer=holder)), last=models.Max("nth", filter=Q(record=record))
    )
    if numbers["got"] >= template.per_customer:
        raise TransitionRefused(_enough(template))
    return int(max(numbers["got"], numbers["last"] or 0)) + 1


def _write(coupon: Coupon) -> None:
    try:
        with transaction.atomic():
            coupon.save(force_insert=True)
    except IntegrityError as error:
        if "coupon_source_once" not in str(error):
            raise
        raise OtherPayload(_("This key was used for something else.")) from None

"""A flash drop at work: its slots, the check of what it feels like, the claim, the kill switch, the honest answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F, Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models.link import digest_of
from loyalty.codes import new_code
from loyalty.models import Coupon, CouponTemplate, Drop, DropTry
from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit

FEELS_FAIR = 50  # percent of the face value that must be worth its face to those who get it
GONE_FOR = 24 * 3600


@dataclass(frozen=True)
class Prize:
    """One sort of slot: how many, what it says, how many purchases it could be used on as they are (percent)."""

    template: CouponTemplate
    slots: int
    face: int
    usable_percent: int

    @property
    def felt(self) -> int:
        """What one of these is worth to who gets it, in minor units: its face, as often as it can be used."""
        return self.face * self.usable_percent // 100

    @property
    def is_cash(self) -> bool:
        return not self.template.threshold


@dataclass(frozen=True)
class Felt:
    """The felt-value check of a drop: money as it is said against money as it can be used."""

    prizes: tuple[Prize, ...]

    @property
    def slots(self) -> int:
        return sum(prize.slots for prize in self.prizes)

    @property
    def face(self) -> int:
        return sum(prize.face * prize.slots for prize in self.prizes)

    @property
    def felt(self) -> int:
        return sum(prize.felt * prize.slots for prize in self.prizes)

    @property
    def percent(self) -> int:
        return 100 * self.felt // self.face if self.face else 100

    @property
    def cash_percent(self) -> int:
        return 100 * sum(prize.slots for prize in self.prizes if prize.is_cash) // self.slots if self.slots else 0

    @property
    def is_fair(self) -> bool:
        return self.percent >= FEELS_FAIR


REACH = """
select count(*), count(*) filter (where base_total >= %(threshold)s) from (
  select base_total from commerce_order where state = 'paid' and business_date >= %(since)s
  order by business_date desc limit 20000) lately
"""


def felt_value(drop: Drop) -> Felt:
    """How many of the last purchases each prize could have been used on: a red packet over 199 is no money to most."""
    named = CouponTemplate.objects.filter(code__in=[one["template"] for one in drop.prizes])
    by_code = {each.code: each for each in named}
    since = timezone.localdate() - timedelta(days=90)
    prizes = []
    for one in drop.prizes:
        template = by_code.get(one["template"])
        if template is None:
            continue
        percent = 100
        if template.threshold:
            with connection.cursor() as cursor:
                cursor.execute(REACH, {"threshold": template.threshold, "since": since})
                orders, enough = cursor.fetchone()
            percent = 100 * enough // orders if orders else 0
        prizes.append(Prize(template, int(one["slots"]), template.amount or template.cost, percent))
    return Felt(tuple(prizes))


@transaction.atomic
def arm(drop: Drop, *, by: User, although: str = "") -> None:
    """Mint the slots: from now on it opens by itself. Raises TransitionRefused.

    A drop that promises more than most can use needs a second person and a reason.
    """
    felt = felt_value(drop)
    if not felt.slots:
        raise TransitionRefused(_("Say which coupons are given, and how many."))
    although = " ".join(although.split())
    if not felt.is_fair and (not although or drop.made_by_id == by.pk):
        raise TransitionRefused(
            _("Only %(percent)s %% of what it promises can be used as it is. Change the prizes, or let a second person "
              "say why it should go out all the same.") % {"percent": felt.percent}
        )  # fmt: skip
    if drop.ends_at <= timezone.now():
        raise TransitionRefused(_("Its end lies behind us."))
    told = {"percent": felt.percent, "cash": felt.cash_percent, "face": felt.face, "felt": felt.felt,
            "although": although[:200]}  # fmt: skip
    if not Drop.objects.filter(pk=drop.pk, state=Drop.State.DRAFT).update(
        state=Drop.State.READY, slots_total=felt.slots, felt=told, approved_by=by
    ):
        raise TransitionRefused(_("This drop is prepared already."))
    for prize in felt.prizes:
        _mint(drop, prize)
    span = Coupon.objects.filter(drop=drop).aggregate(first=Min("pk"), last=Max("pk"))
    Drop.objects.filter(pk=drop.pk).update(first_slot=span["first"], last_slot=span["last"])
    drop.refresh_from_db()
    announce(drop)
    audit("drop.armed", by=by, of=drop, code=drop.code, slots=felt.slots, although=although[:200])


def _mint(drop: Drop, prize: Prize) -> None:
    enough = Q(stock=None) | Q(stock__gte=F("issued") + prize.slots)
    open_ones = CouponTemplate.objects.filter(enough, pk=prize.template.pk, state=CouponTemplate.State.PUBLISHED)
    if not open_ones.update(issued=F("issued") + prize.slots):
        raise TransitionRefused(_("Of “%(name)s” there are not so many left.") % {"name": prize.template})
    rows = (Coupon(template=prize.template, code=new_code(), state=Coupon.State.MINTED, drop=drop)
            for _n in range(prize.slots))  # fmt: skip
    Coupon.objects.bulk_create(rows, batch_size=2000)


@transaction.atomic
def stop(drop: Drop, *, by: User, why: str) -> None:
    """The kill switch: nobody wins from now on; who has won keeps it. Raises TransitionRefused."""
    why = " ".join(why.split())
    if not Drop.objects.filter(pk=drop.pk, state=Drop.State.READY).update(
        state=Drop.State.STOPPED, stopped_why=why[:200], stopped_at=timezone.now()
    ):
        raise TransitionRefused(_("This drop does not run."))
    drop.refresh_from_db()
    announce(drop)
    audit("drop.stopped", by=by, of=drop, code=drop.code, why=why[:200])


@transaction.atomic
def finish(drop: Drop) -> int:
    """After its end the slots nobody took are cancelled; how many."""
    state = Drop.State.ENDED
    ended = Drop.objects.filter(pk=drop.pk, state=Drop.State.READY, ends_at__lte=timezone.now()).update(state=state)
    if not ended and drop.state != Drop.State.STOPPED:
        return 0
    left = Coupon.objects.filter(drop=drop, state=Coupon.State.MINTED)
    return left.update(state=Coupon.State.CANCELLED)


def announce(drop: Drop) -> None:
    """Tell the gate, after this transaction, what it may answer by itself."""
    told = {"opens": drop.opens_at.timestamp(), "ends": drop.ends_at.timestamp(), "state": drop.state,
            "cap": drop.cap, "slots": drop.slots_total, "gone": False, "name": dict(drop.name),
            "why": drop.stopped_why}  # fmt: skip
    span = int((drop.ends_at - timezone.now()).total_seconds()) + GONE_FOR
    transaction.on_commit(lambda: cache.set(f"drop:{drop.code}", told, timeout=max(span, GONE_FOR)), robust=True)


@dataclass(frozen=True)
class Claim:
    """What became of one claim. `place` is the try's own number; `at` when it arrived."""

    outcome: str  # won, gone or closed
    coupon: int | None
    code: str
    place: int | None
    at: datetime


CLAIM = "select c.* from loyalty_drop d, loyalty_claim(d.id, %s, %s) c where d.code = %s"
CLAIM_BY_LINK = """
select c.* from customers_customerlink l join customers_customer p on p.id = l.customer_id and p.erased_at is null,
  loyalty_drop d, loyalty_claim(d.id, l.customer_id, %s) c
where l.digest = %s and l.purpose in ('wallet', 'drop') and l.ended_at is null and l.until > now() and d.code = %s
"""


def claim(code: str, record: int) -> Claim | None:
    """One claim in one round trip; the same person again gets the same answer. None for a drop nobody knows."""
    return _claimed(code, CLAIM, [record, settings.TIME_ZONE, code])


def claim_by_link(code: str, token: str) -> Claim | None:
    """The same for who comes by a signed link. None when the link opens nothing, or the drop is not known."""
    return _claimed(code, CLAIM_BY_LINK, [settings.TIME_ZONE, digest_of(token), code])


def _claimed(code: str, statement: str, values: list[Any]) -> Claim | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    if row is None:
        return None
    outcome, coupon, number, place, at = row
    if outcome == "gone":
        # The gate may say it from now on: that all are given is for ever.
        transaction.on_commit(lambda: _gone(code), robust=True)
    return Claim(outcome, coupon, number or "", place, at)


def _gone(code: str) -> None:
    if (told := cache.get(f"drop:{code}")) and not told["gone"]:
        people = DropTry.objects.filter(drop__code=code).count()
        last = Coupon.objects.filter(drop__code=code).aggregate(last=Max("issued_at"))["last"]
        told |= {"gone": True, "people": people, "last": last.timestamp() if last else None}
        cache.set(f"drop:{code}", told, timeout=GONE_FOR)


@dataclass(frozen=True)
class Answer:
    """What a loser is told: the place they came in, by how many they missed it, when the last one went."""

    place: int
    missed_by: int
    at: datetime
    last_won_at: datetime | None


def answer_for(drop: Drop, record: int) -> Answer | None:
    """None for who has not tried."""
    mine = DropTry.objects.filter(drop=drop, record=record).first()
    if mine is None:
        return None
    place = DropTry.objects.filter(drop=drop, pk__lte=mine.pk).count()
    last = Coupon.objects.filter(drop=drop).exclude(issued_at=None).order_by("-issued_at").first()
    return Answer(place, max(0, place - drop.slots_total), mine.at, last.issued_at if last else None)


TELL = """
with won as (
  update loyalty_droptry t set told = true
  where t.id in (select id from loyalty_droptry where drop_id = %(drop)s and not told and coupon_id is not null
                 order by id limit 5000 for update skip locked)
  returning t.coupon_id, t.at)
insert into customers_event (customer_id, came_as, kind, at, recorded_at, business_date, phase, channel, touchpoint,
                             details, source, source_ref)
select c.customer_id, c.came_as, 'coupon.issued', won.at, now(), (won.at at time zone %(zone)s)::date, 'during', 'drop',
       '', jsonb_build_object('coupon', t.name, 'template', t.code, 'tail', right(c.code, 4)), 'drop', ''
from won join loyalty_coupon c on c.id = won.coupon_id join loyalty_coupontemplate t on t.id = c.template_id
where c.customer_id is not null
"""


@transaction.atomic
def tell_winners(drop: Drop) -> int:
    """Bring wins onto the timelines: after the rush, so that a claim writes no more than it must."""
    with connection.cursor() as cursor:
        cursor.execute(TELL, {"drop": drop.pk, "zone": settings.TIME_ZONE})
        return int(cursor.rowcount)


def tend() -> None:
    """Every few seconds: tell winners, end what is over."""
    for drop in Drop.objects.filter(tries__told=False).exclude(tries__coupon_id=None).distinct():
        while tell_winners(drop):
            continue
    for drop in Drop.objects.filter(state=Drop.State.READY, ends_at__lte=timezone.now()):
        finish(drop)

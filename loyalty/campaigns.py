"""Campaigns at work: what an occasion gives, once, within the budget; recommendations; gifts for points."""

import random
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from commerce.models import Order
from customers.models import Customer
from loyalty import levels
from loyalty.models import (
    BudgetShard,
    Campaign,
    CampaignGrant,
    CouponTemplate,
    Gift,
    GiftTaken,
    PointsAccount,
    PointsEntry,
    Programme,
    Referral,
)
from loyalty.models.campaign import SHARDS
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User, audit
from touchpoints.models import OutreachScene
from touchpoints.outreach import plan_outreach

Kind, Reason = Campaign.Kind, PointsEntry.Reason
REASONS = {Kind.WELCOME: Reason.WELCOME, Kind.BIRTHDAY: Reason.BIRTHDAY, Kind.REVIEW: Reason.REVIEW,
           Kind.REFERRAL: Reason.REFERRAL}  # fmt: skip
REVIEWS_A_MONTH = 4


class BudgetSpent(TransitionRefused):
    """What it would cost is more than the campaign may still give."""


# Setting up


@transaction.atomic
def set_budget(campaign: Campaign, total: int | None, *, by: User | None) -> None:
    """Give a campaign its budget in minor units, None for no cap. Raises TransitionRefused below what is spent."""
    shards = list(BudgetShard.objects.select_for_update().filter(campaign=campaign).order_by("shard"))
    spent = sum(shard.given - shard.left for shard in shards)
    if total is not None and total < spent:
        raise TransitionRefused(_("More than that has been given already."))
    BudgetShard.objects.filter(campaign=campaign).delete()
    if total is not None:
        # What was spent stays in the first part, so that given and left still prove.
        part, rest = divmod(total - spent, SHARDS)
        BudgetShard.objects.bulk_create(
            BudgetShard(campaign=campaign, shard=n, left=part + (n < rest),
                        given=part + (n < rest) + (spent if n == 0 else 0))
            for n in range(SHARDS)
        )  # fmt: skip
    Campaign.objects.filter(pk=campaign.pk).update(budget=total)
    campaign.budget = total
    if by:
        audit("campaign.budget", by=by, of=campaign, code=campaign.code, budget=total)


def start(campaign: Campaign, *, by: User) -> None:
    _turn(campaign, ("draft", "stopped"), Campaign.State.RUNNING, by=by)


def stop(campaign: Campaign, *, by: User) -> None:
    _turn(campaign, ("running",), Campaign.State.STOPPED, by=by)


def end(campaign: Campaign, *, by: User) -> None:
    _turn(campaign, ("draft", "running", "stopped"), Campaign.State.ENDED, by=by)


def _turn(campaign: Campaign, before: tuple[str, ...], after: str, *, by: User) -> None:
    if not Campaign.objects.filter(pk=campaign.pk, state__in=before).update(state=after):
        raise TransitionRefused(_("This campaign is not in a state for that; look again."))
    campaign.state = after
    audit("campaign.turned", by=by, of=campaign, code=campaign.code, state=after)


def running(kind: str, *, on: date | None = None) -> list[Campaign]:
    on = on or timezone.localdate()
    rows = Campaign.objects.filter(kind=kind, state=Campaign.State.RUNNING, starts_on__lte=on)
    return list(rows.filter(Q(ends_on=None) | Q(ends_on__gte=on)).order_by("pk"))


# Giving


@transaction.atomic
def grant(
    campaign: Campaign, customer: Customer, *, occasion: str, came_as: int | None = None,
    recipe: dict[str, Any] | None = None,
) -> CampaignGrant | None:  # fmt: skip
    """Give what the recipe says, once per occasion; None when it was given before or the budget does not reach."""
    recipe = campaign.recipe if recipe is None else recipe
    programme = Programme.objects.main()
    templates = list(CouponTemplate.objects.filter(code__in=recipe.get("coupons", [])).order_by("pk"))
    points = int(recipe.get("points", 0))
    cost = programme.worth(points) + sum(template.cost for template in templates)
    try:
        with transaction.atomic():
            made = CampaignGrant.objects.create(campaign=campaign, customer=customer, came_as=came_as,
                                                occasion=occasion, cost=cost)  # fmt: skip
            take_budget(campaign, cost)
            made.gave = _give(campaign, customer, occasion, points, templates, recipe.get("level", ""))
            made.save(update_fields=["gave"])
            _tell(campaign, customer, occasion, points)
    except (IntegrityError, BudgetSpent):
        return None
    return made


def _tell(campaign: Campaign, customer: Customer, occasion: str, points: int) -> None:
    """Let the customer hear of it, by the occasion the campaign names; whether and how is for the rules of contact."""
    scene = OutreachScene.objects.filter(code=campaign.recipe.get("tell", "")).first()
    if scene is None:
        return
    until = timezone.localdate() + timedelta(days=30)
    plan_outreach(
        customer, scene, key=f"campaign:{campaign.code}:{occasion}"[:120],
        template=scene.templates.filter(is_active=True).order_by("code").first(),
        values={"points": f"{points:,}", "until": f"{until:%Y-%m-%d}"}, campaign=campaign.code,
    )  # fmt: skip


def _give(
    campaign: Campaign, customer: Customer, occasion: str, points: int, templates: list[CouponTemplate], level: str
) -> dict[str, Any]:
    key = f"{campaign.code}:{occasion}"
    gave: dict[str, Any] = {}
    if points:
        account = PointsAccount.objects.of(customer)
        account.earn(points, reason=REASONS.get(Kind(campaign.kind), Reason.CAMPAIGN), source="campaign", key=key,
                     explanation={"campaign": campaign.code})  # fmt: skip
        gave["points"] = points
    for template in templates:
        try:
            with transaction.atomic():
                template.issue_to(customer, by=None, channel="", source="campaign", key=f"{key}:{template.code}")
            gave.setdefault("coupons", []).append(template.code)
        except TransitionRefused as refusal:
            gave.setdefault("refused", {})[template.code] = str(refusal)
    if level and levels.lift(customer, level, campaign=campaign.code):
        gave["level"] = level
    return gave


def take_budget(campaign: Campaign, cost: int) -> None:
    """Take from the budget, never below nothing. Raises BudgetSpent."""
    if campaign.budget is None or not cost:
        return
    for shard in random.sample(range(SHARDS), 2):
        taken = BudgetShard.objects.filter(campaign=campaign, shard=shard, left__gte=cost).update(left=F("left") - cost)
        if taken:
            return
    left = cost
    for row in BudgetShard.objects.select_for_update().filter(campaign=campaign).order_by("shard"):
        part = min(left, row.left)
        if part:
            BudgetShard.objects.filter(pk=row.pk).update(left=F("left") - part)
            left -= part
    if left:
        raise BudgetSpent(_("The budget of this campaign is used up."))


# Occasions


def welcome(customer: Customer) -> None:
    for campaign in running(Kind.WELCOME):
        grant(campaign, customer, occasion=f"welcome:{customer.pk}")


def after_purchase(order: Order) -> None:
    """What a paid order sets off: first order, several orders in a time, a friend's reward."""
    if order.customer is None or order.state != Order.State.PAID:
        return
    record = order.came_as or order.customer_id
    for campaign in running(Kind.FIRST_ORDER):
        if not _bought_before(order):
            grant(campaign, order.customer, occasion=f"first:{record}", came_as=order.came_as)
    for campaign in running(Kind.REPEAT):
        if _orders_within(order, int(campaign.recipe.get("days", 90))) >= int(campaign.recipe.get("orders", 3)):
            grant(campaign, order.customer, occasion=f"repeat:{record}", came_as=order.came_as)
    _reward_referral(order)


def _bought_before(order: Order) -> bool:
    return Order.objects.filter(customer=order.customer, state="paid", placed_at__lt=order.placed_at).exists()


def _orders_within(order: Order, days: int) -> int:
    since = order.placed_at - timedelta(days=days)
    rows = Order.objects.filter(customer=order.customer, state="paid", placed_at__gt=since)
    return rows.filter(placed_at__lte=order.placed_at).count()


def birthdays(*, on: date | None = None) -> int:
    """Give each birthday campaign to whose birthday is `before` days ahead, by the recipe of their level; how many."""
    on = on or timezone.localdate()
    given = 0
    for campaign in running(Kind.BIRTHDAY, on=on):
        day = on + timedelta(days=int(campaign.recipe.get("before", 0)))
        whose = Customer.objects.living().filter(birth_month=day.month, birth_day=day.day)
        if (day.month, day.day) == (2, 28) and not _leap(day.year):
            whose = Customer.objects.living().filter(birth_month=2, birth_day__in=[28, 29])
        for customer in whose.order_by("pk").iterator(chunk_size=500):
            level = levels.standing_of(customer).level
            recipe = campaign.recipe.get("levels", {}).get(level.code if level else "", campaign.recipe)
            given += grant(campaign, customer, occasion=f"birthday:{day.year}:{customer.pk}", recipe=recipe) is not None
    return given


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def win_back(*, on: date | None = None) -> int:
    """Give each win-back campaign to who bought last `days` ago, or in the month before that; how many."""
    on = on or timezone.localdate()
    given = 0
    for campaign in running(Kind.WIN_BACK, on=on):
        since = on - timedelta(days=int(campaign.recipe.get("days", 180)))
        away = Customer.objects.living().filter(metrics__last_on__lte=since, metrics__last_on__gt=since - timedelta(30))
        for customer in away.exclude(grants__campaign=campaign).order_by("pk")[:5000]:
            given += grant(campaign, customer, occasion=f"win_back:{customer.pk}:{since:%Y%m}") is not None
    return given


def reward_review(customer: Customer, review: str) -> CampaignGrant | None:
    """The thanks for one review; so many a month and no more. None when it was given, or the month is full."""
    for campaign in running(Kind.REVIEW):
        month = timezone.localdate().replace(day=1)
        most = int(campaign.recipe.get("a_month", REVIEWS_A_MONTH))
        if CampaignGrant.objects.filter(campaign=campaign, customer=customer, at__date__gte=month).count() < most:
            return grant(campaign, customer, occasion=f"review:{review}")
    return None


# Recommendations


@transaction.atomic
def recommend(referrer: Customer, friend: Customer) -> Referral:
    """That one customer brought another. Raises TransitionRefused for oneself, a loop, a second time, an old buyer."""
    first, _joined = Customer.objects.holder_of(referrer.pk)
    second, joined = Customer.objects.holder_of(friend.pk)
    with connection.cursor() as cursor:
        # One at a time: of two that recommend each other the second must see the first.
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('loyalty.referral', 4))")
    if first == second:
        raise TransitionRefused(_("Nobody can recommend themselves."))
    if second in _came_by(first):
        raise TransitionRefused(_("They came by this person themselves: recommendations do not run in a circle."))
    if Order.objects.filter(customer=second, state="paid").exists():
        raise TransitionRefused(_("This person has bought before: there is nobody new to thank for."))
    try:
        with transaction.atomic():
            return Referral.objects.create(referrer_id=first, friend_id=second, friend_record=joined or second)
    except IntegrityError:
        raise TransitionRefused(_("This person was recommended before.")) from None


def _came_by(customer: int) -> set[int]:
    """Whom somebody came by, and whom those came by, to the beginning."""
    above: set[int] = set()
    here = {customer}
    while here:
        here = set(Referral.objects.filter(friend__in=here).values_list("referrer", flat=True)) - above
        above |= here
    return above


def _reward_referral(order: Order) -> None:
    """Both get their thanks after the friend's first order of the amount the campaign names."""
    referral = Referral.objects.filter(friend=order.customer, rewarded_at=None).select_related("referrer").first()
    if referral is None:
        return
    for campaign in running(Kind.REFERRAL):
        if order.base_total < int(campaign.recipe.get("from", 0)):
            continue
        if not Referral.objects.filter(pk=referral.pk, rewarded_at=None).update(
            rewarded_at=timezone.now(), order_ref=order.source_ref
        ):
            return
        for person in (referral.referrer, referral.friend):
            grant(campaign, person, occasion=f"referral:{referral.pk}:{person.pk}")


# Gifts for points


@transaction.atomic
def take_gift(
    customer: Customer, gift: Gift, *, by: User | None, key: str, source: str = "counter", store: Store | None = None
) -> GiftTaken:
    """Hand out a gift for points. Raises TransitionRefused when none is left or the points do not reach."""
    account = PointsAccount.objects.of(customer, gift.programme)
    known = GiftTaken.objects.filter(entry__source=source, entry__key=key).first()
    if known is not None:
        return known
    if not Gift.objects.filter(pk=gift.pk, is_active=True, taken__lt=F("stock")).update(taken=F("taken") + 1):
        raise TransitionRefused(_("None of this gift is left."))
    entry = account.spend(gift.points, reason=Reason.GIFT, source=source, key=key, by=by,
                          explanation={"gift": gift.code}, store=store.pk if store else None)  # fmt: skip
    made = GiftTaken.objects.create(
        gift=gift, customer_id=account.customer_id, entry=entry, by=by,
        came_as=account.record if account.record != account.customer_id else None,
    )  # fmt: skip
    account.customer.record("gift.taken", by=by, store=store.pk if store else None, name=dict(gift.name),
                            points=-gift.points)  # fmt: skip
    return made


@transaction.atomic
def give_gift_back(taken: GiftTaken, *, by: User, key: str) -> None:
    """The gift goes back into stock and the points to their lots. Raises TransitionRefused the second time."""
    if not GiftTaken.objects.filter(pk=taken.pk, undone_at=None).update(undone_at=timezone.now()):
        raise TransitionRefused(_("This gift was given back already."))
    Gift.objects.filter(pk=taken.gift_id).update(taken=F("taken") - 1)
    account = PointsAccount.objects.of(taken.customer, taken.gift.programme)
    account.reverse(taken.entry, reason=Reason.UNDONE, source="counter", key=key, by=by)

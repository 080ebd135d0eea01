"""Making rules and campaigns: drafts from the forms, one verb each."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from commerce.models import Product
from loyalty import campaigns, earning
from loyalty.models import Campaign, EarnRule, Level, Programme
from loyalty.purchases import category_paths
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User


@transaction.atomic
def draft_rule(columns: dict[str, Any], *, by: User) -> EarnRule:
    """A draft, as the next version when the code is known. Raises TransitionRefused while a draft of it waits."""
    programme = Programme.objects.main()
    versions = EarnRule.objects.filter(programme=programme, code=columns["code"])
    if versions.filter(published_at=None).exists():
        raise TransitionRefused(_("A draft of this rule waits already: publish it first."))
    newest = versions.order_by("-version").values_list("version", flat=True).first() or 0
    try:
        with transaction.atomic():
            return EarnRule.objects.create(programme=programme, version=newest + 1, made_by=by, **columns)
    except IntegrityError:
        raise TransitionRefused(_("Somebody made this version at the same moment: look again.")) from None


@transaction.atomic
def make_campaign(columns: dict[str, Any], *, budget: int | None, by: User) -> Campaign:
    campaign = Campaign.objects.create(made_by=by, **columns)
    if budget is not None:
        campaigns.set_budget(campaign, budget, by=by)
    return campaign


@dataclass(frozen=True)
class Tried:
    """What a basket would earn: the whole, and each rule's part."""

    earned: earning.Earned
    worth: int


def try_basket(
    rows: list[tuple[str, int]], *, unearning: Decimal | None, store: Store | None, on: date, at: time, level: str,
    birthday: tuple[int, int] | None,
) -> Tried:  # fmt: skip
    """By the rules in force on that day; nothing is written."""
    programme = Programme.objects.main()
    products = {one.code: one for one in Product.objects.filter(code__in=[sku for sku, _amount in rows if sku])}
    paths = category_paths()
    lines = []
    for n, (sku, amount) in enumerate(rows):
        product = products.get(sku)
        categories = paths.get(product.category_id or 0, frozenset()) if product else frozenset()
        kind = product.kind if product else "goods"
        lines.append(earning.Line(str(n), amount, sku, product.parent if product else "", categories, kind))
    held = Level.objects.filter(programme=programme, code=level).first()
    zone = ZoneInfo(store.zone if store else settings.TIME_ZONE)
    purchase = earning.Purchase(
        tuple(lines), unearning=int((unearning or 0) * 100), at=datetime.combine(on, at, tzinfo=zone),
        store=store.code if store else "", store_scene=store.scene if store else "", channel="store", level=level,
        level_factor=held.factor if held else Decimal(1), birthday=birthday,
    )  # fmt: skip
    rules = list(EarnRule.objects.in_force_on(on).filter(programme=programme))
    found = earning.earned(purchase, rules, programme)
    return Tried(found, programme.worth(found.points))

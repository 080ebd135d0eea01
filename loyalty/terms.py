"""The terms of a coupon, made from its rule: plain sentences in the reader's language, never typed by hand."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from commerce.models import Category, Product
from customers.timeline import CHANNELS
from loyalty.baskets import is_trade_in
from loyalty.models import CouponTemplate, Level
from loyalty.models.coupon import GRACE
from scrm.kernel.money import written
from scrm.kernel.words import LANGUAGES
from staff.models import Store

Kind, Need = CouponTemplate.Kind, CouponTemplate.Need
LISTED = 6  # names of one list that are written out


@dataclass
class Names:
    """What the codes in rules are called, in three languages; a code without a name speaks for itself."""

    products: dict[str, Any] = field(default_factory=dict)
    categories: dict[str, Any] = field(default_factory=dict)
    stores: dict[str, Any] = field(default_factory=dict)
    levels: dict[str, Any] = field(default_factory=dict)


def names_for(templates: Iterable[CouponTemplate]) -> Names:
    """The names that several templates need, in at most four queries."""
    rows = list(templates)

    def codes(*fields: str) -> set[str]:
        return {code for row in rows for name in fields for code in getattr(row, name)[:LISTED]}

    found = Names()
    if wanted := codes("products", "not_products"):
        articles = Product.objects.filter(Q(code__in=wanted) | Q(parent__in=wanted)).order_by("-code")
        for code, parent, name in articles.values_list("code", "parent", "name"):
            found.products[parent] = found.products.get(parent) or name
            if code in wanted:
                found.products[code] = name
    if wanted := codes("categories", "not_categories", "with_categories"):
        found.categories = dict(Category.objects.filter(code__in=wanted).values_list("code", "name"))
    if wanted := codes("stores"):
        found.stores = dict(Store.objects.filter(code__in=wanted).values_list("code", "name"))
    if wanted := codes("levels"):
        found.levels = dict(Level.objects.filter(code__in=wanted).values_list("code", "name"))
    return found


def terms_of(template: CouponTemplate, *, names: Names | None = None) -> list[str]:
    """The sentences, one idea each, in the active language. `names` of `names_for` saves queries on a list."""
    names = names_for([template]) if names is None else names
    parts: tuple[Callable[[CouponTemplate, Names], Iterator[str]], ...] = (
        _what, _on_what, _where, _when, _who, _with_what, _after_a_refund,
    )  # fmt: skip
    return [sentence for part in parts for sentence in part(template, names)]


def terms_in_all(template: CouponTemplate) -> dict[str, list[str]]:
    """The terms in each language."""
    names, told = names_for([template]), {}
    for language in LANGUAGES:
        with override(language):
            told[language] = terms_of(template, names=names)
    return told


def value_text(template: CouponTemplate) -> str:
    """The value in a word: “¥80”, “10 %”, “Gift”."""
    if template.kind == Kind.AMOUNT or (template.kind == Kind.STEP and not template.percent):
        return _money(template.amount)
    if template.kind in (Kind.PERCENT, Kind.STEP):
        return f"{template.percent} %"
    return str(Kind(template.kind).label)


def _what(template: CouponTemplate, names: Names) -> Iterator[str]:
    if template.scenario:
        yield str(template.scenario)
    amount, percent, pieces = _money(template.amount), template.percent, template.pieces
    if template.kind == Kind.AMOUNT:
        yield _("%(amount)s off, once per order.") % {"amount": amount}
    elif template.kind == Kind.PERCENT and pieces == 1:
        yield _("%(percent)s %% off.") % {"percent": percent}
    elif template.kind == Kind.PERCENT:
        yield _("Of the %(n)s dearest pieces the cheapest is %(percent)s %% less.") % {"n": pieces, "percent": percent}
    elif template.kind == Kind.STEP and percent:
        yield _("From %(n)s pieces on, each is %(percent)s %% less.") % {"n": pieces, "percent": percent}
    elif template.kind == Kind.STEP:
        yield _("From %(n)s pieces on, each is %(amount)s less.") % {"n": pieces, "amount": amount}
    elif template.kind == Kind.GIFT:
        yield ngettext("%(n)s piece is free.", "%(n)s pieces are free.", pieces) % {"n": pieces}
    elif template.kind == Kind.SAMPLE:
        yield _("A sample to try, free.")
    elif template.kind == Kind.DELIVERY:
        yield _("Delivery is free.")
    elif template.kind == Kind.UPGRADE:
        yield _("The better one at the same price.")
    elif is_trade_in(template.rule):
        yield _("Bring the old one: what it is worth comes off.")
        if template.amount:
            yield _("It counts at least %(amount)s.") % {"amount": amount}
    else:
        yield _("One free exchange.")
    if template.kind == Kind.UPGRADE and template.amount:
        yield _("The better one may cost up to %(amount)s more.") % {"amount": amount}
    if template.threshold:
        yield _("Needs %(threshold)s or more, counted before other coupons.") % {
            "threshold": _money(template.threshold)
        }
    if template.most_off is not None:
        yield _("At most %(most)s off.") % {"most": _money(template.most_off)}
    if template.free_delivery:
        yield _("Delivery is free as well.")


def _on_what(template: CouponTemplate, names: Names) -> Iterator[str]:
    for products, categories, sentence in (
        (template.products, template.categories, _("For: %(names)s.")),
        (template.not_products, template.not_categories, _("Not for: %(names)s.")),
        ([], template.with_categories, _("Only together with: %(names)s.")),
    ):
        if products or categories:
            said = _called(categories, names.categories) + _called(products, names.products)
            yield sentence % {"names": _listed(said)}


def _where(template: CouponTemplate, names: Names) -> Iterator[str]:
    if template.stores or template.store_scenes:
        scenes = [
            str(Store.Scene(code).label) if code in Store.Scene.values else code for code in template.store_scenes
        ]
        yield _("Stores: %(names)s.") % {"names": _listed(scenes + _called(template.stores, names.stores))}
    if template.channels:
        yield _("Channels: %(names)s.") % {
            "names": _listed([str(CHANNELS.get(code, code)) for code in template.channels])
        }
    if not (template.stores or template.store_scenes or template.channels):
        yield _("Online and in all stores.")


def _when(template: CouponTemplate, names: Names) -> Iterator[str]:
    if template.weekdays:
        yield _("Days: %(days)s.") % {"days": _listed(_runs(sorted(template.weekdays)), LISTED + 1)}
    start, end = template.from_time, template.until_time
    if start is not None or end is not None:
        hours = {"start": f"{start or time.min:%H:%M}", "end": "24:00" if end is None else f"{end:%H:%M}"}
        over_midnight = start is not None and end is not None and end <= start
        sentence = _("From %(start)s to %(end)s of the next day.") if over_midnight else _("From %(start)s to %(end)s.")
        yield sentence % hours
    if template.days_valid == 0:
        yield _("Use it on the day you get it.")
    elif template.days_valid is not None:
        yield ngettext(
            "Use it within %(days)s day after you got it.", "Use it within %(days)s days after you got it.",
            template.days_valid,
        ) % {"days": template.days_valid}  # fmt: skip
    if template.ends_at is not None:
        yield _("Until %(day)s.") % {"day": _last_moment(template.ends_at)}
    for need in template.needs:
        if need in _NEEDS:
            yield str(_NEEDS[need]())


_NEEDS: dict[str, Callable[[], str]] = {
    Need.FIRST_ORDER: lambda: _("Only for a first order."),
    Need.RAIN: lambda: _("Only while it rains at the store."),
    Need.AWAY: lambda: _("Only in another city than that of your home store."),
}


def _who(template: CouponTemplate, names: Names) -> Iterator[str]:
    if template.levels:
        yield _("Levels: %(names)s.") % {"names": _listed(_called(template.levels, names.levels))}
    yield ngettext(
        "Each customer gets %(n)s at most.", "Each customer gets %(n)s at most.", template.per_customer
    ) % {"n": template.per_customer}  # fmt: skip


def _with_what(template: CouponTemplate, names: Names) -> Iterator[str]:
    groups = [template.group, *(each for each in template.not_with if each != template.group)]
    labels = [str(CouponTemplate.Group(each).label) for each in groups if each in CouponTemplate.Group.values]
    yield _("Not together with other coupons of the sort: %(names)s.") % {"names": _listed(labels)}


def _after_a_refund(template: CouponTemplate, names: Names) -> Iterator[str]:
    if template.on_refund == CouponTemplate.OnRefund.BACK:
        yield _("If the whole order is refunded it comes back with the same end.")
        yield _("If it ended meanwhile, you have %(days)s more days, once.") % {"days": GRACE.days}
    else:
        yield _("After a refund it does not come back.")


def _money(minor: int) -> str:
    return written(minor, settings.BASE_CURRENCY)


def _called(codes: Iterable[str], names: dict[str, Any]) -> list[str]:
    return [str(names.get(code) or code) for code in codes]


def _listed(said: list[str], most: int = LISTED) -> str:
    mark = "、" if (get_language() or "").startswith("zh") else ", "
    text = mark.join(dict.fromkeys(said[:most]))
    if len(said) > most:
        text = _("%(names)s and %(n)s more") % {"names": text, "n": len(said) - most}
    return text


def _runs(days: list[int]) -> list[str]:
    """Days in a row from the third on are written “Monday–Friday”."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    said: list[str] = []
    for run in runs:
        if len(run) > 2:
            said.append(f"{WEEKDAYS[run[0]]}–{WEEKDAYS[run[-1]]}")
        else:
            said += [str(WEEKDAYS[day]) for day in run]
    return said


def _last_moment(end: datetime) -> str:
    """The last day; with the hour when the end is not midnight."""
    local = timezone.localtime(end)
    if local.time() == time.min:
        return f"{local - timedelta(days=1):%Y-%m-%d}"
    return f"{local:%Y-%m-%d %H:%M}"

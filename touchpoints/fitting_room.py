"""Trying on: which pieces are at hand, one piece written down with what the fitting taught, and taken back."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import translation

from commerce.models import Product, Stock
from customers.fact_names import fact_name
from customers.models import Fact
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User
from touchpoints.matching import Matches
from touchpoints.models import Trial, Visit

PARTS = ("hem", "waist", "sleeve")
FOUND = 12


@dataclass(frozen=True)
class Fitting:
    """What to alter: where, and by how many centimetres."""

    part: str
    centimetres: int

    def in_words(self, language: str) -> str:
        with translation.override(language):
            sign = "−" if self.centimetres < 0 else "+"
            return f"{fact_name(self.part)} {sign}{abs(self.centimetres)} cm"


@transaction.atomic
def log_trial(
    visit: Visit, product: Product, result: str, *, by: User, key: uuid.UUID, why: str = "", reason: str = "",
    size: str = "", fitting: Fitting | None = None,
) -> Trial:  # fmt: skip
    """One piece and what came of it; what the fitting taught becomes a fact, so that nobody measures twice.

    Raises TransitionRefused when the visit has ended, or a refusal says nothing of why.
    """
    trial, new = Trial.log(visit, product, result, by=by, key=key, why=why, reason=reason, size=size)
    if new and fitting is not None:
        before = set(Fact.objects.live().filter(customer=visit.customer, key=fitting.part).values_list("pk", flat=True))
        fact = Fact.objects.hear(
            visit.customer, fitting.part, fitting.in_words(visit.customer.locale), by=by, channel="store",
            store=visit.store, concern=Fact.Concern.SIZES, pinned=True,
        )  # fmt: skip
        if fact.pk not in before:  # what was known already is not taken back with the piece
            Trial.objects.filter(pk=trial.pk).update(fact=fact.pk)
            trial.fact = fact.pk
    return trial


@transaction.atomic
def take_trial_back(trial: Trial, *, by: User) -> None:
    """The piece, and the fact that came with it while it still stands. Raises TransitionRefused."""
    trial.take_back(by=by)
    fact = Fact.objects.live().filter(pk=trial.fact).select_related("customer").first() if trial.fact else None
    if fact is not None:
        try:
            with transaction.atomic():
                fact.take_back(by=by)
        except TransitionRefused:
            pass  # told anew by somebody meanwhile: that word stands


def pieces_at_hand(found: Matches) -> list[Product]:
    """What one would try on now: what was proposed, then what was looked at online (known only where allowed)."""
    offered = [match.product for match in found.pieces]
    worn = [one for one in found.seen if one.size]
    return list({one.pk: one for one in [*offered, *worn]}.values())[:8]


def find_pieces(store: Store, text: str) -> list[Product]:
    """By code, by the bar code on the label, or by name among what this store has."""
    text = " ".join(text.replace("\0", "").split())[:60]
    if not text:
        return []
    by_code = Q(code__startswith=text.upper())
    exact = list(Product.objects.filter(by_code, kind=Product.Kind.GOODS).order_by("code")[:FOUND])
    if exact:
        return exact
    words = Q(product__attributes__ean=text)
    for language in ("zh-hans", "zh-hant", "en"):
        words |= Q(**{f"product__name__{language}__icontains": text})
    rows = Stock.objects.filter(words, store=store, product__kind=Product.Kind.GOODS).select_related("product")
    return [row.product for row in rows.order_by("-quantity", "product__code")[:FOUND]]

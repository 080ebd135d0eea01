"""How far visitors of a guide came, step by step."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from journeys.models import Guide, GuideAnswer, GuideSession

DAYS = 30


@dataclass(frozen=True)
class Step:
    words: str
    people: int
    share: float  # of those who began


@dataclass(frozen=True)
class Funnel:
    days: int
    began: int
    steps: list[Step]


def funnel_of(guide: Guide) -> Funnel:
    """The last thirty days, in three queries; a session counts in every step it came to."""
    since = timezone.now() - timedelta(days=DAYS)
    rows = GuideSession.objects.filter(guide=guide, began_at__gte=since)
    # A question counts as passed where its answer is there; who was known already was not asked.
    answered = dict(
        GuideAnswer.objects.filter(session__in=rows).order_by().values_list("question").annotate(Count("pk"))
    )
    sums = rows.aggregate(
        began=Count("pk"), shown=Count("pk", filter=Q(shown_at__isnull=False)),
        opened=Count("pk", filter=Q(opened_at__isnull=False)), talked=Count("pk", filter=Q(talked_at__isnull=False)),
        coupon=Count("pk", filter=Q(coupon_at__isnull=False)),
    )  # fmt: skip
    counted = [(_("Began"), sums["began"])]
    counted += [(_("Answered: %(question)s") % {"question": one}, answered.get(one.pk, 0)) for one in guide.questions]
    counted += [
        (_("Saw goods"), sums["shown"]), (_("Opened one"), sums["opened"]), (_("Talked to a person"), sums["talked"]),
        (_("Took the coupon"), sums["coupon"]),
    ]  # fmt: skip
    began = sums["began"]
    return Funnel(DAYS, began, [Step(words, people, people / began if began else 0.0) for words, people in counted])

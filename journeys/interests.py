"""The book of open interests: how many stand at each stage, what they may be worth, how they end."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, DateField, F, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from journeys.models import OpenInterest
from journeys.models.interest import OPEN
from scrm.kernel.keyset import Page, page_of
from staff.models import User

SIZE = 25
LATELY = timedelta(days=30)
FAR = date(9999, 12, 31)  # no day was said: at the end
WHYS = 3


@dataclass(frozen=True)
class Step:
    """One stage: how many stand there, and what they may be worth together."""

    code: str
    words: str
    people: int
    worth: int
    share: float  # of the fullest stage


@dataclass(frozen=True)
class Book:
    page: Page[Any]  # of open interests
    steps: list[Step]
    won: int
    lost: int
    whys: list[tuple[str, int]]  # why things came to nothing lately, the most frequent first

    @property
    def share_won(self) -> int | None:
        ended = self.won + self.lost
        return round(100 * self.won / ended) if ended else None


def book_of(user: User, *, whose: str, cursor: str | None) -> Book:
    rows = OpenInterest.objects.visible_to(user)
    rows = rows if whose == "all" else rows.filter(owner=user)
    listed = (
        rows.open().select_related("customer", "owner").annotate(on=Coalesce(F("next_on"), Value(FAR, DateField())))
    )
    page = page_of(listed, order=["on", "pk"], cursor=cursor, size=SIZE)
    counted = rows.open().order_by().values_list("stage").annotate(people=Count("pk"), worth=Sum("worth"))
    found = {stage: (people, worth or 0) for stage, people, worth in counted}
    most = max((people for people, _worth in found.values()), default=1)
    steps = []
    for stage in OPEN:
        people, worth = found.get(stage, (0, 0))
        steps.append(Step(stage, str(stage.label), people, worth, people / most))
    ended = rows.filter(ended_at__gte=timezone.now() - LATELY).order_by()
    told = list(ended.values_list("stage", "lost_why").annotate(times=Count("pk")))
    whys = sorted(((why, times) for stage, why, times in told if stage == "lost"), key=lambda one: -one[1])
    return Book(
        page, steps, won=sum(times for stage, _why, times in told if stage == "won"),
        lost=sum(times for stage, _why, times in told if stage == "lost"), whys=whys[:WHYS],
    )  # fmt: skip

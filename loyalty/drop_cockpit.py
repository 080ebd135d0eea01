"""What stands on the cockpit of a drop: five numbers, the curve, the running check."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from loyalty.models import Drop

STEPS = (1, 10, 60, 600, 3600, 21600)  # seconds of one bar
MOST_BARS = 40
WIDTH, HEIGHT = 480.0, 120.0


@dataclass(frozen=True)
class Bar:
    at: datetime
    asked: int
    given: int


@dataclass(frozen=True)
class Cockpit:
    """`asked` are tries (a person is counted once), `given` those that say they won, `coupons` the issued rows of the
    drop, `people` the different records they are with: the last three must be one number."""

    drop: Drop
    asked: int
    given: int
    coupons: int
    people: int
    left: int
    last_given: datetime | None
    step: int = 1
    bars: list[Bar] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return self.given == self.coupons == self.people

    @property
    def one_each(self) -> bool:
        return self.coupons == self.people

    @property
    def within_slots(self) -> bool:
        return self.coupons + self.left <= self.drop.slots_total

    @property
    def seconds(self) -> int | None:
        """From the opening to the last one given; at the present rate while some are left. None when unknown."""
        if self.last_given is None or not self.coupons:
            return None
        so_far = max(1, round((self.last_given - self.drop.opens_at).total_seconds()))
        return so_far if not self.left else round(so_far * (self.coupons + self.left) / self.coupons)

    @property
    def is_sold_out(self) -> bool:
        return bool(self.coupons) and not self.left

    @property
    def moves(self) -> bool:
        """Whether the numbers may still change: then the page asks again."""
        return self.drop.state == Drop.State.READY and timezone.now() < self.drop.ends_at


TRIES = "select count(*), count(coupon_id), max(at) from loyalty_droptry where drop_id = %s"
COUPONS = """
select count(*) filter (where record is not null), count(distinct record),
       count(*) filter (where state = 'minted'), max(issued_at)
from loyalty_coupon where drop_id = %s
"""
BARS = """
select bar, sum(asked), sum(given) from (
  select floor(extract(epoch from at - %(opens)s) / %(step)s)::int bar, 1 asked, 0 given
    from loyalty_droptry where drop_id = %(drop)s
  union all
  select floor(extract(epoch from issued_at - %(opens)s) / %(step)s)::int, 0, 1
    from loyalty_coupon where drop_id = %(drop)s and issued_at is not null) both_of_them
where bar between 0 and %(most)s group by bar order by bar
"""


def cockpit_of(drop: Drop) -> Cockpit:
    """Three queries, whatever the crowd."""
    with connection.cursor() as cursor:
        cursor.execute(TRIES, [drop.pk])
        asked, given, last_asked = cursor.fetchone()
        cursor.execute(COUPONS, [drop.pk])
        coupons, people, left, last_given = cursor.fetchone()
        found = Cockpit(drop, asked, given, coupons, people, left, last_given)
        if not asked:
            return found
        # Once all are given, late ones do not stretch the picture.
        end = min(last_asked, last_given + timedelta(seconds=20)) if last_given and not left else last_asked
        span = max(1.0, (end - drop.opens_at).total_seconds())
        step = next((one for one in STEPS if span / one <= MOST_BARS), STEPS[-1])
        bars = min(MOST_BARS, int(span // step) + 1)
        cursor.execute(BARS, {"opens": drop.opens_at, "step": step, "drop": drop.pk, "most": bars - 1})
        rows = {bar: (int(asked), int(given)) for bar, asked, given in cursor.fetchall()}
    drawn = [Bar(drop.opens_at + timedelta(seconds=n * step), *rows.get(n, (0, 0))) for n in range(bars)]
    return Cockpit(drop, asked, given, coupons, people, left, last_given, step, drawn)


def curve(bars: list[Bar], *, says: str) -> SafeString:
    """Given as columns, asked as a line, on one zero base."""
    top = max((max(bar.asked, bar.given) for bar in bars), default=0) or 1
    step = WIDTH / max(len(bars), 1)

    def high(value: int) -> float:
        return HEIGHT * value / top

    columns = [
        (f"{(n + 0.2) * step:.1f}", f"{HEIGHT - high(bar.given):.1f}", f"{0.6 * step:.1f}", f"{high(bar.given):.1f}")
        for n, bar in enumerate(bars) if bar.given
    ]  # fmt: skip
    line = " ".join(f"{(n + 0.5) * step:.1f},{HEIGHT - high(bar.asked):.1f}" for n, bar in enumerate(bars))
    ends = [(f"{4:.0f}", "start", f"{timezone.localtime(bars[0].at):%H:%M:%S}"),
            (f"{WIDTH - 4:.0f}", "end", f"{timezone.localtime(bars[-1].at):%H:%M:%S}")] if bars else []  # fmt: skip
    return format_html(
        '<svg class="s-bars" viewBox="0 -14 480 150" role="img" aria-label="{}">'
        '<line x1="0" x2="480" y1="120.5" y2="120.5"/><text x="4" y="-4">{}</text>{}'
        '<polyline class="s-probe-c2" fill="none" stroke="currentColor" stroke-width="2" points="{}"/>{}</svg>',
        says, f"{top:,}",
        format_html_join("", '<rect class="now" x="{}" y="{}" width="{}" height="{}" rx="2"/>', columns),
        line,
        format_html_join("", '<text class="ax" x="{}" y="133" text-anchor="{}">{}</text>', ends),
    )  # fmt: skip

"""Small pictures drawn on the server: numbers to SVG coordinates, nothing to load, nothing to run."""

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    label: str
    value: int
    named: bool
    valued: bool
    latest: bool

    @property
    def middle(self) -> float:
        # Labels of the outer columns stay inside the picture.
        return round(min(max(self.x + self.width / 2, 16), 272), 2)

    @property
    def above(self) -> float:
        return round(self.y - 4, 2)


def bars(values: list[tuple[str, int]], *, width: float = 288, height: float = 84, every: int = 1) -> list[Bar]:
    """Columns on a zero base; the highest and the last are labelled with their value, every n-th with its name."""
    top = max((value for _name, value in values), default=0) or 1
    step = width / max(len(values), 1)
    highest = max(range(len(values)), key=lambda place: values[place][1], default=0)
    drawn = []
    for place, (name, value) in enumerate(values):
        tall = max(0.0, height * value / top)
        last = place == len(values) - 1
        drawn.append(
            Bar(
                round(place * step + step * 0.2, 2), round(height - tall, 2), round(step * 0.6, 2), round(tall, 2),
                name, value, named=(len(values) - 1 - place) % every == 0,
                valued=value > 0 and (place == highest or (last and abs(place - highest) > 2)), latest=last,
            )
        )  # fmt: skip
    return drawn


@dataclass(frozen=True)
class Rhythm:
    """Days of purchase on a line of time, the open gap since the last, and where the next was to be expected."""

    dots: list[float]
    gap_from: float
    expected: float | None
    begins: date


def rhythm(days: list[date], *, today: date, usual_gap: int | None, width: float = 288, months: int = 12) -> Rhythm:
    begins = today - timedelta(days=round(months * 30.4375))
    span = (today - begins).days

    def place(day: date) -> float:
        return round(4 + (width - 8) * (day - begins).days / span, 1)

    shown = [day for day in days if day >= begins]
    last = max(days, default=begins)
    due = last + timedelta(days=usual_gap) if usual_gap else None
    return Rhythm(
        [place(day) for day in shown], place(max(last, begins)), place(due) if due and begins <= due <= today else None,
        begins,
    )  # fmt: skip

"""Small pictures drawn on the server: numbers to SVG, nothing to load, nothing to run."""

from datetime import date, timedelta

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from scrm.kernel.templatetags.scrm_ui import amount

WIDTH, HEIGHT = 288.0, 84.0


def bars(values: list[tuple[str, int]], *, says: str, every: int = 1) -> SafeString:
    """Columns on a zero base; the highest and the last carry their value, every n-th its name. `says` stands in."""
    top = max((value for _name, value in values), default=0) or 1
    step = WIDTH / max(len(values), 1)
    highest = max(range(len(values)), key=lambda place: values[place][1], default=0)
    final = len(values) - 1
    columns, labels = [], []
    for place, (name, value) in enumerate(values):
        tall = max(0.0, HEIGHT * value / top)
        # Labels of the outer columns stay inside the picture.
        middle = min(max((place + 0.5) * step, 16), 272)
        columns.append(
            (f"{place * step + step * 0.2:.1f}", f"{HEIGHT - tall:.1f}", f"{step * 0.6:.1f}", f"{tall:.1f}",
             SafeString(' class="now"') if place == final else "")
        )  # fmt: skip
        if value > 0 and (place == highest or (place == final and final - highest > 2)):
            labels.append((f"{middle:.1f}", f"{HEIGHT - tall - 4:.1f}", "", amount(value)))
        if (final - place) % every == 0:
            labels.append((f"{middle:.1f}", "97", SafeString(' class="ax"'), name))
    return format_html(
        '<svg class="s-bars" viewBox="0 -14 288 114" role="img" aria-label="{}">'
        '<line x1="0" x2="288" y1="84.5" y2="84.5"/>{}{}</svg>',
        says,
        format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}" rx="2"{}/>', columns),
        format_html_join("", '<text x="{}" y="{}"{} text-anchor="middle">{}</text>', labels),
    )


def shares(values: list[tuple[str, int | None]], *, goal: int, says: str, every: int = 1) -> SafeString:
    """Shares in percent as a line, broken where there is none, with a dashed line at the goal; the lowest and the last
    carry their value. The foot is a round number below the lowest."""
    known = [value for _name, value in values if value is not None]
    foot = min([*known, goal, 90]) // 10 * 10
    foot = foot - 10 if foot and foot in known else foot
    step = WIDTH / max(len(values), 1)

    def high(value: int) -> float:
        return HEIGHT * (100 - value) / (100 - foot)

    pieces: list[list[str]] = [[]]
    dots, labels = [], []
    lowest = min((place for place, one in enumerate(values) if one[1] is not None),
                 key=lambda place: values[place][1] or 0, default=-1)  # fmt: skip
    latest = max((place for place, one in enumerate(values) if one[1] is not None), default=-1)
    for place, (name, value) in enumerate(values):
        middle = (place + 0.5) * step
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{middle:.1f},{high(value):.1f}")
            if place == latest or (place == lowest and value != values[latest][1]):
                dots.append((f"{middle:.1f}", f"{high(value):.1f}"))
                below = high(value) + 13 if high(value) < HEIGHT - 16 else high(value) - 6
                labels.append((f"{min(max(middle, 16), 272):.1f}", f"{below:.1f}", "", f"{value}%"))
        if (len(values) - 1 - place) % every == 0:
            labels.append((f"{min(max(middle, 16), 272):.1f}", "97", SafeString(' class="ax"'), name))
    return format_html(
        '<svg class="s-bars s-shares" viewBox="0 -14 288 114" role="img" aria-label="{}">'
        '<line x1="0" x2="288" y1="84.5" y2="84.5"/><line class="goal" x1="0" x2="288" y1="{}" y2="{}"/>'
        '<text class="ax" x="0" y="{}">{}</text>{}{}{}</svg>',
        says, f"{high(goal):.1f}", f"{high(goal):.1f}", f"{high(goal) - 3:.1f}", f"{goal}%",
        format_html_join("", '<polyline points="{}"/>', ((" ".join(piece),) for piece in pieces if len(piece) > 1)),
        format_html_join("", '<circle cx="{}" cy="{}" r="3"/>', dots),
        format_html_join("", '<text x="{}" y="{}"{} text-anchor="middle">{}</text>', labels),
    )  # fmt: skip


def rhythm(days: list[date], *, today: date, usual_gap: int | None, says: str) -> SafeString:
    """Days of purchase on a line of twelve months, and a mark where the next one was to be expected."""
    begins = today - timedelta(days=365)

    def place(day: date) -> str:
        return f"{4 + (WIDTH - 8) * (day - begins).days / 365:.1f}"

    due = max(days, default=begins) + timedelta(days=usual_gap) if usual_gap else None
    mark = ""
    if due is not None and begins <= due <= today:
        mark = format_html('<line class="gap" x1="{0}" x2="{0}" y1="4" y2="24"/>', place(due))
    return format_html(
        '<svg class="s-dots" viewBox="0 0 288 30" role="img" aria-label="{}">'
        '<line x1="0" x2="288" y1="14" y2="14"/>{}{}<text x="0" y="29">{}</text>'
        '<text x="288" y="29" text-anchor="end">{}</text></svg>',
        says,
        format_html_join("", '<circle cx="{}" cy="14" r="3.5"/>', ((place(day),) for day in days if day >= begins)),
        mark, f"{begins:%Y-%m}", _("today"),
    )  # fmt: skip


def cells(counted: dict[str, int], *, r: int, f: int, says: str) -> SafeString:
    """Recency × frequency in twenty-five cells, darkest where most customers stand, one of them marked."""
    top = max(counted.values(), default=0) or 1
    drawn = [
        ("c here" if (across, up) == (r, f) else "c", round(counted.get(f"{across}{up}", 0) / top * 20) * 5)
        for up in range(5, 0, -1)
        for across in range(1, 6)
    ]
    return format_html(
        '<div class="s-grid55 s-minigrid" role="img" aria-label="{}">{}</div>',
        says, format_html_join("", '<span class="{}" data-p="{}"></span>', drawn),
    )  # fmt: skip

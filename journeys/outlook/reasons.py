"""Why a figure is what it is: the numbers it was made of, as sentences in the reader's language."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from journeys.models import HealthWord, Outlook
from journeys.outlook.computing import AHEAD, LATELY, LOOKED, PERSONAL_FROM, YEARS_AHEAD
from scrm.kernel import money

SIGNS: tuple[tuple[str, Callable[[int], str]], ...] = (
    ("helped", lambda n: ngettext("Asked %(n)s time for help with choosing", "Asked %(n)s times for help with choosing",
                                  n)),
    ("booked", lambda n: ngettext("%(n)s appointment", "%(n)s appointments", n)),
    ("tried", lambda n: ngettext("%(n)s visit with trials", "%(n)s visits with trials", n)),
    ("advice", lambda n: ngettext("%(n)s case of advice", "%(n)s cases of advice", n)),
)  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One figure of the panel: its name, what stands there (empty for unknown), and the sentences why."""

    code: str
    name: str
    shown: str
    why: list[str]


def why(row: Outlook) -> list[Figure]:
    """Every figure with the numbers behind it; the need has its own (need_why)."""
    return [
        Figure("value", _("Value now"), row.get_value_display() or "", _value(row)),
        Figure("potential", _("Potential"), _of_100(row.potential), _potential(row.reasons)),
        Figure("clv", _("Expected revenue"), "" if row.clv is None else _money(row.clv), _clv(row.reasons)),
        Figure("churn", _("May leave"), _of_100(row.churn), _churn(row)),
        Figure("upsell", _("Room for more"), _of_100(row.upsell), _upsell(row)),
    ]


def need_why(row: Outlook) -> list[str]:
    """What speaks for the need: what was asked for within a year, the tags, and how many signs make it personal."""
    asked = row.reasons
    found = [say(asked[name]) % {"n": asked[name]} for name, say in SIGNS if asked.get(name)]
    if tags := len(asked.get("tags", [])):
        found.append(ngettext("%(n)s tag for feeling or experience, counts twice",
                              "%(n)s tags for feeling or experience, count twice", tags) % {"n": tags})  # fmt: skip
    signs = asked.get("signs", 0)
    return [*found, _("%(n)s signs within a year; from %(from)s on the need is personal.") % {
        "n": signs, "from": PERSONAL_FROM}]  # fmt: skip


def _of_100(figure: int | None) -> str:
    return "" if figure is None else str(figure)


def _money(minor: float) -> str:
    return money.written(round(minor), settings.BASE_CURRENCY)


def _value(row: Outlook) -> list[str]:
    if row.paid is None:
        return [_("No purchase yet.")]
    borders = {"middle": _money(row.reasons["middle_from"]), "high": _money(row.reasons["high_from"])}
    return [
        _("Paid %(sum)s within 365 days, net of refunds.") % {"sum": _money(row.paid)},
        _("Middle value from %(middle)s, high value from %(high)s.") % borders,
    ]


def _potential(made: dict[str, Any]) -> list[str]:
    said = []
    for of, sentence, name, most in (
        ("of_ahead", _("Will probably spend %(sum)s in twelve months"), "ahead", AHEAD),
        ("of_lately", _("Paid %(sum)s in 90 days"), "lately", LATELY),
        ("of_looked", _("Looked at pieces of %(sum)s in 90 days"), "looked", LOOKED),
    ):
        if made.get(of) is not None:
            points = _("%(points)s of %(most)s") % {"points": f"{made[of]:g}", "most": most}
            said.append(f"{sentence % {'sum': _money(made[name])}}: {points}")
    if made.get("of_looked") is None:
        said.append(_("What was looked at is left out: the customer has not agreed to it."))
    if made.get("of_ahead") is None:
        said.append(_("One day of purchase says nothing of a rhythm: the months ahead are left out."))
    return [*said, _("Of the points that can be known, as a share of 100.")]


def _clv(made: dict[str, Any]) -> list[str]:
    if made.get("rhythm") is None:
        return [_("Unknown before the second day of purchase.")]
    return [
        _("%(basket)s a day of purchase × %(a_year)s such days a year × %(years)s years × %(alive)s %% still active")
        % {
            "basket": _money(made["basket"]), "a_year": f"{made['a_year']:g}", "years": YEARS_AHEAD,
            "alive": round(made["alive"] * 100),
        },
        _("Revenue, no margin. Still active: the own rhythm divided by the days since the last purchase, at most all."),
    ]  # fmt: skip


def _churn(row: Outlook) -> list[str]:
    made, said = row.reasons, []
    if made.get("of_gap") is not None:
        gap = (row.as_of - date.fromisoformat(made["last_on"])).days
        said.append(
            _("Comes every %(rhythm)s days or so, %(gap)s days since the last purchase: %(points)s")
            % {"rhythm": made["rhythm"], "gap": gap, "points": made["of_gap"]}
            if made.get("rhythm") is not None
            else _("%(gap)s days since the only day of purchase: %(points)s") % {"gap": gap, "points": made["of_gap"]}
        )
    if made.get("complaints"):
        said.append(ngettext("%(n)s complaint in 90 days: %(points)s", "%(n)s complaints in 90 days: %(points)s",
                             made["complaints"]) % {"n": made["complaints"], "points": made["of_cases"]})  # fmt: skip
    if made.get("word") in HealthWord.Word.values:
        said.append(_("The advisor's word “%(word)s”: %(points)s") % {
            "word": HealthWord.Word(made["word"]).label, "points": made["of_word"]})  # fmt: skip
    if made.get("withdrawn"):
        said.append(_("News no longer allowed in 90 days: %(points)s") % {"points": made["of_consent"]})
    return said or [_("Nothing known that speaks for or against it.")]


def _upsell(row: Outlook) -> list[str]:
    if row.upsell is None or row.potential is None or row.paid is None:
        return [_("Unknown without value and potential.")]
    high = row.reasons["high_from"]
    said = [
        _("Potential %(potential)s against a value of %(value)s of 100: seven tenths of what is between") % {
            "potential": row.potential, "value": min(100, round(100 * row.paid / high))}
    ]  # fmt: skip
    if premium := row.reasons.get("premium"):
        said.append(ngettext("%(n)s premium piece looked at in 90 days: 10 each, at most 30",
                             "%(n)s premium pieces looked at in 90 days: 10 each, at most 30", premium)
                    % {"n": premium})  # fmt: skip
    return said

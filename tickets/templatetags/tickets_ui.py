"""Clocks and priorities as the pages draw them."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from customers.timeline import CHANNELS
from scrm.kernel import money
from scrm.kernel.templatetags.scrm_ui import channel, moment
from staff.models import User
from staff.names import staff_name
from tickets.board import MOST_COUNTED, Load
from tickets.models import Approval, Compensation, Entry, Kind, Notice, PromiseClock, Ticket, Urgency
from tickets.models.compensation import size
from tickets.models.macro import Do
from tickets.naming import with_chips

register = template.Library()

HALF_HOUR = timedelta(minutes=30)
MOST_CELLS = 24
NOT_CHOSEN = SafeString('<span aria-hidden="true" class="ink-3">·</span>')


@register.simple_tag
def case_row(ticket: Ticket, user: User, may_choose: bool) -> SafeString:
    """One case of a list: priority with why, what it is about and the last word, whose, the clock, who has it.

    Two dozen on a page, so not a template of its own.
    """
    choose = format_html(
        '<input type="checkbox" name="case" value="{}" aria-label="{}">',
        ticket.number, _("Choose %(what)s") % {"what": ticket.subject},
    ) if may_choose else NOT_CHOSEN  # fmt: skip
    level = format_html('<span class="s-chip line">{}</span>', ticket.level) if ticket.level else ""  # type: ignore[attr-defined]
    ways = _ways(tuple(last_two(ticket.channels)), get_language())
    return format_html(
        '<article class="s-q" data-row>{}<div class="c-pr">{}<div class="sub clip">{}</div></div>'
        '<div class="c-su"><h3 class="clip"><a href="{}">{}</a></h3><div class="sub clip">{}</div></div>'
        '<div class="c-cu"><div class="row-x"><span class="clip">{}</span>{}</div><div class="sub row-x">{}</div></div>'
        '<div class="c-cl">{}</div>'
        '<div class="c-ow sub"><div class="clip">{}</div><div class="num">{}</div></div></article>',
        choose, bars(ticket), why(ticket), reverse("tickets:show", args=[ticket.number]), ticket.subject,
        _last_word(ticket), ticket.customer, level, ways, case_clock(ticket), _in_hand(ticket, user),
        moment(ticket.last_at),
    )  # fmt: skip


@lru_cache(maxsize=512)
def _ways(codes: tuple[str, ...], language: str | None) -> SafeString:
    return SafeString("".join(channel(code, str(CHANNELS.get(code, code))) for code in codes))


def _last_word(ticket: Ticket) -> SafeString | str:
    last: Entry | None = ticket.last_word  # type: ignore[attr-defined]
    if last is None:
        return str(ticket.topic or "")
    said = Truncator(last.body).chars(80)
    if last.direction == "in":
        return format_html('<span class="s-say" lang="zh">{}</span>', said)
    return f"{staff_name(last.author_id)}: {said}" if last.author_id else said


def _in_hand(ticket: Ticket, user: User) -> str:
    if ticket.handler_id:
        return staff_name(ticket.handler_id)
    return _("me") if ticket.owner_id == user.pk else staff_name(ticket.owner_id) or _("nobody")


@register.simple_tag
def case_clock(ticket: Ticket) -> SafeString:
    """The nearest promise of a case in a list: what is left, or why none runs."""
    if ticket.state in ("waiting", "held"):
        return format_html('<span class="s-clock paused">{}</span>', ticket.state_name)
    if ticket.next_due_at is None:
        return format_html('<span class="ink-3">{}</span>', "—" if ticket.is_live else ticket.state_name)
    return _drawn(ticket.next_due_at, soon=timedelta(hours=2), since=ticket.opened_at)


@register.simple_tag
def promise_clock(clock: PromiseClock) -> SafeString:
    """One promise: time left, over, paused, kept or missed."""
    when = date_format(timezone.localtime(clock.due_at), "m-d H:i")
    if clock.met_at is not None:
        if clock.met_at <= clock.due_at:
            return format_html('<span class="s-clock kept" title="{}">{}</span>', when, _("Kept"))
        late = _("%(span)s late") % {"span": span(clock.met_at - clock.due_at)}
        return format_html('<span class="s-clock late" title="{}">{}</span>', when, late)
    if clock.paused_at is not None:
        return format_html('<span class="s-clock paused" title="{}">{}</span>', when, _("Paused"))
    soon = max(HALF_HOUR, timedelta(seconds=clock.target / 4))
    return _drawn(clock.due_at, soon=soon, since=clock.started_at)


@register.simple_tag
def approval_clock(approval: Approval) -> SafeString:
    """How long an approval has until it is passed on."""
    return _drawn(approval.deadline, soon=HALF_HOUR, since=approval.made_at)


@register.filter
def gift(amount: int | None, kind: str) -> str:
    """Points or money of goodwill as it is written."""
    return "" if amount is None else size(kind, amount)


@register.filter
def amount_typed(made: Compensation) -> str:
    """The amount of a gift as one would type it: points, or money in units."""
    return str(made.amount) if made.kind == Kind.POINTS else str(money.to_major(made.amount, settings.BASE_CURRENCY))


@register.filter
def above_words(limit: dict[str, Any], kind: str) -> str:
    """One limit that an asked amount goes over, for who decides."""
    words = {
        "act": _("Above %(limit)s at once."), "case": _("The case would have %(sum)s of %(limit)s."),
        "day": _("The colleague's day would have %(sum)s of %(limit)s."),
        "customer": _("The customer would have %(sum)s of %(limit)s in 90 days."),
    }  # fmt: skip
    said = {"limit": size(kind, limit["limit"]), "sum": size(kind, limit["would_be"])}
    return words[limit["horizon"]] % said


@register.filter
def span(length: timedelta) -> str:
    """Under an hour minutes, under a day hours, then days."""
    minutes = max(int(length.total_seconds() // 60), 0)
    if minutes < 60:
        return _("%(n)s min") % {"n": minutes}
    if minutes < 24 * 60:
        hours, rest = divmod(minutes, 60)
        if rest and hours < 3:
            return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
        return _("%(n)s h") % {"n": hours}
    days = minutes // (24 * 60)
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


@register.filter
def seconds_span(seconds: int) -> str:
    return span(timedelta(seconds=seconds))


@register.filter
def at(found: dict[str, Any], name: str) -> Any:
    return found.get(name, "")


@register.filter
def last_two(codes: list[str]) -> list[str]:
    """The two channels a case went over last, each once."""
    return list(dict.fromkeys(reversed(codes)))[:2][::-1]


@register.simple_tag
def bars(ticket: Ticket) -> SafeString:
    """One to four bars with their word."""
    return _bars(ticket.bars, ticket.ordinary, get_language())


@lru_cache(maxsize=32)
def _bars(step: int, ordinary: bool, language: str | None) -> SafeString:
    lit = format_html_join("", '<i class="{}"></i>', (("on" if place < step else "",) for place in range(4)))
    words = {1: _("low"), 2: _("middle"), 3: _("high"), 4: _("highest")}[step]
    tone = {4: "p1", 3: "p2"}.get(step, "") if not ordinary or step < 4 else "p2"
    return format_html('<span class="s-prio {}"><span class="bars" aria-hidden="true">{}</span>{}</span>',
                       tone, lit, words)  # fmt: skip


@register.filter
def reason(said: dict[str, Any]) -> str:
    """One reason of a priority in words."""
    code = said.get("code")
    if code == "urgency":
        return str(Urgency(said.get("urgency", 2)).label)
    if code == "again":
        times = int(said.get("times", 1))
        return ngettext("came for it once before", "came %(n)s times before", times) % {"n": times}
    words = {"safety": _("Safety"), "legal": _("Law"), "value": _("level of membership"),
             "package": _("service package")}  # fmt: skip
    return str(words.get(str(code), code))


@register.filter
def why(ticket: Ticket) -> str:
    """The printed reason under a priority in a list: the two that weigh most, and the wait."""
    parts = [reason(one) for one in ticket.reasons[:2]]
    grown = ticket.points_now()[1]
    if grown:
        parts.append(_("waits %(span)s") % {"span": span(timezone.now() - ticket.opened_at)})
    return " · ".join(parts)


@register.filter
def capped(count: int) -> str:
    """A count that stops at a thousand, as it is shown."""
    return "999+" if count >= MOST_COUNTED else str(count)


@register.filter
def of_hundred(pair: tuple[int, int]) -> str:
    """A part of a whole in percent."""
    part, whole = pair
    return f"{round(100 * part / whole)}%" if whole else "–"


@register.simple_tag
def load_cells(load: Load) -> SafeString:
    """What a colleague carries as ten cells or as many as are needed: hard ones dark, a line where it is full."""
    shown = min(max(10, load.live, (load.most or 0) + 1), MOST_CELLS)
    kinds = ["h" if n < load.hard else "n" if n < load.live else "" for n in range(shown)]
    if load.most and load.most <= shown:
        kinds[load.most - 1] += " cap"
    says = _("%(live)s in hand, %(hard)s of them hard") % {"live": load.live, "hard": load.hard}
    if load.most is not None:
        says = f"{says}, {_('%(most)s fit') % {'most': load.most}}"
    return format_html(
        '<span class="s-ld" role="img" aria-label="{}">{}</span>',
        says, format_html_join("", '<i class="{}"></i>', ((kind,) for kind in kinds)),
    )  # fmt: skip


def _drawn(due: datetime, *, soon: timedelta, since: datetime) -> SafeString:
    now = timezone.now()
    when = date_format(timezone.localtime(due), "m-d H:i")
    if due <= now:
        words = _("%(span)s late") % {"span": span(now - due)}
        return format_html('<span class="s-clock late" title="{}">{}</span>', when, words)
    whole = max((due - since).total_seconds(), 1)
    share = max(5, min(100, round((due - now).total_seconds() / whole * 20) * 5))
    words = _("%(span)s left") % {"span": span(due - now)}
    tone = "soon" if due - now <= soon else ""
    return format_html('<span class="s-clock {}" data-p="{}" title="{}">{}</span>', tone, share, when, words)


@register.filter
def with_names(entry: Entry) -> SafeString:
    """The words of a note, colleagues it names as chips."""
    return with_chips(entry.body, entry.mentions.all() if "@" in entry.body else ())


@register.filter
def step_name(code: str) -> str:
    """What a step of a macro does."""
    return str(Do(code).label) if code in Do.values else code


@register.filter
def notice_words(notice: Notice) -> str:
    """What a person is told; of a case they may not see any more, its number alone."""
    case = str(notice.ticket) if notice.is_open else str(notice.ticket.number)  # type: ignore[attr-defined]
    who = str(notice.by) if notice.by_id else _("A rule")
    if notice.kind == Notice.Kind.PROMISE:
        late = notice.percent >= 100
        return (_("A promise is late: %(case)s") if late else _("A promise ends soon: %(case)s")) % {"case": case}
    if notice.kind == Notice.Kind.DECIDED:
        given = notice.details.get("decision") == Compensation.State.GRANTED
        said = _("%(who)s approved your goodwill: %(case)s") if given else _("%(who)s declined your goodwill: %(case)s")
        return said % {"who": who, "case": case}
    words = {
        Notice.Kind.MENTION: _("%(who)s named you in a note: %(case)s"),
        Notice.Kind.GIVEN: _("%(who)s gave you a case: %(case)s"),
        Notice.Kind.ASKED: _("Goodwill waits for your word: %(case)s"),
    }
    return words[Notice.Kind(notice.kind)] % {"who": who, "case": case}


@register.filter
def notice_icon(notice: Notice) -> str:
    return {"promise": "clock-exclamation", "mention": "at", "given": "user-check", "asked": "checks",
            "decided": "gift"}[notice.kind]  # fmt: skip

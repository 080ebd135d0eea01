"""The fields of this room: who the customer is, what was bought in all, what was told, allowed, tagged."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from customers.fact_names import fact_keys
from customers.models import Event, Lifecycle, NeedKind, Segment, TagValue
from customers.models.consent import CHANNELS_OF
from customers.segments.rules import IN_SEGMENT
from scrm.kernel.registry import event_kinds, segment_fields
from scrm.kernel.segment_field import (
    HOW,
    HOW_MUCH,
    LISTED,
    SIGNS,
    Asked,
    Given,
    Number,
    OneOf,
    SegmentField,
    Several,
    Slot,
    listed,
    number,
    remembered,
)
from scrm.kernel.segment_rows import counted, local_day, since, standing
from staff.models import Membership, Role, Store

PERSON, BOUGHT, SAID, OTHERS = _("Who it is"), _("Purchases in all"), _("Told, tagged, allowed"), _("More")
YES = [("yes", _("yes"))]
LINES = {"trial.logged": _("Tried on")}
FADED = 19.5  # below this a tag is not shown any more, see Tag.confidence_now


def days_ago(name: str, group: Any, words: Any, column: Callable[[Asked], str], *, metrics: bool) -> SegmentField:
    """How many days ago something was; what never was is neither long ago nor lately."""
    turned = {">=": "<=", "<=": ">=", "=": "="}

    def condition(asked: Asked, given: Given) -> str:
        at, sign = column(asked), turned[SIGNS[given["op"]]]
        return f"({at} is not null and {at} {sign} {asked.put(asked.day_before(given['n']))}::date)"

    return SegmentField(
        name, group, words, (HOW_MUCH, Number("n", _("Days ago"), 180, 0, 36500, "days")),
        _("%(field)s %(op)s %(n)s ago"), condition,
        lambda asked, given: f"({asked.put(asked.today)}::date - {column(asked)})",
        lambda found: "–" if found is None else _ago(int(found)), metrics, clock=True,
    )  # fmt: skip


def _ago(days: int) -> str:
    return ngettext("%(days)s day ago", "%(days)s days ago", days) % {"days": days}


def held(
    name: str, group: Any, words: Any, one: Slot, rows: Callable[[Asked, Given], str], shown: str, *,
    sentence: Any = LISTED, slots: tuple[Slot, ...] = (), clock: bool = False, say: Callable[[Any], str] | None = None,
) -> SegmentField:  # fmt: skip
    """Whether a customer has such a row; `rows` as in segment_rows, `shown` what of them is shown."""

    def condition(asked: Asked, given: Given) -> str:
        text = f"c.id in (select x.customer_id {rows(asked, given)}{asked.among('x.customer_id')})"
        return f"({'not ' if given.get('op') == 'is_not' else ''}{text})"

    def value(asked: Asked, given: Given) -> str:
        return f"(select string_agg(distinct {shown}, ', ') {rows(asked, given)} and x.customer_id = c.id)"

    asks = (HOW, *slots, one)
    return SegmentField(name, group, words, asks, sentence, condition, value, say or (lambda found: found or "–"),
                        clock=clock)  # fmt: skip


def by_key(
    name: str, words: Any, column: str, table: str, code: str, choices: Callable[[], list[tuple[str, Any]]]
) -> SegmentField:
    """A row the customer points to, named by its code."""
    one = Several("one", words, choices=remembered(choices))

    def condition(asked: Asked, given: Given) -> str:
        text = (f"{column} is not null and {column} in (select k.id from {table} k "
                f"where k.{code} = any({asked.put(list(given['one']))}))")  # fmt: skip
        return f"({'not ' if given['op'] == 'is_not' else ''}({text}))"

    return SegmentField(
        name, PERSON, words, (HOW, one), LISTED, condition,
        lambda asked, given: f"(select k.{code} from {table} k where k.id = {column})",
        lambda found: one.say([found]) if found else "–",
    )  # fmt: skip


def birthdays(today: date, days: int) -> list[int]:
    """The days of the year from today on, as month × 100 + day; the 29th of February is kept on the 28th."""
    found = [today + timedelta(days=ahead) for ahead in range(min(days, 366) + 1)]
    marks = {one.month * 100 + one.day for one in found}
    leap = any(one.month == 2 and one.day == 29 for one in found)
    return sorted(marks | ({229} if 228 in marks and not leap else set()))


def _birthday(asked: Asked, given: Given) -> str:
    marks = asked.put(birthdays(asked.today, given["days"]))
    return f"(c.birth_month is not null and c.birth_month * 100 + c.birth_day = any({marks}))"


def _tagged(asked: Asked, given: Given) -> str:
    start = since(asked, 0)
    return (f"from customers_tag x join customers_tagdimension d on d.id = x.dimension_id where x.ended_at is null "
            f"and (x.expires_at is null or x.expires_at > {start}) "
            f"and d.code || ':' || x.value = any({asked.put(list(given['one']))}) "
            f"and (x.origin = 'manual' or x.confidence * power(0.5, greatest(0, extract(epoch from {start} - x.at)) "
            f"/ 86400 / d.half_days) >= {asked.put(FADED)})")  # fmt: skip


def _facts(asked: Asked, given: Given) -> str:
    return (f"from customers_fact x where x.superseded_by_id is null and x.taken_back_at is null "
            f"and x.forgotten_at is null and x.key = {asked.put(given['key'])}")  # fmt: skip


def _consents(asked: Asked, given: Given) -> str:
    purpose, _colon, channel = given["one"].partition(":")
    return (f"from customers_consent x where x.purpose = {asked.put(purpose)} and x.channel = {asked.put(channel)} "
            f"and x.given and not exists (select from customers_consent z where z.customer_id = x.customer_id "
            f"and z.purpose = x.purpose and z.channel = x.channel and (z.at, z.id) > (x.at, x.id))")  # fmt: skip


def _events(asked: Asked, given: Given) -> str:
    return (f"from customers_event x where x.kind = {asked.put(given['kind'])} "
            f"and x.at >= {since(asked, given['days'])}")  # fmt: skip


def _needs(asked: Asked, given: Given) -> str:
    return (f"from customers_needlog x join customers_needkind k on k.id = x.kind_id where x.taken_back_at is null "
            f"and k.code = {asked.put(given['need'])} and x.at >= {since(asked, given['days'])}")  # fmt: skip


def _members(asked: Asked, given: Given) -> str:
    return (f"from customers_segmentmember x join customers_segment g on g.id = x.segment_id where g.state = 'live' "
            f"and x.via <> 'block' and g.code = {asked.put(given['segment'])}")  # fmt: skip


def _kinds() -> list[tuple[str, Any]]:
    return [(name, _line(name, get_language() or "")) for name in event_kinds.names()]


@cache
def _line(name: str, language: str) -> str:
    """A kind of line as the timeline reads it with nothing filled in; its code where that says nothing."""
    kind = event_kinds.get(name)
    try:
        said = kind.sentence(Event(kind=name, details={})) if kind and name not in LINES else str(LINES[name])
    except Exception:  # noqa: BLE001 — the sentence needs what is not there
        return name
    said = " ".join(said.split()).strip(" :：,，·–—")
    return name if not said or any(sign.isdigit() for sign in said) else said


def _stores() -> list[tuple[str, Any]]:
    return [(store.code, store.name or store.code) for store in Store.objects.order_by("code")]


def _advisors() -> list[tuple[str, Any]]:
    rows = Membership.objects.filter(role=Role.ADVISOR).select_related("user").order_by("user__username")
    return list({row.user.username: row.user.full_name or row.user.username for row in rows}.items())


def _tags() -> list[tuple[str, Any]]:
    rows = TagValue.objects.select_related("dimension").order_by("dimension__place", "dimension__code", "place")
    return [(f"{row.dimension.code}:{row.code}", row.name or row.code) for row in rows]


def _segments() -> list[tuple[str, Any]]:
    return [(one.code, one.name or one.code) for one in Segment.objects.live().order_by("code")]


def _purposes() -> list[tuple[str, Any]]:
    return [
        (f"{purpose.value}:{channel}", f"{purpose.label} · {channel}" if channel else purpose.label)
        for purpose, channels in CHANNELS_OF.items()
        for channel in channels
    ]


def register() -> None:
    last, first = (lambda asked: "m.last_on"), (lambda asked: "m.first_on")
    key = OneOf("key", _("Kind of fact"),
                choices=lambda: [(code, kind.name or code) for code, kind in fact_keys().items()])  # fmt: skip
    known = OneOf("known", _("known"), "yes", lambda: YES)
    for field in (
        days_ago("last_order", BOUGHT, _("Last purchase"), last, metrics=True),
        days_ago("first_order", BOUGHT, _("First purchase"), first, metrics=True),
        number("orders", BOUGHT, _("Purchases"), "coalesce(m.orders, 0)", unit="times", default=3, metrics=True),
        number("spent", BOUGHT, _("Spent in all"), "coalesce(m.spent, 0)", unit="money", most=1_000_000_000,
               default=1000, metrics=True),
        listed("lifecycle", BOUGHT, _("Stage"), "coalesce(m.lifecycle, 'none')", lambda: Lifecycle.choices,
               metrics=True),
        number("r", BOUGHT, _("Recency class"), "coalesce(m.r, 0)", most=5, default=4, metrics=True),
        number("f", BOUGHT, _("Frequency class"), "coalesce(m.f, 0)", most=5, default=4, metrics=True),
        number("m", BOUGHT, _("Money class"), "coalesce(m.m, 0)", most=5, default=4, metrics=True),
        by_key("home_store", _("Home store"), "c.home_store_id", "staff_store", "code", _stores),
        by_key("advisor", _("Advisor"), "c.advisor_id", "staff_user", "username", _advisors),
        listed("locale", PERSON, _("Language"), "c.locale", lambda: settings.LANGUAGES),
        days_ago("joined", PERSON, _("Joined"), lambda asked: local_day("c.joined_at", asked), metrics=False),
        SegmentField("birthday", PERSON, _("Birthday"), (Number("days", _("Within days"), 7, 0, 366, "days"),),
                     _("%(field)s within the next %(days)s"), _birthday,
                     lambda asked, given: "lpad(c.birth_month::text, 2, '0') || '-' || lpad(c.birth_day::text, 2, '0')",
                     lambda found: found or "–", clock=True),
        standing("household", PERSON, _("People in the household"),
                 "(select count(*) from customers_householdmember o where o.household_id = x.household_id "
                 "and o.until is null)", "from customers_householdmember x where x.until is null", default=2),
        held("tag", SAID, _("Tag"), Several("one", _("Tag"), choices=remembered(_tags)), _tagged,
             "d.code || ':' || x.value", clock=True),
        held("fact_known", SAID, _("Told"), known, _facts, "x.value", slots=(key,),
             sentence=_("%(key)s %(op)s %(known)s")),
        held("fact", SAID, _("Told word for word"), Slot("word", _("Word")),
             lambda asked, given: f"{_facts(asked, given)} and x.value = {asked.put(given['word'])}", "x.value",
             slots=(key,), sentence="%(key)s %(op)s “%(word)s”"),
        held("consent", SAID, _("Allows"), OneOf("one", _("What"), "marketing:sms", _purposes), _consents, "'✓'"),
        counted("need", SAID, _("Need heard"), _needs, slots=(OneOf("need", _("Need"), choices=remembered(_needs_on)),),
                sentence=_("%(field)s “%(need)s” within %(days)s: %(op)s %(n)s")),
        counted("event", OTHERS, _("Line of the timeline"), _events,
                slots=(OneOf("kind", _("Kind"), "visit.made", _kinds),),
                sentence=_("%(field)s “%(kind)s” within %(days)s: %(op)s %(n)s")),
        held(IN_SEGMENT, OTHERS, _("Segment"), OneOf("segment", _("Segment"), choices=remembered(_segments)), _members,
             "'✓'", sentence="%(field)s %(op)s “%(segment)s”"),
    ):  # fmt: skip
        segment_fields.add(field.name, field)


def _needs_on() -> list[tuple[str, Any]]:
    return [(kind.code, kind.name or kind.code) for kind in NeedKind.objects.filter(used=True)]

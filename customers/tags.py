"""Tags on the page and by rule: who was heard of lately is looked at by every rule at once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer, Fact, NeedLog, SegmentMember, Tag, TagDimension, TagDirty, TagRule
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import tag_counters
from scrm.kernel.words import Words
from staff.models import User

HEARD = ("fact.", "need.", "browse.", "order.", "refund.")
AT_ONCE = 1000

Counted = dict[int, int]


def tags_of(reader: User, customer: Customer) -> dict[str, Any]:
    """Live tags by dimension with their evidence, and what can be added with a tap."""
    dimensions = list(TagDimension.objects.prefetch_related("values"))
    names = {(one.pk, value.code): str(value) for one in dimensions for value in one.values.all()}
    rows = (
        Tag.objects.live()
        .filter(customer=customer)
        .select_related("dimension", "by")
        .order_by("dimension__place", "pk")
    )
    shown = []
    for tag in rows[:60]:
        if tag.confidence_now:
            tag.name = names.get((tag.dimension_id, tag.value), tag.value)  # type: ignore[attr-defined]
            tag.bars = range(-(-tag.confidence_now // 34))  # type: ignore[attr-defined]
            tag.reasons = [reason_of(part) for part in tag.evidence]  # type: ignore[attr-defined]
            shown.append(tag)
    on = {(tag.dimension_id, tag.value) for tag in shown if tag.origin == Tag.Origin.MANUAL}
    offered = [
        (one, [value for value in one.values.all() if (one.pk, value.code) not in on])
        for one in dimensions if one.used
    ]  # fmt: skip
    may = reader.may("fact.write")
    return {"tags": shown, "offered": [pair for pair in offered if pair[1]] if may else [], "may_write": may}


def reason_of(part: dict[str, Any]) -> str:
    """One piece of evidence in the reader's words."""
    of = part.get("of", "")
    said = {"what": Words(of) if isinstance(of, dict) else of, "n": part.get("count", 0), "days": part.get("days", 0)}
    words = {
        "fact": _("Told: %(what)s"), "looked": _("Looked at %(what)s %(n)s times within %(days)s days"),
        "bought": _("Bought %(what)s %(n)s times within %(days)s days"),
        "need": _("The need “%(what)s” was heard %(n)s times within %(days)s days"),
        "file": _("From a file: %(what)s"), "member": _("Is in the segment “%(what)s”"),
        "playbook": _("By the playbook “%(what)s”"),
    }  # fmt: skip
    return words.get(str(part.get("what")), "") % said


def heard_of(event: Any) -> None:
    """Note in the event's transaction that the rules are to look at this customer."""
    if event.kind.startswith(HEARD) and not event.kind.startswith("tag."):
        TagDirty.objects.bulk_create([TagDirty(customer_id=event.customer_id)], ignore_conflicts=True)


def tag_who_changed(now: datetime | None = None) -> int:
    """Let the rules look at who was heard of; how many customers. Safe to repeat, safe beside another."""
    moment, seen = now or timezone.now(), 0
    while True:
        with transaction.atomic():
            taken = TagDirty.objects.select_for_update(skip_locked=True).order_by("customer")[:AT_ONCE]
            ids = [row.customer_id for row in taken]
            # Whoever is heard of from here on is noted anew: the row goes before the rules look.
            TagDirty.objects.filter(customer__in=ids).delete()
            apply_rules(ids, moment)
        seen += len(ids)
        if len(ids) < AT_ONCE:
            return seen


def apply_rules(ids: list[int], now: datetime) -> None:
    """Every rule over these customers, one question per rule; rows are written only where something changes."""
    if not ids:
        return
    people = Customer.objects.filter(merged_into=None, erased_at=None).in_bulk(ids)
    for rule in TagRule.objects.filter(used=True).select_related("dimension"):
        found = COUNTERS[rule.what](rule, ids, now - timedelta(days=rule.days))
        # In one order, so that two workers never wait for each other crosswise.
        for pk in sorted(pk for pk, times in found.items() if times >= rule.times and pk in people):
            evidence = [{"what": rule.what, "of": rule.holds or rule.key, "count": found[pk], "days": rule.days}]
            try:
                Tag.put(people[pk], rule.dimension, rule.value, origin=Tag.Origin.RULE, confidence=rule.confidence,
                        evidence=evidence)  # fmt: skip
            except TransitionRefused:
                continue  # closed meanwhile


def _facts(rule: TagRule, ids: list[int], since: datetime) -> Counted:
    facts = Fact.objects.live().filter(customer__in=ids, key=rule.key)
    facts = facts.filter(value=rule.holds) if rule.holds else facts
    return dict.fromkeys(facts.values_list("customer", flat=True), rule.times)


def _needs(rule: TagRule, ids: list[int], since: datetime) -> Counted:
    heard = NeedLog.objects.filter(customer__in=ids, kind__code=rule.key, at__gte=since, taken_back_at=None)
    return dict(heard.order_by().values_list("customer").annotate(Count("pk")))


def _looks(rule: TagRule, ids: list[int], since: datetime) -> Counted:
    with connection.cursor() as cursor:
        cursor.execute(
            "select customer_id, count(*) from customers_browse where customer_id = any(%s) and category = %s "
            "and at >= %s group by 1", [ids, rule.key, since],
        )  # fmt: skip
        return {int(pk): int(times) for pk, times in cursor.fetchall()}


def _bought(rule: TagRule, ids: list[int], since: datetime) -> Counted:
    counter = tag_counters.get("bought")
    return counter(ids, rule.key, since) if counter else {}


def _members(rule: TagRule, ids: list[int], since: datetime) -> Counted:
    rows = SegmentMember.objects.inside().filter(customer__in=ids, segment__code=rule.key, segment__state="live")
    return dict.fromkeys(rows.values_list("customer", flat=True), rule.times)


COUNTERS: dict[str, Callable[[TagRule, list[int], datetime], Counted]] = {
    TagRule.What.FACT: _facts, TagRule.What.NEED: _needs, TagRule.What.LOOKED: _looks, TagRule.What.BOUGHT: _bought,
    TagRule.What.MEMBER: _members,
}  # fmt: skip

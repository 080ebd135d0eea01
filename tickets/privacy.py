"""How this room lets go of a person, and what it holds about one."""

from typing import Any

from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from customers.privacy import Person
from scrm.kernel.registry import erasures, subject_parts
from tickets.models import (
    LIVE,
    Approval,
    Article,
    ArticleVersion,
    ClockPause,
    Compensation,
    Entry,
    Handover,
    Notice,
    PickupCode,
    PromiseClock,
    ServiceTerms,
    State,
    Ticket,
)

GONE = "erased:"


def forget(person: Person) -> None:
    """That there was a case, how long it took and how it ended stays; what was said in it goes."""
    now = timezone.now()
    cases = Ticket.objects.filter(customer__in=person.records)
    gone = Concat(Value(GONE), Cast("pk", CharField()))
    Entry.objects.filter(customer__in=person.records).update(body="", translations={}, source_ref=gone)
    PromiseClock.objects.filter(ticket__in=cases).update(words="")
    PromiseClock.objects.filter(ticket__in=cases, met_at=None, dropped_at=None).update(
        dropped_at=now, paused_at=None, warn_at=None
    )
    ClockPause.objects.filter(clock__ticket__in=cases, until=None).update(until=now)
    ClockPause.objects.filter(clock__ticket__in=cases).update(why="")
    Handover.objects.filter(ticket__in=cases).update(note="", result="")
    Handover.objects.filter(ticket__in=cases, returned_at=None).update(returned_at=now)
    PickupCode.objects.filter(ticket__in=cases).delete()
    ServiceTerms.objects.filter(customer__in=person.records).delete()
    _let_go_of_articles(person)
    gifts = Compensation.objects.filter(customer__in=person.records)
    gifts.filter(state=Compensation.State.PENDING).update(state=Compensation.State.WITHDRAWN)
    gifts.update(words="", review_words="")
    asked = Approval.objects.filter(compensation__in=gifts)
    asked.filter(decided_at=None).update(decision=Approval.Decision.WITHDRAWN, decided_at=now)
    asked.update(words="")
    Notice.objects.unseen().filter(ticket__in=cases).see()
    cases.filter(state__in=[*LIVE, State.RESOLVED]).update(
        state=State.CLOSED, status=None, closed_at=now, waiting_since=None, next_due_at=None, snoozed_until=None,
        handler=None, version=F("version") + 1,
    )  # fmt: skip
    cases.update(subject="—", dedup_key="")
    cases.exclude(source_ref="").update(source_ref=gone)


def _let_go_of_articles(person: Person) -> None:
    """What was learned from their cases stays without a trace to them, as far as a second person has read it."""
    made = Article.objects.filter(from_case__customer__in=person.records)
    unread = ArticleVersion.objects.filter(article__in=made, approved_by=None)
    unread.filter(state__in=("draft", "submitted")).update(state="replaced", ended_at=timezone.now())
    unread.update(title={}, body={})
    made.update(from_case=None)


def held(ids: list[int]) -> dict[str, Any]:
    cases = Ticket.objects.filter(customer__in=ids).prefetch_related("entries", "clocks").select_related("topic")
    return {
        "cases": [
            {
                "number": case.number, "subject": case.subject, "state": case.state, "opened_at": case.opened_at,
                "resolved_at": case.resolved_at, "topic": str(case.topic) if case.topic else "",
                "said": [{"at": entry.at, "direction": entry.direction, "channel": entry.channel, "body": entry.body}
                         for entry in sorted(case.entries.all(), key=lambda one: (one.at, one.pk))],
                "promised": [{"what": clock.metric, "words": clock.words, "due_at": clock.due_at,
                              "met_at": clock.met_at} for clock in case.clocks.all()],
            }
            for case in cases.order_by("opened_at")
        ],
        "articles_from_cases": list(
            Article.objects.filter(from_case__customer__in=ids).order_by("pk").values_list("code", flat=True)
        ),
        "goodwill": [
            {"case": gift.ticket.number, "at": gift.at, "what": gift.what, "state": gift.state,
             "reason": str(gift.reason), "words": gift.words}
            for gift in Compensation.objects.filter(customer__in=ids).order_by("at")
            .select_related("ticket", "template", "reason")
        ],
        "service_terms": list(ServiceTerms.objects.filter(customer__in=ids).values(
            "term", "value", "source", "starts_at", "ends_at")),
    }  # fmt: skip


def register() -> None:
    erasures.add("tickets", forget)
    subject_parts.add("tickets", held)

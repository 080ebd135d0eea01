"""How this room lets go of a person, and what it holds about one."""

from typing import Any

from customers.privacy import Person
from journeys.models import (
    CareMark,
    ClientRhythm,
    ContentUse,
    EarlyWord,
    Enrolment,
    EntitlementUse,
    GuideSession,
    HealthWord,
    HeldPackage,
    NeedWord,
    OpenInterest,
    Outlook,
    OutlookChange,
    OutlookDirty,
    PilotMember,
    PlaybookNews,
    Reservation,
    StepRun,
    SuggestionWord,
    Told,
)
from scrm.kernel.registry import erasures, subject_parts


def forget(person: Person) -> None:
    """An advisor's words about a person go with them; that somebody was cared for on a day stays, without words."""
    OpenInterest.objects.filter(customer__in=person.records).delete()
    HealthWord.objects.filter(customer__in=person.records).delete()
    CareMark.objects.filter(customer__in=person.records, did=CareMark.Did.NOT_TODAY).delete()
    CareMark.objects.filter(customer__in=person.records).update(said="")
    Reservation.objects.filter(customer__in=person.records).delete()
    PilotMember.objects.filter(customer__in=person.records).delete()
    ContentUse.objects.filter(customer__in=person.records).delete()
    EntitlementUse.objects.filter(held__customer__in=person.records).delete()
    for model in (
        Told,
        GuideSession,
        EarlyWord,
        ClientRhythm,
        SuggestionWord,
        Enrolment,
        PlaybookNews,
        HeldPackage,
        NeedWord,
        Outlook,
        OutlookChange,
        OutlookDirty,
    ):
        model.objects.filter(customer__in=person.records).delete()


def held(ids: list[int]) -> dict[str, Any]:
    interests = OpenInterest.objects.filter(customer__in=ids).order_by("began_at")
    words = HealthWord.objects.filter(customer__in=ids).order_by("week")
    cares = CareMark.objects.filter(customer__in=ids).order_by("day", "pk")
    outlooks, words_of_need = Outlook.objects.filter(customer__in=ids), NeedWord.objects.filter(customer__in=ids)
    moves = OutlookChange.objects.filter(customer__in=ids).order_by("on", "pk")
    packages = HeldPackage.objects.filter(customer__in=ids).order_by("since", "pk")
    uses = EntitlementUse.objects.filter(held__customer__in=ids).order_by("at", "pk")
    ways = Enrolment.objects.filter(customer__in=ids).order_by("entered_at", "pk")
    steps = StepRun.objects.filter(enrolment__customer__in=ids).order_by("at", "pk")
    reservations = Reservation.objects.filter(customer__in=ids).order_by("starts_at", "pk")
    read = ContentUse.objects.filter(customer__in=ids).order_by("at", "pk")
    pilots = PilotMember.objects.filter(customer__in=ids).order_by("joined_at", "pk")
    told = Told.objects.filter(customer__in=ids).order_by("at", "pk")
    return {
        "playbooks": list(ways.values("playbook__code", "version__number", "state", "why", "entered_at", "goal_at",
                                      "ended_at", "end")),
        "playbook_steps": list(steps.values("enrolment__playbook__code", "node", "result", "at")),
        "pilots": list(pilots.values("pilot__code", "arm", "joined_at")),
        "reservations": list(reservations.values("resource__code", "starts_at", "ends_at", "note", "released_at")),
        "content": list(read.values("content__title", "step", "at")),
        "new_goods": list(EarlyWord.objects.filter(customer__in=ids).order_by("at", "pk")
                          .values("release__name", "said", "at")),
        "guides": [
            {"guide": one.guide.code, "began_at": one.began_at, "shown": one.shown, "opened": one.opened,
             "talked_at": one.talked_at, "answers": [row.answer.value for row in one.answers.all()]}
            for one in GuideSession.objects.filter(customer__in=ids).select_related("guide")
            .prefetch_related("answers__answer").order_by("began_at")
        ],
        "suggestions": list(SuggestionWord.objects.filter(customer__in=ids).order_by("at", "pk")
                            .values("article", "said", "at")),
        "rhythm": list(ClientRhythm.objects.filter(customer__in=ids).order_by("pk").values("days", "set_at")),
        "answers": list(told.values("answer__question__code", "answer__value", "at", "taken_back_at")),
        "packages": list(packages.values("package__code", "version__number", "source", "why", "since", "until",
                                         "ended_at")),
        "benefits_used": list(uses.values("held__package__code", "line", "at", "note", "taken_back_at")),
        "outlook": list(outlooks.values("value", "paid", "potential", "need", "clv", "churn", "upsell", "reasons",
                                        "as_of")),
        "need_words": list(words_of_need.order_by("at").values("need", "why", "at", "taken_back_at")),
        "outlook_moves": list(moves.values("on", "before", "after", "why")),
        "interests": list(interests.values("what", "stage", "worth", "next_step", "next_on", "began_at", "lost_why")),
        "health_words": list(words.values("week", "word", "why")),
        "cares": list(cares.values("day", "reason", "did", "said")),
    }  # fmt: skip


def register() -> None:
    erasures.add("journeys", forget)
    subject_parts.add("journeys", held)

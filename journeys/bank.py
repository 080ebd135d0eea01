"""What operators do with questions, and which of them are left to ask a customer."""

from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer, NeedKind, Scene, Tag, TagDimension, TagValue
from journeys.models import Question, QuestionAnswer, Told
from journeys.models.question import TAKE_BACK
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import Words
from staff.models import User, audit

MOST = 12


def not_offered() -> str:
    return _("This is not on offer.")


def make(code: str, said: Words, *, by: User | None, scene: Scene, dimension: TagDimension) -> Question:
    """A new question. Raises TransitionRefused for a code in use."""
    try:
        with transaction.atomic():
            made = Question.objects.create(code=code, words=said, scene=scene, dimension=dimension)
    except IntegrityError as error:
        raise TransitionRefused(_("There is a question with this code.")) from error
    if by is not None:
        audit("question.made", by=by, of=made)
    return made


@transaction.atomic
def put_answer(
    question: Question, value: str, said: Words, *, need: NeedKind | None, by: User | None
) -> QuestionAnswer:  # fmt: skip
    """Add an answer, or change the words and need of the one with this value; one taken out comes back.

    Raises TransitionRefused beyond twelve.
    """
    value = " ".join(value.split())[:60]
    held = Question.objects.select_for_update(no_key=True).get(pk=question.pk)
    others = held.answers.exclude(value=value)
    if not value:
        raise TransitionRefused(_("Say what the tag is."))
    if others.filter(retired_at=None).count() >= MOST:
        raise TransitionRefused(_("A question has twelve answers at most."))
    made, _new = QuestionAnswer.objects.update_or_create(
        question=held, value=value, defaults={"words": said, "need": need, "retired_at": None},
        create_defaults={"words": said, "need": need, "place": others.count()},
    )  # fmt: skip
    if by is not None:
        audit("question.changed", by=by, of=held, answer=value)
    return made


@transaction.atomic
def retire_answer(answer: QuestionAnswer, *, by: User) -> None:
    """Not offered any more; what was answered stays. Raises TransitionRefused the second time."""
    if not QuestionAnswer.objects.filter(pk=answer.pk, retired_at=None).update(retired_at=timezone.now()):
        raise TransitionRefused(_("It stands like that already."))
    audit("question.changed", by=by, of=answer.question, answer=answer.value)


@transaction.atomic
def retire(question: Question, *, by: User, back: bool = False) -> None:
    """Not asked any more, or asked again. Raises TransitionRefused when it stands so already."""
    rows = Question.objects.filter(pk=question.pk, retired_at__isnull=not back)
    if not rows.update(retired_at=None if back else timezone.now()):
        raise TransitionRefused(_("It stands like that already."))
    audit("question.restored" if back else "question.retired", by=by, of=question)


@transaction.atomic
def move_up(question: Question) -> None:
    """Before the one above it in its scene; the first stays."""
    rows = list(Question.objects.select_for_update(no_key=True).filter(scene=question.scene_id))
    at = next((number for number, one in enumerate(rows) if one.pk == question.pk), 0)
    if at:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    for number, one in enumerate(rows):
        one.place = number
    Question.objects.bulk_update(rows, ["place"])


def by_scene() -> list[tuple[Scene, list[Question]]]:
    """Every question with the answers offered, under its scene; scenes without one are told too."""
    offered = Prefetch("answers", QuestionAnswer.objects.filter(retired_at=None).select_related("need"))
    rows = list(Question.objects.select_related("dimension").prefetch_related(offered)[:500])
    scenes = Scene.objects.filter(used=True)
    return [(scene, [one for one in rows if one.scene_id == scene.pk]) for scene in scenes]


@dataclass
class Asking:
    """One question at one customer: what is known of it, or nothing and it may be asked."""

    question: Question
    known: list[str] = field(default_factory=list)
    told: Told | None = None  # the reader's own answer, still fresh


def of_customer(customer: Customer, reader: User, scene: str = "") -> dict[str, Any]:
    """The questions of a scene at a customer: those that are known say what is known. Six queries."""
    offered = Prefetch("answers", QuestionAnswer.objects.filter(retired_at=None))
    rows = list(Question.objects.filter(retired_at=None, scene__used=True).select_related("scene", "dimension")
                .prefetch_related(offered).order_by("scene__place", "scene__code", "place", "pk")[:500])  # fmt: skip
    scenes = list({one.scene_id: one.scene for one in rows}.values())
    chosen = next((one for one in scenes if one.code == scene), scenes[0] if scenes else None)
    asked = {one.dimension_id for one in rows}
    live = Tag.objects.live().select_related("dimension").filter(customer=customer, dimension__in=asked)
    names = {(one.dimension_id, one.code): str(one) for one in TagValue.objects.filter(dimension__in=asked)}
    # A value with no name of its own is called by the answer it came from.
    for one in rows:
        for answer in one.answers.all():
            names.setdefault((one.dimension_id, answer.value), str(answer))
    known: dict[int, list[str]] = {}
    for tag in live:
        if tag.confidence_now:
            known.setdefault(tag.dimension_id, []).append(names.get((tag.dimension_id, tag.value), tag.value))
    fresh = Told.objects.standing().filter(customer=customer, by=reader, at__gte=timezone.now() - TAKE_BACK)
    mine = {one.answer.question_id: one for one in fresh.select_related("answer")}
    lines = [Asking(one, known.get(one.dimension_id, []), mine.get(one.pk)) for one in rows
             if chosen is not None and one.scene_id == chosen.pk]  # fmt: skip
    return {"scenes": scenes, "chosen": chosen, "lines": lines, "may_write": reader.may("fact.write"),
            "left": sum(1 for one in lines if not one.known)}  # fmt: skip

"""What operators do with online guides."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from journeys.models import Guide, GuideQuestion, Question, QuestionAnswer
from journeys.models.guide import FEWEST, MOST
from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit

LISTED = 200


@transaction.atomic
def make(code: str, *, by: User | None, questions: Sequence[Question], **said: Any) -> Guide:
    """A new guide. Raises TransitionRefused for a code in use, for less than two or more than three questions, or one
    without answers."""
    _check(questions)
    try:
        with transaction.atomic():
            made = Guide.objects.create(code=code, made_by=by, **said)
    except IntegrityError as error:
        raise TransitionRefused(_("There is a guide with this code.")) from error
    _ask(made, questions)
    if by is not None:
        audit("guide.made", by=by, of=made)
    return made


@transaction.atomic
def change(guide: Guide, *, by: User, questions: Sequence[Question], **said: Any) -> None:
    """Other words, questions, channel or coupon; who is in it goes on with these."""
    _check(questions)
    row = Guide.objects.select_for_update(no_key=True).get(pk=guide.pk)
    for name, value in said.items():
        setattr(row, name, value)
    row.save(update_fields=list(said))
    row.asked.all().delete()
    _ask(row, questions)
    audit("guide.changed", by=by, of=row)


@transaction.atomic
def retire(guide: Guide, *, by: User | None, back: bool = False) -> None:
    """Not served any more, or again. Raises TransitionRefused when it stands so already."""
    rows = Guide.objects.filter(pk=guide.pk, retired_at__isnull=not back)
    if not rows.update(retired_at=None if back else timezone.now()):
        raise TransitionRefused(_("It stands like that already."))
    if by is not None:
        audit("guide.restored" if back else "guide.retired", by=by, of=guide)


def listed() -> list[Guide]:
    rows = Guide.objects.select_related("channel", "coupon").annotate(asks=Count("asked"))
    return list(rows.order_by("retired_at", "code")[:LISTED])


def _check(questions: Sequence[Question]) -> None:
    if not FEWEST <= len(questions) <= MOST or len({one.pk for one in questions}) < len(questions):
        raise TransitionRefused(_("Choose two or three different questions."))
    answered = QuestionAnswer.objects.filter(question__in=questions, retired_at=None)
    if mute := {one.pk for one in questions} - set(answered.values_list("question", flat=True)):
        names = "、".join(str(one) for one in questions if one.pk in mute)
        raise TransitionRefused(_("Nobody could answer this question, it has no answers: %(names)s") % {"names": names})


def _ask(guide: Guide, questions: Sequence[Question]) -> None:
    GuideQuestion.objects.bulk_create(
        GuideQuestion(guide=guide, question=one, place=place) for place, one in enumerate(questions, start=1)
    )

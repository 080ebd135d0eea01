"""How long this room keeps what nobody needs any more."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journeys.models import CareMark, HealthWord
from scrm.kernel.registry import Retention, retentions


def old_marks(before: datetime) -> int:
    return CareMark.objects.filter(day__lt=timezone.localdate(before)).delete()[0]


def old_words(before: datetime) -> int:
    return HealthWord.objects.filter(week__lt=timezone.localdate(before)).delete()[0]


def register() -> None:
    for each in (
        Retention("care_marks", _("Lines of care lists"), 400, old_marks),
        Retention("health_words", _("Advisors' words about their clients"), 800, old_words),
    ):
        retentions.add(each.name, each)

"""How long this room keeps what nobody needs any more."""

from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from journeys.models import (
    CareMark,
    ContentUse,
    Cover,
    EarlyWord,
    Enrolment,
    EntitlementUse,
    GuideSession,
    HealthWord,
    HeldPackage,
    NeedWord,
    OutlookChange,
    OutlookRun,
    Reservation,
    SuggestionWord,
    Told,
)
from scrm.kernel.registry import Retention, retentions


def old_marks(before: datetime) -> int:
    return CareMark.objects.filter(day__lt=timezone.localdate(before)).delete()[0]


def old_words(before: datetime) -> int:
    return HealthWord.objects.filter(week__lt=timezone.localdate(before)).delete()[0]


def old_moves(before: datetime) -> int:
    return OutlookChange.objects.filter(on__lt=timezone.localdate(before)).delete()[0]


def old_runs(before: datetime) -> int:
    """The last one stays: the pages read it."""
    newest = OutlookRun.objects.values("pk")[:1]
    return OutlookRun.objects.filter(ran_at__lt=before).exclude(pk__in=newest).delete()[0]


def words_taken_back(before: datetime) -> int:
    return NeedWord.objects.filter(taken_back_at__lt=before).delete()[0]


def answers_taken_back(before: datetime) -> int:
    return Told.objects.filter(taken_back_at__lt=before).delete()[0]


def old_packages(before: datetime) -> int:
    over = HeldPackage.objects.filter(ended_at__lt=before)
    EntitlementUse.objects.filter(held__in=over).delete()
    return over.delete()[0]


def old_ways(before: datetime) -> int:
    """The last of each customer in a playbook stays: who was compared once is compared again."""
    later = Enrolment.objects.filter(
        customer=OuterRef("customer"), playbook=OuterRef("playbook"), pk__gt=OuterRef("pk")
    )
    return Enrolment.objects.filter(Exists(later), ended_at__lt=before).delete()[0]


def old_reservations(before: datetime) -> int:
    return Reservation.objects.filter(ends_at__lt=before).delete()[0]


def old_reading(before: datetime) -> int:
    return ContentUse.objects.filter(at__lt=before).delete()[0]


def old_early_words(before: datetime) -> int:
    return EarlyWord.objects.filter(at__lt=before).delete()[0]


def old_covers(before: datetime) -> int:
    return Cover.objects.filter(ends_on__lt=timezone.localdate(before)).delete()[0]


def old_guide_sessions(before: datetime) -> int:
    return GuideSession.objects.filter(began_at__lt=before).delete()[0]


def old_suggestions(before: datetime) -> int:
    return SuggestionWord.objects.filter(at__lt=before).delete()[0]


def register() -> None:
    for each in (
        Retention("packages_ended", _("Packages that ended, with what was used of them"), 1100, old_packages),
        Retention("playbook_ways", _("Ways through playbooks that ended"), 800, old_ways),
        Retention("reservations", _("Reservations that are over"), 800, old_reservations),
        Retention("content_uses", _("Who was sent which guide, and whom it helped"), 1100, old_reading),
        Retention("early_words", _("Who was told of new goods first"), 800, old_early_words),
        Retention("guide_sessions", _("Ways of visitors through online guides"), 90, old_guide_sessions),
        Retention("suggestions", _("Which goods were suggested to whom"), 400, old_suggestions),
        Retention("covers", _("Who looked after whose clients"), 400, old_covers),
        Retention("care_marks", _("Lines of care lists"), 400, old_marks),
        Retention("health_words", _("Advisors' words about their clients"), 800, old_words),
        Retention("outlook_moves", _("Moves between cells of value and need"), 800, old_moves),
        Retention("outlook_runs", _("Runs of value and need"), 400, old_runs),
        Retention("need_words_taken_back", _("Words on needs that were taken back"), 90, words_taken_back),
        Retention("answers_taken_back", _("Answers to questions that were taken back"), 90, answers_taken_back),
    ):
        retentions.add(each.name, each)

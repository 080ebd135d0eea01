"""What was learned from cases whose topic is known: the weights of words, and how often they were right."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TopicLesson(models.Model):
    """One learning. The latest is used; `right` and `offered` were measured on cases it had not seen."""

    made_at = models.DateTimeField(_("learned"), default=timezone.now)
    cases = models.PositiveIntegerField(_("cases"))
    right = models.FloatField(_("share right"), help_text=_("Of all cases, when the likeliest topic is taken."))
    sure_from = models.FloatField(_("sure from"), help_text=_("Distance between the likeliest and the next."))
    offered = models.FloatField(_("share proposed"), help_text=_("Of all cases, those with a distance that large."))
    right_offered = models.FloatField(_("share right of those proposed"))
    topics = models.JSONField(_("topics"))  # their codes, in the order of the weights
    weights = models.BinaryField()  # an npz of marks, rarity and weights; no code in it

    class Meta:
        verbose_name, verbose_name_plural = _("lesson in topics"), _("lessons in topics")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(right__range=(0, 1), offered__range=(0, 1), right_offered__range=(0, 1)),
                name="lesson_shares",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cases}: {self.right:.1%}"

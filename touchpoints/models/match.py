"""What a customer said to a piece that was proposed."""

from datetime import timedelta

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from commerce.models import Product
from scrm.kernel.refusals import TransitionRefused
from staff.models import User
from touchpoints.models.visit import Visit

REST = timedelta(days=30)


class MatchAnswer(models.Model):
    """One proposed piece that was shown in a visit, and how it was taken: it rests for thirty days then."""

    class Said(models.TextChoices):
        LIKED = "liked", _("Liked it")
        NOT_NOW = "not_now", _("Not now")

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="match_answers", db_index=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+", db_index=False)
    said = models.CharField(max_length=7, choices=Said)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("answer to a proposal"), _("answers to proposals")
        constraints = [models.UniqueConstraint(fields=["visit", "product"], name="match_answer_once")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.said}"

    @classmethod
    @transaction.atomic
    def note(cls, visit: Visit, product: Product, said: str, *, by: User) -> "MatchAnswer":
        """Raises TransitionRefused when the visit has ended or this piece was answered in it."""
        held = Visit.objects.select_for_update(no_key=True).get(pk=visit.pk)
        if held.left_at is not None:
            raise TransitionRefused(gettext("This visit has already ended."))
        try:
            with transaction.atomic():
                made = cls.objects.create(visit=visit, product=product, said=said, by=by)
        except IntegrityError:
            raise TransitionRefused(gettext("This piece has been answered already.")) from None
        kind = "match.liked" if said == cls.Said.LIKED else "match.declined"
        visit.customer.record(
            kind, by=by, channel="store", store=visit.store_id, visit=visit.pk, piece=dict(product.name)
        )
        return made

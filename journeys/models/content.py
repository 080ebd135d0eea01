"""What we send to read or to watch, by scene and season, and to whom it helped."""

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Scene
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import User


class Content(models.Model):
    """One piece; without months it fits all year, without a scene everywhere."""

    class Kind(models.TextChoices):
        ARTICLE = "article", _("Article")
        GUIDE = "guide", _("Guide")
        FILM = "film", _("Film")
        LIVE = "live", _("Live stream")

    title = WordsField(_("title"))
    kind = models.CharField(max_length=7, choices=Kind)
    scene = models.ForeignKey(Scene, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    months = models.JSONField(default=list)  # 1 to 12
    link = models.URLField(_("link"), max_length=300)
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("piece of content"), _("content")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return str(self.title)

    @transaction.atomic
    def mark(self, customer: Customer, step: str, *, by: User | None) -> None:
        """Sent, then opened or helped; the same step twice is one. Raises TransitionRefused when it was never sent."""
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        if step not in ContentUse.Step.values:
            raise TransitionRefused(gettext("This is not on offer."))
        rows = ContentUse.objects.filter(content=self, customer=held)
        known = set(rows.values_list("step", flat=True))
        if step == ContentUse.Step.SENT and self.retired_at is not None:
            raise TransitionRefused(gettext("This is not on offer any more."))
        if step != ContentUse.Step.SENT and ContentUse.Step.SENT not in known:
            raise TransitionRefused(gettext("It was not sent to this customer."))
        # Whom it helped has opened it.
        steps = [step] if step != ContentUse.Step.HELPED else [ContentUse.Step.OPENED, step]
        new = [one for one in steps if one not in known]
        ContentUse.objects.bulk_create(ContentUse(content=self, customer=held, step=one, by=by) for one in new)
        if step in new:
            held.record(f"content.{step}", by=by, name=self.title)


class ContentUse(models.Model):
    """That a piece was sent to somebody, opened, or helped: once each."""

    class Step(models.TextChoices):
        SENT = "sent", _("Sent")
        OPENED = "opened", _("Has opened it")
        HELPED = "helped", _("Helped")

    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="uses", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contents", db_index=False)
    came_as = models.BigIntegerField(null=True)
    step = models.CharField(max_length=6, choices=Step)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("use of content"), _("uses of content")
        constraints = [
            models.UniqueConstraint(
                "customer", "content", "step", models.functions.Coalesce("came_as", 0), name="content_use_once"
            ),
            models.CheckConstraint(condition=Q(step__in=["sent", "opened", "helped"]), name="content_use_step"),
        ]
        indexes = [models.Index(fields=["content", "step"], name="content_use_counted")]

    def __str__(self) -> str:
        return f"{self.content_id} {self.step} {self.customer_id}"

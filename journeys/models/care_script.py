"""What an advisor may say for a reason of the care list: one script of the library."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from journeys.models.care import Reason
from touchpoints.models import Script


class CareScript(models.Model):
    """A reason and the code of its script; which version is said, and in which language, the library knows."""

    reason = models.CharField(_("reason"), max_length=9, choices=Reason, unique=True)
    script = models.SlugField(_("script"), max_length=60)

    class Meta:
        verbose_name, verbose_name_plural = _("script of a reason"), _("scripts of reasons")
        ordering = ["reason"]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.script}"

    def clean(self) -> None:
        if not Script.objects.offered().filter(code=self.script).exists():
            raise ValidationError({"script": _("There is no approved script with this code.")})

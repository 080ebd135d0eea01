"""That the demo was loaded, with which numbers, and what its load took off the tables for a while."""

from django.db import models
from django.utils import timezone


class DemoLoad(models.Model):
    """One load of the demo brand. running → done; a running one that nobody runs is wiped and begun anew."""

    customers = models.BigIntegerField()
    seed = models.BigIntegerField()
    as_of = models.DateField()
    moment = models.DateTimeField()
    full_history = models.BooleanField(default=False)
    started_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)
    hooks = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.customers} customers as of {self.as_of}"

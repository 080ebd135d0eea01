"""The record of a command that came with an Idempotency-Key."""

from django.db import models


class IdempotencyRecord(models.Model):
    """One command of one client at one place (method and path): its fingerprint and, once done, its answer."""

    client = models.CharField(max_length=60)
    place = models.CharField(max_length=200, default="")
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "place", "key"], name="idempotency_once_here")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return f"{self.client} {self.place} {self.key}"

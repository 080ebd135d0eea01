"""The record of a command that came with an Idempotency-Key, and the house's own keys."""

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


class HouseKey(models.Model):
    """A key of the house for one purpose, wrapped by the master key. Two of one purpose live while one follows the
    other: `done` is how far (by id of what it marks) the newer one has got.
    """

    purpose = models.CharField(max_length=40)
    generation = models.PositiveSmallIntegerField(default=1)
    wrapped = models.BinaryField()
    made_at = models.DateTimeField(auto_now_add=True)
    done = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "generation"], name="house_key_once")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.generation}"

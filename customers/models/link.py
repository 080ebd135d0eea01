"""A signed link for a customer: a page without sign-in, for one purpose, until a day."""

import hashlib
import secrets
from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from staff.models import User


class CustomerLinkQuerySet(models.QuerySet["CustomerLink"]):
    def opening(self, token: str, *, purpose: str) -> Self:
        """The living link of a token; wrong, old, used and ended ones look the same: nothing."""
        if not 20 <= len(token) <= 64:
            return self.none()
        return self.filter(
            digest=digest_of(token), purpose=purpose, ended_at=None, until__gt=timezone.now(), customer__erased_at=None
        )


class CustomerLink(models.Model):
    """The token is shown once and only its digest is kept: 192 random bits, so a plain hash cannot be searched."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=20)
    digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = CustomerLinkQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("customer link"), _("customer links")
        indexes = [models.Index(fields=["until"], name="customer_link_until")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.customer_id}"

    @classmethod
    def make(
        cls, customer: Customer, *, purpose: str, until: datetime, by: User | None = None
    ) -> "tuple[CustomerLink, str]":
        """A new link and its token, which nobody can read again."""
        token = secrets.token_urlsafe(24)
        link = cls.objects.create(customer=customer, purpose=purpose, digest=digest_of(token), until=until, made_by=by)
        return link, token

    def end(self) -> None:
        """“This is not mine”: the link opens nothing any more. A second time changes nothing."""
        CustomerLink.objects.filter(pk=self.pk, ended_at=None).update(ended_at=timezone.now())


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

"""A machine that speaks to us: tills, shops, bridges."""

import hashlib
import hmac
import secrets
from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SCOPES = ("orders", "customers")


class ApiClient(models.Model):
    """One machine with at most two live secrets; its code is the `source` of all it sends."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    secret_digest = models.CharField(max_length=64, blank=True, editable=False)
    former_digest = models.CharField(max_length=64, blank=True, editable=False)
    former_until = models.DateTimeField(null=True, blank=True, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("API client"), _("API clients")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name or self.code

    @property
    def is_authenticated(self) -> bool:
        return True

    def new_secret(self, *, former_lives_until: datetime | None = None) -> str:
        """Make a new secret, shown this once; the former one lives on until the given moment."""
        secret = f"sk_{self.code}_{secrets.token_urlsafe(32)}"
        self.former_digest, self.former_until = self.secret_digest, former_lives_until
        self.secret_digest = self._digest(secret)
        self.save(update_fields=["secret_digest", "former_digest", "former_until"])
        return secret

    def opens_with(self, secret: str) -> bool:
        digest = self._digest(secret)
        if self.secret_digest and hmac.compare_digest(digest, self.secret_digest):
            return True
        lives = self.former_until is not None and self.former_until > timezone.now()
        return bool(self.former_digest) and lives and hmac.compare_digest(digest, self.former_digest)

    @staticmethod
    def _digest(secret: str) -> str:
        # The secret holds 256 random bits: a plain hash cannot be searched.
        return hashlib.sha256(secret.encode()).hexdigest()

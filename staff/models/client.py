"""A machine that speaks to us: tills, shops, bridges."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Self

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scrm.kernel import sealed
from scrm.kernel.refusals import TransitionRefused
from staff.models.audit import audit
from staff.models.person import User

SCOPES = {
    "loyalty": _("Earn and spend points, give and take coupons"),
    "orders": _("Send sales and returns, read its own"),
    "customers": _("Bring customers, read those it knows"),
    "looks": _("Save looks of the people it brought, read them"),
    "segments": _("Read segments and which of the people it brought are in them"),
    "recommendations": _("Ask which goods fit the people it brought, or a visitor"),
    "cases": _("Open cases, add what was said, read how far its own are"),
    "events": _("Send signed events: what was bought, seen, said"),
    "webhooks": _("Manage where its news are sent"),
}
ROTATION = timedelta(hours=24)


class ApiClient(models.Model):
    """One machine with at most two live secrets; its code is the `source` of all it sends."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    scopes = models.JSONField(default=list)
    secret_digest = models.CharField(max_length=64, blank=True, editable=False)
    secret_tail = models.CharField(max_length=4, blank=True, editable=False)
    secret_made_at = models.DateTimeField(null=True, blank=True, editable=False)
    former_digest = models.CharField(max_length=64, blank=True, editable=False)
    former_tail = models.CharField(max_length=4, blank=True, editable=False)
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

    @property
    def former_lives(self) -> bool:
        return bool(self.former_digest) and self.former_until is not None and self.former_until > timezone.now()

    @classmethod
    @transaction.atomic
    def add(cls, *, code: str, name: str, scopes: list[str], by: User) -> Self:
        """A new client without a secret. Raises TransitionRefused when the code is taken."""
        try:
            with transaction.atomic():
                client = cls.objects.create(code=code, name=name, scopes=sorted(scopes))
        except IntegrityError:
            raise TransitionRefused(_("Another client has this code.")) from None
        audit("client.added", by=by, of=client, code=code, scopes=client.scopes)
        return client

    @transaction.atomic
    def rotate(self, *, by: User, former_lives: bool, instead_of: str) -> str:
        """A new secret, shown this once, instead of the one whose tail is given; that one lives a day more or ends.

        Raises TransitionRefused when two live already, or when somebody made another meanwhile.
        """
        own = self._locked()
        if own.secret_tail != instead_of:
            raise TransitionRefused(_("Another key was made meanwhile: look again before you make one more."))
        if own.former_lives:
            raise TransitionRefused(_("Two keys live already: end the former one first."))
        secret = own.new_secret(
            former_lives_until=timezone.now() + ROTATION if former_lives and own.secret_digest else None
        )
        audit("client.key_made", by=by, of=own, tail=own.secret_tail, former=own.former_tail)
        return secret

    @transaction.atomic
    def end_secret(self, tail: str, *, by: User) -> None:
        """End one of the two secrets at once. Raises TransitionRefused when it has ended."""
        own = self._locked()
        if tail and tail == own.secret_tail:
            own.secret_digest, own.secret_tail, own.secret_made_at = "", "", None
        elif tail and tail == own.former_tail and own.former_lives:
            own.former_digest, own.former_tail, own.former_until = "", "", None
        else:
            raise TransitionRefused(_("This key has ended already."))
        own.save()
        audit("client.key_ended", by=by, of=own, tail=tail)

    @transaction.atomic
    def set_scopes(self, scopes: list[str], *, by: User) -> None:
        own = self._locked()
        if sorted(scopes) != own.scopes:
            audit("client.scopes", by=by, of=own, before=own.scopes, after=sorted(scopes))
            own.scopes = sorted(scopes)
            own.save(update_fields=["scopes"])

    @transaction.atomic
    def switch(self, *, on: bool, by: User) -> None:
        """Let it in or keep it out; its secrets stay. Raises TransitionRefused when it is so already."""
        if not ApiClient.objects.filter(pk=self.pk, is_active=not on).update(is_active=on):
            raise TransitionRefused(_("This client is switched on already.") if on else _("It is off already."))
        audit("client.switched_on" if on else "client.switched_off", by=by, of=self)

    def new_secret(self, *, former_lives_until: datetime | None = None) -> str:
        """Make a new secret, shown this once; the former one lives on until the given moment."""
        secret = f"sk_{self.code}_{secrets.token_urlsafe(32)}"
        self.former_digest, self.former_tail, self.former_until = self.secret_digest, self.secret_tail, None
        if former_lives_until:
            self.former_until = former_lives_until
        self.secret_digest, self.secret_tail = self._digest(secret), secret[-4:]
        self.secret_made_at = timezone.now()
        self.save()
        return secret

    def opens_with(self, secret: str) -> bool:
        digest = self._digest(secret)
        if self.secret_digest and hmac.compare_digest(digest, self.secret_digest):
            return True
        return self.former_lives and hmac.compare_digest(digest, self.former_digest)

    def _locked(self) -> "ApiClient":
        return ApiClient.objects.select_for_update().get(pk=self.pk)

    @staticmethod
    def _digest(secret: str) -> str:
        # The secret holds 256 random bits: a plain hash cannot be searched.
        return hashlib.sha256(secret.encode()).hexdigest()


class SigningSecret(models.Model):
    """What a client signs its events with: both sides hold it, so it lies sealed. At most two live."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="signing_secrets")
    key = models.BinaryField()
    sealed = models.BinaryField()
    tail = models.CharField(max_length=4)
    made_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("signing key"), _("signing keys")
        ordering = ["-pk"]
        constraints = [
            # The newest has no end; the ones before it do.
            models.UniqueConstraint(fields=["client"], condition=models.Q(ends_at=None), name="signing_secret_newest"),
        ]

    def __str__(self) -> str:
        return f"…{self.tail}"

    @classmethod
    @transaction.atomic
    def make(cls, client: ApiClient, *, by: User) -> str:
        """A new secret, shown this once; the former one signs a day more. Raises TransitionRefused while two live."""
        client._locked()
        live = list(cls.live(client))
        if len(live) > 1:
            raise TransitionRefused(_("Two keys live already: end the former one first."))
        cls.objects.filter(pk__in=[one.pk for one in live]).update(ends_at=timezone.now() + ROTATION)
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        key, wrapped = sealed.new_data_key()
        cls.objects.create(client=client, key=wrapped, sealed=sealed.seal(secret, key), tail=secret[-5:-1])
        audit("client.signing_key_made", by=by, of=client, tail=secret[-5:-1])
        return secret

    @classmethod
    def live(cls, client: ApiClient) -> "models.QuerySet[SigningSecret]":
        return cls.objects.filter(client=client).exclude(ends_at__lte=timezone.now())

    @transaction.atomic
    def end(self, *, by: User) -> None:
        """Nothing signed with it is taken any more. A second time changes nothing."""
        if SigningSecret.live(self.client).filter(pk=self.pk).update(ends_at=timezone.now()):
            audit("client.signing_key_ended", by=by, of=self.client, tail=self.tail)

    def in_clear(self) -> str:
        return sealed.unseal(bytes(self.sealed), sealed.unwrap(bytes(self.key)))


class ApiCall(models.Model):
    """One request of a client, for thirty days: the route, never the values in it."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="calls", db_index=False)
    at = models.DateTimeField()
    method = models.CharField(max_length=7)
    route = models.CharField(max_length=60)
    status = models.PositiveSmallIntegerField()
    replayed = models.BooleanField(default=False)
    problem = models.CharField(max_length=40, blank=True)
    request = models.CharField(max_length=16)
    took = models.PositiveIntegerField()  # milliseconds
    tail = models.CharField(max_length=4)

    class Meta:
        verbose_name, verbose_name_plural = _("API call"), _("API calls")
        indexes = [
            models.Index(fields=["client", "-at", "-id"], name="api_call_client"),
            models.Index(fields=["at"], name="api_call_at"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.status}"

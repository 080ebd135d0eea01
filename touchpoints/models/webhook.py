"""Where news go that other systems asked for: endpoints, what each is owed, and every try."""

import base64
import secrets
from datetime import timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scrm.kernel import sealed
from scrm.kernel.refusals import TransitionRefused
from staff.models import ApiClient, User, audit

ROTATION = timedelta(hours=24)
MOST = 10


class WebhookEndpoint(models.Model):
    """One address of one client. Moves: active ⇄ paused; either → disabled (it said 410) or ended; paused by hand or
    by a message that failed eight times. What happens while it is paused waits for it.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("On")
        PAUSED = "paused", _("Paused")
        DISABLED = "disabled", _("Gone (410)")
        ENDED = "ended", _("Ended")

    code = models.SlugField(max_length=40, unique=True)
    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=500)
    kinds = models.JSONField(default=list)  # event kinds; empty means all
    full = models.BooleanField(default=False)
    key = models.BinaryField()
    secret = models.BinaryField()
    former = models.BinaryField(null=True)
    former_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    reason = models.CharField(max_length=40, blank=True)  # why it is paused: "by_hand" or "failed"
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("webhook"), _("webhooks")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code

    @classmethod
    @transaction.atomic
    def add(
        cls, *, client: ApiClient, url: str, kinds: list[str], full: bool = False, by: User | None = None
    ) -> tuple[Self, str]:
        """A new endpoint and its secret, shown this once. Raises TransitionRefused beyond ten of one client."""
        ApiClient.objects.select_for_update().get(pk=client.pk)
        if cls.objects.filter(client=client).exclude(state=cls.State.ENDED).count() >= MOST:
            raise TransitionRefused(_("A client may have ten webhooks: end one first."))
        key, wrapped = sealed.new_data_key()
        secret = new_secret()
        endpoint = cls.objects.create(
            code=f"wh-{secrets.token_hex(5)}", client=client, url=url, kinds=sorted(set(kinds)), full=full,
            key=wrapped, secret=sealed.seal(secret, key),
        )  # fmt: skip
        audit("webhook.added", by=by, client="" if by else client.code, of=endpoint, kinds=endpoint.kinds, full=full)
        return endpoint, secret

    def live_secrets(self) -> list[str]:
        """The secrets that sign now, newest first."""
        key = sealed.unwrap(bytes(self.key))
        found = [sealed.unseal(bytes(self.secret), key)]
        if self.former and self.former_until and self.former_until > timezone.now():
            found.append(sealed.unseal(bytes(self.former), key))
        return found

    @transaction.atomic
    def rotate(self, *, by: User) -> str:
        """A new secret, shown this once; both sign for a day. Raises TransitionRefused while two live."""
        own = WebhookEndpoint.objects.select_for_update().get(pk=self.pk)
        if own.former_until and own.former_until > timezone.now():
            raise TransitionRefused(_("Two secrets sign already: wait until the former one has ended."))
        secret = new_secret()
        own.former, own.former_until = own.secret, timezone.now() + ROTATION
        own.secret = sealed.seal(secret, sealed.unwrap(bytes(own.key)))
        own.save(update_fields=["secret", "former", "former_until"])
        audit("webhook.rotated", by=by, of=own)
        return secret

    def pause(self, *, by: User | None, reason: str = "by_hand") -> None:
        self._move({self.State.ACTIVE}, self.State.PAUSED, by=by, deed="webhook.paused", reason=reason)

    def resume(self, *, by: User) -> None:
        """Send again, also what waited; a disabled one may be taken up again by hand."""
        self._move({self.State.PAUSED, self.State.DISABLED}, self.State.ACTIVE, by=by, deed="webhook.resumed")
        self.deliveries.filter(state="waiting").update(due_at=timezone.now())

    def disable(self) -> None:
        self._move({self.State.ACTIVE, self.State.PAUSED}, self.State.DISABLED, by=None, deed="webhook.disabled")

    def end(self, *, by: User | None, client: str = "") -> None:
        live: set[str] = {self.State.ACTIVE, self.State.PAUSED, self.State.DISABLED}
        self._move(live, self.State.ENDED, by=by, deed="webhook.ended", client=client)

    @transaction.atomic
    def replay(self, deliveries: "models.QuerySet[WebhookDelivery]", *, by: User) -> int:
        """Send these again, with their old ids; how many. At most a thousand at once."""
        wanted = list(self.deliveries.filter(pk__in=deliveries).exclude(state="waiting").values_list("pk")[:1000])
        count = (
            WebhookDelivery.objects.filter(pk__in=[pk for (pk,) in wanted])
            .exclude(state="waiting")
            .update(state=WebhookDelivery.State.WAITING, tries=0, due_at=timezone.now(), done_at=None)
        )
        audit("webhook.replayed", by=by, of=self, count=count)
        return count

    @transaction.atomic
    def _move(
        self, start: set[str], end: str, *, by: User | None, deed: str, reason: str = "", client: str = ""
    ) -> None:
        # One conditional UPDATE: of two clicks at once, exactly one wins.
        if not WebhookEndpoint.objects.filter(pk=self.pk, state__in=start).update(state=end, reason=reason):
            raise TransitionRefused(_("This webhook has changed meanwhile: look again."))
        self.state, self.reason = end, reason
        audit(deed, by=by, of=self, client=client, reason=reason)


class WebhookDelivery(models.Model):
    """One event owed to one endpoint: waiting → sent, or dead after eight tries. Its id never changes."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Given up")

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    event = models.BigIntegerField()  # below zero: a test message
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("webhook message"), _("webhook messages")
        constraints = [models.UniqueConstraint(fields=["endpoint", "event"], name="webhook_delivery_once")]
        indexes = [
            models.Index(fields=["due_at"], name="webhook_due", condition=Q(state="waiting")),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_endpoint"),
            models.Index(fields=["endpoint", "state"], name="webhook_delivery_left", condition=~Q(state="sent")),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.endpoint_id}: {self.state}"

    @property
    def message_id(self) -> str:
        return f"evt_{self.event}" if self.event > 0 else f"test_{-self.event}"


class WebhookAttempt(models.Model):
    """One try to deliver, for thirty days: when, what came back, how long it took."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    number = models.PositiveSmallIntegerField()
    status = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=60, blank=True)
    took = models.PositiveIntegerField(default=0)  # milliseconds

    class Meta:
        verbose_name, verbose_name_plural = _("webhook attempt"), _("webhook attempts")
        indexes = [
            models.Index(fields=["endpoint", "-at", "-id"], name="webhook_attempt_endpoint"),
            models.Index(fields=["delivery"], name="webhook_attempt_delivery"),
            models.Index(fields=["at"], name="webhook_attempt_at"),
        ]

    def __str__(self) -> str:
        return f"{self.delivery_id} try {self.number}: {self.status or self.error}"


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()

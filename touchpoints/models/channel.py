"""A way to reach people and be reached: which adapter speaks it, with what settings and sealed secrets."""

import hashlib
import json
import secrets as random
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scrm.kernel import sealed
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import User, audit
from touchpoints.channels.adapters import ADAPTERS, adapter_of, carried_bytes
from touchpoints.channels.protocol import Account, Adapter


class Way(models.TextChoices):
    """How it feels to the customer; consent is asked per way."""

    SMS = "sms", _("SMS")
    MAIL = "mail", _("Mail")
    WECOM = "wecom", _("WeCom")
    APP = "app", _("App")
    WEB = "web", _("Web chat")
    PHONE = "phone", _("Phone")


# Which identity each way reaches a person by, the first that is there.
IDENTITIES = {
    Way.SMS: ("phone",), Way.MAIL: ("mail",), Way.WECOM: ("wecom",), Way.APP: ("app",), Way.WEB: ("web",),
    Way.PHONE: ("phone",),
}  # fmt: skip


def adapters() -> list[tuple[str, str]]:
    return [(name, name) for name in ADAPTERS]


class ChannelQuerySet(models.QuerySet["Channel"]):
    def on(self) -> Self:
        return self.filter(state=Channel.State.ON)

    def behind(self, token: str) -> "Channel | None":
        """The channel a provider's call is for, by the secret part of its address."""
        return self.filter(hook=hook_digest(token)).first() if 20 <= len(token) <= 64 else None


class Channel(models.Model):
    """Moves: on ⇄ stopped (by hand, or when the provider refuses our set-up)."""

    class State(models.TextChoices):
        ON = "on", _("On")
        STOPPED = "stopped", _("Stopped")

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField(_("name"))
    way = models.CharField(_("way"), max_length=10, choices=Way)
    adapter = models.CharField(_("adapter"), max_length=20, choices=adapters)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    key = models.BinaryField(editable=False)
    sealed = models.BinaryField(editable=False)
    hook = models.BinaryField(max_length=32, null=True, unique=True, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.ON, editable=False)
    stopped_for = models.CharField(max_length=80, blank=True, editable=False)
    cursor = models.JSONField(default=dict, editable=False)
    last_contact_at = models.DateTimeField(null=True, editable=False)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("channel"), _("channels")
        ordering = ["code"]
        constraints = [
            # One live channel a way sends; others may only receive.
            models.UniqueConstraint(fields=["way"], condition=Q(state="on"), name="channel_way_once"),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.key:
            key, self.key = sealed.new_data_key()
            self.sealed = sealed.seal("{}", key)
        super().save(*args, **kwargs)

    def open(self) -> Adapter:
        """The adapter with this channel's account: secrets are in clear for as long as the caller holds it."""
        return adapter_of(self.adapter, self._account())

    @property
    def carries_files(self) -> int:
        """How many bytes of files may go with one message; 0 for none."""
        return 0 if self.way in (Way.SMS, Way.PHONE) else carried_bytes(self.adapter)

    def _account(self) -> Account:
        return Account(self.code, self.settings, self._secrets())

    def _secrets(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(sealed.unseal(bytes(self.sealed), sealed.unwrap(bytes(self.key))))
        return found

    @property
    def secrets_given(self) -> dict[str, bool]:
        """Which secrets are there, never what they are."""
        there = self._secrets()
        return {name: bool(there.get(name)) for name in self.open().secrets}

    @transaction.atomic
    def give_secrets(self, given: dict[str, str], *, by: User) -> None:
        """Seal what was given; an empty one keeps what is there. Raises TransitionRefused for one nobody asks for."""
        own = Channel.objects.select_for_update().get(pk=self.pk)
        if unknown := set(given) - set(own.open().secrets):
            raise TransitionRefused(_("This channel has no secret “%s”.") % sorted(unknown)[0])
        kept = own._secrets() | {name: value for name, value in given.items() if value}
        own.sealed = sealed.seal(json.dumps(kept), sealed.unwrap(bytes(own.key)))
        own.save(update_fields=["sealed"])
        self.sealed = own.sealed
        audit("channel.secrets_given", by=by, of=own, names=sorted(name for name, value in given.items() if value))

    @transaction.atomic
    def new_hook(self, *, by: User) -> str:
        """A new secret part of the address the provider calls, readable this once; the former one ends."""
        token = random.token_urlsafe(24)
        Channel.objects.filter(pk=self.pk).update(hook=hook_digest(token))
        audit("channel.hook_made", by=by, of=self)
        return token

    @transaction.atomic
    def stop(self, why: str, *, by: User | None = None) -> None:
        """Nothing leaves until somebody starts it; what was queued waits. A second time changes nothing."""
        if Channel.objects.filter(pk=self.pk, state=self.State.ON).update(
            state=self.State.STOPPED, stopped_for=why[:80]
        ):
            self.state, self.stopped_for = self.State.STOPPED, why[:80]
            audit("channel.stopped", by=by, of=self, why=why[:80])

    @transaction.atomic
    def start(self, *, by: User) -> None:
        """Raises TransitionRefused when it runs, or another runs for the same way."""
        if Channel.objects.on().filter(way=self.way).exists():
            raise TransitionRefused(_("Another channel of this kind is on: stop it first."))
        if not Channel.objects.filter(pk=self.pk, state=self.State.STOPPED).update(state=self.State.ON, stopped_for=""):
            raise TransitionRefused(_("It is on already."))
        self.state = self.State.ON
        audit("channel.started", by=by, of=self)

    def touched(self) -> None:
        """The provider answered."""
        Channel.objects.filter(pk=self.pk).update(last_contact_at=timezone.now())


def hook_digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()

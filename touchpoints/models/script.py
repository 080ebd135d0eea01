"""What we answer when a question comes often: one approved answer, worded per channel and language."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import LANGUAGES, WordsField
from staff.models import User, audit
from touchpoints.models.channel import Way
from touchpoints.models.talk import Message
from touchpoints.models.template import BLANK, OWN_BLANKS, blanks_of, filled, trouble_with

EVERYWHERE = ""  # a wording for all channels that have none of their own


class ScriptTopic(models.Model):
    """What the question is about; the list of scripts is ordered by it."""

    code = models.SlugField(max_length=40, unique=True)
    name = WordsField(_("name"))
    place = models.PositiveSmallIntegerField(_("place"), default=50)

    class Meta:
        verbose_name, verbose_name_plural = _("topic of scripts"), _("topics of scripts")
        ordering = ["place", "code"]

    def __str__(self) -> str:
        return str(self.name) or self.code


@dataclass(frozen=True)
class Wording:
    """A script as one customer would read it: `missing` are blanks with nothing to put in."""

    script: "Script"
    locale: str
    text: str
    is_fallback: bool
    missing: list[str]


class ScriptQuerySet(models.QuerySet["Script"]):
    def offered(self, on: date | None = None) -> Self:
        """What may be said on a day."""
        day = on or timezone.localdate()
        within = (Q(valid_from=None) | Q(valid_from__lte=day)) & (Q(valid_until=None) | Q(valid_until__gte=day))
        return self.filter(within, state=Script.State.APPROVED)

    def stale(self, on: date | None = None) -> Self:
        """Approved, and nobody has looked whether it still holds; or its time is over."""
        day = on or timezone.localdate()
        return self.filter(Q(review_by__lt=day) | Q(valid_until__lt=day), state=Script.State.APPROVED)


class Script(models.Model):
    """One version of an answer. Moves: draft ⇄ submitted → approved → retired; a draft of an approved one replaces it.

    `version` counts every write: who approves, approves what they read.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Waits for a second person")
        APPROVED = "approved", _("Approved")
        RETIRED = "retired", _("Out of use")

    code = models.SlugField(_("code"), max_length=60)
    name = WordsField(_("name"))
    topic = models.ForeignKey(ScriptTopic, on_delete=models.PROTECT, related_name="scripts", verbose_name=_("topic"))
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    review_by = models.DateField(_("to be looked at again by"))
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    uses = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    changed_at = models.DateTimeField(default=timezone.now)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    approved_at = models.DateTimeField(null=True)

    objects = ScriptQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("script"), _("scripts")
        ordering = ["topic", "code"]
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(state="approved"), name="script_approved_once"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(state__in=("draft", "submitted")), name="script_draft_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="script_approval_has_person",
            ),
            # Two people see every answer before a customer does.
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("changed_by")), name="script_approved_by_second"
            ),
        ]

    def __str__(self) -> str:
        return str(self.name) or self.code

    @property
    def is_stale(self) -> bool:
        today = timezone.localdate()
        over = self.valid_until is not None and self.valid_until < today
        return self.state == self.State.APPROVED and (over or self.review_by < today)

    @transaction.atomic
    def write(self, bodies: dict[tuple[str, str], str], *, by: User, **columns: Any) -> None:
        """Change a draft, texts by (way, language). Raises TransitionRefused when it is not a draft any more."""
        self._move([self.State.DRAFT], self.State.DRAFT, changed_by=by, changed_at=timezone.now(), **columns)
        self.variants.all().delete()
        ScriptVariant.objects.bulk_create(
            ScriptVariant(script=self, way=way, locale=locale, body=body)
            for (way, locale), body in bodies.items() if body
        )  # fmt: skip

    @transaction.atomic
    def submit(self, *, by: User) -> None:
        """Lay it before a second person. Raises TransitionRefused without any text, or when it is not a draft."""
        if not self.variants.exists():
            raise TransitionRefused(gettext("There is no text yet."))
        self._move([self.State.DRAFT], self.State.SUBMITTED)
        audit("script.submitted", by=by, of=self, code=self.code)

    @transaction.atomic
    def send_back(self, *, by: User) -> None:
        """To be changed. Raises TransitionRefused when it does not wait any more."""
        self._move([self.State.SUBMITTED], self.State.DRAFT)
        audit("script.sent_back", by=by, of=self, code=self.code)

    @transaction.atomic
    def approve(self, *, by: User, version: int) -> None:
        """The second person read this version: it is offered from now on, in place of the former one.

        Raises TransitionRefused for who wrote it, for another version, or when it does not wait any more.
        """
        if by.pk == self.changed_by_id:
            raise TransitionRefused(gettext("You wrote this: somebody else approves it."))
        former = Script.objects.filter(code=self.code, state=self.State.APPROVED)
        former.update(state=self.State.RETIRED, version=F("version") + 1)
        self._move(
            [self.State.SUBMITTED], self.State.APPROVED, read=version, approved_by=by, approved_at=timezone.now()
        )
        audit("script.approved", by=by, of=self, code=self.code, version=version)

    @transaction.atomic
    def retire(self, *, by: User) -> None:
        """Not offered any more. Raises TransitionRefused when it was not in use."""
        self._move([self.State.APPROVED], self.State.RETIRED)
        audit("script.retired", by=by, of=self, code=self.code)

    @transaction.atomic
    def still_holds(self, *, by: User, review_by: date) -> None:
        """Somebody looked: the words are still right, until that day. Raises TransitionRefused for a day gone by."""
        if review_by <= timezone.localdate():
            raise TransitionRefused(gettext("Choose a day that is still to come."))
        over = Q(valid_until__lt=timezone.localdate())
        if Script.objects.filter(over, pk=self.pk).exists():
            raise TransitionRefused(gettext("Its time is over: make a new version with another end."))
        self._move([self.State.APPROVED], self.State.APPROVED, review_by=review_by)
        audit("script.confirmed", by=by, of=self, code=self.code, until=str(review_by))

    @transaction.atomic
    def new_version(self, *, by: User) -> "Script":
        """A draft with the same words, to be changed; the one in use stays until it is approved. One at a time."""
        with_code = Script.objects.select_for_update().filter(code=self.code)
        if (begun := next((one for one in with_code if one.state in ("draft", "submitted")), None)) is not None:
            return begun
        draft = Script.objects.create(
            code=self.code, name=self.name, topic=self.topic, owner=self.owner, valid_from=self.valid_from,
            valid_until=self.valid_until, review_by=self.review_by, changed_by=by,
        )  # fmt: skip
        ScriptVariant.objects.bulk_create(
            ScriptVariant(script=draft, way=one.way, locale=one.locale, body=one.body) for one in self.variants.all()
        )
        return draft

    def for_customer(self, customer: Customer, way: str) -> Wording | None:
        """The words for this channel in the customer's language, else in another one, said so; None without any."""
        rows = {(one.way, one.locale): one.body for one in self.variants.all()}
        for locale in dict.fromkeys((customer.locale, *LANGUAGES)):
            body = rows.get((way, locale)) or rows.get((EVERYWHERE, locale))
            if body:
                values = blanks_of(customer, locale)
                missing = [name for name in dict.fromkeys(BLANK.findall(body)) if not values.get(name)]
                return Wording(self, locale, filled(body, values), locale != customer.locale, missing)
        return None

    def _move(self, starts: list["Script.State"], end: "Script.State", *, read: int = 0, **sets: Any) -> None:
        rows = Script.objects.filter(pk=self.pk, state__in=starts)
        rows = rows.filter(version=read) if read else rows
        if not rows.update(state=end, version=F("version") + 1, **sets):
            raise TransitionRefused(gettext("Somebody was faster: look at what stands there now."))
        self.refresh_from_db()


class ScriptVariant(models.Model):
    """The words for one channel, or for all of them, in one language."""

    script = models.ForeignKey(Script, on_delete=models.CASCADE, related_name="variants")
    way = models.CharField(max_length=10, choices=[(EVERYWHERE, _("every channel")), *Way.choices], blank=True)
    locale = models.CharField(max_length=8, choices=[(code, code) for code in LANGUAGES])
    body = models.TextField(max_length=2000)

    class Meta:
        verbose_name, verbose_name_plural = _("wording of a script"), _("wordings of scripts")
        ordering = ["way", "locale"]
        constraints = [
            models.UniqueConstraint(fields=["script", "way", "locale"], name="script_variant_once"),
            models.CheckConstraint(condition=~Q(body=""), name="script_variant_says"),
        ]

    def __str__(self) -> str:
        return f"{self.script_id} {self.way} {self.locale}"

    def clean(self) -> None:
        if trouble := script_trouble(self.body):
            raise ValidationError({"body": trouble})


class ScriptUse(models.Model):
    """That an answer was sent with a script: the message names when, whom and by whom; once per message."""

    script = models.ForeignKey(Script, on_delete=models.PROTECT, related_name="used", db_index=False)
    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="script_use")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    altered = models.BooleanField(default=False)  # the words were changed before they were sent

    class Meta:
        verbose_name, verbose_name_plural = _("use of a script"), _("uses of scripts")
        indexes = [
            models.Index(fields=["script", "-at"], name="script_use_script"),
            models.Index(fields=["customer"], name="script_use_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.script_id} {self.message_id}"

    @classmethod
    @transaction.atomic
    def note(cls, script: Script, message: Message, *, by: User) -> "ScriptUse":
        """Count the use with its message; a second time is the first."""
        meant = script.for_customer(message.customer, message.channel.way)
        altered = meant is None or meant.text.strip() != message.body
        use, made = cls.objects.get_or_create(
            message=message,
            defaults={"script": script, "customer_id": message.customer_id, "by": by, "altered": altered},
        )
        if made:
            Script.objects.filter(pk=script.pk).update(uses=F("uses") + 1, last_used_at=use.at)
        return use


def script_trouble(body: str) -> str:
    """Why a text cannot be a script, or nothing: only what is known of every customer fills a blank by itself."""
    if trouble := trouble_with(body):
        return trouble
    foreign = [name for name in BLANK.findall(body) if name not in OWN_BLANKS]
    return gettext("Nothing fills the blank {%(name)s} in a conversation. Known: %(known)s") % {
        "name": foreign[0], "known": " ".join(f"{{{name}}}" for name in OWN_BLANKS),
    } if foreign else ""  # fmt: skip

"""What a customer has told us, once, so that nobody asks again."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import WordsField
from staff.models import Store, User

TAKE_BACK = timedelta(minutes=10)
SLIP = timedelta(minutes=1)


class Concern(models.TextChoices):
    SAFETY = "safety", _("Safety")
    WORDS = "words", _("Own words")
    SIZES = "sizes", _("Sizes")
    CONTACT = "contact", _("Contact")
    OTHER = "other", _("Other")


class FactKey(models.Model):
    """Something worth knowing of a customer, as this brand calls it: offered wherever a fact is written down."""

    code = models.SlugField(max_length=60, unique=True)
    name = WordsField(_("name"))
    concern = models.CharField(max_length=8, choices=Concern, default=Concern.OTHER)
    pinned = models.BooleanField(_("what matters"), default=False)
    shelf_days = models.PositiveSmallIntegerField(_("to confirm again after days"), default=730)
    place = models.PositiveSmallIntegerField(_("place"), default=50)

    class Meta:
        verbose_name, verbose_name_plural = _("kind of fact"), _("kinds of facts")
        ordering = ["place", "code"]

    def __str__(self) -> str:
        return str(self.name) or self.code


class FactRule(models.Model):
    """Words that hint at a fact: “对…过敏” proposes an allergy to whatever stands in the gap. It writes nothing."""

    kind = models.ForeignKey(FactKey, on_delete=models.CASCADE, related_name="rules", verbose_name=_("kind of fact"))
    phrase = models.CharField(_("phrase"), max_length=60, help_text=_("With … where the words in question stand."))
    value = models.CharField(_("written down as"), max_length=100, blank=True, help_text=_("… stands for them."))
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("rule for facts"), _("rules for facts")
        ordering = ["kind", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "phrase"], name="fact_rule_once"),
            models.CheckConstraint(condition=~Q(phrase=""), name="fact_rule_says"),
        ]

    def __str__(self) -> str:
        return f"{self.phrase} → {self.kind}"


class FactQuerySet(models.QuerySet["Fact"]):
    def live(self) -> Self:
        """What holds now: neither told anew nor taken back."""
        return self.filter(superseded_by=None, taken_back_at=None)

    def wipe_forgotten(self) -> int:
        """Take the words of what customers wished forgotten, those of every older value too; how many facts."""
        due = self.filter(forgotten_at__lt=timezone.now() - SLIP).exclude(value="")
        chain = found = list(due.values_list("pk", flat=True)[:1000])
        while chain:
            self.filter(pk__in=chain).update(value="", note="", taken_back_at=timezone.now())
            chain = list(self.filter(superseded_by__in=chain).exclude(value="").values_list("pk", flat=True))
        return len(found)

    @transaction.atomic
    def hear(
        self, customer: Customer, key: str, value: str, *, by: User | None, channel: str, store: Store | None = None,
        concern: str = Concern.OTHER, pinned: bool = False, note: str = "", told_by: str = "",
        at: datetime | None = None,
    ) -> "Fact":  # fmt: skip
        """Write down what a customer said. What we knew already counts as told again; another value takes its place.

        Raises TransitionRefused for an empty word or a closed record.
        """
        key, value = " ".join(key.split())[:60], " ".join(value.split())[:500]
        if not key or not value:
            raise TransitionRefused(gettext("Write down what it is about and what was said."))
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        known = list(self.live().filter(customer=customer, key=key))
        if same := next((fact for fact in known if fact.value == value), None):
            if same.heard_by_id != (by.pk if by else None) or not same.may_be_taken_back:  # else pressed twice
                same._heard(FactHearing.How.AGAIN, by=by, channel=channel, store=store, at=at)
            return same
        newer = next((one for one in known if at and one.told_at > at and concern != Concern.WORDS), None)
        fact = self.create(
            customer=customer, key=key, value=value, note=note[:500], concern=concern, pinned=pinned,
            told_by=told_by or customer.display_name[:80], heard_by=by, channel=channel, told_at=at or timezone.now(),
            superseded_by=newer,  # late news of an older word
        )  # fmt: skip
        if concern != Concern.WORDS and newer is None:  # one may say many things in one's own words, but has one size
            self.filter(pk__in=[old.pk for old in known]).update(superseded_by=fact)
        how = FactHearing.How.CHANGED if known and concern != Concern.WORDS else FactHearing.How.TOLD
        fact._heard(how, by=by, channel=channel, store=store, at=at)
        customer.record(
            "fact.told", by=by, at=at, channel=channel, store=store.pk if store else None, key=key, fact=fact.pk
        )
        return fact


class Fact(models.Model):
    """A value under a key, who told it, where and when. A pinned one is a concern and stands first on every screen.

    Moves: live → superseded (told anew), or taken back within ten minutes by who wrote it.
    """

    Concern = Concern

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="facts", db_index=False)
    key = models.CharField(max_length=60)
    value = models.CharField(max_length=500)
    note = models.CharField(max_length=500, blank=True)
    concern = models.CharField(max_length=8, choices=Concern, default=Concern.OTHER)
    pinned = models.BooleanField(default=False)
    told_by = models.CharField(max_length=80, blank=True)
    heard_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, blank=True)
    told_at = models.DateTimeField(default=timezone.now)
    confirmed_count = models.PositiveIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)
    doubted_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)
    forgotten_at = models.DateTimeField(null=True)  # at the customer's wish: hidden at once, its words gone in a minute
    superseded_by = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="former", db_index=False
    )

    objects = FactQuerySet.as_manager()
    shelf_days = 730  # what its kind says, where that is known

    class Meta:
        verbose_name, verbose_name_plural = _("fact"), _("facts")
        indexes = [
            models.Index(fields=["customer", "-told_at"], name="fact_customer", condition=Q(superseded_by=None)),
            models.Index(fields=["customer"], name="fact_person"),
            models.Index(
                fields=["forgotten_at"], name="fact_forgotten", condition=Q(forgotten_at__isnull=False) & ~Q(value="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.value}"

    @property
    def sure_at(self) -> datetime:
        """When it was last said or confirmed."""
        return max(self.told_at, self.confirmed_at or self.told_at)

    @property
    def is_stale(self) -> bool:
        """Longer unconfirmed than it keeps, or doubted since: worth asking, as a question that offers it."""
        doubted = self.doubted_at is not None and self.doubted_at > self.sure_at
        return doubted or self.sure_at < timezone.now() - timedelta(days=self.shelf_days)

    @property
    def may_be_taken_back(self) -> bool:
        return self.told_at >= timezone.now() - TAKE_BACK

    @transaction.atomic
    def confirm(self, *, by: User, channel: str, store: Store | None = None) -> None:
        """Offered and still so. Raises TransitionRefused when it was told anew meanwhile."""
        now = timezone.now()
        self._while_live(confirmed_count=models.F("confirmed_count") + 1, confirmed_at=now)
        self._heard(FactHearing.How.CONFIRMED, by=by, channel=channel, store=store, at=now)

    @transaction.atomic
    def change(self, value: str, *, by: User, channel: str, store: Store | None = None) -> "Fact":
        """Offered and no longer so: the new word takes its place. Raises TransitionRefused."""
        self._while_live(doubted_at=models.F("doubted_at"))
        return Fact.objects.hear(
            self.customer, self.key, value, by=by, channel=channel, store=store, concern=self.concern,
            pinned=self.pinned, note=self.note,
        )  # fmt: skip

    @transaction.atomic
    def doubt(self, *, by: User, channel: str, store: Store | None = None) -> None:
        """Offered, and the customer was not sure: it stays, marked. Raises TransitionRefused."""
        now = timezone.now()
        self._while_live(doubted_at=now)
        self._heard(FactHearing.How.UNSURE, by=by, channel=channel, store=store, at=now)

    @transaction.atomic
    def pin(self, pinned: bool, *, by: User) -> None:
        """Put it first on every screen, or among the rest."""
        self._while_live(pinned=pinned)
        self.customer.record("fact.pinned" if pinned else "fact.unpinned", by=by, key=self.key, fact=self.pk)

    @transaction.atomic
    def take_back(self, *, by: User) -> None:
        """A slip of the finger: it goes, and what it replaced holds again.

        Raises TransitionRefused after ten minutes, for another's word, or when it was told anew.
        """
        if self.heard_by_id != by.pk or not self.may_be_taken_back:
            raise TransitionRefused(
                gettext("Only who wrote it takes it back, within ten minutes. Write what is right.")
            )
        self._while_live(taken_back_at=timezone.now())
        Fact.objects.filter(superseded_by=self).update(superseded_by=None)
        self.customer.record("fact.taken_back", by=by, key=self.key, fact=self.pk)

    @transaction.atomic
    def forget(self) -> None:
        """The customer's own wish: hidden from staff at once, its words gone within two minutes, for good.

        Raises TransitionRefused when it was told anew meanwhile.
        """
        now = timezone.now()
        self._while_live(taken_back_at=now, forgotten_at=now)
        self.customer.record("fact.forgotten", channel="", fact=self.pk)

    @transaction.atomic
    def remember(self) -> None:
        """A slip of the customer's finger. Raises TransitionRefused after a minute: then there is nothing left."""
        recent = Fact.objects.filter(pk=self.pk, forgotten_at__gte=timezone.now() - SLIP).exclude(value="")
        if not recent.update(taken_back_at=None, forgotten_at=None):
            raise TransitionRefused(gettext("It is gone: tell us again if you like."))
        self.customer.record("fact.remembered", channel="", fact=self.pk)

    def _while_live(self, **sets: object) -> None:
        if not Fact.objects.live().filter(pk=self.pk).update(**sets):
            raise TransitionRefused(gettext("This was told anew meanwhile: look at what stands there now."))
        self.refresh_from_db(fields=list(sets))

    def _heard(
        self, how: "FactHearing.How", *, by: User | None, channel: str, store: Store | None, at: datetime | None
    ) -> None:
        FactHearing.objects.create(
            fact=self, how=how, by=by, channel=channel, store=store or (by.counter_store if by else None),
            at=at or timezone.now(),
        )  # fmt: skip


class FactHearing(models.Model):
    """That a fact came up between a customer and us, and how: only added to. What the asked-twice rate counts."""

    class How(models.TextChoices):
        TOLD = "told", _("Told for the first time")
        AGAIN = "again", _("Told again although we knew")
        CONFIRMED = "confirmed", _("Offered, still so")
        CHANGED = "changed", _("Changed")
        UNSURE = "unsure", _("Offered, not sure")

    fact = models.ForeignKey(Fact, on_delete=models.CASCADE, related_name="hearings")
    how = models.CharField(max_length=9, choices=How)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("hearing of a fact"), _("hearings of facts")
        indexes = [models.Index(fields=["store", "-at"], name="fact_hearing_store")]

    def __str__(self) -> str:
        return f"{self.fact_id} {self.how}"

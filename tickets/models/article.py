"""What we know and say again: articles for colleagues or for everybody, each wording seen by a second person."""

import re
from datetime import date
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import Lower, StrIndex
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Scene
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.words import LANGUAGES, Words, WordsField
from staff.models import User, audit
from tickets.models.ticket import Ticket
from tickets.models.topic import Topic

TITLE, BODY = 120, 3800  # with both a language stays within what its pairs of signs are found by
VIDEO = re.compile(r"https://[^\s\"'<>\\]{4,290}")


class Audience(models.TextChoices):
    PUBLIC = "public", _("Everybody")
    STAFF = "staff", _("Colleagues")


class Sheet(models.TextChoices):
    """Whether an article is a product's sheet, and whose product it is."""

    NONE = "", _("no product sheet")
    OURS = "ours", _("our product")
    FORMER = "former", _("our former product")
    RIVAL = "rival", _("another brand's product")


class Article(models.Model):
    """One matter we know about; what it says stands in its versions."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    review_by = models.DateField(_("to be looked at again by"))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    made_at = models.DateTimeField(default=timezone.now)
    from_case = models.ForeignKey(Ticket, null=True, on_delete=models.PROTECT, related_name="articles", db_index=False)

    class Meta:
        verbose_name, verbose_name_plural = _("article"), _("articles")
        ordering = ["code"]
        indexes = [models.Index(fields=["from_case"], name="article_case", condition=~Q(from_case=None))]

    def __str__(self) -> str:
        return self.code

    @transaction.atomic
    def write(self, title: Words, body: Words, *, by: User, read: int | None, **columns: Any) -> "ArticleVersion":
        """One more version as a draft, in place of the draft that was read (its id, None for none).

        Raises TransitionRefused when another draft stands there now, one waits for a second person, or without words.
        """
        if not str(title) or not str(body):
            raise TransitionRefused(gettext("Write it in one language at least."))
        # Two who write at once take turns here, so that the numbers have no gap.
        Article.objects.select_for_update(no_key=True).get(pk=self.pk)
        begun = self.versions.filter(state__in=OPEN).first()
        if begun is not None and begun.state == ArticleVersion.State.SUBMITTED:
            raise TransitionRefused(gettext("It waits for a second person: send it back first."))
        if (begun.pk if begun else None) != read:
            raise TransitionRefused(gettext("Somebody was faster: look at what stands there now."))
        last = self.versions.order_by("-number").values_list("number", flat=True).first() or 0
        if begun is not None:
            begun._move(ArticleVersion.State.DRAFT, ArticleVersion.State.REPLACED, ended_at=timezone.now())
        return ArticleVersion.objects.create(
            article=self, number=last + 1, title=title, body=body, written_by=by, **columns
        )

    @transaction.atomic
    def still_holds(self, *, by: User, review_by: date) -> None:
        """Somebody looked: the words are still right, until that day. Raises TransitionRefused for a day gone by."""
        if review_by <= timezone.localdate():
            raise TransitionRefused(gettext("Choose a day that is still to come."))
        live = ArticleVersion.objects.filter(article=OuterRef("pk"), state=ArticleVersion.State.LIVE)
        if not Article.objects.filter(Exists(live), pk=self.pk).update(review_by=review_by):
            raise TransitionRefused(gettext("Somebody was faster: look at what stands there now."))
        self.review_by = review_by
        audit("article.confirmed", by=by, of=self, code=self.code, until=str(review_by))

    @property
    def is_stale(self) -> bool:
        return self.review_by < timezone.localdate()


class ArticleVersionQuerySet(models.QuerySet["ArticleVersion"]):
    def visible_to(self, user: User) -> Self:
        """Who writes sees every version, who reads what is live."""
        if user.may("article.write"):
            return self
        return self.live() if user.may("article.read") else self.none()

    def live(self) -> Self:
        return self.filter(state=ArticleVersion.State.LIVE)

    def public(self) -> Self:
        return self.live().filter(audience=Audience.PUBLIC)

    def stale(self, on: date | None = None) -> Self:
        """Live, and nobody has looked whether it still holds."""
        return self.live().filter(article__review_by__lt=on or timezone.localdate())

    def out_of_use(self) -> Self:
        """The last word of an article that says nothing now."""
        newer = ArticleVersion.objects.filter(article=OuterRef("article"), number__gt=OuterRef("number"))
        return self.filter(~Exists(newer), state=ArticleVersion.State.RETIRED)

    def holding(self, words: str) -> Self:
        """Those with every word in title or text: by pairs of signs (index), then sign for sign."""
        found = self
        for word in words.split()[:8]:
            if len(word) > 1:
                found = found.filter(_found_by(word))
            text = Func(F("title"), F("body"), function="tickets_article_text", output_field=models.TextField())
            found = found.alias(held=StrIndex(text, Lower(Value(word)))).filter(held__gt=0)
        return found


class ArticleVersion(models.Model):
    """One wording of an article, never changed: who approves, approves what they read.

    draft → submitted → live → retired; a submitted one may be sent back to draft; a draft is replaced by the next
    draft, a live one by the next that is approved.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Waits for a second person")
        LIVE = "live", _("In use")
        RETIRED = "retired", _("Out of use")
        REPLACED = "replaced", _("Draft written anew")

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    title = WordsField(_("title"))
    body = WordsField(_("text"))
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    product = models.CharField(max_length=60, blank=True)  # code of a product or of a category
    scene = models.ForeignKey(Scene, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    audience = models.CharField(max_length=6, choices=Audience, default=Audience.STAFF)
    video = models.CharField(max_length=300, blank=True)
    sheet = models.CharField(_("product sheet"), max_length=6, choices=Sheet, default=Sheet.NONE, blank=True)
    facts = WordsField(_("what is compared"))  # per language a line “name: value” each
    facts_from = models.CharField(_("where the figures are from"), max_length=200, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    written_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    approved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    helped = models.PositiveIntegerField(default=0)
    not_helped = models.PositiveIntegerField(default=0)

    objects = ArticleVersionQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("version of an article"), _("versions of articles")
        ordering = ["article", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="article_version_once"),
            models.UniqueConstraint(fields=["article"], condition=Q(state="live"), name="article_live_once"),
            models.UniqueConstraint(
                fields=["article"], condition=Q(state__in=("draft", "submitted")), name="article_open_once"
            ),
            # Two people see every article before anybody reads it.
            models.CheckConstraint(
                condition=~Q(state="live") | Q(approved_by__isnull=False, approved_at__isnull=False),
                name="article_approval_has_person",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("written_by")), name="article_approved_by_second"
            ),
            models.CheckConstraint(condition=Q(video="") | Q(video__startswith="https://"), name="article_video_safe"),
            # What is said of another brand has a source somebody can look up.
            models.CheckConstraint(condition=~Q(sheet="rival") | ~Q(facts_from=""), name="article_rival_has_source"),
        ]
        indexes = [
            models.Index(fields=["state", "-written_at", "-id"], name="article_list"),
            models.Index(fields=["topic"], name="article_topic", condition=Q(state="live")),
        ]

    def __str__(self) -> str:
        return str(self.title) or self.article.code

    @transaction.atomic
    def submit(self, *, by: User) -> None:
        """Lay it before a second person. Raises TransitionRefused when it is no draft any more."""
        self._move(self.State.DRAFT, self.State.SUBMITTED, submitted_at=timezone.now())
        audit("article.submitted", by=by, of=self.article, code=self.article.code, version=self.number)

    @transaction.atomic
    def send_back(self, *, by: User) -> None:
        """To be written anew. Raises TransitionRefused when it does not wait any more."""
        self._move(self.State.SUBMITTED, self.State.DRAFT, submitted_at=None)
        audit("article.sent_back", by=by, of=self.article, code=self.article.code, version=self.number)

    @transaction.atomic
    def approve(self, *, by: User) -> None:
        """The second person read it: it is live from now on, in place of the former one.

        Raises TransitionRefused for who wrote it, or when it does not wait any more.
        """
        if by.pk == self.written_by_id:
            raise TransitionRefused(gettext("You wrote this: somebody else approves it."))
        now = timezone.now()
        Article.objects.select_for_update(no_key=True).get(pk=self.article_id)
        former = ArticleVersion.objects.live().filter(article=self.article_id)
        former.update(state=self.State.RETIRED, ended_at=now)
        self._move(self.State.SUBMITTED, self.State.LIVE, approved_by=by, approved_at=now)
        audit("article.approved", by=by, of=self.article, code=self.article.code, version=self.number)

    @transaction.atomic
    def retire(self, *, by: User) -> None:
        """Nobody reads it any more. Raises TransitionRefused when it was not in use."""
        self._move(self.State.LIVE, self.State.RETIRED, ended_at=timezone.now())
        audit("article.retired", by=by, of=self.article, code=self.article.code, version=self.number)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_stale(self) -> bool:
        return self.state == self.State.LIVE and self.article.is_stale

    @property
    def locales(self) -> list[str]:
        return [code for code in LANGUAGES if self.title.get(code) and self.body.get(code)]

    def locale_for(self, wanted: str) -> str:
        """The language it is read in: the wanted one, else the first that is whole."""
        return next((code for code in (wanted, *LANGUAGES) if code in self.locales), LANGUAGES[0])

    def _move(self, start: "ArticleVersion.State", end: "ArticleVersion.State", **sets: Any) -> None:
        if not ArticleVersion.objects.filter(pk=self.pk, state=start).update(state=end, **sets):
            raise TransitionRefused(gettext("Somebody was faster: look at what stands there now."))
        self.refresh_from_db(fields=["state", *sets])


OPEN = (ArticleVersion.State.DRAFT, ArticleVersion.State.SUBMITTED)


def _found_by(word: str) -> Func:
    pairs = Func(F("title"), F("body"), function="tickets_article_pairs", output_field=models.TextField())
    asked = Func(Value(word), Value(" & "), function="tickets_pairs_query", output_field=models.TextField())
    return Func(pairs, asked, template="%(expressions)s", arg_joiner=" @@ ", output_field=models.BooleanField())


def check_video(address: str) -> None:
    """Only https, and nothing that could be more than an address."""
    if address and not VIDEO.fullmatch(address):
        raise ValidationError(_("A video is named by an address that begins with https://"))

"""What a rule answers by itself, and each decision it took, with its reason."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scrm.kernel.words import WordsField
from tickets.models.article import Article
from tickets.models.ticket import Ticket
from tickets.models.topic import Topic
from touchpoints.models import Message


class BotRule(models.Model):
    """One frequent ask and its answer: own words, or a public article; with a look-up for who is known."""

    class Lookup(models.TextChoices):
        NONE = "", _("nothing")
        POINTS = "points", _("points")
        ORDER = "order", _("state of the last order")
        ACCOUNT = "account", _("level")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    words = models.JSONField(
        _("words that trigger it"), default=list,
        help_text=_("A list of words; the rule most of whose words stand in a message answers it."),
    )  # fmt: skip
    topic = models.ForeignKey(
        Topic, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("topic")
    )
    answer = WordsField(_("answer"), blank=True)
    article = models.ForeignKey(
        Article, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("article")
    )
    lookup = models.CharField(_("looks up"), max_length=7, choices=Lookup, default=Lookup.NONE, blank=True)
    place = models.PositiveSmallIntegerField(_("place"), default=50)
    used = models.BooleanField(_("answers by itself"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("rule of the bot"), _("rules of the bot")
        ordering = ["place", "code"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(answer={}) | Q(article__isnull=False) | ~Q(lookup=""), name="bot_rule_says_something"
            )
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        words: Any = self.words
        if not isinstance(words, list) or not words or not all(isinstance(one, str) and one.strip() for one in words):
            raise ValidationError({"words": _("Give a list of words that trigger it.")})
        if not self.answer and self.article_id is None and not self.lookup:
            raise ValidationError({"answer": _("Give an answer, an article or a look-up.")})


class BotTurn(models.Model):
    """What became of one message: answered by a rule, handed to a person, or left alone, and why."""

    class Did(models.TextChoices):
        ANSWERED = "answered", _("Answered")
        HANDED_OVER = "handed_over", _("Handed to a person")
        SILENT = "silent", _("Said nothing")

    class Because(models.TextChoices):
        RULE = "rule", _("a rule fits")
        ASKED = "asked", _("a person was asked for")
        SPENT = "spent", _("as much as may be was said automatically")
        PERSON = "person", _("a person has answered already")
        PASSED_ON = "passed_on", _("the case was handed over before")
        RISK = "risk", _("it touches safety or law")
        NO_RULE = "no_rule", _("no rule fits")
        SAID = "said", _("the rule has answered in this case before")
        REFUSED = "refused", _("nothing can be sent here")

    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="bot_turn")
    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="bot_turns", db_index=False)
    rule = models.ForeignKey(BotRule, null=True, on_delete=models.PROTECT, related_name="turns", db_index=False)
    matched = models.JSONField(default=list)  # words of the rule, not of the customer
    did = models.CharField(max_length=11, choices=Did)
    because = models.CharField(max_length=9, choices=Because)
    answer = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name, verbose_name_plural = _("turn of the bot"), _("turns of the bot")
        constraints = [
            # Of two workers that take one case at once, one says it.
            models.UniqueConstraint(fields=["ticket", "rule"], condition=Q(did="answered"), name="bot_rule_once_a_case")
        ]
        indexes = [models.Index(fields=["ticket", "at"], name="bot_turn_ticket")]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.did} ({self.because})"

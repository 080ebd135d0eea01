"""Texts that are written once and said many times: a variant per channel and language, blanks of our own kind."""

import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from scrm.kernel.words import LANGUAGES, Words, WordsField
from staff.names import staff_name, store_name
from touchpoints.models.channel import Way

# The blanks a text may hold. A blank is a name between braces and nothing more: no dots, no filters, no code.
BLANK = re.compile(r"\{([a-z_]{1,30})\}")
OWN_BLANKS = ("name", "full_name", "advisor", "store", "brand", "number")
GIVEN_BLANKS = ("points", "until", "coupon", "amount", "days", "product", "link", "level", "time", "code", "place")
BRAND = Words({"zh-hans": "松叙", "zh-hant": "松敘", "en": "Songxu"})


class Template(models.Model):
    """One text for one occasion."""

    code = models.SlugField(max_length=60, unique=True)
    name = WordsField(gettext_lazy("name"))
    scene = models.ForeignKey(
        "touchpoints.OutreachScene",
        on_delete=models.PROTECT,
        related_name="templates",
        verbose_name=gettext_lazy("occasion"),
    )
    is_active = models.BooleanField(gettext_lazy("in use"), default=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("message text"), gettext_lazy("message texts")
        ordering = ["code"]

    def __str__(self) -> str:
        return str(self.name) or self.code


class Variant(models.Model):
    """The text of one channel in one language; `provider_code` names the text the provider approved."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="variants")
    way = models.CharField(gettext_lazy("way"), max_length=10, choices=Way)
    locale = models.CharField(gettext_lazy("language"), max_length=8, choices=[(code, code) for code in LANGUAGES])
    subject = models.CharField(gettext_lazy("subject"), max_length=150, blank=True)
    body = models.TextField(gettext_lazy("text"), max_length=4000)
    provider_code = models.CharField(gettext_lazy("provider's code"), max_length=60, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("variant"), gettext_lazy("variants")
        ordering = ["way", "locale"]
        constraints = [models.UniqueConstraint(fields=["template", "way", "locale"], name="variant_once")]

    def __str__(self) -> str:
        return f"{self.template_id} {self.way} {self.locale}"

    def clean(self) -> None:
        for name, text in (("subject", self.subject), ("body", self.body)):
            if trouble := trouble_with(text):
                raise ValidationError({name: trouble})


def trouble_with(text: str) -> str:
    """Why a text cannot be used, or nothing."""
    unknown = [name for name in BLANK.findall(text) if name not in (*OWN_BLANKS, *GIVEN_BLANKS)]
    if unknown:
        return _("There is no blank {%(name)s}. Known: %(known)s") % {
            "name": unknown[0], "known": " ".join(f"{{{name}}}" for name in (*OWN_BLANKS, *GIVEN_BLANKS)),
        }  # fmt: skip
    rest = BLANK.sub("", text)
    if "{" in rest or "}" in rest:
        return _("A brace stands alone: a blank is written {name}, and other braces are not used.")
    return ""


def filled(text: str, values: dict[str, Any], *, one_line: bool = False) -> str:
    """The text with its blanks filled by plain words; a blank without a value stays empty.

    Values are put in once and are never read as a text with blanks; breaks and control signs in them become spaces.
    """
    text = BLANK.sub(lambda blank: _plain(values.get(blank[1], "")), text)
    return " ".join(text.split()) if one_line else text


def blanks_of(customer: Customer, locale: str) -> dict[str, str]:
    """What every text may say of a customer."""
    name = customer.display_name
    # In the language of the text, whoever plans it.
    with translation.override(locale):
        return {
            "name": customer.given_name if customer.given_name and not name.isascii() else name, "full_name": name,
            "number": customer.number, "brand": BRAND.in_language(locale),
            "advisor": staff_name(customer.advisor_id) if customer.advisor_id else "",
            "store": store_name(customer.home_store_id) if customer.home_store_id else "",
        }  # fmt: skip


def _plain(value: Any) -> str:
    text = str(value)[:500]
    return "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)

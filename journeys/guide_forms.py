"""What operators set up as an online guide."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from journeys.forms import NOT_OFFERED
from journeys.models import Guide, Question
from journeys.resource_forms import NamedForm
from loyalty.models import CouponTemplate
from scrm.kernel.words import words
from touchpoints.models import Channel

ASKS = ("first", "second", "third")


class GuideForm(NamedForm):
    """Words, two or three questions of the bank, the chat it leads to, a coupon customers may take."""

    hello_hans = forms.CharField(max_length=200, required=False, label=_("A line to begin with, 简体"))
    hello_hant = forms.CharField(max_length=200, required=False, label=_("A line to begin with, 繁體"))
    hello_en = forms.CharField(max_length=200, required=False, label=_("A line to begin with, English"))
    first = forms.ChoiceField(label=_("First question"), error_messages=NOT_OFFERED)
    second = forms.ChoiceField(label=_("Second question"), error_messages=NOT_OFFERED)
    third = forms.ChoiceField(label=_("Third question (may stay empty)"), required=False, error_messages=NOT_OFFERED)
    channel = forms.ChoiceField(label=_("Chat it leads to"), error_messages=NOT_OFFERED)
    coupon = forms.ChoiceField(label=_("Coupon (may stay empty)"), required=False, error_messages=NOT_OFFERED)
    goods_link = forms.CharField(
        max_length=300, required=False, label=_("Where a piece stands in the shop; {code} becomes its code")
    )

    def __init__(self, *args: Any, guide: Guide | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = Question.objects.filter(retired_at=None).select_related("scene").order_by("scene__place", "place")[:500]
        self.known: dict[str, dict[str, Any]] = {
            "questions": {one.code: one for one in asked},
            "channel": {one.code: one for one in Channel.objects.on().filter(adapter="web")},
            "coupon": {one.code: one for one in CouponTemplate.objects.claimable()[:200]},
        }
        offered = [(code, f"{one.scene}: {one}") for code, one in self.known["questions"].items()]
        for name in ASKS:
            self._offer(name, [("", "—"), *offered])
        for name in ("channel", "coupon"):
            rows = [(code, str(one)) for code, one in self.known[name].items()]
            self._offer(name, [("", "—"), *rows, *self._present(name, guide)])

    def _present(self, name: str, guide: Guide | None) -> list[tuple[str, str]]:
        """What the guide has now though it is not on offer any more: another edit must not change it unsaid."""
        one = getattr(guide, name, None)
        if one is None or one.code in self.known[name]:
            return []
        self.known[name][one.code] = one
        said = _("%(name)s (paused)") if one.state == CouponTemplate.State.PAUSED else _("%(name)s (stopped)")
        return [(one.code, said % {"name": one})]

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @classmethod
    def of(cls, guide: Guide) -> "GuideForm":
        hello = {f"hello_{short}": guide.hello.get(code)
                 for short, code in (("hans", "zh-hans"), ("hant", "zh-hant"), ("en", "en"))}  # fmt: skip
        asked = dict(zip(ASKS, [one.code for one in guide.questions], strict=False))
        return cls(guide=guide, initial=cls.of_name(guide.name) | hello | asked | {
            "channel": guide.channel.code, "coupon": guide.coupon.code if guide.coupon else "",
            "goods_link": guide.goods_link,
        })  # fmt: skip

    def clean_goods_link(self) -> str:
        link: str = self.cleaned_data["goods_link"].strip()
        if link and not re.fullmatch(r"https://[^\s{}\"'<>]+\{code\}[^\s{}\"'<>]*", link):
            raise forms.ValidationError(_("An address that begins with https:// and holds {code} once."))
        return link

    @property
    def said(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "name": self.name, "hello": words(given["hello_hans"], given["hello_hant"], given["hello_en"]),
            "channel": self.known["channel"][given["channel"]], "coupon": self.known["coupon"].get(given["coupon"]),
            "questions": [self.known["questions"][given[name]] for name in ASKS if given[name]],
            "goods_link": given["goods_link"],
        }  # fmt: skip


class NewGuideForm(GuideForm):
    code = forms.SlugField(max_length=40, label=_("Code"))
    field_order = ("code",)

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code == "new":
            raise forms.ValidationError(_("There is a guide with this code."))
        return code

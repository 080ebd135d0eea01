"""The forms of rules for earning and of campaigns, and the basket that tries them."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.models import Campaign, CouponTemplate, EarnRule, Level, Programme
from loyalty.template_forms import WEEKDAYS, codes, money, ticks
from scrm.kernel.words import words
from staff.models import Store
from touchpoints.models import OutreachScene

BIRTHDAY = [("", "—"), ("day", _("on the day")), ("week", _("three days around it")), ("month", _("in the month"))]


def _day(label: Any, *, required: bool = True) -> forms.DateField:
    return forms.DateField(
        label=label, required=required, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class RuleForm(forms.Form):
    """One version of a rule; the same code again makes the next version."""

    code = forms.SlugField(label=_("Code"), max_length=40)
    name_hans = forms.CharField(label=_("Name, 简体"), max_length=80)
    name_hant = forms.CharField(label=_("Name, 繁體"), max_length=80, required=False)
    name_en = forms.CharField(label=_("Name, English"), max_length=80, required=False)
    kind = forms.ChoiceField(label=_("What it does"), choices=EarnRule.Kind.choices)
    points = forms.IntegerField(label=_("Points"), min_value=0, max_value=100_000, initial=1)
    per = money(_("for each (amount)"))
    factor = forms.DecimalField(label=_("Multiplied by"), min_value=Decimal("0.01"), max_value=Decimal(100),
                                decimal_places=2, initial=2, required=False)  # fmt: skip
    occasion = forms.ChoiceField(label=_("Extra points for"), choices=EarnRule.Occasion.choices)
    starts_on = _day(_("Begins"))
    ends_on = _day(_("Ends"), required=False)
    pending_days = forms.IntegerField(label=_("Days until they count"), min_value=0, max_value=400, required=False)
    stores = codes(_("Stores"))
    store_scenes = ticks(Store.Scene.choices, _("Kinds of store"))
    categories = codes(_("Categories"))
    products = codes(_("Products (codes, with commas)"))
    not_categories = codes(_("Not these categories"))
    weekdays = ticks(WEEKDAYS, _("Days of the week"))
    from_time = forms.TimeField(label=_("From"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    until_time = forms.TimeField(label=_("Until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    levels = ticks([], _("Levels"))
    birthday = forms.ChoiceField(label=_("Birthday"), choices=BIRTHDAY, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["levels"].choices = _levels()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("ends_on") and given.get("starts_on") and given["ends_on"] < given["starts_on"]:
            self.add_error("ends_on", _("Its end must come after its begin."))
        return given

    def columns(self) -> dict[str, Any]:
        given = self.cleaned_data
        lists = {name: [part.strip() for part in given[name].replace("，", ",").split(",") if part.strip()]
                 for name in ("stores", "categories", "products", "not_categories")}  # fmt: skip
        asks: dict[str, Any] = {
            **lists, "store_scenes": given["store_scenes"], "weekdays": [int(day) for day in given["weekdays"]],
            "levels": given["levels"], "birthday": given["birthday"],
            "from": f"{given['from_time']:%H:%M}" if given["from_time"] else "",
            "until": f"{given['until_time']:%H:%M}" if given["until_time"] else "",
        }  # fmt: skip
        return {
            "code": given["code"], "name": words(given["name_hans"], given["name_hant"], given["name_en"]),
            "kind": given["kind"], "points": given["points"], "per": int((given["per"] or 1) * 100),
            "factor": given["factor"] or 1, "occasion": given["occasion"], "starts_on": given["starts_on"],
            "ends_on": given["ends_on"], "pending_days": given["pending_days"],
            "conditions": {name: value for name, value in asks.items() if value},
        }  # fmt: skip


class TryForm(forms.Form):
    """A basket to try the rules on."""

    rows = forms.CharField(
        label=_("Basket: product code and amount, one a line"), max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "F01 26\n299"}),
    )  # fmt: skip
    unearning = money(_("of it paid by points or gift card"))
    store = forms.CharField(label=_("Store"), max_length=40, required=False)
    on = _day(_("Day"))
    at = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}))
    level = forms.ChoiceField(label=_("Level"), required=False)
    birthday = forms.CharField(label=_("Birthday, MM-DD"), max_length=5, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [("", "—"), *_levels()]  # type: ignore[attr-defined]

    def clean_rows(self) -> list[tuple[str, int]]:
        read = []
        for line in self.cleaned_data["rows"].splitlines():
            parts = line.split()
            if not parts:
                continue
            try:
                amount = Decimal(parts[-1].lstrip("¥").replace(",", "")) * 100
                minor = int(amount) if amount == amount.to_integral_value() else 0
            except ArithmeticError:
                raise forms.ValidationError(_("“%(line)s” ends with no amount."), params={"line": line[:40]}) from None
            if not 0 < minor <= 10**10 or len(parts) > 2:
                raise forms.ValidationError(_("“%(line)s” ends with no amount."), params={"line": line[:40]})
            read.append((parts[0][:60] if len(parts) == 2 else "", minor))
        if len(read) > 60:
            raise forms.ValidationError(_("That is more than one basket holds."))
        return read

    def clean_store(self) -> Store | None:
        code = self.cleaned_data["store"].strip()
        store = Store.objects.filter(code__iexact=code).first() if code else None
        if code and store is None:
            raise forms.ValidationError(_("No store has the code “%(code)s”."), params={"code": code})
        return store

    def clean_birthday(self) -> tuple[int, int] | None:
        text = self.cleaned_data["birthday"].strip()
        if not text:
            return None
        try:
            day = date.fromisoformat(f"2000-{text}")
        except ValueError:
            raise forms.ValidationError(_("Write it as 12-31.")) from None
        return day.month, day.day


class CampaignForm(forms.Form):
    """An occasion, what it gives, what it may cost."""

    code = forms.SlugField(label=_("Code"), max_length=40)
    name_hans = forms.CharField(label=_("Name, 简体"), max_length=80)
    name_hant = forms.CharField(label=_("Name, 繁體"), max_length=80, required=False)
    name_en = forms.CharField(label=_("Name, English"), max_length=80, required=False)
    kind = forms.ChoiceField(label=_("Occasion"), choices=Campaign.Kind.choices)
    starts_on = _day(_("Begins"))
    ends_on = _day(_("Ends"), required=False)
    budget = money(_("Budget (nothing: no cap)"))
    points = forms.IntegerField(label=_("Points"), min_value=0, max_value=100_000, required=False)
    coupons = forms.ModelMultipleChoiceField(label=_("Coupons"), queryset=CouponTemplate.objects.none(), required=False)
    level = forms.ChoiceField(label=_("Level it lifts to"), required=False)
    orders = forms.IntegerField(label=_("After so many orders"), min_value=1, max_value=1000, required=False)
    days = forms.IntegerField(label=_("Within days, or days away"), min_value=1, max_value=3650, required=False)
    before = forms.IntegerField(label=_("Days before the birthday"), min_value=0, max_value=60, required=False)
    first_amount = money(_("Friend's first order from"))
    tell = forms.ChoiceField(label=_("Let them hear of it"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [("", "—"), *_levels()]  # type: ignore[attr-defined]
        scenes = [(scene.code, str(scene)) for scene in OutreachScene.objects.all()]
        self.fields["tell"].choices = [("", "—"), *scenes]  # type: ignore[attr-defined]
        self.fields["coupons"].queryset = CouponTemplate.objects.given_out()  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        if Campaign.objects.filter(code=self.cleaned_data["code"]).exists():
            raise forms.ValidationError(_("Another campaign has this code."))
        code: str = self.cleaned_data["code"]
        return code

    def columns(self) -> dict[str, Any]:
        given = self.cleaned_data
        recipe = {
            "points": given["points"], "coupons": [one.code for one in given["coupons"]], "level": given["level"],
            "orders": given["orders"], "days": given["days"], "before": given["before"],
            "from": int((given["first_amount"] or 0) * 100), "tell": given["tell"],
        }  # fmt: skip
        return {
            "code": given["code"], "name": words(given["name_hans"], given["name_hant"], given["name_en"]),
            "kind": given["kind"], "starts_on": given["starts_on"], "ends_on": given["ends_on"],
            "recipe": {name: value for name, value in recipe.items() if value},
        }  # fmt: skip

    @property
    def budget_minor(self) -> int | None:
        budget = self.cleaned_data["budget"]
        return None if budget is None else int(budget * 100)


def _levels() -> list[tuple[str, str]]:
    return [(level.code, str(level)) for level in Level.objects.filter(programme=Programme.objects.main())]

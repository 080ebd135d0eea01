"""The builder of a coupon: amounts in whole money, codes in lists, what a rule needs and nothing else."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Lifecycle, Segment
from customers.timeline import CHANNELS
from loyalty.models import Campaign, CouponTemplate, Level
from scrm.kernel.words import Words
from staff.models import Store

LISTS = ("products", "categories", "not_products", "not_categories", "with_categories", "stores")
MONEY = ("amount", "threshold", "most_off", "cost")
WEEKDAYS = [(0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")), (4, _("Friday")),
            (5, _("Saturday")), (6, _("Sunday"))]  # fmt: skip
PLAIN = (
    "code", "kind", "percent", "pieces", "store_scenes", "channels", "levels", "needs", "free_delivery",
    "from_time", "until_time", "starts_at", "ends_at", "days_valid", "stock", "per_customer", "group", "not_with",
    "on_refund", "claimable", "offline", "campaign",
)  # fmt: skip


def moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def ticks(choices: Any, label: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple(attrs={"class": "s-ticks"})
    )


def money(label: Any, *, required: bool = False) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=Decimal(0), max_value=Decimal(10**8), decimal_places=2,
                              required=required)  # fmt: skip


def codes(label: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=2000)


class TemplateForm(forms.Form):
    """Everything a coupon's rule may say; the page shows what belongs to its kind."""

    code = forms.SlugField(label=_("Code"), max_length=40)
    name_hans = forms.CharField(label=_("Name, 简体"), max_length=80)
    name_hant = forms.CharField(label=_("Name, 繁體"), max_length=80, required=False)
    name_en = forms.CharField(label=_("Name, English"), max_length=80, required=False)
    kind = forms.ChoiceField(label=_("What it gives"), choices=CouponTemplate.Kind.choices)
    amount = money(_("Amount off"))
    threshold = money(_("From a bill of"))
    percent = forms.IntegerField(label=_("Percent off"), min_value=0, max_value=100, required=False)
    most_off = money(_("At most off"))
    pieces = forms.IntegerField(label=_("Pieces"), min_value=1, max_value=99, initial=1)
    free_delivery = forms.BooleanField(label=_("Delivery is free as well"), required=False)
    scenario_hans = forms.CharField(label=_("Situation it is made for, 简体"), max_length=120, required=False)
    scenario_hant = forms.CharField(label=_("Situation, 繁體"), max_length=120, required=False)
    scenario_en = forms.CharField(label=_("Situation, English"), max_length=120, required=False)
    products = codes(_("Products (codes, with commas)"))
    categories = codes(_("Categories"))
    not_products = codes(_("Not these products"))
    not_categories = codes(_("Not these categories"))
    with_categories = codes(_("Only together with these categories"))
    stores = codes(_("Stores"))
    store_scenes = ticks(Store.Scene.choices, _("Kinds of store"))
    channels = ticks(list(CHANNELS.items()), _("Channels"))
    levels = ticks([], _("Levels"))
    needs = ticks(CouponTemplate.Need.choices, _("It needs"))
    weekdays = ticks(WEEKDAYS, _("Days of the week"))
    from_time = forms.TimeField(label=_("From"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    until_time = forms.TimeField(label=_("Until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    starts_at = forms.DateTimeField(label=_("Given from"), widget=moment(), input_formats=["%Y-%m-%dT%H:%M"])
    ends_at = forms.DateTimeField(label=_("Ends"), required=False, widget=moment(), input_formats=["%Y-%m-%dT%H:%M"])
    days_valid = forms.IntegerField(label=_("Days after it was given"), min_value=0, max_value=3650, required=False)
    stock = forms.IntegerField(label=_("How many altogether"), min_value=1, max_value=10**8, required=False)
    per_customer = forms.IntegerField(label=_("For each customer at most"), min_value=1, max_value=1000, initial=1)
    group = forms.ChoiceField(label=_("Group for use together"), choices=CouponTemplate.Group.choices)
    not_with = ticks(CouponTemplate.Group.choices, _("Not together with"))
    on_refund = forms.ChoiceField(label=_("After a refund it"), choices=CouponTemplate.OnRefund.choices)
    claimable = forms.BooleanField(label=_("Customers may take it themselves"), required=False)
    offline = forms.BooleanField(label=_("A till without a line may take it"), required=False)
    cost = money(_("Cost of one use"))
    campaign = forms.ModelChoiceField(label=_("Campaign"), queryset=Campaign.objects.none(), required=False)

    def __init__(self, *args: Any, instance: CouponTemplate | None = None, **kwargs: Any) -> None:
        self.instance = instance
        if instance is not None:
            kwargs.setdefault("initial", _said(instance))
        super().__init__(*args, **kwargs)
        levels = [(level.code, str(level)) for level in Level.objects.order_by("rank")]
        self.fields["levels"].choices = levels  # type: ignore[attr-defined]
        running = Campaign.objects.exclude(state=Campaign.State.ENDED)
        self.fields["campaign"].queryset = running  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].upper()
        others = CouponTemplate.objects.filter(code__iexact=code)
        if self.instance is not None and self.instance.pk:
            others = others.exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(_("Another coupon has this code."))
        return code

    def as_template(self) -> CouponTemplate:
        """The template as the form says it, unsaved; for a preview also of a form that is not whole yet."""
        given = self.cleaned_data
        template = self.instance or CouponTemplate()
        for name in PLAIN:
            if name in given:
                setattr(template, name, given[name])
        for name in MONEY:
            if name in given:
                value = given[name]
                setattr(template, name, None if value is None and name == "most_off" else int((value or 0) * 100))
        for name in LISTS:
            setattr(template, name, [part.strip() for part in (given.get(name) or "").replace("，", ",").split(",")
                                     if part.strip()])  # fmt: skip
        template.percent = given.get("percent") or 0
        template.weekdays = [int(day) for day in given.get("weekdays", [])]
        template.name = _words(given, "name")
        template.scenario = _words(given, "scenario")
        template.starts_at = given.get("starts_at") or template.starts_at
        return template


def _words(given: dict[str, Any], name: str) -> Words:
    said = {"zh-hans": f"{name}_hans", "zh-hant": f"{name}_hant", "en": f"{name}_en"}
    return Words({code: given[field] for code, field in said.items() if given.get(field)})


def _said(template: CouponTemplate) -> dict[str, Any]:
    said: dict[str, Any] = {name: getattr(template, name) for name in PLAIN}
    said |= {name: None if getattr(template, name) is None else Decimal(getattr(template, name)) / 100
             for name in MONEY}  # fmt: skip
    said |= {name: ", ".join(getattr(template, name)) for name in LISTS}
    said |= {"weekdays": [str(day) for day in template.weekdays]}
    for field, words in (("name", template.name), ("scenario", template.scenario)):
        said |= {f"{field}_hans": words.get("zh-hans", ""), f"{field}_hant": words.get("zh-hant", ""),
                 f"{field}_en": words.get("en", "")}  # fmt: skip
    return said


class ChangeForm(forms.Form):
    """What may change of a coupon that is given out."""

    stock = forms.IntegerField(label=_("How many altogether"), min_value=1, max_value=10**8, required=False)
    ends_at = forms.DateTimeField(label=_("Ends"), required=False, widget=moment(), input_formats=["%Y-%m-%dT%H:%M"])


class BulkForm(forms.Form):
    """To whom: a list of member numbers, or everybody a rule means."""

    numbers = forms.CharField(
        label=_("Member numbers, one a line"), required=False, max_length=400_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    levels = ticks([], _("Levels"))
    lifecycle = ticks(Lifecycle.choices[1:], _("Stages"))
    stores = codes(_("Home stores (codes, with commas)"))
    days_without = forms.IntegerField(label=_("Days without a purchase, at least"), min_value=1, max_value=3650,
                                      required=False)  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        levels = [(level.code, str(level)) for level in Level.objects.order_by("rank")]
        self.fields["levels"].choices = levels  # type: ignore[attr-defined]
        segments = [("", "—"), *((one.code, str(one)) for one in Segment.objects.live().order_by("code"))]
        self.fields["segment"].choices = segments  # type: ignore[attr-defined]

    def clean_stores(self) -> list[str]:
        codes = [part.strip() for part in self.cleaned_data["stores"].replace("，", ",").split(",") if part.strip()]
        unknown = set(codes) - set(Store.objects.filter(code__in=codes).values_list("code", flat=True))
        if unknown:
            raise forms.ValidationError(_("No store has the code “%(code)s”."), params={"code": min(unknown)})
        return codes

    @property
    def numbers_given(self) -> list[str]:
        return self.cleaned_data["numbers"].split()

    def rule(self) -> dict[str, Any]:
        given = self.cleaned_data
        names = ("segment", "levels", "lifecycle", "stores", "days_without")
        said = {name: given[name] for name in names}
        return {name: value for name, value in said.items() if value}

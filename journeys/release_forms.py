"""What operators announce: which goods, when for everybody, how long before for whom."""

import re
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from commerce.models import Product
from journeys.forms import NOT_OFFERED
from journeys.models import ServicePackage
from scrm.kernel.words import Words, words

MOST = 20


class ReleaseForm(forms.Form):
    """New goods; the codes stand apart by spaces or commas."""

    name_hans = forms.CharField(max_length=80, required=False, label=_("Name, 简体"))
    name_hant = forms.CharField(max_length=80, required=False, label=_("Name, 繁體"))
    name_en = forms.CharField(max_length=80, required=False, label=_("Name, English"))
    products = forms.CharField(max_length=400, label=_("Product codes"))
    package = forms.ChoiceField(label=_("First for holders of"), error_messages=NOT_OFFERED)
    opens_at = forms.DateTimeField(
        label=_("Open to everybody from"), widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M")
    )
    hours = forms.IntegerField(label=_("Hours ahead"), min_value=1, max_value=720, initial=72)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        live = ServicePackage.objects.filter(state=ServicePackage.State.LIVE)
        self.fields["package"].choices = [(one.code, str(one)) for one in live]  # type: ignore[attr-defined]

    def clean_products(self) -> list[str]:
        asked = [code for code in re.split(r"[\s,，、;；]+", self.cleaned_data["products"]) if code][: MOST + 1]
        pairs = Product.objects.filter(Q(code__in=asked) | Q(parent__in=asked)).values_list("code", "parent")
        known = {code for pair in pairs for code in pair}
        unknown = [code for code in asked if code not in known]
        if unknown or not asked or len(asked) > MOST:
            raise forms.ValidationError(_("There is no product %(code)s."), params={"code": (unknown or ["–"])[0][:40]})
        return list(dict.fromkeys(asked))

    def clean_opens_at(self) -> Any:
        moment = self.cleaned_data["opens_at"]
        if moment <= timezone.now() or moment.year > timezone.now().year + 2:
            raise forms.ValidationError(_("Choose a moment that is still to come."))
        return moment

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not any(given.get(name) for name in ("name_hans", "name_hant", "name_en")):
            self.add_error("name_hans", _("Give it a name."))
        return given

    @property
    def name(self) -> Words:
        given = self.cleaned_data
        return words(given["name_hans"], given["name_hant"], given["name_en"])

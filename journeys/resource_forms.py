"""What is set up to be reserved or sent, and what a colleague says when reserving."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Scene
from journeys.forms import NOT_OFFERED
from journeys.models import Content, Resource
from journeys.models.resource import MOST_PLACES
from scrm.kernel.words import Words, words
from staff.models import Calendar, Store, User

MONTHS = [(str(number), str(number)) for number in range(1, 13)]


class NamedForm(forms.Form):
    """A name in three languages; one is enough."""

    name_hans = forms.CharField(max_length=80, required=False, label=_("Name, 简体"))
    name_hant = forms.CharField(max_length=80, required=False, label=_("Name, 繁體"))
    name_en = forms.CharField(max_length=80, required=False, label=_("Name, English"))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not any(given.get(name) for name in ("name_hans", "name_hant", "name_en")):
            self.add_error("name_hans", _("Give it a name."))
        return given

    @property
    def name(self) -> Words:
        given = self.cleaned_data
        return words(given["name_hans"], given["name_hant"], given["name_en"])

    @staticmethod
    def of_name(name: Words) -> dict[str, Any]:
        return {"name_hans": name.get("zh-hans"), "name_hant": name.get("zh-hant"), "name_en": name.get("en")}


class ResourceForm(NamedForm):
    """Something to reserve; its code stays as it is."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Resource.Kind, error_messages=NOT_OFFERED)
    capacity = forms.IntegerField(label=_("Places at the same time"), min_value=1, max_value=MOST_PLACES)
    store = forms.ChoiceField(label=_("Store"), required=False, error_messages=NOT_OFFERED)
    calendar = forms.ChoiceField(label=_("Opening hours"), required=False, error_messages=NOT_OFFERED)
    owner = forms.ChoiceField(label=_("Who answers for it"), required=False, error_messages=NOT_OFFERED)

    def __init__(self, *args: Any, resource: Resource | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What it has stays on offer, though nobody could choose it anew: else a change of words would lose it.
        store, owner = (resource.store_id, resource.owner_id) if resource else (None, None)
        people = User.objects.filter(Q(is_active=True) | Q(pk=owner)).order_by("username")
        self.known: dict[str, dict[str, Any]] = {
            "store": {one.code: one for one in Store.objects.filter(Q(closed_on=None) | Q(pk=store))},
            "calendar": {one.code: one for one in Calendar.objects.all()},
            "owner": {one.username: one for one in people},
        }
        nobody = {"store": _("every store"), "calendar": _("those of the store"), "owner": _("nobody")}
        for name, rows in self.known.items():
            offered = [("", nobody[name]), *((code, _called(row)) for code, row in rows.items())]
            self.fields[name].choices = offered  # type: ignore[attr-defined]

    @property
    def said(self) -> dict[str, Any]:
        given = self.cleaned_data
        named = {name: rows.get(given[name]) for name, rows in self.known.items()}
        return {"name": self.name, "kind": given["kind"], "capacity": given["capacity"]} | named

    @classmethod
    def of(cls, row: Resource) -> "ResourceForm":
        return cls(resource=row, initial=cls.of_name(row.name) | {
            "kind": row.kind, "capacity": row.capacity, "store": row.store.code if row.store else None,
            "calendar": row.calendar.code if row.calendar else None, "owner": row.owner.username if row.owner else None,
        })  # fmt: skip


def _called(row: Any) -> str:
    if isinstance(row, Store) and row.closed_on is not None:
        return gettext("%(name)s (closed)") % {"name": row}
    if isinstance(row, User) and not row.is_active:
        return gettext("%(name)s (has left)") % {"name": row}
    return str(row)


class NewResourceForm(ResourceForm):
    """With the code, once."""

    code = forms.SlugField(max_length=40, label=_("Code"))
    field_order = ["code"]

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        if code in ("new", "content"):
            raise forms.ValidationError(_("There is one with this code."))
        return code


class ReserveForm(forms.Form):
    """When, for whom, and of which benefit."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    start = forms.TimeField(label=_("From"), widget=forms.TimeInput(attrs={"type": "time"}))
    end = forms.TimeField(label=_("To"), widget=forms.TimeInput(attrs={"type": "time"}))
    number = forms.CharField(label=_("Customer number, empty for the house"), max_length=40, required=False)
    benefit = forms.CharField(label=_("Of the package"), max_length=40, required=False, widget=forms.Select)
    note = forms.CharField(label=_("Note"), max_length=200, required=False)
    once = forms.RegexField(r"^[0-9a-f]{32}\Z", widget=forms.HiddenInput)

    def span(self, resource: Resource) -> tuple[datetime, datetime]:
        """Wall time where the thing is. Raises TransitionRefused for a time that is skipped there."""
        said = self.cleaned_data
        return resource.moment(said["day"], said["start"]), resource.moment(said["day"], said["end"])

    @property
    def serves(self) -> tuple[int, str] | None:
        """(holding, line) of the benefit chosen; odd words are a holding that does not exist."""
        held, _, line = self.cleaned_data["benefit"].partition(":")
        if not self.cleaned_data["benefit"]:
            return None
        return (int(held) if held.isascii() and held.isdigit() and len(held) < 16 else 0), line[:12]


class ContentForm(NamedForm):
    """A guide or film: for which scene and months, and where it lies."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Content.Kind, error_messages=NOT_OFFERED)
    scene = forms.ChoiceField(label=_("Scene"), required=False, error_messages=NOT_OFFERED)
    link = forms.URLField(label=_("Link"), max_length=300, assume_scheme="https")
    months = forms.MultipleChoiceField(label=_("Months, none for all year"), choices=MONTHS, required=False,
                                       widget=forms.CheckboxSelectMultiple, error_messages=NOT_OFFERED)  # fmt: skip
    retired = forms.BooleanField(label=_("Not in use any more"), required=False)

    def __init__(self, *args: Any, content: Content | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = content.scene_id if content else None
        self.scenes = {one.code: one for one in Scene.objects.filter(Q(used=True) | Q(pk=kept))}
        offered = [("", _("every scene")), *((code, str(one)) for code, one in self.scenes.items())]
        self.fields["scene"].choices = offered  # type: ignore[attr-defined]

    @property
    def said(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            "title": self.name, "kind": given["kind"], "link": given["link"], "retired": given["retired"],
            "scene": self.scenes.get(given["scene"]), "months": sorted(int(one) for one in given["months"]),
        }  # fmt: skip

    @classmethod
    def of(cls, row: Content) -> "ContentForm":
        return cls(content=row, initial=cls.of_name(row.title) | {
            "kind": row.kind, "scene": row.scene.code if row.scene else None, "link": row.link,
            "months": [str(one) for one in row.months], "retired": row.retired_at is not None,
        })  # fmt: skip

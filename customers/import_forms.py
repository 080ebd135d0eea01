"""The forms of loading by hand: the file, and which of its columns says what."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.loading import guess
from customers.loading.engine import digest_of, kind_called
from customers.loading.files import Broken, open_rows
from customers.loading.mapping import Map
from customers.loading.trouble import LoadTrouble, RowTrouble
from customers.models import Identity, ImportRun
from scrm.kernel import money
from scrm.kernel.registry import load_kinds
from staff.models import User

LARGEST = 2 * 1024**3
LOOKED_AT = 200
ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "UTC", "America/New_York", "Europe/Berlin", "Europe/London")


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        error_messages={
            "required": gettext_lazy("Choose a file."), "empty": gettext_lazy("This file is empty."),
        },
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=gettext_lazy("What is in it"), choices=lambda: [(kind.name, kind.label) for kind in load_kinds.all()]
    )
    source = forms.CharField(label=gettext_lazy("Where it comes from"), max_length=60,
        error_messages={"required": gettext_lazy("Say where the file comes from.")})  # fmt: skip
    live = forms.ChoiceField(
        choices=[("", gettext_lazy("History")), ("1", gettext_lazy("Live"))], required=False, initial=""
    )

    @property
    def largest(self) -> int:
        return int(getattr(settings, "IMPORT_LARGEST", LARGEST))

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > self.largest:
            raise forms.ValidationError(
                _("The file is larger than %(megabytes)s MB; split it, or load it with the command.")
                % {"megabytes": max(1, self.largest // 1024**2)}
            )
        return file

    def save(self, *, by: User) -> ImportRun:
        """Keep the file below IMPORTS_ROOT and begin a draft, mapped like the last one of its kind and source."""
        given = self.cleaned_data
        last = ImportRun.objects.filter(kind=given["kind"], source=given["source"]).exclude(mapping={}).first()
        run = ImportRun.objects.create(
            kind=given["kind"], source=given["source"], live=bool(given["live"]), started_by=by,
            file_name=Path(given["file"].name).name[:200], bytes_total=given["file"].size,
            mapping=last.mapping if last else {},
        )  # fmt: skip
        # The name people gave it is only shown: on disk it has ours.
        path = Path(settings.IMPORTS_ROOT) / f"run-{run.pk}" / "file"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            for chunk in given["file"].chunks():
                out.write(chunk)
        run.file_path, run.file_digest = str(path), digest_of(path)
        run.save(update_fields=["file_path", "file_digest"])
        return run


@dataclass
class Column:
    """One column of the file: what it is mapped to and what its first values become."""

    name: str
    place: int
    field: str
    after: list[tuple[str, bool]]  # what the first rows become, and whether that is a refusal
    empty: int

    @property
    def none_after(self) -> range:
        return range(2 - len(self.after))


class MapForm(forms.Form):
    """Which column says what; raises LoadTrouble when the file cannot be read at all."""

    zone = forms.ChoiceField(label=gettext_lazy("Time zone of times"), choices=[(zone, zone) for zone in ZONES])
    dates = forms.ChoiceField(label=gettext_lazy("How days are written"), required=False)
    decimal = forms.ChoiceField(label=gettext_lazy("Decimal sign"), choices=[(".", "1.50"), (",", "1,50")])
    toml = forms.CharField(
        label=gettext_lazy("The whole map as text"), widget=forms.Textarea, required=False, max_length=50_000
    )

    def __init__(self, run: ImportRun, data: Any = None) -> None:
        self.run, self.kind = run, kind_called(run.kind)
        file = open_rows(Path(run.file_path), run.mapping.get("file", {}), name=run.file_name)
        self.names, self.encoding, self.separator = file.columns, file.encoding, file.separator
        self.looked_at = [(line, cells) for line, cells, _text in islice(file.rows, LOOKED_AT)
                          if not isinstance(cells, Broken)]  # fmt: skip
        if not run.mapping.get("fields") or not self._fits(run.mapping):
            run.mapping = self._guessed()
        read = run.mapping.get("read", {})
        super().__init__(data, initial={
            "zone": read.get("zone", settings.TIME_ZONE), "decimal": read.get("decimal", "."),
            "dates": next(iter(read.get("dates", ())), ""),
        })  # fmt: skip
        self.fields["dates"].choices = self._forms_of_dates(self.initial["dates"])  # type: ignore[attr-defined]
        self.currency = read.get("currency", settings.BASE_CURRENCY)

    def _fits(self, mapping: dict[str, Any]) -> bool:
        try:
            Map(self.kind, mapping).onto(self.names)
        except LoadTrouble:
            return False
        return True

    def _guessed(self) -> dict[str, Any]:
        values = [str(cell) for _line, cells in self.looked_at for cell in cells if cell]
        form, _telling, _both = guess.date_form(values)
        read: dict[str, Any] = {"zone": settings.TIME_ZONE, "decimal": guess.decimal_sign(values)}
        if form:
            read["dates"] = [form]
        return {"read": read, "fields": guess.fields_for(self.kind, self.names)}

    def _forms_of_dates(self, now: str) -> list[tuple[str, str]]:
        """Each form as the last evening of a year written in it."""
        guessed = self.doubtful_dates[1]
        time = guessed[guessed.find(" ") :] if " " in guessed else ""
        forms_ = [f"{one}{sign}{two}{sign}%Y{time}" for sign in "/.-" for one, two in (("%d", "%m"), ("%m", "%d"))]
        if now and now not in forms_:
            forms_.insert(0, now)
        return [("", "2026-12-31")] + [(one, written_in(one)) for one in forms_]

    @property
    def separator_name(self) -> str:
        return {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": "|", " ": _("white space")}.get(
            self.separator, ""
        )

    @property
    def choices(self) -> list[tuple[str, Any]]:
        return [("", _("Leave out"))] + [(field.name, field.label) for field in self.kind.fields]

    @property
    def doubtful_dates(self) -> tuple[int, str]:
        """How many dates can be read both ways, and as what they are read."""
        values = [str(cell) for _line, cells in self.looked_at for cell in cells if cell]
        form, _telling, both = guess.date_form(values)
        return both, form

    @property
    def knows_a_column(self) -> bool:
        return bool(self.run.mapping["fields"]) or self.is_bound

    def columns(self) -> list[Column]:
        fields = {spec: name for name, spec in self.run.mapping["fields"].items() if isinstance(spec, str)}
        fields |= {
            spec["column"]: name for name, spec in self.run.mapping["fields"].items()
            if isinstance(spec, dict) and "column" in spec
        }  # fmt: skip
        readers = self._readers()
        found = []
        for place, name in enumerate(self.names):
            # A refused choice stands as it was made.
            field = self.data.get(f"column-{place}", "") if self.is_bound else fields.get(name, "")
            after = self._after(field, readers.get(field)) if field else []
            empty = sum(cells[place] in ("", None) for _line, cells in self.looked_at)
            found.append(Column(name, place, field, after, empty))
        return found

    def _readers(self) -> dict[str, Any]:
        try:
            # A draft lacks needed fields: show what there is of it.
            return dict(Map(self.kind, self.run.mapping, draft=True).onto(self.names).readers)
        except LoadTrouble:
            return {}

    def _after(self, field: str, read: Any) -> list[tuple[str, bool]]:
        shown = []
        one = self.kind.field(field)
        for line, cells in self.looked_at[:2]:
            try:
                value = read(cells, line) if read else None
                if one and one.type == "money" and isinstance(value, int):
                    value = money.written(value, self.currency, exact=True)
                shown.append((as_stored(value), False))
            except RowTrouble as trouble:
                shown.append((str(trouble), True))
        return shown

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("toml"):
            self._say_what_is_missing(self._chosen(given)["fields"])
        try:
            mapping = tomllib.loads(given["toml"]) if given.get("toml") else self._chosen(given)
            Map(self.kind, mapping).onto(self.names)
        except (LoadTrouble, ValueError, RecursionError) as trouble:
            raise forms.ValidationError(str(trouble)) from None
        finally:
            if not given.get("toml"):
                self.run.mapping = self._chosen(given)
        given["mapping"] = mapping
        return given

    def _say_what_is_missing(self, fields: dict[str, Any]) -> None:
        chosen = [field for place in range(len(self.names)) if (field := self.data.get(f"column-{place}"))]
        twice = [str(one.label) for one in self.kind.fields if chosen.count(one.name) > 1]
        missing = [str(one.label) for one in self.kind.fields if one.required and one.name not in fields]
        sentences = []
        if missing:
            sentences.append(_("Say which column holds: %(names)s.") % {"names": ", ".join(missing)})
        if twice:
            sentences.append(_("More than one column is given to: %(names)s.") % {"names": ", ".join(twice)})
        if sentences:
            self.run.mapping = self._chosen(self.cleaned_data)
            raise forms.ValidationError(sentences)

    def _chosen(self, given: dict[str, Any]) -> dict[str, Any]:
        before = self.run.mapping.get("fields", {})
        fields = {}
        for place, name in enumerate(self.names):
            field = self.data.get(f"column-{place}", "")
            if field and self.kind.field(field):
                kept = before.get(field)
                fields[field] = kept if isinstance(kept, dict) and kept.get("column") == name else name
        # What the page cannot show (constants, sums, attributes) stays as the map has it.
        fields |= {name: spec for name, spec in before.items()
                   if name not in fields and isinstance(spec, dict) and "column" not in spec}  # fmt: skip
        read = {name: value for name, value in self.run.mapping.get("read", {}).items() if name != "dates"}
        read |= {"zone": given.get("zone") or settings.TIME_ZONE, "decimal": given.get("decimal") or "."}
        if given.get("dates"):
            read["dates"] = [given["dates"]]
        return self.run.mapping | {"read": read, "fields": fields}

    def save(self) -> bool:
        """Keep the map; False when the import has gone on in another window."""
        before, self.run.state = self.run.state, ImportRun.State.DRAFT
        self.run.mapping, self.run.rows_done = self.cleaned_data["mapping"], 0
        return bool(ImportRun.objects.filter(pk=self.run.pk, state=before).update(
            mapping=self.run.mapping, state=self.run.state, rows_done=0
        ))  # fmt: skip


def written_in(form: str) -> str:
    """An unmistakable day in a form of dates; a form that is a word is only named."""
    return datetime(2026, 12, 31, 18, 30).strftime(form) if "%" in form else form


def as_stored(value: Any) -> str:
    """A value as it will stand in our tables, short enough for a cell."""
    if value is None:
        return "—"
    if isinstance(value, tuple):
        value = value[0] if hasattr(value[0], "astimezone") else "-".join(str(part) for part in value if part)
    if hasattr(value, "astimezone"):
        value = timezone.localtime(value) if timezone.is_aware(value) else value
        return f"{value:%Y-%m-%d %H:%M}"
    text = str(value)
    phone = Identity.tidy("phone", text) if text.strip("+").isdigit() and len(text) >= 11 else ""
    return Identity.mask("phone", phone) if phone else text[:60]

"""The forms of loading by hand: the file, and which of its columns says what."""

import tomllib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.loading import guess
from customers.loading.engine import digest_of, kind_called
from customers.loading.files import Broken, open_rows
from customers.loading.mapping import Map
from customers.loading.trouble import LoadTrouble, RowTrouble
from customers.models import Identity, ImportRun
from scrm.kernel.registry import load_kinds
from staff.models import User

LARGEST = 2 * 1024**3
LOOKED_AT = 200
ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "UTC", "America/New_York", "Europe/Berlin", "Europe/London")


class UploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"))
    kind = forms.ChoiceField(
        label=gettext_lazy("What is in it"), choices=lambda: [(kind.name, kind.label) for kind in load_kinds.all()]
    )
    source = forms.CharField(label=gettext_lazy("Where it comes from"), max_length=60)
    live = forms.ChoiceField(
        choices=[("", gettext_lazy("History")), ("1", gettext_lazy("Live"))], required=False, initial=""
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        largest = getattr(settings, "IMPORT_LARGEST", LARGEST)
        if file.size > largest:
            raise forms.ValidationError(
                _("The file is larger than %(megabytes)s MB; split it, or load it with the command.")
                % {"megabytes": largest // 1024**2}
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
    after: list[str]
    troubled: bool
    empty: int


class MapForm(forms.Form):
    """Which column says what; raises LoadTrouble when the file cannot be read at all."""

    zone = forms.ChoiceField(label=gettext_lazy("Time zone of times"), choices=[(zone, zone) for zone in ZONES])
    dates = forms.CharField(label=gettext_lazy("Form of dates"), max_length=60, required=False)
    decimal = forms.ChoiceField(label=gettext_lazy("Decimal sign"), choices=[(".", "1.50"), (",", "1,50")])
    toml = forms.CharField(
        label=gettext_lazy("The whole map as text"), widget=forms.Textarea, required=False, max_length=50_000
    )

    def __init__(self, run: ImportRun, data: Any = None) -> None:
        self.run, self.kind = run, kind_called(run.kind)
        file = open_rows(Path(run.file_path), run.mapping.get("file", {}))
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
        self.ambiguous = ""

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

    def columns(self) -> list[Column]:
        fields = {spec: name for name, spec in self.run.mapping["fields"].items() if isinstance(spec, str)}
        fields |= {
            spec["column"]: name for name, spec in self.run.mapping["fields"].items()
            if isinstance(spec, dict) and "column" in spec
        }  # fmt: skip
        readers = self._readers()
        found = []
        for place, name in enumerate(self.names):
            field = fields.get(name, "")
            after, troubled = self._after(readers.get(field)) if field else ([], False)
            empty = sum(cells[place] in ("", None) for _line, cells in self.looked_at)
            found.append(Column(name, place, field, after, troubled, empty))
        return found

    def _readers(self) -> dict[str, Any]:
        try:
            # A draft lacks needed fields: show what there is of it.
            return dict(Map(self.kind, self.run.mapping, draft=True).onto(self.names).readers)
        except LoadTrouble:
            return {}

    def _after(self, read: Any) -> tuple[list[str], bool]:
        shown, troubled = [], False
        for line, cells in self.looked_at[:2]:
            try:
                shown.append(as_stored(read(cells, line)) if read else "")
            except RowTrouble as trouble:
                shown.append(str(trouble))
                troubled = True
        return shown, troubled

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        try:
            mapping = tomllib.loads(given["toml"]) if given.get("toml") else self._chosen(given)
            Map(self.kind, mapping).onto(self.names)
        except (LoadTrouble, tomllib.TOMLDecodeError) as trouble:
            raise forms.ValidationError(str(trouble)) from None
        finally:
            if not given.get("toml"):
                self.run.mapping = self._chosen(given)
        given["mapping"] = mapping
        return given

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

    def save(self) -> None:
        self.run.mapping = self.cleaned_data["mapping"]
        self.run.state, self.run.rows_done = ImportRun.State.DRAFT, 0
        self.run.save(update_fields=["mapping", "state", "rows_done"])


def as_stored(value: Any) -> str:
    """A value as it will stand in our tables, short enough for a cell."""
    if value is None:
        return "—"
    if isinstance(value, tuple):
        value = value[0] if hasattr(value[0], "astimezone") else "-".join(str(part) for part in value if part)
    text = value.isoformat(sep=" ", timespec="minutes") if hasattr(value, "astimezone") else str(value)
    phone = Identity.tidy("phone", text) if text.strip("+").isdigit() and len(text) >= 11 else ""
    return Identity.mask("phone", phone) if phone else text[:60]

"""A pick as a reader sees it: the piece, why, and where it stands."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from commerce.articles import article_of
from commerce.models import Product
from customers.models import Scene
from scrm.kernel.segment_field import remembered
from scrm.kernel.words import Words
from staff.names import store_name

SCENES = remembered(lambda: [(scene.code, scene.name) for scene in Scene.objects.all()])


@dataclass(frozen=True)
class Reason:
    """One reason with its numbers; `points` is what it adds to the rank."""

    kind: str
    points: int
    values: dict[str, Any]

    @property
    def sentence(self) -> str:
        return _SAYS[self.kind](self.values)

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "points": self.points, "values": self.values, "sentence": self.sentence}


@dataclass
class Pick:
    """One piece. `here`: how many stand at the asked store, None when none was asked; `near`: other stores with it,
    written down for the pieces that are shown; `anywhere`: some store has it."""

    product: Product
    reasons: list[Reason]
    here: int | None = None
    near: list[tuple[int, int]] = field(default_factory=list)
    size: str = ""  # her told size, where it is this one's
    anywhere: bool = False

    @property
    def article(self) -> str:
        return article_of(self.product)

    @property
    def score(self) -> int:
        return sum(reason.points for reason in self.reasons)

    def place(self, asked: bool) -> int:
        """0 where it stands at the asked store, 1 where it stands anywhere, 2 where nowhere."""
        return 0 if self.here or (not asked and self.anywhere) else 1 if self.anywhere else 2

    @property
    def stock_words(self) -> str:
        """Where to get it, in a few words."""
        if self.here:
            return _("%(n)s here") % {"n": self.here}
        if self.near:
            store, n = self.near[0]
            return _("%(n)s at %(store)s") % {"n": n, "store": store_name(store)}
        return _("Not in a store now")


def _together(values: dict[str, Any]) -> str:
    numbers = {
        "share": round(100 * values["share"]),
        "lift": f"{values['lift']:.1f}",
        "what": str(Words(values["name"])) or values["with"],
    }
    return _("%(share)s %% who buy %(what)s take it too, %(lift)s times what chance would give") % numbers


def _browsed(values: dict[str, Any]) -> str:
    n = values["times"]
    return ngettext(
        "Looked at once in two weeks, not bought", "Looked at %(n)s times in two weeks, not bought", n
    ) % {"n": n}  # fmt: skip


def _refill(values: dict[str, Any]) -> str:
    last = _("last bought %(ago)s days ago") % {"ago": values["ago"]}
    if values["of"] == "own":
        every = _("Bought %(times)s times, every %(gap)s days") % {"times": values["times"], "gap": values["gap"]}
    elif values["of"] == "people":
        every = _("People buy it again after %(gap)s days (%(people)s people)") % {
            "gap": values["gap"], "people": values["people"],
        }  # fmt: skip
    else:
        every = _("Lasts about %(gap)s days") % {"gap": values["gap"]}
    return f"{every} · {last}"


def _scene(values: dict[str, Any]) -> str:
    return _("Fits: %(scenes)s") % {"scenes": " · ".join(str(_word(code)) for code in values["scenes"])}


def _heard(values: dict[str, Any]) -> str:
    n = values["ago"]
    return ngettext("Fits: %(what)s, heard %(n)s day ago", "Fits: %(what)s, heard %(n)s days ago", n) % {
        "what": _called(values), "n": n,
    }  # fmt: skip


def _told(values: dict[str, Any]) -> str:
    return _("Fits what we know: %(what)s") % {"what": _called(values)}


def _called(values: dict[str, Any]) -> str:
    return str(Words(values["name"])) or str(values["word"])


def _sold(values: dict[str, Any]) -> str:
    return _("In %(n)s baskets of the last four weeks") % {"n": values["n"]}


_SAYS = {
    "together": _together, "browsed": _browsed, "refill": _refill, "scene": _scene, "heard": _heard, "told": _told,
    "sold": _sold,
}  # fmt: skip


def _word(code: str) -> Any:
    """A scene as operators call it, else as the catalogue does."""
    return dict(SCENES()).get(code) or code

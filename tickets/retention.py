"""How long this room keeps what nobody needs any more."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from scrm.kernel.registry import Retention, retentions
from tickets.models import Macro, MacroRun, Notice, SavedView


def seen_notices(before: datetime) -> int:
    return Notice.objects.filter(seen_at__lt=before).delete()[0]


def removed_tools(before: datetime) -> int:
    """Saved views and macros that were removed and not brought back."""
    return sum(model.objects.filter(removed_at__lt=before).delete()[0] for model in (SavedView, Macro))


def macro_runs(before: datetime) -> int:
    return MacroRun.objects.filter(at__lt=before).delete()[0]


def register() -> None:
    for each in (
        Retention("seen_notices", _("Notices that were read"), 90, seen_notices),
        Retention("removed_tools", _("Saved views and macros that were removed"), 30, removed_tools),
        Retention("macro_runs", _("What a macro did to a case, to take it back by"), 30, macro_runs),
    ):
        retentions.add(each.name, each)

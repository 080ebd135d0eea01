"""A view of the inbox kept under a name: one of the views there are, with what it is narrowed by."""

from typing import Any

from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scrm.kernel.refusals import TransitionRefused
from staff.models import User
from tickets.models.tool import Tool

VIEWS: dict[str, str | Promise] = {
    "mine": _("Mine"), "due": _("Due soon"), "free": _("Nobody's"), "waiting": _("Waits for the customer"),
    "store": _("With a store"), "later": _("Later"), "all": _("All open"), "done": _("Done lately"),
}  # fmt: skip
FILTERS = ("channel", "topic", "state")


class SavedView(Tool):
    """What it is narrowed by is looked at again whenever it is read: a topic may be gone by then."""

    view = models.CharField(max_length=10, choices=list(VIEWS.items()))
    filters = models.JSONField(default=dict)

    class Meta(Tool.Meta):
        verbose_name, verbose_name_plural = _("saved view"), _("saved views")
        indexes = [
            models.Index(fields=["owner"], name="saved_view_owner"),
            models.Index(fields=["removed_at"], name="saved_view_removed", condition=~models.Q(removed_at=None)),
        ]

    @classmethod
    def keep_new(cls, name: str, *, by: User, **what: Any) -> "SavedView":
        """As Tool.keep_new; refuses a view or filter that is not of the list too."""
        filters = what.get("filters", {})
        if what.get("view") not in VIEWS or not set(filters) <= set(FILTERS):
            raise TransitionRefused(gettext("This cannot be kept as a view."))
        if not all(isinstance(value, str) and 0 < len(value) <= 40 for value in filters.values()):
            raise TransitionRefused(gettext("This cannot be kept as a view."))
        return super().keep_new(name, by=by, **what)

    @transaction.atomic
    def open_first(self, *, by: User) -> None:
        """The inbox of this person begins with it from now on."""
        InboxHome.objects.update_or_create(user=by, defaults={"view": self})

    @transaction.atomic
    def open_no_more_first(self, *, by: User) -> None:
        InboxHome.objects.filter(user=by, view=self).delete()


class InboxHome(models.Model):
    """With which saved view a person's inbox begins; without, with the cases on their desk."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="homes")

    class Meta:
        verbose_name, verbose_name_plural = _("first view"), _("first views")

    def __str__(self) -> str:
        return f"{self.user_id} {self.view_id}"

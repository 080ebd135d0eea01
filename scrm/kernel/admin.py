"""The two base classes of every admin page: facts are only read, set-up may be changed."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

PLAIN = {"", "exact", "id__exact", "isnull"}


class ListedFilters:
    """An address filters by what the page lists as a filter, and by nothing else.

    Django lets any column of the model through: who may look at colleagues could read password hashes sign by sign.
    """

    list_filter: ClassVar[Any]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        name, _, rest = lookup.partition("__")
        return name in {one for one in self.list_filter if isinstance(one, str)} and rest in PLAIN


class FactAdmin(ListedFilters, admin.ModelAdmin):
    """Rows that verbs write: looked at here, never changed, in the reader's scope, without counting."""

    show_full_result_count = False
    list_per_page = 50
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SetupAdmin(ListedFilters, admin.ModelAdmin):
    """What operators set up; deleting is left to nobody, ending has its own field."""

    list_per_page = 50
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

"""Sessions as rows with an owner, so that they can be listed and ended."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from staff.models.door import StaffSession


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[StaffSession]:
        return StaffSession

    def _validate_session_key(self, key: str | None) -> bool:
        # A cookie may hold anything, even a NUL that the database refuses: ours are letters and digits.
        return bool(key) and super()._validate_session_key(key) and key.isascii() and key.isalnum()  # type: ignore[union-attr, misc]

    def create_model_instance(self, data):  # type: ignore[no-untyped-def]
        row: Any = super().create_model_instance(data)
        row.user_id = data.get("_auth_user_id")
        row.device = data.get("device", "")[:200]
        row.address = data.get("address")
        row.started_at = datetime.fromisoformat(data["started_at"]) if "started_at" in data else timezone.now()
        row.seen_at = timezone.now()
        return row

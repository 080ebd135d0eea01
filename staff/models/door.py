"""The door: sessions that can be seen and ended, and the count of wrong passwords."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import connection, models
from django.utils import timezone

from staff.models.person import User


class StaffSession(AbstractBaseSession):
    """One signed-in browser. Ending it deletes the row, so it is dead at its next request."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    device = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True)
    started_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta(AbstractBaseSession.Meta):
        indexes = [models.Index(fields=["user", "-seen_at"], name="session_user")]

    @classmethod
    def get_session_store_class(cls):  # type: ignore[no-untyped-def]
        from staff.session_store import SessionStore

        return SessionStore

    @property
    def mark(self) -> str:
        """A public name of the session that does not open it."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()[:16]


class SignInLock(models.Model):
    """Failures of one name in a row. A try is booked before the password is looked at, so a crowd cannot outrun it."""

    name_digest = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.failures} since {self.first_at}"

    @classmethod
    def book(cls, name: str) -> int:
        """Count one more try and return how many are left, below 0 when the name is locked. One round trip."""
        cutoff = timezone.now() - timedelta(minutes=settings.LOCK_MINUTES)
        with connection.cursor() as cursor:
            cursor.execute(
                """insert into staff_signinlock (name_digest, failures, first_at) values (%s, 1, %s)
                   on conflict (name_digest) do update set
                     failures = case when staff_signinlock.first_at < %s then 1 else staff_signinlock.failures + 1 end,
                     first_at = case when staff_signinlock.first_at < %s then excluded.first_at
                                     else staff_signinlock.first_at end
                   returning failures""",
                [cls._digest(name), timezone.now(), cutoff, cutoff],
            )
            failures: int = cursor.fetchone()[0]
        return settings.LOCK_AFTER_FAILURES - failures

    @classmethod
    def forget(cls, name: str) -> None:
        cls.objects.filter(name_digest=cls._digest(name)).delete()

    @staticmethod
    def _digest(name: str) -> str:
        return hashlib.sha256(name.strip().casefold().encode()).hexdigest()

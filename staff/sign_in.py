"""Signing in: the try is booked first, then the password is looked at."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.db.models import Q
from django.http import HttpRequest

from staff.models import SignInLock, User, audit


class Locked(Exception):
    """Too many wrong tries of one name; it rests for a while."""


class Backend(BaseBackend):
    """Name or mail and password. Unknown, disabled and wrong look and take the same."""

    def authenticate(
        self, request: HttpRequest | None, username: str = "", password: str = "", **kwargs: Any
    ) -> User | None:
        user = User.objects.filter(Q(username__iexact=username) | Q(email__iexact=username)).order_by("pk").first()
        # One lock per person: name and mail of one user share it.
        name = user.username if user else username
        if SignInLock.book(name) < 0:
            audit("signin.locked", by=user, address=_address(request))
            raise Locked
        if user is None:
            make_password(password)  # the same work as a real check
            return None
        if not user.check_password(password) or not user.is_active:
            audit("signin.failed", by=user, address=_address(request))
            return None
        SignInLock.forget(name)
        return user

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()


def tries_left(name: str) -> int:
    from django.conf import settings

    user = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)).order_by("pk").first()
    lock = SignInLock.objects.filter(name_digest=SignInLock._digest(user.username if user else name)).first()
    return max(0, settings.LOCK_AFTER_FAILURES - (lock.failures if lock else 0))


def _address(request: HttpRequest | None) -> str | None:
    return request.META.get("REMOTE_ADDR") if request else None

"""Keeping no longer than needed: each room registers what lapses after how many days."""

import os
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from scrm.kernel.registry import Retention, retentions


def days_of(retention: Retention) -> int:
    """How long it is kept here; 0 for ever. A value that is no number counts as the default."""
    given = os.environ.get(f"SCRM_KEEP_{retention.name.upper()}", "")
    return int(given) if given.isdigit() else retention.days


def retain() -> dict[str, int]:
    """Remove what has lapsed: name → rows that went. Each kind is its own transaction."""
    removed = {}
    for retention in retentions.all():
        if days := days_of(retention):
            with transaction.atomic():
                removed[retention.name] = retention.act(timezone.now() - timedelta(days=days))
    return removed

"""Background work every room shares."""

from celery import shared_task
from django.conf import settings
from django.db import connection

from scrm.kernel import retention


@shared_task
def retain() -> None:
    retention.retain()


@shared_task
def close_piece_of_log() -> None:
    """Lay what was written lately into the archive: the server's own clock for it is not always kept."""
    if settings.ARCHIVES_LOG:
        with connection.cursor() as cursor:
            cursor.execute("select pg_switch_wal()")

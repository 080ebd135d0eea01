"""The clicks' partitions: this month and the next exist, those wholly older than ninety days are dropped."""

from datetime import timedelta

from django.db import connection
from django.utils import timezone

KEPT_DAYS = 90


def tend() -> list[str]:
    """Make and drop partitions; the names of those dropped."""
    today = timezone.localdate()
    oldest = (today - timedelta(days=KEPT_DAYS)).replace(day=1)
    with connection.cursor() as cursor:
        for day in (today, (today.replace(day=1) + timedelta(days=32))):
            cursor.execute("select customers_browse_month(%s)", [day])
        cursor.execute(
            """select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
               where i.inhparent = 'customers_browse'::regclass and c.relname ~ '^customers_browse_[0-9]{6}$'
                 and c.relname < %s""",
            [f"customers_browse_{oldest:%Y%m}"],
        )
        old = [name for (name,) in cursor.fetchall()]
        for name in old:
            cursor.execute(f'drop table "{name}"')
        cursor.execute("delete from customers_browse_rest where at < %s", [timezone.now() - timedelta(days=KEPT_DAYS)])
    return old

"""`/metrics`: what was answered, what waits, what was given up, and how old the newest seal and backup are."""

import json
import secrets
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse

from scrm.kernel import metrics
from staff.doors import open_door

QUEUES = ("critical", "intake", "bulk", "slow")
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA")
FIGURES = """
select (select count(*) from pg_stat_activity where datname = current_database()),
  current_setting('max_connections')::int,
  (select extract(epoch from now() - min(due_at)) from customers_wakeup where state = 'waiting' and due_at <= now()),
  (select count(*) from customers_wakeup where state = 'dead'),
  (select count(*) from touchpoints_webhookdelivery where state <> 'sent' and state = 'dead'),
  (select count(*) from (select from touchpoints_inbox where state = 'dead' limit 100000) i),
  (select count(*) from (select from customers_metricsdirty limit 100000) d),
  (select count(*) from staff_signinlock where failures >= %s and first_at > now() - make_interval(mins => %s)),
  (select count(*) from staff_auditentry where what = 'customer.revealed' and at > now() - interval '1 hour'),
  (select extract(epoch from now() - made_at) from staff_auditseal order by number desc limit 1)
"""


@open_door
def show(request: HttpRequest) -> HttpResponse:
    """For whoever has the token; without one set, for this machine alone and never behind a proxy."""
    if not _may(request):
        raise Http404
    lines = metrics.counted() + _database() + _broker() + _backup()
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _may(request: HttpRequest) -> bool:
    if token := settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), token.encode())
    if settings.SECURE or any(name in request.META for name in FORWARDED):
        return False
    return request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}


def _database() -> list[str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute(FIGURES, [settings.LOCK_AFTER_FAILURES, settings.LOCK_MINUTES])
            open_, most, oldest, dead, unsent, arrivals, dirty, locks, reveals, seal = cursor.fetchone()
    except DatabaseError:
        return metrics.gauge("scrm_database_up", "Whether the database answers.", [("", 0)])
    return [
        *metrics.gauge("scrm_database_up", "Whether the database answers.", [("", 1)]),
        *metrics.gauge("scrm_database_connections", "Connections open now.", [("", open_)]),
        *metrics.gauge("scrm_database_connections_max", "Connections the server allows.", [("", most)]),
        *metrics.gauge("scrm_wakeup_oldest_due_seconds", "How late the oldest reaction is.", [("", oldest or 0)]),
        *metrics.gauge("scrm_dead_letters", "Given up after eight tries.",
                       [('{kind="reaction"}', dead), ('{kind="webhook"}', unsent), ('{kind="arrival"}', arrivals)]),
        *metrics.gauge("scrm_dirty_metrics", "Customers whose figures wait.", [("", dirty)]),
        *metrics.gauge("scrm_sign_in_locks", "Names that rest after wrong passwords.", [("", locks)]),
        *metrics.gauge("scrm_reveals_last_hour", "Full numbers shown within an hour.", [("", reveals)]),
        *metrics.gauge("scrm_audit_seal_age_seconds", "Age of the newest seal.", [("", seal)]),
    ]  # fmt: skip


def _broker() -> list[str]:
    import redis

    try:
        client: Any = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
        lengths = [(f'{{queue="{name}"}}', float(client.llen(name))) for name in QUEUES]
        client.close()
    except redis.RedisError:
        return metrics.gauge("scrm_broker_up", "Whether the broker answers.", [("", 0)])
    return [
        *metrics.gauge("scrm_broker_up", "Whether the broker answers.", [("", 1)]),
        *metrics.gauge("scrm_queue_length", "Tasks that wait for a worker.", lengths),
    ]


def _backup() -> list[str]:
    try:
        made = json.loads(Path(settings.LAST_BACKUP_FILE).read_text())["at"]
    except (OSError, ValueError, KeyError):
        made = None
    return metrics.gauge(
        "scrm_backup_age_seconds", "Age of the newest backup.", [("", time.time() - made if made else None)]
    )

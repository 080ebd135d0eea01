"""The whole schedule on one page, written by name into django-celery-beat at each start."""

from typing import NamedTuple

from django.db import transaction


class Entry(NamedTuple):
    name: str
    task: str
    every: int | None = None  # seconds
    daily_at: tuple[int, int] | None = None  # hour, minute in the brand's zone
    queue: str = "critical"


SCHEDULE = (
    Entry("Sweep reactions that are due", "customers.tasks.sweep_wakeups", every=20),
    Entry("Refresh metrics after orders", "commerce.tasks.sweep_dirty_metrics", every=20),
    Entry("Metrics of everybody", "commerce.tasks.compute_metrics", daily_at=(2, 10), queue="slow"),
    Entry("Value and need of everybody", "journeys.tasks.compute_outlooks", daily_at=(2, 40), queue="slow"),
    Entry("Packages by value and need", "journeys.tasks.assign_packages", daily_at=(4, 25), queue="slow"),
    Entry("Move people on in playbooks", "journeys.tasks.advance_playbooks", every=10, queue="bulk"),
    Entry("Playbooks of the day", "journeys.tasks.playbooks_of_the_day", daily_at=(5, 5), queue="slow"),
    Entry("Count what playbooks do", "journeys.tasks.reckon_playbooks", every=60, queue="slow"),
    Entry("Figures of pilots", "journeys.tasks.compute_pilots", daily_at=(4, 40), queue="slow"),
    Entry("Numbers of journey maps", "journeys.tasks.reckon_maps", daily_at=(4, 35), queue="slow"),
    Entry("Open cases on journey maps", "journeys.tasks.count_open_cases", every=600, queue="slow"),
    Entry("Value and need of whom something was heard", "journeys.tasks.sweep_dirty_outlooks", every=30, queue="bulk"),
    Entry("End visits left open", "touchpoints.tasks.close_visits_left_open", every=1800),
    Entry("Pass on held places nobody answered for", "touchpoints.tasks.pass_on_held_places", every=60),
    Entry("Next month's partition of clicks, and clicks older than 90 days", "customers.tasks.tend_browse",
          daily_at=(3, 20), queue="slow"),
    Entry("Take the words customers wished forgotten", "customers.tasks.wipe_forgotten", every=30),
    Entry("Let rules tag whom something was heard of", "customers.tasks.tag_who_changed", every=60, queue="bulk"),
    Entry("Let segments look at whom something happened with", "customers.tasks.refresh_segments", every=10,
          queue="bulk"),
    Entry("Segments on a new day", "customers.tasks.turn_segments", daily_at=(0, 6), queue="slow"),
    Entry("Compare segments with their rules, repair what differs", "customers.tasks.check_segments", daily_at=(3, 50),
          queue="slow"),
    Entry("Take in what arrived", "touchpoints.tasks.work_off_inbox", every=20, queue="intake"),
    Entry("Ask channels that do not call us", "touchpoints.tasks.fetch_channels", every=60, queue="slow"),
    Entry("Hand out messages that are due", "touchpoints.tasks.send_messages", every=20, queue="bulk"),
    Entry("Ask what became of messages", "touchpoints.tasks.settle_messages", every=300, queue="bulk"),
    Entry("Contacts held back whose time has come", "touchpoints.tasks.resume_held", every=60, queue="bulk"),
    Entry("Sales under numbers somebody holds by now", "commerce.tasks.bring_home_stragglers", every=300,
          queue="bulk"),
    Entry("What is bought together, and after how long again", "commerce.tasks.compute_pairs", daily_at=(2, 50),
          queue="slow"),
    Entry("Figures of touchpoints", "touchpoints.tasks.reckon_touchpoints", every=600, queue="slow"),
    Entry("Files without a row, rows without a file", "touchpoints.tasks.tend_files", daily_at=(4, 40), queue="slow"),
    Entry("Send webhooks that are due", "touchpoints.tasks.send_webhooks", every=20, queue="bulk"),
    Entry("Remove records of webhooks after 30 days", "touchpoints.tasks.clear_webhooks", daily_at=(4, 20),
          queue="slow"),
    Entry("Lay the database's log into the archive", "scrm.kernel.tasks.close_piece_of_log", every=45),
    Entry("Seal the audit", "staff.tasks.seal_audit", every=60),
    Entry("Check the audit against its seals", "staff.tasks.prove_audit", daily_at=(4, 30), queue="slow"),
    Entry("Remove records of API calls after 30 days", "staff.tasks.clear_api_records", daily_at=(4, 15), queue="slow"),
    Entry("Records that may be one person", "customers.tasks.compare_records", daily_at=(4, 30), queue="slow"),
    Entry("Send home what reached a joined record", "customers.tasks.gather_strays", every=300),
    Entry("Remove what has been kept long enough", "scrm.kernel.tasks.retain", daily_at=(3, 40), queue="slow"),
    Entry("Let pending points count", "loyalty.tasks.confirm_points", every=600, queue="bulk"),
    Entry("End points whose time is over", "loyalty.tasks.expire_points", daily_at=(0, 10), queue="slow"),
    Entry("Evaluate levels on their days", "loyalty.tasks.evaluate_levels", daily_at=(1, 10), queue="slow"),
    Entry("Birthdays and win-backs", "loyalty.tasks.give_for_the_day", daily_at=(8, 10), queue="slow"),
    Entry("Tell winners of drops, end what is over", "loyalty.tasks.tend_drops", every=10, queue="bulk"),
    Entry("Free coupons nobody came back for", "loyalty.coupon_tasks.free_coupons", every=60, queue="bulk"),
    Entry("End coupons whose time is over", "loyalty.coupon_tasks.end_coupons", daily_at=(0, 20), queue="slow"),
    Entry("Go on with coupons given to many", "loyalty.coupon_tasks.go_on_with_bulk", every=30, queue="bulk"),
    Entry("Prove the points ledger, reckon what stands out", "loyalty.tasks.prove_ledger", daily_at=(4, 50),
          queue="slow"),
    Entry("Tell of promises before they are missed", "tickets.tasks.remind_of_promises", every=30),
    Entry("Pass on approvals whose time is over", "tickets.tasks.pass_on_approvals", every=60),
    Entry("Give cases to who has room", "tickets.tasks.spread_cases", every=60),
    Entry("Learn which words point to which topic", "tickets.tasks.learn_topics", daily_at=(3, 40), queue="slow"),
    Entry("End cases that are done and stayed quiet", "tickets.tasks.close_quiet_cases", daily_at=(3, 5), queue="slow"),
    Entry("Remove sessions that ended", "staff.tasks.clear_sessions", daily_at=(4, 5), queue="slow"),
)  # fmt: skip


@transaction.atomic
def write() -> None:
    """Bring the stored schedule in line with this page; entries that operators added stay."""
    from django.conf import settings
    from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

    for entry in SCHEDULE:
        interval = crontab = None
        if entry.every:
            interval, _made = IntervalSchedule.objects.get_or_create(every=entry.every, period="seconds")
        elif entry.daily_at:
            hour, minute = entry.daily_at
            crontab, _made = CrontabSchedule.objects.get_or_create(
                hour=str(hour), minute=str(minute), timezone=settings.TIME_ZONE
            )
        PeriodicTask.objects.update_or_create(
            name=entry.name,
            defaults={"task": entry.task, "interval": interval, "crontab": crontab, "queue": entry.queue,
                      "expire_seconds": entry.every},
        )  # fmt: skip

"""Work of cases that the schedule wakes."""

from celery import shared_task

from tickets import assignment, goodwill, hearing, promises, topic_lessons


@shared_task
def remind_of_promises() -> int:
    return promises.remind()


@shared_task
def close_quiet_cases() -> int:
    return hearing.close_quiet()


@shared_task
def pass_on_approvals() -> int:
    return goodwill.pass_on()


@shared_task
def spread_cases() -> int:
    return assignment.drain()


@shared_task
def learn_topics() -> int:
    """How many cases it learned from; none when they are too few."""
    lesson = topic_lessons.learn()
    return lesson.cases if lesson else 0

"""Receiving at the counter: recognised, received, seen off; and a tap on the wrong person taken back."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.actions import tie_to_store
from customers.models import Customer, VisitGrant
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User
from touchpoints.models import Appointment, Visit

TAKE_BACK_MINUTES = 5


@transaction.atomic
def receive(customer: Customer, *, by: User, store: Store, how: str = "", address: str | None = None) -> Visit:
    """Begin (or go on with) the customer's visit to the store; a customer of elsewhere is opened until closing time.

    Raises TransitionRefused when the store is not the receiver's or the customer's record is closed.
    """
    now = timezone.now()
    known = Customer.objects.visible_to(by).filter(pk=customer.pk).exists()
    until = store.closing_time(now, fallback_hour=settings.COUNTER_CLOSES)
    customer.receive(by=by, store=store, until=until, address=address)
    try:
        with transaction.atomic():
            visit = Visit.objects.create(
                customer=customer, store=store, received_by=by, arrived_at=now,
                recognised_by=how if how in Visit.RecognisedBy.values else "",
            )  # fmt: skip
    except IntegrityError:
        # Two taps or two colleagues: the first visit stands.
        return Visit.objects.get(customer=customer, store=store, left_at=None)
    if known:
        # A grant alone must not grow into two years of sight: only who was in scope is tied anew.
        tie_to_store(customer, store, on=timezone.localdate(now))
    customer.record("visit.made", by=by, at=now, channel="store", store=store.pk, visit=visit.pk)
    return visit


@transaction.atomic
def see_off(visit: Visit, *, by: User) -> None:
    """End the visit. Raises TransitionRefused when it has ended."""
    if not Visit.objects.filter(pk=visit.pk, left_at=None).update(left_at=timezone.now()):
        raise TransitionRefused(_("This visit has already ended."))


@transaction.atomic
def take_back(visit: Visit, *, by: User) -> None:
    """The wrong person was tapped: end the visit and its grant, and let the timeline say so.

    Raises TransitionRefused after five minutes, or when the visit has ended.
    """
    recent = timezone.now() - timedelta(minutes=TAKE_BACK_MINUTES)
    mine = Visit.objects.filter(pk=visit.pk, left_at=None, arrived_at__gte=recent)
    if not mine.update(left_at=timezone.now(), mistaken=True):
        raise TransitionRefused(_("This can be taken back within five minutes only."))
    VisitGrant.objects.filter(customer=visit.customer_id, store=visit.store_id, opened_by=by).update(
        until=timezone.now()
    )
    visit.customer.record("visit.mistaken", by=by, channel="store", store=visit.store_id, visit=visit.pk)


def close_visits_left_open(*, older_than: timedelta = timedelta(hours=12)) -> int:
    """End visits that nobody ended; how many."""
    limit = timezone.now() - older_than
    return Visit.objects.filter(left_at=None, arrived_at__lt=limit).update(left_at=timezone.now())


@transaction.atomic
def arrive(appointment: Appointment, *, by: User) -> Visit:
    """Who has an appointment is here: it is kept, and the visit begins.

    Raises TransitionRefused when it is over, or the store is not the receiver's.
    """
    visit = receive(appointment.customer, by=by, store=appointment.store)
    appointment.come(by=by, visit=visit)
    return visit

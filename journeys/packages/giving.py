"""A colleague gives a customer a package, or ends one."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from journeys.models import Arm, HeldPackage, Pilot, PilotMember, ServicePackage
from journeys.models.outlook import WORDS
from journeys.packages.promising import close, promise
from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit


@transaction.atomic
def give(
    customer: Customer, package: ServicePackage, *, by: User | None, why: str, until: datetime | None = None,
    since: datetime | None = None,
) -> HeldPackage:  # fmt: skip
    """By hand, with a reason: no nightly run takes it away. Held by value and need it becomes one by hand.

    Raises TransitionRefused without a reason, for a closed record, a package out of use, one held by hand already,
    or for the control group of a pilot of this package.
    """
    why = " ".join(why.split())[:WORDS]
    if not why:
        raise TransitionRefused(_("Say in a few words why."))
    held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if held.merged_into_id or held.erased_at:
        raise TransitionRefused(_("This customer's record is closed."))
    if until is not None and until <= timezone.now():
        raise TransitionRefused(_("Choose a day from tomorrow on."))
    live = ServicePackage.objects.select_for_update(no_key=True).filter(pk=package.pk)
    running = live.filter(state=ServicePackage.State.LIVE).first()
    version = running.running if running else None
    if running is None or version is None:
        raise TransitionRefused(_("This package is not in use."))
    tried = [Pilot.State.RUNNING, Pilot.State.GATED]
    waits = PilotMember.objects.filter(customer=held, arm=Arm.CONTROL, pilot__package=running, pilot__state__in=tried)
    if waits.exists():
        raise TransitionRefused(_("This customer is in the control group of a pilot of this package until it is over."))
    row = HeldPackage.objects.standing().select_for_update().filter(customer=held, package=running).first()
    if row is not None and row.source == HeldPackage.Source.HAND:
        raise TransitionRefused(_("This customer has the package already."))
    if row is not None:
        row.source, row.why, row.by, row.until = HeldPackage.Source.HAND, why, by, until
        row.save(update_fields=["source", "why", "by", "until"])
        if until is not None:
            close([row.pk])
            promise([row.pk])
    else:
        row = HeldPackage.objects.create(
            customer=held, package=running, version=version, source=HeldPackage.Source.HAND, why=why, by=by,
            until=until, since=since or timezone.now(),
        )  # fmt: skip
        promise([row.pk])
    held.record("package.given", by=by, at=since, name=running.name, why=why)
    if by is not None:
        audit("package.given", by=by, of=held, package=running.code)
    return row


@transaction.atomic
def end(row: HeldPackage, *, by: User) -> None:
    """It ends now, its promises with it. Raises TransitionRefused the second time."""
    if not HeldPackage.objects.standing().filter(pk=row.pk).update(ended_at=timezone.now(), ended_by=by):
        raise TransitionRefused(_("This package has ended."))
    close([row.pk])
    row.customer.record("package.ended", by=by, name=row.package.name)
    audit("package.ended", by=by, of=row.customer, package=row.package.code)

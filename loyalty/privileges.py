"""What a level brings, so many times a year: what is left of it, and each use."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from loyalty.levels import standing_of
from loyalty.models import Level, Privilege, PrivilegeUse
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, User


@dataclass(frozen=True)
class PrivilegeLeft:
    """A privilege of somebody's level: how often it was used this year and how often is left (None: without limit)."""

    privilege: Privilege
    used: int

    @property
    def left(self) -> int | None:
        return None if self.privilege.quota is None else max(0, self.privilege.quota - self.used)


def privileges_of(customer: Customer, level: Level | None) -> list[PrivilegeLeft]:
    if level is None:
        return []
    uses = PrivilegeUse.objects.filter(
        customer=customer, code=OuterRef("code"), year=timezone.localdate().year, undone_at=None
    )
    counted = uses.order_by().values("code").annotate(n=Count("pk")).values("n")
    rows = level.privileges.annotate(used=Coalesce(Subquery(counted), 0))
    return [PrivilegeLeft(each, each.used) for each in rows]


@transaction.atomic
def use_privilege(customer: Customer, code: str, *, by: User, store: Store | None) -> PrivilegeUse:
    """Use a privilege of the customer's level once. Raises TransitionRefused when it is used up or not theirs."""
    holder, joined = Customer.objects.holder_of(customer.pk)
    person = Customer.objects.get(pk=holder)
    standing = standing_of(person)
    mine = next((each for each in privileges_of(person, standing.level) if each.privilege.code == code), None)
    if mine is None:
        raise TransitionRefused(_("This level does not bring it."))
    if mine.left == 0:
        raise TransitionRefused(_("Used up for this year: %(quota)s of %(quota)s.") % {"quota": mine.privilege.quota})
    try:
        with transaction.atomic():
            use = PrivilegeUse.objects.create(
                customer=person, record=joined or holder, code=code, year=timezone.localdate().year,
                nth=mine.used + 1, by=by, store=store,
            )  # fmt: skip
    except IntegrityError:
        raise TransitionRefused(_("Somebody has just used it: look again.")) from None
    person.record("privilege.used", by=by, store=store.pk if store else None, name=dict(mine.privilege.name),
                  nth=use.nth)  # fmt: skip
    return use


@transaction.atomic
def undo_privilege(use: PrivilegeUse, *, by: User) -> None:
    if not PrivilegeUse.objects.filter(pk=use.pk, undone_at=None).update(undone_at=timezone.now()):
        raise TransitionRefused(_("This was taken back already."))

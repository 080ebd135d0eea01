"""What can be booked in the stores, who is expected at T, and a short line at West Lake."""

import uuid
from datetime import datetime, timedelta

from django.db.models import F

from customers.models import Customer
from staff.models import Store, User
from touchpoints.models import Appointment, AppointmentKind, Capacity, QueueTicket, Slot

# For how many at once, by kind of store: trial, private viewing, VIP room, at the door.
AT_ONCE = {
    "flagship": {"trial": 4, "viewing": 1, "lounge": 1, "doorstep": 2},
    "hall": {"trial": 2, "viewing": 2, "doorstep": 2},
    "full": {"trial": 2, "doorstep": 1},
}
EXPECTED = ("20419010", timedelta(minutes=68), "2 号试衣间，稳护跑鞋、轻羽跑鞋各一双 39 码")
KEY = uuid.uuid5(uuid.NAMESPACE_URL, "cast-appointment-20419010")


def plant_places() -> None:
    """Which store offers what."""
    kinds = {kind.code: kind for kind in AppointmentKind.objects.all()}
    Capacity.objects.bulk_create([
        Capacity(store=store, kind=kinds[code], at_once=number)
        for store in Store.objects.order_by("pk")
        for code, number in AT_ONCE.get(store.kind, {}).items()
        if code in kinds
    ], ignore_conflicts=True)  # fmt: skip


def freshen(moment: datetime) -> None:
    """One appointment an hour ahead; the former one goes, or becomes history where somebody worked on it."""
    number, ahead, prepare = EXPECTED
    store, kind = Store.objects.get(code="HZ01"), AppointmentKind.objects.filter(code="trial").first()
    if kind is None:
        return
    former = Appointment.objects.filter(key=KEY)
    for one in former.filter(state=Appointment.State.BOOKED):
        Slot.objects.filter(pk=one.slot_id, taken__gt=0).update(taken=F("taken") - 1)
        one.delete()
    for one in former:
        Appointment.objects.filter(pk=one.pk).update(key=uuid.uuid4())
    customer = Customer.objects.get(number=number)
    starts = (moment + ahead).replace(second=0, microsecond=0)
    slot, _made = Slot.objects.get_or_create(
        store=store, kind=kind, starts_at=starts, defaults={"capacity": AT_ONCE["flagship"]["trial"]}
    )
    slot.take_place()
    Appointment.objects.create(
        customer=customer, slot=slot, store=store, kind=kind, starts_at=starts, prepare=prepare, key=KEY,
        made_by=User.objects.get(username="yue.wu"), made_at=moment - timedelta(days=2),
    )  # fmt: skip
    if not QueueTicket.objects.filter(store=store, day=moment.date()).exists():
        for _number in range(2):
            QueueTicket.take(store, by=None, key=uuid.uuid4())

"""Writing across customers, identities and keys."""

from datetime import date, datetime

from django.db import IntegrityError, connection, transaction

from customers.models import Customer, DataKey, Identity
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store


@transaction.atomic
def add_identity(
    customer: Customer, *, kind: str, value: str, source: str = "", verified_at: datetime | None = None,
    shared: bool = False,
) -> Identity | None:  # fmt: skip
    """Give the customer one more identity.

    None for a blocked value (000…, null). Raises TransitionRefused when another customer holds it.
    """
    tidy = Identity.tidy(kind, value)
    if not tidy:
        return None
    found = Identity.objects.holding(kind, tidy).first()
    if found is None:
        identity = Identity.of(
            customer, kind=kind, value=tidy, key=DataKey.of(customer), source=source, verified_at=verified_at,
            shared=shared,
        )  # fmt: skip
        try:
            with transaction.atomic():
                identity.save()
                return identity
        except IntegrityError:
            found = Identity.objects.holding(kind, tidy).get()
    if found.customer_id != customer.pk:
        raise TransitionRefused(f"This {found.get_kind_display()} belongs to another customer.")
    return found


def tie_to_store(customer: Customer, store: Store, *, on: date) -> None:
    """Note that the customer bought at or visited the store; an older day never replaces a newer one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into customers_storetie (customer_id, store_id, last_on) values (%s, %s, %s)
               on conflict (customer_id, store_id) do update set last_on = excluded.last_on
               where customers_storetie.last_on < excluded.last_on""",
            [customer.pk, store.pk, on],
        )

"""Writing across customers, identities and keys."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import IntegrityError, connection, transaction

from customers.models import Customer, DataKey, Identity, SourceKey
from customers.models.event import source_mark
from scrm.kernel import sealed
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import named_at_last
from staff.models import Store


@transaction.atomic
def add_identity(
    customer: Customer, *, kind: str, value: str, source: str = "", verified_at: datetime | None = None,
    shared: bool = False,
) -> Identity | None:  # fmt: skip
    """Give the customer one more identity.

    None for a blocked value (000…, null). Raises TransitionRefused when another customer holds it, or for somebody
    who was erased.
    """
    if customer.erased_at:
        raise TransitionRefused("This record is closed.")
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
                for bring_home in named_at_last.all():
                    bring_home(identity)
                return identity
        except IntegrityError:
            found = Identity.objects.holding(kind, tidy).get()
    if found.customer_id != customer.pk:
        raise TransitionRefused(f"This {found.get_kind_display()} belongs to another customer.")
    return found


def holder_named(kind: str, value: str) -> tuple[int, int | None, int | None] | None:
    """Who is meant by a strong identity or a member number: (who holds the record now, the record meant when it is
    joined to that one, the identity), or None for nobody."""
    if identity := Identity.objects.naming(kind, value).select_related("key").first():
        holder, _record = Customer.objects.holder_of(identity.customer_id)
        home = identity.key.customer_id
        return holder, home if home != holder else None, identity.pk
    if kind == "member_no" and (found := Customer.objects.filter(number=value, erased_at=None).first()):
        return *Customer.objects.holder_of(found.pk), None
    return None


@dataclass(frozen=True)
class Brought:
    """A person as a machine tells of them; empty means not said."""

    source_ref: str
    family_name: str = ""
    given_name: str = ""
    display_name: str = ""
    birthday: tuple[int | None, int, int] | None = None
    locale: str = ""
    home_store: Store | None = None
    identities: list[tuple[str, str]] = field(default_factory=list)


@transaction.atomic
def bring_customer(told: Brought, *, source: str) -> tuple[Customer, str]:
    """Take in one person once by (source, source_ref): who holds the record now, and what became of it.

    "created", "joined" (to somebody who holds a strong identity of theirs), "updated" or "unchanged". Of a record
    that is here only what was blank is filled in. Raises TransitionRefused for an erased one.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 3))", [f"{source} {told.source_ref}"])
    refs = [told.source_ref, source_mark(source, told.source_ref)]  # the second when the person was erased
    known = SourceKey.objects.filter(source=source, kind="customers", source_ref__in=refs).first()
    if known is None:
        customer, state = _created(told), "created"
        SourceKey.objects.create(source=source, kind="customers", source_ref=told.source_ref, object_id=customer.pk)
        customer.record("customer.joined", store=customer.home_store_id, source=source)
    else:
        customer = Customer.objects.get(pk=Customer.objects.holder_of(known.object_id)[0])
        if customer.erased_at:
            raise TransitionRefused("This record is closed.")
        state = "updated" if _filled(customer, told) else "unchanged"
    gained, claims = _identified(customer, told.identities, source=source)
    if gained and state == "unchanged":
        state = "updated"
    if claims:
        from customers.resolution.intake import meet_all  # with it come numpy and the string distances

        meet_all(claims)
        holder = Customer.objects.holder_of(customer.pk)[0]
        if holder != customer.pk:
            return Customer.objects.get(pk=holder), "joined"
    return customer, state


def _created(told: Brought) -> Customer:
    family, given = told.family_name, told.given_name
    name = told.display_name or (f"{given} {family}".strip() if (family + given).isascii() else family + given)
    year, month, day = told.birthday or (None, None, None)
    strong = any(kind in Identity.STRONG for kind, _value in told.identities)
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence('customers_customer', 'id'))")
        pk = cursor.fetchone()[0]
    number = f"C{pk:08}"
    return Customer.objects.create(
        pk=pk, number=number, family_name=family, given_name=given, display_name=name or number,
        birth_year=year, birth_month=month, birth_day=day, locale=told.locale or "zh-hans",
        home_store=told.home_store, provisional=not (name or strong),
    )  # fmt: skip


def _filled(customer: Customer, told: Brought) -> bool:
    year, month, day = told.birthday or (None, None, None)
    said: dict[str, object] = {
        "family_name": told.family_name,
        "given_name": told.given_name,
        "home_store": told.home_store,
    }
    if customer.birth_month is None:
        said |= {"birth_year": year, "birth_month": month, "birth_day": day}
    changed = [name for name, value in said.items() if value and not getattr(customer, name)]
    if customer.display_name == customer.number and (name := told.display_name or told.family_name + told.given_name):
        customer.display_name, customer.provisional = name, False
        changed += ["display_name", "provisional"]
    for name in changed:
        if name in said:
            setattr(customer, name, said[name])
    if changed:
        customer.save(update_fields=changed)
    return bool(changed)


def _identified(
    customer: Customer, identities: list[tuple[str, str]], *, source: str
) -> tuple[bool, list[tuple[int, str, int]]]:
    """Whether something was new, and what others hold: (the customer, kind, holder), kept beside as claims."""
    gained, claims = False, []
    for kind, value in identities:
        tidy = Identity.tidy(kind, value)
        if not tidy:
            continue
        if customer.identities.filter(kind=kind, blind_index__in=sealed.blind_indexes(kind, tidy)).exists():
            continue
        gained = True
        try:
            add_identity(customer, kind=kind, value=tidy, source=source)
        except TransitionRefused:
            claim = Identity.of(customer, kind=kind, value=tidy, key=DataKey.of(customer), source=source)
            claim.active = False
            claim.save()
            holder = Identity.objects.holding(kind, tidy).values_list("customer_id", flat=True).first()
            if holder is not None:
                claims.append((customer.pk, kind, holder))
    return gained, claims


def tie_to_store(customer: Customer, store: Store, *, on: date) -> None:
    """Note that the customer bought at or visited the store; an older day never replaces a newer one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """insert into customers_storetie (customer_id, store_id, last_on) values (%s, %s, %s)
               on conflict (customer_id, store_id) do update set last_on = excluded.last_on
               where customers_storetie.last_on < excluded.last_on""",
            [customer.pk, store.pk, on],
        )

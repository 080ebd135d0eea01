"""Reading households and companies: who belongs, what they are worth together."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils import timezone

from customers.models import Company, Customer, Household, HouseholdMember, KeyPerson
from customers.models.circle import KEY_ACCOUNT
from scrm.kernel.registry import spending
from staff.models import User


@dataclass
class Circle:
    """People of one household or company: those the reader may see, and how many more there are."""

    of: Household | Company
    rows: list[HouseholdMember] | list[KeyPerson]
    hidden: int = 0


@dataclass
class CompanyPicture:
    """A company with its people, what each and all spent in the last 365 days, and whether that makes a key account."""

    company: Company
    rows: list[tuple[KeyPerson, int]]
    hidden: int
    value: int
    since: date
    anniversary: tuple[date, int] | None
    parts: dict[str, int] = field(default_factory=dict)

    @property
    def is_key_account(self) -> bool:
        return self.value > KEY_ACCOUNT

    @property
    def threshold(self) -> int:
        return KEY_ACCOUNT


def households_of(user: User, customer: Customer) -> list[Circle]:
    """The customer's households of today with the other members."""
    ids = HouseholdMember.objects.filter(customer=customer, until=None).values("household")
    members = HouseholdMember.objects.filter(household__in=ids, until=None).select_related("household", "customer")
    return _circles(user, [(row.household, row) for row in members.order_by("household", "pk")])


def companies_of(user: User, customer: Customer) -> list[Circle]:
    """The companies the customer is somebody to, with all people of each."""
    ids = KeyPerson.objects.filter(customer=customer, until=None).values("company")
    people = KeyPerson.objects.filter(company__in=ids, until=None).select_related("company", "customer")
    return _circles(user, [(row.company, row) for row in people.order_by("company", "pk")])


def picture_of(user: User, company: Company) -> CompanyPicture:
    """Everything on a company's page. The value counts everybody, also those the reader may not see by name."""
    people = list(KeyPerson.objects.filter(company=company, until=None).select_related("customer").order_by("pk"))
    today = timezone.localdate()
    since = today - timedelta(days=365)
    ids = sorted({row.customer_id for row in people})
    spent: dict[int, int] = {}
    for each in spending.all():
        spent |= each(ids, since, today)
    seen = _seen(user, ids)
    parts: dict[str, int] = {}
    for row in people:
        parts[row.get_part_display()] = parts.get(row.get_part_display(), 0) + 1
    return CompanyPicture(
        company, [(row, spent.get(row.customer_id, 0)) for row in people if row.customer_id in seen],
        len({row.customer_id for row in people} - seen), sum(spent.values()), since, company.anniversary(today), parts,
    )  # fmt: skip


def _circles(user: User, rows: list[tuple[Household | Company, HouseholdMember | KeyPerson]]) -> list[Circle]:
    seen = _seen(user, sorted({row.customer_id for _of, row in rows}))
    circles: dict[int, Circle] = {}
    for of, row in rows:
        circle = circles.setdefault(of.pk, Circle(of, []))
        if row.customer_id in seen:
            circle.rows.append(row)  # type: ignore[arg-type]
        else:
            circle.hidden += 1
    return list(circles.values())


def _seen(user: User, ids: list[int]) -> set[int]:
    return set(Customer.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()

"""Who belongs to whom: households and companies, and the part each person plays in what is bought."""

from datetime import date
from typing import Any, Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from scrm.kernel.refusals import TransitionRefused
from staff.models import User

KEY_ACCOUNT = 100_000_00  # minor units of the base currency within a year


class Part(models.TextChoices):
    """What somebody is to a purchase."""

    BUYER = "buyer", _("Buyer")
    USER = "user", _("User")
    PAYER = "payer", _("Payer")
    GIFTER = "gifter", _("Gives presents")
    DECIDER = "decider", _("Decides")


class HouseholdQuerySet(models.QuerySet["Household"]):
    def visible_to(self, user: User) -> Self:
        """Households with a member of today whom the reader may see."""
        seen = Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))
        members = HouseholdMember.objects.filter(Exists(seen), household=OuterRef("pk"), until=None)
        return self.filter(Exists(members))


class Household(models.Model):
    """People who live together. They stay several customers; a shared phone joins nobody."""

    name = models.CharField(_("name"), max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("household"), _("households")

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def take_in(
        self, customer: Customer, *, part: str, relation: str = "", by: User | None = None
    ) -> "HouseholdMember":
        """Make the customer a member. Raises TransitionRefused for one who is a member of this household already."""
        _standing(customer)
        member, made = HouseholdMember.objects.get_or_create(
            household=self, customer=customer, until=None, defaults={"part": part, "relation": relation}
        )
        if not made:
            raise TransitionRefused(_("This customer is a member already."))
        customer.record("circle.joined", by=by, household=self.pk)
        return member


class HouseholdMember(models.Model):
    """One person in one household from a day on; leaving ends the row."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="members")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="household_members")
    part = models.CharField(max_length=7, choices=Part, default=Part.USER)
    relation = models.CharField(_("relation"), max_length=40, blank=True)
    since = models.DateField(default=timezone.localdate)
    until = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("household member"), _("household members")
        constraints = [
            models.UniqueConstraint(fields=["household", "customer"], condition=Q(until=None), name="member_once")
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.household_id}"

    def leave(self, *, by: User) -> None:
        """End it today. Raises TransitionRefused when it has ended."""
        _end(self, by=by, household=self.household_id)


class CompanyQuerySet(models.QuerySet["Company"]):
    def visible_to(self, user: User) -> Self:
        """Companies of one's own, or with a person of today whom the reader may see."""
        if user.sees_whole_brand and user.may("customer.read"):
            return self
        seen = Customer.objects.visible_to(user).filter(pk=OuterRef("customer"))
        people = KeyPerson.objects.filter(Exists(seen), company=OuterRef("pk"), until=None)
        return self.filter(Q(advisor=user) | Exists(people))


class Company(models.Model):
    """A business customer: its people and what they are to it; its value is that of its people together."""

    name = models.CharField(_("name"), max_length=200)
    industry = models.CharField(_("trade"), max_length=80, blank=True)
    since = models.DateField(_("working together since"), null=True, blank=True)
    advisor = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="companies", verbose_name=_("advisor")
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("company"), _("companies")
        indexes = [models.Index(fields=["name"], name="company_name")]

    def __str__(self) -> str:
        return self.name

    @transaction.atomic
    def name_person(self, customer: Customer, *, part: str, title: str = "", by: User | None = None) -> "KeyPerson":
        """Say what the customer is to the company. Raises TransitionRefused when that is said already."""
        _standing(customer)
        person, made = KeyPerson.objects.get_or_create(
            company=self, customer=customer, part=part, until=None, defaults={"title": title}
        )
        if not made:
            raise TransitionRefused(_("This is noted already."))
        customer.record("circle.joined", by=by, company=self.pk, part=part)
        return person

    def anniversary(self, today: date) -> tuple[date, int] | None:
        """The next day of working together and its number of years; None when the beginning is not known."""
        if self.since is None:
            return None
        year = today.year if (self.since.month, self.since.day) >= (today.month, today.day) else today.year + 1
        try:
            return self.since.replace(year=year), year - self.since.year
        except ValueError:  # the 29th of February
            return date(year, 2, 28), year - self.since.year


class KeyPerson(models.Model):
    """What one person is to a company, from a day on."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="people")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="company_parts")
    part = models.CharField(max_length=7, choices=Part, default=Part.BUYER)
    title = models.CharField(_("title"), max_length=60, blank=True)
    since = models.DateField(default=timezone.localdate)
    until = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("key person"), _("key persons")
        constraints = [
            models.UniqueConstraint(
                fields=["company", "customer", "part"], condition=Q(until=None), name="key_person_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.part} of {self.company_id}"

    def leave(self, *, by: User) -> None:
        """End it today. Raises TransitionRefused when it has ended."""
        _end(self, by=by, company=self.company_id, part=self.part)


def _standing(customer: Customer) -> None:
    if customer.merged_into_id or customer.erased_at:
        raise TransitionRefused(_("This customer's record is closed."))


@transaction.atomic
def _end(row: HouseholdMember | KeyPerson, *, by: User, **details: Any) -> None:
    if not type(row).objects.filter(pk=row.pk, until=None).update(until=timezone.localdate()):
        raise TransitionRefused(_("This has ended already."))
    row.customer.record("circle.left", by=by, **details)

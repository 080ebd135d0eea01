"""A person who works here: what they may do follows from their memberships of today."""

from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from scrm.kernel.words import WordsField
from staff.models.place import Region, Store, Team


class Role(models.TextChoices):
    ASSOCIATE = "associate", _("Store associate")
    ADVISOR = "advisor", _("VIP advisor")
    AGENT = "agent", _("Service agent")
    LEAD = "lead", _("Team lead")
    OPERATOR = "operator", _("Operator")
    AUDITOR = "auditor", _("Auditor")


class User(AbstractUser):
    """Somebody who signs in. Disabling is `is_active`; nobody is ever deleted."""

    full_name = WordsField(blank=True)
    language = models.CharField(max_length=8, default="zh-hans")
    zone = models.CharField(max_length=40, default="Asia/Shanghai")
    wants_shortcuts = models.BooleanField(default=True)

    class Meta:
        verbose_name, verbose_name_plural = _("colleague"), _("colleagues")
        ordering = ["username"]

    def __str__(self) -> str:
        return str(self.full_name) or self.get_full_name() or self.username

    @cached_property
    def current_memberships(self) -> list["Membership"]:
        return list(
            Membership.objects.current()
            .filter(user=self)
            .select_related("team")
            .only("role", "store_id", "region_id", "team_id", "team__store_id", "team__region_id")
        )

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(membership.role for membership in self.current_memberships)

    @property
    def main_role(self) -> str | None:
        """The role whose home `/` opens: the widest one held."""
        order = [Role.OPERATOR, Role.LEAD, Role.ADVISOR, Role.AGENT, Role.ASSOCIATE, Role.AUDITOR]
        return next((role for role in order if role in self.roles), None)

    @cached_property
    def sees_whole_brand(self) -> bool:
        """Whether a role held without any place (head office) opens every store."""
        return any(membership.is_for_whole_brand for membership in self.current_memberships)

    @cached_property
    def store_ids(self) -> list[int]:
        """The stores of today's memberships, read once per request; empty for the whole brand (see above)."""
        stores: set[int | None] = set()
        regions: set[int | None] = set()
        for membership in self.current_memberships:
            for place in (membership, membership.team):
                if place is not None:
                    stores.add(place.store_id)
                    regions.add(place.region_id)
        served = [pk for pk in regions if pk is not None]
        if served:
            stores |= set(Store.objects.filter(region__in=served).values_list("pk", flat=True))
        return sorted(pk for pk in stores if pk is not None)

    @cached_property
    def team_ids(self) -> list[int]:
        return sorted({membership.team_id for membership in self.current_memberships if membership.team_id})

    @cached_property
    def counter_store(self) -> Store | None:
        """The store this person stands in, when there is exactly one such membership first."""
        ids = [m.store_id for m in self.current_memberships if m.store_id] or [
            m.team.store_id for m in self.current_memberships if m.team and m.team.store_id
        ]
        return Store.objects.select_related("calendar").filter(pk=ids[0]).first() if ids else None

    def may(self, permission: str) -> bool:
        """Whether a role of today holds the permission; one's own page is everybody's, also between two posts."""
        from staff.permissions import roles_with

        if not self.is_active:
            return False
        return permission == "self.manage" or not self.roles.isdisjoint(roles_with(permission))

    # The admin asks in Django's words; the answer is our one table.
    @property
    def is_staff(self) -> bool:  # type: ignore[override]
        return self.is_active and (self.may("setup.read"))

    @is_staff.setter
    def is_staff(self, value: bool) -> None:
        """Ignored: roles decide."""

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff

    def has_perm(self, perm: str, obj: object = None) -> bool:
        action = perm.split(".")[-1].split("_")[0]
        return self.may("setup.read" if action == "view" else "setup.change")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> "MembershipQuerySet":
        today = timezone.localdate()
        return self.filter(starts_on__lte=today).filter(Q(ends_on=None) | Q(ends_on__gte=today))


class Membership(models.Model):
    """A role held at one place between two days; no place at all means head office."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    store = models.ForeignKey(Store, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships")
    region = models.ForeignKey(Region, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships")
    starts_on = models.DateField(default=timezone.localdate)
    ends_on = models.DateField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("membership"), _("memberships")
        ordering = ["user", "starts_on"]
        indexes = [models.Index(fields=["user", "starts_on"], name="membership_user")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=models.F("starts_on")), name="membership_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(store=None, region=None) | Q(store=None, team=None) | Q(region=None, team=None),
                name="membership_at_most_one_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"

    @property
    def is_for_whole_brand(self) -> bool:
        if self.store_id or self.region_id:
            return False
        return self.team is None or not (self.team.store_id or self.team.region_id)


class Absence(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    starts_on = models.DateField()
    ends_on = models.DateField()
    reason = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("absence"), _("absences")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("starts_on")), name="absence_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.starts_on}–{self.ends_on}"

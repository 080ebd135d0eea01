"""What people lay ready for their work on cases: for themselves, for their team, for everybody."""

from typing import Any, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Case, Q, Value, When
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scrm.kernel.refusals import TransitionRefused
from staff.models import Role, Team, User

MOST = 30  # of one person and kind
NAME = 60


class Scope(models.TextChoices):
    ME = "me", _("for me")
    TEAM = "team", _("for a team")
    ALL = "all", _("for everybody")


def teams_of(user: User) -> models.QuerySet[Team]:
    """The teams a person works in, and as a lead those of their stores."""
    where = Q(pk__in=user.team_ids)
    if Role.LEAD in user.roles:
        where |= Q(store__in=user.store_ids)
    return Team.objects.filter(where)


class ToolQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """One's own, one's teams', everybody's; not what was removed."""
        if not user.may("cases.read"):
            return self.none()
        teams = teams_of(user).values("pk")
        mine = Q(scope=Scope.ME, owner=user) | Q(scope=Scope.TEAM, team__in=teams) | Q(scope=Scope.ALL)
        return self.filter(mine, removed_at=None)

    def kept_by(self, user: User) -> Self:
        """Those a person may change, remove and bring back: one's own, as a lead the teams', at head office all."""
        if not user.may("cases.read"):
            return self.none()
        own = Q(owner=user)
        if Role.LEAD in user.roles:
            own |= Q(scope=Scope.TEAM, team__in=teams_of(user).values("pk"))
        if user.may("cases.share") and user.sees_whole_brand:
            own |= Q(scope=Scope.ALL)
        return self.filter(own)

    def own_first(self) -> Self:
        nearness = Case(When(scope=Scope.ME, then=Value(0)), When(scope=Scope.TEAM, then=Value(1)), default=Value(2))
        return self.order_by(nearness, "place", "pk")


class Tool(models.Model):
    """One of them, by a name that is its own among the owner's, the team's, or everybody's."""

    name = models.CharField(max_length=NAME)
    scope = models.CharField(max_length=4, choices=Scope, default=Scope.ME)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True)

    objects = ToolQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                Lower("name"), "owner", condition=Q(scope="me", removed_at=None), name="%(class)s_own_name"
            ),
            models.UniqueConstraint(
                Lower("name"), "team", condition=Q(scope="team", removed_at=None), name="%(class)s_team_name"
            ),
            models.UniqueConstraint(
                Lower("name"), condition=Q(scope="all", removed_at=None), name="%(class)s_common_name"
            ),
            models.CheckConstraint(
                condition=Q(scope="team", team__isnull=False) | (~Q(scope="team") & Q(team=None)),
                name="%(class)s_team_if_of_one",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="%(class)s_has_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    @transaction.atomic
    def keep_new(cls, name: str, *, by: User, scope: str = Scope.ME, team: Team | None = None, **what: Any) -> Self:
        """A new one. Raises TransitionRefused: not one's to share, too many, a name that is taken."""
        _refuse_scope(by, scope, team)
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        if cls._default_manager.filter(owner=by, removed_at=None).count() >= MOST:
            raise TransitionRefused(gettext("You have %(n)s already: remove one first.") % {"n": MOST})
        made = cls(name=_plain(name), owner=by, scope=scope, team=team, **what)
        made.place = made._beside().count()
        made._write(force_insert=True)
        return made

    @transaction.atomic
    def rename(self, name: str, *, by: User) -> None:
        """Raises TransitionRefused for a name that is taken, or when it was removed meanwhile."""
        self._hold(removed=False)
        self.name = _plain(name)
        self._write(update_fields=["name"])

    @transaction.atomic
    def remove(self, *, by: User) -> None:
        """Out of every list; `restore` brings it back. Of two clicks one counts."""
        if not type(self)._default_manager.filter(pk=self.pk, removed_at=None).update(removed_at=timezone.now()):
            raise TransitionRefused(gettext("It was removed already."))

    @transaction.atomic
    def restore(self, *, by: User) -> None:
        """Raises TransitionRefused when its name was given to another meanwhile, or when it stands there."""
        self._hold(removed=True)
        User.objects.select_for_update(no_key=True).get(pk=self.owner_id)
        if type(self)._default_manager.filter(owner=self.owner_id, removed_at=None).count() >= MOST:
            raise TransitionRefused(gettext("You have %(n)s already: remove one first.") % {"n": MOST})
        self.removed_at = None
        self._write(update_fields=["removed_at"])

    @transaction.atomic
    def shift(self, steps: int, *, by: User) -> None:
        """Up (−1) or down (1) among those beside it; at the end of the list it stays."""
        row = list(self._beside().select_for_update(no_key=True).order_by("place", "pk"))
        here = next((place for place, one in enumerate(row) if one.pk == self.pk), None)
        if here is None:
            raise TransitionRefused(gettext("It was removed already."))
        row.insert(max(0, min(len(row) - 1, here + steps)), row.pop(here))
        for place, one in enumerate(row):
            one.place = place
        type(self)._default_manager.bulk_update(row, ["place"])

    def may_be_kept_by(self, user: User) -> bool:
        return type(self)._default_manager.kept_by(user).filter(pk=self.pk).exists()

    def _beside(self) -> models.QuerySet[Any]:
        rows = type(self)._default_manager.filter(scope=self.scope, removed_at=None)
        return rows.filter(owner=self.owner) if self.scope == Scope.ME else rows.filter(team=self.team)

    def _hold(self, *, removed: bool) -> None:
        rows = type(self)._default_manager.select_for_update(no_key=True, of=("self",))
        if not rows.filter(pk=self.pk, removed_at__isnull=not removed).exists():
            raise TransitionRefused(
                gettext("It stands there again.") if removed else gettext("It was removed already.")
            )

    def _write(self, **how: Any) -> None:
        try:
            with transaction.atomic():
                self.save(**how)
        except IntegrityError:
            raise TransitionRefused(gettext("There is one of this name already: choose another.")) from None


def _refuse_scope(by: User, scope: str, team: Team | None) -> None:
    if scope == Scope.ALL and not by.may("cases.share"):
        raise TransitionRefused(gettext("Leads and head office lay things ready for everybody."))
    if scope == Scope.TEAM and not (
        team is not None and by.may("cases.work") and teams_of(by).filter(pk=team.pk).exists()
    ):
        raise TransitionRefused(gettext("Choose a team you work in or lead."))


def _plain(name: str) -> str:
    name = " ".join(name.split())[:NAME]
    if not name:
        raise TransitionRefused(gettext("Give it a name."))
    return name

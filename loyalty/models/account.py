"""A points account and its verbs: each one transaction under the account's lock, each one line of the ledger."""

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Self

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, Event
from loyalty.models.ledger import PointsEntry, PointsLot
from loyalty.models.posting import Line, NewLot, Use, post, take
from loyalty.models.programme import MAIN, Programme
from scrm.kernel.parsing import canonical
from scrm.kernel.refusals import TransitionRefused
from staff.models import User

HOUSE = "house"
Kind, Reason = PointsEntry.Kind, PointsEntry.Reason


class OtherPayload(TransitionRefused):
    """The same key came before with another content."""


class PointsAccountQuerySet(models.QuerySet["PointsAccount"]):
    def of(self, customer: Customer, programme: Programme | None = None) -> "PointsAccount":
        """The account that holds what is brought to this customer now, opened at the first need.

        Inside a transaction it also keeps a merge of the two records waiting. `record` of the account says which
        record the caller meant.
        """
        programme = programme or Programme.objects.main()
        if not connection.in_atomic_block:
            # Nothing would be kept waiting: the verb itself locks, and follows a merge that came meanwhile.
            standing = PointsAccount.objects.filter(programme=programme, customer__merged_into=None)
            if (own := standing.filter(customer=customer.pk).first()) is not None:
                own.record, own.programme = customer.pk, programme
                return own
        with transaction.atomic():
            holder, joined = Customer.objects.holder_of(customer.pk)
            known = PointsAccount.objects.filter(customer=holder, programme=programme).first()
            account = known or PointsAccount.objects.get_or_create(customer_id=holder, programme=programme)[0]
        account.record = joined or holder
        account.programme = programme
        return account

    def shown_of(self, customer: Customer) -> "PointsAccount":
        """The account of a standing record to look at: nothing is locked, and nothing written when there is none."""
        rows = PointsAccount.objects.select_related("programme").filter(customer=customer, programme__code=MAIN)
        account = rows.first() or PointsAccount(programme=Programme.objects.main())
        account.customer = customer
        return account


class PointsAccount(models.Model):
    """What one record holds in one programme. `available` are open lots, `pending` those that do not count yet.

    Debt is a refund of points already spent; the next points that count repay it. The account stays with its
    record when records are joined: the points go by entries.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="points_accounts", db_index=False)
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+", db_index=False)
    available = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    opened_at = models.DateTimeField(default=timezone.now)

    objects = PointsAccountQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("points account"), gettext_lazy("points accounts")
        constraints = [
            models.UniqueConstraint(fields=["customer", "programme"], name="points_account_once"),
            models.CheckConstraint(condition=Q(available__gte=0), name="points_available_not_negative"),
            models.CheckConstraint(condition=Q(pending__gte=0), name="points_pending_not_negative"),
            models.CheckConstraint(condition=Q(debt__gte=0), name="points_debt_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.available}"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record: int | None = None
        self.person: Customer | None = None  # whose it is, as little of it as a line of the timeline needs

    @property
    def balance(self) -> int:
        return self.available + self.pending - self.debt

    def usable(self, at: datetime | None = None) -> int:
        """Points that can be spent at a moment: what has ended does not count, however late the nightly work is."""
        return self._open(at or timezone.now()).aggregate(points=Sum("remaining"))["points"] or 0

    # Verbs. `key` is unique per source: a repeat with the same content gives the first line, with another one refuses.

    @transaction.atomic
    def earn(
        self, points: int, *, reason: str, source: str, key: str, by: User | None = None, at: datetime | None = None,
        pending_days: int = 0, source_ref: str = "", rule: Any = None, qualifying: int = 0,
        explanation: dict[str, Any] | None = None, store: int | None = None, tells: bool = True,
    ) -> PointsEntry:  # fmt: skip
        """Points that count after `pending_days`; 0 points write down why there are none. Raises OtherPayload."""
        at = at or timezone.now()
        digest = self._digest("earn", points, reason, source_ref, qualifying)
        self._lock()
        if (before := self._before(source, key, digest)) is not None:
            return before
        if points < 0:
            raise TransitionRefused(_("Give a whole number of points above zero."))
        counts = at + timedelta(days=pending_days)
        pending = counts > timezone.now()
        lot = NewLot(points, counts, self.programme.lot_ends(counts), self._record, pending=pending)
        entry = self._post(Line(
            Kind.EARN, reason, self._record, at, source, key, qualifying=qualifying, source_ref=source_ref,
            digest=digest, rule=rule.pk if rule else None, explanation=explanation or {},
            actor=by.pk if by else None, store=store, lots=[lot] if points else [],
        ))  # fmt: skip
        if not pending:
            self._repay(entry)
        if tells and points:
            self._tell("points.earned", entry, by=by, until=counts.isoformat() if pending else "")
        return entry

    @transaction.atomic
    def spend(
        self, points: int, *, reason: str, source: str, key: str, by: User | None = None, at: datetime | None = None,
        source_ref: str = "", explanation: dict[str, Any] | None = None, store: int | None = None,
    ) -> PointsEntry:  # fmt: skip
        """Take points, those that end soonest first. Raises TransitionRefused when there are too few, OtherPayload."""
        return self._give_up(
            Kind.SPEND, points, reason=reason, source=source, key=key, by=by, at=at, source_ref=source_ref,
            explanation=explanation, store=store,
        )  # fmt: skip

    @transaction.atomic
    def reverse(
        self, entry: PointsEntry, points: int | None = None, *, reason: str, source: str, key: str,
        by: User | None = None, at: datetime | None = None, source_ref: str = "", qualifying: int = 0,
        explanation: dict[str, Any] | None = None, store: int | None = None,
    ) -> PointsEntry:  # fmt: skip
        """Take back what was earned or spent by one line, whole or in part (`points` of it).

        Of an earn first what still lies in its lot, then nothing for what ended there, then the other lots, and what
        is left becomes debt. What was spent goes back to its lots with their old end. Raises TransitionRefused for
        more than is left of it, for a line that cannot be taken back; OtherPayload.
        """
        at = at or timezone.now()
        self._lock()
        digest = self._digest("reverse", points, reason, entry.pk, qualifying)
        if (before := self._before(source, key, digest)) is not None:
            return before
        given = entry.kind == Kind.EARN or (entry.kind == Kind.ADJUST and entry.delta > 0)
        if not given and entry.kind != Kind.SPEND:
            raise TransitionRefused(_("This line cannot be taken back; write a correction instead."))
        done = PointsEntry.objects.filter(reverses=entry).aggregate(undone=Sum("undone"))["undone"] or 0
        left = abs(entry.delta) - done
        points = left if points is None else points
        if points > left or points < 0 or (points == 0 and not qualifying):
            raise TransitionRefused(_("Of this line %(left)s points are left to take back.") % {"left": left})
        line = Line(
            Kind.REVERSE, reason, entry.record, at, source, key, source_ref=source_ref, digest=digest,
            reverses=entry.pk, undone=points, explanation=explanation or {}, actor=by.pk if by else None, store=store,
            qualifying=-qualifying,
        )  # fmt: skip
        if given:
            line.uses, rest = self._back_from(entry, points, at)
            line.debt = rest
        else:
            line.kind = Kind.RESTORE
            line.uses, line.lots = self._back_to(entry, points, done)
        made = self._post(line)
        if line.kind == Kind.RESTORE:
            self._repay(made)
        self._tell("points.returned" if line.kind == Kind.RESTORE else "points.taken_back", made, by=by)
        return made

    @transaction.atomic
    def undo(self, entry: PointsEntry, *, by: User, key: str, store: int | None = None) -> PointsEntry:
        """Take back a payment with points within the time the counter has. Raises TransitionRefused when it is over."""
        if entry.at < timezone.now() - timedelta(minutes=self.programme.undo_minutes):
            raise TransitionRefused(_("The time to take this back is over; a refund gives the points back."))
        return self.reverse(entry, reason=Reason.UNDONE, source=HOUSE, key=key, by=by, store=store)

    @transaction.atomic
    def adjust(
        self, points: int, *, reason: str, source: str, key: str, by: User | None, note: str = "",
        at: datetime | None = None, store: int | None = None, qualifying: int = 0, source_ref: str = "",
        rule: Any = None, explanation: dict[str, Any] | None = None,
    ) -> PointsEntry:  # fmt: skip
        """A correction, up or down. Raises TransitionRefused when there are too few, OtherPayload."""
        at = at or timezone.now()
        said = (explanation or {}) | ({"note": note} if note else {})
        if points < 0:
            return self._give_up(Kind.ADJUST, -points, reason=reason, source=source, key=key, by=by, at=at,
                                 source_ref=source_ref, explanation=said, store=store)  # fmt: skip
        digest = self._digest("adjust", points, reason, source_ref, qualifying)
        self._lock()
        if (before := self._before(source, key, digest)) is not None:
            return before
        if points == 0 and not qualifying:
            raise TransitionRefused(_("Give a whole number of points above zero."))
        lots = [NewLot(points, at, self.programme.lot_ends(at), self._record)] if points else []
        entry = self._post(Line(
            Kind.ADJUST, reason, self._record, at, source, key, source_ref=source_ref, digest=digest,
            qualifying=qualifying, explanation=said, actor=by.pk if by else None, store=store, lots=lots,
            rule=rule.pk if rule else None,
        ))  # fmt: skip
        self._repay(entry)
        self._tell("points.adjusted", entry, by=by)
        return entry

    @transaction.atomic
    def open_with(
        self, points: int, *, source: str, key: str, at: datetime, ends_at: datetime | None = None, qualifying: int = 0
    ) -> PointsEntry:
        """The balance of a former system, once per key: history, so nobody is told. Raises OtherPayload."""
        digest = self._digest("opening", points, "", "", qualifying)
        self._lock()
        if (before := self._before(source, key, digest)) is not None:
            return before
        lots = [NewLot(points, at, ends_at or self.programme.lot_ends(at), self._record)] if points else []
        return self._post(Line(Kind.OPENING, Reason.OPENING, self._record, at, source, key, digest=digest,
                               qualifying=qualifying, lots=lots))  # fmt: skip

    @transaction.atomic
    def transfer_to(self, other: Self, points: int, *, source: str, key: str, by: User | None) -> PointsEntry:
        """Give points to another account; they keep their end. Raises TransitionRefused where it is switched off."""
        if not self.programme.transfers:
            raise TransitionRefused(_("Points cannot be given to somebody else."))
        if other.pk == self.pk or other.programme_id != self.programme_id:
            raise TransitionRefused(_("Choose another person's account of the same programme."))
        digest = self._digest("transfer", points, "", other.pk, 0)
        self._lock(other)
        if other.pk == self.pk:  # joined meanwhile
            raise TransitionRefused(_("Choose another person's account of the same programme."))
        if (before := self._before(source, key, digest)) is not None:
            return before
        now = timezone.now()
        uses = self._taken(points, now)
        ends = dict(PointsLot.objects.filter(pk__in=[lot for lot, _n, _p in uses]).values_list("pk", "ends_at"))
        given = self._post(Line(Kind.TRANSFER_OUT, Reason.TRANSFER, self._record, now, source, key, digest=digest,
                                uses=uses, actor=by.pk if by else None))  # fmt: skip
        lots = [NewLot(amount, now, ends[lot], other._record) for lot, amount, _p in uses]
        got = other._post(Line(Kind.TRANSFER_IN, Reason.TRANSFER, other._record, now, HOUSE, f"transfer:{given.pk}",
                               lots=lots, actor=by.pk if by else None))  # fmt: skip
        other._repay(got)
        self._tell("points.transferred", given, by=by)
        other._tell("points.transferred", got, by=by)
        return given

    @transaction.atomic
    def confirm_due(self, *, at: datetime | None = None) -> int:
        """Pending points whose time has come count from now; how many."""
        at = at or timezone.now()
        self._lock()
        due = list(
            PointsLot.objects.filter(account=self, state=PointsLot.State.PENDING, counts_at__lte=at, remaining__gt=0)
            .order_by("counts_at", "pk").values_list("pk", "remaining", "record")
        )  # fmt: skip
        for lot, remaining, record in due:
            entry = self._post(Line(Kind.CONFIRM, Reason.DUE, record, at, HOUSE, f"confirm:{lot}",
                                    explanation={"points": remaining}, counting=[(lot, remaining)]))  # fmt: skip
            self._repay(entry)
        return sum(remaining for _lot, remaining, _record in due)

    @transaction.atomic
    def expire_due(self, *, at: datetime | None = None) -> int:
        """Points whose time is over end; how many."""
        at = at or timezone.now()
        self._lock()
        due = list(
            PointsLot.objects.filter(account=self, ends_at__lte=at, remaining__gt=0).order_by("ends_at", "pk")
            .annotate(times=models.Count("uses")).values_list("pk", "remaining", "state", "record", "times")
        )  # fmt: skip
        for lot, remaining, state, record, times in due:
            self._post(Line(Kind.EXPIRE, Reason.END, record, at, HOUSE, f"expire:{lot}:{times}",
                            uses=[(lot, remaining, state == PointsLot.State.PENDING)]))  # fmt: skip
        return sum(each[1] for each in due)

    # private

    def _lock(self, *others: "PointsAccount") -> None:
        """One verb at a time on an account, with its sums as they stand; a merge of its record waits.

        People first and then accounts, each in the order of ids, as a merge locks them. An account whose record was
        joined meanwhile is let go for the one that holds it now.
        """
        every = (self, *others)
        with connection.cursor() as cursor:
            cursor.execute(
                "select id, merged_into_id, erased_at from customers_customer where id = any(%s) order by id"
                " for key share",
                [[account.customer_id for account in every]],
            )
            people = {pk: (joined, erased) for pk, joined, erased in cursor.fetchall()}
        for account in every:
            # A line of the timeline needs no more of the customer than this.
            account.person = Customer(pk=account.customer_id, erased_at=people[account.customer_id][1])
        if any(joined for joined, _erased in people.values()):
            for account in every:
                account._follow()
        for account in sorted(every, key=lambda one: one.pk):
            account._lock_row()

    def _lock_row(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "select available, pending, debt from loyalty_pointsaccount where id = %s for no key update", [self.pk]
            )
            self.available, self.pending, self.debt = cursor.fetchone()

    def _follow(self) -> None:
        """Stand for the account of whoever holds the record now."""
        now = PointsAccount.objects.of(Customer(pk=self._record), self.programme)
        if now.pk != self.pk:
            self.record, self.pk, self.customer_id = self._record, now.pk, now.customer_id
            self.customer = self.person = Customer.objects.get(pk=now.customer_id)

    @property
    def _record(self) -> int:
        return self.record or self.customer_id

    def _give_up(
        self, kind: PointsEntry.Kind, points: int, *, reason: str, source: str, key: str, by: User | None,
        at: datetime | None,
        source_ref: str, explanation: dict[str, Any] | None, store: int | None,
    ) -> PointsEntry:  # fmt: skip
        at = at or timezone.now()
        digest = self._digest(kind.value, points, reason, source_ref, 0)
        self._lock()
        if (before := self._before(source, key, digest)) is not None:
            return before
        entry = self._post(Line(
            kind, reason, self._record, at, source, key, source_ref=source_ref, digest=digest,
            explanation=explanation or {}, actor=by.pk if by else None, store=store, uses=self._taken(points, at),
        ))  # fmt: skip
        self._tell("points.spent" if kind == Kind.SPEND else "points.adjusted", entry, by=by)
        return entry

    def _taken(self, points: int, at: datetime) -> list[Use]:
        if points <= 0:
            raise TransitionRefused(_("Give a whole number of points above zero."))
        lots = list(self._open(at).values_list("pk", "remaining"))
        uses, missing = take(((lot, remaining, False) for lot, remaining in lots), points)
        if missing:
            usable = points - missing
            raise TransitionRefused(_("Only %(usable)s points can be used now; %(missing)s are missing.")
                                    % {"usable": f"{usable:,}", "missing": f"{missing:,}"})  # fmt: skip
        return uses

    def _open(self, at: datetime) -> models.QuerySet[PointsLot]:
        """What may be spent, in the order of spending: what ends soonest, what never ends last.

        The clock decides as well as the moment named: what has ended is not spent with an older date.
        """
        return (
            PointsLot.objects.filter(account=self, state=PointsLot.State.OPEN, remaining__gt=0, counts_at__lte=at)
            .filter(Q(ends_at=None) | Q(ends_at__gt=max(at, timezone.now())))
            .order_by(models.F("ends_at").asc(nulls_last=True), "pk")
        )

    def _back_from(self, entry: PointsEntry, points: int, at: datetime) -> tuple[list[Use], int]:
        """Where the points of an earn are taken back: (uses, what becomes debt)."""
        own = PointsLot.objects.filter(Q(entry=entry) | Q(origin__entry=entry))
        here = own.filter(account=self).values_list("pk", "remaining", "state")
        uses, rest = take(((lot, left, state == PointsLot.State.PENDING) for lot, left, state in here), points)
        if rest:
            rest -= min(rest, self._ended(entry, own))
        others = self._open(at).exclude(pk__in=own.values("pk")).values_list("pk", "remaining")
        more, rest = take(((lot, left, False) for lot, left in others), rest) if rest else ([], 0)
        return uses + more, rest

    def _ended(self, entry: PointsEntry, own: models.QuerySet[PointsLot]) -> int:
        """Points of an earn that ended unused: they are gone already and are not taken a second time."""
        ended = PointsEntry.objects.filter(uses__lot__in=own, kind=Kind.EXPIRE).aggregate(n=Sum("delta"))["n"] or 0
        said = PointsEntry.objects.filter(reverses=entry).aggregate(n=Sum(models.F("undone") + models.F("delta")))["n"]
        return max(0, -ended - (said or 0))

    def _back_to(self, entry: PointsEntry, points: int, done: int) -> tuple[list[Use], list[NewLot]]:
        """The lots a spend was taken from, the last to end first; `done` of it went back before.

        Of a lot that lies in another record's account by now a lot with the same end is born here instead.
        """
        taken = entry.uses.filter(amount__gt=0).order_by(models.F("lot__ends_at").desc(nulls_first=True), "-lot")
        uses: list[Use] = []
        lots: list[NewLot] = []
        for lot, amount in ((use.lot, use.amount) for use in taken.select_related("lot")):
            skipped = min(done, amount)
            part = min(points, amount - skipped)
            done, points = done - skipped, points - part
            if part and lot.account_id == self.pk:
                uses.append((lot.pk, -part, lot.state == PointsLot.State.PENDING))
            elif part:
                lots.append(NewLot(part, lot.counts_at, lot.ends_at, entry.record, origin=lot.origin_id or lot.pk))
        return uses, lots

    def _repay(self, entry: PointsEntry) -> None:
        """Points that count now repay what is owed first."""
        if not self.debt:
            return
        now = max(entry.at, timezone.now())
        uses, missing = take(((lot, left, False) for lot, left in self._open(now).values_list("pk", "remaining")),
                             self.debt)  # fmt: skip
        paid = self.debt - missing
        if paid:
            self._post(Line(Kind.REPAY, Reason.DEBT, entry.record, now, HOUSE, f"repay:{entry.pk}", debt=-paid,
                            uses=uses))  # fmt: skip

    def _before(self, source: str, key: str, digest: bytes) -> PointsEntry | None:
        with connection.cursor() as cursor:  # hardly ever there: asked as cheaply as can be
            cursor.execute("select id from loyalty_pointsentry where source = %s and key = %s", [source, key])
            if (row := cursor.fetchone()) is None:
                return None
        found = PointsEntry.objects.get(pk=row[0])
        if bytes(found.digest) != digest:
            raise OtherPayload(_("This key was used for something else."))
        return found

    def _digest(self, *said: Any) -> bytes:
        return blake2b(canonical([self._record, *said]), digest_size=16).digest()

    def _post(self, line: Line) -> PointsEntry:
        try:
            pk, self.available, self.pending, self.debt = post(self.pk, line)
        except IntegrityError as error:
            # Somebody else's account was first with this key: no line of ours.
            if "points_entry_once" in str(error) or "points_earned_once" in str(error):
                raise OtherPayload(_("This key was used for something else.")) from None
            raise
        return PointsEntry(
            pk=pk, account=self, record=line.record, kind=line.kind, delta=line.delta, debt_delta=line.debt,
            balance_after=self.balance, qualifying=line.qualifying, reason=line.reason, at=line.at,
            source=line.source, key=line.key, digest=line.digest, source_ref=line.source_ref, rule_id=line.rule,
            reverses_id=line.reverses, undone=line.undone, explanation=line.explanation, actor_id=line.actor,
            store_id=line.store,
        )  # fmt: skip

    def _tell(self, kind: str, entry: PointsEntry, *, by: User | None, **more: Any) -> None:
        came_as = entry.record if entry.record != self.customer_id else None
        Event.objects.record(
            customer=self.person or self.customer, kind=kind, by=by, at=entry.at, came_as=came_as,
            store=entry.store_id, source=entry.source,
            details={"points": entry.delta, "entry": entry.pk, "reason": str(entry.reason),
                     "balance": entry.balance_after, "debt": entry.debt_delta,
                     **{name: value for name, value in more.items() if value}},
        )  # fmt: skip

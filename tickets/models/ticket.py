"""A ticket is one matter of one customer, from the first word to the proof that it helped."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Task
from scrm.kernel.nudges import nudge
from scrm.kernel.refusals import TransitionRefused
from staff.models import Store, Team, User
from tickets.models.topic import LIVE, OURS, Risk, State, Status, Topic, Urgency
from tickets.priority import aged, rank_at, reckon, step
from touchpoints.models import Attachment

if TYPE_CHECKING:
    from tickets.models.entry import Entry
    from touchpoints.file_kinds import Looked

REOPENS = timedelta(days=7)  # a word within it goes on with what was done; later it is a new case
SUBJECT = 120


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: User) -> Self:
        """The desk sees its teams' and stores' cases and those of nobody; the floor what it was handed; an advisor
        the clients'; everybody what they own or have in hand."""
        from tickets.models.handover import Handover

        if not user.may("cases.read"):
            return self.none()
        if user.sees_whole_brand:
            return self
        clients = Customer.objects.filter(advisor=user).values("pk")
        mine = Q(owner=user) | Q(handler=user) | Q(customer__in=clients)
        handed = Handover.objects.filter(ticket=OuterRef("pk"), store__in=user.store_ids, returned_at=None)
        if not user.may("cases.work"):
            return self.filter(mine | Exists(handed))
        desk = Q(team__in=user.team_ids) | Q(store__in=user.store_ids) | Q(team=None, store=None)
        return self.filter(mine | desk | Exists(handed))

    def live(self) -> Self:
        return self.filter(state__in=LIVE)

    def awake(self, now: datetime | None = None) -> Self:
        """Not put off until later."""
        return self.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now or timezone.now()))

    def queue(self) -> Self:
        """Safety and law first, then by priority and age."""
        return self.order_by("ordinary", "rank_at", "pk")


class Ticket(models.Model):
    """One case.

    new → open (taken, answered) → waiting (for the customer) or held (for something else) → open again;
    any of these → resolved → closed after seven days; resolved → open when it did not help; live → merged and back.
    Owner is who answers for it and its clocks; handler is who has it in hand, at a counter for instance.
    """

    number = models.PositiveIntegerField(unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    subject = models.CharField(max_length=SUBJECT)
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    guess = models.ForeignKey(Topic, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    guess_words = models.JSONField(
        default=list, db_default=Value([], models.JSONField())
    )  # of the first message, that point to the guessed topic
    state = models.CharField(max_length=8, choices=State, default=State.NEW)
    status = models.ForeignKey(Status, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.NORMAL)
    risk = models.CharField(max_length=6, choices=Risk, default=Risk.NONE, blank=True)
    ordinary = models.BooleanField(default=True)  # no matter of safety or law: those stand first
    priority = models.PositiveSmallIntegerField(default=0)
    reasons = models.JSONField(default=list)
    rank_at = models.DateTimeField()
    mood = models.CharField(max_length=10, blank=True)  # filled by who reads moods; nothing here guesses one
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    by_hand = models.BooleanField(default=False)  # a person chose the owner: no rule changes it
    handler = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    team = models.ForeignKey(Team, null=True, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    store = models.ForeignKey(Store, null=True, on_delete=models.PROTECT, related_name="tickets", db_index=False)
    channel = models.CharField(max_length=10, blank=True)  # where it began
    channels = models.JSONField(default=list)  # all it went over, in order
    opened_at = models.DateTimeField(default=timezone.now)
    waiting_since = models.DateTimeField(null=True)  # the customer's word nobody answered yet
    answered_at = models.DateTimeField(null=True)  # our first word
    last_at = models.DateTimeField(default=timezone.now)
    next_due_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    reopened = models.PositiveSmallIntegerField(default=0)
    entries_count = models.PositiveIntegerField(default=0)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    dedup_key = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=60, blank=True)
    source_ref = models.CharField(max_length=120, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("case"), _("cases")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "dedup_key"], condition=Q(state__in=LIVE) & ~Q(dedup_key=""), name="case_open_once"
            ),
            models.UniqueConstraint(
                fields=["source", "source_ref"], condition=~Q(source_ref=""), name="case_source_once"
            ),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="case_not_into_itself"),
            models.CheckConstraint(
                condition=Q(state=State.MERGED, merged_into__isnull=False)
                | (~Q(state=State.MERGED) & Q(merged_into=None)),
                name="case_merged_names_which",
            ),
            models.CheckConstraint(condition=Q(priority__lte=100), name="case_priority_of_100"),
        ]
        indexes = [
            models.Index(fields=["customer", "-opened_at"], name="case_customer"),
            models.Index(fields=["ordinary", "rank_at", "id"], name="case_queue", condition=Q(state__in=LIVE)),
            models.Index(fields=["owner", "ordinary", "rank_at"], name="case_owner", condition=Q(state__in=LIVE)),
            models.Index(fields=["handler"], name="case_handler", condition=Q(state__in=LIVE)),
            models.Index(fields=["team", "ordinary", "rank_at"], name="case_team", condition=Q(state__in=LIVE)),
            models.Index(fields=["store", "ordinary", "rank_at"], name="case_store", condition=Q(state__in=LIVE)),
            models.Index(fields=["next_due_at"], name="case_due", condition=Q(state__in=LIVE)),
            models.Index(fields=["rank_at"], name="case_waiting", condition=Q(state__in=(State.WAITING, State.HELD))),
            models.Index(fields=["snoozed_until"], name="case_later", condition=Q(snoozed_until__isnull=False)),
            models.Index(fields=["resolved_at"], name="case_resolved", condition=Q(state=State.RESOLVED)),
            models.Index(
                fields=["resolved_at"], name="case_done", condition=Q(state__in=(State.RESOLVED, State.CLOSED))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.subject}"

    # Opening

    @classmethod
    @transaction.atomic
    def open(
        cls, customer: Customer, subject: str, *, topic: Topic | None = None, channel: str = "", by: User | None = None,
        store: Store | None = None, at: datetime | None = None, dedup_key: str = "", owner: User | None = None,
        source: str = "", source_ref: str = "", guess: Topic | None = None, guess_words: Sequence[str] = (),
    ) -> tuple["Ticket", bool]:  # fmt: skip
        """A case for this matter: (the case, whether it is new). With a key, the one that is live under it.

        Raises TransitionRefused for a closed record or a case without a subject.
        """
        held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
        if held.merged_into_id or held.erased_at:
            raise TransitionRefused(gettext("This customer's record is closed."))
        if dedup_key and (known := cls.objects.live().filter(customer=held, dedup_key=dedup_key).first()):
            return known, False
        if source_ref and (known := cls.objects.filter(source=source, source_ref=source_ref).first()):
            return known, False
        subject = " ".join(subject.split())[:SUBJECT]
        if not subject:
            raise TransitionRefused(gettext("Say in a few words what it is about."))
        at = at or timezone.now()
        ticket = cls(
            number=_next_number(), customer=held, subject=subject, topic=topic, channel=channel,
            channels=[channel] if channel else [], opened_at=at, last_at=at, dedup_key=dedup_key, source=source,
            source_ref=source_ref, owner=owner, by_hand=owner is not None, guess=guess, guess_words=list(guess_words),
            team_id=topic.team_id if topic else None, store=store or held.home_store,
            urgency=topic.urgency if topic else Urgency.NORMAL, risk=topic.risk if topic else Risk.NONE,
            state=State.OPEN if owner else State.NEW,
        )  # fmt: skip
        ticket._weigh()
        ticket.save(force_insert=True)
        from tickets.models.work import CaseStep
        from tickets.promises import begin

        begin(ticket, at=at)
        if topic is not None:
            CaseStep.lay_out(ticket)
        held.record("case.opened", by=by, at=at, channel=channel, store=ticket.store_id, case=ticket.number,
                    subject=subject, topic_name=dict(topic.name) if topic else {})  # fmt: skip
        ticket.tell()
        return ticket, True

    # What is said

    @transaction.atomic
    def hear(
        self, body: str, *, channel: str, at: datetime, source: str, source_ref: str, message: int | None = None,
        machine: bool = False, quiet: bool = False,
    ) -> "Entry | None":  # fmt: skip
        """The customer's word, once by (source, source_ref). It opens again what waits, or was done a short while ago.

        None when it is here already. A machine's word, and a `quiet` one such as thanks, is kept and moves nothing.
        """
        from tickets.models.entry import Entry
        from tickets.promises import customer_spoke

        ticket = self._locked()
        if Entry.objects.filter(source=source, source_ref=source_ref).exists():
            return None
        entry = ticket._add(
            direction="in", channel=channel, body=body, at=at, source=source, source_ref=source_ref, message=message,
            machine=machine,
        )  # fmt: skip
        if machine or quiet:
            ticket.tell()
            self._follow(ticket)
            return entry
        if ticket.state in (State.RESOLVED, State.CLOSED):
            ticket._reopen(by=None, at=at)
        moved: dict[str, Any] = {"waiting_since": ticket.waiting_since or at, "snoozed_until": None}
        if ticket.state in (State.WAITING, State.HELD):
            moved |= {"state": State.OPEN, "status": None}
        ticket._set(**moved)
        customer_spoke(ticket, at=at)
        ticket.tell()
        self._follow(ticket)
        return entry

    @transaction.atomic
    def answer(
        self, body: str, *, by: User | None, channel: str, source: str = "", source_ref: str = "",
        message: int | None = None, at: datetime | None = None, then: str = "",
    ) -> "Entry":  # fmt: skip
        """What we said to the customer: it meets the promise of an answer. `then` is the state it leaves, if another.

        The same (source, source_ref) again is the same entry.
        """
        from tickets.models.entry import Entry
        from tickets.promises import we_answered

        ticket = self._locked()
        if source_ref and (known := Entry.objects.filter(source=source, source_ref=source_ref).first()):
            return known
        at = at or timezone.now()
        entry = ticket._add(direction="out", channel=channel, body=body, at=at, author=by, source=source or "staff",
                            source_ref=source_ref or uuid.uuid4().hex, message=message)  # fmt: skip
        moved: dict[str, Any] = {"waiting_since": None, "answered_at": ticket.answered_at or at}
        if ticket.state == State.NEW:
            moved["state"] = State.OPEN
        if by is not None and ticket.owner_id is None:
            moved["owner"] = by
        ticket._set(**moved)
        we_answered(ticket, at=at)
        if then == State.WAITING and ticket.state in OURS:
            ticket._to(State.WAITING, by=by)
        ticket.tell()
        self._follow(ticket)
        return entry

    @transaction.atomic
    def note(
        self, body: str, *, by: User, channel: str = "", on_behalf: bool = False, key: str = "",
        at: datetime | None = None, files: "Sequence[Looked]" = (),
    ) -> "Entry":  # fmt: skip
        """A note the customer does not see, or with `on_behalf` what was done for the customer at a counter, by phone.

        The same key again is the same note. Colleagues named in a note are told. Raises TransitionRefused for one
        without words and files, and when somebody named may not see the case.
        """
        from tickets.models.entry import Entry, NoteFile
        from tickets.models.mention import EntryMention, named_in

        body = body.strip()
        if not body and not files:
            raise TransitionRefused(gettext("Write what you want to keep."))
        ticket = self._locked()
        source_ref = f"{by.pk}:{key}" if key else uuid.uuid4().hex
        if known := Entry.objects.filter(source="staff", source_ref=source_ref).first():
            return known
        named = [] if on_behalf else named_in(body[:8000], ticket)
        entry = ticket._add(direction="", channel=channel, body=body[:8000], at=at or timezone.now(), author=by,
                            source="staff", source_ref=source_ref, on_behalf=on_behalf)  # fmt: skip
        EntryMention.spread(entry, named)
        kept = Attachment.keep(ticket.customer, list(files), by=by)
        NoteFile.objects.bulk_create(NoteFile(entry=entry, attachment=one) for one in kept)
        ticket.tell()
        self._follow(ticket)
        return entry

    @transaction.atomic
    def keep(
        self, body: str, *, key: str, direction: str = "", channel: str = "", message: int | None = None
    ) -> "Entry":
        """What a rule of ours noted or said (`direction` out): it meets no promise and moves nothing.

        The same key again is the same line.
        """
        from tickets.models.entry import Entry

        if known := Entry.objects.filter(source="rule", source_ref=key).first():
            return known
        ticket = self._locked()
        entry = ticket._add(direction=direction, channel=channel, body=body[:8000], at=timezone.now(), machine=True,
                            source="rule", source_ref=key, message=message)  # fmt: skip
        ticket.tell()
        self._follow(ticket)
        return entry

    def look_first(self, seen: int | None, *, by: User) -> None:
        """Before an answer, in its transaction: raises Unseen when others wrote since the page showed entry `seen`.

        The case stays locked until the answer is in, so of two who send at once the second is told of the first.
        """
        from tickets.models.entry import Entry

        ticket = self._locked()
        if seen is None:
            return
        newer = Entry.objects.filter(ticket=ticket, pk__gt=seen).read_by(by).exclude(author=by)
        found = list(newer.select_related("author", "message").order_by("pk")[:20])
        if found:
            raise Unseen(found)

    # Moves

    @transaction.atomic
    def take(self, *, by: User) -> None:
        """Be the owner of a case nobody owns. Of two clicks one wins; the refusal names who was faster."""
        free = Ticket.objects.live().filter(pk=self.pk, owner=None)
        if not free.update(owner=by, by_hand=True, version=F("version") + 1):
            now = Ticket.objects.select_related("owner").get(pk=self.pk)
            if now.owner_id == by.pk:
                self._follow(now)
                return
            if now.state not in LIVE:
                raise TransitionRefused(gettext("This case is done: there is nothing to take."))
            raise TransitionRefused(gettext("%(who)s has just taken it.") % {"who": now.owner})
        Ticket.objects.filter(pk=self.pk, state=State.NEW).update(state=State.OPEN)
        self._note_move("case.assigned", by=by, to=by.pk)

    @transaction.atomic
    def assign(self, user: User | None, *, by: User, team: Team | None = None, no_team: bool = False) -> None:
        """Give a live case to a colleague, or to a team and nobody yet, or with `no_team` take it from its team.

        A choice by hand is never changed by a rule.
        """
        from tickets.models.notice import Notice

        moved: dict[str, Any] = {"owner": user, "by_hand": user is not None, "version": F("version") + 1}
        if team is not None or no_team:
            moved["team"] = team
        if not Ticket.objects.live().filter(pk=self.pk).update(**moved):
            raise TransitionRefused(gettext("This case is done and cannot be passed on."))
        if user is not None:
            Ticket.objects.filter(pk=self.pk, state=State.NEW).update(state=State.OPEN)
        self._note_move("case.assigned", by=by, to=user.pk if user else None, team=team.pk if team else None)
        if user is not None and user.pk != by.pk:
            nudge(f"user.{user.pk}", "cases")
            Notice.tell(user.pk, Notice.Kind.GIVEN, self, key=f"case:{self.pk}:{self.version}", by=by)

    @transaction.atomic
    def wait(self, *, by: User, status: Status | None = None) -> None:
        """The ball is with the customer: the promise of an end pauses."""
        self._locked()._to(State.WAITING, by=by, status=status)
        self.refresh_from_db()

    @transaction.atomic
    def hold(self, *, by: User, reason: str, status: Status | None = None) -> None:
        """Waits for a part, a quote, another house. Raises TransitionRefused without a reason."""
        reason = " ".join(reason.split())[:200]
        if not reason:
            raise TransitionRefused(gettext("Say what it waits for."))
        ticket = self._locked()
        ticket._to(State.HELD, by=by, status=status, why=reason)
        self.refresh_from_db()

    @transaction.atomic
    def resume(self, *, by: User) -> None:
        ticket = self._locked()
        if ticket.state not in (State.WAITING, State.HELD):
            raise TransitionRefused(gettext("This case is not waiting for anything."))
        ticket._to(State.OPEN, by=by)
        self.refresh_from_db()

    @transaction.atomic
    def resolve(self, *, by: User, status: Status | None = None, note: str = "") -> None:
        """Done. Of two colleagues one closes it. Raises TransitionRefused when it is done already."""
        from tickets.promises import done

        moved = Ticket.objects.live().filter(pk=self.pk)
        now = timezone.now()
        if not moved.update(state=State.RESOLVED, status=status, resolved_at=now, waiting_since=None, handler=None,
                            snoozed_until=None, version=F("version") + 1):  # fmt: skip
            raise TransitionRefused(gettext("This case is done already."))
        self.refresh_from_db()
        if self.answered_at is None:
            self._set(answered_at=now)
        if note.strip():
            self.note(note, by=by)
        self.handovers.filter(returned_at=None).update(returned_at=now, returned_by=by)
        done(self, at=now)
        self._ask_afterwards(by=by)
        self._note_move("case.resolved", by=by)

    @transaction.atomic
    def reopen(self, *, by: User) -> None:
        """It did not help. Raises TransitionRefused for a case that is not done."""
        ticket = self._locked()
        if ticket.state not in (State.RESOLVED, State.CLOSED):
            raise TransitionRefused(gettext("Only a case that is done can be opened again."))
        ticket._reopen(by=by, at=timezone.now())
        ticket.tell()
        self._follow(ticket)

    @transaction.atomic
    def close(self, *, by: User | None = None) -> bool:
        """The end of what was done and stayed quiet. Whether it moved."""
        return bool(
            Ticket.objects.filter(pk=self.pk, state=State.RESOLVED).update(
                state=State.CLOSED, closed_at=timezone.now(), version=F("version") + 1
            )
        )

    @transaction.atomic
    def snooze(self, until: datetime, *, by: User) -> None:
        """Out of the queue until then, or until the customer writes. Raises TransitionRefused for a moment gone by."""
        if until <= timezone.now():
            raise TransitionRefused(gettext("Choose a moment ahead."))
        if not Ticket.objects.live().filter(pk=self.pk).update(snoozed_until=until, version=F("version") + 1):
            raise TransitionRefused(gettext("This case is done: there is nothing to put off."))
        self.refresh_from_db()
        self.tell()

    @transaction.atomic
    def wake(self, *, by: User) -> None:
        """Back in the queue before its time. Raises TransitionRefused when it was not put off."""
        asleep = Ticket.objects.live().filter(pk=self.pk).exclude(snoozed_until=None)
        if not asleep.update(snoozed_until=None, version=F("version") + 1):
            raise TransitionRefused(gettext("This case was not put off."))
        self.refresh_from_db()
        self.tell()

    @transaction.atomic
    def describe(self, *, by: User, version: int, **changes: Any) -> list[str]:
        """Change subject, topic, urgency or risk, as they stood at `version`; the names of what changed.

        Raises `Outdated` when somebody changed the case meanwhile: nothing is lost, both are shown.
        """
        ticket = self._locked()
        if ticket.version != version:
            raise Outdated(ticket)
        before = {name: getattr(ticket, name) for name in changes}
        changed = [name for name, value in changes.items() if before[name] != value]
        if not changed:
            return []
        for name in changed:
            setattr(ticket, name, changes[name])
        ticket._weigh()
        ticket.version += 1
        ticket.save(update_fields=[*changed, "priority", "reasons", "rank_at", "ordinary", "version"])
        if "topic" in changed:
            from tickets.models.work import CaseStep

            CaseStep.lay_out(ticket)
        ticket.tell()
        self._follow(ticket)
        return changed

    @transaction.atomic
    def settle_topic(self, *, by: User) -> None:
        """The topic that was guessed is right: it brings its urgency, risk and steps.

        Raises TransitionRefused when there is no guess, or a topic was set meanwhile.
        """
        ticket = self._locked()
        topic = ticket.guess
        if topic is None or ticket.topic_id is not None or ticket.state not in LIVE:
            raise TransitionRefused(gettext("There is nothing to agree to: look again."))
        ticket.describe(
            by=by, version=ticket.version, topic=topic, urgency=max(ticket.urgency, topic.urgency),
            risk=ticket.risk or topic.risk,
        )  # fmt: skip
        self._follow(ticket)

    # What pages ask

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def state_name(self) -> str:
        return str(self.status) if self.status_id else str(self.get_state_display())

    def points_now(self, now: datetime | None = None) -> tuple[int, int]:
        """(priority with age, how much of it is age)."""
        return aged(self.priority, self.opened_at, now or timezone.now(), risk=self.risk)

    @property
    def bars(self) -> int:
        return step(self.points_now()[0])

    def tell(self) -> None:
        """Open pages of this case and of lists are stale."""
        nudge(f"case.{self.pk}", "case")
        nudge("cases", "cases")
        nudge(f"customer.{self.customer_id}", "cases")

    # Inside

    def _locked(self) -> "Ticket":
        ticket = Ticket.objects.select_for_update(no_key=True).get(pk=self.pk)
        while ticket.merged_into_id:  # what reaches a joined case belongs to the one that stands
            ticket = Ticket.objects.select_for_update(no_key=True).get(pk=ticket.merged_into_id)
        return ticket

    def _follow(self, ticket: "Ticket") -> None:
        if ticket.pk == self.pk:
            for field in self._meta.concrete_fields:
                setattr(self, field.attname, getattr(ticket, field.attname))

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self, name, value)
        self.version += 1
        self.save(update_fields=[*values, "version"])

    def _to(self, state: State, *, by: User | None, status: Status | None = None, why: str = "") -> None:
        from tickets.promises import moved

        if self.state not in LIVE:
            raise TransitionRefused(gettext("This case is done already."))
        if status is not None and status.state != state:
            raise TransitionRefused(gettext("This status belongs to another step."))
        before = self.state
        self._set(state=state, status=status)
        moved(self, at=timezone.now(), why=why)
        self._note_move("case.moved", by=by, was=before, now=state, why=why)

    def _reopen(self, *, by: User | None, at: datetime) -> None:
        from tickets.promises import begin

        clash = self.dedup_key and Ticket.objects.live().filter(customer=self.customer_id, dedup_key=self.dedup_key)
        self._set(
            state=State.OPEN, status=None, resolved_at=None, closed_at=None, reopened=self.reopened + 1,
            dedup_key="" if clash and clash.exists() else self.dedup_key,
        )  # fmt: skip
        self._weigh()
        self.save(update_fields=["priority", "reasons", "rank_at", "ordinary"])
        begin(self, at=at, again=True)
        self.customer.record("case.reopened", by=by, case=self.number, subject=self.subject)

    def _add(self, *, direction: str, channel: str, body: str, at: datetime, message: int | None = None,
             **more: Any) -> "Entry":  # fmt: skip
        from tickets.models.entry import Entry

        entry = Entry.objects.create(
            ticket=self, customer_id=self.customer_id, direction=direction, channel=channel, body=body, at=at,
            message_id=message, **more,
        )  # fmt: skip
        self.entries_count += 1
        self.last_at = max(self.last_at, at)
        if channel and (not self.channels or self.channels[-1] != channel):
            self.channels = [*self.channels, channel][-20:]
        self.save(update_fields=["entries_count", "last_at", "channels"])
        return entry

    def _weigh(self) -> None:
        """Work out the priority and its reasons anew."""
        from tickets.standing import standing

        found = reckon(urgency=self.urgency, risk=self.risk, **standing(self))
        self.priority, self.reasons, self.ordinary = found.points, found.reasons, not self.risk
        self.rank_at = rank_at(found.points, self.opened_at)

    def _ask_afterwards(self, *, by: User | None) -> None:
        """The steps after the end become somebody's next step for the customer."""
        for last in self.steps.filter(where="after", done_at=None):
            what, due_on = f"{last.text} ({self.number})", timezone.localdate() + timedelta(days=last.days)
            for owner in filter(None, (self.owner, by)):
                try:
                    Task.plan(self.customer, what, by=by, owner=owner, due_on=due_on)
                except TransitionRefused:  # no sight of the customer any more: whoever closed it is asked
                    continue
                type(last).objects.filter(pk=last.pk).update(done_at=timezone.now(), done_by=by)
                break

    def _note_move(self, kind: str, *, by: User | None, **details: Any) -> None:
        self.refresh_from_db()
        self.customer.record(kind, by=by, case=self.number, subject=self.subject, **details)
        self.tell()


class Unseen(Exception):
    """Others wrote into the case since the page was shown; carries what they wrote."""

    def __init__(self, entries: "list[Entry]") -> None:
        super().__init__(len(entries))
        self.entries = entries


class Outdated(Exception):
    """Somebody changed the case since the page was shown; carries the case as it stands."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(ticket.pk)
        self.ticket = ticket


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("select nextval('tickets_number')")
        return int(cursor.fetchone()[0])

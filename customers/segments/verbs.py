"""What operators do with segments: save a version, publish, retire; pin somebody, block somebody, take that back."""

from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer, Segment, SegmentLeaving, SegmentMember, SegmentVersion
from customers.models.segment import Rule
from customers.segments import dirty, leaving
from customers.segments.refreshing import LOCK, Difference, refresh_some, tell
from customers.segments.rules import checked, depends_on_day, refuse_circle, running_rules, segments_in
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.wake import wake
from staff.models import User, audit

Via = SegmentMember.Via
Cause = SegmentLeaving.Cause
ONE_PUBLISHES = "select pg_advisory_xact_lock(7052029)"


class SomebodyFaster(TransitionRefused):
    """Another version stands by now than the one this was begun on; `version` is that other one."""

    def __init__(self, sentence: str, version: SegmentVersion) -> None:
        super().__init__(sentence)
        self.version = version


@transaction.atomic
def save(segment: Segment, rule: Rule, *, by: User | None, after: int | None = None) -> SegmentVersion:
    """A new version beside those there are; nothing runs by it yet. The same rule again is the same version.

    `after` is the newest version the writer began on (0 for none). Raises SomebodyFaster when there is a later one,
    RuleRefused for a rule that cannot be, or that goes round in a circle.
    """
    rule = checked(rule)
    Segment.objects.select_for_update(no_key=True).get(pk=segment.pk)
    refuse_circle(segment.code, rule)
    newest = segment.newest
    if newest is not None and newest.rule == rule:
        return newest
    if newest is not None and after is not None and newest.number != after:
        raise SomebodyFaster(
            _("Version %(n)s was saved meanwhile. Yours is still here.") % {"n": newest.number}, newest
        )
    number = newest.number + 1 if newest else 1
    made = SegmentVersion.objects.create(segment=segment, number=number, rule=rule, by=by)
    if by is not None:
        audit("segment.saved", by=by, of=segment, version=number)
    return made


@transaction.atomic
def save_as(segment: Segment, rule: Rule, *, by: User, after: int = 0) -> SegmentVersion:
    """Save a version, of a new segment together with the segment itself. Raises as `save` does."""
    checked(rule)
    if segment.pk is None:
        try:
            with transaction.atomic():
                segment.save()
        except IntegrityError as other:
            raise TransitionRefused(_("There is a segment with this code.")) from other
    return save(segment, rule, by=by, after=after)


@transaction.atomic
def publish(segment: Segment, number: int, *, by: User | None, instead_of: int) -> None:
    """Let a version run instead of the one the publisher saw running (0 for none); its people are found soon after.

    Raises SomebodyFaster when another version runs by now, TransitionRefused when this one runs already or cannot be.
    """
    with connection.cursor() as cursor:
        cursor.execute(ONE_PUBLISHES)  # two at once could close a circle that neither sees
    version = SegmentVersion.objects.filter(segment=segment, number=number).first()
    if version is None:
        raise TransitionRefused(_("This version is not there."))
    rule = checked(version.rule)
    refuse_circle(segment.code, rule)
    now = timezone.now()
    own = Segment.objects.filter(pk=segment.pk, version=instead_of)
    if number == instead_of:
        own = own.exclude(state=Segment.State.LIVE)
    if not own.update(state=Segment.State.LIVE, version=number, clock=depends_on_day(rule), refreshed_at=None,
                      live_since=now):  # fmt: skip
        segment.refresh_from_db()
        other = segment.running
        if other is None or other.number == number:
            raise TransitionRefused(_("This version runs already."))
        raise SomebodyFaster(_("Version %(n)s was published meanwhile.") % {"n": other.number}, other)
    segment.refresh_from_db()
    if by is not None:
        audit("segment.published", by=by, of=segment, version=number)
    wake(dirty.TASK, queue="bulk")


@transaction.atomic
def retire(segment: Segment, *, by: User | None) -> None:
    """Take it out of use: nobody is in it by rule any more. Raises TransitionRefused while another one asks for it."""
    with connection.cursor() as cursor:
        cursor.execute(ONE_PUBLISHES)
        cursor.execute(LOCK, [segment.pk])
    askers = [code for code, rule in running_rules().items() if segment.code in segments_in(rule)]
    if askers:
        raise TransitionRefused(_("The segment “%(name)s” asks for this one.")
                                % {"name": Segment.objects.get(code=askers[0])})  # fmt: skip
    if not Segment.objects.live().filter(pk=segment.pk).update(state=Segment.State.RETIRED):
        raise TransitionRefused(_("It is out of use already."))
    members = SegmentMember.objects.filter(segment=segment)
    left = sorted(members.inside().values_list("customer_id", flat=True))
    members.filter(via=Via.RULE).delete()
    segment.refresh_from_db()
    leaving.written(segment, left, cause=Cause.RETIRED, by=by)
    tell(segment, Difference([], left))
    if by is not None:
        audit("segment.retired", by=by, of=segment)


def pin(segment: Segment, customer: Customer, *, by: User, why: str, until: datetime | None = None) -> SegmentMember:
    """Keep somebody in whatever the rule says. Raises TransitionRefused without a reason or for a closed record."""
    return _by_hand(segment, customer, Via.PIN, by=by, why=why, until=until)


def block(segment: Segment, customer: Customer, *, by: User, why: str, until: datetime | None = None) -> SegmentMember:
    """Keep somebody out whatever the rule says. Raises TransitionRefused as `pin` does."""
    return _by_hand(segment, customer, Via.BLOCK, by=by, why=why, until=until)


@transaction.atomic
def _by_hand(
    segment: Segment, customer: Customer, via: Via, *, by: User, why: str, until: datetime | None
) -> SegmentMember:
    why = " ".join(why.split())[:200]
    if not why:
        raise TransitionRefused(_("Write down why, in a few words."))
    if until is not None and until <= timezone.now():
        raise TransitionRefused(_("This day is over already."))
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [segment.pk])
    held = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if held.merged_into_id or held.erased_at:
        raise TransitionRefused(_("This customer's record is closed."))
    segment.refresh_from_db()
    if segment.state != Segment.State.LIVE:
        raise TransitionRefused(_("Publish the segment first."))
    before = SegmentMember.objects.filter(segment=segment, customer=customer).first()
    was_in, is_in = before is not None and before.via != Via.BLOCK, via == Via.PIN
    said = {"via": via, "by": by, "why": why, "until": until}
    entered = {} if was_in and is_in else {"entered_at": timezone.now()}
    try:
        with transaction.atomic():
            row, _made = SegmentMember.objects.update_or_create(
                segment=segment, customer=customer, defaults={**said, **entered},
                create_defaults={**said, "evidence": {"version": segment.version}},
            )  # fmt: skip
    except IntegrityError as other:
        raise TransitionRefused(_("This was changed meanwhile. Look again.")) from other
    if was_in and not is_in:
        leaving.written(segment, [customer.pk], cause=Cause.BLOCK, by=by, why=why)
    if was_in != is_in:
        tell(segment, Difference([customer.pk], []) if is_in else Difference([], [customer.pk]))
    audit("segment.pinned" if is_in else "segment.blocked", by=by, of=customer, segment=segment.code)
    return row


@transaction.atomic
def let_go(row: SegmentMember, *, by: User) -> None:
    """Take a pin or block back: the rule says again. Raises TransitionRefused when it is gone already."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [row.segment_id])
    gone = SegmentMember.objects.filter(pk=row.pk).exclude(via=Via.RULE)
    if row.via == Via.PIN:
        done = gone.filter(via=Via.PIN).update(via=Via.RULE, by=None, why="", until=None)
    else:
        done = gone.filter(via=Via.BLOCK).delete()[0]
    if not done:
        raise TransitionRefused(_("This was changed meanwhile. Look again."))
    refresh_some(row.segment, [row.customer_id], unpinned_by=by if row.via == Via.PIN else None)
    audit("segment.let_go", by=by, of=row.customer, segment=row.segment.code)

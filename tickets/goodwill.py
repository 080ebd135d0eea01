"""Making it good: giving, asking for more, deciding on it, looking at exceptions, taking back.

Locks are taken in one order by every verb: the customer, the case, the giver, the points account or the coupon's
stock, the budget. So no two wait crosswise, and what was summed up still holds when it is written.
"""

from datetime import timedelta
from hashlib import blake2b
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from loyalty.models import Coupon, CouponTemplate, OtherPayload, PointsAccount, PointsEntry, Programme
from loyalty.models.account import HOUSE
from loyalty.models.giving import give, grade_of
from scrm.kernel.nudges import nudge
from scrm.kernel.parsing import canonical
from scrm.kernel.refusals import TransitionRefused
from staff.models import User, audit
from tickets.authority import cost_of, left_for, looks_after, midnight, sentence_of, store_of, who_decides
from tickets.models import Approval, Authority, Compensation, Kind, Notice, Reason, State, StoreBudget, Ticket
from tickets.models.compensation import size

ANSWER_WITHIN = timedelta(hours=2)
UNDO = timedelta(minutes=5)
WORDS = 300
Granted = Compensation.State.GRANTED


class AboveAuthority(TransitionRefused):
    """More than the giver may give alone, and nobody was asked yet."""


@transaction.atomic
def grant(
    ticket: Ticket, kind: str, amount: int, reason: Reason, *, by: User, key: str,
    template: CouponTemplate | None = None, words: str = "", exception: bool = False, ask: bool = True,
) -> Compensation:  # fmt: skip
    """Give points, a coupon (its cost is the amount) or money off; above one's authority it waits for a lead.

    `exception` gives it at once for the customer's sake, up to a ceiling of its own a day, once per case; it is read
    later.
    Without `ask` what is above raises AboveAuthority instead of waiting. The same key again is the same gift. Raises
    TransitionRefused, OtherPayload for a key with another content.
    """
    words = " ".join(words.split())[:WORDS]
    holder, held, by = _lock(ticket, by)
    digest = _digest(held.number, kind, 0 if template else amount, template and template.pk, reason.pk, exception)
    if (before := Compensation.objects.filter(by=by, key=key).first()) is not None:
        if bytes(before.digest) != digest:
            raise OtherPayload(_("This key was used for something else."))
        return before
    _refuse_if_closed(holder, held)
    if not by.may("goodwill.grant"):
        raise TransitionRefused(_("Nobody set what you may give of this. Ask who sets it up."))
    value = amount = cost_of(template) if template else amount
    if kind == Kind.POINTS:
        value = Programme.objects.main().worth(amount)
    if amount <= 0 or (kind == Kind.COUPON) != (template is not None):
        raise TransitionRefused(_("Say how much, above zero."))
    if not reason.used or (template is not None and template.code not in reason.coupons):
        raise TransitionRefused(_("This is not offered for this reason any more."))
    left = left_for(held, kind, by=by, reason=reason)
    above = left.above(amount)
    if left.authority is None:
        raise TransitionRefused(_("Nobody set what you may give of this. Ask who sets it up."))
    made = Compensation(
        ticket=held, customer=holder, store=store_of(held, by), kind=kind, template=template, amount=amount,
        value_minor=value, reason=reason, words=words, by=by, key=key, digest=digest, state=Granted,
    )  # fmt: skip
    if above and exception:
        _refuse_exception(made, left.authority)
        made.is_exception = True
    elif above:
        if not ask:
            raise AboveAuthority(sentence_of(kind, above))
        return _ask(made, above)
    _pay(made, by=by)
    if made.is_exception:
        audit("goodwill.exception", by=by, of=holder, case=held.number, kind=kind, amount=amount, words=words)
    return made


@transaction.atomic
def approve(approval: Approval, *, by: User, words: str = "", amount: int | None = None) -> Compensation:
    """Give what was asked for, or less of it: `amount` points or minor units. Of two clicks one wins.

    Raises TransitionRefused: not one's to decide, above one's own authority too, more than was asked for, another
    amount of a coupon, the budget is used up, the record is closed.
    """
    made = _decide(approval, Approval.Decision.APPROVED, by=by, words=words)
    if amount is not None and amount != made.amount:
        _give_less(made, approval, amount)
    grade = grade_of(made.customer_id)
    row = Authority.objects.of(by, made.kind, reason=made.reason, grade=grade)
    if row is None or made.amount > row.per_act:
        raise TransitionRefused(_("This is above your own authority as well."))
    _refuse_if_closed(made.customer, made.ticket)
    made.state = Granted
    _pay(made, by=by)
    audit("goodwill.approved", by=by, of=made.customer, case=made.ticket.number, kind=made.kind, amount=made.amount)
    _tell_decision(made, by=by)
    return made


@transaction.atomic
def decline(approval: Approval, *, by: User, words: str) -> Compensation:
    """Not given; nothing was paid. Raises TransitionRefused without a word why, or when it is not one's to decide."""
    if not words.strip():
        raise TransitionRefused(_("Say in a few words why not: the colleague has to tell the customer."))
    made = _decide(approval, Approval.Decision.DECLINED, by=by, words=words)
    made.state = Compensation.State.DECLINED
    made.save(update_fields=["state"])
    _tell(made, "goodwill.declined", by=by)
    audit("goodwill.declined", by=by, of=made.customer, case=made.ticket.number, kind=made.kind, amount=made.amount)
    _tell_decision(made, by=by)
    return made


@transaction.atomic
def withdraw(made: Compensation, *, by: User) -> None:
    """Who asked needs it no more. Raises TransitionRefused when it is decided, or for somebody else."""
    if made.by_id != by.pk:
        raise TransitionRefused(_("Only who asked can withdraw it."))
    _lock(made.ticket, None)
    pending = Compensation.objects.filter(pk=made.pk, state=Compensation.State.PENDING)
    if not pending.update(state=Compensation.State.WITHDRAWN):
        raise TransitionRefused(_("This is decided already."))
    made.approvals.open().update(decision=Approval.Decision.WITHDRAWN, decided_by=by, decided_at=timezone.now())
    Notice.settle(Notice.Kind.ASKED, f"gift:{made.pk}")
    made.ticket.tell()


@transaction.atomic
def take_back(made: Compensation, *, by: User) -> None:
    """By the giver within five minutes, later by a lead; as far as ledger and coupon let it go. An exception made for
    the customer is never taken from the customer. Raises TransitionRefused."""
    _lock(made.ticket, None)
    made = Compensation.objects.select_related("customer", "ticket", "entry", "coupon", "budget").get(pk=made.pk)
    now = timezone.now()
    own = made.by_id == by.pk and made.given_at is not None and made.given_at > now - UNDO
    if not own and not looks_after(by, made):
        raise TransitionRefused(_("The time to take this back is over; a lead can."))
    if not own and made.is_exception:
        raise TransitionRefused(_("An exception made for the customer is not taken from the customer."))
    standing = Compensation.objects.standing().filter(pk=made.pk)
    if not standing.update(state=Compensation.State.TAKEN_BACK, taken_back_by=by, taken_back_at=now):
        raise TransitionRefused(_("This was taken back already, or never given."))
    key = f"compensation:{made.pk}:back"
    if made.entry is not None:
        account = PointsAccount.objects.of(Customer(pk=made.entry.record))
        account.reverse(made.entry, reason=PointsEntry.Reason.UNDONE, source=HOUSE, key=key, by=by, store=made.store_id)
    if made.coupon is not None:
        Coupon.objects.select_related("template").get(pk=made.coupon.pk).cancel(by=by, reason="goodwill")
    if made.budget is not None:
        made.budget.put_back(made.value_minor)
    _tell(made, "goodwill.taken_back", by=by)
    audit("goodwill.taken_back", by=by, of=made.customer, case=made.ticket.number, kind=made.kind, amount=made.amount)


@transaction.atomic
def review(made: Compensation, verdict: str, *, by: User, words: str = "") -> None:
    """A lead's look at an exception afterwards: fine, or not again, with words for the colleague. The gift stays.

    Of two leads one wins. Raises TransitionRefused for one's own, and for “not again” without words.
    """
    words = " ".join(words.split())[:WORDS]
    if made.by_id == by.pk or not looks_after(by, made):
        raise TransitionRefused(_("Somebody else looks at what you gave."))
    if verdict == Compensation.Verdict.NOT_AGAIN and not words:
        raise TransitionRefused(_("Say what you would do instead."))
    unseen = Compensation.objects.to_review().filter(pk=made.pk)
    if not unseen.update(verdict=verdict, reviewed_by=by, reviewed_at=timezone.now(), review_words=words):
        raise TransitionRefused(_("Somebody has looked at it already."))
    audit("goodwill.reviewed", by=by, of=made.customer, case=made.ticket.number, verdict=verdict)
    nudge(f"user.{made.by_id}", "approvals")


def pass_on() -> int:
    """Questions whose deadline is over go to the substitute; how many. Each once, however many do it at a time."""
    now, moved = timezone.now(), 0
    for approval in (
        Approval.objects.open()
        .filter(deadline__lte=now, passed_at=None)
        .select_related("compensation__ticket")
        .order_by("deadline")[:500]
    ):
        with transaction.atomic():
            still = Approval.objects.open().filter(pk=approval.pk, passed_at=None)
            if still.update(passed_at=now):
                whom = approval.substitute_id or approval.asked_id
                nudge(f"user.{whom}", "approvals")
                gift = approval.compensation
                Notice.tell(whom, Notice.Kind.ASKED, gift.ticket, key=f"gift:{gift.pk}")
                moved += 1
    return moved


# Inside


def _lock(ticket: Ticket, by: User | None) -> tuple[Customer, Ticket, Any]:
    """The customer who holds it now, the case, and the giver: until the transaction ends nobody else gives to this
    customer or by this giver, and no merge begins."""
    holder = Customer.objects.holder_of(ticket.customer_id)[0]
    person = Customer.objects.select_for_update(no_key=True).get(pk=holder)
    held = ticket._locked()
    if by is None:
        return person, held, None
    return person, held, User.objects.select_for_update(no_key=True).get(pk=by.pk)


def _refuse_if_closed(customer: Customer, ticket: Ticket) -> None:
    if customer.erased_at:
        raise TransitionRefused(_("This customer's record is closed."))
    if ticket.state in (State.CLOSED, State.MERGED):
        raise TransitionRefused(_("This case is closed: open it again first."))


def _refuse_exception(made: Compensation, authority: Authority) -> None:
    if not made.words:
        raise TransitionRefused(_("Say in a few words why the customer needs it."))
    mine = Compensation.objects.standing().filter(by=made.by, is_exception=True)
    today = mine.filter(kind=made.kind, given_at__gte=midnight(timezone.now())).aggregate(n=Sum("amount"))["n"] or 0
    if today + made.amount > authority.exception_max:
        most = size(made.kind, authority.exception_max)
        raise TransitionRefused(_("Exceptions go up to %(most)s a day; ask for more.") % {"most": most})
    if mine.filter(ticket=made.ticket).exists():
        raise TransitionRefused(_("You made an exception in this case already; ask for more."))


def _ask(made: Compensation, above: list[dict[str, Any]]) -> Compensation:
    grade = grade_of(made.customer_id)
    people = who_decides(made.store, made.kind, made.amount, made.reason, giver=made.by, grade=grade)
    if not people:
        raise TransitionRefused(_("Nobody here may approve that much. Give less, or ask head office."))
    made.state, made.above = Compensation.State.PENDING, True
    made.save(force_insert=True)
    Approval.objects.create(
        compensation=made, asked=people[0], substitute=people[1] if len(people) > 1 else None, why=above,
        deadline=timezone.now() + ANSWER_WITHIN,
    )  # fmt: skip
    nudge(f"user.{people[0].pk}", "approvals")
    Notice.tell(people[0].pk, Notice.Kind.ASKED, made.ticket, key=f"gift:{made.pk}", by=made.by)
    made.ticket.tell()
    return made


def _decide(approval: Approval, decision: str, *, by: User, words: str) -> Compensation:
    """Close the question under the customer's lock: what was asked for, still pending."""
    made = Compensation.objects.select_related("ticket").get(pk=approval.compensation_id)
    customer, ticket, _nobody = _lock(made.ticket, None)
    asked = Approval.objects.select_related("compensation", "asked").get(pk=approval.pk)
    if not asked.may_be_decided_by(by):
        raise TransitionRefused(_("This is somebody else's to decide, or not yet yours."))
    closed = Approval.objects.open().filter(pk=approval.pk).update(
        decision=decision, decided_by=by, decided_at=timezone.now(), words=" ".join(words.split())[:WORDS]
    )  # fmt: skip
    made = Compensation.objects.select_related("reason", "template", "store", "by").get(pk=made.pk)
    if not closed or made.state != Compensation.State.PENDING:
        raise TransitionRefused(_("This is decided already."))
    made.customer, made.ticket = customer, ticket
    return made


def _give_less(made: Compensation, approval: Approval, amount: int) -> None:
    if made.kind == Kind.COUPON:
        raise TransitionRefused(_("A coupon is given as it is, or not."))
    if not 0 < amount < made.amount:
        raise TransitionRefused(_("Approve at most what was asked for: %(most)s.") % {"most": made.what})
    Approval.objects.filter(pk=approval.pk).update(asked_for=made.amount)
    made.amount = made.value_minor = amount
    if made.kind == Kind.POINTS:
        made.value_minor = Programme.objects.main().worth(amount)


def _pay(made: Compensation, *, by: User) -> None:
    """Into the ledger, or a coupon, and out of the budget; all of it or nothing. `made` is saved as given."""
    made.given_at = made.given_at or timezone.now()
    fresh = made.pk is None
    if fresh:
        made.pk = _next_id()
    key = f"compensation:{made.pk}"
    if made.kind == Kind.POINTS:
        made.entry = PointsAccount.objects.of(made.customer).earn(
            made.amount, reason=PointsEntry.Reason.GOODWILL, source=HOUSE, key=key, by=by, store=made.store_id,
            explanation={"case": made.ticket.number},
        )  # fmt: skip
    elif made.template is not None:
        made.coupon = give(
            made.template, made.customer, by=by, channel="staff", source=HOUSE, key=key, reason="goodwill",
            store=made.store_id,
        )  # fmt: skip
    made.budget = StoreBudget.of(made.store)
    if made.budget is None:
        raise TransitionRefused(_("No budget is set for goodwill here. Ask who sets it up."))
    if not made.budget.take(made.value_minor):
        raise TransitionRefused(_("This month's budget for goodwill is used up here. Ask who sets it up."))
    made.save(force_insert=fresh)
    _tell(made, "goodwill.granted", by=by)


def _tell_decision(made: Compensation, *, by: User) -> None:
    nudge(f"user.{made.by_id}", "approvals")
    Notice.settle(Notice.Kind.ASKED, f"gift:{made.pk}")
    Notice.tell(made.by_id, Notice.Kind.DECIDED, made.ticket, key=f"gift:{made.pk}", by=by, decision=made.state)


def _next_id() -> int:
    """The number a row will have: the ledger's key names it before it can be written whole."""
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence('tickets_compensation', 'id'))")
        return int(cursor.fetchone()[0])


def _tell(made: Compensation, kind: str, *, by: User) -> None:
    made.customer.record(
        kind, by=by, store=made.store_id, case=made.ticket.number, what=made.kind, amount=made.amount,
        reason=dict(made.reason.name), coupon=dict(made.template.name) if made.template else {},
        exception=made.is_exception,
    )  # fmt: skip
    made.ticket.tell()


def _digest(*said: Any) -> bytes:
    return blake2b(canonical(list(said)), digest_size=16).digest()

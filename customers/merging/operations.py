"""The two verbs: merge and unmerge, each one transaction under locks on every record concerned."""

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.merging.moves import Apart, Move
from customers.models import Customer, MergeOperation, MergeSuggestion
from scrm.kernel.nudges import nudge
from scrm.kernel.refusals import TransitionRefused
from scrm.kernel.registry import merge_moves
from staff.models import User, audit


@transaction.atomic
def merge(
    survivor: Customer, loser: Customer, *, by: User | None, reason: str,
    origin: str = MergeOperation.Origin.PERSON, evidence: dict[str, Any] | None = None, address: str | None = None,
) -> MergeOperation:  # fmt: skip
    """Join the loser's record into the survivor's; records that were joined before are followed to their holder.

    Raises TransitionRefused without a reason, for one and the same person, or when either record is erased.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise TransitionRefused(_("Give a reason. It is needed to unmerge."))
    kept, joined = _both_locked(survivor.pk, loser.pk)
    operation = MergeOperation.objects.create(
        survivor=kept, loser=joined, origin=origin, reason=reason[:300], evidence=evidence or {}, by=by
    )
    for move in _moves():
        operation.journal[move.path] = move.merge(operation)
    operation.save(update_fields=["journal"])
    Customer.objects.filter(pk=joined.pk).update(merged_into=kept)
    for move in _moves():
        move.settle(operation)
    _decided(kept.pk, joined.pk, by=by)
    kept.record("customer.merged", by=by, other=joined.number, merge=operation.pk)
    audit("customer.merged", by=by, of=kept, address=address, loser=joined.pk, merge=operation.pk, origin=origin)
    for each in (kept.pk, joined.pk):
        nudge(f"customer.{each}", "merged")
    return operation


@transaction.atomic
def unmerge(operation: MergeOperation, *, by: User | None, reason: str, address: str | None = None) -> MergeOperation:
    """Take the loser's record apart again: its rows return, and what came under its old numbers since goes with it.

    Raises TransitionRefused without a reason, when it is undone already, or after an erasure.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise TransitionRefused(_("Give a reason. It stays in both histories."))
    apart = _apart(operation.pk)
    operation = apart.operation
    loser, survivor = operation.loser, operation.survivor
    if loser.erased_at or survivor.erased_at:
        raise TransitionRefused(_("The record was erased; there is nothing left to take apart."))
    for move in reversed(_moves()):
        if move.path in operation.journal:
            move.unmerge(operation.journal[move.path], apart)
    for each in apart.remaining:
        # The loser's own record goes along with none of them any more, should it be joined anew.
        along = each.journal.get("customers.Customer.merged_into", {}).get("rows", [])
        if loser.pk in along:
            along.remove(loser.pk)
        each.save(update_fields=["journal"])
    Customer.objects.filter(pk=loser.pk).update(merged_into=None)
    operation.undone_at, operation.undone_by, operation.undone_reason = timezone.now(), by, reason[:300]
    operation.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    _told_apart(loser.pk, survivor.pk, by=by)
    for one, other in ((loser, survivor), (survivor, loser)):
        one.record("customer.unmerged", by=by, other=other.number, merge=operation.pk)
        nudge(f"customer.{one.pk}", "merged")
    audit("customer.unmerged", by=by, of=survivor, address=address, loser=loser.pk, merge=operation.pk)
    return operation


@transaction.atomic
def suggest(one: Customer, other: Customer, *, by: User) -> MergeSuggestion:
    """Put two records side by side because somebody says so; a pair that was called different is opened again.

    Raises TransitionRefused for one and the same person.
    """
    first, second = sorted((one, other), key=lambda each: each.pk)
    if first == second:
        raise TransitionRefused(_("These two are one person already."))
    pair, _made = MergeSuggestion.objects.get_or_create(
        first=first, second=second, defaults={"score": 0.0, "source": MergeOperation.Origin.PERSON}
    )
    MergeSuggestion.objects.filter(pk=pair.pk, state=MergeSuggestion.State.DIFFERENT).update(
        state=MergeSuggestion.State.OPEN, decided_by=by, decided_at=timezone.now()
    )
    return pair


def gather() -> int:
    """Send home what reached a joined record after its merge (a file loaded at that moment); how many rows."""
    strays = {record for move in _moves() for record in move.strays()}
    standing = MergeOperation.objects.filter(loser__in=strays, undone_at=None).order_by("pk")
    return sum(_gather_one(pk) for pk in standing.values_list("pk", flat=True))


@transaction.atomic
def _gather_one(pk: int) -> int:
    try:
        apart = _apart(pk)  # locked as an unmerge locks it: of the two one sees what the other did
    except TransitionRefused:
        return 0
    operation, holder, moved = apart.operation, apart.holder, 0
    for move in _moves():
        if move.path in operation.journal:
            moved += move.gather(operation, operation.journal[move.path], holder)
    if moved:
        operation.save(update_fields=["journal"])
        for move in _moves():
            move.settle(MergeOperation(survivor_id=holder, loser=operation.loser, origin=operation.origin))
    return moved


def _moves() -> list[Move]:
    return merge_moves.all()


def _both_locked(survivor: int, loser: int) -> tuple[Customer, Customer]:
    """Both persons' standing records, locked in the order of their ids, chains followed to their end."""
    wanted = {survivor, loser}
    joined_before = Customer.objects.filter(pk__in=wanted).values_list("merged_into", flat=True)
    wanted |= {each for each in joined_before if each is not None}
    while True:
        rows = {row.pk: row for row in Customer.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
        further = {row.merged_into_id for row in rows.values() if row.merged_into_id} - wanted
        if not further:
            break
        wanted |= further
    kept, joined = (rows[rows[each].merged_into_id or each] for each in (survivor, loser))
    if kept.pk == joined.pk:
        raise TransitionRefused(_("These two are one person already."))
    if kept.erased_at or joined.erased_at:
        raise TransitionRefused(_("This customer's record is closed."))
    return kept, joined


def _apart(pk: int) -> Apart:
    """The operation with every other that stands in the same person, all their records locked."""
    tree = _tree(pk)
    while True:
        records = {each for one in tree for each in (one.survivor_id, one.loser_id)}
        list(Customer.objects.select_for_update().filter(pk__in=records).order_by("pk").values_list("pk"))
        again = _tree(pk)
        if {one.pk for one in again} <= {one.pk for one in tree}:
            break
        tree = again
    operation = next((each for each in again if each.pk == pk), None)
    if operation is None:
        raise TransitionRefused(_("This merge has been undone already."))
    holder = operation.loser.merged_into_id
    assert holder is not None, "a merge that stands has a survivor"
    went_along = operation.journal.get("customers.Customer.merged_into", {}).get("rows", [])
    return Apart(operation, holder, [operation.loser_id, *went_along], again)


def _tree(pk: int) -> list[MergeOperation]:
    """Every merge that stands in the person the operation belongs to, oldest first."""
    operation = MergeOperation.objects.get(pk=pk)
    if operation.undone_at:
        return []
    records = {operation.survivor_id}
    while True:
        standing = list(
            MergeOperation.objects.filter(Q(survivor__in=records) | Q(loser__in=records), undone_at=None)
            .select_related("survivor", "loser")
            .order_by("pk")
        )
        found = {each for one in standing for each in (one.survivor_id, one.loser_id)}
        if found <= records:
            return standing
        records |= found


def _decided(one: int, other: int, *, by: User | None) -> None:
    pair = MergeSuggestion.objects.filter(first=min(one, other), second=max(one, other))
    pair.update(state=MergeSuggestion.State.MERGED, decided_by=by, decided_at=timezone.now())


def _told_apart(one: int, other: int, *, by: User | None) -> None:
    # Told apart by a person: the comparison does not join them a second time.
    if by is not None:
        MergeSuggestion.objects.update_or_create(
            first_id=min(one, other), second_id=max(one, other),
            defaults={"state": MergeSuggestion.State.DIFFERENT, "decided_by": by, "decided_at": timezone.now()},
            create_defaults={"state": MergeSuggestion.State.DIFFERENT, "decided_by": by,
                             "decided_at": timezone.now(), "score": 0.0, "source": MergeOperation.Origin.PERSON},
        )  # fmt: skip

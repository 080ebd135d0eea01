"""A person's word on a customer's need, and taking it back: seen at once, and no computation changes it."""

from django.db import transaction
from django.utils import timezone

from customers.models import Customer
from journeys.models import NeedWord, Outlook, OutlookChange, OutlookDirty, OutlookRun
from staff.models import User


@transaction.atomic
def set_need(customer: Customer, need: str, *, by: User, why: str) -> NeedWord:
    """Overrule the need; an empty one leaves it to the figures again.

    Raises TransitionRefused for no such need, without a reason, or for a closed record.
    """
    word = NeedWord.say(customer, need, by=by, why=why)
    _apply(word.customer)
    customer.record("need_type.set", by=by, need=need, why=word.why)
    return word


@transaction.atomic
def take_back(word: NeedWord, *, by: User) -> None:
    """The word before it stands again. Raises TransitionRefused after ten minutes, or for somebody else's."""
    held = Customer.objects.select_for_update(no_key=True).get(pk=word.customer_id)
    word.take_back(by=by)
    _apply(held)
    held.record("need_type.taken_back", by=by)


def _apply(customer: Customer) -> None:
    """Write the word that stands into the outlook; the customer's row is locked."""
    OutlookDirty.mark(customer.pk)
    word = NeedWord.objects.standing().filter(customer=customer).order_by("-at", "-pk").first()
    row = Outlook.objects.select_for_update().filter(pk=customer.pk).first()
    said = word if word is not None and word.need else None
    need = said.need if said else row.reasons.get("need") if row else None
    if row is None and said is None:
        return
    before = row.cell if row else "-.-"
    changed, _new = Outlook.objects.update_or_create(
        customer=customer,
        defaults={"need": need, "need_by": said.by if said else None, "need_set_at": said.at if said else None,
                  "need_why": said.why if said else ""},
        create_defaults={"need": need, "need_by": said.by if said else None, "need_set_at": said.at if said else None,
                         "need_why": said.why if said else "", "as_of": timezone.localdate()},
    )  # fmt: skip
    if changed.cell != before and (row is not None or OutlookRun.objects.exists()):
        OutlookChange.objects.create(
            customer=customer, on=timezone.localdate(), before=before, after=changed.cell, why=OutlookChange.Why.SAID
        )

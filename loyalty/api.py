"""The door of tills and shops to points: earn, spend, take back, look."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Customer
from loyalty.api_shapes import EarnPoints, ReversePoints, ShownPoints, ShownWallet, SpendPoints
from loyalty.levels import standing_of
from loyalty.models import PointsAccount, PointsEntry
from loyalty.wallet import ending_of
from scrm.kernel.idempotency import key_of
from scrm.kernel.refusals import TransitionRefused
from staff.api import KEY_HEADER, MachineView, problems
from staff.api_key import scope


class LoyaltyView(MachineView):
    permission_classes = [scope("loyalty")]

    def read(self, shape: Any, request: Request) -> dict[str, Any]:
        given = shape(data=request.data)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    def key(self, request: Request, verb: str) -> str:
        """The command's own key in the ledger: it holds longer than the answer that is kept for repeats."""
        return f"{verb}:{key_of(request.headers.get('Idempotency-Key'))}"


class Earn(LoyaltyView):
    """Give points for something that is no purchase; purchases earn by themselves."""

    @extend_schema(operation_id="points_earn", parameters=[KEY_HEADER], request=EarnPoints,
                   responses={200: ShownPoints, 201: ShownPoints, **problems(409, 413, 415, 422)})  # fmt: skip
    def post(self, request: Request) -> Response:
        given = self.read(EarnPoints, request)
        key = self.key(request, "earn")
        return self.once(request, lambda: (201, _shown(_earned(given, source=self.client.code, key=key))))


class Spend(LoyaltyView):
    """Pay with points, those that end soonest first."""

    @extend_schema(operation_id="points_spend", parameters=[KEY_HEADER], request=SpendPoints,
                   responses={200: ShownPoints, 201: ShownPoints, **problems(409, 413, 415, 422)})  # fmt: skip
    def post(self, request: Request) -> Response:
        given = self.read(SpendPoints, request)
        key = self.key(request, "spend")
        return self.once(request, lambda: (201, _shown(_spent(given, source=self.client.code, key=key))))


class Reverse(LoyaltyView):
    """Take back an earn or a spend of one's own, whole or in part."""

    @extend_schema(operation_id="points_reverse", parameters=[KEY_HEADER], request=ReversePoints,
                   responses={200: ShownPoints, 201: ShownPoints, **problems(404, 409, 413, 415, 422)})  # fmt: skip
    def post(self, request: Request) -> Response:
        given = self.read(ReversePoints, request)
        key = self.key(request, "reverse")
        return self.once(request, lambda: (201, _shown(_reversed(given, source=self.client.code, key=key))))


class Wallet(LoyaltyView):
    """What a customer holds, by member number."""

    @extend_schema(operation_id="points_read", responses={200: ShownWallet, **problems(404)})
    def get(self, request: Request, number: str) -> Response:
        customer = None if "\0" in number else Customer.objects.filter(number=number, erased_at=None).first()
        if customer is None:
            raise Http404
        account = PointsAccount.objects.of(customer)
        usable = account.usable()
        level = standing_of(Customer.objects.get(pk=account.customer_id)).level
        return Response({
            "number": customer.number, "available": usable, "pending": account.pending, "debt": account.debt,
            "worth": account.programme.worth(usable), "level": level.code if level else None,
            "ending": [{"points": points, "ends_at": ends} for ends, points in ending_of(account)],
        })  # fmt: skip


def _earned(given: dict[str, Any], *, source: str, key: str) -> PointsEntry:
    customer, store = given["customer"], given.get("store")
    account = PointsAccount.objects.of(customer)
    return account.earn(
        given["points"], reason=given["reason"], source=source, key=key, source_ref=given.get("source_ref", ""),
        pending_days=given.get("pending_days", 0), store=store.pk if store else None,
    )  # fmt: skip


def _spent(given: dict[str, Any], *, source: str, key: str) -> PointsEntry:
    account, store, points = PointsAccount.objects.of(given["customer"]), given.get("store"), given["points"]
    if (bill := given.get("bill")) is not None:
        most = account.programme.most_for(bill, account.usable())
        if points > most or points % account.programme.spend_step:
            raise TransitionRefused(_("Of this bill points may pay at most %(most)s, in steps of %(step)s.") % {
                "most": f"{most:,}", "step": account.programme.spend_step})  # fmt: skip
    return account.spend(points, reason="payment", source=source, key=key, source_ref=given.get("order", ""),
                         store=store.pk if store else None)  # fmt: skip


def _reversed(given: dict[str, Any], *, source: str, key: str) -> PointsEntry:
    entry = PointsEntry.objects.filter(pk=given["entry"], source=source).select_related("account__customer").first()
    if entry is None:
        raise ValidationError({"entry": ["No line of this client's own."]})
    account = PointsAccount.objects.of(Customer.objects.get(pk=entry.record))
    return account.reverse(entry, given.get("points"), reason="refund" if entry.kind == "earn" else "undone",
                           source=source, key=key)  # fmt: skip


def _shown(entry: PointsEntry) -> dict[str, Any]:
    account = PointsAccount.objects.select_related("programme").get(pk=entry.account_id)
    return {"entry": entry.pk, "points": entry.delta, "worth": account.programme.worth(abs(entry.delta)),
            "available": account.available, "pending": account.pending, "debt": account.debt}  # fmt: skip

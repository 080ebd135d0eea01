"""Claiming of a flash drop by a shop or an app on a customer's behalf."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from loyalty import drops
from loyalty.api import LoyaltyView
from loyalty.api_shapes import ClaimDrop, ShownClaim
from loyalty.codes import grouped
from loyalty.models import Drop
from staff.api import KEY_HEADER, problems


class Claim(LoyaltyView):
    """One claim in one round trip. The same customer again gets the same answer, whatever the key."""

    @extend_schema(operation_id="drops_claim", parameters=[KEY_HEADER], request=ClaimDrop,
                   responses={200: ShownClaim, **problems(404, 413, 415)})  # fmt: skip
    def post(self, request: Request, code: str) -> Response:
        self.key(request, "claim")
        given = self.read(ClaimDrop, request)
        found = drops.claim(code, given["customer"].pk)
        if found is None:
            raise Http404
        answer: dict[str, Any] = {"outcome": found.outcome}
        if found.outcome == "won":
            answer |= {"code": grouped(found.code)}
        elif found.outcome == "gone":
            told = drops.answer_for(Drop.objects.get(code=code), given["customer"].pk)
            if told is not None:
                answer |= {"place": told.place, "missed_by": told.missed_by}
        return Response(answer)

"""The door of shops and bridges for people: bring one, read one's own, find one by a complete identity."""

import re
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from customers.actions import Brought, bring_customer
from customers.models import Customer, Identity, SourceKey
from scrm.kernel.keyset import page_of
from scrm.kernel.problem import TooMany
from staff.api import KEY_HEADER, MachineView, problems
from staff.api_key import counted, scope
from staff.models import Store, audit

BIRTHDAY = re.compile(r"(?:(\d{4})-)?(\d{2})-(\d{2})", re.ASCII)
STRONG = sorted(str(kind) for kind in Identity.STRONG)


class GivenIdentity(serializers.Serializer):
    """One identifier in clear; it is stored sealed."""

    kind = serializers.ChoiceField(choices=Identity.Kind.choices)
    value = serializers.CharField(max_length=120)

    def validate(self, data: dict[str, str]) -> dict[str, str]:
        if not Identity.tidy(data["kind"], data["value"]):
            raise ValidationError({"value": "This says nothing as an identity of its kind."})
        return data


class GivenCustomer(serializers.Serializer):
    """A person as the client knows them; names in clear, identities sealed."""

    source_ref = serializers.CharField(max_length=120)
    family_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    given_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    display_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    birthday = serializers.RegexField(
        r"^(\d{4}-)?\d{2}-\d{2}$", required=False, help_text="YYYY-MM-DD, or MM-DD without the year."
    )
    locale = serializers.ChoiceField(choices=[code for code, _name in settings.LANGUAGES], required=False)
    home_store = serializers.CharField(max_length=40, required=False, help_text="The store's code.")
    identities = serializers.ListField(child=GivenIdentity(), required=False, max_length=20)

    def validate_birthday(self, text: str) -> tuple[int | None, int, int]:
        match = BIRTHDAY.fullmatch(text)
        try:
            assert match is not None
            year = int(match[1]) if match[1] else None
            day = date(year or 2000, int(match[2]), int(match[3]))
        except (AssertionError, ValueError):
            raise ValidationError("This day does not exist.") from None
        if year is not None and (year < 1900 or day > date.today()):
            raise ValidationError("Nobody was born on this day.")
        return year, day.month, day.day

    def validate_home_store(self, code: str) -> Store:
        store = Store.objects.filter(code=code).first()
        if store is None:
            raise ValidationError("No store has this code.", code="unknown")
        return store

    def brought(self) -> Brought:
        data = dict(self.validated_data)
        identities = [(one["kind"], one["value"]) for one in data.pop("identities", [])]
        return Brought(**data, identities=identities)


class NamedIdentity(GivenIdentity):
    """One complete strong identity."""

    kind = serializers.ChoiceField(choices=STRONG)


@extend_schema_serializer(component_name="Identity")
class ShownIdentity(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Identity.Kind.choices)
    masked = serializers.CharField()
    verified = serializers.BooleanField()


@extend_schema_serializer(component_name="Customer")
class ShownCustomer(serializers.Serializer):
    """A customer; contact values are masked."""

    number = serializers.CharField()
    display_name = serializers.CharField()
    family_name = serializers.CharField()
    given_name = serializers.CharField()
    birthday = serializers.CharField(help_text="MM-DD, or empty.")
    locale = serializers.CharField()
    home_store = serializers.CharField(allow_null=True)
    provisional = serializers.BooleanField()
    joined_at = serializers.DateTimeField()
    identities = ShownIdentity(many=True)
    merged_from = serializers.CharField(required=False, help_text="The number asked for, when it was joined to this.")


@extend_schema_serializer(component_name="OwnCustomer")
class OwnCustomer(ShownCustomer):
    """A customer under the client's own key."""

    source_ref = serializers.CharField()


class CustomerPage(serializers.Serializer):
    """Follow `next` as `after` until it is null."""

    results = OwnCustomer(many=True)
    next = serializers.CharField(allow_null=True)


class BroughtCustomer(serializers.Serializer):
    number = serializers.CharField()
    state = serializers.ChoiceField(choices=["created", "joined", "updated", "unchanged"])


class Customers(MachineView):
    """People the client brought itself."""

    permission_classes = [scope("customers")]

    @extend_schema(
        operation_id="customers_list",
        parameters=[OpenApiParameter("after", str, description="`next` of the page before.")],
        responses={200: CustomerPage, **problems()},
    )
    def get(self, request: Request) -> Response:
        keys = SourceKey.objects.filter(source=self.client.code, kind="customers")
        page = page_of(keys, order=["source_ref"], cursor=request.query_params.get("after"), size=50)
        holders = holders_of([key.object_id for key in page.rows])
        shown = {
            customer.pk: customer
            for customer in Customer.objects.filter(pk__in=set(holders.values()), erased_at=None)
            .select_related("home_store").prefetch_related("identities")
        }  # fmt: skip
        results = [
            {"source_ref": key.source_ref} | as_told(shown[holders[key.object_id]])
            for key in page.rows
            if holders[key.object_id] in shown
        ]
        return Response({"results": results, "next": page.next_cursor})

    @extend_schema(
        operation_id="customers_bring", parameters=[KEY_HEADER], request=GivenCustomer,
        responses={200: BroughtCustomer, 201: BroughtCustomer, **problems(409, 413, 415, 422)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Bring one person; a strong identity that somebody holds joins the two unless they contradict each other."""
        given = GivenCustomer(data=request.data)

        def command() -> tuple[int, dict[str, Any]]:
            given.is_valid(raise_exception=True)
            customer, state = bring_customer(given.brought(), source=self.client.code)
            return 201 if state == "created" else 200, {"number": customer.number, "state": state}

        return self.once(request, command)


class OneCustomer(MachineView):
    """One person the client brought."""

    permission_classes = [scope("customers")]

    @extend_schema(operation_id="customers_read", responses={200: ShownCustomer, **problems(404)})
    def get(self, request: Request, number: str) -> Response:
        if len(number) > 40 or "\0" in number:
            raise Http404
        asked = Customer.objects.filter(number=number).first()
        if asked is None or not is_brought_by(asked.pk, self.client.code):
            raise Http404
        holder = Customer.objects.select_related("home_store").get(pk=holders_of([asked.pk])[asked.pk])
        if holder.erased_at:
            raise Http404
        return Response(as_told(holder) | ({"merged_from": number} if holder.pk != asked.pk else {}))


class FindCustomer(MachineView):
    """One person by a complete strong identity, as the counter does; each finding is written to the audit."""

    permission_classes = [scope("customers")]

    @extend_schema(
        operation_id="customers_find", request=NamedIdentity,
        responses={200: ShownCustomer, **problems(404, 413, 415)},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        if counted(f"api-finds:{self.client.pk}", 60) > settings.API_FINDS_A_MINUTE:
            raise TooMany("Too many looked for.", wait=60)
        named = NamedIdentity(data=request.data)
        named.is_valid(raise_exception=True)
        held = Identity.objects.holding(named.validated_data["kind"], named.validated_data["value"])
        identity = held.filter(shared=False, customer__erased_at=None).first()
        if identity is None:
            raise Http404
        customer = Customer.objects.select_related("home_store").get(
            pk=holders_of([identity.customer_id])[identity.customer_id]
        )
        audit("customer.found", by=None, client=self.client.code, of=customer, identity=identity.pk,
              address=request.META.get("REMOTE_ADDR"))  # fmt: skip
        return Response(as_told(customer))


def as_told(customer: Customer) -> dict[str, Any]:
    """What a machine may read of a customer; values of contact are masked."""
    return {
        "number": customer.number, "display_name": customer.display_name, "family_name": customer.family_name,
        "given_name": customer.given_name, "birthday": customer.birthday, "locale": customer.locale,
        "home_store": customer.home_store.code if customer.home_store else None, "provisional": customer.provisional,
        "joined_at": customer.joined_at.isoformat(),
        "identities": [
            {"kind": one.kind, "masked": one.hint, "verified": one.verified_at is not None}
            for one in sorted(customer.identities.all(), key=lambda one: one.pk) if one.active
        ],
    }  # fmt: skip


def holders_of(records: list[int]) -> dict[int, int]:
    """Record → who holds it now, over any number of merges."""
    with connection.cursor() as cursor:
        cursor.execute(
            """with recursive line (record, id, next) as (
                 select id, id, merged_into_id from customers_customer where id = any(%s)
                 union all
                 select line.record, c.id, c.merged_into_id from line join customers_customer c on c.id = line.next
               ) select record, id from line where next is null""",
            [records],
        )
        return dict(cursor.fetchall())


def is_brought_by(record: int, source: str) -> bool:
    """Whether this source brought the record, or one that was joined to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """with recursive line (id) as (
                 select %s::bigint
                 union all
                 select c.id from line join customers_customer c on c.merged_into_id = line.id
               ) select 1 from line join customers_sourcekey k on k.object_id = line.id
               where k.kind = 'customers' and k.source = %s limit 1""",
            [record, source],
        )
        return cursor.fetchone() is not None

"""The door of machines for segments: which there are, and which of the people a client brought are in one."""

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.models import Customer, Segment, SegmentMember, SourceKey
from customers.models.customer import CustomerQuerySet
from scrm.kernel.keyset import page_of
from staff.api import MachineView, problems
from staff.api_key import scope

AFTER = OpenApiParameter("after", str, description="`next` of the page before.")


@extend_schema_serializer(component_name="Segment")
class ShownSegment(serializers.Serializer):
    """A segment in use."""

    code = serializers.CharField()
    name = serializers.DictField(child=serializers.CharField(), help_text="By language: zh-hans, zh-hant, en.")
    version = serializers.IntegerField()
    refreshed_at = serializers.DateTimeField(allow_null=True)


@extend_schema_serializer(component_name="SegmentPage")
class ShownSegments(serializers.Serializer):
    """Follow `next` as `after` until it is null."""

    results = ShownSegment(many=True)
    next = serializers.CharField(allow_null=True)


@extend_schema_serializer(component_name="SegmentMember")
class ShownMember(serializers.Serializer):
    """A person in a segment."""

    number = serializers.CharField()
    via = serializers.ChoiceField(choices=["rule", "pin"])
    entered_at = serializers.DateTimeField()


@extend_schema_serializer(component_name="SegmentMemberPage")
class ShownMembers(serializers.Serializer):
    """Follow `next` as `after` until it is null."""

    results = ShownMember(many=True)
    next = serializers.CharField(allow_null=True)


@extend_schema_serializer(component_name="SegmentCheck")
class ShownCheck(serializers.Serializer):
    """Whether a person is in a segment."""

    inside = serializers.BooleanField()
    via = serializers.CharField(allow_null=True)
    entered_at = serializers.DateTimeField(allow_null=True)


class Segments(MachineView):
    """Segments in use, the newest first."""

    permission_classes = [scope("segments")]

    @extend_schema(operation_id="segments_list", parameters=[AFTER], responses={200: ShownSegments, **problems()})
    def get(self, request: Request) -> Response:
        page = page_of(Segment.objects.live(), order=["-id"], cursor=request.query_params.get("after"), size=50)
        results = [
            {"code": one.code, "name": dict(one.name), "version": one.version, "refreshed_at": _at(one.refreshed_at)}
            for one in page.rows
        ]
        return Response({"results": results, "next": page.next_cursor})


class Members(MachineView):
    """The people the client brought that are in a segment, as stored by the last refresh."""

    permission_classes = [scope("segments")]

    @extend_schema(
        operation_id="segment_members", parameters=[AFTER], responses={200: ShownMembers, **problems(404)}
    )  # fmt: skip
    def get(self, request: Request, code: str) -> Response:
        own = brought_by(self.client.code).filter(pk=OuterRef("customer"))
        rows = SegmentMember.objects.inside().filter(Exists(own), segment=_one(code)).select_related("customer")
        page = page_of(rows, order=["-entered_at", "-id"], cursor=request.query_params.get("after"), size=100)
        results = [
            {"number": row.customer.number, "via": row.via, "entered_at": _at(row.entered_at)} for row in page.rows
        ]
        return Response({"results": results, "next": page.next_cursor})


class OneMember(MachineView):
    """Whether one person the client brought is in a segment."""

    permission_classes = [scope("segments")]

    @extend_schema(operation_id="segment_check", responses={200: ShownCheck, **problems(404)})
    def get(self, request: Request, code: str, number: str) -> Response:
        if len(number) > 40 or "\0" in number:
            raise Http404
        segment = _one(code)
        customer = brought_by(self.client.code).filter(number=number).first()
        if customer is None:
            raise Http404
        row = SegmentMember.objects.inside().filter(segment=segment, customer=customer).first()
        said = {"inside": row is not None, "via": row.via if row else None,
                "entered_at": _at(row.entered_at) if row else None}  # fmt: skip
        return Response(said)


def brought_by(source: str) -> CustomerQuerySet:
    """Standing customers of whom this source brought the record, or one that was joined to it."""
    keys = SourceKey.objects.filter(source=source, kind="customers")
    joined = Customer.objects.filter(Exists(keys.filter(object_id=OuterRef("pk"))), merged_into=OuterRef("pk"))
    return Customer.objects.living().filter(Q(Exists(keys.filter(object_id=OuterRef("pk")))) | Q(Exists(joined)))


def _one(code: str) -> Segment:
    segment = Segment.objects.live().filter(code=code).first()
    if segment is None:
        raise Http404
    return segment


def _at(moment: Any) -> str | None:
    return moment.isoformat() if moment else None

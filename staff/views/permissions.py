"""The table of permissions, made from the one file that holds it."""

from django.http import HttpResponse
from django.shortcuts import render

from staff.doors import StaffRequest, door
from staff.models import Membership, Role
from staff.permissions import TABLE


@door("setup.read")
def index(request: StaffRequest) -> HttpResponse:
    people = dict.fromkeys(Role.values, 0)
    for role, user in Membership.objects.current().filter(user__is_active=True).values_list("role", "user").distinct():
        people[role] += 1 if user else 0
    roles = [{"name": role.label, "people": people[role]} for role in Role]
    rows = [{"words": row.words, "scopes": [row.scopes.get(role) for role in Role]} for row in TABLE]
    return render(request, "staff/permissions/index.html", {"roles": roles, "rows": rows})

"""The rail and the dock: what exists for this role, and nothing else."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from staff.models import Role


@dataclass(frozen=True)
class Room:
    """One of several pages that stand behind one entry of the rail."""

    name: str
    words: str | Promise
    permission: str


@dataclass(frozen=True)
class Entry:
    """One place of the product. `permission` opens it, `roles` carry it in their rail.

    With `rooms` it leads to the first one the reader may open; each of them shows the way to the others.
    """

    name: str
    words: str | Promise
    icon: str
    permission: str
    roles: frozenset[str]
    rooms: tuple[Room, ...] = ()


COUNTER = (Role.ASSOCIATE, Role.ADVISOR, Role.LEAD)
DESK = (Role.ADVISOR, Role.AGENT, Role.LEAD, Role.OPERATOR, Role.AUDITOR)
JOURNEYS = (
    Room("journeys:playbooks", _("Playbooks"), "playbook.read"),
    Room("journeys:parked", _("Parked"), "playbook.care"),
    Room("journeys:maps", _("Journey maps"), "map.read"),
    Room("journeys:questions", _("Questions"), "map.read"),
    Room("journeys:guides", _("Online guides"), "guide.read"),
    Room("journeys:packages", _("Packages"), "package.read"),
    Room("journeys:releases", _("New goods"), "package.change"),
    Room("journeys:pilots", _("Pilots"), "pilot.read"),
    Room("journeys:resources", _("Resources"), "resource.read"),
    Room("commerce:pairs", _("Bought together"), "pairs.read"),
)
ENTRIES = (
    Entry("tickets:board", _("Board"), "layout-dashboard", "team.read", frozenset({Role.LEAD})),
    Entry("tickets:approvals", _("Approvals"), "checks", "goodwill.approve", frozenset({Role.LEAD, Role.OPERATOR})),
    Entry("journeys:today", _("Today"), "sun", "clients.read", frozenset({Role.ADVISOR})),
    Entry("counter:home", _("Reception"), "user-search", "counter.receive", frozenset(COUNTER)),
    Entry("customers:clients", _("My clients"), "address-book", "clients.read", frozenset({Role.ADVISOR})),
    Entry("tickets:inbox", _("Cases"), "inbox", "cases.read",
          frozenset({Role.ASSOCIATE, Role.ADVISOR, Role.AGENT, Role.LEAD})),
    Entry("customers:tasks", _("To do"), "list-check", "fact.write",
          frozenset({Role.ASSOCIATE, Role.ADVISOR, Role.AGENT, Role.LEAD})),
    Entry("reception:appointments", _("Bookings"), "calendar-event", "appointment.book",
          frozenset({Role.ASSOCIATE, Role.ADVISOR, Role.LEAD})),
    Entry("looks:index", _("Looks"), "hanger", "look.make", frozenset({Role.ADVISOR})),
    Entry("reception:queue", _("Waiting line"), "list-numbers", "counter.receive",
          frozenset({Role.ASSOCIATE, Role.LEAD})),
    Entry("counter:team", _("Team"), "users-group", "team.read", frozenset({Role.LEAD})),
    Entry("journeys:coverage", _("Team's clients"), "address-book", "clients.assign", frozenset({Role.LEAD})),
    Entry("customers:index", _("Customers"), "users", "customer.read", frozenset(DESK)),
    Entry("segments:index", _("Segments"), "filter", "segment.read",
          frozenset({Role.ADVISOR, Role.LEAD, Role.OPERATOR, Role.AUDITOR})),
    Entry("journeys:playbooks", _("Journeys"), "route-2", "playbook.read",
          frozenset({Role.ADVISOR, Role.LEAD, Role.OPERATOR, Role.AUDITOR}), JOURNEYS),
    Entry("customers:companies", _("Companies"), "building", "customer.read",
          frozenset({Role.ADVISOR, Role.OPERATOR})),
    Entry("customers:signals", _("Outside"), "news", "signal.read", frozenset({Role.OPERATOR})),
    Entry("customers:pairs", _("Merge"), "git-merge", "customer.merge", frozenset({Role.OPERATOR, Role.LEAD})),
    Entry("loyalty:templates", _("Coupons"), "ticket", "loyalty.set_up", frozenset({Role.OPERATOR})),
    Entry("drops:index", _("Flash drops"), "gift", "loyalty.approve", frozenset({Role.OPERATOR, Role.LEAD})),
    Entry("loyalty:ledger", _("Points"), "coins", "ledger.prove", frozenset({Role.OPERATOR, Role.AUDITOR})),
    Entry("customers:picture", _("Picture"), "chart-bar", "metrics.read", frozenset({Role.OPERATOR, Role.AUDITOR})),
    Entry("journeys:value", _("Value and need"), "chart-dots", "metrics.read",
          frozenset({Role.OPERATOR, Role.AUDITOR})),
    Entry("tickets:goodwill_report", _("Goodwill"), "heart-handshake", "goodwill.report",
          frozenset({Role.OPERATOR, Role.AUDITOR})),
    Entry("imports:index", _("Import"), "file-import", "import.run", frozenset({Role.OPERATOR})),
    Entry("commerce:reconciliation", _("Payments"), "receipt", "payments.reconcile",
          frozenset({Role.OPERATOR, Role.LEAD})),
    Entry("staff:api_clients", _("API"), "plug", "client.manage", frozenset({Role.OPERATOR})),
    Entry("talks:outreach", _("Contacts"), "send", "outreach.read", frozenset({Role.OPERATOR, Role.AUDITOR})),
    Entry("scripts:index", _("Scripts"), "message-2", "script.write",
          frozenset({Role.AGENT, Role.LEAD, Role.OPERATOR})),
    Entry("knowledge:index", _("Knowledge"), "book", "article.read",
          frozenset({Role.AGENT, Role.LEAD, Role.OPERATOR})),
    Entry("scripts:touchpoints", _("Touchpoints"), "map-2", "touchpoint.read",
          frozenset({Role.LEAD, Role.OPERATOR, Role.AUDITOR})),
    Entry("talks:channels", _("Channels"), "route", "channel.manage", frozenset({Role.OPERATOR})),
    Entry("webhooks:index", _("Webhooks"), "webhook", "client.manage", frozenset({Role.OPERATOR})),
    Entry("staff:audit", _("Audit"), "shield-check", "audit.read", frozenset({Role.AUDITOR})),
    Entry("staff:permissions", _("Permissions"), "lock", "setup.read", frozenset({Role.AUDITOR, Role.OPERATOR})),
    Entry("admin:index", _("Set-up"), "adjustments-horizontal", "setup.read", frozenset({Role.OPERATOR})),
)  # fmt: skip

HOMES = {
    Role.ASSOCIATE: "counter:home",
    Role.ADVISOR: "journeys:today",
    Role.AGENT: "tickets:inbox",
    Role.LEAD: "tickets:board",
    Role.OPERATOR: "admin:index",
    Role.AUDITOR: "staff:audit",
}


def home_of(role: str | None) -> str:
    """Where `/` leads a role; without any role there is only one's own settings page."""
    return reverse(HOMES[Role(role)] if role else "staff:me")


def menu(request: HttpRequest) -> dict[str, Any]:
    """The context of every page: the rail of the signed-in person and where they are."""
    user = getattr(request, "user", None)
    page = {"html_language": getattr(request, "html_language", "zh-Hans"), "not_for_real_data": not settings.SECURE}
    if user is None or not user.is_authenticated or not hasattr(user, "roles"):
        return page
    shown = [entry for entry in ENTRIES if entry.roles & user.roles and user.may(entry.permission)]
    rail = [{"url": reverse(entry.name), "words": entry.words, "icon": entry.icon} for entry in shown]
    places: dict[str, list[dict[str, Any]]] = {
        str(item["url"]): [{"url": reverse(room.name), "words": room.words} for room in entry.rooms
                           if user.may(room.permission)]
        for item, entry in zip(rail, shown, strict=True)
    }  # fmt: skip
    # The longest address that begins the current one is where we are.
    addresses = [(url, url) for url in places] + [(room["url"], url) for url, rooms in places.items() for room in rooms]
    begun, here = max((pair for pair in addresses if request.path.startswith(pair[0])), key=lambda pair: len(pair[0]),
                      default=("", ""))  # fmt: skip
    rooms = places.get(here, []) if request.path == begun else []
    return page | {"rail": rail, "here": here, "rooms": rooms}

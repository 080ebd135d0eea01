"""The one table of permissions: who may do what, and on whose customers. Its page is made from it."""

from dataclasses import dataclass
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from staff.models.person import Role

ASSOCIATE, ADVISOR, AGENT, LEAD, OPERATOR, AUDITOR = Role
OWN_STORES = _("own stores")
OWN_CLIENTS = _("own clients and stores")
WHOLE_BRAND = _("whole brand")
YES = _("yes")


@dataclass(frozen=True)
class Permission:
    code: str
    words: str | Promise
    scopes: dict[Role, str | Promise]


TABLE: tuple[Permission, ...] = (
    Permission(
        "customer.read", _("Find and read customers"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES,
         OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND},
    ),
    Permission(
        "counter.receive", _("Receive at the counter: open any customer by a complete number until closing time"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_STORES, LEAD: OWN_STORES},
    ),
    Permission(
        "appointment.book", _("Book, move and cancel appointments, send the link to book"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES},
    ),
    Permission(
        "customer.reveal", _("See a full phone number or mail, each time logged"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND},
    ),
    Permission(
        "customer.merge", _("Join two records of one person, and take them apart"),
        {LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND},
    ),
    Permission(
        "loyalty.redeem", _("Use coupons and points at the counter, and take that back within minutes"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_STORES, LEAD: OWN_STORES},
    ),
    Permission(
        "loyalty.give", _("Give a coupon, use a privilege, hand out a gift, send the wallet link"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND},
    ),
    Permission(
        "loyalty.correct", _("Correct points, give a level, freeze or cancel a coupon"),
        {LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND},
    ),
    Permission("loyalty.set_up", _("Make coupons, rules, levels, campaigns and drops"), {OPERATOR: YES}),
    Permission("loyalty.approve", _("Be the second person for a costly coupon or a drop"), {LEAD: YES, OPERATOR: YES}),
    Permission("ledger.prove", _("Prove points and coupons, see what is outstanding"),
               {OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("customer.forget", _("Give out what is held on a customer, and forget one"), {OPERATOR: WHOLE_BRAND}),
    Permission(
        "fact.write", _("Write down what a customer told, confirm it, put it first"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES},
    ),
    Permission(
        "talk.answer", _("Read what customers write and answer, contact them for an occasion"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES},
    ),
    Permission(
        "look.make", _("Lay out looks for a customer and share them"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES},
    ),
    Permission("script.write", _("Read and write scripts, lay them before a second person"),
               {AGENT: YES, LEAD: YES, OPERATOR: YES}),
    Permission("script.approve", _("Approve scripts of others, look at them again, take them out of use"),
               {LEAD: YES, OPERATOR: YES}),
    Permission("touchpoint.read", _("See the map of touchpoints: who answers for each, its standard, how it goes"),
               {LEAD: YES, OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("outreach.read", _("See all contacts that were made, held back or refused, and why"),
               {OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("channel.manage", _("Set up channels, play the customer's side of the sandbox, look after arrivals"),
               {OPERATOR: YES}),
    Permission(
        "circle.change", _("Note households, companies and who is what there"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND},
    ),
    Permission("signal.read", _("Read studies and reports from outside"),
               {ADVISOR: YES, LEAD: YES, OPERATOR: YES, AUDITOR: YES}),
    Permission("signal.add", _("Bring in studies and reports from outside"), {OPERATOR: YES}),
    Permission("clients.read", _("Keep a book of own clients"), {ADVISOR: OWN_CLIENTS, LEAD: OWN_STORES}),
    Permission("clients.assign", _("See who keeps which clients, pass clients on to another advisor"),
               {LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND}),
    Permission(
        "cases.read", _("Read cases: those handed to the store, of own clients, of the desk"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND,
         AUDITOR: WHOLE_BRAND},
    ),
    Permission(
        "cases.handle", _("Open a case, write into one, do its steps, say it is done"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES},
    ),
    Permission("cases.work", _("Work in the case inbox: take, pass on, hand to a store, join, put off"),
               {AGENT: OWN_STORES, LEAD: OWN_STORES}),
    Permission("macro.make", _("Make and change own macros of cases"), {AGENT: YES, LEAD: YES, OPERATOR: YES}),
    Permission("cases.share", _("Lay saved views and macros of cases ready for everybody"),
               {LEAD: YES, OPERATOR: YES}),
    Permission(
        "goodwill.grant", _("Make good: points, coupons, money off within own limits; ask for more"),
        {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES},
    ),
    Permission("goodwill.approve", _("Decide on goodwill above a colleague's limits, look at exceptions, take it back"),
               {LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND}),
    Permission("goodwill.report", _("See what goodwill cost and what came of it"),
               {LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("cases.set_up", _("Set up topics, promises, ladders and limits of cases"), {OPERATOR: YES}),
    Permission("article.read", _("Read what is known: articles for colleagues and for everybody"),
               {ASSOCIATE: YES, ADVISOR: YES, AGENT: YES, LEAD: YES, OPERATOR: YES}),
    Permission("article.write", _("Write articles, lay them before a second person"),
               {AGENT: YES, LEAD: YES, OPERATOR: YES}),
    Permission("article.approve", _("Approve articles of others, look at them again, take them out of use"),
               {LEAD: YES, OPERATOR: YES}),
    Permission("team.read", _("See the team's day"), {LEAD: OWN_STORES}),
    Permission("import.run", _("Load files: map, try, run, resume"), {OPERATOR: WHOLE_BRAND}),
    Permission("segment.read", _("See segments, their rules, and who of one's own customers is in them"),
               {ADVISOR: OWN_CLIENTS, LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("segment.manage", _("Make segments, publish them, pin and block customers"), {OPERATOR: WHOLE_BRAND}),
    Permission("package.read", _("See service packages, and who of one's own customers has them"),
               {ADVISOR: OWN_CLIENTS, LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("package.change", _("Make service packages, publish them, take them out of use"),
               {OPERATOR: WHOLE_BRAND}),
    Permission("package.give", _("Give a customer a package by hand, end one"),
               {ADVISOR: OWN_CLIENTS, LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND}),
    Permission("playbook.read", _("See playbooks, and where one's own customers are in them"),
               {ADVISOR: OWN_CLIENTS, LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("playbook.change", _("Make playbooks, publish, pause and end them"), {OPERATOR: WHOLE_BRAND}),
    Permission("playbook.care", _("See to customers who are stuck in a playbook, take one out"),
               {LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND}),
    Permission("resource.read", _("See experts, rooms, slots and guides, and their weeks"),
               {ASSOCIATE: OWN_STORES, ADVISOR: OWN_STORES, AGENT: OWN_STORES, LEAD: OWN_STORES,
                OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("resource.reserve", _("Reserve an expert, room or slot, send a guide"),
               {ASSOCIATE: OWN_STORES, ADVISOR: OWN_CLIENTS, AGENT: OWN_STORES, LEAD: OWN_STORES,
                OPERATOR: WHOLE_BRAND}),
    Permission("resource.change", _("Set up what can be reserved, and guides"), {OPERATOR: WHOLE_BRAND}),
    Permission("pilot.read", _("See pilots with their figures, and who of one's own customers takes part"),
               {LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("pilot.change", _("Plan pilots, start them, note changes, go on to the next step"),
               {OPERATOR: WHOLE_BRAND}),
    Permission("pilot.decide", _("Decide at the gate of a pilot: go on, change, stop"),
               {LEAD: WHOLE_BRAND, OPERATOR: WHOLE_BRAND}),
    Permission("map.read", _("See journey maps and the bank of questions"),
               {ADVISOR: YES, LEAD: YES, OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("map.change", _("Make journey maps, set feelings, pains and delights"), {OPERATOR: WHOLE_BRAND}),
    Permission("question.change", _("Write the bank of questions"), {OPERATOR: WHOLE_BRAND}),
    Permission("guide.read", _("See online guides and how far their visitors come"),
               {LEAD: WHOLE_BRAND, OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("guide.change", _("Set up online guides"), {OPERATOR: WHOLE_BRAND}),
    Permission("metrics.read", _("See the picture of all customers"), {OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("pairs.read", _("See what is bought together"),
               {LEAD: WHOLE_BRAND, OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("payments.reconcile", _("Compare payments per till and day"), {LEAD: OWN_STORES, OPERATOR: WHOLE_BRAND}),
    Permission(
        "client.manage", _("Let machines in: their keys, what they may do, where news are sent"), {OPERATOR: YES}
    ),
    Permission("audit.read", _("Read who did what"), {AUDITOR: WHOLE_BRAND}),
    Permission("setup.read", _("See the set-up and the raw facts"), {OPERATOR: WHOLE_BRAND, AUDITOR: WHOLE_BRAND}),
    Permission("setup.change", _("Change the set-up"), {OPERATOR: YES}),
    Permission("self.manage", _("Own language, time zone, sessions and second factor"), dict.fromkeys(Role, YES)),
)  # fmt: skip


@cache
def roles_with(code: str) -> frozenset[str]:
    """The roles that hold a permission; an unknown code is a programmer's mistake and raises LookupError."""
    for permission in TABLE:
        if permission.code == code:
            return frozenset(permission.scopes)
    raise LookupError(code)

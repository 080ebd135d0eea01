"""What each audited deed is called on the page, and how what it was done to is named and found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import TextField, Value
from django.utils.translation import gettext_lazy as _

words_of = {
    "signin.in": _("Signed in"),
    "signin.out": _("Signed out"),
    "signin.code": _("Confirmed by code"),
    "signin.failed": _("Wrong password"),
    "signin.locked": _("Account resting after wrong passwords"),
    "signin.password": _("Changed own password"),
    "signin.ended": _("Ended another session"),
    "customer.received": _("Opened a customer at the counter"),
    "customer.revealed": _("Saw a full number"),
    "customer.merged": _("Joined two records of one person"),
    "customer.unmerged": _("Took two records apart"),
    "customer.exported": _("Gave out everything held on a customer"),
    "customer.erased": _("Erased a customer"),
    "value.borders_set": _("Changed the borders of value"),
    "alarm.reveals": _("Alarm: many full numbers seen within an hour"),
    "audit.proved": _("Checked the audit against its seals"),
    "keys.added": _("Added a new master key"),
    "keys.retired": _("Retired the former master keys"),
    "keys.reindexed": _("Gave the index of identities another key"),
    "client.added": _("Added an API client"),
    "client.key_made": _("Made a key of an API client"),
    "client.key_ended": _("Ended a key of an API client"),
    "client.scopes": _("Changed what an API client may do"),
    "client.switched_on": _("Let an API client in"),
    "client.switched_off": _("Kept an API client out"),
    "customer.found": _("A machine found a customer by a complete number"),
    "webhook.added": _("Added a webhook"),
    "webhook.rotated": _("Made a new secret of a webhook"),
    "webhook.paused": _("A webhook was paused"),
    "client.signing_key_made": _("Made a signing key for a client"),
    "client.signing_key_ended": _("Ended a signing key of a client"),
    "delivery.reused": _("A client sent another body under a known webhook-id"),
    "inbox.replayed": _("Let an arrival that was given up be tried again"),
    "record.opened": _("Opened a sensitive record file"),
    "record.written": _("Wrote into a sensitive record file"),
    "cover.begun": _("Let a colleague look after the clients of another"),
    "cover.ended": _("Ended a cover of clients"),
    "playbook.made": _("Made a playbook"),
    "playbook.published": _("Published a version of a playbook"),
    "playbook.paused": _("Paused a playbook"),
    "playbook.resumed": _("Let a playbook go on"),
    "playbook.retired": _("Took a playbook out of use"),
    "playbook.retried": _("Let customers who were stuck in a playbook try again"),
    "playbook.retried_all": _("Let all who were stuck in a playbook for one reason try again"),
    "playbook.skipped": _("Passed over a step for customers who were stuck"),
    "playbook.taken_out": _("Took customers out of a playbook"),
    "package.made": _("Made a service package"),
    "package.published": _("Published a version of a package"),
    "package.retired": _("Took a package out of use"),
    "package.given": _("Gave a customer a package"),
    "package.ended": _("Ended a customer's package"),
    "resource.made": _("Set up something to reserve"),
    "resource.changed": _("Changed what can be reserved"),
    "resource.retired": _("Took something out of the reservations"),
    "content.made": _("Added a guide"),
    "content.changed": _("Changed a guide"),
    "look.link_made": _("Made a link to a look board"),
    "guide.made": _("Set up an online guide"),
    "guide.changed": _("Changed an online guide"),
    "guide.retired": _("Took an online guide out of use"),
    "guide.restored": _("Brought an online guide back into use"),
    "pilot.made": _("Planned a pilot"),
    "pilot.begun": _("Began a step of a pilot"),
    "pilot.asked": _("Asked to let a step of a pilot pass early"),
    "pilot.agreed": _("Let a step of a pilot pass early, as the second person"),
    "pilot.declined": _("Did not let a step of a pilot pass early"),
    "pilot.decided": _("Decided at the gate of a pilot"),
    "map.made": _("Made a journey map"),
    "map.retired": _("Took a journey map out of use"),
    "map.restored": _("Brought a journey map back into use"),
    "question.made": _("Wrote a question for customers"),
    "question.changed": _("Changed the answers of a question"),
    "question.retired": _("Took a question out of use"),
    "question.restored": _("Brought a question back into use"),
    "segment.saved": _("Saved a version of a segment"),
    "segment.published": _("Published a version of a segment"),
    "segment.retired": _("Took a segment out of use"),
    "segment.pinned": _("Kept a customer in a segment by hand"),
    "segment.blocked": _("Kept a customer out of a segment by hand"),
    "segment.let_go": _("Took a pin or block of a segment back"),
    "script.submitted": _("Laid a script before a second person"),
    "script.sent_back": _("Sent a script back to be changed"),
    "script.approved": _("Approved a script"),
    "script.retired": _("Took a script out of use"),
    "script.confirmed": _("Looked at a script again: still right"),
    "article.submitted": _("Laid an article before a second person"),
    "article.sent_back": _("Sent an article back to be changed"),
    "article.approved": _("Approved an article"),
    "article.retired": _("Took an article out of use"),
    "article.confirmed": _("Looked at an article again: still right"),
    "macro.made": _("Made a macro of cases for others"),
    "macro.changed": _("Changed a macro of cases for others"),
    "macro.removed": _("Removed a macro of cases for others"),
    "macro.restored": _("Brought back a macro of cases for others"),
    "channel.secrets_given": _("Gave secrets of a channel"),
    "channel.hook_made": _("Made the address a channel's provider calls"),
    "channel.stopped": _("Stopped a channel"),
    "channel.started": _("Started a channel"),
    "webhook.resumed": _("Let a webhook send again"),
    "webhook.disabled": _("A webhook is gone (410)"),
    "webhook.ended": _("Ended a webhook"),
    "webhook.replayed": _("Sent messages of a webhook again"),
    "import.uploaded": _("Uploaded a file"),
    "import.tried": _("Tried an import"),
    "import.started": _("Started an import"),
    "import.stopped": _("Stopped an import"),
    "import.failed_rows_taken": _("Took the rows that failed"),
    "coupon.submitted": _("Laid a coupon before a second person"),
    "coupon.published": _("Published a coupon"),
    "coupon.sent_back": _("Sent a coupon back to be changed"),
    "coupon.paused": _("Paused a coupon"),
    "coupon.resumed": _("Let a coupon be given again"),
    "coupon.ended": _("Ended a coupon"),
    "coupon.changed": _("Changed stock or end of a coupon"),
    "coupon.frozen": _("Froze a customer's coupon"),
    "coupon.unfrozen": _("Let a frozen coupon go"),
    "coupon.cancelled": _("Cancelled a customer's coupon"),
    "coupon.conflict": _("Two tills without a line took one coupon"),
    "bulk.started": _("Started giving a coupon to many"),
    "bulk.stopped": _("Stopped giving a coupon to many"),
    "points.rule_published": _("Published a rule for earning points"),
    "points.corrected": _("Corrected points by hand"),
    "level.given": _("Gave a level by hand"),
    "campaign.budget": _("Set the budget of a campaign"),
    "campaign.turned": _("Started, stopped or ended a campaign"),
    "drop.armed": _("Prepared a flash drop"),
    "drop.stopped": _("Stopped a flash drop"),
    "wallet.link_made": _("Made a wallet link for a customer"),
    "preferences.link_made": _("Made a link for a customer to choose what we may send"),
    "booking.link_made": _("Made a link for a customer to book a time"),
    "case.linked": _("Linked two cases"),
    "case.unlinked": _("Took a link between cases away"),
    "goodwill.exception": _("Gave above own limits, for the customer"),
    "goodwill.approved": _("Approved goodwill above a colleague's limits"),
    "goodwill.declined": _("Declined goodwill above a colleague's limits"),
    "goodwill.taken_back": _("Took goodwill back"),
    "goodwill.reviewed": _("Looked at an exception made for a customer"),
    "ledger.proved": _("Proved the points ledger"),
    "alarm.codes": _("Alarm: many wrong coupon codes"),
}


@dataclass(frozen=True)
class Subject:
    """One kind of object deeds are done to: its word, how its rows are found by number, and what they are called."""

    words: Any
    find: Callable[[str], list[int]]
    names: Callable[[list[str]], dict[str, str]]


# By model label such as “customers.customer”; a room registers its own in its apps.py.
subjects: dict[str, Subject] = {}
coded: dict[str, Any] = {}


def name_by_code(model: Any, words: Any) -> None:
    """Let the audit call the rows of a model by their code, and find them by it."""

    coded[model._meta.label_lower] = model

    def names(ids: list[str]) -> dict[str, str]:
        rows = model.objects.filter(pk__in=[int(pk) for pk in ids if pk.isdigit()]).values_list("pk", "code")
        return {str(pk): code for pk, code in rows}

    subjects[model._meta.label_lower] = Subject(words, lambda code: [], names)


def found(number: str) -> dict[str, list[int]]:
    """The rows of every kind that bear a number or code; those with codes are asked in one query together."""
    hits = {kind: subject.find(number) for kind, subject in subjects.items() if kind not in coded}
    asked = [
        model.objects.filter(code=number).order_by().values_list(Value(kind, TextField()), "pk")
        for kind, model in coded.items()
    ]
    for kind, pk in asked[0].union(*asked[1:], all=True) if asked else ():
        hits.setdefault(kind, []).append(pk)
    return {kind: ids for kind, ids in hits.items() if ids}

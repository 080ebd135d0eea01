"""What playbooks may hear of, by kind of event, in the words of the builder."""

from django.utils.translation import gettext_lazy as _

HEARABLE = {
    "order.paid": _("buys"),
    "refund.made": _("sends something back"),
    "visit.made": _("comes to a store"),
    "trial.logged": _("tries something on"),
    "appointment.booked": _("books a time"),
    "appointment.missed": _("misses an appointment"),
    "browse.session": _("looks at goods in shop or app"),
    "coupon.redeemed": _("uses a coupon"),
    "message.received": _("writes to us"),
    "case.opened": _("has a new case"),
    "case.resolved": _("has a case solved"),
    "customer.joined": _("becomes a customer"),
    "level.reached": _("reaches a level"),
    "level.warned": _("is about to lose a level"),
    "need.unmet": _("has a need we could not meet"),
    "consent.withdrawn": _("takes a consent back"),
    "interest.began": _("considers something"),
    "package.given": _("is given a package"),
}
TASK_ENDED = ("task.done", "task.dropped")
DATES = {
    "birthday": _("Birthday"),
    "first_order": _("Anniversary of the first purchase"),
    "refill": _("Usual time of the next purchase"),
    "bought": _("Days after the last purchase"),
}
# Why somebody was not taken in, as PlaybookDay.what.
NOT_IN = {
    "in_it": _("is in it already"),
    "again": _("was in it lately"),
    "other": _("is in another playbook"),
    "case": _("has an open case"),
}

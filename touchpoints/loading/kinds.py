"""The kinds of file this room takes in."""

from django.utils.translation import gettext_lazy as _

from customers.loading.kinds import CUSTOMER, KEY
from scrm.kernel.loading import Field, LoadKind
from scrm.kernel.registry import load_kinds
from touchpoints.loading import outreach, visits
from touchpoints.models import Trial, Visit
from touchpoints.models.outreach import WAYS

VISITS = LoadKind(
    "visits", _("Visits"),
    (
        KEY, CUSTOMER,
        Field("store", _("Store"), required=True, length=40),
        Field("arrived_at", _("Came"), "dated", required=True),
        Field("left_at", _("Left"), "moment"),
        Field("received_by", _("Received by"), length=150),
        Field("recognised_by", _("Recognised by"), "choice", choices=tuple(str(way) for way in Visit.RecognisedBy)),
        Field("sku", _("Product tried on"), length=60),
        Field("result", _("What came of it"), "choice", choices=tuple(str(result) for result in Trial.Result)),
        Field("reason", _("Reason"), length=200),
    ),
    visits.visits, key=("source_ref", "sku"),
)  # fmt: skip
OUTREACH = LoadKind(
    "outreach", _("Contacts made"),
    (
        KEY, CUSTOMER,
        Field("at", _("Moment"), "dated"),
        Field("campaign", _("Campaign"), length=120),
        Field("scene", _("Code of the occasion"), length=40),
        Field("channel", _("Channel"), "choice", choices=tuple(way for way, _words in WAYS)),
        Field("outcome", _("What came of it"), "choice", choices=outreach.OUTCOMES),
        Field("subject", _("Subject"), length=200),
        Field("text", _("What was said"), length=4000),
        Field("made_by", _("Made by"), length=150),
    ),
    outreach.contacts, tables=("touchpoints_outreach", "customers_event"),
)  # fmt: skip


def register() -> None:
    for kind in (VISITS, OUTREACH):
        load_kinds.add(kind.name, kind)

"""The kinds of file this room takes in."""

from django.utils.translation import gettext_lazy as _

from customers.loading import clicks, consents, people, tagging
from customers.models import Customer, Identity, Purpose
from customers.models.consent import MARKETING_CHANNELS
from scrm.kernel.loading import Field, LoadKind
from scrm.kernel.registry import load_kinds

KEY = Field("source_ref", _("Key in the source"), required=True, length=120)
CUSTOMER = Field("customer", _("Customer"), "customer", required=True, length=120)
CHANNEL = Field("channel", _("Channel"), length=10)
STORE = Field("store", _("Store"), length=40)
PLACES = (
    Field("country", _("Country code"), length=2), Field("region", _("Province"), length=80),
    Field("city", _("City"), length=80), Field("district", _("District"), length=80),
    Field("street", _("Street"), length=200), Field("postcode", _("Postcode"), length=20),
)  # fmt: skip

CUSTOMERS = LoadKind(
    "customers", _("Customers"),
    (
        KEY,
        Field("number", _("Member number shown"), length=40),
        Field("family_name", _("Family name"), length=80),
        Field("given_name", _("Given name"), length=80),
        Field("display_name", _("Name"), length=200),
        Field("latin_name", _("Latin name"), length=120),
        Field("salutation", _("Salutation"), "choice", choices=tuple(str(c) for c in Customer.Salutation if c)),
        Field("birthday", _("Birthday"), "birthday"),
        Field("company_name", _("Company"), length=200),
        Field("locale", _("Language"), "choice", choices=("zh-hans", "zh-hant", "en")),
        Field("home_store", _("Home store"), length=40),
        Field("advisor", _("Advisor"), length=150),
        Field("joined_at", _("Joined"), "moment"),
        *(Field(str(kind), kind.label, length=120) for kind in Identity.Kind),
        *PLACES,
    ),
    people.customers, open_under="attributes",
    tables=("customers_customer", "customers_sourcekey", "customers_identity"),
)  # fmt: skip
IDENTITIES = LoadKind(
    "identities", _("Identities"),
    (
        CUSTOMER,
        Field("kind", _("Kind"), "choice", required=True, choices=tuple(str(kind) for kind in Identity.Kind)),
        Field("value", _("Value"), required=True, length=120),
    ),
    people.identities, key=("kind", "value"),
)  # fmt: skip
ADDRESSES = LoadKind(
    "addresses", _("Addresses"),
    (
        KEY, CUSTOMER,
        Field("label", _("Label"), length=40), *PLACES,
    ),
    people.addresses,
)  # fmt: skip
CONSENTS = LoadKind(
    "consents", _("Consents"),
    (
        CUSTOMER,
        Field("purpose", _("Purpose"), "choice", required=True, choices=tuple(str(one) for one in Purpose)),
        Field("channel", _("Channel"), "choice", choices=MARKETING_CHANNELS),
        Field("given", _("Given"), "flag", required=True),
        Field("at", _("Moment"), "dated", required=True),
    ),
    consents.consents, key=("customer", "purpose", "channel", "at"), tables=("customers_consent",),
)  # fmt: skip
TAGS = LoadKind(
    "tags", _("Tags"),
    (
        CUSTOMER,
        Field("dimension", _("Dimension"), required=True, length=40),
        Field("value", _("Value"), required=True, length=60),
        Field("at", _("Moment"), "dated", required=True),
    ),
    tagging.tags, key=("customer", "dimension", "value", "at"), tables=("customers_tag", "customers_event"),
)  # fmt: skip
EVENTS = LoadKind(
    "events", _("Timeline lines"),
    (
        KEY, CUSTOMER,
        Field("kind", _("Event kind"), required=True, length=40),
        Field("at", _("Moment"), "dated", required=True),
        STORE, CHANNEL,
    ),
    clicks.events, open_under="details",
)  # fmt: skip
BROWSE = LoadKind(
    "browse", _("Clicks"),
    (
        Field("session", _("Session"), required=True, length=80),
        Field("at", _("Moment"), "dated", required=True),
        Field("kind", _("Kind of click"), required=True, length=30),
        Field("customer", _("Customer"), "customer", length=120),
        Field("visitor", _("Visitor"), length=80),
        Field("category", _("Category"), length=60),
        Field("product", _("Product"), length=60),
        CHANNEL,
    ),
    clicks.browse, key=("session",), collects="session",
)  # fmt: skip


def register() -> None:
    for kind in (CUSTOMERS, IDENTITIES, ADDRESSES, CONSENTS, TAGS, EVENTS, BROWSE):
        load_kinds.add(kind.name, kind)

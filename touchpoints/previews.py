"""How an answer will reach the customer on one channel, and why it would not: read from the same rules that send it."""

from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from touchpoints.channels.protocol import Kind, Outgoing
from touchpoints.channels.sms import wording
from touchpoints.models import Conversation, Way
from touchpoints.models.channel import IDENTITIES
from touchpoints.models.talk import LONGEST
from touchpoints.models.template import BLANK, OWN_BLANKS, blanks_of, filled

# What an adapter would answer, in words of a person; the codes are those of `Refused`.
WHY_NOT = {
    "no_template": _("This provider sends approved texts only: a free answer cannot leave here."),
    "notice_with_marketing": _("An offer may not go as a service message: take it out."),
    "too_long": _("This is longer than the channel takes: shorten it."),
    "no_address": _("There is no address to send it to."),
    "bad_address": _("What we sent to this address came back: choose another way."),
}


@dataclass(frozen=True)
class Preview:
    """What the customer sees: `parts` and `coding` of a short message, sender and subject of a mail; or why not."""

    way: str
    body: str
    locale: str
    why_not: str = ""
    missing: list[str] = field(default_factory=list)
    sender: str = ""
    subject: str = ""
    signature: str = ""
    signs: int = 0
    parts: int = 0
    coding: str = ""


def as_sent(talk: Conversation, text: str) -> str:
    """The words with the blanks of scripts filled; other braces stay as they were typed."""
    values = blanks_of(talk.customer, talk.customer.locale)
    return BLANK.sub(lambda found: filled(found[0], values) if found[1] in OWN_BLANKS else found[0], text.strip())


def preview_of(talk: Conversation, text: str) -> Preview:
    values = blanks_of(talk.customer, talk.customer.locale)
    body, way = as_sent(talk, text), talk.channel.way
    missing = [name for name in dict.fromkeys(BLANK.findall(text)) if name in OWN_BLANKS and not values.get(name)]
    own = talk.channel.settings
    sender = subject = signature = coding = ""
    signs = parts = 0
    if way == Way.SMS:
        signature = f"【{own['sign_name']}】" if own.get("sign_name") else ""
        coding = wording.coding_of(signature + body)
        signs, parts = wording.units_of(signature + body), wording.parts_in(signature + body)
        sender = str(own.get("from_number") or "")
    elif way == Way.MAIL:
        subject = talk.reply_subject()
        address = str(own.get("from_address") or "")
        sender = f"{own.get('from_name')} <{address}>" if own.get("from_name") and address else address
    return Preview(
        way, body, talk.customer.locale, _why_not(talk, body), missing, sender, subject, signature, signs, parts, coding
    )


def _why_not(talk: Conversation, body: str) -> str:
    """The rules of the conversation first, then those of the channel. A reply asks no consent and knows no quiet."""
    if why := talk.why_closed():
        return why
    if len(body) > LONGEST:
        return str(WHY_NOT["too_long"])
    channel, identity = talk.channel, talk.identity
    if channel.adapter not in ("sandbox", "web"):
        if identity is None or identity.kind not in IDENTITIES[Way(channel.way)]:
            return str(WHY_NOT["no_address"])
        if identity.suspended_at:
            return str(WHY_NOT["bad_address"])
    look = getattr(channel.open(), "why_not", None)
    code = look(Outgoing("preview", Kind.NOTICE, "", body)) if look is not None else ""
    return str(WHY_NOT.get(code, code))

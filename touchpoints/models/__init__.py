from touchpoints.models.channel import Channel, Way
from touchpoints.models.chat import Visitor
from touchpoints.models.inbox import Delivery, Inbox
from touchpoints.models.outreach import ChannelChoice, Hand, HoldoutDraw, Outreach, OutreachScene, Restraint
from touchpoints.models.talk import Conversation, Message
from touchpoints.models.template import Template, Variant
from touchpoints.models.visit import Trial, Visit
from touchpoints.models.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "Channel", "ChannelChoice", "Conversation", "Delivery", "Hand", "HoldoutDraw", "Inbox", "Message", "Outreach",
    "OutreachScene", "Restraint", "Template", "Trial", "Variant", "Visit", "Visitor", "Way", "WebhookAttempt",
    "WebhookDelivery", "WebhookEndpoint",
]  # fmt: skip

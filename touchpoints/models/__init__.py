from touchpoints.models.appointment import Appointment, AppointmentKind, Capacity, Slot, Waiting
from touchpoints.models.attachment import Attachment
from touchpoints.models.call import PhoneCall
from touchpoints.models.channel import Channel, Way
from touchpoints.models.chat import Visitor
from touchpoints.models.inbox import Delivery, Inbox
from touchpoints.models.look import LookBoard, LookLink
from touchpoints.models.look_item import LookItem
from touchpoints.models.match import MatchAnswer
from touchpoints.models.outreach import ChannelChoice, Hand, HoldoutDraw, Outreach, OutreachScene, Restraint
from touchpoints.models.queue import QueueDay, QueueTicket
from touchpoints.models.script import Script, ScriptTopic, ScriptUse, ScriptVariant
from touchpoints.models.talk import Conversation, Message
from touchpoints.models.template import Template, Variant
from touchpoints.models.touchpoint import TouchDay, Touchpoint
from touchpoints.models.visit import Handover, Trial, Visit
from touchpoints.models.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "Appointment", "AppointmentKind", "Attachment", "Capacity", "Channel", "ChannelChoice", "Conversation",
    "Delivery", "Hand", "Handover", "HoldoutDraw", "Inbox", "LookBoard", "LookItem", "LookLink", "MatchAnswer",
    "Message", "Outreach", "OutreachScene", "PhoneCall", "QueueDay", "QueueTicket", "Restraint", "Script",
    "ScriptTopic", "ScriptUse", "ScriptVariant", "Slot", "Template", "TouchDay", "Touchpoint", "Trial", "Variant",
    "Visit", "Visitor", "Waiting", "Way", "WebhookAttempt", "WebhookDelivery", "WebhookEndpoint",
]  # fmt: skip

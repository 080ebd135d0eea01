from touchpoints.models.appointment import Appointment, AppointmentKind, Capacity, Slot, Waiting
from touchpoints.models.match import MatchAnswer
from touchpoints.models.queue import QueueDay, QueueTicket
from touchpoints.models.visit import Handover, Trial, Visit
from touchpoints.models.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "Appointment", "AppointmentKind", "Capacity", "Handover", "MatchAnswer", "QueueDay", "QueueTicket", "Slot", "Trial",
    "Visit", "Waiting", "WebhookAttempt", "WebhookDelivery", "WebhookEndpoint",
]  # fmt: skip

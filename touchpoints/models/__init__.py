from touchpoints.models.visit import Trial, Visit
from touchpoints.models.webhook import WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = ["Trial", "Visit", "WebhookAttempt", "WebhookDelivery", "WebhookEndpoint"]

"""What the fields of this room hold about people."""

from scrm.kernel.personal import classify


def register() -> None:
    classify(
        "touchpoints.Visit", none="id store recognised_by arrived_at left_at mistaken source source_ref",
        pseudonym="customer came_as", colleague="received_by",
    )  # fmt: skip
    classify("touchpoints.Trial", none="id visit product sku result", said="reason")
    classify(
        "touchpoints.WebhookEndpoint", none="id code client url kinds full former_until state reason created_at",
        key="key secret former",
    )  # fmt: skip
    classify("touchpoints.WebhookDelivery", none="id endpoint kind state tries due_at created_at done_at",
             pseudonym="event")  # fmt: skip
    classify("touchpoints.WebhookAttempt", none="id delivery endpoint at number status error took")

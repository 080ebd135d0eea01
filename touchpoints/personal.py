"""What the fields of this room hold about people."""

from scrm.kernel.personal import classify


def register() -> None:
    classify(
        "touchpoints.Visit", none="id store recognised_by arrived_at left_at mistaken source source_ref",
        pseudonym="customer came_as", colleague="received_by",
    )  # fmt: skip
    classify("touchpoints.Trial", none="id visit product sku size result why logged_at key taken_back_at",
             pseudonym="fact", colleague="logged_by", said="reason")  # fmt: skip
    classify(
        "touchpoints.WebhookEndpoint", none="id code client url kinds full former_until state reason created_at",
        key="key secret former",
    )  # fmt: skip
    classify("touchpoints.WebhookDelivery", none="id endpoint kind state tries due_at created_at done_at",
             pseudonym="event")  # fmt: skip
    classify("touchpoints.WebhookAttempt", none="id delivery endpoint at number status error took")
    classify("touchpoints.Handover", none="id visit handed_at", colleague="handed_by handed_to", said="note")
    classify("touchpoints.MatchAnswer", none="id visit product said at", colleague="by")
    classify("touchpoints.AppointmentKind", none="id code name minutes where place used")
    classify("touchpoints.Capacity", none="id store kind at_once")
    classify("touchpoints.Slot", none="id store kind starts_at capacity taken")
    classify(
        "touchpoints.Appointment", none="id slot store kind starts_at state made_at ended_at moved_from visit key",
        pseudonym="customer came_as", colleague="made_by ended_by", said="prepare",
    )  # fmt: skip
    classify("touchpoints.Waiting", none="id slot state made_at offered_at offer_until appointment",
             pseudonym="customer came_as")  # fmt: skip
    classify("touchpoints.QueueDay", none="id store day last")
    classify(
        "touchpoints.QueueTicket", none="id store day number state made_at called_at ended_at", key="key digest",
        pseudonym="customer came_as", colleague="made_by called_by",
    )  # fmt: skip

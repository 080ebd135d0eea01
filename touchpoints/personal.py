"""What the fields of this room hold about people."""

from scrm.kernel.personal import classify


def register() -> None:
    classify(
        "touchpoints.Visit", none="id store recognised_by arrived_at left_at mistaken source source_ref",
        pseudonym="customer came_as", colleague="received_by",
    )  # fmt: skip
    classify(
        "touchpoints.LookBoard", none="id source scene state task made_at changed_at answered_at wanted_at closed_at",
        pseudonym="customer source_ref", colleague="owner made_by", said="title note words",
    )  # fmt: skip
    classify("touchpoints.LookItem", none="id board product place removed_at", said="word said said_at")
    classify("touchpoints.LookLink", none="id board made_at until ended_at", colleague="made_by", key="digest")
    classify("touchpoints.Trial", none="id visit product sku size result why logged_at key taken_back_at",
             pseudonym="fact", colleague="logged_by", said="reason")  # fmt: skip
    classify(
        "touchpoints.WebhookEndpoint", none="id code client url kinds full former_until state reason created_at",
        key="key secret former",
    )  # fmt: skip
    classify(
        "touchpoints.Channel", none="id code name way adapter settings state stopped_for cursor last_contact_at",
        key="key sealed hook",
    )  # fmt: skip
    classify(
        "touchpoints.PhoneCall",
        none="id channel call leg state direction hint outcome talk_seconds began_at booked", said="told",
        pseudonym="customer", colleague="agent",
    )  # fmt: skip
    classify("touchpoints.Visitor", none="id channel until", pseudonym="conversation", behaviour="key", key="digest")
    classify("touchpoints.Delivery", none="id source ref digest events at")
    classify(
        "touchpoints.Inbox", none="id source kind at delivery index received_at state tries due_at processed_at",
        pseudonym="lane awaits customer", said="body source_ref error",
    )  # fmt: skip
    classify(
        "touchpoints.Conversation", none="id channel length opened_at last_at waiting_since closed_at",
        pseudonym="customer identity", said="thread route",
    )  # fmt: skip
    classify(
        "touchpoints.Message",
        none="id conversation channel direction place at state kind template automatic machine source tries due_at "
             "claimed_at sent_at code",
        said="subject body values note source_ref provider_ref", pseudonym="customer", colleague="author",
    )  # fmt: skip
    classify(
        "touchpoints.Attachment", none="id message kind size left_out at", said="name", pseudonym="customer",
        colleague="by", key="stored key mark",
    )  # fmt: skip
    classify("touchpoints.Restraint", none="id name quiet_from quiet_to zone most days most_calls call_days")
    classify("touchpoints.OutreachScene", none="id code name kind urgent hours holdout", key="salt")
    classify("touchpoints.HoldoutDraw", none="id scene kept_out at", pseudonym="customer")
    classify("touchpoints.ChannelChoice", none="id scene segment grade ways")
    classify(
        "touchpoints.Outreach",
        none="id scene kind way template campaign state reason explanation tried until valid_until planned_at felt_at "
             "ended_at message task",
        said="values key", pseudonym="customer came_as", colleague="planned_by",
    )  # fmt: skip
    classify(
        "touchpoints.Touchpoint", none="id code name stage way store standard calendar script look used place",
        colleague="owner",
    )  # fmt: skip
    classify("touchpoints.TouchDay", none="id touchpoint day volume asked within reckoned_at")
    classify("touchpoints.ScriptTopic", none="id code name place")
    classify(
        "touchpoints.Script",
        none="id code name topic valid_from valid_until review_by state version uses last_used_at changed_at "
             "approved_at",
        colleague="owner changed_by approved_by",
    )  # fmt: skip
    classify("touchpoints.ScriptVariant", none="id script way locale body")
    classify("touchpoints.ScriptUse", none="id script message at altered", pseudonym="customer", colleague="by")
    classify("touchpoints.Template", none="id code name scene is_active")
    classify("touchpoints.Variant", none="id template way locale subject body provider_code")
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

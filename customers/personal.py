"""What the fields of this room hold about people."""

from scrm.kernel.personal import classify


def register() -> None:
    classify(
        "customers.Customer", none="locale home_store provisional joined_at erased_at",
        pseudonym="id merged_into advisor",
        name="number family_name given_name display_name latin_name salutation birth_year birth_month birth_day "
             "company_name attributes",
    )  # fmt: skip
    classify("customers.CustomerLink", none="id purpose made_at until ended_at", pseudonym="customer", key="digest",
             colleague="made_by")  # fmt: skip
    classify("customers.StoreTie", none="id store last_on", pseudonym="customer")
    classify("customers.VisitGrant", none="id store opened_at until", pseudonym="customer", colleague="opened_by")
    classify(
        "customers.Address", none="id source", pseudonym="customer",
        name="label country region city district street postcode source_ref",
    )  # fmt: skip
    classify(
        "customers.Event",
        none="id kind at recorded_at business_date phase channel touchpoint store_id source",
        pseudonym="customer identity_id came_as", colleague="actor_id", said="details source_ref",
    )  # fmt: skip
    classify("customers.Wakeup", none="id reaction state tries due_at done_at", pseudonym="event", said="error")
    classify("customers.SourceKey", none="id source kind digest", pseudonym="object_id", contact="source_ref")
    classify(
        "customers.Fact", said="value note told_by",
        none="id key concern pinned channel told_at confirmed_count confirmed_at doubted_at taken_back_at "
             "forgotten_at",
        pseudonym="customer superseded_by", colleague="heard_by",
    )  # fmt: skip
    classify("customers.FactKey", none="id code name concern pinned shelf_days place")
    classify("customers.FactRule", none="id kind phrase value is_active")
    classify("customers.FactHearing", none="id how store channel at", pseudonym="fact", colleague="by")
    classify("customers.ConsentText", none="id purpose version words since")
    classify("customers.Consent", none="id purpose channel given text origin store at", pseudonym="customer",
             colleague="by")  # fmt: skip
    for name in ("Scene", "NeedKind"):
        classify(f"customers.{name}", none="id code name place used")
    classify("customers.NeedLog", none="id kind scene met met_at store channel at taken_back_at", said="words",
             pseudonym="customer", colleague="heard_by")  # fmt: skip
    classify("customers.Task", none="id due_on made_at state ended_at", said="what outcome", pseudonym="customer",
             colleague="owner made_by ended_by")  # fmt: skip
    classify("customers.RecordKind", none="id code name fields sensitive place used")
    classify("customers.RecordFile", none="id kind at", said="values sealed", pseudonym="customer came_as key",
             colleague="by")  # fmt: skip
    classify("customers.TagDimension", none="id code name exclusive half_days place used")
    classify("customers.TagValue", none="id dimension code name place")
    classify("customers.TagRule", none="id dimension value what key holds times days confidence used")
    classify("customers.TagDirty", none="since", pseudonym="customer")
    classify(
        "customers.Tag", none="id dimension alone origin confidence at expires_at ended_at", said="value evidence",
        pseudonym="customer", colleague="by ended_by",
    )  # fmt: skip
    classify(
        "customers.Segment",
        none="id code name purpose state version clock people made_at live_since refreshed_at took_ms checked_at",
        colleague="owner", pseudonym="drift",
    )  # fmt: skip
    classify("customers.SegmentVersion", none="id segment number rule at", colleague="by")
    classify("customers.SegmentMember", none="id segment via entered_at evidence until", pseudonym="customer",
             said="why", colleague="by")  # fmt: skip
    classify("customers.SegmentChange", none="id segment on came left people")
    classify("customers.SegmentLeaving", none="id segment at version cause lines", pseudonym="customer", said="why",
             colleague="by")  # fmt: skip
    classify("customers.SegmentDirty", none="id since", pseudonym="customer")
    classify("customers.Preference", none="quiet_from quiet_to zone paused_until way changed_at", pseudonym="customer")
    classify("customers.VisitorName", none="id source at", pseudonym="customer", behaviour="visitor")
    classify("customers.DataKey", none="id created_at destroyed_at", pseudonym="customer", key="wrapped")
    classify(
        "customers.Identity", none="id kind source verified_at shared active created_at suspended_at",
        pseudonym="customer key",
        contact="blind_index sealed tail hint",
    )  # fmt: skip
    classify(
        "customers.Browse", none="pk id at source kind channel", pseudonym="customer_id",
        behaviour="visitor session category product",
    )  # fmt: skip
    classify(
        "customers.BrowseSession", none="id source started_at ended_at channel counts", pseudonym="customer",
        behaviour="session visitor",
    )  # fmt: skip
    classify(
        "customers.ImportRun",
        none="id kind source file_digest mapping live dry state started_at seen_at ended_at bytes_total bytes_read "
             "rows_done read created updated unchanged skipped failed trouble stop_asked file_name file_path",
        colleague="started_by",
    )  # fmt: skip
    classify("customers.RowError", none="id run line warning", said="reason row")
    classify(
        "customers.MergeOperation", none="id origin at undone_at", pseudonym="survivor loser",
        said="reason evidence journal undone_reason", colleague="by undone_by",
    )  # fmt: skip
    classify(
        "customers.MergeSuggestion", none="id score source state found_at decided_at", pseudonym="first second",
        said="reasons", colleague="decided_by",
    )  # fmt: skip
    classify("customers.Erasure", none="id at cause", pseudonym="customer records", colleague="by")
    classify("customers.MetricsRun", none="id as_of ran_at customers borders picture seconds")
    classify(
        "customers.Metrics",
        none="first_on last_on orders days spent r f m r_cut f_cut m_cut lifecycle as_of", pseudonym="customer",
    )  # fmt: skip
    classify("customers.LifecycleChange", none="id before after on", pseudonym="customer")
    classify("customers.MetricsDirty", none="since", pseudonym="customer")
    classify("customers.Household", none="id created_at", name="name")
    classify("customers.HouseholdMember", none="id household part since until", pseudonym="customer", said="relation")
    classify("customers.Company", none="id name industry since created_at", said="note", colleague="advisor")
    classify("customers.KeyPerson", none="id company part since until", pseudonym="customer", said="title")
    classify(
        "customers.OutsideSignal",
        none="id kind title finding source source_ref licence url published_on expires_on company added_at",
        colleague="added_by",
    )  # fmt: skip

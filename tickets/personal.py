"""What the fields of this room hold about people."""

from scrm.kernel.personal import classify


def register() -> None:
    classify("tickets.Topic", none="id code name urgency risk team hints place used")
    classify("tickets.Status", none="id code name state place used")
    classify(
        "tickets.Ticket",
        none="id number guess topic state status urgency risk ordinary priority reasons rank_at by_hand team store "
             "channel channels opened_at waiting_since answered_at last_at next_due_at snoozed_until resolved_at "
             "closed_at reopened entries_count merged_into dedup_key source version",
        said="subject source_ref guess_words", behaviour="mood", pseudonym="customer", colleague="owner handler",
    )  # fmt: skip
    classify("tickets.TopicLesson", none="id made_at cases right sure_from offered right_offered topics weights")
    classify(
        "tickets.Entry", none="id ticket origin direction channel on_behalf machine at source message",
        said="body translations source_ref", pseudonym="customer", colleague="author",
    )  # fmt: skip
    classify("tickets.NoteFile", none="id entry attachment")
    classify("tickets.PromiseTarget", none="id metric topic grade minutes calendar")
    classify("tickets.ServiceTerms", none="id term value calendar source starts_at ends_at", pseudonym="customer")
    classify(
        "tickets.PromiseClock",
        none="id ticket metric cycle target calendar because started_at due_at paused_at met_at dropped_at missed_at "
             "warn_at rung",
        said="words", colleague="promised_by",
    )  # fmt: skip
    classify("tickets.ClockPause", none="id clock since until", said="why")
    classify("tickets.Rung", none="id percent to name")
    classify("tickets.Notice", none="id kind clock ticket percent key details at seen_at", colleague="to by")
    classify("tickets.EntryMention", none="id entry", colleague="user")
    classify("tickets.SavedView", none="id name scope team place made_at removed_at view filters", colleague="owner")
    classify("tickets.InboxHome", none="id view", colleague="user")
    classify(
        "tickets.Macro", none="id name scope team place made_at removed_at steps uses last_used_at", colleague="owner"
    )
    classify("tickets.MacroRun", none="id macro ticket batch at done refused undone_at", colleague="by")
    classify(
        "tickets.Handover", none="id ticket store handed_at picked_at returned_at", said="note result",
        colleague="handed_by picked_by returned_by",
    )  # fmt: skip
    classify("tickets.CaseJoin", none="id kind survivor other entries before at undone_at", colleague="by undone_by")
    classify("tickets.CaseLink", none="id kind first second at", colleague="by")
    classify("tickets.Article", none="id code review_by made_at from_case", colleague="made_by")
    classify(
        "tickets.ArticleVersion",
        none="id article number title body topic product scene audience video sheet facts facts_from state written_at "
             "submitted_at approved_at ended_at helped not_helped",
        colleague="written_by approved_by",
    )  # fmt: skip
    classify("tickets.ArticleVote", none="id version helped ticket visitor at", colleague="by")
    classify("tickets.BotRule", none="id code words topic answer article lookup place used")
    classify("tickets.BotTurn", none="id message ticket rule matched did because answer at")
    classify("tickets.Capacity", none="id most", colleague="user")
    classify("tickets.Procedure", none="id topic name used")
    classify("tickets.ProcedureStep", none="id procedure place text minutes where days")
    classify("tickets.CaseStep", none="id ticket place text where minutes days procedure done_at took",
             colleague="done_by")  # fmt: skip
    classify("tickets.PickupCode", none="id ticket made_at until used_at", key="digest", colleague="made_by used_by")
    classify("tickets.Reason", none="id code name points coupons place used")
    classify("tickets.Authority", none="id role kind reason grade per_act per_case per_day per_customer exception_max")
    classify("tickets.StoreBudget", none="id store month limit used")
    classify(
        "tickets.Compensation",
        none="id ticket store budget kind template amount value_minor reason state above is_exception at given_at key "
             "digest entry coupon taken_back_at verdict reviewed_at",
        said="words review_words", pseudonym="customer", colleague="by taken_back_by reviewed_by",
    )  # fmt: skip
    classify(
        "tickets.Approval", none="id compensation asked_for why made_at deadline passed_at decision decided_at",
        said="words", colleague="asked substitute decided_by",
    )  # fmt: skip

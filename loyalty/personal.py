"""What the fields of this room hold about people."""

from scrm.kernel.personal import classify


def register() -> None:
    classify(
        "loyalty.Programme",
        none="id code name currency rounding pending_days lot_months value_points value_minor spend_step spend_share "
             "never_earns transfers undo_minutes qualify_by qualify_window notice_days grace_days",
    )  # fmt: skip
    classify("loyalty.PointsAccount", none="id programme available pending debt opened_at", pseudonym="customer")
    classify(
        "loyalty.PointsEntry",
        none="id account kind delta debt_delta balance_after qualifying reason at recorded_at source key digest "
             "source_ref rule reverses undone store_id",
        pseudonym="record", said="explanation", colleague="actor_id",
    )  # fmt: skip
    classify("loyalty.PointsLot", none="id account entry amount remaining state counts_at ends_at origin",
             pseudonym="record")  # fmt: skip
    classify("loyalty.LotUse", none="id entry lot amount")
    classify(
        "loyalty.LiabilityDay",
        none="id programme on accounts available pending debt by_month earned spent expired broken ended computed_at",
    )  # fmt: skip
    classify("loyalty.LedgerProof", none="id at took_ms entries findings")
    classify(
        "loyalty.EarnRule",
        none="id programme code version name kind points per factor occasion conditions pending_days campaign "
             "starts_on ends_on published_at",
        colleague="made_by",
    )  # fmt: skip
    classify("loyalty.Level", none="id programme code rank name threshold visits factor valid_months")
    classify(
        "loyalty.LevelMembership",
        none="id programme level rank origin since until evidence warned_on grace_until ended_on",
        pseudonym="customer came_as", said="reason", colleague="given_by",
    )  # fmt: skip
    classify("loyalty.LevelEvaluation", none="id programme on members raised kept warned lowered took_ms ran_at")
    classify("loyalty.Privilege", none="id level code name quota")
    classify("loyalty.PrivilegeUse", none="id code year nth at store undone_at", pseudonym="customer record",
             colleague="by")  # fmt: skip
    classify(
        "loyalty.CouponTemplate",
        none="id code name scenario kind amount percent threshold most_off pieces products categories not_products "
             "not_categories with_categories stores store_scenes channels levels needs free_delivery weekdays "
             "from_time until_time "
             "starts_at ends_at days_valid stock issued per_customer group not_with on_refund claimable offline cost "
             "campaign state published_at source source_ref",
        colleague="made_by approved_by",
    )  # fmt: skip
    classify(
        "loyalty.Coupon",
        none="id template nth code state drop issued_at valid_from valid_until channel reason source source_ref "
             "held_by held_until",
        pseudonym="customer came_as record", colleague="given_by",
    )  # fmt: skip
    classify(
        "loyalty.Redemption",
        none="id coupon at business_date store channel source source_ref order_source order_ref currency off basket "
             "explanation undone_at undone_why",
        pseudonym="record", colleague="by undone_by",
    )  # fmt: skip
    classify(
        "loyalty.BulkIssue",
        none="id template state wanted done issued left_out last started_at seen_at ended_at trouble",
        pseudonym="rule", colleague="started_by",
    )  # fmt: skip
    classify(
        "loyalty.Campaign",
        none="id code name kind type state starts_on ends_on recipe budget source source_ref", colleague="made_by",
    )  # fmt: skip
    classify("loyalty.BudgetShard", none="id campaign shard given left")
    classify("loyalty.CampaignGrant", none="id campaign occasion at cost gave", pseudonym="customer came_as")
    classify("loyalty.Referral", none="id made_at order_ref rewarded_at", pseudonym="referrer friend friend_record")
    classify("loyalty.Gift", none="id programme code name points stock taken cost is_active")
    classify("loyalty.GiftTaken", none="id gift entry at undone_at", pseudonym="customer came_as", colleague="by")
    classify(
        "loyalty.Drop",
        none="id code name campaign prizes levels opens_at ends_at cap state slots_total first_slot last_slot felt "
             "stopped_why stopped_at",
        colleague="made_by approved_by",
    )  # fmt: skip
    classify("loyalty.DropTry", none="id drop at coupon_id told", pseudonym="record")

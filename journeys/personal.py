"""What the fields of this room hold about people."""

from scrm.kernel.personal import classify


def register() -> None:
    classify(
        "journeys.OpenInterest",
        none="id stage before_end worth next_on began_at moved_at ended_at", said="what next_step lost_why",
        pseudonym="customer", colleague="owner ended_by",
    )  # fmt: skip
    classify(
        "journeys.HealthWord", none="id week said_at", said="why", behaviour="word", pseudonym="customer came_as",
        colleague="said_by",
    )  # fmt: skip
    classify(
        "journeys.CareMark", none="id reason day did until at", said="said", pseudonym="customer came_as",
        colleague="by",
    )  # fmt: skip
    classify(
        "journeys.SuggestionWord", none="id article day at", behaviour="said reasons", pseudonym="customer came_as",
        colleague="by",
    )  # fmt: skip
    classify("journeys.LevelRhythm", none="id level days")
    classify("journeys.CareScript", none="id reason script")
    classify("journeys.ClientRhythm", none="id days set_at", pseudonym="customer came_as", colleague="set_by")
    classify(
        "journeys.NeedWord", none="id at taken_back_at", said="why", behaviour="need", pseudonym="customer came_as",
        colleague="by",
    )  # fmt: skip
    classify(
        "journeys.Outlook", none="need_set_at as_of", said="need_why", pseudonym="customer", colleague="need_by",
        behaviour="value paid potential need clv churn upsell reasons",
    )  # fmt: skip
    classify("journeys.OutlookChange", none="id on why", behaviour="before after", pseudonym="customer")
    classify("journeys.OutlookDirty", none="since", pseudonym="customer")
    classify("journeys.ServicePackage", none="id code name state version made_at")
    classify(
        "journeys.PackageVersion", none="id package number state lines terms cells note published_at",
        colleague="published_by",
    )  # fmt: skip
    classify("journeys.PackageCell", none="cell package")
    classify(
        "journeys.HeldPackage", none="id version source since until ended_at", said="why", behaviour="package",
        pseudonym="customer came_as", colleague="by ended_by",
    )  # fmt: skip
    classify(
        "journeys.EntitlementUse", none="id held at key taken_back_at", said="note", behaviour="line", colleague="by"
    )
    classify(
        "journeys.Playbook", none="id code name about state version hears salt made_at figures counted_at dated_on"
    )
    classify(
        "journeys.PlaybookVersion", none="id playbook number state content edition note published_at",
        colleague="published_by",
    )  # fmt: skip
    classify("journeys.PlaybookDay", none="id playbook on what n")
    classify("journeys.PlaybookNews", none="id at store_id", behaviour="kind", pseudonym="customer")
    classify(
        "journeys.Enrolment", pseudonym="customer came_as", behaviour="playbook why goal_at", colleague="ended_by",
        none="id version state alone entered_at node due_at tries awaits doing parked_at trouble trouble_text "
             "goal_until ended_at end",
    )  # fmt: skip
    classify("journeys.StepRun", none="id enrolment version node at", behaviour="result details")
    classify("journeys.Resource", none="id code name kind store calendar capacity retired_at", colleague="owner")
    classify(
        "journeys.Reservation", none="id unit held line key made_at released_at", said="note",
        behaviour="resource starts_at ends_at", pseudonym="customer came_as", colleague="by released_by",
    )  # fmt: skip
    classify("journeys.Content", none="id title kind scene months link made_at retired_at", colleague="owner")
    classify(
        "journeys.ContentUse", none="id at", behaviour="content step", pseudonym="customer came_as", colleague="by"
    )
    classify(
        "journeys.Pilot", none="id code name hypothesis package segment metric days size control baseline effect salt "
        "state made_at", colleague="by",
    )  # fmt: skip
    classify("journeys.PilotStep", none="id pilot number kind version began_at filled_at ended_at")
    classify("journeys.PilotStore", none="id step store")
    classify("journeys.PilotMember", none="id pilot step draw arm held joined_at", pseudonym="customer came_as")
    classify("journeys.PilotFigure", none="id step metric as_of figures")
    classify("journeys.PilotChange", none="id pilot step kind said at", colleague="by")
    classify("journeys.PilotGate", none="id step decision figures why at early", colleague="by agreed_by")
    classify("journeys.PilotAsk", none="id step why at state answered_at", colleague="by answered_by")
    classify("journeys.JourneyMap", none="id code name trade made_at retired_at", colleague="made_by")
    classify("journeys.MapStage", none="id map kind place name doing")
    classify(
        "journeys.MapPoint", none="id stage place name touchpoints topics feeling felt_at version", colleague="felt_by"
    )
    # A customer's own words stand on a map without the customer.
    classify("journeys.MapNote", none="id point kind verbatim at removed_at", said="words", colleague="by removed_by")
    classify("journeys.MapChange", none="id point what before after note version at undone_at", colleague="by")
    classify("journeys.MapFigure", none="name number reckoned_at")
    classify("journeys.Question", none="id code scene words dimension place retired_at")
    classify("journeys.QuestionAnswer", none="id question place words value need retired_at")
    classify(
        "journeys.Told", none="id need tag at taken_back_at", behaviour="answer", pseudonym="customer came_as",
        colleague="by",
    )  # fmt: skip
    classify(
        "journeys.Guide", none="id code name hello channel coupon goods_link made_at retired_at", colleague="made_by"
    )
    classify("journeys.GuideQuestion", none="id guide question place")
    classify(
        "journeys.GuideSession",
        none="id guide language began_at until shown_at opened_at coupon coupon_at talked_at", behaviour="shown opened",
        pseudonym="visitor customer came_as", key="digest",
    )  # fmt: skip
    classify("journeys.GuideAnswer", none="id session at", behaviour="question answer")
    classify("journeys.Release", none="id name products package early_at opens_at called_off_at", colleague="made_by")
    classify(
        "journeys.EarlyWord",
        none="id at",
        said="said",
        behaviour="release",
        pseudonym="customer came_as",
        colleague="by",
    )
    classify("journeys.Cover", none="id starts_on ends_on set_at ended_at", said="note", colleague="away by set_by")
    classify("journeys.OutlookRun", none="id as_of ran_at borders picture seconds")
    classify("journeys.ValueBorders", none="id middle_from high_from premium_from set_at", colleague="set_by")

"""What the fields of this room hold about people."""

from scrm.kernel.personal import classify


def register() -> None:
    classify("kernel.IdempotencyRecord", none="id client place key status created_at digest", said="answer")
    classify("kernel.HouseKey", none="id purpose generation made_at done", key="wrapped")
    classify("staff.Region", none="id code name")
    classify("staff.Calendar", none="id code name zone")
    classify("staff.CalendarHours", none="id calendar weekday opens closes")
    classify("staff.CalendarDay", none="id calendar day name opens closes")
    classify(
        "staff.Store",
        none="id code name region kind scene city district area_m2 features calendar zone currency opened_on closed_on",
    )
    classify("staff.SigningSecret", none="id client tail made_at ends_at", key="key sealed")
    classify("staff.Team", none="id code name store region")
    classify(
        "staff.User", none="id is_superuser is_active date_joined language zone wants_shortcuts",
        colleague="username first_name last_name email full_name last_login", key="password",
    )  # fmt: skip
    classify("staff.Membership", none="id role store region team starts_on ends_on", colleague="user")
    classify("staff.Absence", none="id starts_on ends_on", colleague="user reason")
    classify(
        "staff.AuditEntry", none="id at client what object_kind request digest written_by", colleague="who address",
        pseudonym="object_id details", key="salt",
    )  # fmt: skip
    classify(
        "staff.AuditSeal",
        none="id number made_at rows ids leaves former root below beyond cluster signature highest",
    )
    classify("staff.AuditProof", none="id at rows sealed erased seals wrong violations", colleague="asked_by")
    classify(
        "staff.ApiClient", none="id code name scopes is_active created_at secret_made_at former_until",
        key="secret_digest former_digest secret_tail former_tail",
    )  # fmt: skip
    classify("staff.ApiCall", none="id client at method route status replayed problem request took tail")
    classify(
        "staff.StaffSession", none="expire_date started_at seen_at", key="session_key session_data",
        colleague="user device address",
    )  # fmt: skip
    classify("staff.SignInLock", none="failures first_at", colleague="name_digest")

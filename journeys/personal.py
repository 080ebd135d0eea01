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

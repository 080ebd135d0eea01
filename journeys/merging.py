"""How an advisor's notes, and what is reckoned of a customer, go along when two records turn out to be one person."""

from django.utils.translation import gettext as _

from customers.merging.computed import SetAside
from customers.merging.moves import RePoint, Stay
from customers.merging.moves import register as register_moves
from customers.models import MergeOperation
from journeys.models import OutlookDirty
from journeys.outlook import refresh


class OutlookAside(SetAside):
    """Both sides' rows are set aside; what a merge or its undoing leaves is computed when everything is at home."""

    def __init__(self) -> None:
        super().__init__(
            "journeys.Outlook.customer", basis=lambda record: None, stale=lambda record: True,
            settled=lambda record: None, compute=lambda records, at_once: OutlookDirty.mark(*records),
        )  # fmt: skip

    def settle(self, operation: MergeOperation) -> None:
        # Somebody may be looking at the page; a nightly run leaves it to the sweep.
        if operation.origin == MergeOperation.Origin.PERSON:
            refresh([operation.survivor_id])
        OutlookDirty.mark(operation.survivor_id)


def register() -> None:
    register_moves(
        RePoint("journeys.OpenInterest.customer", words=lambda: _("Open interests")),
        RePoint("journeys.HeldPackage.customer", came_as=True, words=lambda: _("Packages")),
        RePoint("journeys.Reservation.customer", came_as=True, words=lambda: _("Reservations")),
        RePoint("journeys.PilotMember.customer", came_as=True, words=lambda: _("Pilots")),
        RePoint("journeys.ContentUse.customer", came_as=True),
        RePoint("journeys.HealthWord.customer", came_as=True),
        RePoint("journeys.CareMark.customer", came_as=True),
        RePoint("journeys.ClientRhythm.customer", came_as=True),
        RePoint("journeys.SuggestionWord.customer", came_as=True),
        RePoint("journeys.Told.customer", came_as=True, words=lambda: _("Answers to questions")),
        RePoint("journeys.GuideSession.customer", came_as=True),
        # Of both records the latest word that stands counts.
        RePoint("journeys.NeedWord.customer", came_as=True),
        RePoint("journeys.OutlookChange.customer"),
        RePoint("journeys.Enrolment.customer", came_as=True, words=lambda: _("Ways through playbooks")),
        RePoint("journeys.PlaybookNews.customer"),
        RePoint("journeys.EarlyWord.customer", came_as=True),
        OutlookAside(),
        # The marks are set by the verbs themselves.
        Stay("journeys.OutlookDirty.customer"),
    )

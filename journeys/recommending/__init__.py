"""Which goods fit somebody, each with its reasons and where it stands."""

from journeys.recommending.engine import Found, for_customer, for_nobody
from journeys.recommending.picks import Pick, Reason

__all__ = ["Found", "Pick", "Reason", "for_customer", "for_nobody"]

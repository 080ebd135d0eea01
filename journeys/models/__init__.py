"""What an advisor keeps about the clients: care done, interests, how close they are."""

from journeys.models.care import CareMark
from journeys.models.health import HealthWord
from journeys.models.interest import OpenInterest

__all__ = ["CareMark", "HealthWord", "OpenInterest"]

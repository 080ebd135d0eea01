"""Service packages: drafting and publishing, giving and ending, and the nightly giving by value and need."""

from journeys.packages.assigning import assign
from journeys.packages.drafting import draft_of, make, publish, retire
from journeys.packages.giving import end, give

__all__ = ["assign", "draft_of", "end", "give", "make", "publish", "retire"]

"""Journey maps: begun from a template, changed and undone, read with their figures."""

from journeys.maps.making import make, retire, undo
from journeys.maps.reckoning import reckon

__all__ = ["make", "reckon", "retire", "undo"]

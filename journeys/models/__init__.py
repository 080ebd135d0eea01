"""What an advisor keeps about the clients, and what the house reckons of each: value and need."""

from journeys.models.care import CareMark
from journeys.models.health import HealthWord
from journeys.models.interest import OpenInterest
from journeys.models.need_word import NeedWord
from journeys.models.outlook import (
    Need,
    Outlook,
    OutlookChange,
    OutlookDirty,
    OutlookRun,
    Value,
    ValueBorders,
)

__all__ = [
    "CareMark", "HealthWord", "Need", "NeedWord", "OpenInterest", "Outlook", "OutlookChange", "OutlookDirty",
    "OutlookRun", "Value", "ValueBorders",
]  # fmt: skip

"""What an advisor keeps about the clients, and what the house reckons of each: value and need."""

from journeys.models.care import CareMark
from journeys.models.entitlement import EntitlementUse
from journeys.models.health import HealthWord
from journeys.models.interest import OpenInterest
from journeys.models.map import (
    JourneyMap,
    MapChange,
    MapFigure,
    MapNote,
    MapPoint,
    MapStage,
    Overtaken,
)
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
from journeys.models.package import (
    Benefit,
    HeldPackage,
    PackageCell,
    PackageVersion,
    Scene,
    ServicePackage,
)
from journeys.models.question import Question, QuestionAnswer, Told

__all__ = [
    "Benefit", "CareMark", "EntitlementUse", "HealthWord", "HeldPackage", "JourneyMap", "MapChange", "MapFigure",
    "MapNote", "MapPoint", "MapStage", "Need", "NeedWord", "OpenInterest", "Outlook", "OutlookChange", "OutlookDirty",
    "OutlookRun", "Overtaken", "PackageCell", "PackageVersion", "Question", "QuestionAnswer", "Scene",
    "ServicePackage", "Told", "Value", "ValueBorders",
]  # fmt: skip

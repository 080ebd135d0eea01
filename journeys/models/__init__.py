"""What an advisor keeps about the clients, and what the house reckons of each: value and need."""

from journeys.models.care import CareMark
from journeys.models.care_script import CareScript
from journeys.models.content import Content, ContentUse
from journeys.models.cover import Cover
from journeys.models.enrolment import Enrolment, StepRun
from journeys.models.entitlement import EntitlementUse
from journeys.models.guide import Guide, GuideAnswer, GuideQuestion, GuideSession
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
from journeys.models.pilot import (
    Arm,
    Metric,
    Pilot,
    PilotFigure,
    PilotMember,
    PilotStep,
    PilotStore,
)
from journeys.models.pilot_log import PilotAsk, PilotChange, PilotGate
from journeys.models.playbook import Playbook, PlaybookDay, PlaybookNews, PlaybookVersion
from journeys.models.question import Question, QuestionAnswer, Told
from journeys.models.release import EarlyWord, Release
from journeys.models.resource import Reservation, Resource
from journeys.models.rhythm import ClientRhythm, LevelRhythm
from journeys.models.suggestion import SuggestionWord

__all__ = [
    "Arm", "Benefit", "CareMark", "CareScript", "ClientRhythm", "Content", "ContentUse", "Cover", "EarlyWord",
    "Enrolment", "EntitlementUse", "Guide", "GuideAnswer", "GuideQuestion", "GuideSession", "HealthWord",
    "HeldPackage", "JourneyMap", "LevelRhythm", "MapChange", "MapFigure", "MapNote", "MapPoint", "MapStage",
    "Metric", "Need", "NeedWord", "OpenInterest", "Outlook", "OutlookChange", "OutlookDirty", "OutlookRun",
    "Overtaken", "PackageCell", "PackageVersion", "Pilot", "PilotAsk", "PilotChange", "PilotFigure", "PilotGate",
    "PilotMember",
    "PilotStep", "PilotStore", "Playbook", "PlaybookDay", "PlaybookNews", "PlaybookVersion", "Question",
    "QuestionAnswer", "Release", "Reservation", "Resource", "Scene", "ServicePackage", "StepRun", "SuggestionWord",
    "Told", "Value", "ValueBorders",
]  # fmt: skip

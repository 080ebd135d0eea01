"""What an advisor keeps about the clients, and what the house reckons of each: value and need."""

from journeys.models.care import CareMark
from journeys.models.content import Content, ContentUse
from journeys.models.enrolment import Enrolment, StepRun
from journeys.models.entitlement import EntitlementUse
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
from journeys.models.pilot_log import PilotChange, PilotGate
from journeys.models.playbook import Playbook, PlaybookDay, PlaybookNews, PlaybookVersion
from journeys.models.resource import Reservation, Resource

__all__ = [
    "Arm", "Benefit", "CareMark", "Content", "ContentUse", "Enrolment", "EntitlementUse", "HealthWord",
    "HeldPackage", "Metric", "Need", "NeedWord", "OpenInterest", "Outlook", "OutlookChange", "OutlookDirty",
    "OutlookRun", "PackageCell", "PackageVersion", "Pilot", "PilotChange", "PilotFigure", "PilotGate",
    "PilotMember", "PilotStep", "PilotStore", "Playbook", "PlaybookDay", "PlaybookNews", "PlaybookVersion",
    "Reservation", "Resource", "Scene", "ServicePackage", "StepRun", "Value", "ValueBorders",
]  # fmt: skip

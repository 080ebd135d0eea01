from customers.models.browse import Browse, BrowseSession
from customers.models.circle import Company, Household, HouseholdMember, KeyPerson, Part
from customers.models.consent import Consent, ConsentText, Purpose
from customers.models.customer import Address, Customer, StoreTie, VisitGrant
from customers.models.event import Event, SourceKey, Wakeup
from customers.models.fact import Fact, FactHearing, FactKey, FactRule
from customers.models.identity import DataKey, Identity
from customers.models.importing import ImportRun, RowError
from customers.models.leaving import SegmentLeaving
from customers.models.link import CustomerLink
from customers.models.merging import MergeOperation, MergeSuggestion
from customers.models.metrics import Lifecycle, LifecycleChange, Metrics, MetricsDirty, MetricsRun
from customers.models.need import NeedKind, NeedLog, Scene
from customers.models.preference import Preference
from customers.models.privacy import Erasure
from customers.models.record import RecordFile, RecordKind
from customers.models.segment import Segment, SegmentChange, SegmentDirty, SegmentMember, SegmentVersion
from customers.models.signal import OutsideSignal
from customers.models.tag import Tag, TagDimension, TagDirty, TagRule, TagValue
from customers.models.task import Task
from customers.models.visitor import VisitorName

__all__ = [
    "Address", "Browse", "BrowseSession", "Company", "Consent",
    "ConsentText", "Customer", "CustomerLink", "DataKey", "Erasure", "Event", "Fact",
    "FactHearing", "FactKey", "FactRule", "Household", "HouseholdMember", "Identity", "ImportRun", "KeyPerson",
    "Lifecycle", "LifecycleChange",
    "MergeOperation", "MergeSuggestion", "Metrics", "MetricsDirty", "MetricsRun", "NeedKind", "NeedLog",
    "OutsideSignal", "Part", "Preference", "Purpose",
    "RecordFile", "RecordKind", "RowError", "Scene", "Segment", "SegmentChange", "SegmentDirty", "SegmentLeaving",
    "SegmentMember",    "SegmentVersion", "SourceKey", "StoreTie", "Tag", "TagDimension", "TagDirty",
    "TagRule", "TagValue", "Task", "VisitGrant", "VisitorName",
    "Wakeup",
]  # fmt: skip

from customers.models.browse import Browse, BrowseSession
from customers.models.customer import Address, Customer, StoreTie, VisitGrant
from customers.models.event import Event, SourceKey, Wakeup
from customers.models.fact import Fact
from customers.models.identity import DataKey, Identity
from customers.models.importing import ImportRun, RowError
from customers.models.merging import MergeOperation, MergeSuggestion
from customers.models.metrics import Lifecycle, LifecycleChange, Metrics, MetricsDirty, MetricsRun
from customers.models.privacy import Erasure

__all__ = [
    "Address", "Browse", "BrowseSession", "Customer", "DataKey", "Erasure", "Event", "Fact", "Identity", "ImportRun",
    "Lifecycle", "LifecycleChange", "MergeOperation", "MergeSuggestion", "Metrics", "MetricsDirty",
    "MetricsRun", "RowError", "SourceKey", "StoreTie", "VisitGrant", "Wakeup",
]  # fmt: skip

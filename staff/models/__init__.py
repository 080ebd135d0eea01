from staff.models.audit import AuditEntry, AuditProof, AuditSeal, audit
from staff.models.client import ApiCall, ApiClient, SigningSecret
from staff.models.door import SignInLock, StaffSession
from staff.models.person import Absence, Membership, Role, User
from staff.models.place import Calendar, CalendarDay, CalendarHours, Region, Store, Team

__all__ = [
    "Absence", "ApiCall", "ApiClient", "AuditEntry", "AuditProof", "AuditSeal", "Calendar", "CalendarDay",
    "CalendarHours", "Membership", "Region", "Role", "SignInLock", "SigningSecret", "StaffSession",
    "Store", "Team", "User", "audit",
]  # fmt: skip

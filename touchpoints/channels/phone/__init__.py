"""Phone: what call centres tell of their calls."""

from touchpoints.channels.phone.adapter import Adapter

__all__ = ["Adapter"]

"""企业微信: contacts, customer service and messages to staff."""

from touchpoints.channels.wecom.adapter import Adapter

__all__ = ["Adapter"]

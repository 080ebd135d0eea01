"""Short messages: Aliyun in mainland China, Twilio elsewhere."""

from touchpoints.channels.sms.adapter import Adapter

__all__ = ["Adapter"]
